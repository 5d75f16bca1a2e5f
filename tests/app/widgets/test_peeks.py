"""Region borders over the painting, and peeks at the doodle and the live preview."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.widgets.picture_view import PictureView
from app.widgets.tile_pixels import border_pixels
from app.window.main_window import MainWindow
from resources.materials import materials
from tests.support.fakes import HEIGHT
from tests.support.hand import drag
from tests.support.refining import refine


def colour_at(view: PictureView, x: float, y: float) -> tuple[int, int, int]:
    spot = view.viewport().to_widget(x, y)
    colour = QColor(view.grab().toImage().pixel(round(spot[0]), round(spot[1])))
    return colour.red(), colour.green(), colour.blue()


def test_borders_lie_where_materials_meet() -> None:
    labels = np.zeros((4, 6), np.uint8)
    labels[:, 3:] = 5
    pixels = border_pixels(labels)
    assert (pixels[:, 2, 3] > 0).all()
    assert (pixels[:, 3, 3] > 0).all()
    assert (pixels[:, 2, 0] > pixels[:, 3, 0]).all()
    assert not pixels[:, [0, 1, 4, 5]].any()
    assert (pixels[..., :3] <= pixels[..., 3:]).all()  # premultiplied


@pytest.mark.parametrize("mode", ["side", "overlay", "painting"])
def test_borders_follow_the_brush(qtbot: QtBot, window: MainWindow, mode: str) -> None:
    window.set_view_mode(mode)
    window.opacity.setValue(100)
    view = window.workspace.canvas if mode == "overlay" else window.workspace.painting
    edge, plain = (100, HEIGHT / 2), (100, HEIGHT / 2 - 30)
    before = colour_at(view, *edge), colour_at(view, *plain)
    QTest.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert window.settings.borders
    assert colour_at(view, *edge) != before[0]
    assert colour_at(view, *plain) == before[1]
    drag(view, [(100, HEIGHT / 2 - 30), (100, HEIGHT / 2 + 30)])
    qtbot.waitUntil(lambda: not window.session.preview.busy)
    QApplication.sendEvent(view, QEvent(QEvent.Type.Leave))
    tree = tuple(window.session.document.preview[HEIGHT // 2, 100])
    assert colour_at(view, *edge) == tree  # the border went where the brush's edge is
    QTest.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert not window.settings.borders


def test_the_doodle_shows_while_the_key_is_held(window: MainWindow) -> None:
    view, title = window.workspace.painting, window.workspace.painting_title
    painted, credit = colour_at(view, 100, 40), title.note
    QTest.keyPress(window, Qt.Key.Key_D)
    assert colour_at(view, 100, 40) == materials()[0].rgb
    assert title.note == "the doodle"
    QTest.keyRelease(window, Qt.Key.Key_D)
    assert colour_at(view, 100, 40) == painted
    assert title.note == credit


def test_the_live_preview_shows_while_the_key_is_held(qtbot: QtBot, window: MainWindow) -> None:
    view, peek = window.workspace.painting, window.actions_by_id["peek.preview"]
    live = colour_at(view, 100, 40)
    assert not peek.isEnabled()
    refine(qtbot, window)
    refined = colour_at(view, 100, 40)
    assert refined != live
    QTest.keyPress(window, Qt.Key.Key_C, Qt.KeyboardModifier.ShiftModifier)
    assert colour_at(view, 100, 40) == live
    QTest.keyRelease(window, Qt.Key.Key_C)
    assert colour_at(view, 100, 40) == refined


def test_a_peek_ends_with_the_window(window: MainWindow) -> None:
    QTest.keyPress(window, Qt.Key.Key_D)
    QApplication.sendEvent(window, QEvent(QEvent.Type.WindowDeactivate))
    assert not window.actions_by_id["peek.doodle"].isChecked()
