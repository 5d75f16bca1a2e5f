"""Paint a doodle with a style that is still being marked, on a thread of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QThread, Signal

from app.document.resample import reduced_labels, resized_picture
from app.document.style_project import to_scribbles
from app.services.engine_worker import StudioFactory
from app.services.newest_task import NewestTask
from resources.materials import in_colours
from resources.style_details import StyleDetails

if TYPE_CHECKING:
    from engine.packs.marked_strokes import MarkedStrokes
    from engine.strokes.painter import StrokeStyle

LONGEST = 480
"""Longer side of the doodle and of the picture that it is painted from, in pixels."""

SEED = 1


@dataclass(frozen=True, eq=False)
class TrialJob:
    """A frozen request for a doodle in the style so far.

    `labels`: H x W uint8, materials and AVOID, None if nothing is marked; `doodle`: h x w uint8 of
    materials, or the file that has it.
    """

    labels: np.ndarray | None
    details: StyleDetails
    doodle: np.ndarray | Path


@dataclass(frozen=True, eq=False)
class TrialPicture:
    """The doodle, h x w x 3 uint8. `share`: how far it is painted, 0 in the materials' colours."""

    pixels: np.ndarray
    share: float


class StyleTrial(QObject):
    """Paints the newest job with a picture's strokes, coarse to fine.

    `picture`: H x W x 3 uint8. `came` carries TrialPictures, `failed` a sentence; `idle` is emitted
    when nothing is left to paint.
    """

    came = Signal(object)
    failed = Signal(str)
    idle = Signal()

    def __init__(
        self, picture: np.ndarray, factory: StudioFactory, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._small, self._factory = _within(picture), factory
        self._strokes: MarkedStrokes | None = None
        self._task = NewestTask("trial", self._work, self)
        self._shown: object = None
        self._task.came.connect(self.came)
        self._task.failed.connect(self.failed)
        self._task.idle.connect(self.idle)

    @property
    def busy(self) -> bool:
        """Whether a job waits or is painted."""
        return self._task.busy

    def paint(self, job: TrialJob) -> None:
        """Paint this job in place of any other."""
        self._task.post(job)

    def stop(self) -> None:
        """Join the thread."""
        self._task.stop()

    def _work(self, job: TrialJob) -> Iterator[TrialPicture]:
        doodle = _reduced(job.doodle)
        if self._shown is not job.doodle:
            self._shown = job.doodle
            yield TrialPicture(in_colours(doodle), 0.0)
        from engine.strokes.live import ensure_compiled
        from engine.studio import used_materials

        if not ensure_compiled(lambda: False):
            return
        if self._strokes is None:
            self._strokes = self._factory().marked_strokes(self._small)
        if job.labels is None:
            # What takes seconds is done before anything is marked.
            self._strokes.style(np.zeros(self._small.shape[:2], np.uint8), job.details, used=())
            return
        labels = _sampled(to_scribbles(job.labels), self._small.shape[:2])
        style = self._strokes.style(labels, job.details, used=used_materials(doodle))
        yield from _painted(style, doodle)


def _painted(style: "StrokeStyle", doodle: np.ndarray) -> Iterator[TrialPicture]:
    height, width = doodle.shape
    threads = QThread.idealThreadCount()
    for step in style.painter.paint(style.begin(doodle, SEED), doodle.shape, threads):
        yield TrialPicture(resized_picture(step.picture, width, height), step.share)


def _reduced(doodle: np.ndarray | Path) -> np.ndarray:
    if isinstance(doodle, Path):
        from engine.doodle.files import read_doodle

        doodle = read_doodle(doodle)
    return reduced_labels(doodle, min(1.0, LONGEST / max(doodle.shape)), samples=2)


def _within(picture: np.ndarray) -> np.ndarray:
    """Reduce a picture to LONGEST pixels on its longer side."""
    height, width = picture.shape[:2]
    share = min(1.0, LONGEST / max(height, width))
    return resized_picture(picture, max(1, round(width * share)), max(1, round(height * share)))


def _sampled(labels: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return labels at the size (rows, columns)."""
    rows, columns = (
        np.arange(new) * old // new for new, old in zip(shape, labels.shape, strict=False)
    )
    return labels[np.ix_(rows, columns)]
