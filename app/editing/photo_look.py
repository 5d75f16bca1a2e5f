"""Change how the photo is painted: at once while a slider moves, then as one undo step."""

from dataclasses import replace

from PySide6.QtCore import QObject, QTimer

from app.document.document import Document
from app.document.photo import PhotoLook
from app.editing.commands import SetCommand
from app.editing.history import History
from app.platform.translation import tr

# Changes that follow each other within this time (ms) become one undo step.
REST_MS = 700

NAMES = {
    "strength": "Strength", "second": "Second style", "blend": "Blend", "stroke": "Stroke size",
    "colours": "Colours", "by": "Paint with", "detail": "Detail", "freedom": "Freedom",
    "shapes": "Follow shapes",
}  # fmt: skip


class PhotoLookController(QObject):
    """Changes the document's look immediately, and pushes an undo step after a pause."""

    def __init__(self, document: Document, history: History, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._history = document, history
        self._before: PhotoLook | None = None
        self._name = ""
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self.settle)

    def change(self, **changes: object) -> None:
        """Change fields of the PhotoLook. `settle` turns the changes into an undo step."""
        # A second style also changes its share (`blend`).
        name = "second" if "second" in changes else next(iter(changes))
        if name != self._name:
            self.settle()
        document, wanted = self._document, replace(self._document.look, **changes)  # type: ignore[arg-type]
        if wanted == document.look:
            return
        if self._before is None:
            self._before, self._name = document.look, name
        document.set_look(wanted)
        self._rest.start()

    def settle(self) -> None:
        """Push the changes since the last step as one undo step."""
        self._rest.stop()
        (before, self._before), (name, self._name) = (self._before, None), (self._name, "")
        document = self._document
        if before is not None and before != document.look:
            text = tr("Photo: {what}", what=tr(NAMES[name]))
            self._history.push(
                _LookCommand(document, text, document.set_look, before, document.look, "photo")
            )


class _LookCommand(SetCommand):
    """Sets a look that is already set when the command is pushed."""

    def redo(self) -> None:
        if self.document.look != self.value:
            super().redo()
