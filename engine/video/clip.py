"""What a clip is: frames with times, and the facts that a film of it keeps."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np

from engine.errors import EngineError

T = TypeVar("T")

MOST_PIXELS = 8192 * 8192
"""Largest frame in pixels that is read; 8K has half as many."""

UNSPECIFIED = 2
"""Value of a colour tag that says nothing."""


@dataclass(frozen=True)
class Tags:
    """Colour tags, numbers of ITU-T H.273; ``full``: whether values use the full range, 0-255."""

    matrix: int = UNSPECIFIED
    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED
    full: bool = False


HD = Tags(1, 1, 1)
"""Tags of BT.709, for films of pictures that are in sRGB."""


@dataclass(frozen=True, eq=False)
class Frame:
    """A frame: ``pixels`` (H, W, 3) uint8, upright; ``time`` and ``duration`` in seconds.

    ``time``: since the beginning of the clip.
    """

    pixels: np.ndarray
    time: Fraction
    duration: Fraction


@dataclass(frozen=True)
class ClipInfo:
    """Facts about a clip.

    ``size``: width and height in pixels, upright; ``rate``: frames per second, the mean if it
    varies; ``base``: the unit of times in seconds; ``count``: number of frames as the file says or
    its length implies, 0 if unknown; ``aspect``: width of a pixel divided by its height;
    ``sound``: whether there is any.
    """

    size: tuple[int, int]
    rate: Fraction
    base: Fraction
    count: int
    tags: Tags = HD
    aspect: Fraction = Fraction(1)
    sound: bool = False


def never() -> bool:
    """Return False: nothing ends the reading of a clip early."""
    return False


class Unwanted(Exception):
    """What was asked for is not wanted any more."""


def wanted(items: Iterator[T], unwanted: Callable[[], bool]) -> list[T]:
    """Return the items as a list. Raises Unwanted as soon as they are not wanted."""
    found = list[T]()
    for item in items:
        if unwanted():
            raise Unwanted
        found.append(item)
    return found


class Clip(Protocol):
    """A clip that was opened; its first frame can be read.

    ``damaged``: number of packets or pictures that could not be read so far and were skipped.
    """

    path: Path

    @property
    def info(self) -> ClipInfo:
        """Facts about the clip."""

    @property
    def damaged(self) -> int:
        """How much could not be read."""

    def frames(
        self,
        start: Fraction | None = None,
        end: Fraction | None = None,
        unwanted: Callable[[], bool] = never,
    ) -> Iterator[Frame]:
        """Read the frames with ``start`` <= time < ``end``, one by one. Raises EngineError.

        ``unwanted``: asked often, ends the reading early.
        """

    def times(self, unwanted: Callable[[], bool] = never) -> Sequence[Fraction]:
        """Return the times of all frames, ascending. The first call reads the whole file.

        Raises EngineError; and Unwanted as soon as ``unwanted`` is true.
        """


def check_size(path: Path, width: int, height: int) -> None:
    """Raise EngineError for frames that are too large to be read."""
    if width * height > MOST_PIXELS:
        raise EngineError(
            f"{path} is {width} x {height} pixels; Daub reads clips of up to "
            f"{MOST_PIXELS // 1_000_000} megapixels."
        )


def inside(frame: Frame, start: Fraction | None, end: Fraction | None) -> bool:
    """Return whether a frame lies between two times."""
    return (start is None or frame.time >= start) and (end is None or frame.time < end)
