"""The doodle: an H x W map of material ids, kept as immutable tiles (see tile_grid.py)."""

from functools import cache

import numpy as np

from app.document.rect import NOWHERE, Rect
from app.document.tile_grid import TILE, EditableGrid, TileGrid, frozen


class LabelSnapshot(TileGrid):
    """The doodle as it was at one moment; never changes, readable from any thread.

    `array` gives all of it as H x W uint8 of material ids.
    """


class LabelMap(EditableGrid):
    """The doodle being painted: reading, writing, and the box changed since last asked."""

    def __init__(self, width: int, height: int, material: int = 0) -> None:
        super().__init__(width, height, plain_tile(material))
        self.dirty = NOWHERE

    @classmethod
    def from_array(cls, labels: np.ndarray) -> "LabelMap":
        """A map with the ids of an H x W array."""
        height, width = labels.shape
        label_map = cls(width, height)
        label_map.write(label_map.bounds, labels)
        label_map.take_dirty()
        return label_map

    @classmethod
    def from_snapshot(cls, snapshot: LabelSnapshot) -> "LabelMap":
        """A map that goes on from a snapshot, sharing its tiles."""
        label_map = cls(snapshot.width, snapshot.height)
        label_map._tiles = list(snapshot.tiles)
        return label_map

    def at(self, x: int, y: int) -> int:
        """Material id of one pixel."""
        tile = self._tiles[(y // TILE) * self._columns + x // TILE]
        return int(tile[y % TILE, x % TILE])

    def snapshot(self) -> LabelSnapshot:
        """The doodle as it is now, at the price of a list copy."""
        return LabelSnapshot(self.width, self.height, tuple(self._tiles))

    def write(self, rect: Rect, block: np.ndarray) -> None:
        """Put `block` (rect.height x rect.width) at `rect`, which must lie on the canvas."""
        super().write(rect, block)
        self.mark(rect)

    def paint(self, rect: Rect, mask: np.ndarray | None, material: int) -> None:
        """Give the pixels set in `mask` (h x w bool), or all of `rect`, a material.

        Tiles without any stay as they are, and shared with the snapshots; those that are all of
        one material are one and the same.
        """
        for index, part, origin in self._parts(rect):
            marks = None if mask is None else mask[part.slices_in(rect)]
            if marks is not None and not marks.any():
                continue
            if part == origin.clipped(self.bounds) and (marks is None or marks.all()):
                self._tiles[index] = plain_tile(material)
                continue
            tile = self._tiles[index].copy()
            inside = tile[part.slices_in(origin)]
            np.copyto(inside, np.uint8(material), where=True if marks is None else marks)
            self._tiles[index] = frozen(tile)
        self.mark(rect)

    def restore(self, snapshot: LabelSnapshot, rect: Rect) -> None:
        """Put all tiles that meet `rect` back as in a snapshot of this map; `mark` tells it."""
        for index, _, _ in self._parts(rect):
            self._tiles[index] = snapshot._tiles[index]

    def mark(self, rect: Rect) -> None:
        """Count `rect` as changed."""
        self.dirty = self.dirty.union(rect)

    def put_tile(self, index: int, tile: np.ndarray, box: Rect | None = None) -> None:
        """Put a whole tile in place, which it then is; only `box` of the tile has changed."""
        self._tiles[index] = frozen(tile)
        row, column = divmod(index, self._columns)
        changed = (box or Rect.of_size(TILE, TILE)).moved(column * TILE, row * TILE)
        self.mark(changed.clipped(self.bounds))

    def take_dirty(self) -> Rect:
        """The box changed since the last call."""
        dirty, self.dirty = self.dirty, NOWHERE
        return dirty


@cache
def plain_tile(material: int) -> np.ndarray:
    """The tile that is all of one material, read-only; always the same one."""
    return frozen(np.full((TILE, TILE), material, np.uint8))
