"""Refine's loss: equal to the plain losses on the whole picture, in any tiles, in float64."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from engine.descriptors.descriptor import Descriptor
from engine.losses import style, tiled
from engine.losses.content import LOUDEST
from engine.losses.loss_tiles import GRID, halo
from engine.losses.region_sums import inside_regions
from engine.losses.regularization import box_penalty, colour_differences, total_variation
from engine.losses.statistics import RegionStatistics, StyleTargets
from engine.losses.style import style_targets
from engine.losses.tiled import Subject, TiledLoss, Weights
from tests.conftest import VGG_BLOCKS

LAYERS = ("rgb", "relu1_2", "relu3_1", "relu4_1", "relu5_1")
WEIGHTS = Weights((1.0, 2.0), style=0.7, variation=0.5, anchor=3.0, content=2.0)


def tiny_descriptor() -> Descriptor:
    """VGG's layers, three channels wide, whose features neither die out nor explode."""
    torch.manual_seed(0)
    steps: list[tuple[str, torch.nn.Conv2d | None]] = []
    inputs = 3
    for block, convs in VGG_BLOCKS:
        for i in range(convs):
            steps.append((f"relu{block}_{i + 1}", torch.nn.Conv2d(inputs, 3, 3)))
            torch.nn.init.normal_(steps[-1][1].weight, std=0.4)
            inputs = 3
        steps.append((f"pool{block}", None))
    return Descriptor("tiny", steps[:-1], caffe=False).double()


def painting_statistics(descriptor: Descriptor) -> list[StyleTargets]:
    picture, mask = torch.rand(1, 3, 160, 160).double(), torch.rand(1, 3, 160, 160).double()
    targets = []
    for _ in WEIGHTS.scales:
        levels = descriptor.mask_levels(mask, LAYERS)
        targets.append(style_targets(descriptor(picture, LAYERS), levels, 3))
        picture, mask = functional.avg_pool2d(picture, 2), functional.avg_pool2d(mask, 2)
    return targets


DESCRIPTOR = tiny_descriptor()
TARGETS = painting_statistics(DESCRIPTOR)


