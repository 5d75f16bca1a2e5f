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
        self._info = replace(clip.info, size=reduced_size(clip.info.size, longest))

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

    def times(self, unwanted: Callable[[], bool] = never) -> Sequence[Fraction]:
        """Return the times of all frames, ascending."""
        return self._clip.times(unwanted)


def reduced_size(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """Return a width and height with at most ``longest`` pixels, both even."""
    share = longest / max(size)
    width, height = (max(2, 2 * int(side * share / 2)) for side in size)
    return width, height


def reduced(clip: Clip, longest: int) -> Clip:
    """Return a clip whose longer side has at most ``longest`` pixels; 0 leaves it as it is."""
    return ReducedClip(clip, longest) if 0 < longest < max(clip.info.size) else clip
