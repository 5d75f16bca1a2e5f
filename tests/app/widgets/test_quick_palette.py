"""The palette at the pointer."""

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.widgets.quick_palette import QuickPalette
from app.window.main_window import MainWindow
from resources.materials import KEEP
from tests.support.fakes import starter_labels
from tests.support.hand import LEFT, mouse, move, press, release
from tests.support.tools import choose, labels_of

RIGHT = Qt.MouseButton.RightButton


def opened(window: MainWindow) -> QuickPalette:
    """The palette after a right click on the canvas."""
    mouse(window.workspace.canvas, QEvent.Type.MouseButtonPress, (60, 40), RIGHT)
    mouse(window.workspace.canvas, QEvent.Type.MouseButtonRelease, (60, 40), RIGHT)
    (palette,) = window.findChildren(QuickPalette)
    assert palette.isVisible()
    return palette


@pytest.mark.parametrize("tool", ["brush", "eraser"])
def test_a_right_click_chooses_a_material(window: MainWindow, tool: str) -> None:
    choose(window, tool)
    palette, canvas = opened(window), window.workspace.canvas
    spot = canvas.mapToGlobal(QPoint(*(round(v) for v in canvas.viewport().to_widget(60, 40))))
    assert palette.geometry().adjusted(-2, -2, 2, 2).contains(spot)
    assert palette.button(4).isChecked()
    QTest.mouseClick(palette.button(9), LEFT)
    assert not palette.isVisible()
    assert (window.session.options.material, window.session.options.tool) == (9, "brush")
    assert (labels_of(window) == starter_labels()).all()
    assert not window.session.history.can_undo


def test_the_slider_sets_the_size(window: MainWindow) -> None:
    palette = opened(window)
    palette.size_slider.setValue(palette.size_slider.maximum())
    assert window.session.options.size == 2048
    assert palette.isVisible()
    palette.close()
    window.session.set_options(size=77)
    assert opened(window).size_slider.value() < palette.size_slider.maximum()
    palette.close()


def test_materials_for_photos_are_shown_with_a_photo_only(window: MainWindow) -> None:
    palette = opened(window)
    assert not palette.button(KEEP).isVisible()
    palette.close()
    palette.show_at(QPoint(20, 20), window.session.options, photo=True)
    assert palette.button(KEEP).isVisible()
    palette.close()


def test_no_palette_opens_during_a_stroke(qtbot: QtBot, window: MainWindow) -> None:
    canvas = window.workspace.canvas
    choose(window, "brush", size=16)
    press(canvas, (40, 40))
    mouse(canvas, QEvent.Type.MouseButtonPress, (60, 40), RIGHT)
    assert not window.findChildren(QuickPalette)
    move(canvas, (90, 40))
    release(canvas, (90, 40))
    assert (labels_of(window)[40, 41:90] == 4).all()


def test_no_palette_opens_while_the_view_is_dragged(window: MainWindow) -> None:
    canvas, middle = window.workspace.canvas, Qt.MouseButton.MiddleButton
    mouse(canvas, QEvent.Type.MouseButtonPress, (60, 40), middle)
    mouse(canvas, QEvent.Type.MouseButtonPress, (60, 40), RIGHT)
    assert not window.findChildren(QuickPalette)
    mouse(canvas, QEvent.Type.MouseButtonRelease, (60, 40), middle)
    mouse(canvas, QEvent.Type.MouseButtonPress, (60, 40), RIGHT)
    assert window.findChildren(QuickPalette)
