"""Tests of converting VGG-19 to a descriptor: equal features, and no code is run."""

import hashlib
import sys
from pathlib import Path

import platformdirs
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch.nn import functional
from torchvision.models import VGG19_Weights
from torchvision.transforms.functional import normalize

from engine.descriptors import vgg19
from engine.descriptors.descriptor import load_descriptor
from engine.errors import EngineError
from tests.support.file_server import serving
from tests.support.vgg19_weights import torchvision_weights


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def pth(tmp_path: Path) -> Path:
    """Write a .pth file with the first digits of its SHA-256 in its name, as torchvision does."""
    path = tmp_path / "new.pth"
    torch.save(torchvision_weights(), path)
    return path.rename(tmp_path / f"vgg19-{digits(path)}.pth")


def digits(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]


def expected(rgb: torch.Tensor) -> dict[str, torch.Tensor]:
    """Compute the features with torch: normalised, reflection padded, average pooled."""
    transforms, weights = VGG19_Weights.IMAGENET1K_V1.transforms(), torchvision_weights()
    x, found = normalize(rgb, transforms.mean, transforms.std), {}
    for block, indices in enumerate(((0, 2), (5, 7), (10, 12, 14, 16), (19, 21, 23, 25), (28,)), 1):
        for number, index in enumerate(indices, 1):
            weight, bias = (weights[f"features.{index}.{part}"] for part in ("weight", "bias"))
            padded = functional.pad(x, (1, 1, 1, 1), mode="reflect")
            x = found[f"relu{block}_{number}"] = functional.conv2d(padded, weight, bias).relu()
        x = functional.avg_pool2d(x, 2)
    return found


def test_features_are_those_of_torch(pth, tmp_path):
    vgg19.convert(pth, tmp_path / "sub" / "vgg19.safetensors")
    descriptor, rgb = (
        load_descriptor(tmp_path / "sub" / "vgg19.safetensors"),
        torch.rand(2, 3, 48, 32),
    )
    wanted = expected(rgb)
    assert descriptor.name == "vgg19"
    for layer, values in descriptor(rgb, list(wanted)).items():
        assert torch.allclose(values, wanted[layer], rtol=1e-3, atol=1e-3), layer
        assert float(wanted[layer].std()) > 0.1, layer


def test_the_file_holds_only_what_is_used(pth, tmp_path):
    vgg19.convert(pth, tmp_path / "out.safetensors")
    weights = load_file(tmp_path / "out.safetensors")
    assert len(weights) == 2 * (1 + 13)
    assert {str(value.dtype) for key, value in weights.items() if "conv0" not in key} == {
        "torch.float16"
    }
    with safe_open(tmp_path / "out.safetensors", "pt") as file:
        assert pth.name in file.metadata()["daub"]


def test_safetensors_of_the_same_names(pth, tmp_path):
    save_file(torchvision_weights(), tmp_path / "own.safetensors")
    for source, out in ((pth, "a"), (tmp_path / "own.safetensors", "b")):
        vgg19.convert(source, tmp_path / out)
    first, second = (load_file(tmp_path / name) for name in "ab")
    assert all(torch.equal(value, second[key]) for key, value in first.items())


def test_it_is_downloaded_converted_and_tidied_up(pth, tmp_path):
    out = tmp_path / "data" / "vgg19.safetensors"
    with serving(pth.read_bytes()) as server:
        steps = list(vgg19.fetch(out, f"{server.url}/models/{pth.name}?from=test"))
    assert steps[-1].done == steps[-1].total == pth.stat().st_size
    assert [path.name for path in out.parent.iterdir()] == [out.name]
    assert load_descriptor(out).order[-1] == "relu5_1"


def test_only_the_conversion_is_repeated(pth, tmp_path):
    out, url = pth.parent / "vgg19.safetensors", f"http://127.0.0.1:9/{pth.name}"
    downloaded = pth.rename(pth.with_name(f".daub.{pth.name}"))
    assert list(vgg19.fetch(out, url)) == []
    assert out.exists()
    assert not downloaded.exists()


def test_the_users_own_file_is_kept(pth, tmp_path):
    content = pth.read_bytes()
    with serving(content) as server:
        pth.write_bytes(b"my own")
        list(vgg19.fetch(tmp_path / "vgg19.safetensors", f"{server.url}/{pth.name}"))
    assert pth.read_bytes() == b"my own"
    with safe_open(tmp_path / "vgg19.safetensors", "np") as file:
        assert f'"made_of": "{pth.name}"' in file.metadata()["daub"]


def test_an_address_without_checksum_is_refused(tmp_path):
    for address in ("http://127.0.0.1:9/vgg19.pth", "http://127.0.0.1:9/"):
        with pytest.raises(EngineError, match="sha256"):
            next(vgg19.fetch(tmp_path / "out.safetensors", address))


def test_torchvision_says_where_it_is():
    assert vgg19.weights_url() == VGG19_Weights.IMAGENET1K_V1.url
    assert vgg19._named_sha256(vgg19.weights_url()) == "dcbb9e9d"


def test_without_torchvision_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    with pytest.raises(EngineError, match="no torchvision"):
        vgg19.weights_url()


def test_preprocessing_is_torchvisions():
    transforms = VGG19_Weights.IMAGENET1K_V1.transforms()
    assert list(vgg19.MEAN) == transforms.mean
    assert list(vgg19.DEVIATION) == transforms.std


def test_it_is_in_the_users_data_folder():
    assert vgg19.default_path().is_relative_to(platformdirs.user_data_dir("daub", appauthor=False))


class _Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("trap-was-sprung"),)


def test_pickles_run_no_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "trap.pth"
    torch.save({"features.0.weight": _Trap()}, path)
    named = path.rename(tmp_path / f"vgg19-{digits(path)}.pth")
    with pytest.raises(EngineError) as caught:
        vgg19.convert(named, tmp_path / "out.safetensors")
    assert "\n" not in str(caught.value)
    assert [entry.name for entry in tmp_path.iterdir()] == [named.name]


def test_what_is_not_vgg19_is_named(pth, tmp_path):
    (tmp_path / "text.safetensors").write_text("no weights")
    (tmp_path / "vgg19.pth").write_bytes(pth.read_bytes())
    (tmp_path / "vgg19-00000000.pth").write_bytes(pth.read_bytes())
    short = {key: value for key, value in torchvision_weights().items() if "28" not in key}
    save_file(short, tmp_path / "short.safetensors")
    vgg19.convert(pth, tmp_path / "made.safetensors")
    torch.save([1, 2], tmp_path / "list.pth")
    listed = (tmp_path / "list.pth").rename(tmp_path / f"l-{digits(tmp_path / 'list.pth')}.pth")
    cases = {
        "none.pth": "not a file",
        "text.safetensors": "cannot be read",
        "vgg19.pth": "must be named",
        "vgg19-00000000.pth": "damaged",
        "short.safetensors": "features.28",
        "made.safetensors": "--descriptor",
        listed.name: "named weights",
    }
    for name, words in cases.items():
        with pytest.raises(EngineError) as caught:
            vgg19.convert(tmp_path / name, tmp_path / "out.safetensors")
        assert name in str(caught.value)
        assert words in str(caught.value)
    assert not (tmp_path / "out.safetensors").exists()


def test_a_place_that_cannot_be_written(pth, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(EngineError, match=r"out\.safetensors cannot be written"):
        vgg19.convert(pth, tmp_path / "file" / "out.safetensors")
