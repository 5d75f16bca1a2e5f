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
    ``edition``: another one paints the same doodle differently.
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

    @property
    def starter(self) -> Path | None:
        """The first doodle to begin with, where there is one."""
        return self.starters[0] if self.starters else None
