"""Refine worker: executes one run at a time, tile by tile, on the engine thread."""

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
from app.services.meanings import meanings_of
from app.services.photo_painter import engine_look

if TYPE_CHECKING:
    from engine.studio import RefineRequest, RefineStep


@dataclass(frozen=True, eq=False)
class RefineJob:
    """A frozen request for a refined picture.

    `start`: the picture to start from; `selection`: H x W bool, read-only, or None for all.
    """

    run: int
    state: DocumentState
    start: PictureSnapshot | PaintingSnapshot
    selection: np.ndarray | None
    options: RefineOptions

    def request(self) -> "RefineRequest":
        """Return the request for the engine; joins the tiles, which is slow for the UI thread."""
        from engine.studio import RefineRequest  # imports torch, so not on the UI thread

        options, state, look = self.options, self.state, None
        photo = state.photo
        if photo is not None:
            look = engine_look(state.look, state.style_id, state.seed)
        return RefineRequest(
            state.labels.array(), state.style_id, state.seed, self.start.array(),
            quality=options.quality, strength=options.strength, detail=options.detail,
            selection=self.selection, strokes=STROKES[options.strokes], device=options.device,
            photo=photo.pixels if photo is not None else None, content=options.content, look=look,
            meanings=meanings_of(state),
        )  # fmt: skip


class Outcome(Enum):
    """Result of a run."""

    FINISHED = auto()
    STOPPED = auto()
    FAILED = auto()


class _Stop(Exception):
    """Raised inside the engine's work to end a run."""


class RefineWorker(QObject):
    """Lives on the engine thread beside the EngineWorker.

    Between tiles, other events of the thread are handled, for example exports. Within a tile,
    waiting previews are painted and stop requests are checked. `stepped` carries the run's number
    and a RefineStep, `ended` the number, the Outcome and an error sentence. `paused`: while set,
    the run does not continue. Runs up to the number `unwanted` are stopped.
    """

    stepped = Signal(int, object)
    ended = Signal(int, object, str)
    _go_on = Signal()

    def __init__(self, engine: EngineWorker) -> None:
        super().__init__()
        self.paused = threading.Event()
        # Not `urgent`, which a late stop request for the previous run could still clear.
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
        """Continue or stop the run, after a request to resume or stop."""
        if self._steps is None:
            # The stop request came after the end of the run.
            self._engine.urgent.clear()
        elif not self._awaited:
            self._awaited = True
            self._go_on.emit()

    @Slot()
    def leave(self) -> None:
        """Drop the run, before the thread ends."""
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
