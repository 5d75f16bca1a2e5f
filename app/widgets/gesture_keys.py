"""Keys during a gesture: some act on it, and those that would harm a drag wait until it ends."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QShortcut
from PySide6.QtWidgets import QApplication

from app.tools import TOOLS

AT_ONCE = frozenset(
    {
        "undo", "swap", "smaller", "larger", "symmetry.left_right", "symmetry.top_bottom",
        "peek.doodle", "peek.preview", *(f"tool.{tool}" for tool in TOOLS),
    }
)  # fmt: skip
"""Actions that act during a drag: they undo it, or change the next gesture or what is shown."""


class GestureKeys(QObject):
    """Consumes Esc, Enter and Backspace while it listens, and delays shortcuts during a drag.

    `dragging` returns whether a drag is in progress. An action that would end or distort the drag
    is triggered once, after the drag. Signals: `dropped` (Esc), `closed` (Enter or Return),
    `stepped_back` (Backspace).
    """

    dropped = Signal()
    closed = Signal()
    stepped_back = Signal()

    def __init__(self, dragging: Callable[[], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._dragging = dragging
        self._waiting: list[QAction] = []
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
            self.catch_up()

    def catch_up(self) -> None:
        """Trigger the delayed actions soon, when the drag has become an undo step."""
        if self._waiting:
            QTimer.singleShot(0, self, self._trigger)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Consume the keys before shortcuts and before the focused widget."""
        if event.type() == QEvent.Type.Shortcut:
            return self._dragging() and self._delays(watched)
        if not isinstance(event, QKeyEvent) or event.key() not in self._signals:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress:
            self._signals[Qt.Key(event.key())].emit()
        return True

    def _delays(self, owner: QObject) -> bool:
        """Return whether a shortcut must not act now; its action then waits."""
        if isinstance(owner, QShortcut):  # a key of the palette
            return False
        # Everything else, for example a menu's letter, is ignored: it opens a popup, which would
        # take the pointer away from the canvas.
        if isinstance(owner, QAction):
            if owner.objectName() in AT_ONCE:
                return False
            if owner not in self._waiting:
                self._waiting.append(owner)
        return True

    def _trigger(self) -> None:
        if self._dragging():  # the next drag has begun already; its end calls again
            return
        waiting, self._waiting = self._waiting, []
        for action in waiting:
            action.trigger()
