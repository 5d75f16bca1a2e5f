"""The undo history, limited to a budget of bytes."""

import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoStack

from app.document.undo_steps import NewStep, Place, UndoHistory
from app.editing.commands import CanvasCommand, DocumentCommand, new_serial

# Seconds that a jump over many steps may take per turn of the event loop.
SLICE = 0.008


class Step(NamedTuple):
    """The text and icon of a step in the history's list; `icon`: file name in resources/icons."""

    text: str
    icon: str


class History(QObject):
    """A QUndoStack with a limit in bytes. `changed` is emitted after every step and jump.

    QUndoStack cannot remove its oldest commands while it is in use. So their memory is released,
    and `_floor` counts the released steps, which undo does not reach.
    """

    changed = Signal()

    def __init__(self, budget: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stack = QUndoStack(self)
        self._budget = budget
        # Steps that are not in the stack, because they were not recovered.
        self._floor = self._earlier = 0
        # Number of this history, which is another one after `clear`.
        self._number = 1
        self._beginning = new_serial()
        # Index of the state in the file; None if no step leads there.
        self._clean: int | None = 0
        # Whether `changed` announces a step that was just pushed.
        self._pushing = False
        self._goal: int | None = None
        self._jump_timer = QTimer(self)
        self._jump_timer.timeout.connect(self._continue_jump)
        # A copy of the stack's content: reading thousands of steps from the stack is slow.
        self._commands: list[DocumentCommand] = []
        self._untidy: list[DocumentCommand] = []
        self._memory = _MemoryCounter()
        self._tidy_timer = QTimer(self)
        self._tidy_timer.timeout.connect(self._tidy)
        self._stack.indexChanged.connect(self._on_index)

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to undo."""
        return self._stack.index() > self._floor

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to redo."""
        return self._stack.canRedo()

    @property
    def undo_text(self) -> str:
        """Text of the next step to undo, e.g. "Brush: Sky"; empty if none."""
        return self._stack.undoText() if self.can_undo else ""

    @property
    def redo_text(self) -> str:
        """Text of the next step to redo; empty if none."""
        return self._stack.redoText()

    @property
    def newest(self) -> DocumentCommand | None:
        """The next step to undo; None if none."""
        return self._commands[self._stack.index() - 1] if self.can_undo else None

    @property
    def done(self) -> list[DocumentCommand]:
        """All steps that can be undone, newest first."""
        return self._commands[self._floor : self._stack.index()][::-1]

    @property
    def step(self) -> int:
        """Number of the document's state; undo and redo return to the same numbers."""
        index = self._stack.index()
        return self._commands[index - 1].serial if index else self._beginning

    @property
    def reachable(self) -> set[int]:
        """The numbers of all states that undo and redo can reach, see `step`."""
        oldest = self._commands[self._floor - 1].serial if self._floor else self._beginning
        return {oldest, *(command.serial for command in self._commands[self._floor :])}

    @property
    def clean(self) -> bool:
        """Whether the document is in the state last passed to `set_clean`, or unchanged."""
        return self._stack.index() == self._clean

    def set_clean(self, step: int | None) -> None:
        """Mark a state (see `step`) as identical to the file; None if no state is.

        QUndoStack can only mark the current state, but saving ends later than it begins.
        """
        serials = [self._beginning, *(command.serial for command in self._commands)]
        self._clean = serials.index(step) if step in serials else None
        self.changed.emit()

    @property
    def place(self) -> Place:
        """The place of the current state, as the journal records it."""
        saved = self._clean + self._earlier if self._clean is not None else None
        at = self._stack.index() + self._earlier
        return Place(self._number, at, saved, self._new_step() if self._pushing else None)

    @property
    def steps(self) -> list[Step]:
        """All reachable steps, oldest first; the first `at` of them are done."""
        return [Step(command.text(), command.icon) for command in self._commands[self._floor :]]

    @property
    def at(self) -> int:
        """Number of `steps` that are done, i.e. not undone."""
        return self._stack.index() - self._floor

    @property
    def forgotten(self) -> int:
        """Number of steps that can no longer be undone, because their memory was released."""
        return self._earlier + self._floor

    @property
    def nbytes(self) -> int:
        """Memory of all steps in bytes; shared blocks count once."""
        return sum(_pieces(self._commands).values())

    def set_budget(self, budget: int) -> None:
        """Set the limit in bytes; the newest step is always kept."""
        self._budget = budget
        self._keep_budget()

    def push(self, command: DocumentCommand) -> None:
        """Apply the command (a PaintCommand is already applied) and add it to the history."""
        self.arrive()
        index = self._stack.index()
        for undone in self._commands[index:]:
            self._forget(undone)
        del self._commands[index:]
        if self._clean is not None and self._clean > index:
            self._clean = None
        self._commands.append(command)
        self._pushing = True
        self._stack.push(command)
        self._pushing = False
        self._untidy.append(command)
        self._tidy_timer.start(0)
        self._tidy()

    def undo(self) -> None:
        """Undo the last step."""
        if self.can_undo:
            self._stack.undo()

    def redo(self) -> None:
        """Redo the last undone step."""
        self._stack.redo()

    def repaints(self, at: int) -> bool:
        """Return whether going to `at` done `steps` changes style, seed or canvas."""
        here, there = self._stack.index(), self._floor + at
        between = range(min(here, there), max(here, there))
        return any(self._commands[index].repaints for index in between)

    def go_to(self, at: int) -> None:
        """Undo or redo until `at` of `steps` are done, in slices of the event loop."""
        self._goal = self._floor + max(0, min(at, self._stack.count() - self._floor))
        if self._goal == self._stack.index():
            self._goal = None
        else:
            self._jump_timer.start(0)

    def arrive(self) -> None:
        """Complete a running jump immediately."""
        while self._goal is not None:
            self._continue_jump()

    def reject(self) -> None:
        """Undo the last step and remove it from the history."""
        newest = self.newest
        if newest is not None:
            newest.undo()
            # QUndoStack removes an obsolete command without undoing it.
            newest.setObsolete(True)
            self._forget(newest)
            self._commands.remove(newest)
            if self._clean == self._stack.index():
                self._clean = None
            self._stack.undo()

    def clear(self) -> None:
        """Remove all steps, as for a newly opened document."""
        self._clear()
        self.changed.emit()

    def restore(self, commands: Sequence[DocumentCommand], recovered: UndoHistory) -> None:
        """Begin with steps that were recovered, as commands; the document shows their state."""
        self._clear()
        self._number, self._earlier = recovered.place.history, recovered.earlier
        saved = recovered.saved
        self._clean = saved if saved is not None and 0 <= saved <= len(commands) else None
        self._stack.blockSignals(True)
        for command in commands:
            command.skips = True
            self._stack.push(command)
            self._commands.append(command)
            self._memory.add(command)
        for command in commands[recovered.at :]:
            command.skips = True
        self._stack.setIndex(recovered.at)
        self._stack.blockSignals(False)
        self._keep_budget()
        self.changed.emit()

    def renew(self) -> None:
        """Announce that the newest step has changed, as if it had just been pushed."""
        self._pushing = True
        self.changed.emit()
        self._pushing = False

    def _clear(self) -> None:
        self._floor = self._earlier = 0
        self._number += 1
        self._goal = None
        self._commands.clear()
        self._untidy.clear()
        self._memory = _MemoryCounter()
        self._beginning, self._clean = new_serial(), 0
        self._stack.blockSignals(True)
        self._stack.clear()
        self._stack.blockSignals(False)

    def _new_step(self) -> NewStep | None:
        newest = self._commands[self._stack.index() - 1]
        before = newest.before()
        if before is None:
            return None
        return NewStep(newest.text(), newest.icon, before, isinstance(newest, CanvasCommand))

    def _continue_jump(self) -> None:
        end = time.perf_counter() + SLICE
        with self._commands[0].document.together():
            while self._goal is not None and time.perf_counter() < end:
                here = self._stack.index()
                if here == self._goal:
                    self._goal = None
                else:
                    self._stack.setIndex(here + (1 if self._goal > here else -1))
        if self._goal is None:
            self._jump_timer.stop()
        self.changed.emit()

    def _on_index(self) -> None:
        if self._goal is None:
            self.changed.emit()

    def _tidy(self) -> None:
        """Compress new steps in slices of the event loop, then enforce the budget."""
        end = time.perf_counter() + SLICE
        while self._untidy:
            if not self._untidy[0].tidy():
                self._memory.add(self._untidy.pop(0))
            if time.perf_counter() > end:
                return
        self._tidy_timer.stop()
        self._keep_budget()

    def _forget(self, command: DocumentCommand) -> None:
        """Stop counting the memory of a removed command."""
        if command in self._untidy:
            self._untidy.remove(command)
        else:
            self._memory.remove(command)

    def _keep_budget(self) -> None:
        # The newest step is kept even if it exceeds the budget.
        while self._memory.nbytes > self._budget and self._floor < self._stack.index() - 1:
            oldest = self._commands[self._floor]
            self._memory.remove(oldest)
            oldest.release()
            self._floor += 1
            self.changed.emit()


class _MemoryCounter:
    """Counts the memory of many steps; shared blocks count once."""

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
    """Return id and size in bytes of all blocks of memory of the commands."""
    return {id(piece): _size(piece) for command in commands for piece in command.held()}


def _size(piece: bytes | np.ndarray) -> int:
    return piece.nbytes if isinstance(piece, np.ndarray) else sys.getsizeof(piece)
