"""Choosing tools by their keys, and what they leave."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.window.main_window import MainWindow

KEYS = Qt.KeyboardModifier


def labels_of(window: MainWindow) -> np.ndarray:
    return window.session.document.labels.snapshot().array()


def steps(window: MainWindow) -> int:
    """How many steps undo could take back; all are taken back and made again."""
    history, count = window.session.history, 0
    while history.can_undo:
        history.undo()
        count += 1
    while history.can_redo:
        history.redo()
    return count


def choose(window: MainWindow, tool: str, **options: object) -> None:
    window.session.set_options(tool=tool, **{"filled": True, "material": 4, "size": 6, **options})


def key(window: MainWindow, which: Qt.Key, keys: Qt.KeyboardModifier = KEYS.NoModifier) -> None:
    window.activateWindow()
    QTest.keyClick(window, which, keys)
