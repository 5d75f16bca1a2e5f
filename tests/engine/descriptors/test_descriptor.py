"""Tests of descriptors: weight layouts, features compared with torch, masks."""

import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional

from engine.descriptors.descriptor import (
    Descriptor,
    compact,
    haar_detail,
    load_descriptor,
    mean_of_nine,
)
from engine.errors import EngineError
from tests.conftest import pruned_weights


def test_pruned_layout_matches_its_definition(tmp_path):
    weights = pruned_weights()
    save_file(weights, tmp_path / "pruned.safetensors")
    descriptor = load_descriptor(tmp_path / "pruned.safetensors")
    rgb = torch.rand(2, 3, 32, 48)
    x = functional.conv2d(rgb, weights["conv0.weight"], weights["conv0.bias"])
    for key in ("conv11", "conv12"):
        x = functional.pad(x, (1, 1, 1, 1), mode="reflect")
        x = functional.relu(functional.conv2d(x, weights[f"{key}.weight"], weights[f"{key}.bias"]))
    features = descriptor(rgb, ("rgb", "relu1_2", "relu5_1"))
    assert torch.equal(features["rgb"][:, :3], rgb)
    assert torch.equal(features["rgb"][:, 3:], haar_detail(rgb))
    assert torch.allclose(features["relu1_2"], x, atol=1e-4)
    assert features["relu5_1"].shape == (2, 4, 2, 3)


def test_vgg_layout_is_fed_caffe_pixels_and_may_be_cut_short(tmp_path):
    weights = {
        "features.0.weight": torch.randn(4, 3, 3, 3),
        "features.0.bias": torch.randn(4),
        "features.2.weight": torch.randn(4, 4, 3, 3),
        "features.2.bias": torch.randn(4),
    }
    save_file(weights, tmp_path / "vgg.safetensors")
    rgb = torch.rand(1, 3, 8, 8)
    caffe = rgb.flip(1) * 255 - torch.tensor([103.939, 116.779, 123.68])[:, None, None]
    padded = functional.pad(caffe, (1, 1, 1, 1), mode="reflect")
    expected = functional.relu(
        functional.conv2d(padded, weights["features.0.weight"], weights["features.0.bias"])
    )
    features = load_descriptor(tmp_path / "vgg.safetensors")(rgb, ("relu1_1", "relu1_2"))
    assert torch.allclose(features["relu1_1"], expected, atol=1e-3)


def test_detail_tells_stripes_from_checkerboards():
    rows, columns = torch.meshgrid(torch.arange(8), torch.arange(8), indexing="ij")
    pictures = [columns % 2, rows % 2, (rows + columns) % 2]
    for kind, picture in enumerate(pictures):
        rgb = picture.double().expand(1, 3, 8, 8)
        inside = haar_detail(rgb)[0, :, :-1, :-1].abs().mean((1, 2))
        expected = torch.zeros(3).double()
        expected[kind] = 1
        assert torch.allclose(inside, expected)


def test_it_is_frozen(tmp_path):
    save_file(pruned_weights(), tmp_path / "d.safetensors")
    assert not any(
        p.requires_grad for p in load_descriptor(tmp_path / "d.safetensors").parameters()
    )


@pytest.mark.parametrize("size", [(32, 32), (35, 50)])
def test_its_gradient_is_that_of_the_plain_chain(tmp_path, size):
    save_file(pruned_weights(), tmp_path / "d.safetensors")
    descriptor = load_descriptor(tmp_path / "d.safetensors").double()
    layers = ("rgb", "relu1_2", "relu2_1")
    rgb = torch.rand(2, 3, *size).double().requires_grad_()
    calls: list[int] = []
    features = descriptor(rgb, layers, lambda: calls.append(1))
    force = {layer: torch.randn_like(value) for layer, value in features.items()}
    forwards = len(calls)
    mine = torch.autograd.grad([features[layer] for layer in layers], rgb, list(force.values()))[0]
    assert len(calls) > forwards > 3
    plain = {"rgb": torch.cat([rgb, haar_detail(rgb)], 1)}
    plain |= {layer: after for layer, _, after in descriptor.trace(rgb) if layer in layers}
    wanted = torch.autograd.grad(
        [plain[layer] for layer in layers], rgb, [force[layer] for layer in layers]
    )[0]
    assert torch.allclose(mine, wanted, atol=1e-12)


def test_its_gradient_passes_through_bfloat16(tmp_path):
    save_file(pruned_weights(), tmp_path / "d.safetensors")
    descriptor = load_descriptor(tmp_path / "d.safetensors")
    rgb = torch.rand(1, 3, 16, 16, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        descriptor(rgb, ("relu2_1",))["relu2_1"].float().sum().backward()
    half, rgb.grad = rgb.grad, None
    descriptor(rgb, ("relu2_1",))["relu2_1"].sum().backward()
    assert (half - rgb.grad).norm() < 0.05 * rgb.grad.norm()


@pytest.mark.parametrize("size", [(1, 1), (1, 4), (5, 2), (6, 7)])
def test_mean_of_nine_counts_no_padding(size):
    mask = torch.rand(2, 3, *size).double()
    pooled = functional.avg_pool2d(mask, 3, 1, 1, count_include_pad=False)
    assert torch.allclose(mean_of_nine(mask), pooled)
    assert torch.equal(mean_of_nine(torch.ones(1, 1, *size)), torch.ones(1, 1, *size))


def test_masks_follow_the_network():
    steps = [
        ("relu1_1", torch.nn.Conv2d(3, 2, 3)),
        ("pool1", None),
        ("relu2_1", torch.nn.Conv2d(2, 2, 3)),
    ]
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., :4] = 1
    levels = Descriptor("tiny", steps, caffe=False).mask_levels(mask, ("rgb", "relu1_1", "relu2_1"))
    assert torch.equal(levels["rgb"], mask)
    # A 3-wide mean crosses the border by a third on either side; the canvas edge stays full.
    row = torch.tensor([1, 1, 1, 2 / 3, 1 / 3, 0, 0, 0])
    assert torch.allclose(levels["relu1_1"][0, 0], row.expand(8, 8))
    pooled = torch.tensor([1, 5 / 6, 1 / 6, 0])
    blurred = torch.stack(
        [pooled[:2].mean(), pooled[:3].mean(), pooled[1:].mean(), pooled[2:].mean()]
    )
    assert torch.allclose(levels["relu2_1"][0, 0], blurred.expand(4, 4))


def test_a_bad_file_is_named_in_one_sentence(tmp_path):
    (tmp_path / "text.safetensors").write_text("no weights here")
    save_file({"a": torch.zeros(1)}, tmp_path / "other.safetensors")
    for name in ("text.safetensors", "other.safetensors", "missing.safetensors"):
        with pytest.raises(EngineError, match=name):
            load_descriptor(tmp_path / name)


def test_the_shared_descriptor_has_gradients_whoever_loaded_it():
    compact.cache_clear()
    with torch.inference_mode():
        descriptor = compact()
    rgb = torch.rand(1, 3, 32, 32).requires_grad_()
    for _, _, features in descriptor.trace(rgb):
        last = features
    last.sum().backward()
    assert rgb.grad is not None
