"""Tests of the pen's directions in the flow: where they rule, how they fade, and how far."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.doodle.generator import canvas_window, directions_read
from engine.flow import REACH, RegionFlow, directions_window, flow_field
from engine.flow.pen import CELL, FADE, ZERO, pulls
from engine.flow.pen import REACH as CELLS
from engine.packs.random_doodles import random_doodle
from engine.tiles import Window, level_windows
from tests.support.directions import layer, some_directions

CHARACTERS = (
    (),
    (RegionFlow(strength=0), RegionFlow(direction=30, bias=0.7), RegionFlow(turn=500)),
)
CANVAS = Window(0, 0, 192, 192)
COVERS = CANVAS.grown(REACH)


def doodle(seed: int) -> np.ndarray:
    return random_doodle(np.random.default_rng(seed), COVERS.width, 7)[: COVERS.height]


def field_of(regions, layer_, covers, window, seed=3, character=()):
    """Return the field over a window from arrays over ``COVERS`` and the cells ``covers``."""
    around = regions[window.grown(REACH).within(COVERS)]
    directions = layer_[directions_window(window).within(covers)]
    return flow_field(around, window, seed, character, directions)


def angles(field) -> np.ndarray:
    """Return the flow's angle in degrees, 0 to 180."""
    return np.degrees(np.arctan2(field.sin.astype(float), field.cos)) / 2 % 180


def off(field, degrees: float) -> np.ndarray:
    """Return how many degrees the flow is off a direction."""
    found = np.abs(angles(field) - degrees) % 180
    return np.minimum(found, 180 - found)


@settings(max_examples=30)
@given(
    inset=st.tuples(st.integers(0, 100), st.integers(0, 100)),
    size=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    seed=st.integers(0, 10_000),
    character=st.sampled_from(CHARACTERS),
)
def test_a_window_is_part_of_the_whole(inset, size, seed, character):
    cells = directions_window(CANVAS)
    regions, directions = doodle(seed), some_directions(seed, cells.height, cells.width)
    whole = field_of(regions, directions, cells, CANVAS, seed, character)
    window = Window(*inset, inset[0] + size[0], inset[1] + size[1])
    part = field_of(regions, directions, cells, window, seed, character)
    place = window.within(CANVAS)
    for name in ("streaks", "cos", "sin"):
        assert np.array_equal(getattr(part, name), getattr(whole, name)[place]), name
    if part.pen is None:
        assert whole.pen is None or not whole.pen[place].any()
    else:
        assert np.array_equal(part.pen, whole.pen[place])


@settings(max_examples=10)
@given(inset=st.tuples(st.integers(0, 60), st.integers(0, 60)), seed=st.integers(0, 1000))
def test_levels_are_part_of_the_whole(inset, seed):
    canvas, window = Window(0, 0, 100, 100), Window(*inset, inset[0] + 30, inset[1] + 20)
    covers = canvas_window(canvas)
    cells = directions_read(canvas)
    regions = np.zeros((covers.height + 2 * REACH, covers.width + 2 * REACH), np.uint8)
    directions = some_directions(seed, cells.height, cells.width)
    large = flow_field(regions, covers, 1, (), directions).levels(level_windows(canvas))
    part = canvas_window(window)
    around = regions[part.grown(REACH).within(covers.grown(REACH))]
    read = directions[directions_read(window).within(cells)]
    small = flow_field(around, part, 1, (), read).levels(level_windows(window))
    for level, found in enumerate(small):
        rows, columns = level_windows(window)[level].within(level_windows(canvas)[level])
        assert np.array_equal(found, large[level][:, rows, columns])


@settings(max_examples=20)
@given(seed=st.integers(0, 1000), corner=st.tuples(st.integers(0, 3), st.integers(0, 3)))
def test_directions_beyond_the_reach_change_nothing(seed, corner):
    cells = directions_window(CANVAS)
    directions = some_directions(seed, cells.height, cells.width)
    changed = (directions ^ 85) | 1
    window = Window(64 + corner[0], 64 + corner[1], 110, 110)
    near = directions_window(window)
    # A cell outside this window lies farther than REACH from the field's pixels.
    assert near.finer(2).clipped(window.grown(REACH)) == near.finer(2)
    changed[near.within(cells)] = directions[near.within(cells)]
    one, other = (field_of(doodle(seed), d, cells, CANVAS) for d in (directions, changed))
    place = window.within(CANVAS)
    for name in ("streaks", "cos", "sin", "pen"):
        assert np.array_equal(getattr(one, name)[place], getattr(other, name)[place]), name


