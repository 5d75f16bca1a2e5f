"""Paint single frames of a clip, on a thread of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.document.clip_options import ClipOptions
from app.services.engine_worker import EngineSettings, StudioFactory, new_studio
from app.services.newest_task import NewestTask
from engine.requests import PhotoLook

if TYPE_CHECKING:
    from engine.studio import Studio
    from engine.video.clip import Clip
    from engine.video.keyframes import Keyframe
    from engine.video.painter import VideoLook


@dataclass(frozen=True, eq=False)
class PreviewFrame:
    """A request to paint frame `number` of a clip, H x W x 3 uint8, on its own."""

    path: Path
    number: int
    pixels: np.ndarray
    options: ClipOptions


@dataclass(frozen=True, eq=False)
class PaintedFrame:
    """A frame that is being painted: the share done, 0-1, and at last the picture."""

    job: PreviewFrame
    share: float
    pixels: np.ndarray | None = None


class ClipPreview(QObject):
    """Paints the newest frame that was asked for; others are dropped.

    `came` carries PaintedFrames, `failed` an error sentence.
    """

    came = Signal(object)
    failed = Signal(str)

    def __init__(
        self, factory: StudioFactory, engine: EngineSettings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._factory, self._engine = factory, engine
        self._studio: Studio | None = None
        self._clip: Clip | None = None
        self._task = NewestTask("clip preview", self._work, self)
        self._task.came.connect(self.came)
        self._task.failed.connect(self.failed)

    @property
    def busy(self) -> bool:
        """Whether a frame waits or is painted."""
        return self._task.busy

    def paint(self, job: PreviewFrame) -> None:
        """Paint this frame in place of any other."""
        self._task.post(job)

    def stop(self) -> None:
        """Join the thread."""
        self._task.stop()

    def _work(self, job: PreviewFrame) -> Iterator[PaintedFrame]:
        yield PaintedFrame(job, 0.0)
        if self._studio is None:
            self._studio = new_studio(self._factory, self._engine)
        options, pixels = job.options, job.pixels
        keyframe = self._keyframe(job)
        for done in self._studio.clip_frame(
            _reduced(pixels, options.longest), video_look(options), keyframe
        ):
            if isinstance(done, float):
                yield PaintedFrame(job, done)
            else:
                yield PaintedFrame(job, 1.0, done)

    def _keyframe(self, job: PreviewFrame) -> "Keyframe | None":
        """Return the painted frame that is nearest in time."""
        from engine.video.files import open_clip
        from engine.video.keyframes import read_keyframes
        from engine.video.reduced import reduced

        if not job.options.keyframes:
            return None
        nearest = min(job.options.keyframes, key=lambda each: abs(each[0] - job.number))
        if self._clip is None or self._clip.path != job.path:
            self._clip = open_clip(job.path)
        return read_keyframes(reduced(self._clip, job.options.longest), [nearest], 0)[0]


def video_look(options: ClipOptions) -> "VideoLook":
    """Return the engine's look of a clip. Raises ValueError."""
    from engine.video.painter import VideoLook

    strokes = options.by == "strokes"
    look = PhotoLook(
        options.style, by=options.by, stroke=options.stroke, detail=options.detail,
        seed=options.seed, like=options.like if strokes else "",
    )  # fmt: skip
    return VideoLook(look, options.boil if strokes else 0)


def _reduced(pixels: np.ndarray, longest: int) -> np.ndarray:
    from engine.video.reduced import reduced_size

    height, width = pixels.shape[:2]
    if not 0 < longest < max(width, height):
        return pixels
    from engine.photo.pixels import resized

    return resized(pixels, reduced_size((width, height), longest))
