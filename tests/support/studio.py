"""A painting in three bands, and the style studio driven with real mouse events."""

from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.widgets.picture_view import PictureView
from app.window.main_window import MainWindow
from app.window.studio_window import StudioWindow
from resources.materials import materials

IDS = {material.key: material.id for material in materials()}
SIDE = 96
SKY, WATER, GROUND = (0.5, 0.15), (0.5, 0.5), (0.5, 0.85)
"""A point in each band, as shares of width and height."""

BANDS = np.array([(90, 140, 210), (40, 90, 110), (200, 170, 90)])


def bands() -> np.ndarray:
    """The painting, SIDE x SIDE x 3 uint8."""
    grain = np.random.default_rng(3).integers(-14, 15, (SIDE, SIDE, 3))
    rows = BANDS[np.arange(SIDE) * 3 // SIDE]
    return (rows[:, None] + grain).clip(0, 255).astype(np.uint8)


def painting_file(folder: Path, name: str = "my_bay.png") -> Path:
    path = folder / name
    Image.fromarray(bands()).save(path)
    return path


def opened(qtbot: QtBot, window: MainWindow, before: StudioWindow | None = None) -> StudioWindow:
    """The studio that replaces another one, when it has read its picture."""
    qtbot.waitUntil(lambda: window.studio.window not in (None, before), timeout=20_000)
    studio = window.studio.window
    assert studio is not None
    qtbot.waitUntil(lambda: studio.session.classified, timeout=20_000)
    return studio


def send(view: PictureView, kind: QEvent.Type, at: tuple[float, float]) -> None:
    """Send a mouse event at a share of the canvas's width and height."""
    seen = view.viewport()
    spot = QPointF(*seen.to_widget(at[0] * seen.canvas_width, at[1] * seen.canvas_height))
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    button = none if kind is QEvent.Type.MouseMove else left
    held = none if kind is QEvent.Type.MouseButtonRelease else left
    keys = Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(kind, spot, view.mapToGlobal(spot), button, held, keys)
    QApplication.sendEvent(view, event)


def scribble(studio: StudioWindow, material: int, at: tuple[float, float]) -> None:
    """Choose the brush and a material in the palette, and draw a short line across a point."""
    studio.actions_by_id["tool.brush"].trigger()
    studio.palette_panel.button(material).click()
    view = studio.view.canvas
    send(view, QEvent.Type.MouseButtonPress, (at[0] - 0.2, at[1]))
    send(view, QEvent.Type.MouseMove, at)
    send(view, QEvent.Type.MouseMove, (at[0] + 0.2, at[1]))
    send(view, QEvent.Type.MouseButtonRelease, (at[0] + 0.2, at[1]))


def click(studio: StudioWindow, material: int, at: tuple[float, float]) -> None:
    """Choose a material in the palette and click on a point of the picture."""
    studio.palette_panel.button(material).click()
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease):
        send(studio.view.canvas, kind, at)


def mapped(qtbot: QtBot, studio: StudioWindow) -> np.ndarray:
    """The map when it shows all that is marked, H x W uint8."""
    session = studio.session
    qtbot.waitUntil(lambda: session.classified, timeout=20_000)
    labels = session.map_labels
    assert labels is not None
    return labels
