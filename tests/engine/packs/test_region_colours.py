"""Tests that strokes are moved to the colours of another painting."""

import numpy as np

from engine.packs.painting import PackPainting
from engine.packs.region_colours import Colours, colours_of, contrast, fitting, moved, to_lab


def colours(mean, *means, deviation=10.0):
    return Colours(np.array(mean), np.full(3, deviation), np.array(means, float))


def painting(rgb, regions, avoid):
    return PackPainting(rgb, regions, avoid, np.ones(regions.shape, bool))


def test_colours_are_those_of_what_may_be_copied():
    rgb = np.zeros((40, 60, 3), np.uint8)
    rgb[:20], rgb[20:] = (200, 40, 40), (40, 40, 200)
    regions = np.repeat(np.uint8([0, 1]), 20)[:, None].repeat(60, 1)
    avoid = np.zeros((40, 60), bool)
    avoid[:, 30:] = True
    rgb[:, 30:] = 255
    found = colours_of(painting(rgb, regions, avoid), 3)
    red, blue = to_lab(np.uint8([[[200, 40, 40], [40, 40, 200]]]))[0]
    assert np.allclose(found.means, [red, blue, found.mean], atol=0.1)
    assert np.allclose(found.mean, (red + blue) / 2, atol=0.1)


def test_a_region_moves_as_those_that_look_like_it_and_show_the_same():
    lender = colours((50, 0, 0), (30, 0, -30), (80, 0, 60))
    to = colours((50, 0, 0), (60, 0, -10), (40, 0, 0))
    unpaired = fitting(lender, 0, to, [])
    assert np.allclose(unpaired, (30, 0, -30))
    paired = fitting(lender, 0, to, [(0, 0), (1, 1)])
    assert 45 < paired[0] < 60
    assert -30 < paired[2] < -10


def test_contrast_follows_the_painting_within_limits():
    weak, strong = colours((50, 0, 0), deviation=2), colours((50, 0, 0), deviation=20)
    same = colours((50, 0, 0), deviation=11)
    assert contrast(weak, strong).tolist() == [1.4] * 3
    assert contrast(strong, weak).tolist() == [0.6] * 3
    assert np.allclose(contrast(same, colours((0, 0, 0))), 10 / 11)


def test_moved_pixels_have_the_wanted_mean():
    rgb = np.random.default_rng(1).integers(90, 150, (30, 40, 3)).astype(np.uint8)
    mean, to = to_lab(rgb).mean((0, 1)), np.array([45.0, 10.0, -20.0])
    there = to_lab(moved(rgb, mean, to, np.ones(3)))
    assert np.abs(there.mean((0, 1)) - to).max() < 1
    assert np.allclose(there.std((0, 1)), to_lab(rgb).std((0, 1)), atol=1)
