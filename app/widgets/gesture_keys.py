"""Keys that act on a gesture while it is running, in place of their usual shortcuts."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication


class GestureKeys(QObject):
    """Consumes Esc, Enter and Backspace while it listens.

    Signals: `dropped` (Esc), `closed` (Enter or Return), `stepped_back` (Backspace).
    """

    dropped = Signal()
    closed = Signal()
    stepped_back = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._signals = {
            Qt.Key.Key_Escape: self.dropped,
            Qt.Key.Key_Return: self.closed,
            Qt.Key.Key_Enter: self.closed,
            Qt.Key.Key_Backspace: self.stepped_back,
        }

    def listen(self, on: bool) -> None:
        """Start or stop listening."""
        application = QApplication.instance()
        if application is not None and on:
            application.installEventFilter(self)
        elif application is not None:
            application.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Consume the keys before shortcuts and before the focused widget."""
        if not isinstance(event, QKeyEvent) or event.key() not in self._signals:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress:
            self._signals[Qt.Key(event.key())].emit()
        return True
