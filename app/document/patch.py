"""Undo patches: the tiles of one edit before and after it, compressed when idle."""

import zlib
from collections.abc import Iterable, Iterator

import numpy as np

from app.document.label_map import LabelMap, LabelSnapshot, plain_tile
from app.document.rect import Rect
from app.document.tile_grid import TILE, TileGrid

# Marks a pixel that the edit did not change (materials are 0-254). Long runs of it compress well.
UNTOUCHED = 255


class Patch:
    """The tiles that an edit changed.

    A new patch shares its tiles with the canvas, which takes no memory; `pack` compresses them.
    Undo requires the doodle as the edit left it, and redo the doodle as it was before the edit.
    """

    def __init__(self, parts: "list[_Part]") -> None:
        self._parts = parts
        self._packed = 0

    @classmethod
    def between(cls, old: LabelSnapshot, new: LabelMap, rect: Rect) -> "Patch | None":
        """Return the change from `old` to `new` inside `rect`; None if nothing differs."""
        parts = [
            _Part(index, before, after)
            for index, before, after in new.unlike_tiles(old, rect)
            if before[0, 0] != after[0, 0] or (before != after).any()
        ]
        return cls(parts) if parts else None

    @classmethod
    def packed(cls, old: TileGrid, new: TileGrid, boxes: Iterable[Rect]) -> "Patch":
        """Return the change inside `boxes`, compressed; each box lies in a tile of its own."""
        patch = cls([])
        for box in boxes:
            index, left, top = tile_at(new, box)
            part = _Part(index, old.tiles[index], new.tiles[index])
            part.pack(box.moved(-left, -top))
            patch._parts.append(part)
        patch._packed = len(patch._parts)
        return patch

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

    def undo(self, labels: LabelMap) -> None:
        """Restore the pixels from before the edit."""
        for part in self._parts:
            part.apply(labels, part.before)

    def redo(self, labels: LabelMap) -> None:
        """Restore the pixels from after the edit."""
        for part in self._parts:
            part.apply(labels, part.after)


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
        assert isinstance(before, np.ndarray)
        assert isinstance(after, np.ndarray)
        if (box is None or box == self.box) and _uniform(before) and _uniform(after):
            # Most tiles of a large fill. Plain tiles are shared by all undo steps.
            self.before, self.after = (
                plain_tile(int(before[0, 0])),
                plain_tile(int(after[0, 0])),
            )
            return
        self.box = box if box is not None else box_of(before != after)
        before, after = before[self.box.slices], after[self.box.slices]
        same = before == after
        self.before, self.after = _packed(before, same), _packed(after, same)

    def apply(self, labels: LabelMap, side: bytes | np.ndarray) -> None:
        if isinstance(side, np.ndarray):
            labels.put_tile(self.index, side)
            return
        wanted = np.frombuffer(zlib.decompress(side), np.uint8)
        wanted = wanted.reshape(self.box.height, self.box.width)
        tile = labels.tiles[self.index].copy()
        np.copyto(tile[self.box.slices], wanted, where=wanted != UNTOUCHED)
        labels.put_tile(self.index, tile, self.box)


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


def _packed(pixels: np.ndarray, same: np.ndarray) -> bytes:
    return zlib.compress(np.where(same, np.uint8(UNTOUCHED), pixels).tobytes(), 1)
