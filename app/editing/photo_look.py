"""How the photo is painted: changed while a slider moves, and a step once it rests."""

from dataclasses import replace

from PySide6.QtCore import QObject, QTimer

from app.document.document import Document
from app.document.photo import PhotoLook
from app.editing.commands import SetCommand
from app.editing.history import History
from app.platform.translation import tr

# Turns of the wheel and strokes of a key that follow each other so fast are one step.
REST_MS = 700

NAMES = {
    "strength": "Strength", "second": "Second style", "blend": "Blend", "stroke": "Stroke size",
    "colours": "Colours",
}  # fmt: skip


class PhotoLookController(QObject):
    """Changes the document's look at once, and remembers the step when the hand rests."""

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
        """Paint the photo otherwise; see PhotoLook. `settle` makes a step of it."""
        # A second style comes with a share of it.
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
        """What was changed since the last step is one."""
        self._rest.stop()
        (before, self._before), (name, self._name) = (self._before, None), (self._name, "")
        document = self._document
        if before is not None and before != document.look:
            text = tr("Photo: {what}", what=tr(NAMES[name]))
            self._history.push(
                _LookCommand(document, text, document.set_look, before, document.look, "photo")
            )


class _LookCommand(SetCommand):
    """A look that is there already when it is pushed."""

    def redo(self) -> None:
        if self.document.look != self.value:
            super().redo()
