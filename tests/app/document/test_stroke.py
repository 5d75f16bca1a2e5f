import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.document.document import Document
from app.document.label_map import LabelMap
from app.document.rect import Rect
from app.document.stroke import LIGHTEST_TOUCH, PointerSample, Stamp, StrokePath
from app.tools import TOOLS, Ink, ToolOptions
from app.tools.brush_shape import RoundBrush, covered
from app.tools.fill import fill

coordinates = st.floats(-50, 350, allow_nan=False)


def stamps_of(path: StrokePath, samples: list[PointerSample]) -> list[Stamp]:
    return [stamp for sample in samples for stamp in path.add(sample)] + path.finish()


def line(step: float, end: float = 240.0, pressure: float = 1.0) -> list[PointerSample]:
    return [PointerSample(x, 50 + x / 4, pressure) for x in np.arange(0, end + step / 2, step)]


@given(st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=12), st.floats(1, 200))
def test_stamps_follow_closely_and_reach_the_end(
    points: list[tuple[float, float]], size: float
) -> None:
    stamps = stamps_of(StrokePath(size), [PointerSample(x, y) for x, y in points])
    for one, other in pairwise(stamps):
        assert math.hypot(other.x - one.x, other.y - one.y) <= 16 + 1e-6
    assert (stamps[0].x, stamps[0].y) == points[0]
    assert (stamps[-1].x, stamps[-1].y) == pytest.approx(points[-1])


def test_pressure_sets_the_size_unless_switched_off() -> None:
    half = LIGHTEST_TOUCH + (1 - LIGHTEST_TOUCH) / 2
    path = StrokePath(40, use_pressure=True)
    assert {stamp.radius for stamp in stamps_of(path, line(10, pressure=0.5))} == {20 * half}
    path = StrokePath(40, use_pressure=False)
    assert {stamp.radius for stamp in stamps_of(path, line(10, pressure=0.5))} == {20}


def test_smoothing_reduces_tremor() -> None:
    shaky = [PointerSample(x, 100 + 6 * (-1) ** x) for x in range(0, 300, 3)]
    wobble = {
        smoothing: np.ptp(
            [stamp.y for stamp in stamps_of(StrokePath(10, smoothing), shaky)[20:-20]]
        )
        for smoothing in (0.0, 0.5)
    }
    assert wobble[0.5] < wobble[0.0] / 2


def test_smoothing_does_not_depend_on_the_rate_of_events() -> None:
    ends = []
    for step in (2.0, 8.0):
        path = StrokePath(10, 0.6)
        ends.append([stamp for sample in line(step) for stamp in path.add(sample)][-1])
    assert math.hypot(ends[0].x - ends[1].x, ends[0].y - ends[1].y) < 8


@given(st.floats(-20, 120), st.floats(-20, 100), st.floats(0.5, 60))
def test_a_stamp_is_a_disc(x: float, y: float, radius: float) -> None:
    assert_covers(painted([Stamp(x, y, radius)]), distances(x, y), max(radius, 0.71))


@given(
    st.floats(-20, 120), st.floats(-20, 100), st.floats(-20, 120), st.floats(-20, 100),
    st.floats(1, 40),
)  # fmt: skip
def test_a_sweep_is_all_within_reach_of_the_line(
    x1: float, y1: float, x2: float, y2: float, radius: float
) -> None:
    """No notches: exactly the pixels whose distance from the line is at most the radius."""
    band = painted([Stamp(x1, y1, radius), Stamp(x2, y2, radius)])
    rows, columns = np.mgrid[:80, :100] + 0.5
    length = (x2 - x1) ** 2 + (y2 - y1) ** 2
    share = ((columns - x1) * (x2 - x1) + (rows - y1) * (y2 - y1)) / max(length, 1e-9)
    share = np.clip(share, 0, 1)
    nearest = np.hypot(columns - x1 - share * (x2 - x1), rows - y1 - share * (y2 - y1))
    assert_covers(band, nearest, radius)


def distances(x: float, y: float) -> np.ndarray:
    rows, columns = np.mgrid[:80, :100] + 0.5
    return np.hypot(columns - x, rows - y)


def painted(stamps: list[Stamp]) -> np.ndarray:
    """80 x 100 bool: what a round brush covers of a canvas."""
    canvas = np.zeros((80, 100), bool)
    box, mask = covered(RoundBrush(), stamps, Rect(0, 0, 100, 80))
    canvas[box.slices] = mask
    return canvas


def assert_covers(covers: np.ndarray, distance: np.ndarray, reach: float) -> None:
    assert covers[distance < reach - 2e-3].all()
    assert not covers[distance > reach + 2e-3].any()


def test_the_smallest_brush_covers_the_pixel_below_it() -> None:
    labels = LabelMap(10, 10)
    TOOLS["brush"].begin(
        Ink(Document(labels)), ToolOptions(material=4, size=1), PointerSample(3.02, 7.97)
    ).finish()
    assert labels.at(3, 7) == 4


def test_the_eraser_always_paints_the_background() -> None:
    document = Document(LabelMap(60, 60, material=5))
    document.set_background(9)
    options = ToolOptions(tool="eraser", material=4, size=20)
    TOOLS["eraser"].begin(Ink(document), options, PointerSample(30, 30)).finish()
    assert set(np.unique(document.labels.snapshot().array())) == {5, 9}


small_maps = st.integers(0, 2**32 - 1).map(
    lambda seed: (np.random.default_rng(seed).random((9, 11)) < 0.6).astype(np.uint8)
)


@given(small_maps, st.integers(0, 10), st.integers(0, 8))
def test_fill_covers_the_connected_area(plain: np.ndarray, x: int, y: int) -> None:
    labels = LabelMap.from_array(plain)
    fill(Ink(Document(labels)), x, y, 7)
    assert (labels.snapshot().array() == _filled(plain, x, y, 7)).all()


def _filled(plain: np.ndarray, x: int, y: int, material: int) -> np.ndarray:
    """Return the reference result: breadth-first search over 4-connected equal pixels."""
    filled, old, todo = plain.copy(), plain[y, x], [(x, y)]
    while todo:
        x, y = todo.pop()
        inside = 0 <= x < plain.shape[1] and 0 <= y < plain.shape[0]
        if inside and filled[y, x] == old:
            filled[y, x] = material
            todo += [(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)]
    return filled


@pytest.mark.parametrize("spot", [(-1, 3), (3, -1), (60, 3), (3, 60)])
def test_fill_beside_the_canvas_does_nothing(spot: tuple[int, int]) -> None:
    labels = LabelMap(60, 60)
    fill(Ink(Document(labels)), *spot, 4)
    assert labels.dirty.empty


@pytest.mark.parametrize("filled", [True, False])
@pytest.mark.parametrize("tool_id", sorted(TOOLS))
def test_every_tool_works_on_and_off_the_canvas(tool_id: str, filled: bool) -> None:
    document = Document(LabelMap(300, 300, material=3))
    ink, options = Ink(document), ToolOptions(tool_id, 4, 30, filled=filled)
    gesture = TOOLS[tool_id].begin(ink, options, PointerSample(150, 150))
    for x, y in ((700, -400), (-200, -90), (310, 120)):
        gesture.move(PointerSample(x, y))
    gesture.lift(PointerSample(310, 120))
    gesture.finish()
    assert ink.touched == ink.touched.clipped(document.bounds)
    painted = (document.labels.snapshot().array() != 3).any()
    changed = painted or document.selection is not None or document.state().directions is not None
    # A polygon of two corners surrounds nothing.
    assert changed == ((tool_id, filled) != ("polygon", True))
