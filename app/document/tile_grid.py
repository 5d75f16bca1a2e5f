"""Store pictures as immutable tiles, so that a snapshot costs only a list copy.

A tile in the grid is never modified; an edit replaces it with a new tile. A snapshot is therefore a
copy of a list of references (1,024 of them on an 8192 x 8192 canvas, about 5 us), and any thread
can read it without a lock. All blank tiles are the same object.
"""

from collections.abc import Iterator, Sequence
from operator import is_

import cv2
import numpy as np

from app.document.rect import NOWHERE, Rect

TILE = 256


class TileGrid:
    """A readable grid of TILE x TILE tiles; the last row and column may exceed the canvas."""

    def __init__(self, width: int, height: int, tiles: Sequence[np.ndarray]) -> None:
        self.width = width
        self.height = height
        self._columns = -(-width // TILE)
        self._tiles = tiles

    @property
    def bounds(self) -> Rect:
        """Rectangle of the whole canvas."""
        return Rect.of_size(self.width, self.height)

    @property
    def tiles(self) -> Sequence[np.ndarray]:
        """The immutable tiles in row order."""
        return self._tiles

    @property
    def nbytes(self) -> int:
        """Upper limit of the memory used by the tiles, in bytes; a shared tile counts once."""
        return sum({id(tile): tile.nbytes for tile in self._tiles}.values())

    def tiles_at(self, rect: Rect) -> tuple[np.ndarray, ...]:
        """Return the immutable tiles that overlap `rect`, which must lie on the canvas."""
        return tuple(self._tiles[index] for index, _, _ in self._parts(rect))

    def read(self, rect: Rect) -> np.ndarray:
        """Return a copy of the pixels in `rect`, which must lie on the canvas."""
        block = np.empty((rect.height, rect.width, *self._tiles[0].shape[2:]), np.uint8)
        for index, part, origin in self._parts(rect):
            block[part.slices_in(rect)] = self._tiles[index][part.slices_in(origin)]
        return block

    def sampled(self, step: int) -> np.ndarray:
        """Return every `step`-th pixel of every `step`-th row; `step` divides TILE."""
        samples = [tile[::step, ::step] for tile in self._tiles]
        starts = range(0, len(samples), self._columns)
        rows = [np.concatenate(samples[at : at + self._columns], 1) for at in starts]
        return np.concatenate(rows)[: -(-self.height // step), : -(-self.width // step)]

    def array(self) -> np.ndarray:
        """Return all pixels as one contiguous, read-only uint8 array."""
        pixels = self.read(self.bounds)
        pixels.flags.writeable = False
        return pixels

    def shares_all(self, other: "TileGrid") -> bool:
        """Return whether both grids have the same size and share all tiles."""
        return self.bounds == other.bounds and all(map(is_, self._tiles, other._tiles))

    def unlike_tiles(
        self, other: "TileGrid", rect: Rect
    ) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Yield (index, other tile, own tile) for tiles in `rect` that are not shared."""
        for index, _, _ in self._parts(rect):
            if self._tiles[index] is not other._tiles[index]:
                yield index, other._tiles[index], self._tiles[index]

    def differing(self, other: "TileGrid", rect: Rect) -> np.ndarray:
        """Return where labels in `rect` differ from another grid of the same size, h x w bool.

        Shared tiles are skipped.
        """
        differs = np.zeros((rect.height, rect.width), bool)
        for index, part, origin in self._parts(rect):
            mine, theirs = self._tiles[index], other._tiles[index]
            if mine is not theirs:
                inside = part.slices_in(origin)
                differs[part.slices_in(rect)] = mine[inside] != theirs[inside]
        return differs

    def mark_differing(self, other: "TileGrid", rect: Rect, cells: np.ndarray, step: int) -> None:
        """Update `cells` (uint8, one per `step` x `step` pixels) for all tiles in `rect`.

        A cell is 255 if any of its labels differs from the other grid, else 0. `step` is a power of
        two.
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
            # Area averages stay above 0 for a single pixel: 255 / step**2, `step` at most 16.
            means = cv2.resize(differs * 255, (side, side), interpolation=cv2.INTER_AREA)
            cells[part.slices] = np.where(means[: part.height, : part.width] > 0, 255, 0)

    def _parts(self, rect: Rect) -> Iterator[tuple[int, Rect, Rect]]:
        """Yield (tile index, part of `rect` in the tile, box of the tile) for each tile."""
        # Avoids Rect methods for speed: a fill or a copy calls this thousands of times.
        left, top, right, bottom = rect.cells(TILE)
        for row in range(top, bottom):
            up, down = row * TILE, (row + 1) * TILE
            highest, lowest = max(rect.top, up), min(rect.bottom, down)
            for column in range(left, right):
                start, end = column * TILE, (column + 1) * TILE
                part = Rect(max(rect.left, start), highest, min(rect.right, end), lowest)
                yield row * self._columns + column, part, Rect(start, up, end, down)


class EditableGrid(TileGrid):
    """A grid that can be written to without changing its snapshots."""

    _tiles: list[np.ndarray]

    def __init__(self, width: int, height: int, blank: np.ndarray) -> None:
        super().__init__(width, height, [frozen(blank)] * (-(-width // TILE) * -(-height // TILE)))

    def write(self, rect: Rect, block: np.ndarray) -> None:
        """Write `block` (rect.height x rect.width) to `rect`, which must lie on the canvas."""
        for index, part, origin in self._parts(rect):
            old = self._tiles[index]
            piece = block[part.slices_in(rect)]
            if part == origin:
                tile = piece.copy()
            else:
                tile = old.copy()
                tile[part.slices_in(origin)] = piece
            # Keep unchanged tiles shared with snapshots and undo steps.
            if not np.array_equal(tile, old):
                self._tiles[index] = frozen(tile)


class TrackedGrid(EditableGrid):
    """An editable grid that tracks its dirty rectangle."""

    def __init__(self, width: int, height: int, blank: np.ndarray) -> None:
        super().__init__(width, height, blank)
        self.dirty = NOWHERE

    def write(self, rect: Rect, block: np.ndarray) -> None:
        """Write `block` (rect.height x rect.width) to `rect`, which must lie on the canvas."""
        super().write(rect, block)
        self.mark(rect)

    def restore(self, snapshot: TileGrid, rect: Rect) -> None:
        """Restore all tiles that meet `rect` from a snapshot of this grid, without marking them."""
        for index, _, _ in self._parts(rect):
            self._tiles[index] = snapshot._tiles[index]

    def mark(self, rect: Rect) -> None:
        """Add `rect` to the dirty rectangle."""
        self.dirty = self.dirty.union(rect)

    def put_tile(self, index: int, tile: np.ndarray, box: Rect | None = None) -> None:
        """Replace a tile and make `tile` read-only; mark only `box` (in tile pixels) as changed."""
        self._tiles[index] = frozen(tile)
        row, column = divmod(index, self._columns)
        changed = (box or Rect.of_size(TILE, TILE)).moved(column * TILE, row * TILE)
        self.mark(changed.clipped(self.bounds))

    def take_dirty(self) -> Rect:
        """Return the rectangle changed since the last call, and reset it."""
        dirty, self.dirty = self.dirty, NOWHERE
        return dirty


def frozen(tile: np.ndarray) -> np.ndarray:
    """Make an array read-only and return it."""
    tile.flags.writeable = False
    return tile
