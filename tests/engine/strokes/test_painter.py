"""Tests of other stroke sizes: matched at a small size and enlarged from a large painting."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.packs.stroke_source import stroke_sixteenths
from engine.strokes.large import UNIT
from engine.tiles import Window
from tests.support.stroke_pictures import painter


@pytest.mark.parametrize("stroke", [1.0, 1.5, 2.0, 4.0])
def test_the_last_step_has_the_canvas_size(stroke):
    regions = np.zeros((50, 71), np.uint8)
    of = painter(stroke_sixteenths(stroke))
    painting = of.begin(regions, seed=2)
    steps = list(of.paint(painting, regions.shape))
    assert steps[-1].picture.shape == (50, 71, 3)
    assert (steps[-1].share, steps[-1].scale) == (1.0, 1)
    assert all(step.share <= 1 for step in steps)
    small = tuple(-(-side // stroke) for side in regions.shape)
    assert painting.target.regions.shape == small


@pytest.mark.parametrize("times", [2, 3])
def test_a_match_field_that_copies_a_piece_enlarges_to_the_enlarged_piece(times):
    of = painter(times * UNIT)
    rows, columns = np.arange(12)[:, None] + 6, np.arange(15) + 7
    field = ((rows << 16) | columns).astype(np.int32)
    picture = of.picture(field, (12 * times, 15 * times))
    piece = of.large[6 * times : 18 * times, 7 * times : 22 * times]
    assert (picture == piece).all()


@given(
    enlarged=st.integers(16, 64),
    size=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    edges=st.tuples(*[st.integers(-9, 70)] * 4),
)
def test_a_change_of_the_canvas_changes_the_matched_pixels_inside_its_window(enlarged, size, edges):
    of, canvas = painter(enlarged), Window(0, 0, size[1], size[0])
    window = Window(*sorted(edges[:2]), *sorted(edges[2:]))
    window = Window(window[0], window[2], window[1], window[3]).clipped(canvas)
    guide = np.zeros(size, np.uint8)
    if not window.empty:
        guide[window.within(canvas)] = 1
    small = of.shrunk(guide)
    inside = of.matched(window)
    if window.empty:
        assert inside.empty
        return
    assert inside.clipped(Window(0, 0, small.shape[1], small.shape[0])) == inside
    small[inside.within(Window(0, 0, small.shape[1], small.shape[0]))] = 0
    assert not small.any()


@pytest.mark.parametrize("stroke", [0.49, 4.01, float("nan"), -1])
def test_other_sizes_are_refused_in_a_sentence(stroke):
    with pytest.raises(EngineError, match=r"The stroke size is 0\.5 to 4"):
        stroke_sixteenths(stroke)
