"""VGG-19 as torchvision has it, made into a descriptor file: the option beside the compact one."""

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
"""By what torchvision's weights expect RGB 0-1 to be normalised."""

_OURS = ".daub."
"""What the name of a download begins with until it is converted: it is deleted then."""

_NAMED_SHA256 = re.compile(r"-([0-9a-f]{8,64})\b")


def default_path() -> Path:
    """Where the descriptor lies unless told otherwise."""
    folder = platformdirs.user_data_dir("daub", appauthor=False)
    return Path(folder) / "weights" / "vgg19.safetensors"


def weights_url() -> str:
    """Where torchvision's weights are. Raises EngineError where there is no torchvision."""
    try:
        from torchvision.models import VGG19_Weights  # a second that only this needs
    except (ImportError, RuntimeError) as error:  # RuntimeError: it was built for another torch
        raise EngineError(
            "This Daub has no torchvision, which knows where VGG-19 is: give its weights as a file."
        ) from error
    return VGG19_Weights.IMAGENET1K_V1.url


def fetch(path: Path, url: str) -> Iterator[DownloadProgress]:
    """Download torchvision's file from ``url`` and write the descriptor ``path`` made of it.

    The last part of the URL must carry the first digits of the file's sha256, as torchvision's
    do. Close the iterator to stop, see ``engine.descriptors.download``. Raises EngineError.
    """
    name = PurePosixPath(unquote(urlsplit(url).path)).name
    sha256, source = _named_sha256(name), path.parent / f"{_OURS}{name}"
    if not matches(source, sha256):  # else only the conversion was broken off
        yield from download(url, source, sha256)
    convert(source, path)
    source.unlink()


def convert(source: Path, path: Path) -> None:
    """Write the descriptor ``path`` from torchvision's VGG-19: .safetensors, or .pth by its sha256.

    Raises EngineError when ``source`` is something else or ``path`` cannot be written.
    """
    facts = {"made_of": source.name.removeprefix(_OURS), "pixels": "RGB 0-1"}
    content = save(converted(source, _weights(source)), {"daub": json.dumps(facts)})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(f"{path} cannot be written: {error.strerror}.") from error
    replace_file(path, content)


def converted(source: Path, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``features.N.weight|bias`` -> the layout of ``load_descriptor`` with preprocessing, fp16.

    Raises EngineError, naming ``source``, when a layer up to relu5_1 is missing or does not fit.
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
            raise EngineError(f"{source} is not VGG-19 up to relu5_1: {name} is not as it must be.")
        found[f"{key}.weight"], found[f"{key}.bias"] = weight.half(), bias.half()
        inputs = len(bias)
    return found


def _names() -> Iterator[tuple[str, str]]:
    """Every convolution's name in our files and in torchvision's: conv12, features.2."""
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
        # Without torch's reason: it recommends to load without restriction.
        raise EngineError(f"{source} cannot be read as VGG-19's weights.") from error
    if not isinstance(weights, dict):
        raise EngineError(f"{source} does not hold weights by name, as VGG-19's file does.")
    if "conv11.weight" in weights:
        raise EngineError(f"{source} is a descriptor as it is: use it with --descriptor.")
    return weights


def _pickled(source: Path) -> Any:
    """A .pth file, never one that is not what its name says; the restricted loader runs no code."""
    sha256 = _named_sha256(source.name)
    if not matches(source, sha256):
        raise EngineError(f"{source} is damaged: its sha256 does not begin with {sha256}.")
    return torch.load(source, map_location="cpu", weights_only=True)


def _named_sha256(name: str) -> str:
    """The first digits of the sha256 that torchvision writes into its files' names."""
    found = _NAMED_SHA256.search(name)
    if found is None:
        raise EngineError(
            f"{name or 'The file'} must be named like vgg19-dcbb9e9d.pth, with the first digits of "
            "its sha256."
        )
    return found[1]
