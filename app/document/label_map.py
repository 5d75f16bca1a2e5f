"""The doodle: an H x W map of material ids, kept as immutable tiles.

A tile is never written to once it is in the grid; an edit puts a new tile in its place. A snapshot
is therefore a copy of a list of references (1,024 of them on an 8192 x 8192 canvas, about 5 us),
however large the canvas is, and may be read from any thread without a lock.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from app.document.rect import NOWHERE, Rect

TILE = 256


class _TileGrid:
    """Reading from a grid of TILE x TILE tiles (the last row and column may reach over)."""

    def __init__(self, width: int, height: int, tiles: Sequence[np.ndarray]) -> None:
        self.width = width
        self.height = height
        self._columns = -(-width // TILE)
        self._tiles = tiles

    @property
    def bounds(self) -> Rect:
        """The whole canvas."""
        return Rect.of_size(self.width, self.height)

    def at(self, x: int, y: int) -> int:
        """Material id of one pixel."""
        tile = self._tiles[(y // TILE) * self._columns + x // TILE]
        return int(tile[y % TILE, x % TILE])

    def read(self, rect: Rect) -> np.ndarray:
        """A copy of the pixels in `rect`, which must lie on the canvas."""
        block = np.empty((rect.height, rect.width), np.uint8)
        for index, part, origin in self._parts(rect):
            inside = part.moved(-origin.left, -origin.top).slices
            block[part.moved(-rect.left, -rect.top).slices] = self._tiles[index][inside]
        return block

    def differing(self, other: "_TileGrid", rect: Rect) -> np.ndarray:
        """h x w bool: where the pixels in `rect` differ from another grid's of the same size.

        Tiles that both share are not looked at.
        """
        differs = np.zeros((rect.height, rect.width), bool)
        for index, part, origin in self._parts(rect):
            mine, theirs = self._tiles[index], other._tiles[index]
            if mine is not theirs:
                inside = part.moved(-origin.left, -origin.top).slices
                place = part.moved(-rect.left, -rect.top).slices
                differs[place] = mine[inside] != theirs[inside]
        return differs

    def _parts(self, rect: Rect) -> Iterator[tuple[int, Rect, Rect]]:
        """(tile index, the part of `rect` in that tile, the tile's box) for each tile met."""
        for row in range(rect.top // TILE, -(-rect.bottom // TILE)):
            for column in range(rect.left // TILE, -(-rect.right // TILE)):
                box = Rect.of_size(TILE, TILE).moved(column * TILE, row * TILE)
                yield row * self._columns + column, rect.clipped(box), box


class LabelSnapshot(_TileGrid):
    """The doodle as it was at one moment; never changes, readable from any thread."""

    def array(self) -> np.ndarray:
        """H x W uint8 of material ids, contiguous and read-only."""
        labels = self.read(self.bounds)
        labels.flags.writeable = False
        return labels

    @property
    def tiles(self) -> tuple[np.ndarray, ...]:
        """The immutable tiles, row by row."""
        return tuple(self._tiles)

    @property
    def nbytes(self) -> int:
        """Memory that this snapshot keeps alive at most (blank tiles are shared)."""
        return sum({id(tile): tile.nbytes for tile in self._tiles}.values())


class LabelMap(_TileGrid):
    """The doodle being painted: reading, writing, and the box changed since last asked."""

    _tiles: list[np.ndarray]

    def __init__(self, width: int, height: int, material: int = 0) -> None:
        blank = _frozen(np.full((TILE, TILE), material, np.uint8))
        super().__init__(width, height, [blank] * (-(-width // TILE) * -(-height // TILE)))
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

    def snapshot(self) -> LabelSnapshot:
        """The doodle as it is now, at the price of a list copy."""
        return LabelSnapshot(self.width, self.height, tuple(self._tiles))

    def write(self, rect: Rect, block: np.ndarray) -> None:
        """Put `block` (rect.height x rect.width) at `rect`, which must lie on the canvas."""
        for index, part, origin in self._parts(rect):
            tile = self._tiles[index].copy()
            piece = block[part.moved(-rect.left, -rect.top).slices]
            tile[part.moved(-origin.left, -origin.top).slices] = piece
            self._tiles[index] = _frozen(tile)
        self.mark(rect)

    def paint(self, rect: Rect, mask: np.ndarray, material: int) -> None:
        """Give the pixels set in `mask` (h x w bool) a material.

        Tiles without any stay as they are, and shared with the snapshots.
        """
        for index, part, origin in self._parts(rect):
            place = part.moved(-rect.left, -rect.top).slices
            if not mask[place].any():
                continue
            tile = self._tiles[index].copy()
            inside = part.moved(-origin.left, -origin.top).slices
            np.copyto(tile[inside], np.uint8(material), where=mask[place])
            self._tiles[index] = _frozen(tile)
        self.mark(rect)

    def restore(self, snapshot: LabelSnapshot, rect: Rect) -> None:
        """Put all tiles that meet `rect` back as in a snapshot of this map; `mark` tells it."""
        for index, _, _ in self._parts(rect):
            self._tiles[index] = snapshot._tiles[index]

    def mark(self, rect: Rect) -> None:
        """Count `rect` as changed."""
        self.dirty = self.dirty.union(rect)

    def take_dirty(self) -> Rect:
        """The box changed since the last call."""
        dirty, self.dirty = self.dirty, NOWHERE
        return dirty


def _frozen(tile: np.ndarray) -> np.ndarray:
    tile.flags.writeable = False
    return tile
