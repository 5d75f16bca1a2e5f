"""Short lines over both views show the directions of the pen while its tool is chosen."""

import math

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.document.directions import DirectionMap
from app.document.rect import Rect
from app.widgets.direction_lines import APART, LONGEST, DirectionLines
from app.widgets.viewport import Viewport
from app.window.main_window import MainWindow
from tests.support.hand import drag


def combed(degrees: float, weight: float = 1.0) -> DirectionMap:
    """Return directions of a canvas of 400 x 300 pixels whose left half is combed."""
    directions = DirectionMap(400, 300)
    doubled = math.radians(2 * degrees)
    code = np.rint(128 + 127 * weight * np.array([math.cos(doubled), math.sin(doubled)]))
    block = np.broadcast_to(code, (75, 50, 2)).astype(np.uint8)
    directions.write(Rect(0, 0, 50, 75), block)
    return directions


VIEW = Viewport(400, 300, 800, 600, 1.0, 200, 150)


@pytest.mark.parametrize("scale", [0.3, 1.0, 2.5])
def test_lines_have_an_even_distance_on_screen(scale: float) -> None:
    view = Viewport(400, 300, 1200, 900, scale, 200, 150)
    lines = DirectionLines(lambda: combed(30)).lines(view, view.visible())[1]
    middles = np.array([(line.center().x(), line.center().y()) for line in lines])
    assert len(lines) == pytest.approx(200 * 300 * scale**2 / APART**2, rel=0.35)
    gaps = np.unique(np.diff(np.unique(middles[:, 0].round(3))).round(3))
    assert gaps == pytest.approx([APART])
    assert {round(line.length(), 1) for line in lines} == {LONGEST}
    left, _ = view.to_widget(0, 0)
    middle, _ = view.to_widget(200, 0)
    assert middles[:, 0].min() > left
    assert middles[:, 0].max() < middle + 4 * scale


@pytest.mark.parametrize(
    ("view", "wanted"),
    [
        (VIEW, 30),
        (Viewport(400, 300, 800, 600, 1.0, 200, 150, angle=90), 120),
        (Viewport(400, 300, 800, 600, 1.0, 200, 150, mirrored=True), 150),
    ],
)
def test_lines_turn_with_the_view(view: Viewport, wanted: float) -> None:
    for line in DirectionLines(lambda: combed(30)).lines(view, view.visible())[1]:
        found = math.degrees(math.atan2(line.dy(), line.dx())) % 180
        assert found == pytest.approx(wanted, abs=1)


def test_weak_directions_have_short_lines_and_none_no_lines() -> None:
    half = DirectionLines(lambda: combed(30, 0.5)).lines(VIEW, VIEW.visible())[1]
    assert [line.length() for line in half] == pytest.approx([LONGEST / 2] * len(half), rel=0.02)
    assert DirectionLines(lambda: DirectionMap(400, 300)).lines(VIEW, VIEW.visible()) == ([], [])
    right = Rect(210, 0, 400, 300)
    assert DirectionLines(lambda: combed(30)).lines(VIEW, right) == ([], [])


def test_faint_lines_show_the_flow_where_nobody_combed() -> None:
    lines = DirectionLines(lambda: combed(30))
    # A flow straight down, as strokes of any size report it: here 50 x 40 cells for the canvas.
    lines.flow = np.full((40, 50, 2), 128, np.uint8)
    lines.flow[:, 10:, 0] = 1
    faint, bright = lines.lines(VIEW, VIEW.visible())
    left, _ = VIEW.to_widget(200, 0)
    assert {round(line.dx(), 3) for line in faint} == {0}
    assert min(line.center().x() for line in faint) > left
    assert max(line.center().x() for line in bright) < left + 4
    assert len(faint) == pytest.approx(200 * 300 / APART**2, rel=0.3)


def test_lines_show_in_both_views_while_the_tool_is_chosen(window: MainWindow) -> None:
    space = window.workspace
    window.session.set_options(tool="brush", material=4, size=40)
    drag(space.canvas, [(60, 50), (140, 50)])
    before = [view.grab().toImage() for view in (space.canvas, space.painting)]
    QTest.keyClick(window, Qt.Key.Key_W)
    assert window.session.options.tool == "direction"
    shown = [view.grab().toImage() for view in (space.canvas, space.painting)]
    assert all(one != other for one, other in zip(before, shown, strict=True))
    drag(space.canvas, [(100, 30), (100, 90)])
    assert window.session.history.undo_text == "Direction"
    combed = [view.grab().toImage() for view in (space.canvas, space.painting)]
    assert all(one != other for one, other in zip(shown, combed, strict=True))
    QTest.keyClick(window, Qt.Key.Key_B)
    assert space.canvas._directions is None
    flow = np.zeros((30, 40, 2), np.uint8)
    QTest.keyClick(window, Qt.Key.Key_W)
    window.session.strokes.flow_changed.emit(flow)
    faint = [view.grab().toImage() for view in (space.canvas, space.painting)]
    assert all(one != other for one, other in zip(combed, faint, strict=True))
    window.session.set_seed(9)
    assert space._directions.flow is None
