"""Large brushes: the shortcut that makes them fast, and their largest size everywhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.document.rect import Rect
from app.document.stroke import PointerSample, Stamp, StrokePath
from app.platform.settings import Settings
from app.tools import LARGEST_BRUSH, brush_shape
from app.tools.brush_shape import BRUSH_SHAPES, RaggedBrush, RoundBrush, _beside, covered
from app.window.main_window import MainWindow

stamps = st.builds(
    Stamp,
    st.integers(-20, 90).map(float),
    st.floats(-20, 90, width=32),
    st.sampled_from([0.5, 3.0, 17.25, 60.0]),
)


@given(stamps, stamps)
def test_the_band_between_two_discs_is_that_of_the_formula(start: Stamp, end: Stamp) -> None:
    if abs(start.x - end.x) + abs(start.y - end.y) < 0.01:
        return
    part = Rect(-5, 3, 75, 63)
    between, aside, reach = _beside(part, start, end)
    differs = RoundBrush().way(part, start, end) != (between & (aside <= reach))
    # Only pixels whose centre is on a side of the band may be rounded either way.
    length = np.hypot(end.x - start.x, end.y - start.y)
    across = np.arange(part.left, part.right) + 0.5 - start.x
    down = (np.arange(part.top, part.bottom) + 0.5 - start.y)[:, None]
    along = (across * (end.x - start.x) + down * (end.y - start.y)) / length
    at_side = np.minimum(abs(aside - reach), np.minimum(abs(along), abs(along - length)))
    assert (at_side[differs] < 0.01).all()


def test_a_large_brush_needs_few_stamps() -> None:
    path = StrokePath(LARGEST_BRUSH, 0.0)
    path.add(PointerSample(0, 0))
    made = [*path.add(PointerSample(400, 0)), *path.finish()]
    assert 2 <= len(made) <= 8
    small = StrokePath(512, 0.0)
    small.add(PointerSample(0, 0))
    assert len([*small.add(PointerSample(400, 0)), *small.finish()]) >= 25


def test_the_largest_brush_is_the_same_everywhere(window: MainWindow) -> None:
    box = window.options_bar.size_box
    assert LARGEST_BRUSH == 2048
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "9999")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert window.session.options.size == LARGEST_BRUSH
    assert window.options_bar.size_slider.value() == window.options_bar.size_slider.maximum()
    assert box.text() == "2048 px"
    window.session.set_options(size=99_999)
    assert window.session.options.size == LARGEST_BRUSH
    window.session.tool_controller.resize_brush(1)
    assert window.session.options.size == LARGEST_BRUSH
    assert window.workspace.link.brush_size == LARGEST_BRUSH
    assert Settings.brush_size.highest == LARGEST_BRUSH


def test_the_next_start_remembers_a_large_brush(window: MainWindow) -> None:
    window.session.set_options(size=LARGEST_BRUSH)
    window.close()
    assert window.settings.brush_size == LARGEST_BRUSH


BOUNDS = Rect(0, 0, 120, 90)
paths = st.lists(
    st.builds(
        Stamp,
        st.floats(-20, 140, width=32),
        st.floats(-20, 110, width=32),
        st.floats(0.5, 60, width=32),
    ),
    min_size=1,
    max_size=6,
)


def painted(brush: str, path: list[Stamp], joined: bool, at_once: bool) -> np.ndarray:
    """What a stroke covers, one stamp per event or all together."""
    tip, canvas = (
        BRUSH_SHAPES[brush](40, 0.4, (1, 2)),
        np.zeros((BOUNDS.bottom, BOUNDS.right), bool),
    )
    if isinstance(tip, RaggedBrush):
        whole = tip._computed_share(BOUNDS)  # noise is rounded differently in every box
        tip._computed_share = lambda box: whole[box.slices]  # type: ignore[method-assign]
    runs = [path] if at_once else [path[max(0, at - joined) : at + 1] for at in range(len(path))]
    for number, run in enumerate(runs):
        box, mask = covered(tip, run, BOUNDS, joined, begun=joined and number > 0)
        canvas[box.slices] |= mask
    return canvas


@pytest.mark.parametrize("brush", BRUSH_SHAPES)
@given(path=paths, joined=st.booleans())
def test_parts_that_a_movement_does_not_change_are_left_out_without_a_trace(
    brush: str, path: list[Stamp], joined: bool
) -> None:
    expected = painted(brush, path, joined, at_once=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(brush_shape, "WHOLE", 0)
        patch.setattr(brush_shape, "PART", 16)
        assert (painted(brush, path, joined, at_once=False) == expected).all()
        assert (painted(brush, path, joined, at_once=True) == expected).all()


@pytest.mark.parametrize("brush", BRUSH_SHAPES)
def test_a_movement_of_the_largest_brush_computes_little_of_it(brush: str) -> None:
    tip, bounds = BRUSH_SHAPES[brush](LARGEST_BRUSH, 0.3, (1, 2)), Rect(0, 0, 4096, 4096)
    start, end = Stamp(1500, 1500, 1024), Stamp(1560, 1524, 1024)
    computed = []
    dab = tip.dab

    def counted(part: Rect, at: Stamp) -> np.ndarray:
        computed.append(part.area)
        return dab(part, at)

    tip.dab = counted  # type: ignore[method-assign]
    covered(tip, [start], bounds)
    computed.clear()
    covered(tip, [start, end], bounds, begun=True)
    assert 0 < sum(computed) < 0.65 * LARGEST_BRUSH**2, "all of both dabs would be 2"
