"""Move the borders of a doodle's regions some pixels aside, as a painter's brush would.

A border is moved along its normal by noise that is a fixed function of the seed and the canvas
position. How far depends on the materials on both sides: a house stays sharp, the edge of a tree
becomes ragged. Shapes that are thin somewhere keep their borders there. All numbers are integers,
or distances of ``cv2.distanceTransform``, so a window equals that part of the whole.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from engine.flow.base import DEVIATION, PERIOD, base, seed_offset
from engine.tiles import Window
from resources.materials import EDGES

THICK = 8
"""Distance in pixels from a border that a shape must reach somewhere near to be changed there."""

REACH = 32
"""Distance in canvas pixels within which a region changes a moved border."""

_AROUND = THICK + 3  # largest distance from a pixel to a pixel of its shape that is THICK deep
_STEPS = 16  # integers of a distance per pixel
_LARGEST = round(1.8 * DEVIATION)  # noise that moves a border by the whole amount


class _Edge(NamedTuple):
    """``noise``: index of ``Base.edges``; ``amount``: largest shift in pixels, at most THICK."""

    noise: int
    amount: float


# In the order of EDGES.
_AMOUNTS = (
    _Edge(0, 0),  # hard
    _Edge(0, 7.5),  # ragged
    _Edge(0, 5),  # grassy
    _Edge(1, 7),  # rough
    _Edge(1, 6.5),  # cloudy
    _Edge(2, 3),  # calm
    _Edge(2, 6.5),  # wavy
)
assert len(_AMOUNTS) == len(EDGES)


class _Rim(NamedTuple):
    """Pixels beside another region, (N,) each, in raster order.

    ``pixels``: flat indices; ``beside``: those of the neighbour in the other region.
    """

    pixels: np.ndarray
    beside: np.ndarray


def moved_borders(regions: np.ndarray, kinds: np.ndarray, window: Window, seed: int) -> np.ndarray:
    """Return the region numbers inside a window of the canvas with moved borders, (h, w) uint8.

    ``regions``, ``kinds``: uint8 over ``window.grown(REACH)``, region numbers and indices of EDGES.
    The border of two pixels is of the kind that comes first in EDGES.
    """
    found = np.ascontiguousarray(regions[REACH:-REACH, REACH:-REACH])
    rim = _rim(regions)
    if rim is None:
        return found
    shifts = _shifts(regions, kinds, rim, window.grown(REACH), seed)
    if not shifts.any():
        return found
    distance, nearest = _nearest(regions.shape, rim.pixels)
    near = np.flatnonzero(distance < THICK)
    thick = np.zeros(regions.size, bool)
    thick[near] = _thick(regions, distance, near)
    shifts[~(thick[rim.pixels] & thick[rim.beside])] = 0
    others, numbers = regions.ravel()[rim.beside], nearest.ravel()[near]
    needed = np.rint(distance.ravel()[near] * _STEPS) + _STEPS // 2
    taken = thick[near] & (shifts[numbers] > needed)
    moved = regions.copy()
    moved.ravel()[near[taken]] = others[numbers[taken]]
    return np.ascontiguousarray(moved[REACH:-REACH, REACH:-REACH])


def _rim(regions: np.ndarray) -> _Rim | None:
    """Find the pixels beside another region; None if there is only one."""
    width = regions.shape[1]
    step = np.zeros(regions.shape, np.int32)
    across, down = regions[:, 1:] != regions[:, :-1], regions[1:] != regions[:-1]
    # The last one counts: to the right, to the left, below, above.
    step[:, :-1][across] = 1
    step[:, 1:][across] = -1
    step[:-1][down] = width
    step[1:][down] = -width
    pixels = np.flatnonzero(step)
    return _Rim(pixels, pixels + step.ravel()[pixels]) if len(pixels) else None


def _shifts(
    regions: np.ndarray, kinds: np.ndarray, rim: _Rim, window: Window, seed: int
) -> np.ndarray:
    """Return how far the other region advances at every rim pixel, (N,) int in 1 / _STEPS."""
    row, column = seed_offset(seed)
    y, x = np.divmod(rim.pixels, window.width)
    y, x = ((y + window.top + row) % PERIOD) >> 1, ((x + window.left + column) % PERIOD) >> 1
    kind = np.minimum(kinds.ravel()[rim.pixels], kinds.ravel()[rim.beside])
    noise = base().edges[_NOISES[kind], y, x].astype(np.int32)
    shifts = noise.clip(-_LARGEST, _LARGEST) * _WHOLE[kind] // _LARGEST
    higher = regions.ravel()[rim.pixels] > regions.ravel()[rim.beside]
    return np.where(higher, shifts, -shifts)


def _nearest(shape: tuple[int, ...], pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distance from the nearest of some pixels, (h, w) float32, and its index."""
    away = np.ones(shape, np.uint8)
    away.ravel()[pixels] = 0
    distance, label = cv2.distanceTransformWithLabels(
        away, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    return distance, label - 1


def _thick(regions: np.ndarray, distance: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Return which pixels are near one of their shape that is THICK deep, (N,) bool."""
    deep = np.flatnonzero(distance >= THICK)
    if len(deep) == 0:
        return np.zeros(len(pixels), bool)
    away, nearest = _nearest(regions.shape, deep)
    same = regions.ravel()[deep[nearest.ravel()[pixels]]] == regions.ravel()[pixels]
    return same & (away.ravel()[pixels] <= _AROUND)


def _column(values: Sequence[float]) -> np.ndarray:
    return np.array(values, np.int32)


_NOISES = _column([edge.noise for edge in _AMOUNTS])
_WHOLE = _column([edge.amount * _STEPS for edge in _AMOUNTS])
