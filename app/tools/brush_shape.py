"""Brush shapes: the pixels covered by a dab and by the movement between two dabs."""

import math
from collections.abc import Callable, Sequence
from functools import cache
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
# Larger boxes are covered in parts of PART x PART pixels, most of which a movement does not change.
WHOLE, PART = 512 * 512, 256
# Pixels by which a part must lie inside a dab, or outside, to be sure in spite of rounding.
SURE = 1.0


class BrushShape(Protocol):
    """The shape of a brush. Masks are h x w bool and cover the pixels of `part`."""

    def prepare(self, parts: Sequence[Rect]) -> None:
        """Prepare for calls with these parts."""

    def fills(self, part: Rect, at: Stamp) -> bool:
        """Return whether a dab surely covers the whole part."""

    def adds(self, part: Rect, start: Stamp, end: Stamp) -> bool:
        """Return whether moving from a painted dab to another may cover more of the part."""

    def passes(self, part: Rect, start: Stamp, end: Stamp) -> bool:
        """Return whether `way` may cover a pixel of the part."""

    def dab(self, part: Rect, at: Stamp) -> np.ndarray:
        """Return the mask of one dab."""

    def way(self, part: Rect, start: Stamp, end: Stamp) -> np.ndarray:
        """Return the mask of the movement between two dabs; dabs alone would leave notches."""


class RoundBrush:
    """A round brush: covers every pixel whose centre is within the radius."""

    def prepare(self, parts: Sequence[Rect]) -> None:
        """Do nothing: masks need no preparation."""

    def fills(self, part: Rect, at: Stamp) -> bool:
        """Return whether the corner that is farthest away lies in the dab."""
        across = max(part.right - at.x, at.x - part.left)
        down = max(part.bottom - at.y, at.y - part.top)
        return math.hypot(across, down) <= self._inner(at) - SURE

    def adds(self, part: Rect, start: Stamp, end: Stamp) -> bool:
        """Return whether the part is not covered yet, and not behind or beside the movement."""
        if self.fills(part, start):
            return False
        length = math.hypot(end.x - start.x, end.y - start.y)
        if length < SURE:
            return True
        along, aside = _corners(part, start, end)
        reach = max(start.radius, end.radius) + LEAST_REACH + SURE
        if min(along) > length + reach or min(aside) > reach or max(aside) < -reach:
            return False
        # What a disc reaches behind its centre was in reach before, unless it grows.
        return end.radius > start.radius or max(along) >= -SURE

    def passes(self, part: Rect, start: Stamp, end: Stamp) -> bool:
        """Return whether a pixel may lie between the dabs."""
        along, _ = _corners(part, start, end)
        return min(along) <= math.hypot(end.x - start.x, end.y - start.y) and max(along) >= 0

    def _inner(self, at: Stamp) -> float:
        """Return the radius within which every pixel is covered."""
        return max(at.radius, LEAST_REACH)

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

    def prepare(self, parts: Sequence[Rect]) -> None:
        """Do nothing: masks need no preparation."""

    def fills(self, part: Rect, at: Stamp) -> bool:
        """Return whether the part lies in the square."""
        reach = at.radius - SURE
        inside_x = at.x - reach <= part.left and part.right <= at.x + reach
        return inside_x and at.y - reach <= part.top and part.bottom <= at.y + reach

    def adds(self, part: Rect, start: Stamp, end: Stamp) -> bool:
        """Return whether the part is not covered yet, but in the box around both squares."""
        return self.passes(part, start, end) and not self.fills(part, start)

    def passes(self, part: Rect, start: Stamp, end: Stamp) -> bool:
        """Return whether the part is in the box around both squares."""
        return not part.clipped(box_of(start).union(box_of(end))).empty

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


