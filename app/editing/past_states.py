"""Find the states that a document had before the steps of its history."""

import time
from collections.abc import Container, Iterator, Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from app.document.document_state import DocumentState
from app.editing.commands import DocumentCommand

SLICE = 0.008
"""Seconds per turn of the event loop."""

BUDGET = 2**30
"""Bytes of doodles that may be kept; every second state is left out when they need more."""


def past_states(state: DocumentState, steps: Sequence[DocumentCommand]) -> Iterator[DocumentState]:
    """Yield `state`, then the state before each of `steps`, which led to it, newest first."""
    yield state
    for step in steps:
        state = step.state_before(state)
        yield state


class StateCollector(QObject):
    """Collects past states in slices of the event loop; `collected` carries them, oldest first.

    `wanted`: which of `states` are kept, from 0 on; the last one always is, and fewer of the others
    if they need more than `budget` bytes.
    """

    collected = Signal(list)

    def __init__(
        self,
        states: Iterator[DocumentState],
        wanted: Container[int],
        parent: QObject,
        budget: int = BUDGET,
    ) -> None:
        super().__init__(parent)
        self._states, self._wanted = enumerate(states), wanted
        self._found = list[DocumentState]()
        self._last: DocumentState | None = None
        self._asked, self._every = 0, 1
        self._budget, self._held = budget, 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._collect)
        self._timer.start(0)

    def _collect(self) -> None:
        end = time.perf_counter() + SLICE
        for number, state in self._states:
            self._last = state
            if number in self._wanted:
                self._keep(state)
            if time.perf_counter() > end:
                return
        self._timer.stop()
        if self._last is not None and self._last is not self._found[-1]:
            self._found.append(self._last)
        self.collected.emit(self._found[::-1])

    def _keep(self, state: DocumentState) -> None:
        if self._asked % self._every == 0:
            self._held += _added(state, self._found[-1] if self._found else None)
            self._found.append(state)
        self._asked += 1
        if self._held > self._budget and len(self._found) > 2:
            self._found, self._every = self._found[::2], 2 * self._every
            self._held = sum(map(_added, self._found, [None, *self._found]))


def _added(state: DocumentState, newer: DocumentState | None) -> int:
    """Return the bytes of a doodle's tiles that the state found before does not share."""
    if newer is None or newer.labels.bounds != state.labels.bounds:
        return state.labels.nbytes
    pairs = zip(state.labels.tiles, newer.labels.tiles, strict=True)
    return sum(tile.nbytes for tile, other in pairs if tile is not other)
