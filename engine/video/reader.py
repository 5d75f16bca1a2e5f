"""Read single frames of a clip in any order."""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterator

import numpy as np

from engine.video.clip import Clip, Frame, never

AHEAD = 12
"""Frames that are decoded on the way to a later one, instead of going to a keyframe."""

BEHIND = 12
"""Frames before the wanted one that are kept, too, when the frames are read backwards."""

KEPT = 128 * 2**20
"""Bytes of frames that are kept."""


class FrameReader:
    """Reads frames by their numbers and keeps the last ones. For one thread."""

    def __init__(self, clip: Clip, unwanted: Callable[[], bool] = never) -> None:
        """Read the times of the frames. Raises EngineError, and Unwanted."""
        self.clip, self.times = clip, clip.times(unwanted)
        self._frames: Iterator[Frame] | None = None
        self._next = 0
        self._kept: OrderedDict[int, np.ndarray] = OrderedDict()
        self._last = 0
        self._unwanted = never

    def read(self, number: int, unwanted: Callable[[], bool] = never) -> np.ndarray | None:
        """Return a frame, (H, W, 3) uint8, or the next one if it is damaged.

        Returns None if there is no later one either, or when ``unwanted``. Raises EngineError.
        """
        backwards, self._last = number == self._last - 1, number
        if number not in self._kept:
            self._decode(number, backwards, unwanted)
        return self._kept.get(number)

    def _decode(self, number: int, backwards: bool, unwanted: Callable[[], bool]) -> None:
        self._unwanted = unwanted
        if self._frames is None or not self._next <= number <= self._next + AHEAD:
            self._next = max(0, number - BEHIND) if backwards else number
            start = self.times[self._next]
            self._frames = self.clip.frames(start, unwanted=lambda: self._unwanted())
        frames, self._frames = (
            self._frames,
            None,
        )  # unless they go on: neither at the end nor failed
        for frame in frames:
            at = bisect_left(self.times, frame.time)
            self._next = at + 1
            self._keep(min(at, number), frame.pixels)
            if at >= number:
                self._frames = frames
                return

    def _keep(self, number: int, pixels: np.ndarray) -> None:
        self._kept[number] = pixels
        while len(self._kept) > max(1, KEPT // pixels.nbytes):
            self._kept.popitem(last=False)
