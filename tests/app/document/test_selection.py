"""Selections, and tools that work inside them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.document.document import Document
from app.document.label_map import LabelMap
from app.document.rect import Rect
from app.document.selection import Selection
from app.document.stroke import PointerSample
from app.tools import TOOLS, Ink, ToolOptions
from app.widgets.marching_ants import outline_path
from app.window.main_window import MainWindow
from tests.support.fakes import HEIGHT, WIDTH, FakeStudio, starter_labels
from tests.support.hand import drag

BOX = [(40, 30), (120, 30), (120, 90), (40, 90), (40, 32)]


def labels_of(window: MainWindow) -> np.ndarray:
    return window.session.document.labels.snapshot().array()


def mask_of(window: MainWindow) -> np.ndarray:
    selection = window.session.document.selection
    assert selection is not None
    return selection.mask


def select_box(window: MainWindow) -> np.ndarray:
    """Select BOX with the lasso and return the mask."""
    tool = window.session.options.tool
    QTest.keyClick(window, Qt.Key.Key_S)
    assert window.session.options.tool == "lasso"
    drag(window.workspace.canvas, BOX)
    window.session.set_options(tool=tool)
    return mask_of(window)


def differing(before: QImage, after: QImage, spot: tuple[float, float]) -> int:
    """Return how many of 12 x 5 pixels around a point differ between two screenshots."""
    spots = [(round(spot[0]) + dx, round(spot[1]) + dy) for dx in range(12) for dy in range(-2, 3)]
    return sum(before.pixel(*at) != after.pixel(*at) for at in spots)


@given(st.floats(5, 60), st.floats(3, 30), st.floats(4, 25))
def test_a_loop_selects_pixels_by_their_centres(x: float, y: float, r: float) -> None:
    angles = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    loop = [(x + r * float(np.cos(a)), y + r * float(np.sin(a))) for a in angles]
    selection = Selection.of_loop(loop, Rect(0, 0, 64, 32))
    rows, columns = np.mgrid[:32, :64] + 0.5
    distance = np.hypot(columns - x, rows - y)
    assert selection is not None
    assert selection.mask[distance < r - 0.2].all()
    # OpenCV's border takes in the pixels that the line itself crosses.
    assert not selection.mask[distance > r + 1].any()


def test_everything_and_nothing() -> None:
    everything = Selection.of_everything(Rect(0, 0, 5, 4))
    assert everything.mask.all()
    assert everything.inverted() is None
    assert Selection.of_mask(np.zeros((4, 5), bool)) is None
    assert Selection.of_loop([(0, 0), (3, 3)], Rect(0, 0, 5, 4)) is None


def test_a_loop_lies_on_and_off_the_canvas() -> None:
    document = Document(LabelMap(60, 40))
    gesture = TOOLS["lasso"].begin(Ink(document), ToolOptions("lasso"), PointerSample(-20, -20))
    for x, y in ((30, -20), (30, 100), (-20, 100)):
        gesture.move(PointerSample(x, y))
    gesture.finish()
    assert document.selection is not None
    assert document.selection.mask[:, :30].all()
    assert not document.selection.mask[:, 31:].any()


def test_the_lasso_selects_and_a_click_deselects(window: MainWindow) -> None:
    mask = select_box(window)
    assert mask[31:90, 41:120].all()
    assert mask.sum() < 83 * 63
    assert not window.session.history.can_undo
    assert (labels_of(window) == starter_labels()).all()
    window.session.set_options(tool="lasso")
    drag(window.workspace.painting, [(100, 100)])
    assert window.session.document.selection is None


@pytest.mark.parametrize("tool", ["brush", "eraser", "fill"])
def test_tools_work_only_inside(window: MainWindow, tool: str) -> None:
    window.session.set_options(tool="fill", material=11)
    drag(window.workspace.canvas, [(5, 5)])
    start, mask = labels_of(window), select_box(window)
    window.session.set_options(tool=tool, material=4, size=40)
    drag(window.workspace.canvas, [(60, 60), (200, 60), (10, 60)])
    after = labels_of(window)
    assert (after[~mask] == start[~mask]).all()
    assert (after[50:70, 45:115] == (0 if tool == "eraser" else 4)).all()
    window.session.undo()
    assert (labels_of(window) == start).all()


def test_clear_clears_only_inside(window: MainWindow) -> None:
    mask = select_box(window)
    window.session.selection_commands.invert()
    window.session.clear()
    after, start = labels_of(window), starter_labels()
    assert (after[mask] == start[mask]).all()
    assert not after[~mask].any()


def test_select_all_none_and_invert(window: MainWindow) -> None:
    control = Qt.KeyboardModifier.ControlModifier
    window.activateWindow()
    assert not window.actions_by_id["select.invert"].isEnabled()
    mask = select_box(window).copy()
    QTest.keyClick(window, Qt.Key.Key_I, control)
    assert (mask_of(window) == ~mask).all()
    QTest.keyClick(window, Qt.Key.Key_A, control)
    assert mask_of(window).all()
    QTest.keyClick(window, Qt.Key.Key_A, control | Qt.KeyboardModifier.ShiftModifier)
    assert window.session.document.selection is None
    assert not window.actions_by_id["select.none"].isEnabled()


def test_a_new_canvas_has_no_selection(window: MainWindow) -> None:
    select_box(window)
    window.session.new_canvas(64, 48)
    assert window.session.document.selection is None
    assert not window.refine_bar.selected_only.isEnabled()


def test_refine_works_inside_the_selection(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    document, bar = window.session.document, window.refine_bar
    assert not bar.selected_only.isEnabled()
    preview, mask = document.painting.copy(), select_box(window)
    assert bar.selected_only.isEnabled()
    assert bar.selected_only.isChecked()
    for expected in (np.where(mask[..., None], 255 - preview, preview), preview):
        seen = document.painting.copy()
        window.actions_by_id["refine"].trigger()
        qtbot.waitUntil(lambda: not window.session.refine.active)
        assert (studio.refined[-1].start == seen).all()
        assert (document.painting == expected).all()
    bar.selected_only.click()
    window.actions_by_id["refine"].trigger()
    qtbot.waitUntil(lambda: not window.session.refine.active)
    assert studio.refined[-1].selection is None
    assert (document.painting == 255 - preview).all()


def test_dashes_are_on_both_views(qtbot: QtBot, window: MainWindow) -> None:
    for view in (window.workspace.canvas, window.workspace.painting):
        window.session.selection_commands.none()
        before = view.grab().toImage()
        select_box(window)
        after = view.grab().toImage()
        assert differing(before, after, view.viewport().to_widget(80, 30.5)) > 8
        assert differing(before, after, view.viewport().to_widget(80, 60)) == 0


@pytest.mark.parametrize("size", [(WIDTH, HEIGHT), (3000, 2000)])
def test_the_outline_surrounds_the_mask(size: tuple[int, int]) -> None:
    width, height = size
    mask = np.zeros((height, width), bool)
    mask[height // 4 : height // 2, width // 4 : width // 2] = True
    box = outline_path(mask).boundingRect()
    assert box.left() == pytest.approx(width / 4, abs=4)
    assert box.bottom() == pytest.approx(height / 2, abs=4)
    assert box.right() == pytest.approx(width / 2, abs=4)
