"""Open a clip, and read and play its frames, on a thread of its own."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PySide6.QtCore import QObject, Signal

from app.services.newest_task import NewestTask

if TYPE_CHECKING:
    from engine.video.reader import FrameReader

WAIT = 0.01
"""Seconds between two looks whether the clip shall still be played."""

LATE = 0.1
"""Seconds after which a frame that is due is left out when a clip is played."""

STALE = 0.15
"""Seconds after which a frame is read to its end although another one is wanted by now.

While the user drags through a clip, there is always a newer wish.
"""

AHEAD = 2
"""Most played frames that wait to be shown."""

Box = tuple[int, int]


@dataclass(frozen=True)
class ClipFacts:
    """Facts about a clip: `size`: width and height; `times`: of its frames, in seconds."""

    path: Path
    size: tuple[int, int]
    times: Sequence[Fraction]
    rate: float
    sound: bool

    @property
    def count(self) -> int:
        """Number of frames."""
        return len(self.times)

    @property
    def seconds(self) -> float:
        """Length of the clip."""
        return float(self.times[-1]) + 1 / self.rate


@dataclass(frozen=True, eq=False)
class ClipFrame:
    """A frame: `pixels` H x W x 3 uint8; `shown`: the same, reduced to the size on screen."""

    number: int
    pixels: np.ndarray
    shown: np.ndarray


@dataclass(frozen=True)
class _Show:
    number: int
    box: Box
    last: int | None = None


class ClipFrames(QObject):
    """Reads the frames of one clip; only the newest wish counts.

    `opened` carries ClipFacts, `came` ClipFrames, `failed` an error sentence; `ended`: the part
    that was played is over.
    """

    opened = Signal(object)
    came = Signal(object)
    failed = Signal(str)
    ended = Signal()

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._reader: FrameReader | None = None
        self._sent = self._taken = 0  # counted by one thread each
        self._shown_at, self._ends = 0.0, False
        self._task = NewestTask("clip", self._work, self)
        self._task.came.connect(self._on_came)
        self._task.failed.connect(self.failed)

    @property
    def busy(self) -> bool:
        """Whether a frame is being read, or the clip plays."""
        return self._task.busy

    def open(self) -> None:
        """Open the clip; `opened` or `failed` follows."""
        self._task.post(None)

    def show(self, number: int, box: Box) -> None:
        """Read a frame; `box`: width and height in pixels that it is shown in."""
        self._task.post(_Show(number, box))

    def play(self, number: int, last: int, box: Box) -> None:
        """Read the frames of a part one by one, each when it is due."""
        self._task.post(_Show(number, box, last))

    def stop(self) -> None:
        """Join the thread."""
        self._ends = True
        self._task.stop()

    def _on_came(self, what: object) -> None:
        if isinstance(what, ClipFacts):
            self.opened.emit(what)
        elif isinstance(what, ClipFrame):
            self._taken += 1
            self.came.emit(what)
        else:
            self.ended.emit()

    # -- on the thread ----------------------------------------------------------------------

    def _work(self, wish: _Show | None) -> Iterator[object]:
        if wish is None:
            yield from self._opened()
        elif wish.last is None:
            yield from self._read(wish.number, wish.box)
        else:
            yield from self._played(wish.number, wish.last, wish.box)

    def _opened(self) -> Iterator[ClipFacts]:
        from engine.video.clip import Unwanted
        from engine.video.files import open_clip
        from engine.video.reader import FrameReader

        clip = open_clip(self._path)
        try:
            self._reader = FrameReader(clip, lambda: self._task.overtaken)
        except Unwanted:
            return
        info = clip.info
        yield ClipFacts(self._path, info.size, self._reader.times, float(info.rate), info.sound)

    def _read(self, number: int, box: Box) -> Iterator[ClipFrame]:
        assert self._reader is not None
        pixels = self._reader.read(number, self._unwanted)
        if pixels is not None:
            self._sent += 1
            self._shown_at = time.monotonic()
            yield ClipFrame(number, pixels, within(pixels, box))

    def _unwanted(self) -> bool:
        fresh = time.monotonic() - self._shown_at < STALE
        return self._ends or (fresh and self._task.overtaken)

    def _played(self, first: int, last: int, box: Box) -> Iterator[object]:
        assert self._reader is not None
        times, began = self._reader.times, time.monotonic()
        for number in range(first, last + 1):
            due = began + float(times[number] - times[first])
            while time.monotonic() < due and not self._task.overtaken:
                time.sleep(min(WAIT, max(0.0, due - time.monotonic())))
            if self._task.overtaken:
                return
            late = time.monotonic() - due > LATE or self._sent - self._taken > AHEAD
            if late and number < last:
                continue
            yield from self._read(number, box)
        yield None


def save_frame(path: Path, pixels: np.ndarray, clip: Path) -> None:
    """Write a frame of a clip, H x W x 3 uint8, as a PNG file.

    Raises EngineError, also for a path that is the clip's own.
    """
    from app.platform.output_guard import check_sources
    from engine.image import save_png

    check_sources([path], [clip])
    save_png(path, pixels)


def within(pixels: np.ndarray, box: Box) -> np.ndarray:
    """Return a picture, H x W x 3 uint8, reduced to fit into a box of (width, height) pixels."""
    height, width = pixels.shape[:2]
    share = min(1.0, max(1, box[0]) / width, max(1, box[1]) / height)
    if share == 1:
        return pixels
    size = max(1, round(width * share)), max(1, round(height * share))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
