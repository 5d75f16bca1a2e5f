"""Tests of the field: exact, limited to its reach, and unchanged."""

import hashlib

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.doodle.generator import canvas_window
from engine.flow import NEUTRAL, REACH, FlowField, RegionFlow, flow_field
from engine.flow.base import PERIOD
from engine.flow.field import CHANNELS, SHARED, SMEARED, SPREADS, STREAK_LEVELS, field_at
from engine.flow.neutral import fields_at, neutral_levels
from engine.packs.random_doodles import random_doodle
from engine.tiles import FIELD_REACH, LEVELS, Window, level_windows

CHARACTERS = (
    (),
    (RegionFlow(strength=0), RegionFlow(direction=30, bias=0.7), RegionFlow(turn=500)),
    (RegionFlow(strength=0.4, turn=60), NEUTRAL, NEUTRAL, RegionFlow(direction=-90, bias=1)),
)


def doodle(seed: int, width: int, height: int) -> np.ndarray:
    """Return a doodle of large shapes or, one time in four, a map of random numbers."""
    rng = np.random.default_rng(seed)
    if seed % 4 == 0:
        return rng.integers(0, 5, (height, width)).astype(np.uint8)
    return random_doodle(rng, max(width, height), 7)[:height, :width].copy()


def around(regions: np.ndarray, canvas: Window, window: Window) -> np.ndarray:
    """Return ``flow_field``'s regions for a window of a field over ``canvas``."""
    return regions[window.grown(REACH).within(canvas.grown(REACH))]


def same(part: FlowField, whole: FlowField) -> bool:
    place = part.window.within(whole.window)
    return all(
        np.array_equal(getattr(part, name), getattr(whole, name)[place])
        for name in ("streaks", "cos", "sin")
    )


@settings(max_examples=40)
@given(
    left=st.integers(-70, 3000),
    top=st.integers(-70, 3000),
    size=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    inset=st.tuples(st.integers(0, 99), st.integers(0, 99)),
    seed=st.integers(0, 2**31 - 1),
    character=st.sampled_from(CHARACTERS),
)
def test_a_window_is_part_of_the_whole(left, top, size, inset, seed, character):
    canvas = Window(left, top, left + 190, top + 190)
    regions = doodle(seed, 190 + 2 * REACH, 190 + 2 * REACH)
    x, y = left + inset[0], top + inset[1]
    window = Window(x, y, x + size[0], y + size[1])
    whole = flow_field(regions, canvas, seed, character)
    part = flow_field(around(regions, canvas, window), window, seed, character)
    assert same(part, whole)


@settings(max_examples=15)
@given(
    place=st.tuples(st.integers(0, 200), st.integers(0, 200)),
    side=st.integers(1, 40),
    seed=st.integers(0, 1000),
    character=st.sampled_from(CHARACTERS),
)
def test_levels_are_part_of_the_whole(place, side, seed, character):
    x, y = place
    canvas, window = Window(0, 0, 240, 240), Window(x, y, x + side, y + side)
    whole, part = canvas_window(canvas), canvas_window(window)
    regions = doodle(seed, whole.width + 2 * REACH, whole.height + 2 * REACH)
    large = flow_field(regions, whole, seed, character).levels(level_windows(canvas))
    small = flow_field(around(regions, whole, part), part, seed, character)
    wanted = level_windows(window)
    for level, cells in enumerate(small.levels(wanted)):
        assert cells.dtype is torch.float16
        assert cells.shape == (CHANNELS, wanted[level].height, wanted[level].width)
        rows, columns = wanted[level].within(level_windows(canvas)[level])
        assert torch.equal(cells, large[level][:, rows, columns])


def test_threads_change_nothing():
    window = Window(3, 5, 203, 165)
    regions = doodle(7, 200 + 2 * REACH, 160 + 2 * REACH)
    one = flow_field(regions, window, 1)
    threads = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        other = flow_field(regions, window, 1)
    finally:
        cv2.setNumThreads(threads)
    assert same(one, other)


@settings(max_examples=25)
@given(seed=st.integers(0, 1000), align=st.tuples(st.integers(0, 15), st.integers(0, 15)))
def test_labels_beyond_the_reach_change_nothing(seed, align):
    window = Window(align[0], align[1], align[0] + 60, align[1] + 60)
    more = window.grown(REACH + 30)
    regions = doodle(seed, more.width, more.height)
    changed = (regions + 1) % 7
    near = window.grown(REACH).within(more)
    changed[near] = regions[near]
    canvas = window.grown(30)
    fields = [flow_field(r, canvas, 1, CHARACTERS[1]) for r in (regions, changed)]
    place = window.within(canvas)
    for name in ("streaks", "cos", "sin"):
        one, other = (getattr(field, name)[place] for field in fields)
        assert np.array_equal(one, other)


