"""Refine on the engine's thread: one run at a time, a tile at a time."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.document.document import PaintingSnapshot
from app.document.document_state import DocumentState
from app.document.picture import PictureSnapshot
from app.document.refined import STROKES, RefineOptions
from app.services.engine_worker import EngineWorker, sentence
from app.services.photo_painter import engine_look

if TYPE_CHECKING:
    from engine.studio import RefineRequest, RefineStep


@dataclass(frozen=True, eq=False)
class RefineJob:
    """A frozen wish for a refined picture.

    `start`: the picture where the run begins; `selection`: H x W bool, read-only, or None for all.
    """

    run: int
    state: DocumentState
    start: PictureSnapshot | PaintingSnapshot
    selection: np.ndarray | None
    options: RefineOptions

    def request(self) -> "RefineRequest":
        """The same for the engine; lays the tiles out as one array, so not on the UI thread."""
        from engine.studio import RefineRequest  # on this thread torch is there

        options, state, look = self.options, self.state, None
        photo = state.photo
        if photo is not None:
            look = engine_look(state.look, state.style_id, state.seed)
        return RefineRequest(
            state.labels.array(), state.style_id, state.seed, self.start.array(),
            quality=options.quality, strength=options.strength, detail=options.detail,
            selection=self.selection, strokes=STROKES[options.strokes], device=options.device,
            photo=photo.pixels if photo is not None else None, content=options.content, look=look,
        )  # fmt: skip


class Outcome(Enum):
    """How a run ended."""

    FINISHED = auto()
    STOPPED = auto()
    FAILED = auto()


class _Stop(Exception):
    """Ends a run from inside of the engine's work."""


class RefineWorker(QObject):
    """Lives on the engine's thread beside the EngineWorker.

    Between tiles the thread's other events have their turn, pictures to save for example; in the
    middle of a tile waiting previews are painted, and a wish to stop is obeyed. `stepped` carries
    the run's number and a RefineStep, `ended` the number, the Outcome and what went wrong. Runs up
    to the number `unwanted` end.
    """

    stepped = Signal(int, object)
    ended = Signal(int, object, str)
    _go_on = Signal()

    def __init__(self, engine: EngineWorker) -> None:
        super().__init__()
        self.paused = threading.Event()
        # Not `urgent`: a wish to stop the run before may still be on its way and clear that.
        self.unwanted = 0
        self._engine = engine
        self._run = 0
        self._steps: Iterator[RefineStep] | None = None
        self._awaited = False
        self._go_on.connect(self._advance, Qt.ConnectionType.QueuedConnection)

    @Slot(object)
    def begin(self, job: RefineJob) -> None:
        """Start a run."""
        self._run = job.run
        try:
            assert self._engine.studio is not None
            self._steps = self._engine.studio.refine(job.request(), self._between)
        except Exception as error:
            self._end(Outcome.FAILED, sentence(error))
        else:
            self.look_up()

    @Slot()
    def look_up(self) -> None:
        """Something has changed: go on, or stop."""
        if self._steps is None:
            # The wish to stop came too late.
            self._engine.urgent.clear()
        elif not self._awaited:
            self._awaited = True
            self._go_on.emit()

    @Slot()
    def leave(self) -> None:
        """Let go of the run, for the thread ends."""
        self._steps = None

    @Slot()
    def _advance(self) -> None:
        self._awaited = False
        if self._steps is None:
            return
        try:
            self._check()
            if self.paused.is_set():
                return
            step = next(self._steps)
        except StopIteration:
            self._end(Outcome.FINISHED)
        except _Stop:
            self._end(Outcome.STOPPED)
        except Exception as error:
            self._end(Outcome.FAILED, sentence(error))
        else:
            self.stepped.emit(self._run, step)
            self.look_up()

    def _between(self) -> None:
        self._check()
        self._engine.serve_waiting()
        self._check()

    def _check(self) -> None:
        if self._run <= self.unwanted or self._engine.closing.is_set():
            raise _Stop

    def _end(self, outcome: Outcome, problem: str = "") -> None:
        self._steps = None
        self._engine.urgent.clear()
        self.ended.emit(self._run, outcome, problem)
