"""Tests of similar places: similar patches of the same region, apart where possible."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.strokes.guides import GuideWeights, painting_guides
from engine.strokes.kernels import PATCH, REACH, SIMILAR, UNUSABLE
from engine.strokes.similar import APART, similar_places
from tests.support.stroke_pictures import painting_of, stripes

SEEDS = st.integers(0, 1000)


def prepared(height, width, count, seed, unusable=0.0):
    """A packed painting and its places."""
    regions = stripes(height, width, count)
    rgb = painting_of(regions, seed)
    packed = painting_guides(rgb, regions).packed(rgb, GuideWeights())
    places = regions.copy()
    places[np.random.default_rng(seed).random(regions.shape) < unusable] = UNUSABLE
    return packed, places


def apart(found):
    """Return Manhattan distances from all pixels to their similar places, (H, W, SIMILAR)."""
    rows, columns = np.mgrid[: found.shape[0], : found.shape[1]]
    return abs((found >> 16) - rows[..., None]) + abs((found & 0xFFFF) - columns[..., None])


@settings(max_examples=20)
@given(
    height=st.integers(5, 40),
    width=st.integers(5, 40),
    count=st.integers(1, 4),
    unusable=st.sampled_from([0, 0.3, 0.99]),
    seed=SEEDS,
)
def test_similar_places_are_usable_and_of_the_same_region(height, width, count, unusable, seed):
    packed, places = prepared(height, width, count, seed, unusable)
    found = similar_places(packed, places)
    assert found.shape == (height, width, SIMILAR)
    assert found.dtype == np.int32
    usable = places != UNUSABLE
    there = places[found >> 16, found & 0xFFFF]
    assert (there[usable] == places[usable][:, None]).all()
    assert (apart(found)[~usable] == 0).all()


@settings(max_examples=10)
@given(seed=SEEDS)
def test_places_that_are_apart_come_first(seed):
    packed, places = prepared(30, 36, 2, seed)
    away = apart(similar_places(packed, places)) >= APART + 1
    assert (away[..., :-1] >= away[..., 1:]).all()


def test_where_there_is_a_choice_all_places_are_apart():
    """In a painting of one repeated tile similar places can be far away."""
    tile = np.random.default_rng(0).integers(0, 256, (12, 12, 3)).astype(np.uint8)
    rgb = np.tile(tile, (5, 5, 1))
    regions = np.zeros(rgb.shape[:2], np.uint8)
    packed = painting_guides(rgb, regions).packed(rgb, GuideWeights())
    found = similar_places(packed, regions)[12:48, 12:48]
    rows, columns = np.mgrid[12:48, 12:48]
    steps = np.stack([(found >> 16) - rows[..., None], (found & 0xFFFF) - columns[..., None]])
    assert (apart(similar_places(packed, regions))[12:48, 12:48] > APART).all()
    assert (steps % 12 == 0).mean() > 0.7


def test_similar_places_look_more_alike_than_others():
    packed, places = prepared(60, 60, 1, 3)
    inner = (slice(REACH, -REACH),) * 2
    windows = np.lib.stride_tricks.sliding_window_view(packed.astype(int), (PATCH, PATCH), (0, 1))
    found = similar_places(packed, places)[inner][..., 0]
    last = len(windows) - 1
    y = ((found >> 16) - REACH).clip(0, last)
    x = ((found & 0xFFFF) - REACH).clip(0, last)
    alike = ((windows - windows[y, x]) ** 2).sum((2, 3, 4)).mean()
    rng = np.random.default_rng(0)
    other = windows[tuple(rng.integers(0, last + 1, (2, last + 1, last + 1)))]
    assert alike < 0.6 * ((windows - other) ** 2).sum((2, 3, 4)).mean()


def test_the_same_places_are_found_again():
    packed, places = prepared(50, 60, 3, 5)
    first = similar_places(packed, places)
    for _ in range(3):
        assert np.array_equal(similar_places(packed.copy(), places.copy()), first)


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 1), (3, 3)])
def test_regions_of_few_pixels_have_similar_places(size):
    packed, places = prepared(20, 20, 1, 1)
    places[4 : 4 + size[0], 5 : 5 + size[1]] = 1
    found = similar_places(packed, places)[places == 1]
    assert (places[found >> 16, found & 0xFFFF] == 1).all()


def test_a_flat_painting_has_similar_places():
    packed = np.zeros((30, 30, 12), np.uint8)
    found = similar_places(packed, np.zeros((30, 30), np.uint8))
    assert ((found >> 16) < 30).all()
    assert ((found & 0xFFFF) < 30).all()
