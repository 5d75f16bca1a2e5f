"""Undo patches: the tiles of one edit before and after it, compressed when idle.

An edit changes labels, directions or both.
"""

import zlib
from collections.abc import Iterable, Iterator

import numpy as np

from app.document.directions import DirectionMap
from app.document.label_map import LabelMap, plain_tile
from app.document.rect import Rect
from app.document.tile_grid import TILE, TileGrid, TrackedGrid

# Marks a pixel that the edit did not change (materials are 0-254). Long runs of it compress well.
UNTOUCHED = 255
# The same in a tile of directions.
UNTURNED = 0


class Patch:
    """The tiles that an edit changed.

    A new patch shares its tiles with the canvas, which takes no memory; `pack` compresses them.
    Undo requires the doodle as the edit left it, and redo the doodle as it was before the edit.
    `parts`: of the labels; `turned`: of the directions.
    """

    def __init__(self, parts: "list[_Part]", turned: "list[_Part] | None" = None) -> None:
        self._labels, self._turned = parts, turned or []
        self._parts = [*self._labels, *self._turned]
        self._packed = 0

    @classmethod
    def between(cls, old: TileGrid, new: LabelMap, rect: Rect) -> "Patch | None":
        """Return the change of labels inside `rect`; None if nothing differs."""
        parts = _parts_between(old, new, rect)
        return cls(parts) if parts else None

    @classmethod
    def packed(cls, old: TileGrid, new: TileGrid, boxes: Iterable[Rect]) -> "Patch":
        """Return the change inside `boxes`, compressed; each box lies in a tile of its own."""
        patch = cls([])
        for box in boxes:
            index, left, top = tile_at(new, box)
            part = _Part(index, old.tiles[index], new.tiles[index])
            part.pack(box.moved(-left, -top))
            patch._labels.append(part)
            patch._parts.append(part)
        patch._packed = len(patch._parts)
        return patch

    @classmethod
    def of_directions(cls, old: TileGrid, new: DirectionMap, cells: Rect) -> "Patch | None":
        """Return the change of directions inside a box of cells; None if nothing differs."""
        turned = _parts_between(old, new, cells)
        return cls([], turned) if turned else None

    def joined(self, other: "Patch | None") -> "Patch":
        """Return the changes of this patch and of another one."""
        if other is None:
            return self
        return Patch([*self._labels, *other._labels], [*self._turned, *other._turned])

    def held(self) -> Iterator[bytes | np.ndarray]:
        """Yield the tiles and compressed blocks in memory; tiles may be shared with the canvas."""
        for part in self._parts:
            yield from (part.before, part.after)

    def pack(self) -> bool:
        """Compress one more tile. Return False if all are compressed."""
        if self._packed == len(self._parts):
            return False
        self._parts[self._packed].pack()
        self._packed += 1
        return True

    def undo(self, labels: LabelMap, directions: DirectionMap | None = None) -> None:
        """Restore labels and, where given, directions from before the edit."""
        for part, grid in self._targets(labels, directions):
            part.apply(grid, part.before)

    def redo(self, labels: LabelMap, directions: DirectionMap | None = None) -> None:
        """Restore labels and, where given, directions from after the edit."""
        for part, grid in self._targets(labels, directions):
            part.apply(grid, part.after)

    def _targets(
        self, labels: LabelMap, directions: DirectionMap | None
    ) -> "Iterator[tuple[_Part, TrackedGrid]]":
        yield from ((part, labels) for part in self._labels)
        if directions is not None:
            yield from ((part, directions) for part in self._turned)


def _parts_between(old: TileGrid, new: TrackedGrid, rect: Rect) -> "list[_Part]":
    return [
        _Part(index, before, after)
        for index, before, after in new.unlike_tiles(old, rect)
        if (before[0, 0] != after[0, 0]).any() or (before != after).any()
    ]


class _Part:
    """One tile: uncompressed, or the changed pixels in `box` compressed with zlib."""

    __slots__ = ("after", "before", "box", "index")

    def __init__(self, index: int, before: np.ndarray, after: np.ndarray) -> None:
        self.index = index
        self.before: bytes | np.ndarray = before
        self.after: bytes | np.ndarray = after
        self.box = Rect.of_size(TILE, TILE)

    def pack(self, box: Rect | None = None) -> None:
        """Compress the tile; `box` contains all changed pixels, if that is known."""
        before, after = self.before, self.after
        if isinstance(before, bytes) or isinstance(after, bytes):
            return
        pairs, whole = before.ndim == 3, box is None or box == self.box
        if not pairs and whole and _uniform(before) and _uniform(after):
            # Most tiles of a large fill. Plain tiles are shared by all undo steps.
            self.before, self.after = (
                plain_tile(int(before[0, 0])),
                plain_tile(int(after[0, 0])),
            )
            return
        if box is None:
            changed = before != after
            box = box_of(changed.any(2) if pairs else changed)
        self.box = box
        before, after = before[self.box.slices], after[self.box.slices]
        same, mark = before == after, np.uint8(UNTURNED if pairs else UNTOUCHED)
        self.before, self.after = _packed(before, same, mark), _packed(after, same, mark)

    def apply(self, grid: TrackedGrid, side: bytes | np.ndarray) -> None:
        if isinstance(side, np.ndarray):
            grid.put_tile(self.index, side)
            return
        tile = grid.tiles[self.index].copy()
        place = tile[self.box.slices]
        wanted = np.frombuffer(zlib.decompress(side), np.uint8).reshape(place.shape)
        mark = UNTURNED if tile.ndim == 3 else UNTOUCHED
        np.copyto(place, wanted, where=wanted != mark)
        grid.put_tile(self.index, tile, self.box)


def tile_at(grid: TileGrid, box: Rect) -> tuple[int, int, int]:
    """Return index, left and top of the tile with the corner of a box."""
    row, column = box.top // TILE, box.left // TILE
    return row * -(-grid.width // TILE) + column, column * TILE, row * TILE


def box_of(mask: np.ndarray) -> Rect:
    """Return the bounding box of the set pixels of an h x w bool mask; an empty Rect if none."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not rows.size:
        return Rect(0, 0, 0, 0)
    return Rect(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def _uniform(tile: np.ndarray) -> bool:
    return bool((tile == tile[0, 0]).all())


def _packed(pixels: np.ndarray, same: np.ndarray, mark: np.uint8) -> bytes:
    return zlib.compress(np.where(same, mark, pixels).tobytes(), 1)
