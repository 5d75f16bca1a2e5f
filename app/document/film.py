"""A film of a painting: its options, and which state each frame shows."""

from dataclasses import dataclass
from pathlib import Path

SUFFIXES = {"MP4": ".mp4", "WebM": ".webm", "WebP": ".webp", "GIF": ".gif"}
"""File formats of a film and the endings of their names."""

ANIMATED = (".webp", ".gif")
"""Those that are animated pictures."""

LAYOUTS = {
    "painting": "Painting only", "beside": "Doodle beside it", "below": "Doodle below it",
}  # fmt: skip
"""What a film shows, and its name in English."""

LENGTHS = range(3, 301)
"""Seconds that a film may last."""

SIZES = (480, 720, 1280, 1920)
"""Longest sides of the painting in a film, in pixels."""

RATE = 25
"""Frames per second."""

ENDING = 2.0
"""Seconds of the finished painting at the end."""

BLEND = 0.5
"""Seconds in which the last state turns into the finished painting."""


@dataclass(frozen=True)
class FilmOptions:
    """Where and how to write a film.

    `longest`: longest side of the painting in pixels; `seconds`: length, of LENGTHS; `layout`: a
    key of LAYOUTS. The ending of `path` decides the format.
    """

    path: Path
    longest: int = 1280
    seconds: int = 15
    layout: str = "beside"


def states_by_frame(count: int, seconds: float) -> list[int]:
    """Return for each frame before the ending which of `count` states it shows, from 0 on.

    Each state is shown equally long. If there are more states than frames, some are left out; the
    first and the last are shown.
    """
    frames = max(1, round((seconds - ENDING) * RATE))
    if frames == 1:
        return [count - 1]
    if frames < count:
        return [round(number * (count - 1) / (frames - 1)) for number in range(frames)]
    return [number * count // frames for number in range(frames)]
