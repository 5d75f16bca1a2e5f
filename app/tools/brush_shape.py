"""Brush shapes: the pixels covered by a dab and by the movement between two dabs."""

import math
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import Protocol

import cv2
import numpy as np

from app.document.rect import NOWHERE, Rect
from app.document.stroke import Stamp

# Half the diagonal of a pixel, so that the smallest brush always covers the pixel below it.
LEAST_REACH = 0.71
# Largest depth of a ragged edge, as a share of the radius: without jitter, and the addition at full
# jitter.
RAGGED, MORE_RAGGED = 0.35, 0.45
# A smaller speed of a moving square's edge, or slope of a band's side, counts as 0.
LEAST_SLOPE = 1e-6
# Side of the noise field of ragged edges, and the brush size at which it is not scaled.
FIELD, FIELD_SIZE = 384, 64.0


class BrushShape(Protocol):
    """The shape of a brush. Masks are h x w bool and cover the pixels of `part`."""

    def prepare(self, box: Rect) -> None:
        """Prepare for calls with parts of this box."""

    def dab(self, part: Rect, at: Stamp) -> np.ndarray:
        """Return the mask of one dab."""

    def way(self, part: Rect, start: Stamp, end: Stamp) -> np.ndarray:
        """Return the mask of the movement between two dabs; dabs alone would leave notches."""


class RoundBrush:
    """A round brush: covers every pixel whose centre is within the radius."""

    def prepare(self, box: Rect) -> None:
        """Do nothing: masks need no preparation."""

    def dab(self, part: Rect, at: Stamp) -> np.ndarray:
        """Return the mask of a disc."""
        across, down = _middles(part, at)
        return across**2 <= max(at.radius, LEAST_REACH) ** 2 - down**2

    def way(self, part: Rect, start: Stamp, end: Stamp) -> np.ndarray:
        """Return the mask of a band as wide as the discs."""
        across, down = _middles(part, start)
        first, last = _spans(down, start, end)
        return (across >= first) & (across <= last)


class SquareBrush:
    """A square brush: covers every pixel whose centre is in an axis-aligned square."""

    def prepare(self, box: Rect) -> None:
        """Do nothing: masks need no preparation."""

    def dab(self, part: Rect, at: Stamp) -> np.ndarray:
        """Return the mask of a square."""
        across, down = _middles(part, at)
        reach = max(at.radius, 0.5)
        return (np.abs(across) <= reach) & (np.abs(down) <= reach)

    def way(self, part: Rect, start: Stamp, end: Stamp) -> np.ndarray:
        """Return what the moving square covers: pixels whose row and column overlap in time."""
        across, down = _middles(part, start)
        reach, growth = max(start.radius, 0.5), end.radius - start.radius
        from_x, to_x = _times(across, end.x - start.x, reach, growth)
        from_y, to_y = _times(down, end.y - start.y, reach, growth)
        return np.maximum(from_x, from_y) <= np.minimum(to_x, to_y)


