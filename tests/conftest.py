"""Fixtures that all tests share: a small style pack with random weights, no downloads."""

import hashlib
import os
import shutil
import tomllib
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Compiled kernels outlive a run of the tests, but not in the person's own cache. Numba reads this
# when it is imported, so a fixture would be too late.
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).parents[1] / ".pytest_cache" / "numba"))

import numpy as np
import pytest
import tomli_w
import torch
from hypothesis import settings
from safetensors.torch import save, save_file

from engine.doodle.generator import Generator
from engine.image import save_doodle, save_png
from engine.packs.pack_writer import halo
from engine.packs.region_map import save_region_map
from engine.photo.noise import LEVELS
from engine.photo.stylizer import Stylizer
from engine.training.jobs import Source, make_targets

# Timings vary on shared machines; the tests that are about time measure it themselves.
settings.register_profile("daub", deadline=None)
settings.load_profile("daub")

VGG_BLOCKS = ((1, 2), (2, 2), (3, 4), (4, 4), (5, 1))
REGIONS = [("sky", ["sky"]), ("sun", ["sun"]), ("mountain", ["mountain"]), ("tree", ["tree"])]


def pruned_weights() -> dict[str, torch.Tensor]:
    """The layout of Collaborative Distillation, four channels wide."""
    torch.manual_seed(0)
    weights = {"conv0.weight": torch.randn(3, 3, 1, 1), "conv0.bias": torch.randn(3)}
    inputs = 3
    for block, convs in VGG_BLOCKS:
        for i in range(1, convs + 1):
            weights[f"conv{block}{i}.weight"] = torch.randn(4, inputs, 3, 3) / 3
            weights[f"conv{block}{i}.bias"] = torch.randn(4)
            inputs = 4
    return weights


def random_stylizer() -> Stylizer:
    """A photo network of random weights, but with rows that differ as trained ones do."""
    torch.manual_seed(3)
    model = Stylizer(["wave", "night"])
    for value in model.parameters():
        if value.ndim == 2:
            value.data += 0.3 * torch.randn_like(value)
    return model


def pack_entries(folder: Path, weights: bytes) -> dict[str, object]:
    """What a valid ``style.toml`` for these weights says."""
    return {
        "format": 1,
        "id": folder.name,
        "title": "Tiny",
        "artist": "Nobody",
        "year": "2026",
        "credit": "made by a test",
        "licence": "MIT",
        "region": [{"name": n, "materials": m, "colour": "#102030"} for n, m in REGIONS],
        "generator": {
            "file": "generator.safetensors",
            "sha256": hashlib.sha256(weights).hexdigest(),
            "levels": LEVELS,
            "halo": halo(),
        },
    }


def write_pack(folder: Path) -> Path:
    """A pack whose generator has random weights: ugly, but every region paints differently."""
    torch.manual_seed(7)
    folder.mkdir(parents=True)
    weights = save({key: value.half() for key, value in Generator().state_dict().items()})
    (folder / "generator.safetensors").write_bytes(weights)
    (folder / "style.toml").write_text(tomli_w.dumps(pack_entries(folder, weights)))
    return folder


@pytest.fixture(scope="session", autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing of the person's own caches, settings and styles takes part in a test."""
    home = tmp_path_factory.mktemp("home")
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        os.environ[name] = str(home / name)


@pytest.fixture
def tiny_pack(tmp_path: Path) -> Path:
    """Folder ``tiny`` of a valid style pack; its parent can be given to Studio as ``folders``."""
    return write_pack(tmp_path / "styles" / "tiny")


@pytest.fixture
def refinable_pack(tiny_pack: Path) -> Path:
    """``tiny_pack`` with targets, under ``descriptor.safetensors`` beside it (random weights).

    Also beside it: ``painting.png`` of four parts and its region map ``regions.png``.
    """
    files = tiny_pack.parent
    rng = np.random.default_rng(0)
    regions = np.repeat(np.arange(4, dtype=np.uint8), 40)[None].repeat(120, 0)
    colours = np.array([(60, 90, 180), (240, 210, 80), (80, 60, 120), (30, 60, 30)])
    grain = rng.integers(-30, 30, (30, 40, 1)).repeat(4, 0).repeat(4, 1)
    save_png(files / "painting.png", (colours[regions] + grain).clip(0, 255).astype(np.uint8))
    save_region_map(files / "regions.png", regions, [(0, 0, r) for r in range(4)], {})
    save_file(pruned_weights(), files / "descriptor.safetensors")
    source = Source(files / "painting.png", files / "regions.png", 896)
    make_targets(tiny_pack, source, files / "descriptor.safetensors")
    return tiny_pack


@pytest.fixture
def whole_pack(refinable_pack: Path) -> Path:
    """``refinable_pack`` with all that ``daub styles --check`` asks for, except its figures."""
    path = refinable_pack / "style.toml"
    entries = tomllib.loads(path.read_text())
    entries["region"][2]["materials"] = ["mountain", "ground"]
    entries["region"][3]["materials"] = ["tree", "foliage"]
    path.write_text(tomli_w.dumps(entries))
    shutil.copy(refinable_pack.parent / "regions.png", refinable_pack)
    save_doodle(refinable_pack / "starter.png", np.eye(40, 60, dtype=np.uint8))
    save_png(refinable_pack / "thumbnail.png", np.zeros((40, 60, 3), np.uint8))
    return refinable_pack
