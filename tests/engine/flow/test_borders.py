"""Tests of moved borders: exact in every window, by material, and never through thin shapes."""

import hashlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.flow.borders import REACH, THICK, moved_borders
from engine.tiles import Window
from resources.materials import EDGES
from tests.support.stroke_pictures import doodle

SIDE = 200
CANVAS = Window(0, 0, SIDE, SIDE)
SOFT = [kind for kind in EDGES if kind != "hard"]


def moved(around: np.ndarray, kinds: np.ndarray, seed: int = 3) -> np.ndarray:
    """The middle SIDE x SIDE pixels of a map that goes REACH pixels beyond them."""
    return moved_borders(around, kinds, CANVAS, seed)


def halves(slope: float = 0.3) -> np.ndarray:
    """Two regions with a straight border, (SIDE + 2 * REACH,) * 2 uint8."""
    rows, columns = np.mgrid[: SIDE + 2 * REACH, : SIDE + 2 * REACH]
    return (rows > SIDE / 2 + slope * columns).astype(np.uint8)


def of_kind(kind: str, like: np.ndarray) -> np.ndarray:
    return np.full(like.shape, EDGES.index(kind), np.uint8)


@settings(max_examples=40)
@given(
    rect=st.tuples(*[st.integers(0, SIDE - 1)] * 4),
    origin=st.tuples(*[st.integers(-5000, 5000)] * 2),
    seed=st.integers(0, 2**31 - 1),
)
def test_a_window_equals_that_part_of_the_whole(rect, origin, seed):
    side = SIDE + 2 * REACH
    regions = doodle(side, side, 4, seed)
    kinds = doodle(side, side, len(EDGES), seed + 1)
    whole = CANVAS._replace(left=origin[0], top=origin[1], right=origin[0] + SIDE,
                            bottom=origin[1] + SIDE)  # fmt: skip
    left, top = min(rect[::2]), min(rect[1::2])
    right, bottom = max(rect[::2]) + 1, max(rect[1::2]) + 1
    part = Window(origin[0] + left, origin[1] + top, origin[0] + right, origin[1] + bottom)
    around = part.grown(REACH).within(whole.grown(REACH))
    found = moved_borders(regions[around], kinds[around], part, seed)
    assert np.array_equal(found, moved_borders(regions, kinds, whole, seed)[part.within(whole)])


@settings(max_examples=20)
@given(rect=st.tuples(*[st.integers(0, 40)] * 4), seed=st.integers(0, 1000))
def test_a_label_changes_borders_within_their_reach_only(rect, seed):
    left, top, width, height = rect
    window = Window(70 + left, 60 + top, 71 + left + width, 61 + top + height)
    side = SIDE + 2 * REACH
    regions, kinds = doodle(side, side, 3, seed), doodle(side, side, len(EDGES), seed + 1)
    changed, other_kinds = regions.copy(), kinds.copy()
    place = window.within(CANVAS.grown(REACH))
    changed[place] = (changed[place] + 1) % 3
    other_kinds[place] = (other_kinds[place] + 1) % len(EDGES)
    reached = window.grown(REACH).clipped(CANVAS).within(CANVAS)
    one, other = moved(regions, kinds), moved(changed, other_kinds)
    one[reached] = other[reached] = 0
    assert np.array_equal(one, other)


@pytest.mark.parametrize("kind", SOFT)
def test_a_straight_border_is_moved_a_little_and_evenly(kind):
    regions = halves()
    found = moved(regions, of_kind(kind, regions))
    before = regions[REACH:-REACH, REACH:-REACH]
    changed = found != before
    beside = cv2.morphologyEx(before, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    away = cv2.distanceTransform((beside == 0).astype(np.uint8), cv2.DIST_L2, 5)
    assert 1 < changed.sum() / SIDE < 6
    assert away[changed].max() < THICK
    gained, lost = (changed & (found == 1)).sum(), (changed & (found == 0)).sum()
    assert 0.2 < gained / lost < 5


def test_other_seeds_move_it_elsewhere():
    regions = halves()
    kinds = of_kind("ragged", regions)
    assert not np.array_equal(moved(regions, kinds, 1), moved(regions, kinds, 2))


@pytest.mark.parametrize("kind", EDGES)
def test_a_hard_side_keeps_the_border_hard(kind):
    regions = halves()
    kinds = np.where(regions == 1, EDGES.index("hard"), EDGES.index(kind)).astype(np.uint8)
    assert np.array_equal(moved(regions, kinds), regions[REACH:-REACH, REACH:-REACH])


def test_the_first_kind_of_both_sides_counts():
    regions = halves()
    one, other = EDGES.index("ragged"), EDGES.index("wavy")
    mixed = moved(regions, np.where(regions == 1, one, other).astype(np.uint8))
    assert np.array_equal(mixed, moved(regions, of_kind("ragged", regions)))


@pytest.mark.parametrize("width", [1, 3, 8, 2 * THICK - 2])
@pytest.mark.parametrize("angle", [0, 17, 45, 90])
def test_thin_bars_keep_every_pixel(width, angle):
    side = SIDE + 2 * REACH
    bar = np.zeros((side, side), np.uint8)
    step = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    ends = [tuple(int(v) for v in side / 2 + sign * 300 * step) for sign in (1, -1)]
    cv2.line(bar, *ends, 1, max(1, width - 1))
    assert np.array_equal(moved(bar, of_kind("ragged", bar)), bar[REACH:-REACH, REACH:-REACH])


@pytest.mark.parametrize("kind", SOFT)
def test_small_shapes_and_gaps_survive(kind):
    """Discs under 8 pixels, and a gap of 6 pixels between two fields, keep their pixels."""
    side = SIDE + 2 * REACH
    regions = np.zeros((side, side), np.uint8)
    for number in range(12):
        cv2.circle(regions, (REACH + 15 * number + 10, REACH + 30), number % 4, 1, -1)
    regions[REACH + 100 : REACH + 140], regions[REACH + 146 : REACH + 190] = 2, 2
    found = moved(regions, of_kind(kind, regions))
    before = regions[REACH:-REACH, REACH:-REACH]
    assert np.array_equal(found[:60], before[:60])
    assert np.array_equal(found[138:149], before[138:149])
    assert not np.array_equal(found, before)


def test_everything_of_one_region_is_returned_as_it_is():
    plain = np.full((SIDE + 2 * REACH,) * 2, 4, np.uint8)
    assert (moved(plain, of_kind("ragged", plain)) == 4).all()


def test_the_moved_borders_are_always_the_same():
    """A change here changes every picture with soft borders."""
    side = SIDE + 2 * REACH
    found = moved(doodle(side, side, 4, 1), doodle(side, side, len(EDGES) - 1, 2) + np.uint8(1))
    assert hashlib.sha256(found.tobytes()).hexdigest()[:16] == "14b5ed447d655b56"
