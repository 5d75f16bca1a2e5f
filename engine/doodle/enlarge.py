"""Enlarge label maps with smooth borders, window by window."""

from dataclasses import dataclass

import cv2
import numpy as np

from engine.doodle.generator import labels_beyond
from engine.errors import EngineError
from engine.flow.pen import CELL
from engine.tiles import Window
from resources.materials import materials

MAX_CANVAS = 16384
"""Longest side of a canvas and of a rendered picture, in pixels."""

# Standard deviation, in doodle pixels, of the blur that smooths stepped borders.
SOFTNESS = 1.0

# A pixel with a blurred value below this belongs to a line or dot that the blur would erase. A line
# one pixel wide keeps 97 of 255, the corner of a square 122.
SWALLOWED = 108

# Distance in doodle pixels within which labels influence a pixel.
REACH = 8


@dataclass(frozen=True, eq=False)
class EnlargedLabels:
    """An (H, W) uint8 label map enlarged ``scale`` times, with smooth instead of stepped borders.

    Every window is computed from the labels around it and equals that part of the whole map.
    ``directions``: of the pen, one entry per CELL x CELL pixels of the label map, see
    ``engine.flow.pen``, or None. Raises EngineError for a scale below 1, a side above MAX_CANVAS
    and directions of another size.
    """

    labels: np.ndarray
    scale: int = 1
    directions: np.ndarray | None = None

    def __post_init__(self) -> None:
        check_directions(self.directions, self.labels.shape)
        if self.scale < 1 or max(self.shape) > MAX_CANVAS:
            raise EngineError(
                f"A picture of {self.shape[1]} x {self.shape[0]} pixels cannot be painted; "
                f"a side may have 1 to {MAX_CANVAS} pixels."
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the enlarged map."""
        height, width = self.labels.shape
        return height * self.scale, width * self.scale

    @property
    def bounds(self) -> Window:
        """Window of the whole enlarged map."""
        height, width = self.shape
        return Window(0, 0, width, height)

    def window(self, window: Window) -> np.ndarray:
        """Return the labels in a window, (h, w) uint8; beyond the canvas, edge labels repeat."""
        if self.scale == 1:
            return labels_beyond(self.labels, window)
        rows = np.arange(window.top, window.bottom).clip(0, self.shape[0] - 1)
        columns = np.arange(window.left, window.right).clip(0, self.shape[1] - 1)
        inside = Window(columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
        return self._enlarged(inside)[(rows - inside.top)[:, None], columns - inside.left]

    def directions_in(self, cells: Window) -> np.ndarray | None:
        """Return the directions in a window of the enlarged canvas's cells, (h, w, 2) uint8.

        Beyond the canvas those at its edge repeat. Returns None without directions.
        """
        if self.directions is None:
            return None
        small = Window(*(edge // self.scale for edge in cells[:2]),
                       *(-(-edge // self.scale) for edge in cells[2:]))  # fmt: skip
        part = labels_beyond(self.directions, small)
        if self.scale == 1:
            return part
        large = part.repeat(self.scale, 0).repeat(self.scale, 1)
        return large[cells.within(Window(*(edge * self.scale for edge in small)))]

    def all_directions(self) -> np.ndarray | None:
        """Return the directions of the whole enlarged canvas; None without directions."""
        return self.directions_in(Window(*(-(-edge // CELL) for edge in self.bounds)))

    def _enlarged(self, window: Window) -> np.ndarray:
        scale = self.scale
        source = Window(
            window.left // scale, window.top // scale,
            -(-window.right // scale), -(-window.bottom // scale),
        ).grown(REACH)  # fmt: skip
        piece = labels_beyond(self.labels, source)
        place = window.within(Window(*(edge * scale for edge in source)))
        best = np.zeros((window.height, window.width), np.uint8)
        large = np.full_like(best, piece[REACH, REACH])
        for label, share in _soft_shares(piece).items():
            size = (share.shape[1] * scale, share.shape[0] * scale)
            here = cv2.resize(share, size, interpolation=cv2.INTER_LINEAR_EXACT)[place]
            wins = here > best
            large[wins], best[wins] = label, here[wins]
        return large


def check_directions(directions: np.ndarray | None, shape: tuple[int, ...]) -> None:
    """Raise EngineError if directions are not those of a canvas of (rows, columns) pixels."""
    if directions is None:
        return
    rows, columns = (-(-side // CELL) for side in shape)
    if directions.shape != (rows, columns, 2) or directions.dtype != np.uint8:
        raise EngineError(f"This doodle needs {columns} x {rows} directions.")


def _soft_shares(piece: np.ndarray) -> dict[int, np.ndarray]:
    """Return how much of every pixel each label covers, (h, w) uint8 of 255, for an (h, w) map.

    The masks are blurred, because hard masks give stepped borders. Where the blur would erase a
    line or a dot, that place and its neighbours keep the hard mask.
    """
    masks = {int(label): _mask(piece == label) for label in np.unique(piece)}
    soft = {label: cv2.GaussianBlur(mask, (7, 7), SOFTNESS) for label, mask in masks.items()}
    lost = np.zeros(piece.shape, np.uint8)
    for label, mask in masks.items():
        lost |= mask & _mask(soft[label] < SWALLOWED)
    around = cv2.dilate(lost, np.ones((3, 3), np.uint8)) > 0
    return {label: np.where(around, masks[label], soft[label]) for label in masks}


def _mask(where: np.ndarray) -> np.ndarray:
    return where.astype(np.uint8) * 255


def texture_labels(material: str, size: int) -> np.ndarray:
    """Return a canvas filled with one material, (size, size) uint8 ids.

    ``material``: a material's key. Raises EngineError for an unknown material or a bad size.
    """
    ids = {entry.key: entry.id for entry in materials()}
    if material not in ids:
        known = ", ".join(ids)
        raise EngineError(f"There is no material {material}; the materials are: {known}.")
    if not 1 <= size <= MAX_CANVAS:
        raise EngineError(f"The side of a texture is 1 to {MAX_CANVAS} pixels, not {size}.")
    return np.full((size, size), ids[material], np.uint8)


def used_materials(labels: np.ndarray) -> tuple[int, ...]:
    """Return the ids of all materials in (H, W) uint8 labels that a style can paint, ascending."""
    counts = cv2.calcHist([labels], [0], None, [256], [0, 256])
    return tuple(material.id for material in materials() if counts[material.id] > 0)
