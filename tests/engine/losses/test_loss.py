"""The table of losses: every term is a scalar, has a gradient, and weights add up."""

import math
from dataclasses import replace

import pytest
import torch

from engine.descriptors.descriptor import compact
from engine.losses import LOSSES, Scale, weighted_sum
from engine.losses.style import BALANCE_FLOOR, style_targets

LAYERS = ("rgb", "relu1_1", "relu2_1")


@pytest.fixture
def scales() -> list[Scale]:
    """Two scales of a batch of two pictures with two regions."""
    torch.manual_seed(0)
    pictures = (torch.rand(2, 3, 32, 32) * 1.4 - 0.2).requires_grad_()
    photos, found = torch.rand(2, 3, 32, 32), []
    regions = torch.zeros(2, 2, 32, 32)
    regions[:, 0, :, :16], regions[:, 1, :, 16:] = 1, 1
    for _ in range(2):
        descriptor = compact()
        masks = descriptor.mask_levels(regions, LAYERS)
        with torch.no_grad():
            content = descriptor(photos, LAYERS[1:])
            targets = style_targets(descriptor(photos, LAYERS), masks, 2)
        features = descriptor(pictures, LAYERS)
        found.append(
            Scale(
                pictures, features, masks, targets, thin=masks, content=content, reference=photos,
                regions=regions, thin_regions=regions, strokes=photos,
            )
        )  # fmt: skip
        pictures, photos, regions = (
            torch.nn.functional.avg_pool2d(part, 2) for part in (pictures, photos, regions)
        )
    return found


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_pulls_at_the_pictures(scales, name):
    loss = LOSSES[name](scales)
    assert loss.shape == ()
    (gradient,) = torch.autograd.grad(loss, scales[0].pictures)
    assert gradient.isfinite().all()
    assert gradient.abs().max() > 0


def test_weights_add_up(scales):
    total, terms = weighted_sum(LOSSES, {"style": 1.0, "content": 0.5, "box": 10}, scales)
    assert list(terms) == ["style", "content", "box"]
    assert torch.isclose(total, terms["style"] + 0.5 * terms["content"] + 10 * terms["box"])
    assert torch.isclose(terms["content"], LOSSES["content"](scales))


def test_the_gram_loss_of_the_painting_itself_is_nought(scales):
    """Up to the floor of the logarithm: targets leave the borders of regions out."""
    scale = scales[0]
    features = {layer: values.detach() for layer, values in scale.features.items()}
    targets = style_targets(features, scale.masks, 2)
    own = replace(scale, features=features, targets=targets)
    assert abs(float(LOSSES["gram"]([own])) - math.log(BALANCE_FLOOR)) < 0.1
    assert LOSSES["gram"]([scale]) > LOSSES["gram"]([own]) + 1


def test_the_difference_from_strokes_counts_thin_shapes_once_more():
    pictures, strokes = torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 8)
    strokes[..., :2] = 0.4  # a quarter of the pixels
    thin = torch.zeros(1, 2, 8, 8)
    thin[:, 1, :, :1] = 1
    scale = Scale(pictures, {}, {}, {}, strokes=strokes, thin_regions=thin)
    skipped = Scale(pictures, {}, {}, {})
    assert float(LOSSES["strokes"]([skipped, scale])) == pytest.approx(0.1 + 0.4)
    assert float(LOSSES["strokes"]([skipped])) == 0
