"""Large brushes: the shortcut that makes them fast, and their largest size everywhere."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.document.rect import Rect
from app.document.stroke import PointerSample, Stamp, StrokePath
from app.platform.settings import Settings
from app.tools import LARGEST_BRUSH
from app.tools.brush_shape import RoundBrush, _beside
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
