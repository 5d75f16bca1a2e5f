"""Label map and directions together, to find out where two doodles differ."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from app.document.directions import CELL, DirectionMap, DirectionSnapshot
from app.document.label_map import LabelMap, LabelSnapshot
from app.document.rect import Rect
from app.document.tile_grid import TILE, TileGrid


@dataclass(frozen=True, eq=False)
class Doodle:
    """A label map, and directions of the same canvas or None for none."""

    labels: LabelSnapshot | LabelMap
    directions: DirectionSnapshot | DirectionMap | None = None

    @property
    def bounds(self) -> Rect:
        """Rectangle of the canvas."""
        return self.labels.bounds

    @property
    def turned(self) -> DirectionSnapshot | DirectionMap:
        """The directions, empty ones for none."""
        return self.directions or DirectionSnapshot.empty(self.bounds)

    def same(self, other: "Doodle") -> bool:
        """Return whether both have the same size and the same content."""
        if self.bounds != other.bounds:
            return False
        grids = (self.labels, other.labels), (self.turned, other.turned)
        pairs = (
            (a, b) for mine, theirs in grids for a, b in zip(mine.tiles, theirs.tiles, strict=True)
        )
        return all(a is b or np.array_equal(a, b) for a, b in pairs)

    def shares_all(self, other: "Doodle") -> bool:
        """Return whether both have the same size and share all tiles."""
        if not self.labels.shares_all(other.labels):
            return False
        both = self._both(other)
        return both is None or both[0].shares_all(both[1])

    def tiles_at(self, rect: Rect) -> tuple[np.ndarray, ...]:
        """Return the immutable tiles that overlap `rect`, which must lie on the canvas."""
        tiles = self.labels.tiles_at(rect)
        if self.directions is None:
            return tiles
        return *tiles, *self.directions.tiles_at(rect.cells(CELL))

    def differing(self, other: "Doodle", rect: Rect) -> np.ndarray:
        """Return where labels or directions in `rect` differ from another doodle, h x w bool."""
        differs = self.labels.differing(other.labels, rect)
        cells = rect.cells(CELL)
        turned = self._turned(other, cells)
        if turned is not None:
            large = turned.repeat(CELL, 0).repeat(CELL, 1)
            differs |= large[rect.slices_in(cells.scaled(CELL))]
        return differs

    def mark_differing(self, other: "Doodle", rect: Rect, cells: np.ndarray, step: int) -> None:
        """Update `cells` (uint8, one per `step` x `step` pixels) for all label tiles in `rect`.

        A cell is 255 if anything in it differs from the other doodle, else 0.
        """
        self.labels.mark_differing(other.labels, rect, cells, step)
        around = rect.cells(TILE).scaled(TILE).clipped(self.bounds).cells(CELL)
        turned = self._turned(other, around)
        if turned is None:
            return
        y, x = np.nonzero(turned)
        for down, across in product(range(0, CELL, step), repeat=2):
            rows = ((y + around.top) * CELL + down) // step
            columns = ((x + around.left) * CELL + across) // step
            inside = (rows < cells.shape[0]) & (columns < cells.shape[1])
            cells[rows[inside], columns[inside]] = 255

    def _turned(self, other: "Doodle", cells: Rect) -> np.ndarray | None:
        """Return which cells have another direction, h x w bool; None if none has."""
        both = self._both(other)
        if both is None or not any(True for _ in both[0].unlike_tiles(both[1], cells)):
            return None
        return (both[0].read(cells) != both[1].read(cells)).any(2)

    def _both(self, other: "Doodle") -> tuple[TileGrid, TileGrid] | None:
        """Return the directions of both doodles, empty ones for none; None if none has any."""
        if self.directions is None and other.directions is None:
            return None
        return self.turned, other.turned


@dataclass(frozen=True, eq=False)
class EditableDoodle:
    """A label map and directions that can be changed."""

    labels: LabelMap
    directions: DirectionMap

    @classmethod
    def of(cls, doodle: Doodle) -> "EditableDoodle":
        """Create one that shares the tiles of an immutable doodle."""
        return cls(LabelMap.from_snapshot(doodle.labels), DirectionMap.from_snapshot(doodle.turned))

    def snapshot(self) -> Doodle:
        """Return a snapshot; costs only two list copies."""
        directions = self.directions.snapshot()
        return Doodle(self.labels.snapshot(), None if directions.blank else directions)
