"""How a clip shall be painted, and which files are clips."""

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

SUFFIXES = (
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts",
    ".wmv", ".flv", ".3gp", ".ogv",
)  # fmt: skip
"""Suffixes of films."""

ANIMATED = (".gif", ".webp", ".png", ".apng")
"""Suffixes of pictures that may be animated."""

TARGETS = (".mp4", ".mov", ".mkv", ".webm", ".gif", ".webp", ".png")
"""Suffixes of painted clips."""

SIZES = (0, 1920, 1280, 960, 640, 480)
"""Longest sides of painted clips in pixels; 0 is the clip's own."""

MOST_BOIL = 48


@dataclass(frozen=True)
class ClipOptions:
    """How a clip is painted.

    `style`: id of a style; `like`: a picture to copy strokes from instead, or ""; `by`: "strokes"
    or "network"; `boil`: strokes are painted anew every so many frames, 0 for never; `stroke`:
    their size, 0.5-4; `detail`: 0-1 of the clip's; `longest`: one of SIZES; `sound`: copy it;
    `seed`; `keyframes`: numbers of frames, from 0, and pictures in which they were painted over.
    """

    style: str
    like: str = ""
    by: str = "strokes"
    boil: int = 0
    stroke: float = 1.0
    detail: float = 0.8
    longest: int = 0
    sound: bool = True
    seed: int = 1
    keyframes: tuple[tuple[int, Path], ...] = ()

    def with_keyframe(self, number: int, path: Path) -> "ClipOptions":
        """Return the options with a painted frame, in place of another one of that number."""
        others = [each for each in self.keyframes if each[0] != number]
        return replace(self, keyframes=(*sorted([*others, (number, path)]),))

    def without_keyframe(self, number: int) -> "ClipOptions":
        """Return the options without the painted frame of that number."""
        return replace(self, keyframes=(*(each for each in self.keyframes if each[0] != number),))


@dataclass(frozen=True)
class RenderJob:
    """A clip to be painted into a file.

    `start`, `end`: part of the clip in seconds, None for its ends; `again`: begin anew instead of
    going on with what was painted before.
    """

    source: Path
    target: Path
    options: ClipOptions
    start: Fraction | None = None
    end: Fraction | None = None
    again: bool = False


def is_clip(path: Path) -> bool:
    """Return whether a file is a film by its suffix."""
    return path.suffix.lower() in SUFFIXES
