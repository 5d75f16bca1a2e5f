"""The directions of the pen: which way strokes shall run, one entry per CELL x CELL pixels.

An entry is two uint8: cosine and sine of twice the angle times a weight, where 128 is zero and 127
steps are 1.0 (rows count downwards). Twice the angle, because a direction has no sign. The engine
reads the same numbers (``engine.flow.pen``).
"""

import math
from typing import NamedTuple

import cv2
import numpy as np

from app.document.rect import Rect
from app.document.symmetry import Symmetry
from app.document.tile_grid import TILE, TileGrid, TrackedGrid, frozen

CELL = 4
"""Side of a cell in canvas pixels."""

ZERO = 128
"""Value of a component that stands for zero; 0 is never used."""

EMPTY = frozen(np.full((TILE, TILE, 2), ZERO, np.uint8))
"""The shared tile without directions."""

Matrix = tuple[tuple[float, float, float], tuple[float, float, float]]
"""Maps a point (x, y, 1) of a new canvas to one of the old canvas, in pixels."""


class DirectionSnapshot(TileGrid):
    """Immutable directions that any thread can read. Width and height count cells."""

    @classmethod
    def of_array(cls, cells: np.ndarray) -> "DirectionSnapshot":
        """Create directions from an h x w x 2 uint8 array, one entry per cell."""
        height, width = cells.shape[:2]
        directions = DirectionMap(width * CELL, height * CELL)
        directions.write(directions.bounds, np.maximum(cells, 1))
        return directions.snapshot()

    @classmethod
    def empty(cls, canvas: Rect) -> "DirectionSnapshot":
        """Create the empty directions of a canvas."""
        return DirectionMap(canvas.width, canvas.height).snapshot()

    @property
    def blank(self) -> bool:
        """Whether the pen has left nothing anywhere."""
        return all(tile is EMPTY for tile in self._tiles)

    def transformed(self, width: int, height: int, back: Matrix) -> "DirectionSnapshot":
        """Return the directions on a new canvas of width x height pixels.

        `back` maps its pixels to those of this canvas. New area has no directions. Slow on a large
        canvas.
        """
        columns, rows = -(-width // CELL), -(-height // CELL)
        (ax, bx, cx), (ay, by, cy) = back
        y, x = (np.mgrid[:rows, :columns] + 0.5) * CELL
        old_x = np.floor((ax * x + bx * y + cx) / CELL).astype(int)
        old_y = np.floor((ay * x + by * y + cy) / CELL).astype(int)
        inside = (old_x >= 0) & (old_x < self.width) & (old_y >= 0) & (old_y < self.height)
        found = np.full((rows, columns, 2), ZERO, np.uint8)
        found[inside] = self.array()[old_y[inside], old_x[inside]]
        there = np.linalg.inv(np.array([[ax, bx], [ay, by]]))
        return self.of_array(_mapped(found, there))


class DirectionMap(TrackedGrid):
    """Editable directions of a canvas of width x height pixels; boxes and marks are in cells."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__(-(-width // CELL), -(-height // CELL), EMPTY)

    @classmethod
    def from_snapshot(cls, snapshot: TileGrid) -> "DirectionMap":
        """Create a map that shares the tiles of a snapshot."""
        directions = cls(snapshot.width * CELL, snapshot.height * CELL)
        directions._tiles = list(snapshot.tiles)
        return directions

    def write(self, rect: Rect, block: np.ndarray) -> None:
        """Write `block`, rect.height x rect.width x 2, to a box of cells on the canvas."""
        super().write(rect, block)
        for index, _, _ in self._parts(rect):
            self._tiles[index] = _shared(self._tiles[index])

    def put_tile(self, index: int, tile: np.ndarray, box: Rect | None = None) -> None:
        """Replace a tile as `TrackedGrid.put_tile` does."""
        super().put_tile(index, _shared(tile), box)

    def snapshot(self) -> DirectionSnapshot:
        """Return a snapshot of the map; costs only a list copy."""
        return DirectionSnapshot(self.width, self.height, tuple(self._tiles))

    def empty_in(self, box: Rect) -> bool:
        """Return whether no tile that meets a box of cells has directions."""
        return all(self._tiles[index] is EMPTY for index, _, _ in self._parts(box))


def _shared(tile: np.ndarray) -> np.ndarray:
    """Return EMPTY for a tile without directions, else the tile."""
    return tile if tile is EMPTY or (tile != ZERO).any() else EMPTY


class Sway(NamedTuple):
    """A short straight movement of the pen, in canvas pixels.

    `cos`, `sin`: of twice the smoothed angle of the stroke there; `first`: it begins the stroke, so
    that the area behind its start belongs to it; `flipped`: it is a mirror image of the pen's own
    movement that turns the other way.
    """

    x: float
    y: float
    end_x: float
    end_y: float
    radius: float
    cos: float
    sin: float
    first: bool = False
    flipped: bool = False

    @property
    def length(self) -> float:
        """Distance from start to end in pixels."""
        return math.hypot(self.end_x - self.x, self.end_y - self.y)

    @property
    def box(self) -> Rect:
        """Box of the pixels that are nearer than the radius."""
        left, right = sorted((self.x, self.end_x))
        top, bottom = sorted((self.y, self.end_y))
        edges = math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom)
        return Rect(*edges).grown(math.ceil(self.radius) + CELL)

    def images(self, symmetry: Symmetry) -> list["Sway"]:
        """Return the movement and its mirror images, in the order of `Symmetry.images`."""
        starts = symmetry.points(self.x, self.y)
        ends = symmetry.points(self.end_x, self.end_y)
        return [
            self._replace(
                x=start[0], y=start[1], end_x=end[0], end_y=end[1],
                sin=-self.sin if flip_x != flip_y else self.sin, flipped=flip_x != flip_y,
            )
            for start, end, (flip_x, flip_y) in zip(starts, ends, symmetry.flips, strict=True)
        ]  # fmt: skip

    def covers(self, cells: Rect) -> np.ndarray:
        """Return which cells of a box the pen passes over here: h x w bool.

        Cells behind the start belong to earlier movements, and those ahead also to this one, until
        the pen arrives there.
        """
        x, y = middles(cells)
        length, reach = self.length, self.radius + CELL / 2
        at_end = np.square(x - self.end_x) + np.square(y - self.end_y) <= reach * reach
        if length < 1e-6:
            return at_end
        u, v = (self.end_x - self.x) / length, (self.end_y - self.y) / length
        along, aside = (x - self.x) * u + (y - self.y) * v, (y - self.y) * u - (x - self.x) * v
        band = (np.abs(aside) <= reach) & (along >= -CELL) & (along <= length)
        covered = band | (at_end & (along > length))
        if self.first:
            covered |= np.square(x - self.x) + np.square(y - self.y) <= reach * reach
        return covered

    def distance(self, cells: Rect) -> np.ndarray:
        """Return the distance of the cells of a box from the movement: h x w, in pixels."""
        x, y = middles(cells)
        across, down = self.end_x - self.x, self.end_y - self.y
        square = max(across * across + down * down, 1e-9)
        share = np.clip(((x - self.x) * across + (y - self.y) * down) / square, 0, 1)
        return np.hypot(x - self.x - share * across, y - self.y - share * down)


class PenDirection:
    """Measures the direction of a stroke from its stamps.

    It is averaged over about half the brush's width, so that neither tremor nor the pixel grid
    shows. A dot has none: the direction begins when the brush has moved by `start` radii.
    """

    def __init__(self, joined: bool = True, start: float = 1.0) -> None:
        self._joined, self._start = joined, start
        self._from: tuple[float, float] | None = None
        self._mean: tuple[float, float] | None = None

    @property
    def begun(self) -> bool:
        """Whether the stroke has a direction yet."""
        return self._mean is not None

    def add(self, x: float, y: float, radius: float) -> Sway | None:
        """Add a position of the brush; return the movement since the last one, if long enough.

        Without `joined` it covers only the dab at the end.
        """
        if self._from is None:
            self._from = x, y
            return None
        from_x, from_y = self._from
        across, down = x - from_x, y - from_y
        length = math.hypot(across, down)
        if length < (max(2.0, radius / 8) if self.begun else max(4.0, radius * self._start)):
            return None
        first = not self.begun
        cos = (across * across - down * down) / (length * length)
        sin = 2 * across * down / (length * length)
        if self._mean is not None:
            kept = math.exp(-length / max(6.0, radius / 2))
            cos = kept * self._mean[0] + (1 - kept) * cos
            sin = kept * self._mean[1] + (1 - kept) * sin
            size = max(math.hypot(cos, sin), 1e-6)
            cos, sin = cos / size, sin / size
        self._from, self._mean = (x, y), (cos, sin)
        if not self._joined:
            return Sway(x, y, x, y, radius, cos=cos, sin=sin)
        return Sway(from_x, from_y, x, y, radius, cos=cos, sin=sin, first=first)


def middles(cells: Rect) -> tuple[np.ndarray, np.ndarray]:
    """Return x (1 x w) and y (h x 1) of the middles of a box of cells, in canvas pixels."""
    x = (np.arange(cells.left, cells.right) + 0.5) * CELL
    y = (np.arange(cells.top, cells.bottom) + 0.5) * CELL
    return x[None], y[:, None]


def coded(vectors: np.ndarray) -> np.ndarray:
    """Convert vectors of length 0-1 to uint8 components."""
    return (np.rint(np.clip(vectors, -1, 1) * 127) + ZERO).astype(np.uint8)


def share_of(mask: np.ndarray, box: Rect) -> np.ndarray:
    """Return how much of each cell that meets `box` is set in its h x w mask: uint8, 255 for all.

    A cell with any set pixel is above 0.
    """
    cells = box.cells(CELL)
    whole = cells.scaled(CELL)
    pixels = np.zeros((whole.height, whole.width), np.uint8)
    pixels[box.slices_in(whole)] = mask.astype(np.uint8) * 255
    return cv2.resize(pixels, (cells.width, cells.height), interpolation=cv2.INTER_AREA)


def blended(old: np.ndarray, wanted: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Move coded directions, h x w x 2, towards vectors by a share of 0-1, h x w."""
    vectors = (old.astype(np.float32) - ZERO) / 127
    return coded(vectors + share[..., None] * (wanted - vectors))


def _mapped(cells: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Turn coded directions, h x w x 2, by a 2 x 2 matrix that maps vectors of the canvas."""
    x, y = (cells[..., part].astype(float) - ZERO for part in (0, 1))
    weight, angle = np.hypot(x, y), np.arctan2(y, x) / 2
    across = matrix[0, 0] * np.cos(angle) + matrix[0, 1] * np.sin(angle)
    down = matrix[1, 0] * np.cos(angle) + matrix[1, 1] * np.sin(angle)
    doubled = 2 * np.arctan2(down, across)
    turned = np.stack([weight * np.cos(doubled), weight * np.sin(doubled)], 2)
    return (np.rint(np.clip(turned, -127, 127)) + ZERO).astype(np.uint8)
