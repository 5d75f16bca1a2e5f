"""Frozen values that the app and the engine exchange. Does not import torch, for a fast start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class PaintedBy:
    """What paints a material with strokes: a region of a style's painting.

    ``style``: id of the style whose painting has the strokes; ``region``: name of one of its
    regions; ``tint``: colour that they are moved to, as #rrggbb; empty for colours that suit the
    painting that they are copied into.
    """

    style: str
    region: str
    tint: str = ""


@dataclass(frozen=True)
class PreviewRequest:
    """A request to paint a preview. Frozen, so threads can share it without locks.

    ``serial``: number of the request; ``labels``: (H, W) uint8 material ids, read-only; ``dirty``:
    (left, top, right, bottom) of the labels changed since the last preview, None for all;
    ``focus``: rectangle to paint first; ``done``: rectangles of patches that are left out;
    ``meanings``: material id -> what paints it. What is borrowed or tinted the network paints by a
    region of its own painting, in other colours.
    ``directions``: of the pen, (ceil(H / 4), ceil(W / 4), 2) uint8, see ``engine.flow.pen``, or
    None; ``dirty`` includes their changes.
    """

    serial: int
    style_id: str
    labels: np.ndarray
    seed: int
    dirty: tuple[int, int, int, int] | None
    focus: tuple[int, int, int, int] | None = None
    done: frozenset[tuple[int, int, int, int]] = frozenset()
    meanings: Mapping[int, PaintedBy] = field(default_factory=dict)
    directions: np.ndarray | None = None


@dataclass(frozen=True)
class PreviewPatch:
    """Painted pixels: ``pixels`` is (h, w, 3) uint8 RGB, read-only, for the rectangle ``rect``.

    ``rect``: (left, top, right, bottom); ``serial``: that of the request.
    """

    serial: int
    rect: tuple[int, int, int, int]
    pixels: np.ndarray


@dataclass(frozen=True)
class StyleInfo:
    """What the style list shows of a style pack.

    ``problem``: a sentence why the pack cannot be used, or None; ``starters``: doodles to start
    from; ``served``: material key -> name of the region that paints it; ``regions``: region name ->
    keys of the materials it was made for, the main one first; ``edition``: identifies the pack's
    version, packs of another edition paint the same doodle differently; ``paints_by``: "network" if
    there is a generator, "strokes" if there is a painting to copy brush strokes from; ``files``:
    the files that are used to paint; ``own``: whether the user may change it.
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
    strokes_by: Mapping[str, PaintedBy] = field(default_factory=dict)
    own: bool = False

    @property
    def paints_doodles(self) -> bool:
        """Whether a region is made for a material; a picture without a map paints only photos."""
        return not self.regions or any(self.regions.values())

    @property
    def starter(self) -> Path | None:
        """First doodle to start from, or None."""
        return self.starters[0] if self.starters else None


@dataclass(frozen=True, eq=False)
class StrokeRequest:
    """A request to paint a doodle with brush strokes copied from the style's painting.

    ``labels``: (H, W) uint8 material ids, read-only; ``seed``: selects one of many results;
    ``stroke`` 0.5-4: size of the strokes; ``repeats``: make the picture tileable, so that opposite
    edges match (not with directions); ``meanings``: material id -> what paints it instead of what
    the style says; ``directions``: of the pen, as in ``PreviewRequest``.
    """

    labels: np.ndarray
    style_id: str
    seed: int = 0
    stroke: float = 1.0
    repeats: bool = False
    meanings: Mapping[int, PaintedBy] = field(default_factory=dict)
    directions: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class StrokeStep:
    """An intermediate result: (h, w, 3) uint8 at 1 / ``scale`` of the final size.

    ``share``: progress, 0-1. ``window``: (left, top, right, bottom) of what this step painted, in
    pixels of ``picture``; None for all of it.
    """

    picture: np.ndarray
    scale: float
    share: float
    window: tuple[int, int, int, int] | None = None


@dataclass(frozen=True, eq=False)
class GuidePair:
    """An additional guide: a pair of images with corresponding values, as in EbSynth.

    ``name``: for messages; ``source``, ``target``: (H, W, 3) uint8, in the proportions of the
    painting and of the doodle; ``weight``: 0-255, in units of the RGB range.
    """

    name: str
    source: np.ndarray
    target: np.ndarray
    weight: int = 64


@dataclass(frozen=True)
class PictureNames:
    """How messages refer to the pictures: by file name where there is one."""

    painting: str = "the painting"
    painting_map: str = "the map"
    doodle: str = "the doodle"


COLOURS = ("style", "luminance", "statistics")
"""Whose colours a painted photo has; see ``PhotoLook``."""

PAINTED_BY = ("network", "strokes")
"""What paints a photo; see ``PhotoLook``."""

STROKES = (0.5, 4.0)
"""Smallest and largest stroke size for a photo."""


@dataclass(frozen=True)
class PhotoLook:
    """How a photo is painted.

    ``by``: "network" or "strokes", copied from the style's painting; ``strength`` 0-1: 0 is the
    unchanged photo; ``blend`` 0-1: share of the ``second`` style; ``stroke`` 0.5-4: size of the
    strokes; ``colours``: "style", "luminance" (the photo's colours with the painting's luminance)
    or "statistics" (the painting, with its colours shifted to the photo's mean and covariance);
    ``seed``: selects one of many results. For strokes only, all 0-1: ``detail``: how much of the
    photo's detail is kept; ``freedom``: how far strokes may depart from the photo; ``shapes``: how
    closely they follow its shapes; ``like``: file of a picture whose strokes are copied instead of
    the style's. Raises ValueError with a sentence for other values.
    """

    style: str
    strength: float = 1.0
    second: str | None = None
    blend: float = 0.0
    stroke: float = 1.0
    colours: str = "style"
    seed: int = 0
    by: str = "network"
    detail: float = 0.8
    freedom: float = 0.25
    shapes: float = 0.5
    like: str = ""

    def __post_init__(self) -> None:
        for name in ("strength", "blend", "detail", "freedom", "shapes"):
            _check_range(name, getattr(self, name), 0, 1)
        if self.by not in PAINTED_BY:
            raise ValueError(f"by is one of {', '.join(PAINTED_BY)}, not {self.by}.")
        if self.like and self.by != "strokes":
            raise ValueError("A picture to copy strokes from needs by=strokes.")
        _check_range("stroke", self.stroke, *STROKES)
        if self.colours not in COLOURS:
            raise ValueError(f"colours is one of {', '.join(COLOURS)}, not {self.colours}.")
        if self.blend > 0 and self.second is None:
            raise ValueError("blend needs a second style.")
        if self.seed < 0:
            raise ValueError(f"seed is 0 or more, not {self.seed}.")


def _check_range(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:  # also catches NaN
        raise ValueError(f"{name} is {least:g} to {most:g}, not {value:g}.")