class RaggedBrush:
    """A round brush with an edge roughened by noise that is fixed to the canvas.

    The same `seed`, `size` and `jitter` give the same edge, however events divide the stroke.
    """

    def __init__(self, size: float, jitter: float, seed: Sequence[int]) -> None:
        self._scale = FIELD_SIZE / max(size, 8.0)
        self._origin = np.random.default_rng(seed).uniform(0, FIELD, 2)
        self._depth = np.float32(RAGGED + MORE_RAGGED * jitter)
        self._box, self._shares = NOWHERE, np.zeros((0, 0), np.float32)

    def prepare(self, box: Rect) -> None:
        """Compute the share of the radius that remains at each pixel, h x w float32."""
        scale = self._scale
        # OpenCV is ten times slower where it wraps around, so the field is repeated twice.
        x, y = (self._origin + np.array(box[:2]) * scale) % FIELD
        noise = cv2.warpAffine(
            _noise_field(), np.array([[scale, 0, x], [0, scale, y]]), (box.width, box.height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_WRAP,
        )  # fmt: skip
        self._box, self._shares = box, 1 - self._depth * noise

    def dab(self, part: Rect, at: Stamp) -> np.ndarray:
        """Return the mask of a disc with a ragged edge."""
        across, down = _middles(part, at)
        reach = max(at.radius, LEAST_REACH)
        return across**2 + down**2 <= (reach * self._share_in(part)) ** 2

    def way(self, part: Rect, start: Stamp, end: Stamp) -> np.ndarray:
        """Return the mask of a band with ragged edges."""
        between, aside, reach = _beside(part, start, end)
        return between & (aside <= reach * self._share_in(part))

    def _share_in(self, part: Rect) -> np.ndarray:
        return _place(self._shares, self._box, part)


# Constructors by id; they take the size, the jitter and the seed of the stroke.
BRUSH_SHAPES: dict[str, Callable[[float, float, Sequence[int]], BrushShape]] = {
    "round": lambda _size, _jitter, _seed: RoundBrush(),
    "square": lambda _size, _jitter, _seed: SquareBrush(),
    "ragged": RaggedBrush,
}


def covered(
    tip: BrushShape, stamps: Sequence[Stamp], bounds: Rect, joined: bool = True
) -> tuple[Rect, np.ndarray]:
    """Return box and mask of all dabs and, if `joined`, of the movements between them."""
    box = NOWHERE
    for stamp in stamps:
        box = box.union(box_of(stamp))
    box = box.clipped(bounds)
    mask = np.zeros((box.height, box.width), bool)
    if box.empty:
        return box, mask
    tip.prepare(box)
    for stamp in stamps:
        part = box_of(stamp).clipped(box)
        _place(mask, box, part)[:] |= tip.dab(part, stamp)
    for start, end in pairwise(stamps) if joined else ():
        if math.hypot(end.x - start.x, end.y - start.y) > 1e-6:
            part = box_of(start).union(box_of(end)).clipped(box)
            _place(mask, box, part)[:] |= tip.way(part, start, end)
    return box, mask


def box_of(stamp: Stamp) -> Rect:
    """Return the box of all pixels that a stamp can cover."""
    reach = max(stamp.radius, LEAST_REACH)
    return Rect(
        math.floor(stamp.x - reach),
        math.floor(stamp.y - reach),
        math.ceil(stamp.x + reach) + 1,
        math.ceil(stamp.y + reach) + 1,
    )


def _place(mask: np.ndarray, box: Rect, part: Rect) -> np.ndarray:
    return mask[part.slices_in(box)]


def _middles(part: Rect, stamp: Stamp) -> tuple[np.ndarray, np.ndarray]:
    """Return pixel centres relative to a stamp: a row of x and a column of y."""
    across = np.arange(part.left, part.right, dtype=np.float32) + np.float32(0.5 - stamp.x)
    down = np.arange(part.top, part.bottom, dtype=np.float32) + np.float32(0.5 - stamp.y)
    return across[None, :], down[:, None]


def _beside(part: Rect, start: Stamp, end: Stamp) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return h x w arrays: whether between the dabs, distance to the line, radius there."""
    length = math.hypot(end.x - start.x, end.y - start.y)
    across, down = _middles(part, start)
    ahead_x, ahead_y = (end.x - start.x) / length, (end.y - start.y) / length
    along = across * ahead_x + down * ahead_y
    aside = np.abs(across * ahead_y - down * ahead_x)
    reach = max(start.radius, LEAST_REACH) + along * ((end.radius - start.radius) / length)
    return (along >= 0) & (along <= length), aside, reach


def _spans(down: np.ndarray, start: Stamp, end: Stamp) -> tuple[np.ndarray, np.ndarray]:
    """Return where the band between two discs begins and ends in each row, relative to `start`.

    The band is convex: every one of its four sides is a condition slope x <= bound in each row.
    """
    length = math.hypot(end.x - start.x, end.y - start.y)
    ahead_x, ahead_y = (end.x - start.x) / length, (end.y - start.y) / length
    reach, growth = max(start.radius, LEAST_REACH), (end.radius - start.radius) / length
    first, last = np.full_like(down, -np.inf), np.full_like(down, np.inf)
    for slope, bound in (
        (-ahead_x, ahead_y * down),
        (ahead_x, length - ahead_y * down),
        (ahead_y - growth * ahead_x, reach + (ahead_x + growth * ahead_y) * down),
        (-ahead_y - growth * ahead_x, reach - (ahead_x - growth * ahead_y) * down),
    ):
        if slope > LEAST_SLOPE:
            last = np.minimum(last, bound / slope)
        elif slope < -LEAST_SLOPE:
            first = np.maximum(first, bound / slope)
        else:
            last = np.where(bound >= 0, last, -np.inf)
    return first, last


def _times(
    offsets: np.ndarray, travel: float, reach: float, growth: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and last time, 0-1, at which a moving square covers each column or row.

    The condition |offset - t travel| <= reach + t growth gives two inequalities t slope >= bound.
    """
    first, last = np.zeros_like(offsets), np.ones_like(offsets)
    for slope, bound in ((growth + travel, offsets - reach), (growth - travel, -offsets - reach)):
        if slope > LEAST_SLOPE:
            first = np.maximum(first, bound / slope)
        elif slope < -LEAST_SLOPE:
            last = np.minimum(last, bound / slope)
        else:
            last = np.where(bound <= 0, last, -1)
    return first, last


@cache
def _noise_field() -> np.ndarray:
    """Return smooth noise in three octaves, 0-1 and mostly low: 2 x 2 periods of FIELD, float32.

    Its largest features are a quarter of the brush size.
    """
    rng = np.random.default_rng(1889)
    field = np.zeros((FIELD, FIELD), np.float32)
    for cells, weight in ((24, 1.0), (48, 0.8), (96, 0.45)):
        grid = np.pad(rng.standard_normal((cells, cells)), 2, mode="wrap").astype(np.float32)
        side, margin = FIELD // cells * (cells + 4), FIELD // cells * 2
        smooth = cv2.resize(grid, (side, side), interpolation=cv2.INTER_CUBIC)
        field += weight * smooth[margin : margin + FIELD, margin : margin + FIELD]
    order = field.ravel().argsort().argsort().reshape(field.shape) / (field.size - 1)
    return np.tile((order**1.2).astype(np.float32), (2, 2))