def test_the_reach_is_not_wasteful():
    """A single border at more than three fifths of the reach changes the field of some seed."""
    window = Window(0, 0, 64, 64)
    regions = np.zeros((64 + 2 * REACH, 64 + 2 * REACH), np.uint8)
    changed = regions.copy()
    changed[:, : REACH - 3 * REACH // 5] = 1
    assert not all(
        same(flow_field(regions, window, seed), flow_field(changed, window, seed))
        for seed in range(12)
    )
    assert REACH == FIELD_REACH


def test_the_field_is_unchanged():
    """A change of the base requires a new EDITION; a change of the field changes all pictures."""
    rows, columns = np.mgrid[: 48 + 2 * REACH, : 64 + 2 * REACH]
    regions = ((columns - REACH - 20) ** 2 + (rows - REACH - 30) ** 2 < 900).astype(np.uint8)
    found = flow_field(regions, Window(5, 9, 69, 57), 7, CHARACTERS[1])
    digest = hashlib.sha256()
    for part in (found.streaks, found.cos, found.sin):
        digest.update(part.tobytes())
    assert digest.hexdigest() == "6c18b89ac51f9886fe2a4ab5c447e3912689df827f8811b5af2ab3bfb265623f"


def test_seeds_give_other_fields():
    regions = np.zeros((128 + 2 * REACH, 128 + 2 * REACH), np.uint8)
    one, other = (flow_field(regions, Window(0, 0, 128, 128), seed).streaks for seed in (1, 2))
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.1


def test_the_canvas_may_lie_anywhere_and_the_field_repeats():
    regions = np.zeros((40 + 2 * REACH, 40 + 2 * REACH), np.uint8)
    one = flow_field(regions, Window(-30, -40, 10, 0), 3)
    other = flow_field(regions, Window(PERIOD - 30, 3 * PERIOD - 40, PERIOD + 10, 3 * PERIOD), 3)
    assert np.array_equal(one.streaks, other.streaks)
    assert np.array_equal(one.cos, other.cos)


@pytest.mark.parametrize("level", range(LEVELS))
def test_every_channel_has_unit_deviation_on_every_level(level):
    field = neutral_levels()[level].float()
    assert field.shape == (CHANNELS, PERIOD >> level, PERIOD >> level)
    assert field.abs().max() <= 3
    assert torch.allclose(field.std((1, 2)), torch.ones(CHANNELS), atol=0.06)


def test_the_neutral_field_is_that_of_a_canvas_without_borders():
    window = Window(0, 0, 100, 80)
    covers = canvas_window(window)
    regions = np.full((covers.height + 2 * REACH, covers.width + 2 * REACH), 5, np.uint8)
    found = field_at(regions, covers, (160, 2016)).levels(level_windows(window))
    for level, cells in enumerate(level_windows(window)):
        looked_up = fields_at(level, np.array([[160, 2016]]), cells)
        assert torch.equal(looked_up[0], found[level])


def test_streaks_have_the_declared_deviation():
    regions = np.zeros((PERIOD // 2 + 2 * REACH, PERIOD // 2 + 2 * REACH), np.uint8)
    found = flow_field(regions, Window(0, 0, PERIOD // 2, PERIOD // 2), 3)
    assert found.streaks.dtype == found.cos.dtype == found.sin.dtype == np.int8
    assert found.streaks.std() == pytest.approx(32, rel=0.05)
    assert len(SPREADS) == LEVELS
    for part in found._streaks:
        assert part.sums.std() == pytest.approx(SMEARED, rel=0.05)
    assert STREAK_LEVELS == (0, 1, 2)
    assert 0 < SHARED < 0.3


def test_hostile_values_are_refused():
    regions = np.zeros((2 * REACH + 5, 2 * REACH + 5), np.uint8)
    flow_field(regions, Window(0, 0, 5, 5), 0)
    for window in (Window(0, 0, 6, 5), Window(0, 0, 5, 4), Window(5, 5, 0, 0)):
        with pytest.raises(ValueError, match="takes regions"):
            flow_field(regions, window, 0)
    field = flow_field(regions, Window(0, 0, 5, 5), 0)
    for needed in ([Window(0, 0, 6, 6)], [Window(0, 0, 5, 5), Window(0, 0, 2, 2)]):
        with pytest.raises(ValueError, match="level 0 needs"):
            field.levels(needed)
    with pytest.raises(ValueError, match="larger than"):
        flow_field(regions, Window(0, 0, 40000, 5), 0)


def test_regions_without_a_number_in_the_pack_are_neutral():
    regions = np.full((32 + 2 * REACH, 32 + 2 * REACH), 255, np.uint8)
    window = Window(0, 0, 32, 32)
    assert same(flow_field(regions, window, 1), flow_field(regions, window, 1, CHARACTERS[1]))


def test_results_cannot_be_written_to():
    regions = np.zeros((8 + 2 * REACH, 8 + 2 * REACH), np.uint8)
    with pytest.raises(ValueError, match="read-only"):
        flow_field(regions, Window(0, 0, 8, 8), 1).streaks[0] = 1
