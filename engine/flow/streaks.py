"""Smear grains along the flow (line integral convolution, Cabral & Leedom 1993), exactly.

A sum over n cells, added to copies shifted by n to either side, is a sum over 3n cells; two copies
shifted by n/2 alone give 2n. Three steps give 3, 9 and 18 cells. Both sides are treated alike, so a
direction without a sign is enough. Every step reads the direction at its destination, so streaks
follow curves. All numbers are integers.
"""

from functools import lru_cache

import cv2
import numpy as np

from engine.flow.character import UNIT
from engine.tiles import Window

# Shift of each step to either side in cells; the sums cover 3 cells, 9 cells, 18 cells.
_CARRIES = (1.0, 3.0, 4.5)

REACH = 9
"""Cells that a streak reaches to each side: the sum of the shifts, each rounded up."""


def smeared(grain: np.ndarray, cos: np.ndarray, sin: np.ndarray) -> np.ndarray:
    """Sum each grain over 18 cells along the flow, (h, w) int16.

    ``grain``: (h, w) int16; ``cos``, ``sin``: (h, w) int16 integers within +-UNIT, of twice the
    angle. Sums within REACH cells of the array's edge differ from those of a larger array.
    """
    places = (cos + np.int16(128)) >> 1 << 7 | (sin + np.int16(128)) >> 1
    places = places.astype(np.intp)
    grid, sums = _grid(*grain.shape), grain
    for number, table in enumerate(_SHIFTS):
        shift = table.take(places).view(np.int16).reshape(*grain.shape, 2)
        sides = _moved(sums, grid + shift)
        sides += _moved(sums, grid - shift)
        if number < len(_SHIFTS) - 1:
            sides += sums
        sums = sides
    return sums


def smear_inside(grain: np.ndarray, cos: np.ndarray, sin: np.ndarray, margin: int) -> np.ndarray:
    """Call ``smeared`` and remove ``margin`` cells, at least REACH, on every side."""
    inside = slice(margin, -margin)
    return np.ascontiguousarray(smeared(grain, cos, sin)[inside, inside])


def _moved(picture: np.ndarray, places: np.ndarray) -> np.ndarray:
    return cv2.remap(picture, places, None, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)


@lru_cache(maxsize=8)
def _grid(height: int, width: int) -> np.ndarray:
    """Return the column and row of every cell, (h, w, 2) int16, read-only."""
    grid = np.empty((height, width, 2), np.int16)
    grid[..., 0], grid[..., 1] = np.arange(width), np.arange(height)[:, None]
    grid.flags.writeable = False
    return grid


def _shift_tables() -> list[np.ndarray]:
    """Return the shift of each step in cells, for 128 x 128 pairs of cosine and sine.

    Each is two int16 (x, y) in one int32.
    """
    middles = (2 * np.arange(128) - 127) / UNIT
    cos, sin = middles[:, None], middles[None]
    cos = cos / np.sqrt(cos * cos + sin * sin)
    x, y = np.sqrt((1 + cos) / 2), np.copysign(np.sqrt((1 - cos) / 2), sin)
    along = np.stack([x, y], -1)
    shifts = (np.floor(carry * along + 0.5 + 1e-7).astype(np.int16) for carry in _CARRIES)
    return [np.ascontiguousarray(shift).view(np.int32).ravel() for shift in shifts]


_SHIFTS = _shift_tables()


def enlarged(cells: np.ndarray, levels: int) -> np.ndarray:
    """Enlarge (h, w) integers 2**levels times bilinearly, without the outermost cells.

    Returns float32, ((h - 2) << levels, (w - 2) << levels). It is exact, because the weights are
    fractions of a small power of two.
    """
    if levels == 0:
        return cells[1:-1, 1:-1].astype(np.float32)
    size = (cells.shape[1] << levels, cells.shape[0] << levels)
    large = cv2.resize(cells.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    edge = slice(1 << levels, -(1 << levels))
    return large[edge, edge]


def enlarged_window(cells: Window, levels: int) -> Window:
    """Return the window of finer cells that ``enlarged`` makes of a window of cells."""
    return cells.grown(-1).finer(levels)
