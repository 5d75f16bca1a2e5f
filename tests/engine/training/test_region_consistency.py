"""A region beside others against itself alone: what is compared, and what it teaches."""

import numpy as np
import pytest
import torch

from engine.doodle.generator import (
    Generator,
    canvas_window,
    field_levels,
    labels_beyond,
    labels_window,
    mask_pyramid,
)
from engine.losses.region_consistency import VISIBLE, deviations, halos
from engine.losses.statistics import RegionStatistics
from engine.tiles import Window, level_windows
from engine.training.pack import painted_alone

WINDOW = Window(0, 0, 32, 32)

ONE = torch.ones(2, 3)
"""Differences of two regions as they are."""


@pytest.fixture
def model() -> Generator:
    torch.manual_seed(0)
    return Generator().eval()


def conditions(doodles: np.ndarray) -> list[torch.Tensor]:
    """Masks and noise of doodles, (N, 32, 32) region numbers, by level."""
    needed, covers = level_windows(WINDOW), canvas_window(WINDOW)
    wide = np.stack([labels_beyond(doodle, covers) for doodle in doodles])
    masks = mask_pyramid(torch.from_numpy(wide), covers, needed)
    around = labels_window(WINDOW)
    fields = field_levels(np.zeros((around.height, around.width), np.uint8), WINDOW, 2)
    return [
        torch.cat([mask, field.float().expand(len(mask), -1, -1, -1)], 1)
        for mask, field in zip(masks, fields, strict=True)
    ]


def test_alone_is_the_same_noise_on_a_canvas_of_one_region(model: Generator) -> None:
    doodles = np.zeros((2, 32, 32), np.uint8)
    doodles[:, 8:20, 4:9] = 2
    seen = conditions(doodles)
    before = [level.clone() for level in seen]
    alone = painted_alone(model, seen, 3, WINDOW)
    fills = conditions(np.stack([np.full((32, 32), number, np.uint8) for number in range(3)]))
    assert torch.allclose(alone, model(fills, WINDOW), atol=1e-5)
    assert not alone.requires_grad
    assert all(map(torch.equal, seen, before)), "the doodle itself is still to be painted"


def halves() -> torch.Tensor:
    """Masks (1, 2, 8, 8): region 0 at the left, region 1 at the right."""
    masks = torch.zeros(1, 2, 8, 8)
    masks[:, 0, :, :4] = 1
    masks[:, 1, :, 4:] = 1
    return masks


def test_every_region_is_compared_with_its_own_picture() -> None:
    alone = torch.stack([torch.full((3, 8, 8), 0.25), torch.full((3, 8, 8), 0.75)])
    pictures = torch.cat([alone[:1, :, :, :4], alone[1:, :, :, 4:]], 3)
    assert halos(pictures, alone, halves(), ONE) == 0
    assert halos(pictures, alone.flip(0), halves(), ONE) == pytest.approx(np.log(1.5))


def test_a_difference_is_measured_in_what_is_usual_in_the_region() -> None:
    pictures, alone = torch.full((1, 3, 8, 8), 0.1), torch.zeros(2, 3, 8, 8)
    scales = torch.tensor([0.1, 0.2]).expand(3, 2).T
    assert halos(pictures, alone, halves(), scales) == pytest.approx(np.log(1 + (1 + 0.5) / 2))
    scales = torch.tensor([0.1, torch.inf]).expand(3, 2).T
    assert halos(pictures, alone, halves(), scales) == pytest.approx(np.log(1.5))


def test_what_the_painting_has_too_little_of_is_never_far_off() -> None:
    style = RegionStatistics(torch.zeros(2), torch.tensor([0.1, 0.3]), torch.eye(2))
    flat = RegionStatistics(torch.zeros(2), torch.zeros(2), torch.eye(2))
    found = deviations({("rgb", 1): style, ("relu1_1", 0): style, ("rgb", 3): flat}, 4)
    assert found.isinf().all(1).tolist() == [True, False, True, False]
    assert torch.equal(found[1], style.scale)
    assert (found[3] == VISIBLE).all()


def test_pixels_beside_another_region_may_be_anything() -> None:
    pictures, alone = torch.zeros(1, 3, 8, 8), torch.zeros(2, 3, 8, 8)
    pictures[..., 3:5] = 1
    assert halos(pictures, alone, halves(), ONE) == 0
    pictures[..., 0, 0] = 0.6
    assert halos(pictures, alone, halves(), ONE) == pytest.approx(np.log(1 + 0.6 / 48))


def test_a_region_without_an_inside_is_no_division_by_zero() -> None:
    picture = torch.rand(1, 3, 8, 8, requires_grad=True)
    difference = halos(picture, torch.zeros(1, 3, 8, 8), torch.eye(8)[None, None], ONE[:1])
    difference.backward()
    assert difference == 0
    assert not picture.grad.any()


def test_it_teaches_a_region_not_to_mind_its_surroundings(model: Generator) -> None:
    doodles = np.zeros((1, 32, 32), np.uint8)
    doodles[:, 12:20] = 1
    seen = conditions(doodles)
    masks = torch.from_numpy(np.stack([doodles == number for number in range(2)], 1)).float()
    optimiser = torch.optim.Adam(model.parameters(), 3e-5)

    def difference() -> torch.Tensor:
        return halos(model(seen, WINDOW), painted_alone(model, seen, 2, WINDOW), masks, ONE)

    before = float(difference().detach())
    for _ in range(30):
        optimiser.zero_grad()
        difference().backward()
        optimiser.step()
    assert float(difference().detach()) < 0.85 * before
