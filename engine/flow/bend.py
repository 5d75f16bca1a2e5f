"""Compute the flow's direction in cells of 4 pixels: base flow, region's character, borders.

Directions have no sign, so they are mixed as cosine and sine of twice their angle. Sums are of
integers below 2**24 in float32, which are exact in any order; everything else is a sequence of
correctly rounded operations on single cells. A window therefore equals that part of the whole on
every machine.
"""

from typing import NamedTuple

import cv2
import numpy as np

from engine.flow.base import base, cut
from engine.flow.character import (
    BANDS,
    MAIN_COS,
    MAIN_SIN,
    STRENGTH,
    UNIT,
    RegionFlow,
    character_table,
    same_character,
)
from engine.flow.pen import Pull, pulls
from engine.tiles import Window

CELL = 2
"""Level of the direction's cells: their side is 2**CELL pixels."""

RADIUS = 40
"""Distance in canvas pixels within which a border changes the flow's direction; a multiple of 4."""

BLUR = 4
"""Radius in cells of the blur of the regions' character."""

SLOPE = 2
"""Cells around a cell from which a border's direction is computed: distance slope and blur."""

_STEPS = 8  # steps of the distance per cell of level 1
_FARTHEST = RADIUS // 2 * _STEPS * 4  # sum over four cells of level 1
_BINOMIAL = np.array([1, 8, 28, 56, 70, 56, 28, 8, 1], np.float32)
_SMALL = np.array([1, 2, 1], np.float32)


class Direction(NamedTuple):
    """Cosine and sine of twice the flow's angle, confidence and strength, each (h, w) float32.

    The first two are unit vectors except where the flow has no direction; confidence and strength
    are 0 to 1. ``pen``: how much of the direction is the pen's, 0 to 1, or None.
    """

    cos: np.ndarray
    sin: np.ndarray
    confidence: np.ndarray
    strength: np.ndarray
    pen: np.ndarray | None = None


def regions_reach() -> int:
    """Return how many pixels beyond its own cells the direction depends on regions."""
    return max((SLOPE << CELL) + RADIUS + 2, (BLUR + 1) << CELL)


def direction(
    regions: np.ndarray,
    covers: Window,
    cells: Window,
    offset: tuple[int, int],
    character: tuple[RegionFlow, ...],
    directions: np.ndarray | None = None,
) -> Direction:
    """Return the flow's direction over ``cells`` of level CELL.

    ``regions``: (h, w) uint8 over the canvas window ``covers``, which must contain the cells and
    ``regions_reach()`` pixels around them; ``offset``: row and column of the canvas origin in the
    base, in pixels; ``directions``: of the pen, over the cells and ``pen.REACH`` around them, or
    None.
    """
    cos, sin, strength = _open_flow(regions, covers, cells, offset, character)
    faded, own = (None if directions is None else pulls(directions)) or (None, None)
    if faded is not None:
        faded.mix(cos, sin)
    border = _border(regions, covers, cells)
    if border is not None:
        border.mix(cos, sin)
    by_pen = None
    if faded is not None and own is not None:
        own.mix(cos, sin)
        by_pen = np.maximum(faded.weight, own.weight)
        # Also where the painting has no directions, strokes shall run where the pen moved.
        strength = strength + by_pen * (1 - strength)
    length = np.sqrt(cos * cos + sin * sin)
    sure = np.maximum(length, np.float32(1e-3))
    confidence = np.minimum(length * np.float32(2), np.float32(1))
    return Direction(cos / sure, sin / sure, confidence, strength, by_pen)


