"""The label map: an H x W map of material ids, stored as immutable tiles (see tile_grid.py)."""

from functools import cache

import numpy as np

from app.document.rect import Rect
from app.document.tile_grid import TILE, TileGrid, TrackedGrid, frozen


class LabelSnapshot(TileGrid):
    """An immutable snapshot of the label map that any thread can read.

    `array` returns all of it as H x W uint8 material ids.
    """


class LabelMap(TrackedGrid):
    """An editable label map that tracks its dirty rectangle."""

    def __init__(self, width: int, height: int, material: int = 0) -> None:
        super().__init__(width, height, plain_tile(material))

    @classmethod
    def from_array(cls, labels: np.ndarray) -> "LabelMap":
        """Create a map from an H x W uint8 array of material ids."""
        height, width = labels.shape
        label_map = cls(width, height)
        label_map.write(label_map.bounds, labels)
        label_map.take_dirty()
        return label_map

    @classmethod
    def from_snapshot(cls, snapshot: TileGrid) -> "LabelMap":
        """Create a map that shares the tiles of a snapshot."""
        label_map = cls(snapshot.width, snapshot.height)
        label_map._tiles = list(snapshot.tiles)
        return label_map

    def at(self, x: int, y: int) -> int:
        """Return the material id of one pixel."""
        tile = self._tiles[(y // TILE) * self._columns + x // TILE]
        return int(tile[y % TILE, x % TILE])

    def snapshot(self) -> LabelSnapshot:
        """Return a snapshot of the map; costs only a list copy."""
        return LabelSnapshot(self.width, self.height, tuple(self._tiles))

    def paint(self, rect: Rect, mask: np.ndarray | None, material: int) -> None:
        """Set the pixels of `rect` that are set in `mask` (h x w bool), or all, to a material.

        Tiles without such a pixel stay shared with snapshots. Tiles that are painted completely
        become the material's shared `plain_tile`.
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

    def adopt(self, snapshot: LabelSnapshot, rect: Rect) -> None:
        """Take over `rect` of a snapshot, without marking it; whole tiles are shared."""
        for index, part, origin in self._parts(rect):
            theirs = snapshot._tiles[index]
            if part == origin.clipped(self.bounds):
                self._tiles[index] = theirs
            elif self._tiles[index] is not theirs:
                tile, inside = self._tiles[index].copy(), part.slices_in(origin)
                tile[inside] = theirs[inside]
                self._tiles[index] = frozen(tile)


@cache
def plain_tile(material: int) -> np.ndarray:
    """Return the shared read-only tile that is filled with one material."""
    return frozen(np.full((TILE, TILE), material, np.uint8))
