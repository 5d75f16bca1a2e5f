"""The size of the window at the first start."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QWidget

SHARE = 0.9
"""Part of the free screen that the window takes; the rest shows what is behind it."""
NARROW = 1366
"""On a screen of this width or less the window is maximised, in pixels."""


def place(window: QWidget, free: QRect) -> None:
    """Give a window that was never open before a size and a place; call it before `show`.

    `free`: the part of the screen without panels and docks of the desktop.
    """
    size = QSize(round(free.width() * SHARE), round(free.height() * SHARE))
    placed = QRect(free.topLeft(), size)
    placed.moveCenter(free.center())
    window.setGeometry(placed)
    if free.width() <= NARROW:
        window.setWindowState(window.windowState() | Qt.WindowState.WindowMaximized)