def _open_flow(
    regions: np.ndarray,
    covers: Window,
    cells: Window,
    offset: tuple[int, int],
    character: tuple[RegionFlow, ...],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return cosine, sine and strength without the effect of borders, (h, w) float32 of 1."""
    shape = cells.height, cells.width
    numbers = _character(regions, covers, cells, character)
    shifted = Window(
        cells.left + (offset[1] >> CELL), cells.top + (offset[0] >> CELL),
        cells.right + (offset[1] >> CELL), cells.bottom + (offset[0] >> CELL),
    )  # fmt: skip
    cos = np.broadcast_to(numbers[MAIN_COS], shape).copy()
    sin = np.broadcast_to(numbers[MAIN_SIN], shape).copy()
    for flow, share in zip(base().flows, numbers[BANDS], strict=True):
        if np.ndim(share) or share:
            of_band = cut(flow, shifted).astype(np.float32) / np.float32(UNIT)
            cos += share * of_band[0]
            sin += share * of_band[1]
    return cos, sin, np.broadcast_to(numbers[STRENGTH], shape)


def _character(
    regions: np.ndarray, covers: Window, cells: Window, character: tuple[RegionFlow, ...]
) -> list[np.ndarray]:
    """Return each column of ``character_table`` divided by UNIT, (h, w) float32.

    Values change smoothly from one region to the next; if all regions are equal they are scalars.
    """
    table = character_table(character)
    rows, columns = cells.grown(BLUR).finer(CELL).within(covers)
    middles = regions[rows, columns][2::4, 2::4]
    present = np.flatnonzero(np.bincount(middles.ravel(), minlength=1)).tolist()
    if same_character(table, present):
        return [number / np.float32(UNIT) for number in table[present[0]]]
    inside = cells.within(cells.grown(BLUR))
    found = []
    for column in range(table.shape[1]):
        plain = table[:, column][middles]
        sums = cv2.sepFilter2D(plain, cv2.CV_32F, _BINOMIAL, _BINOMIAL)[inside]
        found.append(sums / np.float32(65536) / np.float32(UNIT))
    return found


def _border(regions: np.ndarray, covers: Window, cells: Window) -> Pull | None:
    """Return the direction of the nearest border.

    Returns None if no border is near enough.
    """
    distance = _distance(regions, covers, cells.grown(SLOPE))
    if distance is None:
        return None
    across = distance[1:-1, 2:] - distance[1:-1, :-2]
    down = distance[2:, 1:-1] - distance[:-2, 1:-1]
    squares, doubles = across * across, np.float32(2) * across * down
    down *= down
    cos, sin, length = (
        cv2.sepFilter2D(part, cv2.CV_32F, _SMALL, _SMALL)[1:-1, 1:-1]
        for part in (down - squares, -doubles, squares + down)
    )
    # Parallel slopes agree, also across a border; at corners they cancel each other.
    together = np.sqrt(cos * cos + sin * sin)
    sure = np.maximum(together, np.float32(1))
    agreement = together / np.maximum(length, np.float32(1))
    weight = _WEIGHTS[distance[SLOPE:-SLOPE, SLOPE:-SLOPE].astype(np.int16)] * agreement
    return Pull(cos / sure, sin / sure, weight)


def _distance(regions: np.ndarray, covers: Window, cells: Window) -> np.ndarray | None:
    """Return the distance from the nearest border, (h, w) float32 integers.

    Sums over the four cells of level 1 of their distance in 1 / _STEPS, at most RADIUS.
    """
    around = cells.finer(CELL).grown(RADIUS)
    piece = regions[around.grown(1).within(covers)]
    # The 3 x 3 neighbourhoods of every other pixel contain all pairs of neighbours.
    edges = cv2.morphologyEx(piece, cv2.MORPH_GRADIENT, _NINE)[1:-1:2, 1:-1:2]
    if not edges.any():
        return None
    exact = cv2.distanceTransform((edges == 0).view(np.uint8), cv2.DIST_L2, 5)
    steps = np.minimum(np.rint(exact * np.float32(_STEPS)), np.float32(RADIUS // 2 * _STEPS))
    inner = cells.finer(CELL - 1).within(around.coarser())
    rows = steps[inner][::2] + steps[inner][1::2]
    return rows[:, ::2] + rows[:, 1::2]


def _weight_table() -> np.ndarray:
    """Return the border's weight at every distance, float32 multiples of 1/256, falling to 0."""
    near = np.arange(_FARTHEST + 1) / _FARTHEST
    return (np.floor(256 * (1 - near * near * (3 - 2 * near)) + 0.5) / 256).astype(np.float32)


_WEIGHTS = _weight_table()
_NINE = np.ones((3, 3), np.uint8)