def test_no_directions_and_an_empty_layer_are_the_same():
    cells = directions_window(CANVAS)
    empty = np.full((cells.height, cells.width, 2), ZERO, np.uint8)
    one = flow_field(doodle(5), CANVAS, 3)
    other = field_of(doodle(5), empty, cells, CANVAS)
    assert other.pen is None
    for name in ("streaks", "cos", "sin"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


def test_the_flow_with_directions_is_unchanged():
    """A change here changes the pictures of all documents in which the pen was followed."""
    cells = directions_window(CANVAS)
    found = field_of(doodle(5), some_directions(5, cells.height, cells.width), cells, CANVAS)
    digest = hashlib.sha256()
    for part in (found.streaks, found.cos, found.sin, found.pen):
        digest.update(part.tobytes())
    assert digest.hexdigest() == "97029ce4f1ebdbeada4869bd79fe4ad894a596d975cf542f079accb56e75f045"


@pytest.mark.parametrize("degrees", [0, 30, 90, 135])
@pytest.mark.parametrize("character", CHARACTERS)
def test_the_flow_runs_where_the_pen_moved(degrees, character):
    cells = directions_window(CANVAS)
    directions = layer((cells.height * CELL, cells.width * CELL), np.radians(degrees))
    found = field_of(doodle(5), directions, cells, CANVAS, 3, character)
    assert off(found, degrees).max() <= 1
    assert np.hypot(found.cos.astype(float), found.sin).min() > 124
    assert found.pen.min() == 254


def test_directions_fade_around_the_pen():
    cells = directions_window(CANVAS)
    directions = np.full((cells.height, cells.width, 2), ZERO, np.uint8)
    # A band of 32 pixels, from row 80 to row 112, in which the pen moved upright.
    band = Window(cells.left, 20, cells.right, 28)
    directions[band.within(cells)] = ZERO - 127, ZERO
    regions = np.zeros((COVERS.height, COVERS.width), np.uint8)
    flat = (RegionFlow(direction=0, bias=1),)
    found = field_of(regions, directions, cells, CANVAS, 3, flat)
    angle = off(found, 0).max(1)
    assert (off(found, 90)[84:108] < 2).all()
    assert (angle[: 80 - FADE - CELL] == 0).all()
    assert (angle[112 + FADE + CELL :] == 0).all()
    assert (np.diff(found.pen[112:, 9].astype(int)) <= 0).all()
    middle = found.pen[112 + FADE // 2, 9]
    assert 20 < middle < 235


def test_a_border_bends_the_flow_beside_the_pen():
    """The pen rules where it moved; its fade does not reach over the border of a shape."""
    cells = directions_window(CANVAS)
    directions = np.full((cells.height, cells.width, 2), ZERO, np.uint8)
    left = Window(cells.left, cells.top, 24, cells.bottom)
    directions[left.within(cells)] = ZERO + 127, ZERO  # flat, left of column 96
    regions = np.zeros((COVERS.height, COVERS.width), np.uint8)
    regions[:, 96 + REACH :] = 1
    found = field_of(regions, directions, cells, CANVAS)
    assert off(found, 0)[:, :84].max() < 12
    assert off(found, 90)[:, 106:112].max() < 25


def test_opposite_directions_cancel_and_hostile_values_do_no_harm():
    rng = np.random.default_rng(0)
    for value in (0, 255):
        wild = np.full((2 * CELLS + 9, 2 * CELLS + 9, 2), value, np.uint8)
        for pull in pulls(wild):
            assert pull.weight.max() <= 1
            assert np.hypot(pull.cos, pull.sin).max() == pytest.approx(1)
    noise = rng.integers(0, 256, (60, 60, 2)).astype(np.uint8)
    assert pulls(noise)[0].weight.mean() < 0.1


def test_directions_of_another_shape_are_refused():
    regions = np.zeros((2 * REACH + 5, 2 * REACH + 5), np.uint8)
    cells = directions_window(Window(0, 0, 5, 5))
    for shape in ((cells.height, cells.width), (cells.height, cells.width + 1, 2)):
        with pytest.raises(ValueError, match="takes directions"):
            flow_field(regions, Window(0, 0, 5, 5), 0, (), np.zeros(shape, np.uint8))
