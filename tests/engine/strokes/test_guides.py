"""Tests of the guides: regions, borders, directions, in integers."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.strokes.guides import (
    CHANNELS,
    FAR,
    GAP,
    MAX_REGIONS,
    MORE_CHANNELS,
    ZERO,
    Guides,
    GuideWeights,
    border_distance,
    fill_gaps,
    halved,
    halved_regions,
    joined_guides,
    luminance,
    painting_directions,
    painting_guides,
    painting_streaks,
)
from tests.support.stroke_pictures import doodle, painting_of, stripes

SHAPES = st.tuples(st.integers(1, 40), st.integers(1, 40))
SEEDS = st.integers(0, 10_000)


def some_guides(height, width, seed=0, more=0):
    rng = np.random.default_rng(seed)
    layers = rng.integers(0, 256, (5 + more, height, width)).astype(np.uint8)
    layers[0] %= 5
    return Guides(*layers[:5], tuple(layers[5:]))


@pytest.mark.parametrize("name", ["region", "distance", "direction", "streaks"])
@pytest.mark.parametrize("value", [-1, 256])
def test_a_weight_out_of_range_is_refused(name, value):
    with pytest.raises(ValueError, match=f"weight {name} is 0 to 255, not {value}"):
        GuideWeights(**{name: value})
    GuideWeights(**{name: 0})
    GuideWeights(**{name: 255})


@pytest.mark.parametrize("weight", [1, 110, 255])
def test_any_two_regions_differ_in_two_channels_or_four(weight):
    regions = np.arange(MAX_REGIONS, dtype=np.uint8)[None]
    zero = np.zeros_like(regions)
    guides = Guides(regions, zero, zero, zero, zero)
    packed = guides.packed(None, GuideWeights(region=weight))[0].astype(int)
    for one, other in combinations(packed, 2):
        differing = np.abs(one - other)
        assert (differing > 0).sum() in (2, 4)
        assert differing.max() == weight


@given(shape=SHAPES, more=st.integers(0, 3), seed=SEEDS)
def test_a_packed_picture_holds_colours_and_scaled_guides(shape, more, seed):
    guides = some_guides(*shape, seed, more)
    rgb = np.random.default_rng(seed + 1).integers(0, 256, (*shape, 3)).astype(np.uint8)
    packed = guides.packed(rgb, GuideWeights(110, 60, 70, 51))
    assert packed.shape == (*shape, MORE_CHANNELS if more else CHANNELS)
    assert np.array_equal(packed[..., :3], rgb)
    assert np.array_equal(packed[..., 8], np.rint(guides.distance * (60 / 255)))
    assert np.array_equal(packed[..., 9], np.rint(guides.cos * (70 / 255)) + 92)
    assert np.array_equal(packed[..., 10], np.rint(guides.sin * (70 / 255)) + 92)
    assert np.array_equal(packed[..., 11], np.rint(guides.streaks * 0.2))
    for number, guide in enumerate(guides.more):
        assert np.array_equal(packed[..., CHANNELS + number], guide)
    assert not packed[..., CHANNELS + more :].any()


@given(shape=SHAPES, seed=SEEDS, weight=st.integers(0, 255))
def test_directions_of_the_pen_have_the_largest_weight(shape, seed, weight):
    guides, weights = some_guides(*shape, seed), GuideWeights(direction=weight)
    plain = guides.packed(None, weights)
    without = replace(guides, pen=np.zeros(shape, np.uint8)).packed(None, weights)
    assert np.array_equal(without, plain)
    pen = np.where(np.arange(shape[1]) % 2, 254, 0).astype(np.uint8)
    pulled = replace(guides, pen=np.broadcast_to(pen, shape)).packed(None, weights)
    assert np.array_equal(pulled[:, ::2], plain[:, ::2])
    assert np.array_equal(pulled[:, 1::2, 9], guides.cos[:, 1::2])
    assert np.array_equal(pulled[:, 1::2, 10], guides.sin[:, 1::2])
    assert np.array_equal(np.delete(pulled, (9, 10), 2), np.delete(plain, (9, 10), 2))


def test_guides_with_and_without_a_pen_are_joined():
    one, other = some_guides(4, 6), some_guides(2, 6)
    assert joined_guides([one, other]).pen is None
    pen = np.full((2, 6), 254, np.uint8)
    joined = joined_guides([one, replace(other, pen=pen)])
    assert joined.pen is not None
    assert not joined.pen[:4].any()
    assert joined.pen[4:].min() == joined.halved().pen[2:].min() == 254


@given(shape=SHAPES, seed=SEEDS, count=st.integers(1, 4))
def test_halving_takes_the_mean_and_the_most_frequent_region(shape, seed, count):
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 256, shape).astype(np.uint8)
    regions = rng.integers(0, count, shape).astype(np.uint8)
    small, smaller = halved(picture), halved_regions(regions)
    assert small.shape == smaller.shape == (-(-shape[0] // 2), -(-shape[1] // 2))
    for y, x in np.ndindex(small.shape):
        rows = [2 * y, min(2 * y + 1, shape[0] - 1)]
        columns = [2 * x, min(2 * x + 1, shape[1] - 1)]
        four = picture[np.ix_(rows, columns)].astype(int)
        assert small[y, x] == (four.sum() + 2) // 4
        votes = np.bincount(regions[np.ix_(rows, columns)].ravel())
        assert votes[smaller[y, x]] == votes.max()
        if votes[regions[2 * y, 2 * x]] == votes.max():
            assert smaller[y, x] == regions[2 * y, 2 * x]


def test_halving_colours_halves_every_channel():
    picture = np.random.default_rng(0).integers(0, 256, (7, 9, 3)).astype(np.uint8)
    for channel in range(3):
        assert np.array_equal(halved(picture)[..., channel], halved(picture[..., channel]))


@settings(max_examples=30)
@given(shape=SHAPES, seed=SEEDS)
def test_distances_to_a_border_are_right_to_a_few_per_cent(shape, seed):
    regions = doodle(*shape, 3, seed)
    found = border_distance(regions).astype(float) * FAR / 255
    at_border = np.zeros(shape, bool)
    across, down = regions[:, 1:] != regions[:, :-1], regions[1:] != regions[:-1]
    at_border[:, 1:] |= across
    at_border[:, :-1] |= across
    at_border[1:] |= down
    at_border[:-1] |= down
    if not at_border.any():
        assert (found == FAR).all()
        return
    ys, xs = np.nonzero(at_border)
    for y, x in np.ndindex(shape):
        exact = min(FAR, np.hypot(ys - y, xs - x).min())
        assert abs(found[y, x] - exact) <= 0.2 + 0.06 * exact


@given(shape=SHAPES, seed=SEEDS)
def test_gaps_are_filled_with_what_is_next_to_them(shape, seed):
    rng = np.random.default_rng(seed)
    regions = rng.integers(0, 4, shape).astype(np.uint8)
    regions[rng.random(shape) < rng.random()] = GAP
    filled = fill_gaps(regions)
    known = regions != GAP
    assert np.array_equal(filled[known], regions[known])
    if known.any():
        assert set(np.unique(filled)) <= set(np.unique(regions[known]))
    else:
        assert (filled == GAP).all()


def test_luminance_keeps_grey_and_weighs_green_most():
    grey = np.arange(256, dtype=np.uint8)[None, :, None].repeat(3, 2)
    assert np.array_equal(luminance(grey)[0], np.arange(256))
    red, green, blue = luminance(np.eye(3, dtype=np.uint8)[None] * 255)[0].tolist()
    assert green > red > blue > 0
    assert red + green + blue == 255


@pytest.mark.parametrize("angle", [0, 30, 45, 90, 135, 160])
def test_directions_are_those_of_the_strokes(angle):
    rows, columns = np.mgrid[:90, :90]
    radians = np.radians(angle)
    across = columns * np.sin(radians) - rows * np.cos(radians)
    grey = (128 + 90 * np.sin(across)).astype(np.uint8)
    cos, sin = (guide[30:60, 30:60].astype(int) - ZERO for guide in painting_directions(grey))
    assert abs(cos - 127 * np.cos(2 * radians)).max() < 12
    assert abs(sin - 127 * np.sin(2 * radians)).max() < 12


def test_flat_colour_has_no_direction_and_no_streaks():
    grey = np.full((30, 40), 77, np.uint8)
    regions = np.zeros(grey.shape, np.uint8)
    for guide in (*painting_directions(grey), painting_streaks(grey, regions)):
        assert (guide == ZERO).all()


def test_streaks_have_the_same_deviation_in_every_region():
    regions = np.zeros((80, 160), np.uint8)
    regions[:, 80:] = 1
    grain = np.random.default_rng(0).integers(-20, 21, (80, 160))
    grain[:, 80:] *= 5
    streaks = painting_streaks((120 + grain).astype(np.uint8), regions).astype(int) - ZERO
    for half in (streaks[:, :80], streaks[:, 80:]):
        assert abs(half.mean()) < 1
        assert 29 < half.std() < 35


def test_guides_are_cut_and_joined():
    above, below = some_guides(5, 9, 1, 2), some_guides(7, 9, 2, 2)
    joined = joined_guides([above, below])
    assert joined.shape == (12, 9)
    for guides, place in ((above, slice(0, 5)), (below, slice(5, 12))):
        part = joined.part((place, slice(None)))
        for one, other in zip((*vars(part).values(),), (*vars(guides).values(),), strict=True):
            assert np.array_equal(one, other)


def test_guides_of_any_painting_are_whole():
    for height, width in ((1, 1), (1, 30), (17, 3), (40, 50)):
        regions = stripes(height, width, 3)
        guides = painting_guides(painting_of(regions), regions)
        for guide in (guides.distance, guides.cos, guides.sin, guides.streaks):
            assert guide.shape == (height, width)
            assert guide.dtype == np.uint8