class RaggedBrush(RoundBrush):
    """A round brush with an edge roughened by noise that is fixed to the canvas.

    The same `seed`, `size` and `jitter` give the same edge, however events divide the stroke.
    """

    def __init__(self, size: float, jitter: float, seed: Sequence[int]) -> None:
        self._scale = FIELD_SIZE / max(size, 8.0)
        self._origin = np.random.default_rng(seed).uniform(0, FIELD, 2)
        self._depth = np.float32(RAGGED + MORE_RAGGED * jitter)
        self._shares: dict[Rect, np.ndarray] = {}

    def prepare(self, parts: Sequence[Rect]) -> None:
        """Keep what was computed for these parts before, and nothing else."""
        self._shares = {part: self._shares[part] for part in parts if part in self._shares}

    def _inner(self, at: Stamp) -> float:
        """Return the radius that remains where the edge is deepest."""
        return max(at.radius, LEAST_REACH) * float(1 - self._depth)

    def _share_in(self, part: Rect) -> np.ndarray:
        """Return the share of the radius that remains at each pixel, h x w float32."""
        if part not in self._shares:
            self._shares[part] = self._computed_share(part)
        return self._shares[part]

    def _computed_share(self, box: Rect) -> np.ndarray:
        scale = self._scale
        # OpenCV is ten times slower where it wraps around, so the field is repeated twice.
        x, y = (self._origin + np.array(box[:2]) * scale) % FIELD
        noise = cv2.warpAffine(
            _noise_field(), np.array([[scale, 0, x], [0, scale, y]]), (box.width, box.height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_WRAP,
        )  # fmt: skip
        return np.asarray(1 - self._depth * noise)

    def dab(self, part: Rect, at: Stamp) -> np.ndarray:
        """Return the mask of a disc with a ragged edge."""
        across, down = _middles(part, at)
        reach = max(at.radius, LEAST_REACH)
        return across**2 + down**2 <= (reach * self._share_in(part)) ** 2

    def way(self, part: Rect, start: Stamp, end: Stamp) -> np.ndarray:
        """Return the mask of a band with ragged edges."""
        between, aside, reach = _beside(part, start, end)
        return between & (aside <= reach * self._share_in(part))


# Constructors by id; they take the size, the jitter and the seed of the stroke.
BRUSH_SHAPES: dict[str, Callable[[float, float, Sequence[int]], BrushShape]] = {
    "round": lambda _size, _jitter, _seed: RoundBrush(),
    "square": lambda _size, _jitter, _seed: SquareBrush(),
    "ragged": RaggedBrush,
}


def covered(
    tip: BrushShape,
    stamps: Sequence[Stamp],
    bounds: Rect,
    joined: bool = True,
    begun: bool = False,
) -> tuple[Rect, np.ndarray]:
    """Return box and mask of all dabs and, if `joined`, of the movements between them.

    `begun`: the first dab is painted already; pixels that it covers may be left out.
    """
    parts = _parts(stamps, bounds)
    tip.prepare(parts)
    masks = {}
    for part in parts:
        mask = _covered_part(tip, stamps, part, joined, begun)
        if mask is not None:
            masks[part] = mask
    box = NOWHERE
    for part in masks:
        box = box.union(part)
    whole = np.zeros((box.height, box.width), bool)
    for part, mask in masks.items():
        whole[part.slices_in(box)] = mask
    return box, whole


def _parts(stamps: Sequence[Stamp], bounds: Rect) -> list[Rect]:
    """Return the box of all stamps on the canvas, as a whole or in parts of a fixed grid."""
    box = NOWHERE
    for stamp in stamps:
        box = box.union(box_of(stamp))
    box = box.clipped(bounds)
    if box.area <= WHOLE:
        return [] if box.empty else [box]
    left, top, right, bottom = box.cells(PART)
    cells = (Rect(x, y, x + 1, y + 1) for y in range(top, bottom) for x in range(left, right))
    return [cell.scaled(PART).clipped(bounds) for cell in cells]


def _covered_part(
    tip: BrushShape, stamps: Sequence[Stamp], part: Rect, joined: bool, begun: bool
) -> np.ndarray | None:
    """Return the mask of what `stamps` cover in a part of the canvas; None if that is nothing new.

    If all dabs before one are painted, only the parts that its movement `adds` are computed.
    """
    mask = None
    for at, stamp in enumerate(stamps):
        before = stamps[at - 1] if at and joined else None
        if (at == 0 and begun) or (before is not None and not tip.adds(part, before, stamp)):
            continue
        if tip.fills(part, stamp):
            return np.ones((part.height, part.width), bool)
        new = tip.dab(part, stamp)
        if before is not None and _moves(before, stamp) and tip.passes(part, before, stamp):
            new |= tip.way(part, before, stamp)
        mask = new if mask is None else mask | new
    return mask


def _moves(start: Stamp, end: Stamp) -> bool:
    return math.hypot(end.x - start.x, end.y - start.y) > 1e-6


def box_of(stamp: Stamp) -> Rect:
    """Return the box of all pixels that a stamp can cover."""
    reach = max(stamp.radius, LEAST_REACH)
    return Rect(
        math.floor(stamp.x - reach),
        math.floor(stamp.y - reach),
        math.ceil(stamp.x + reach) + 1,
        math.ceil(stamp.y + reach) + 1,
    )


def _corners(part: Rect, start: Stamp, end: Stamp) -> tuple[list[float], list[float]]:
    """Return where a part's corners lie: along the movement from `start`, and beside it."""
    length = math.hypot(end.x - start.x, end.y - start.y)
    ahead_x, ahead_y = (end.x - start.x) / length, (end.y - start.y) / length
    corners = [
        (x - start.x, y - start.y) for x in (part.left, part.right) for y in (part.top, part.bottom)
    ]
    along = [x * ahead_x + y * ahead_y for x, y in corners]
    return along, [x * ahead_y - y * ahead_x for x, y in corners]


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
