"""A clip at a smaller size."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from engine.photo.pixels import resized
from engine.video.clip import Clip, ClipInfo, Frame, never


class ReducedClip:
    """A clip whose longer side has at most ``longest`` pixels; both sides become even."""

    def __init__(self, clip: Clip, longest: int) -> None:
        self._clip, self.path = clip, clip.path
        share = longest / max(clip.info.size)
        width, height = (max(2, 2 * int(side * share / 2)) for side in clip.info.size)
        self._info = replace(clip.info, size=(width, height))

    @property
    def info(self) -> ClipInfo:
        """Facts about the clip at this size."""
        return self._info

    @property
    def damaged(self) -> int:
        """Number of packets or pictures that could not be read."""
        return self._clip.damaged

    def frames(
        self,
        start: Fraction | None = None,
        end: Fraction | None = None,
        unwanted: Callable[[], bool] = never,
    ) -> Iterator[Frame]:
        """Read the frames one by one, reduced."""
        for frame in self._clip.frames(start, end, unwanted):
            yield replace(frame, pixels=resized(frame.pixels, self._info.size))

    def times(self) -> Sequence[Fraction]:
        """Return the times of all frames, ascending."""
        return self._clip.times()


def reduced(clip: Clip, longest: int) -> Clip:
    """Return a clip whose longer side has at most ``longest`` pixels; 0 leaves it as it is."""
    return ReducedClip(clip, longest) if 0 < longest < max(clip.info.size) else clip
