"""Change a value of the document: at once while a slider moves, then as one undo step."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from app.document.document import Document
from app.editing.commands import SetCommand
from app.editing.history import History

# Changes that follow each other within this time (ms) become one undo step.
REST_MS = 700


class SettlingChanges(QObject):
    """Base class: sets a value of the document immediately, and makes one undo step after a pause.

    Subclasses say which: `_value` is the document's value, `_setter` its method that sets it.
    """

    icon = ""

    def __init__(self, document: Document, history: History, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._history = document, history
        self._before: object = None
        self._part = self._text = ""
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self.settle)

    def settle(self) -> None:
        """Push the changes since the last step as one undo step."""
        self._rest.stop()
        before, self._before, self._part = self._before, None, ""
        if before is not None and before != self._value:
            command = SetCommand(
                self._document, self._text, self._setter, before, self._value, self.icon
            )
            command.skips = True  # the value is set already
            self._history.push(command)

    @property
    def _value(self) -> object:
        raise NotImplementedError

    @property
    def _setter(self) -> Callable[..., None]:
        raise NotImplementedError

    def _change(self, value: object, part: str, text: str) -> None:
        """Set the value. Changes of the same `part` of it become one step with the last `text`."""
        if part != self._part:
            self.settle()
        if value == self._value:
            return
        if self._before is None:
            self._before, self._part = self._value, part
        self._text = text
        self._setter(value)
        self._rest.start()
