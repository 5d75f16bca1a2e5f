"""Tests of random doodles: seeded, complete, and with every region large, small and thin."""

import cv2
import numpy as np
import pytest

from engine.packs.random_doodles import (
    KINDS,
    clustered_doodle,
    diamond_square,
    doodle_bank,
    random_crops,
    random_doodle,
    thin_shapes,
)

REGIONS = 5


@pytest.mark.parametrize("kind", [kind for kind, _ in KINDS])
def test_kinds_give_label_maps(kind):
    doodle = kind(np.random.default_rng(1), 200, REGIONS)
    assert doodle.shape == (200, 200)
    assert doodle.dtype == np.uint8
    assert doodle.max() < REGIONS


def test_the_same_seed_gives_the_same_bank():
    assert np.array_equal(doodle_bank(4, 3, 96, 4), doodle_bank(4, 3, 96, 4))
    assert not np.array_equal(doodle_bank(4, 3, 96, 4), doodle_bank(5, 3, 96, 4))


def test_diamond_square_is_rough_on_every_scale():
    heights = diamond_square(np.random.default_rng(2), 257)
    steps = [np.abs(heights[::k, ::k][1:] - heights[::k, ::k][:-1]).mean() for k in (1, 4, 16)]
    assert 0 < steps[0] < steps[1] < steps[2]


def test_clusters_are_medians_of_connected_heights():
    doodle = clustered_doodle(np.random.default_rng(3), 200, 4)
    assert len(np.unique(doodle)) == 4
    border = (doodle[:, 1:] != doodle[:, :-1]).mean()
    assert 0.005 < border < 0.3


def test_every_region_is_seen_large_small_and_thin():
    bank = doodle_bank(11, 60, 256, REGIONS)
    for region in range(REGIONS):
        shares = (bank == region).mean((1, 2))
        assert shares.max() > 0.3
        assert ((shares > 0) & (shares < 0.02)).any()
        assert any(_thin(doodle == region) for doodle in bank)


def _thin(mask: np.ndarray) -> bool:
    """Holds a part that is at most 10 pixels across and more than 200 pixels in area."""
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((11, 11), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats((mask & (opened == 0)).astype(np.uint8))
    return count > 1 and stats[1:, cv2.CC_STAT_AREA].max() > 200


def test_crops_come_from_the_bank():
    rng = np.random.default_rng(0)
    bank = np.stack([random_doodle(rng, 96, 3) for _ in range(2)])
    crops = random_crops(rng, bank, 5, 64)
    assert crops.shape == (5, 64, 64)
    assert set(np.unique(crops)) <= set(np.unique(bank))


def test_thin_shapes_are_found():
    doodle = np.zeros((1, 160, 160), np.uint8)
    doodle[0, 80:88] = 1  # a bar of 8 pixels
    doodle[0, :, 110:] = 2  # half a field
    wanted = np.zeros((160, 160), bool)
    wanted[80:88, :110] = True
    assert np.array_equal(thin_shapes(doodle)[0], wanted)
