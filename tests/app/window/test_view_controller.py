"""The view rotated, mirrored, pinched and scrolled: paint lands under the pointer."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.widgets.picture_view import PictureView
from app.widgets.view_navigation import snapped
from app.window.main_window import MainWindow
from resources.materials import materials
from tests.support.hand import LEFT, NONE, drag, mouse, move, press, release


def labels_of(window: MainWindow) -> np.ndarray:
    return window.session.document.labels.array()


def colour_at(view: PictureView, x: float, y: float) -> tuple[int, int, int]:
    spot = view.viewport().to_widget(x, y)
    colour = QColor(view.grab().toImage().pixel(round(spot[0]), round(spot[1])))
    return colour.red(), colour.green(), colour.blue()


@pytest.mark.parametrize("angle", [0, 30, 90, 180, 211.5, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_paint_lands_and_shows_under_the_pointer(
    window: MainWindow, angle: float, mirrored: bool
) -> None:
    canvas, link = window.workspace.canvas, window.workspace.link
    link.turn(angle)
    window.actions_by_id["mirror"].setChecked(mirrored)
    drag(canvas, [(60, 40), (90, 40)])
    assert labels_of(window)[40, 60:90].tolist() == [4] * 30
    assert colour_at(canvas, 62, 40) == materials()[4].rgb  # clear of the brush's outline
    assert colour_at(canvas, 75, 70) == materials()[0].rgb
    assert colour_at(canvas, 195, 35) == materials()[2].rgb  # the moon, wherever that is now


def test_keys_turn_and_mirror_only_the_view(window: MainWindow) -> None:
    link, start = window.workspace.link, labels_of(window)
    control = Qt.KeyboardModifier.ControlModifier
    QTest.keyClick(window, Qt.Key.Key_6, control)
    QTest.keyClick(window, Qt.Key.Key_6, control)
    assert link.angle == 30
    assert window.status.zoom.text().endswith("30°")
    QTest.keyClick(window, Qt.Key.Key_M)
    assert (link.mirrored, link.angle) == (True, 330)
    assert window.status.zoom.text().endswith("-30°  mirrored")
    QTest.keyClick(window, Qt.Key.Key_4, control)
    assert link.angle == 315
    QTest.keyClick(window, Qt.Key.Key_5, control)
    assert link.angle == 0
    QTest.keyClick(window, Qt.Key.Key_M)
    assert not link.mirrored
    assert (labels_of(window) == start).all()
    assert not window.session.history.can_undo


def test_shift_and_space_rotate_the_view(window: MainWindow) -> None:
    canvas, link, start = window.workspace.canvas, window.workspace.link, labels_of(window)
    link.zoom(2)
    middle = canvas.viewport().to_canvas(canvas.width() / 2, canvas.height() / 2)
    QTest.keyPress(canvas, Qt.Key.Key_Space, Qt.KeyboardModifier.ShiftModifier)
    right, below = (middle[0] + 60, middle[1]), (middle[0], middle[1] + 60)
    mouse(canvas, QEvent.Type.MouseButtonPress, right, LEFT, Qt.KeyboardModifier.ShiftModifier)
    move(canvas, (middle[0] + 60, middle[1] + 60))
    assert link.angle == pytest.approx(45)
    # The canvas has turned under the hand: what lay below lies at the left now.
    move(canvas, (middle[0] + 60, middle[1] + 62))
    assert link.angle == 90
    release(canvas, below)
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    there = canvas.viewport().to_canvas(canvas.width() / 2, canvas.height() / 2)
    assert there == pytest.approx(middle)
    assert (labels_of(window) == start).all()


def test_snapping() -> None:
    wanted = {2.9: 0, -2.0: 0, 88: 90, 45: 45, 181: 180, 356.9: 356.9}
    assert [snapped(angle) for angle in wanted] == list(wanted.values())


def gesture(view: PictureView, kind: Qt.NativeGestureType, value: float) -> None:
    spot = QPointF(view.width() / 3, view.height() / 3)
    event = QNativeGestureEvent(
        kind, QPointingDevice.primaryPointingDevice(), 2, spot, spot, view.mapToGlobal(spot), value,
        QPointF(-12, 7),
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def test_two_fingers_on_a_touchpad(window: MainWindow) -> None:
    canvas, link, kinds = window.workspace.canvas, window.workspace.link, Qt.NativeGestureType
    link.zoom(3)
    held = canvas.viewport().to_canvas(canvas.width() / 3, canvas.height() / 3)
    before = link.scale
    gesture(canvas, kinds.BeginNativeGesture, 0)
    gesture(canvas, kinds.ZoomNativeGesture, 0.25)
    assert link.scale == pytest.approx(1.25 * before)
    for _ in range(3):  # a hand that pinches turns a little; that is not meant
        gesture(canvas, kinds.RotateNativeGesture, 3)
    assert link.angle == 0
    gesture(canvas, kinds.RotateNativeGesture, 6)
    assert link.angle == pytest.approx(15)
    there = canvas.viewport().to_canvas(canvas.width() / 3, canvas.height() / 3)
    assert there == pytest.approx(held)
    spot = canvas.viewport().to_widget(*held)
    gesture(canvas, kinds.PanNativeGesture, 0)
    moved = canvas.viewport().to_widget(*held)
    assert (moved[0] - spot[0], moved[1] - spot[1]) == pytest.approx((-12, 7))


def scroll(view: PictureView, keys: Qt.KeyboardModifier) -> None:
    spot = QPointF(view.width() / 2, view.height() / 2)
    event = QWheelEvent(
        spot, view.mapToGlobal(spot), QPoint(8, -20), QPoint(16, -40), NONE, keys,
        Qt.ScrollPhase.ScrollUpdate, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def test_scrolling_with_two_fingers_pans_and_with_control_zooms(window: MainWindow) -> None:
    canvas, link = window.workspace.canvas, window.workspace.link
    link.zoom(3)
    before = canvas.viewport()
    scroll(canvas, Qt.KeyboardModifier.NoModifier)
    after = canvas.viewport()
    moved = (before.x - after.x) * after.scale, (before.y - after.y) * after.scale
    assert moved == pytest.approx((8, -20))
    assert after.scale == before.scale
    scroll(canvas, Qt.KeyboardModifier.ControlModifier)
    assert link.scale < before.scale


def test_a_pinch_takes_back_what_its_first_finger_painted(window: MainWindow) -> None:
    canvas, start = window.workspace.canvas, labels_of(window)
    press(canvas, (60, 40))
    move(canvas, (80, 40))
    assert (labels_of(window) != start).any()
    canvas.interrupted.emit()
    assert (labels_of(window) == start).all()
    assert not window.session.tool_controller.busy
    assert not window.session.history.can_undo


def test_what_is_under_the_pointer_is_named(window: MainWindow) -> None:
    canvas, status = window.workspace.canvas, window.status
    for point, name in (((195, 35), "Sun & Moon"), ((20, 20), "Sky"), ((-5, 20), "")):
        move(canvas, point)
        assert status.material.text() == name
    window.session.set_options(material=10)
    move(canvas, (20, 20))
    drag(canvas, [(20, 20)])
    assert status.material.text() == "Rock: painted as mountain"
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))
    assert status.material.text() == ""
