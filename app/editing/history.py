"""The steps back and forth, held within a budget of bytes."""

import sys
import time
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoStack

from app.editing.commands import DocumentCommand, new_serial

# Seconds that one turn of the event loop may spend on a jump over many steps.
SLICE = 0.008


class Step(NamedTuple):
    """What the history's list shows of one step; `icon` is a file name in resources/icons."""

    text: str
    icon: str


class History(QObject):
    """A QUndoStack with a limit in bytes. `changed` follows every step and every jump.

    QUndoStack cannot drop its oldest commands while it is in use, so they are released and the
    floor below which undo does not go rises above them.
    """

    changed = Signal()

    def __init__(self, budget: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stack = QUndoStack(self)
        self._budget = budget
        self._floor = 0
        self._beginning = self._clean = new_serial()
        self._goal: int | None = None
        self._walking = QTimer(self)
        self._walking.timeout.connect(self._walk)
        # What the stack holds, for asking it for each of thousands of steps would take long.
        self._commands: list[DocumentCommand] = []
        self._untidy: list[DocumentCommand] = []
        self._books = _Books()
        self._tidying = QTimer(self)
        self._tidying.timeout.connect(self._tidy)
        self._stack.indexChanged.connect(self._on_index)

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
        return self._commands[self._stack.index() - 1] if self.can_undo else None

    @property
    def done(self) -> list[DocumentCommand]:
        """All that undo can take back, the newest first."""
        return self._commands[self._floor : self._stack.index()][::-1]

    @property
    def step(self) -> int:
        """A number for the document's state: going back and forth leads to the same ones."""
        index = self._stack.index()
        return self._commands[index - 1].serial if index else self._beginning

    @property
    def clean(self) -> bool:
        """The document is in the state that `set_clean` was told last, or untouched."""
        return self.step == self._clean

    def set_clean(self, step: int | None) -> None:
        """In this state the document is as its file; None when it is so in no state.

        QUndoStack would only take the present state, but a file is finished later.
        """
        self._clean = step if step is not None else new_serial()
        self.changed.emit()

    @property
    def steps(self) -> list[Step]:
        """All that can be reached, oldest first; the last ones may be undone."""
        return [Step(command.text(), command.icon) for command in self._commands[self._floor :]]

    @property
    def at(self) -> int:
        """How many of `steps` are done."""
        return self._stack.index() - self._floor

    @property
    def forgotten(self) -> int:
        """How many steps are too old to be taken back."""
        return self._floor

    @property
    def nbytes(self) -> int:
        """Memory held by all steps; what several of them hold counts once."""
        return sum(_pieces(self._commands).values())

    def set_budget(self, budget: int) -> None:
        """Hold at most so many bytes from now on; the newest step always stays."""
        self._budget = budget
        self._keep_budget()

    def push(self, command: DocumentCommand) -> None:
        """Do the command (a PaintCommand is done already) and remember it."""
        self.arrive()
        for undone in self._commands[self._stack.index() :]:
            self._forget(undone)
        del self._commands[self._stack.index() :]
        self._commands.append(command)
        self._stack.push(command)
        self._untidy.append(command)
        self._tidying.start(0)
        self._tidy()

    def undo(self) -> None:
        """Take the last step back."""
        if self.can_undo:
            self._stack.undo()

    def redo(self) -> None:
        """Make the last undone step again."""
        self._stack.redo()

    def repaints(self, at: int) -> bool:
        """On the way to where `at` of `steps` are done lies another style, seed or canvas."""
        here, there = self._stack.index(), self._floor + at
        way = range(min(here, there), max(here, there))
        return any(self._commands[index].repaints for index in way)

    def go_to(self, at: int) -> None:
        """Undo or redo until `at` of `steps` are done, a slice of it per turn of the loop."""
        self._goal = self._floor + max(0, min(at, self._stack.count() - self._floor))
        if self._goal == self._stack.index():
            self._goal = None
        else:
            self._walking.start(0)

    def arrive(self) -> None:
        """Make the rest of a jump at once."""
        while self._goal is not None:
            self._walk()

    def reject(self) -> None:
        """Take the last step back as if it had never been made."""
        newest = self.newest
        if newest is not None:
            newest.undo()
            # QUndoStack only forgets an obsolete command, it does not undo it.
            newest.setObsolete(True)
            self._forget(newest)
            self._commands.remove(newest)
            self._stack.undo()

    def clear(self) -> None:
        """Forget everything, as for a document just opened."""
        self._floor = 0
        self._goal = None
        self._commands.clear()
        self._untidy.clear()
        self._books = _Books()
        self._beginning = self._clean = new_serial()
        self._stack.clear()
        self.changed.emit()

    def _walk(self) -> None:
        end = time.perf_counter() + SLICE
        with self._commands[0].document.together():
            while self._goal is not None and time.perf_counter() < end:
                here = self._stack.index()
                if here == self._goal:
                    self._goal = None
                else:
                    self._stack.setIndex(here + (1 if self._goal > here else -1))
        if self._goal is None:
            self._walking.stop()
        self.changed.emit()

    def _on_index(self) -> None:
        if self._goal is None:
            self.changed.emit()

    def _tidy(self) -> None:
        """Make new steps small, a slice per turn of the loop, and then see to the budget."""
        end = time.perf_counter() + SLICE
        while self._untidy:
            if not self._untidy[0].tidy():
                self._books.add(self._untidy.pop(0))
            if time.perf_counter() > end:
                return
        self._tidying.stop()
        self._keep_budget()

    def _forget(self, command: DocumentCommand) -> None:
        """The command holds nothing any more."""
        if command in self._untidy:
            self._untidy.remove(command)
        else:
            self._books.remove(command)

    def _keep_budget(self) -> None:
        # The newest step always stays, however large it is.
        while self._books.nbytes > self._budget and self._floor < self._stack.index() - 1:
            oldest = self._commands[self._floor]
            self._books.remove(oldest)
            oldest.release()
            self._floor += 1
            self.changed.emit()


class _Books:
    """Counts the bytes of many steps; what several of them hold counts once."""

    def __init__(self) -> None:
        self.nbytes = 0
        self._owners: Counter[int] = Counter()

    def add(self, command: DocumentCommand) -> None:
        for piece, size in _pieces([command]).items():
            self.nbytes += 0 if self._owners[piece] else size
            self._owners[piece] += 1

    def remove(self, command: DocumentCommand) -> None:
        for piece, size in _pieces([command]).items():
            self._owners[piece] -= 1
            if not self._owners[piece]:
                del self._owners[piece]
                self.nbytes -= size


def _pieces(commands: Iterable[DocumentCommand]) -> dict[int, int]:
    """Id and size of every piece of memory that the commands hold."""
    return {id(piece): _size(piece) for command in commands for piece in command.held()}


def _size(piece: bytes | np.ndarray) -> int:
    return piece.nbytes if isinstance(piece, np.ndarray) else sys.getsizeof(piece)
