"""Undoable commands on the document, and the history that holds them within a budget of bytes."""

from collections.abc import Callable
from itertools import count
from typing import cast

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from app.document.document import Document
from app.document.label_map import LabelMap, LabelSnapshot
from app.document.patch import Patch
from app.document.refined import Refined
from app.document.selection import Selection
from app.words import tr

Selections = tuple[Selection | None, Selection | None]

_serials = count(1)


class DocumentCommand(QUndoCommand):
    """A step back and forth. `nbytes` is what it holds; `release` lets that go for good.

    No two steps have the same `serial`.
    """

    def __init__(self, document: Document, text: str) -> None:
        super().__init__(text)
        self.document = document
        self.serial = next(_serials)

    @property
    def nbytes(self) -> int:
        """Memory held."""
        return 0

    def release(self) -> None:
        """Drop the held memory; the history never calls this step again."""


class PaintCommand(DocumentCommand):
    """An edit of the doodle that has been made already.

    `selections`: before and after it; where they differ, the step brings them back as well.
    """

    def __init__(
        self, document: Document, patch: Patch, text: str, selections: Selections = (None, None)
    ) -> None:
        super().__init__(document, text)
        self.patch: Patch | None = patch
        self._selections = selections if selections[0] is not selections[1] else None
        self._made = True

    @property
    def nbytes(self) -> int:
        masks = [side.mask.nbytes for side in self._selections or () if side is not None]
        return sum(masks) + (0 if self.patch is None else self.patch.nbytes)

    def release(self) -> None:
        self.patch = self._selections = None

    def undo(self) -> None:
        if self.patch is not None:
            self.document.undo_patch(self.patch)
            self._select(0)

    def redo(self) -> None:
        # QUndoStack calls redo on push, when the stroke is already on the canvas.
        if self._made:
            self._made = False
        elif self.patch is not None:
            self.document.redo_patch(self.patch)
            self._select(1)

    def _select(self, side: int) -> None:
        if self._selections is not None:
            self.document.set_selection(self._selections[side])


class SetCommand(DocumentCommand):
    """A new value for one property of the document: its style or its seed."""

    def __init__(
        self, document: Document, text: str, setter: Callable[..., None], old: object, new: object
    ) -> None:
        super().__init__(document, text)
        self._setter, self._old = setter, old
        self.value = new

    def undo(self) -> None:
        self._setter(self._old)

    def redo(self) -> None:
        self._setter(self.value)


class RefineCommand(DocumentCommand):
    """A refined picture in place of the one before, or of none."""

    def __init__(self, document: Document, refined: Refined) -> None:
        super().__init__(document, tr("Refine"))
        self._old = document.refined
        self._new: Refined | None = refined

    @property
    def nbytes(self) -> int:
        return sum(side.nbytes for side in (self._old, self._new) if side is not None)

    def release(self) -> None:
        self._old = self._new = None

    def undo(self) -> None:
        if self._new is not None:
            self.document.set_refined(self._old)

    def redo(self) -> None:
        if self._new is not None:
            self.document.set_refined(self._new)


class CanvasCommand(DocumentCommand):
    """Another doodle, of any size, in place of this one and its refined picture."""

    def __init__(self, document: Document, labels: LabelMap, text: str) -> None:
        super().__init__(document, text)
        self._old: LabelSnapshot | None = document.labels.snapshot()
        self._refined = document.refined
        self._new: LabelSnapshot | None = labels.snapshot()

    @property
    def nbytes(self) -> int:
        held = (self._old, self._refined, self._new)
        return sum(part.nbytes for part in held if part is not None)

    def release(self) -> None:
        self._old = self._refined = self._new = None

    def undo(self) -> None:
        self._lay(self._old, self._refined)

    def redo(self) -> None:
        self._lay(self._new, None)

    def _lay(self, snapshot: LabelSnapshot | None, refined: Refined | None) -> None:
        if snapshot is not None:
            self.document.replace_canvas(LabelMap.from_snapshot(snapshot), refined)


class History(QObject):
    """A QUndoStack with a limit in bytes.

    QUndoStack cannot drop its oldest commands while it is in use, so they are released and the
    floor below which undo does not go rises above them.
    """

    changed = Signal()

    def __init__(self, budget: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stack = QUndoStack(self)
        self._budget = budget
        self._floor = 0
        self._beginning = self._clean = next(_serials)
        self._stack.indexChanged.connect(self.changed)

    def set_budget(self, budget: int) -> None:
        """Hold at most this many bytes from now on; the oldest steps beyond that go."""
        self._budget = budget
        self._keep_budget()

    @property
    def can_undo(self) -> bool:
        """A step is there to be taken back."""
        return self._stack.index() > self._floor

    @property
    def can_redo(self) -> bool:
        """A step is there to be made again."""
        return self._stack.canRedo()

    @property
    def undo_text(self) -> str:
        """What undo would take back, e.g. "Brush: Sky"; empty when nothing."""
        return self._stack.undoText() if self.can_undo else ""

    @property
    def redo_text(self) -> str:
        """What redo would make again."""
        return self._stack.redoText()

    @property
    def newest(self) -> DocumentCommand | None:
        """The step that undo would take back."""
        return self._commands()[self._stack.index() - 1] if self.can_undo else None

    @property
    def step(self) -> int:
        """A number for the document's state: going back and forth leads to the same ones."""
        index = self._stack.index()
        if not index:
            return self._beginning
        return cast(DocumentCommand, self._stack.command(index - 1)).serial

    @property
    def clean(self) -> bool:
        """The document is in the state that `set_clean` was told last, or untouched."""
        return self.step == self._clean

    def set_clean(self, step: int | None) -> None:
        """In this state the document is as its file; None when it is so in no state.

        QUndoStack would only take the present state, but a file is finished later.
        """
        self._clean = step if step is not None else next(_serials)
        self.changed.emit()

    @property
    def nbytes(self) -> int:
        """Memory held by all steps."""
        return sum(command.nbytes for command in self._commands())

    def push(self, command: DocumentCommand) -> None:
        """Do the command (a PaintCommand is done already) and remember it."""
        self._stack.push(command)
        self._keep_budget()

    def undo(self) -> None:
        """Take the last step back."""
        if self.can_undo:
            self._stack.undo()

    def redo(self) -> None:
        """Make the last undone step again."""
        self._stack.redo()

    def reject(self) -> None:
        """Take the last step back as if it had never been made."""
        newest = self.newest
        if newest is not None:
            newest.undo()
            # QUndoStack only forgets an obsolete command, it does not undo it.
            newest.setObsolete(True)
            self._stack.undo()

    def clear(self) -> None:
        """Forget everything, as for a document just opened."""
        self._floor = 0
        self._beginning = self._clean = next(_serials)
        self._stack.clear()
        self.changed.emit()

    def _commands(self) -> list[DocumentCommand]:
        stack = self._stack
        return [cast(DocumentCommand, stack.command(index)) for index in range(stack.count())]

    def _keep_budget(self) -> None:
        commands = self._commands()
        held = sum(command.nbytes for command in commands)
        # The newest step always stays, however large it is.
        while held > self._budget and self._floor < self._stack.index() - 1:
            oldest = commands[self._floor]
            held -= oldest.nbytes
            oldest.release()
            self._floor += 1
            self.changed.emit()