def random_subject(height: int, width: int, halvings: int = 0, selected: bool = False) -> Subject:
    regions = torch.zeros(height << halvings, width << halvings, dtype=torch.uint8)
    regions[regions.shape[0] // 3 :] = 1
    regions[:, regions.shape[1] * 2 // 3 :] = 2
    selection = None
    if selected:
        selection = torch.zeros(regions.shape).double()
        selection[5:60, 7:80] = 1
    start, content = torch.rand(2, 1, 3, height, width).double()
    return Subject(regions, halvings, selection, start, content)


def evaluated(subject: Subject, picture: Tensor, tile: int) -> tuple[float, Tensor]:
    return finished(TiledLoss(DESCRIPTOR, TARGETS, subject, WEIGHTS, tile), picture)


def finished(loss: TiledLoss, picture: Tensor) -> tuple[float, Tensor]:
    """What the evaluation returns in the end."""
    steps = loss.evaluate(picture)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def log_distances(features: Tensor, masks: Tensor, targets: StyleTargets, layer: str) -> list:
    """Straight from the definitions: all positions at once, statistics_distance, logarithm."""
    found = []
    for region in range(3):
        if (layer, region) in targets:
            weights = ((masks[0, region].flatten() - 0.3) / 0.7).clamp_min(0).square()
            rows = features[0].flatten(1).T
            if style.enough(int((weights > 0).sum()), rows.shape[1]):
                share = weights / weights.sum()
                distance = style.statistics_distance(rows, share, targets[layer, region])
                found.append(torch.log(distance + style.BALANCE_FLOOR))
    return found


def whole_style(subject: Subject, picture: Tensor) -> Tensor:
    mask = mask_of(subject)
    terms, total = [], 0.0
    for share, targets in zip(WEIGHTS.scales, TARGETS, strict=True):
        layers = [
            name
            for name, depth in zip(LAYERS, (0, 0, 2, 3, 4), strict=True)
            if min(picture.shape[-2:]) >> depth >= 2
        ]
        features, masks = DESCRIPTOR(picture, layers), DESCRIPTOR.mask_levels(mask, layers)
        for layer in layers:
            logs = log_distances(features[layer], masks[layer], targets, layer)
            terms += [share * log for log in logs]
            total += share * len(logs)
        picture, mask = functional.avg_pool2d(picture, 2), functional.avg_pool2d(mask, 2)
    return WEIGHTS.style * torch.stack(terms).sum() / total


def mask_of(subject: Subject) -> Tensor:
    """(1, 3, h, w): how much of each pixel is selected and in each region."""
    mask = torch.stack([subject.regions == r for r in range(3)])[None].double()
    if subject.selection is not None:
        mask = mask * subject.selection
    for _ in range(subject.halvings):
        mask = functional.avg_pool2d(mask, 2)
    return mask


def whole_content(subject: Subject, picture: Tensor, layer: str) -> Tensor:
    """Mean squared difference from the photo with the painting's mean and deviation, by region."""
    features, photo = (
        DESCRIPTOR(rgb, (layer,))[layer][0].flatten(1).T for rgb in (picture, subject.content)
    )
    masks = DESCRIPTOR.mask_levels(mask_of(subject), (layer,))[layer]
    differences, whole = torch.zeros(()).double(), 0.0
    for region in range(3):
        weights = ((masks[0, region].flatten() - 0.3) / 0.7).clamp_min(0).square()
        if weights.sum() > 0:
            own = style.region_statistics(photo.T[None, :, None], weights.sqrt()[None, None])
            painting = TARGETS[0].get((layer, region), own)
            gain = (painting.scale / own.scale).clamp_max(LOUDEST)
            wanted = painting.mean + (photo - own.mean) * gain
            differences = differences + weights @ (features - wanted).square().sum(1)
            whole += float(weights.sum() * painting.deviation.square().sum())
    return differences / whole


def whole_loss(subject: Subject, picture: Tensor) -> Tensor:
    drift = functional.avg_pool2d(picture - subject.start, 8 >> subject.halvings)
    content = sum(whole_content(subject, picture, layer) for layer in tiled.CONTENT)
    return (
        whole_style(subject, picture)
        + WEIGHTS.variation * total_variation(colour_differences(picture))
        + WEIGHTS.box * box_penalty(picture)
        + WEIGHTS.anchor * drift.square().mean()
        + WEIGHTS.content * content / len(tiled.CONTENT)
    )


@pytest.mark.parametrize(("halvings", "selected"), [(0, False), (1, False), (1, True)])
def test_it_is_the_sum_of_its_definitions(halvings, selected):
    torch.manual_seed(1)
    subject = random_subject(70, 91, halvings, selected)
    picture = (torch.rand(1, 3, 70, 91).double() * 1.2).requires_grad_()
    expected = whole_loss(subject, picture)
    expected.backward()
    loss, gradient = evaluated(subject, picture.detach(), 1024)
    assert loss == pytest.approx(expected.item(), rel=1e-9)
    assert (gradient - picture.grad).norm() < 1e-9 * picture.grad.norm()


@settings(max_examples=12)
@given(
    height=st.integers(32, 150),
    width=st.integers(32, 150),
    tile=st.integers(1, 6),
    halvings=st.integers(0, 1),
    selected=st.booleans(),
)
def test_tiles_equal_the_whole(height, width, tile, halvings, selected):
    torch.manual_seed(2)
    subject = random_subject(height, width, halvings, selected)
    picture = torch.rand(1, 3, height, width).double() * 1.2
    whole, expected = evaluated(subject, picture, 1024)
    loss, gradient = evaluated(subject, picture, tile * GRID)
    assert loss == pytest.approx(whole, rel=1e-9)
    assert (gradient - expected).norm() < 1e-9 * expected.norm()


def test_the_halo_is_as_wide_as_the_deepest_feature_sees():
    assert halo(DESCRIPTOR, ["rgb"]) == 16
    assert halo(DESCRIPTOR, ["relu3_1"]) == 16
    assert halo(DESCRIPTOR, ["relu4_1"]) == 32
    assert halo(DESCRIPTOR, ["rgb", "relu5_1"]) == 80


def test_weights_end_without_a_jump():
    row = torch.linspace(0, 1, 11)
    cells = inside_regions(row[None, None], [7])
    assert cells.parts == ((7, 0, 1, 7),)
    assert cells.index.tolist() == [10, *range(4, 10)]  # solid ones first
    assert cells.root[0] == 1
    assert cells.root[1] < 0.15
    assert inside_regions(torch.ones(1, 2, 3), [7]).index is None


def test_a_region_the_painting_lacks_pulls_at_nothing():
    subject = random_subject(48, 48)
    picture = torch.rand(1, 3, 48, 48).double()
    blank = RegionStatistics(torch.zeros(3), torch.ones(3), torch.eye(3))
    only = [{("relu1_2", 5): blank}]
    plain = TiledLoss(DESCRIPTOR, only, Subject(subject.regions), Weights((1.0,), box=0.0), 64)
    loss, gradient = finished(plain, picture)
    assert loss == 0
    assert not gradient.any()


@pytest.mark.parametrize("halvings", [0, 2])
def test_masks_are_made_once_a_piece_and_in_strips(monkeypatch, halvings):
    subject = random_subject(96, 80, halvings, selected=True)
    picture = torch.rand(1, 3, 96, 80).double()
    whole, wanted = finished(TiledLoss(DESCRIPTOR, TARGETS, subject, WEIGHTS, 32), picture)
    monkeypatch.setattr(tiled, "MASK_CACHE", 0)
    monkeypatch.setattr(tiled, "STRIP", 16)
    loss = TiledLoss(DESCRIPTOR, TARGETS, subject, WEIGHTS, 32)
    made: list[object] = []
    make = loss._made_masks
    monkeypatch.setattr(loss, "_made_masks", lambda piece: made.append(piece) or make(piece))
    again, gradient = finished(loss, picture)
    assert again == pytest.approx(whole)
    assert torch.allclose(gradient, wanted)
    # Once forwards and, the tiles being many, once more for the way back.
    assert len(made) == 2 * len(loss.pieces)


def test_half_precision_is_near():
    torch.manual_seed(0)
    subject, picture = random_subject(64, 96), torch.rand(1, 3, 64, 96).double()
    exact, gradient = evaluated(subject, picture, 32)
    loss, found = finished(TiledLoss(DESCRIPTOR, TARGETS, subject, WEIGHTS, 32, half=True), picture)
    assert loss != exact
    assert loss == pytest.approx(exact, rel=0.02)
    assert float(functional.cosine_similarity(found.flatten(), gradient.flatten(), 0)) > 0.97
