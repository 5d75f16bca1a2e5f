"""Paint variations of a doodle, in other seeds and styles, on a thread of their own."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QThread, Signal, Slot

from app.document.brushwork import reduced_stroke
from app.document.document_state import DocumentState
from app.document.resample import reduced_labels
from app.services.engine_worker import EngineSettings, StudioFactory, new_studio, sentence
from app.services.meanings import meanings_of
from app.services.thread_priority import give_way
from engine.requests import PreviewRequest, StrokeRequest

if TYPE_CHECKING:
    from engine.studio import Studio

Steps = Iterator[tuple[np.ndarray | None, bool]]
"""Of painting one picture: what there is of it, and whether this way of painting is the last."""

_Doodle = tuple[np.ndarray, np.ndarray | None]
"""Reduced material ids, H x W, and the pen's directions for them."""


@dataclass(frozen=True)
class Variation:
    """What one picture shows: a style and a seed. `strokes`: strokes follow the network."""

    style_id: str
    seed: int
    strokes: bool


@dataclass(frozen=True, eq=False)
class VariationsJob:
    """A frozen request for pictures of one document.

    `longest`: the doodle is reduced to so many pixels on its longer side; `engine`: the settings of
    the window's engine.
    """

    serial: int
    state: DocumentState
    variations: tuple[Variation, ...]
    longest: int
    engine: EngineSettings

    def stroke_on(self, labels: np.ndarray) -> float:
        """Return the size of strokes on the reduced doodle, H x W material ids."""
        whole = self.state.labels
        factor = max(labels.shape) / max(whole.width, whole.height)
        return reduced_stroke(self.state.brushwork.stroke, factor)


class VariationsWorker(QObject):
    """Lives on the variations thread; a newer job stops the one in progress.

    All pictures by the network come first, then those with strokes, one after another. Each is the
    whole doodle, reduced, because strokes cannot be painted for a part of the canvas alone: the
    flow field and the random numbers depend on the position. `painted` carries the job's serial,
    the index of the variation, h x w x 3 uint8 RGB and whether this is its last picture; `failed`
    the serial, the index and one sentence.

    `wanted`: the newest job, None to paint nothing; set by the UI thread.
    """

    painted = Signal(int, int, object, bool)
    failed = Signal(int, int, str)

    def __init__(self, factory: StudioFactory) -> None:
        super().__init__()
        self.closing = threading.Event()
        self.wanted: VariationsJob | None = None
        self._factory = factory
        self._studio: Studio | None = None
        self._served: VariationsJob | None = None

    @Slot()
    def start(self) -> None:
        """Lower the thread's priority: the pen and the painting on screen come first."""
        give_way()

    @Slot()
    def serve(self) -> None:
        """Paint the newest job; free the styles if none is wanted."""
        job = self.wanted
        if job is None or self.closing.is_set():
            self._studio = self._served = None
        elif job is not self._served:
            self._served = job
            self._serve(job)

    @Slot()
    def leave(self) -> None:
        """Free the styles and end the thread."""
        self._studio = self._served = None
        QThread.currentThread().quit()

    def _serve(self, job: VariationsJob) -> None:
        try:
            studio = self._ready_studio(job.engine)
            labels = labels_within(job.state.labels.array(), job.longest)
            turned = job.state.directions_at(labels.shape)
        except Exception as error:
            for index in range(len(job.variations)):
                self.failed.emit(job.serial, index, sentence(error))
            return
        for strokes in (False, True):
            for index, variation in enumerate(job.variations):
                if self._stopped(job):
                    return
                if variation.strokes or not strokes:
                    doodle = labels, turned
                    self._paint(job, index, self._steps(studio, doodle, variation, strokes))

    def _paint(self, job: VariationsJob, index: int, steps: Steps) -> None:
        """Paint one picture and report it, unless it is stopped."""
        picture, last = None, False
        try:
            for step in steps:
                if self._stopped(job):
                    return
                picture, last = step
        except Exception as error:
            self.failed.emit(job.serial, index, sentence(error))
        else:
            if picture is not None:
                self.painted.emit(job.serial, index, picture, last)

    def _steps(
        self, studio: "Studio", doodle: _Doodle, variation: Variation, strokes: bool
    ) -> Steps:
        """Yield after every unit of work; the last value has the picture."""
        job, style_id, seed = self._served, variation.style_id, variation.seed
        assert job is not None
        labels, turned = doodle
        meanings = meanings_of(job.state, style_id)
        if not strokes:
            request = PreviewRequest(
                0, style_id, labels, seed, None, meanings=meanings, directions=turned
            )
            for picture in _by_network(studio, request):
                yield picture, not variation.strokes
            return
        from engine.strokes.live import ensure_compiled  # imports numba

        if ensure_compiled(lambda: self._stopped(job)):
            stroke = job.stroke_on(labels)
            wanted = StrokeRequest(
                labels, style_id, seed, stroke, meanings=meanings, directions=turned
            )
            for step in studio.strokes(wanted):
                yield np.ascontiguousarray(step.picture), True

    def _ready_studio(self, settings: EngineSettings) -> "Studio":
        """Return a studio of this thread; the engine thread's may be used by that thread only."""
        if self._studio is None:
            self._studio = new_studio(self._factory, settings)
        return self._studio

    def _stopped(self, job: VariationsJob) -> bool:
        return self.wanted is not job or self.closing.is_set()


def labels_within(labels: np.ndarray, longest: int) -> np.ndarray:
    """Scale material ids, H x W, down to at most `longest` pixels a side; read-only."""
    return reduced_labels(labels, min(1.0, longest / max(labels.shape)), samples=2)


def _by_network(studio: "Studio", request: PreviewRequest) -> Iterator[np.ndarray | None]:
    """Yield None after every unit of work, and at last the picture."""
    studio.load_style(request.style_id)
    yield None
    picture = np.empty((*request.labels.shape, 3), np.uint8)
    for patch in studio.preview_steps(request):
        left, top, right, bottom = patch.rect
        picture[top:bottom, left:right] = patch.pixels
        yield None
    yield picture
