"""Tests of other stroke sizes: matched at a small size and enlarged from a large painting."""

import numpy as np
import pytest

from engine.errors import EngineError
from engine.packs.stroke_source import stroke_sixteenths
from engine.strokes.painter import UNIT, StrokePainter
from engine.strokes.synthesis import StrokePainting, StrokeSettings
from engine.strokes.target import StrokeTarget
from tests.support.stroke_pictures import source


def painter(enlarged: int) -> StrokePainter:
    """Return a painter of the small source, its picture enlarged by repeating pixels."""
    of = source()
    height, width = (side * enlarged // UNIT for side in of.rgb.shape[:2])
    rows, columns = np.arange(height) * UNIT // enlarged, np.arange(width) * UNIT // enlarged
    large = np.ascontiguousarray(of.rgb[rows[:, None], columns])
    return StrokePainter(of, large, enlarged, StrokeSettings())


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
    painting = StrokePainting(of.source, StrokeTarget(np.zeros((12, 15), np.uint8)))
    rows, columns = np.arange(12)[:, None] + 6, np.arange(15) + 7

    class Level:
        field = ((rows << 16) | columns).astype(np.int32)

    painting.levels = [Level()]
    picture = of.enlarge(painting, (12 * times, 15 * times))
    piece = of.large[6 * times : 18 * times, 7 * times : 22 * times]
    assert (picture == piece).all()


@pytest.mark.parametrize("stroke", [0.49, 4.01, float("nan"), -1])
def test_other_sizes_are_refused_in_a_sentence(stroke):
    with pytest.raises(EngineError, match=r"The stroke size is 0\.5 to 4"):
        stroke_sixteenths(stroke)
