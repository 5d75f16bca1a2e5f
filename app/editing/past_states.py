"""Find the states that a document had before the steps of its history."""

import time
from collections.abc import Iterator, Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from app.document.document_state import DocumentState
from app.editing.commands import DocumentCommand

SLICE = 0.008
"""Seconds per turn of the event loop."""


def past_states(state: DocumentState, steps: Sequence[DocumentCommand]) -> Iterator[DocumentState]:
    """Yield `state`, then the state before each of `steps`, which led to it, newest first."""
    yield state
    for step in steps:
        state = step.state_before(state)
        yield state


class StateCollector(QObject):
    """Collects past states in slices of the event loop; `collected` carries them, oldest first."""

    collected = Signal(list)

    def __init__(self, states: Iterator[DocumentState], parent: QObject) -> None:
        super().__init__(parent)
        self._states, self._found = states, list[DocumentState]()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._collect)
        self._timer.start(0)

    def _collect(self) -> None:
        end = time.perf_counter() + SLICE
        for state in self._states:
            self._found.append(state)
            if time.perf_counter() > end:
                return
        self._timer.stop()
        self.collected.emit(self._found[::-1])
