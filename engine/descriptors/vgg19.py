"""Convert torchvision's VGG-19 to a descriptor file, an alternative to the compact descriptor."""

import json
import pickle
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import platformdirs
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from engine.descriptors.descriptor import layer_key, layer_names
from engine.descriptors.download import DownloadProgress, download, matches
from engine.errors import EngineError
from engine.files import replace_file

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Normalisation of RGB 0-1 that torchvision's weights expect."""

_OURS = ".daub."
"""Prefix of a download's file name; the file is deleted after the conversion."""

_NAMED_SHA256 = re.compile(r"-([0-9a-f]{8,64})\b")


def default_path() -> Path:
    """Return the default path of the descriptor file."""
    folder = platformdirs.user_data_dir("daub", appauthor=False)
    return Path(folder) / "weights" / "vgg19.safetensors"


def weights_url() -> str:
    """Return the URL of torchvision's weights. Raises EngineError without torchvision."""
    try:
        from torchvision.models import VGG19_Weights  # takes a second to import
    except (ImportError, RuntimeError) as error:  # RuntimeError: it was built for another torch
        raise EngineError(
            "This Daub has no torchvision, which has the URL of VGG-19: give its weights as a file."
        ) from error
    return VGG19_Weights.IMAGENET1K_V1.url


def fetch(path: Path, url: str) -> Iterator[DownloadProgress]:
    """Download torchvision's file from ``url`` and convert it to the descriptor ``path``.

    The last part of the URL must contain the first digits of the file's SHA-256, as in
    torchvision's URLs. Close the iterator to stop, see ``engine.descriptors.download``. Raises
    EngineError.
    """
    name = PurePosixPath(unquote(urlsplit(url).path)).name
    sha256, source = _named_sha256(name), path.parent / f"{_OURS}{name}"
    if not matches(source, sha256):  # else only the conversion was interrupted
        yield from download(url, source, sha256)
    convert(source, path)
    source.unlink()


def convert(source: Path, path: Path) -> None:
    """Convert torchvision's VGG-19, .safetensors or .pth with a checksum, to the file ``path``.

    Raises EngineError when ``source`` is another file or ``path`` cannot be written.
    """
    facts = {"made_of": source.name.removeprefix(_OURS), "pixels": "RGB 0-1"}
    content = save(converted(source, _weights(source)), {"daub": json.dumps(facts)})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(f"{path} cannot be written: {error.strerror}.") from error
    replace_file(path, content)


def converted(source: Path, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Convert ``features.N.weight|bias`` to the layout of ``load_descriptor``, fp16.

    It includes the preprocessing. Raises EngineError, naming ``source``, when a layer up to relu5_1
    is missing or has a wrong shape.
    """
    mean, deviation = torch.tensor(MEAN), torch.tensor(DEVIATION)
    found = {
        "conv0.weight": (1 / deviation).diag()[:, :, None, None],
        "conv0.bias": -mean / deviation,
    }
    inputs = 3
    for key, name in _names():
        weight, bias = weights.get(f"{name}.weight"), weights.get(f"{name}.bias")
        if weight is None or bias is None or weight.shape != (len(bias), inputs, 3, 3):
            raise EngineError(f"{source} is not VGG-19 up to relu5_1: {name} is missing or wrong.")
        found[f"{key}.weight"], found[f"{key}.bias"] = weight.half(), bias.half()
        inputs = len(bias)
    return found


def _names() -> Iterator[tuple[str, str]]:
    """Yield every convolution's name in Daub's files and in torchvision's: conv12, features.2."""
    index = 0
    for layer in layer_names():
        if layer.startswith("pool"):
            index += 1
        else:
            yield layer_key(layer), f"features.{index}"
            index += 2


def _weights(source: Path) -> Mapping[str, Tensor]:
    if not source.is_file():
        raise EngineError(f"{source} is not a file.")
    try:
        weights = load_file(source) if source.suffix == ".safetensors" else _pickled(source)
    except (OSError, SafetensorError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        # Leave out torch's message: it recommends unrestricted loading, which runs code.
        raise EngineError(f"{source} cannot be read as VGG-19 weights.") from error
    if not isinstance(weights, dict):
        raise EngineError(f"{source} does not contain named weights, as VGG-19's file does.")
    if "conv11.weight" in weights:
        raise EngineError(f"{source} is already a descriptor: use it with --descriptor.")
    return weights


def _pickled(source: Path) -> Any:
    """Load a .pth file after checking its checksum; the restricted loader runs no code."""
    sha256 = _named_sha256(source.name)
    if not matches(source, sha256):
        raise EngineError(f"{source} is damaged: its sha256 does not begin with {sha256}.")
    return torch.load(source, map_location="cpu", weights_only=True)


def _named_sha256(name: str) -> str:
    """Return the first digits of the SHA-256 in a file name of torchvision."""
    found = _NAMED_SHA256.search(name)
    if found is None:
        raise EngineError(
            f"{name or 'The file'} must be named like vgg19-dcbb9e9d.pth, with the first digits of "
            "its sha256."
        )
    return found[1]
