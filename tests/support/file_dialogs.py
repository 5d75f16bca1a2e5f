"""Pictures in files, drops, and answers to the dialogs of import and export."""

from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.widgets.export_dialog import ExportDialog
from app.widgets.import_dialog import ImportDialog
from app.window.main_window import MainWindow

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def export_dialog(window: MainWindow) -> ExportDialog:
    window.activateWindow()
    QApplication.processEvents()  # the dialog before gives the keyboard back
    QTest.keyClick(window, Qt.Key.Key_E, CTRL)
    dialog = window.exporting.dialog
    assert isinstance(dialog, ExportDialog)
    return dialog


def import_dialog(qtbot: QtBot, window: MainWindow) -> ImportDialog:
    qtbot.waitUntil(lambda: window.opening.dialog is not None)
    dialog = window.opening.dialog
    assert isinstance(dialog, ImportDialog)
    return dialog


def picture_file(path: Path, rgb: np.ndarray) -> Path:
    Image.fromarray(rgb).save(path)
    return path


def drop(window: MainWindow, mime: QMimeData, spot: QPoint | None = None) -> bool:
    """Drag something into the window and let go at ``spot``; whether it was taken.

    A file manager proposes to move it; what is taken is taken as a copy.
    """
    spot, button = spot or QPoint(400, 300), Qt.MouseButton.LeftButton
    both = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    plain = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(spot, both, mime, button, plain)
    enter.setDropAction(Qt.DropAction.MoveAction)
    QApplication.sendEvent(window, enter)
    if not enter.isAccepted():
        return False
    event = QDropEvent(QPointF(spot), both, mime, button, plain, QEvent.Type.Drop)
    event.setDropAction(Qt.DropAction.MoveAction)
    QApplication.sendEvent(window, event)
    assert enter.dropAction() == event.dropAction() == Qt.DropAction.CopyAction
    return event.isAccepted()


def files(*paths: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime
