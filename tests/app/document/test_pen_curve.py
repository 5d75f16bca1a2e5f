"""The pen pressure curve, and its editor in the preferences."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.document.pen_curve import CLOSEST, MOST_POINTS, STRAIGHT, PenCurve
from app.platform.settings import PAGES
from app.widgets.clipboard import rgb_of
from app.widgets.pen_curve import PenCurveEditor, PenPad, _spot
from app.widgets.preferences_dialog import PreferencesDialog
from app.window.main_window import MainWindow
from tests.support.hand import LEFT, Pen

SOFT = "0 0, 0.2 0.8, 1 1"


@st.composite
def curves(draw: st.DrawFn) -> PenCurve:
    curve = STRAIGHT
    for _ in range(draw(st.integers(0, MOST_POINTS))):
        curve, at = curve.added(draw(st.floats(0, 1)))
        curve = curve.moved(at, draw(st.floats(-1, 2)), draw(st.floats(-1, 2)))
    return curve


@given(curves(), st.floats(0, 1), st.floats(0, 1))
def test_the_curve_never_decreases(curve: PenCurve, one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert 0 <= curve.felt(less) <= curve.felt(more) + 1e-9 <= 1 + 2e-9
    assert PenCurve.from_text(curve.text) == curve


@given(curves())
def test_the_curve_meets_its_points(curve: PenCurve) -> None:
    sides = [point[0] for point in curve.points]
    assert all(b - a >= 0.99 * CLOSEST for a, b in itertools.pairwise(sides))
    for x, y in curve.points:
        near = [curve.felt(x - 0.001), curve.felt(x), curve.felt(x + 0.001)]
        assert min(near) - 1e-6 <= y <= max(near) + 1e-6


def test_the_default_curve_is_straight() -> None:
    pressures = np.linspace(-0.5, 1.5, 41)
    felt = [STRAIGHT.felt(pressure) for pressure in pressures]
    assert np.allclose(felt, np.clip(pressures, 0, 1))


@pytest.mark.parametrize(
    "text", ["", "x", "0 0", "0 0, 0.5 0.9, 1 0.4", "0 0, 2 1", "0 0, nan nan, 1 1", "1 1, 0 0"]
)
def test_a_damaged_curve_is_straight(text: str) -> None:
    assert PenCurve.from_text(text) == STRAIGHT


def width_at(window: MainWindow, pressure: float) -> int:
    """Return the width in pixels of a stroke with this pressure."""
    canvas, document = window.workspace.canvas, window.session.document
    Pen().drag(canvas, [(40, 90), (120, 90)], pressure)
    width = int((document.labels.array()[:, 80] == 4).sum())
    window.session.undo()
    return width


def editor_of(window: MainWindow) -> PenCurveEditor:
    QTest.keyClick(window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    editor = window.findChild(PenCurveEditor)
    assert editor is not None
    dialog = window.findChild(PreferencesDialog)
    assert dialog is not None
    dialog.pages.setCurrentRow(PAGES.index("Paint"))
    dialog.activateWindow()
    return editor


def drag_point(editor: PenCurveEditor, start: QPointF, end: QPointF) -> None:
    QTest.mousePress(editor, LEFT, pos=start.toPoint())
    QTest.mouseMove(editor, end.toPoint())
    QTest.mouseRelease(editor, LEFT, pos=end.toPoint())


def test_a_changed_curve_applies_immediately(window: MainWindow) -> None:
    editor, before = editor_of(window), width_at(window, 0.2)
    drag_point(editor, _spot(0.4, 0.4), _spot(0.2, 0.8))
    assert len(editor.curve.points) == 3
    assert editor.curve.points[1] == pytest.approx((0.2, 0.8), abs=0.02)
    assert window.settings.pen_curve == editor.curve.text
    assert width_at(window, 0.2) > 2 * before
    drag_point(editor, _spot(*editor.curve.points[1]), QPointF(300, -60))
    assert editor.curve == STRAIGHT
    assert width_at(window, 0.2) == before


def test_the_curve_is_remembered(window: MainWindow) -> None:
    window.settings.pen_curve = SOFT
    assert editor_of(window).curve.text == SOFT


def test_the_curve_can_be_edited_with_keys(window: MainWindow) -> None:
    editor = editor_of(window)
    editor.setFocus()
    QTest.keyClick(editor, Qt.Key.Key_Insert)
    assert editor.curve.points[1] == (0.5, 0.5)
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Left):
        QTest.keyClick(editor, key)
    assert editor.curve.points[1] == (0.48, 0.54)
    QTest.keyClick(editor, Qt.Key.Key_PageUp)
    QTest.keyClick(editor, Qt.Key.Key_Down)
    assert editor.curve.points[2] == (1.0, 0.98)
    QTest.keyClick(editor, Qt.Key.Key_Delete)  # an end stays
    QTest.keyClick(editor, Qt.Key.Key_PageDown)
    QTest.keyClick(editor, Qt.Key.Key_Delete)
    assert editor.curve.points == ((0.0, 0.0), (1.0, 0.98))


def test_the_pen_can_be_tried_next_to_the_curve(window: MainWindow) -> None:
    editor = editor_of(window)
    pad, inks = editor.pad, []
    for text in ("0 0, 1 1", SOFT):
        editor.set_text(text)
        pad._touches.clear()
        graph = editor.grab().toImage()
        pen = Pen()
        for kind in (QEvent.Type.TabletPress, QEvent.Type.TabletMove):
            touch(pad, pen, kind, QPoint(20 if kind == QEvent.Type.TabletPress else 90, 70))
        assert editor.grab().toImage() != graph  # the curve shows where the pen is
        inks.append(int((rgb_of(pad.grab().toImage())[40:100, 55] > 200).all(-1).sum()))
        touch(pad, pen, QEvent.Type.TabletRelease, QPoint(90, 70), 0.0)
        assert editor._pressed is None
    assert inks[1] > 2 * inks[0] > 0


def touch(pad: PenPad, pen: Pen, kind: QEvent.Type, spot: QPoint, pressure: float = 0.2) -> None:
    QApplication.sendEvent(pad, pen.event(pad, kind, QPointF(spot), pressure))
