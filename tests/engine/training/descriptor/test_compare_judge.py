"""Refine under several descriptors: two chains over one picture, one judge, one sheet."""

import dataclasses
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from engine.descriptors.descriptor import Descriptor, load_descriptor
from engine.errors import EngineError
from engine.image import save_doodle
from engine.losses import style
from engine.refine import run as refining
from engine.training.descriptor.compare_refine import (
    JUDGED,
    Joined,
    Trial,
    compare,
    compare_files,
    judged,
)
from tests.conftest import pruned_weights


def vgg_weights() -> dict[str, torch.Tensor]:
    """Exact VGG-19's names to relu3_4, five channels wide."""
    torch.manual_seed(1)
    weights, inputs = {}, 3
    for index in (0, 2, 5, 7, 10, 12, 14, 16):
        scale = 60 if index == 0 else 3
        weights[f"features.{index}.weight"] = torch.randn(5, inputs, 3, 3) / scale
        weights[f"features.{index}.bias"] = torch.randn(5) / 4
        inputs = 5
    return weights


@pytest.fixture
def networks(tmp_path: Path) -> tuple[Descriptor, Descriptor]:
    save_file(vgg_weights(), tmp_path / "vgg.safetensors")
    save_file(pruned_weights(), tmp_path / "pruned.safetensors")
    near, far = (load_descriptor(tmp_path / f"{name}.safetensors") for name in ("vgg", "pruned"))
    return near, far


@pytest.fixture
def trial(refinable_pack: Path, monkeypatch: pytest.MonkeyPatch) -> Trial:
    monkeypatch.setitem(refining.QUALITIES, "quick", {0: 4})
    doodle = np.repeat(np.arange(1, 5, dtype=np.uint8), 40)[None].repeat(120, 0)
    save_doodle(refinable_pack / "starter.png", doodle)
    shutil.copy(refinable_pack.parent / "regions.png", refinable_pack)
    painting = refinable_pack.parent / "painting.png"
    return Trial(refinable_pack, painting, width=96, painting_width=160, quality="quick")


def test_joined_layers_are_each_networks_own(networks):
    near, far = networks
    both, rgb = Joined(near, far), torch.rand(1, 3, 32, 48)
    found = both(rgb, ["rgb", "relu1_1", "relu3_4", "relu4_1", "relu5_1"])
    assert {layer: values.shape[1] for layer, values in found.items()} == {
        "rgb": 6,
        "relu1_1": 5,
        "relu3_4": 5,
        "relu4_1": 4,
        "relu5_1": 4,
    }
    assert torch.equal(found["relu3_4"], near(rgb, ["relu3_4"])["relu3_4"])
    assert torch.equal(found["relu5_1"], far(rgb, ["relu5_1"])["relu5_1"])
    assert both.order == far.order
    assert not any(parameter.requires_grad for parameter in both.parameters())


def test_the_whole_comparison_goes_to_one_sheet(networks, trial, tmp_path):
    paths = [tmp_path / f"{name}.safetensors" for name in ("mine", "vgg", "pruned")]
    save_file({k: v for k, v in pruned_weights().items() if "conv0" not in k}, paths[0])
    sheet = tmp_path / "sheet.png"
    results = compare_files(*paths, trial, sheet)
    assert [result.name for result in results] == ["mine", "VGG-19 + pruned", "pruned"]
    for result in results:
        assert result.picture.shape == (72, 96, 3)
        assert 0 < result.step_seconds < result.seconds
        assert set(result.distances) == set(JUDGED)
        assert math.isfinite(result.mean)
    assert len({result.picture.tobytes() for result in results}) == 3
    with Image.open(sheet) as image:
        assert image.width == 2 * (96 + 8)
        assert image.height > 2 * 72


def test_the_painting_itself_is_judged_closest(networks, trial, monkeypatch):
    """Its own pixels beat the same pixels in another order."""
    # The strips are so narrow that most of what is judged lies at a border.
    monkeypatch.setattr(style, "PURE", 0.0)
    near, _ = networks
    right = trial.targets(near, [JUDGED, JUDGED])
    painting = np.asarray(Image.open(trial.painting).convert("RGB"))
    regions = np.repeat(np.arange(4, dtype=np.uint8), 40)[None].repeat(120, 0)
    own = judged(painting, regions, near, right)
    shuffled = np.random.default_rng(0).permutation(painting, axis=0)
    other = judged(shuffled, regions, near, right)
    assert all(own[layer] < other[layer] - 1 for layer in JUDGED)


def test_more_steps_come_closer(networks, trial, monkeypatch):
    """The judge sees what Refine does, under a descriptor that it is not."""
    means = []
    for steps in (3, 40):
        monkeypatch.setitem(refining.QUALITIES, "quick", {0: steps})
        [result] = compare({"vgg": Joined(*networks)}, networks[0], trial)
        means.append(result.mean)
    assert means[1] < means[0] - 0.3


def test_a_pack_without_doodle_is_named(networks, trial):
    missing = dataclasses.replace(trial, doodle=trial.style / "none.png")
    with pytest.raises(EngineError, match=r"none\.png"):
        next(compare({}, networks[0], missing))
