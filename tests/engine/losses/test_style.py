"""Style losses against their formulas, in float64 with a tiny descriptor."""

import pytest
import torch
from torch.autograd import gradcheck

from engine.descriptors.descriptor import Descriptor
from engine.losses import style
from engine.losses.statistics import RegionStatistics
from engine.losses.style import (
    gram_matrix,
    log_balance,
    positions,
    pure_masks,
    region_statistics,
    statistics_distance,
    style_distances,
    style_targets,
)

LAYERS = ("rgb", "relu1_1")


@pytest.fixture
def descriptor() -> Descriptor:
    torch.manual_seed(0)
    return Descriptor("tiny", [("relu1_1", torch.nn.Conv2d(3, 4, 3))], caffe=False).double()


def test_gram_matrix_is_its_formula():
    torch.manual_seed(1)
    features, mask = torch.randn(2, 3, 4, 5).double(), torch.rand(2, 1, 4, 5).double()
    weighted = (features * mask)[1].reshape(3, 20)
    expected = weighted @ weighted.T / (mask[1] ** 2).sum()
    assert torch.allclose(gram_matrix(features, mask)[1], expected)


def test_a_thin_region_weighs_as_much_as_a_wide_one():
    features = torch.randn(1, 3, 1, 1).expand(1, 3, 8, 8)
    thin, wide = torch.zeros(1, 1, 8, 8), torch.ones(1, 1, 8, 8)
    thin[..., 3] = 1
    assert torch.allclose(gram_matrix(features, thin), gram_matrix(features, wide))


def test_region_statistics_are_mean_deviation_and_correlation():
    torch.manual_seed(2)
    features = torch.randn(1, 3, 6, 6) * torch.tensor([1.0, 2.0, 0.5])[:, None, None] + 3
    weights = torch.zeros(1, 6, 6)
    weights[:, :3] = 1
    inside = features[0, :, :3].reshape(3, -1)
    found = region_statistics(features, weights)
    assert torch.allclose(found.mean, inside.mean(1), atol=1e-5)
    assert torch.allclose(found.deviation, inside.std(1, correction=0), atol=1e-5)
    normal = (inside - found.mean[:, None]) / found.scale[:, None]
    assert torch.allclose(found.correlation, normal @ normal.T / normal.shape[1], atol=1e-5)


def test_statistics_distance_is_its_formula():
    torch.manual_seed(3)
    rows, weights = torch.randn(20, 3).double(), torch.rand(20).double()
    weights /= weights.sum()
    target = RegionStatistics(
        torch.randn(3).double(), torch.rand(3).double(), torch.eye(3).double()
    )
    normal = (rows - target.mean) / target.scale
    mean = (weights[:, None] * normal).sum(0)
    covariance = (weights[:, None] * (normal - mean)).T @ (normal - mean)
    expected = ((mean**2).sum() + ((covariance - torch.eye(3)) ** 2).sum()) / 3
    assert torch.allclose(statistics_distance(rows, weights, target), expected)


def test_a_picture_is_at_no_distance_from_itself(descriptor):
    rgb = torch.rand(1, 3, 32, 32).double()
    features, masks = (
        descriptor(rgb, LAYERS),
        descriptor.mask_levels(torch.ones_like(rgb[:, :2]), LAYERS),
    )
    distances = style_distances(features, masks, style_targets(features, masks, 2))
    assert len(distances) == 4
    # Positions are sampled with replacement only above MAX_POSITIONS, so this is exact.
    assert max(distances.values()) < 1e-8


def test_gradients_are_right(descriptor):
    torch.manual_seed(4)
    mask = torch.rand(1, 1, 8, 8).double()
    masks = descriptor.mask_levels(mask, LAYERS)
    targets = style_targets(descriptor(torch.rand(1, 3, 8, 8).double(), LAYERS), masks, 1)

    def loss(rgb):
        return log_balance(style_distances(descriptor(rgb, LAYERS), masks, targets).values())

    assert gradcheck(loss, torch.rand(1, 3, 8, 8).double().requires_grad_())
    assert gradcheck(
        lambda f: gram_matrix(f, mask), torch.rand(1, 3, 8, 8).double().requires_grad_()
    )


def test_positions_pool_the_batch_and_stay_inside(monkeypatch):
    features = torch.arange(2 * 1 * 4 * 4.0).reshape(2, 1, 4, 4)
    weights = torch.zeros(2, 4, 4)
    weights[0, 0, 0] = weights[1, 3, 3] = 1
    rows, shares = positions(features, weights)
    assert rows.flatten().tolist() == [0, 31]
    assert shares.tolist() == [0.5, 0.5]
    monkeypatch.setattr(style, "MAX_POSITIONS", 5)
    rows, shares = positions(features, torch.ones(2, 4, 4))
    assert len(rows) == 5
    assert shares.sum() == pytest.approx(1)


def test_a_region_too_small_to_judge_is_left_out():
    features, mask = {"rgb": torch.rand(1, 3, 8, 8)}, torch.zeros(1, 2, 8, 8)
    mask[:, 0] = 1
    mask[:, 1, 0, :3] = 1
    assert set(style_targets(features, {"rgb": mask}, 2)) == {("rgb", 0)}


def test_the_balance_pulls_every_term_alike():
    far, near = torch.tensor(100.0, requires_grad=True), torch.tensor(1.0, requires_grad=True)
    log_balance([far, near]).backward()
    pulls = (far.grad * far.detach()).item(), (near.grad * near.detach()).item()
    assert pulls[0] == pytest.approx(pulls[1], rel=0.02)


def test_borders_of_a_painting_s_region_count_only_where_there_is_nothing_else():
    """Mixed positions are another colour: the region's own shows where it is large enough."""
    features = torch.full((1, 2, 4, 8), 0.5)
    features[..., 4:] = 0.9
    mask = torch.full((1, 1, 4, 8), 0.6)
    mask[..., :4] = 1
    whole = style_targets({"rgb": features}, {"rgb": mask}, 1)["rgb", 0]
    assert torch.allclose(whole.mean, torch.tensor([0.5, 0.5]))
    mask[..., 1:4] = 0.6  # four pure positions of two channels: too few
    mixed = style_targets({"rgb": features}, {"rgb": mask}, 1)["rgb", 0]
    assert mixed.mean[0] > 0.6


def test_a_doodle_s_borders_count_only_where_there_is_nothing_else():
    masks = torch.full((2, 2, 4, 4), 0.6)
    masks[0, 0] = 1  # sixteen pure positions in one of two pictures; the other region has none
    found = pure_masks({"rgb": torch.rand(2, 3, 4, 4)}, {"rgb": masks})["rgb"]
    assert torch.equal(found[:, 0], torch.stack([torch.ones(4, 4), torch.zeros(4, 4)]))
    assert torch.equal(found[:, 1], masks[:, 1])


def test_regions_mix_to_the_statistics_of_all_their_positions():
    rows = torch.randn(50, 4).double() * torch.tensor([1.0, 2.0, 0.1, 0.0]) + torch.rand(4)
    rows[30:] += 3
    parts = [style.region_statistics(part.T[None, :, None], torch.ones(1, 1, len(part)).double())
             for part in (rows[:30], rows[30:])]  # fmt: skip
    whole = style.region_statistics(rows.T[None, :, None], torch.ones(1, 1, 50).double())
    found = style.mixed(parts, [30, 20])
    assert torch.allclose(found.mean, whole.mean)
    assert torch.allclose(found.deviation, whole.deviation)
    assert torch.allclose(found.correlation, whole.correlation)
