"""Tests of a doodle's guides: the same in every window, and tileable where requested."""

from itertools import product

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.flow import RegionFlow
from engine.strokes.guides import FAR, ZERO
from engine.strokes.target import GUIDES_REACH, StrokeTarget
from engine.tiles import Window
from resources.materials import EDGES
from tests.support.directions import some_directions
from tests.support.stroke_pictures import doodle

NAMES = ("regions", "distance", "cos", "sin", "streaks")
FLOWS = (RegionFlow(strength=0.4, turn=60), RegionFlow(direction=30, bias=0.7), RegionFlow())


@settings(max_examples=20)
@given(
    height=st.integers(1, 150),
    width=st.integers(1, 150),
    inset=st.tuples(*[st.integers(0, 99)] * 4),
    flows=st.sampled_from([(), FLOWS]),
    soft=st.booleans(),
    seed=st.integers(0, 2**31 - 1),
)
def test_guides_of_a_window_are_part_of_the_whole(height, width, inset, flows, soft, seed):
    regions = doodle(height, width, 3, seed)
    more = (doodle(height, width, 200, seed + 1),)
    kinds = doodle(height, width, len(EDGES), seed + 2) if soft else None
    pen = some_directions(seed, -(-height // 4), -(-width // 4)) if seed % 2 else None
    target = StrokeTarget(regions, seed, flows, more=more, kinds=kinds, directions=pen)
    left, top = inset[0] * width // 100, inset[1] * height // 100
    window = Window(
        left, top,
        left + 1 + inset[2] * (width - left - 1) // 99,
        top + 1 + inset[3] * (height - top - 1) // 99,
    )  # fmt: skip
    part, whole = target.guides(window), target.guides(target.canvas)
    place = window.within(target.canvas)
    for name in NAMES:
        assert np.array_equal(getattr(part, name), getattr(whole, name)[place]), name
    assert np.array_equal(part.more[0], more[0][place])
    if part.pen is not None:
        assert np.array_equal(part.pen, whole.pen[place])
    else:
        assert whole.pen is None or not whole.pen[place].any()


@settings(max_examples=15)
@given(rect=st.tuples(*[st.integers(0, 40)] * 4), seed=st.integers(0, 1000))
def test_a_label_changes_guides_within_their_reach_only(rect, seed):
    left, top, width, height = rect
    window = Window(130 + left, 110 + top, 131 + left + width, 111 + top + height)
    regions = doodle(300, 320, 3, seed)
    changed = regions.copy()
    rows, columns = window.within(Window(0, 0, 320, 300))
    changed[rows, columns] = (changed[rows, columns] + 1) % 3
    one, other = (
        StrokeTarget(r, 5, kinds=r + np.uint8(1)).guides(Window(0, 0, 320, 300))
        for r in (regions, changed)
    )
    reach = window.grown(GUIDES_REACH).clipped(Window(0, 0, 320, 300))
    outside = np.ones(regions.shape, bool)
    outside[reach.within(Window(0, 0, 320, 300))] = False
    for name in NAMES:
        assert np.array_equal(getattr(one, name)[outside], getattr(other, name)[outside]), name


@settings(max_examples=15)
@given(rect=st.tuples(*[st.integers(0, 10)] * 4), seed=st.integers(0, 1000))
def test_a_direction_changes_guides_within_their_reach_only(rect, seed):
    left, top, width, height = rect
    cells = Window(32 + left, 28 + top, 33 + left + width, 29 + top + height)
    canvas, regions = Window(0, 0, 320, 300), doodle(300, 320, 3, seed)
    before = some_directions(seed, 75, 80)
    after = before.copy()
    after[cells.within(Window(0, 0, 80, 75))] ^= 127
    one, other = (StrokeTarget(regions, 5, directions=d).guides(canvas) for d in (before, after))
    outside = np.ones(regions.shape, bool)
    outside[cells.finer(2).grown(GUIDES_REACH).clipped(canvas).within(canvas)] = False
    for name in (*NAMES, "pen"):
        assert np.array_equal(getattr(one, name)[outside], getattr(other, name)[outside]), name
    assert not np.array_equal(one.cos, other.cos)


def test_borders_are_moved_by_their_kind_unless_the_picture_repeats():
    regions = doodle(160, 180, 3, 4)
    soft, hard = (np.full_like(regions, EDGES.index(kind)) for kind in ("ragged", "hard"))
    canvas = Window(0, 0, 180, 160)
    moved = StrokeTarget(regions, kinds=soft).guides(canvas)
    assert 0.005 < (moved.regions != regions).mean() < 0.1
    beside = cv2.morphologyEx(moved.regions, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    assert moved.distance[beside].max() < 2 * 255 // FAR
    for target in (StrokeTarget(regions, kinds=hard), StrokeTarget(regions),
                   StrokeTarget(regions, kinds=soft, repeats=True)):  # fmt: skip
        assert np.array_equal(target.guides(canvas).regions, regions)


def test_seeds_give_other_streaks():
    regions = np.zeros((60, 60), np.uint8)
    one, other = (StrokeTarget(regions, s).guides(Window(0, 0, 60, 60)) for s in (1, 2))
    assert not np.array_equal(one.streaks, other.streaks)


@settings(max_examples=8)
@given(height=st.integers(1, 140), width=st.integers(1, 140), seed=st.integers(0, 1000))
def test_guides_that_repeat_have_the_doodles_size_in_every_window(height, width, seed):
    target = StrokeTarget(doodle(height, width, 3, seed), seed, repeats=True)
    whole = target.guides(target.canvas)
    assert whole.shape == (height, width)
    window = Window(width // 3, height // 4, width, height)
    for name in NAMES:
        assert getattr(whole, name).shape == (height, width)
        part = getattr(target.guides(window), name)
        assert np.array_equal(part, getattr(whole, name)[window.within(target.canvas)])


def test_guides_that_repeat_continue_at_the_opposite_edge():
    """Differences across the edge are about those inside; without tiling much larger."""
    steps = {False: [], True: []}
    for seed, repeats in product(range(4), steps):
        target = StrokeTarget(doodle(150, 170, 2, seed), seed, repeats=repeats)
        guides = target.guides(target.canvas)
        for name, axis in product(("cos", "sin", "streaks"), (0, 1)):
            guide = getattr(guides, name).astype(int)
            inside = abs(np.diff(guide, axis=axis)).mean()
            seam = abs(guide.take(0, axis) - guide.take(-1, axis)).mean()
            steps[repeats].append(seam / inside)
    assert np.mean(steps[True]) < 1.6
    assert np.mean(steps[False]) > 3 * np.mean(steps[True])


def test_the_flow_follows_shapes_that_go_on_beyond_any_edge():
    regions = np.zeros((200, 300), np.uint8)
    regions[:, :6] = 1
    for turned in (False, True):
        cos = []
        for seed in range(6):
            target = StrokeTarget(regions.T.copy() if turned else regions, seed, repeats=True)
            guide = target.guides(target.canvas).cos.astype(int) - ZERO
            cos.append(-guide.T if turned else guide)
        for distance in (1, 5, 10):
            right, left = (np.mean(cos, 0)[:, x].mean() for x in (5 + distance, 300 - distance))
            assert right < -115
            assert left < -115


def test_the_distance_to_a_border_goes_on_round_the_edge():
    regions = np.zeros((100, 100), np.uint8)
    regions[:, 95:] = 1
    guides = StrokeTarget(regions, repeats=True).guides(Window(0, 0, 100, 100))
    row = guides.distance[50].astype(float) * FAR / 255
    assert row[0] == 0
    assert abs(row[10] - 10) < 1
    beyond = StrokeTarget(regions).guides(Window(0, 0, 100, 100)).distance[50]
    assert beyond[0] == 255
