"""Pictures as immutable tiles, so that a snapshot costs a list copy.

A tile is never written to once it is in the grid; an edit puts a new tile in its place. A snapshot
is therefore a copy of a list of references (1,024 of them on an 8192 x 8192 canvas, about 5 us),
however large the canvas is, and may be read from any thread without a lock. Tiles that nobody has
painted on are one and the same.
"""

from collections.abc import Iterator, Sequence
from operator import is_

import cv2
import numpy as np

from app.document.rect import Rect

TILE = 256


class TileGrid:
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

    @property
    def tiles(self) -> Sequence[np.ndarray]:
        """The immutable tiles, row by row."""
        return self._tiles

    @property
    def nbytes(self) -> int:
        """Memory that the tiles keep alive at most; a tile that is shared counts once."""
        return sum({id(tile): tile.nbytes for tile in self._tiles}.values())

    def tiles_at(self, rect: Rect) -> tuple[np.ndarray, ...]:
        """The immutable tiles that meet `rect`, which must lie on the canvas."""
        return tuple(self._tiles[index] for index, _, _ in self._parts(rect))

    def read(self, rect: Rect) -> np.ndarray:
        """A copy of the pixels in `rect`, which must lie on the canvas."""
        block = np.empty((rect.height, rect.width, *self._tiles[0].shape[2:]), np.uint8)
        for index, part, origin in self._parts(rect):
            block[part.slices_in(rect)] = self._tiles[index][part.slices_in(origin)]
        return block

    def array(self) -> np.ndarray:
        """The whole as one array, contiguous and read-only."""
        pixels = self.read(self.bounds)
        pixels.flags.writeable = False
        return pixels

    def shares_all(self, other: "TileGrid") -> bool:
        """It is as large as another grid, and all of its tiles are the very same ones."""
        return self.bounds == other.bounds and all(map(is_, self._tiles, other._tiles))

    def unlike_tiles(
        self, other: "TileGrid", rect: Rect
    ) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """(index, the other grid's tile, this one's) where tiles met by `rect` are not shared."""
        for index, _, _ in self._parts(rect):
            if self._tiles[index] is not other._tiles[index]:
                yield index, other._tiles[index], self._tiles[index]

    def differing(self, other: "TileGrid", rect: Rect) -> np.ndarray:
        """h x w bool: where the labels in `rect` differ from another grid's of the same size.

        Tiles that both share are not looked at.
        """
        differs = np.zeros((rect.height, rect.width), bool)
        for index, part, origin in self._parts(rect):
            mine, theirs = self._tiles[index], other._tiles[index]
            if mine is not theirs:
                inside = part.slices_in(origin)
                differs[part.slices_in(rect)] = mine[inside] != theirs[inside]
        return differs

    def mark_differing(self, other: "TileGrid", rect: Rect, cells: np.ndarray, step: int) -> None:
        """Bring `cells` up to date for all tiles that `rect` meets.

        A cell of `step` x `step` pixels, a power of two, is 255 where any label differs from the
        other grid's, else 0.
        """
        for index, _, origin in self._parts(rect):
            box = origin.clipped(self.bounds)
            part = box.cells(step)
            mine, theirs = self._tiles[index], other._tiles[index]
            if mine is theirs:
                cells[part.slices] = 0
                continue
            differs = np.zeros((TILE, TILE), np.uint8)
            inside = box.slices_in(origin)
            np.not_equal(mine[inside], theirs[inside], out=differs[inside].view(bool))
            side = TILE // step
            # 255 / 8**2 is more than nothing: the mean of a cell tells whether any pixel differs.
            means = cv2.resize(differs * 255, (side, side), interpolation=cv2.INTER_AREA)
            cells[part.slices] = np.where(means[: part.height, : part.width] > 0, 255, 0)

    def _parts(self, rect: Rect) -> Iterator[tuple[int, Rect, Rect]]:
        """(tile index, the part of `rect` in that tile, the tile's box) for each tile met."""
        # Without Rect's own arithmetic: a fill or a copy comes by here thousands of times.
        left, top, right, bottom = rect.cells(TILE)
        for row in range(top, bottom):
            up, down = row * TILE, (row + 1) * TILE
            highest, lowest = max(rect.top, up), min(rect.bottom, down)
            for column in range(left, right):
                start, end = column * TILE, (column + 1) * TILE
                part = Rect(max(rect.left, start), highest, min(rect.right, end), lowest)
                yield row * self._columns + column, part, Rect(start, up, end, down)


class EditableGrid(TileGrid):
    """A grid that can be written to; its snapshots are not touched by that."""

    _tiles: list[np.ndarray]

    def __init__(self, width: int, height: int, blank: np.ndarray) -> None:
        super().__init__(width, height, [frozen(blank)] * (-(-width // TILE) * -(-height // TILE)))

    def write(self, rect: Rect, block: np.ndarray) -> None:
        """Put `block` (rect.height x rect.width) at `rect`, which must lie on the canvas."""
        for index, part, origin in self._parts(rect):
            old = self._tiles[index]
            piece = block[part.slices_in(rect)]
            if part == origin:
                tile = piece.copy()
            else:
                tile = old.copy()
                tile[part.slices_in(origin)] = piece
            # What stays as it was stays shared, with snapshots and with undo.
            if not np.array_equal(tile, old):
                self._tiles[index] = frozen(tile)


def frozen(tile: np.ndarray) -> np.ndarray:
    """The same array, never to be written to again."""
    tile.flags.writeable = False
    return tile
