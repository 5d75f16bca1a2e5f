"""What crosses between app and engine as frozen values. Needs no torch: it is imported at once."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class PreviewRequest:
    """Everything a preview needs; a frozen value, so no locks.

    ``labels``: H x W uint8 material ids, read-only. ``dirty``: (left, top, right, bottom) whose
    labels changed since the last painting, None for everything. ``focus``: where the user looks.
    """

    serial: int
    style_id: str
    labels: np.ndarray
    seed: int
    dirty: tuple[int, int, int, int] | None
    focus: tuple[int, int, int, int] | None = None


@dataclass(frozen=True)
class PreviewPatch:
    """Freshly painted pixels: ``pixels`` is h x w x 3 uint8 RGB over ``rect``, read-only."""

    serial: int
    rect: tuple[int, int, int, int]
    pixels: np.ndarray


@dataclass(frozen=True)
class StyleInfo:
    """One line of the style list; ``problem`` says in a sentence why a pack cannot be used.

    ``starters``: doodles to begin with; ``served``: material key -> name of the region that paints
    it; ``regions``: region name -> keys of the materials it was drawn for, the main one first;
    ``edition``: another one paints the same doodle differently; ``paints_by``: "network" where
    there is a generator and "strokes" where there is a painting to copy brush strokes from;
    ``files``: what it is painted from.
    """

    id: str
    title: str
    artist: str
    year: str
    credit: str
    licence: str
    folder: Path
    thumbnail: Path | None
    starters: tuple[Path, ...]
    problem: str | None
    served: dict[str, str]
    regions: dict[str, tuple[str, ...]]
    edition: str = ""
    paints_by: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()

    @property
    def starter(self) -> Path | None:
        """The first doodle to begin with, where there is one."""
        return self.starters[0] if self.starters else None


@dataclass(frozen=True, eq=False)
class StrokeRequest:
    """What to paint with the painting's own brush strokes.

    ``labels``: H x W uint8 material ids, read-only; ``stroke`` 0.5-4: size of the strokes;
    ``seed``: other seeds lay other strokes; ``repeats``: the picture continues at its opposite
    edges, so that it can be laid beside itself.
    """

    labels: np.ndarray
    style_id: str
    seed: int = 0
    stroke: float = 1.0
    repeats: bool = False


@dataclass(frozen=True, eq=False)
class StrokeStep:
    """A picture on its way: (h, w, 3) uint8 at 1 / ``scale`` of its size; ``share`` done, 0-1."""

    picture: np.ndarray
    scale: float
    share: float


@dataclass(frozen=True, eq=False)
class GuidePair:
    """A further guide: what is alike in a painting and in a doodle, as EbSynth has it.

    ``name``: for messages; ``source``, ``target``: (H, W, 3) uint8, of the painting's and of the
    doodle's proportions; ``weight``: 0-255, in units of the RGB range.
    """

    name: str
    source: np.ndarray
    target: np.ndarray
    weight: int = 64


@dataclass(frozen=True)
class PictureNames:
    """What messages call the pictures: their files, where they have some."""

    painting: str = "the painting"
    painting_map: str = "the map"
    doodle: str = "the doodle"


COLOURS = ("style", "luminance", "statistics")
"""Whose colours a painted photo has; see ``PhotoLook``."""

STROKES = (0.5, 4.0)
"""The finest and the broadest strokes on a photo."""


@dataclass(frozen=True)
class PhotoLook:
    """How a photo is painted.

    ``strength`` 0-1: 0 is the photo itself; ``blend`` 0-1: share of ``second``, another style;
    ``stroke`` 0.5-4: size of the strokes; ``colours``: "style", "luminance" (the photo's colours,
    the painting's light) or "statistics" (the painting, shifted to the photo's mean and covariance
    of colour); ``seed``: of the noise. Raises ValueError, in words, for anything else.
    """

    style: str
    strength: float = 1.0
    second: str | None = None
    blend: float = 0.0
    stroke: float = 1.0
    colours: str = "style"
    seed: int = 0

    def __post_init__(self) -> None:
        _check_range("strength", self.strength, 0, 1)
        _check_range("blend", self.blend, 0, 1)
        _check_range("stroke", self.stroke, *STROKES)
        if self.colours not in COLOURS:
            raise ValueError(f"colours is one of {', '.join(COLOURS)}, not {self.colours}.")
        if self.blend > 0 and self.second is None:
            raise ValueError("blend needs a second style.")
        if self.seed < 0:
            raise ValueError(f"seed is 0 or more, not {self.seed}.")


def _check_range(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:  # also when it is no number
        raise ValueError(f"{name} is {least:g} to {most:g}, not {value:g}.")
