"""The difference between two pictures, kept as the pixels of one of them."""

from dataclasses import dataclass

import numpy as np

from app.document.patch import box_of
from app.document.picture import PictureSnapshot
from app.document.rect import Rect
from app.document.tile_grid import TILE, frozen

MOST_COMPARED = 16
"""Tiles whose pixels are compared; of more differing tiles, all are kept whole."""


@dataclass(frozen=True)
class _Part:
    """The pixels of a tile inside `box`; a part that is a whole tile shares it."""

    index: int
    box: Rect
    pixels: np.ndarray

    def exchanged(self, tiles: list[np.ndarray]) -> "_Part":
        """Write the pixels into a list of tiles; return the part as it was."""
        before = tiles[self.index]
        if self.pixels.shape == before.shape:
            tiles[self.index] = self.pixels
            return _Part(self.index, self.box, before)
        after = before.copy()
        after[self.box.slices] = self.pixels
        tiles[self.index] = frozen(after)
        return _Part(self.index, self.box, before[self.box.slices].copy())


class PictureDifference:
    """What another picture has where it differs from this one; they may differ in size."""

    def __init__(self, other: PictureSnapshot, this: PictureSnapshot) -> None:
        self._parts: list[_Part] = []
        self._whole: PictureSnapshot | None = None
        if other.bounds != this.bounds:
            self._whole = other
            return
        unlike = list(this.unlike_tiles(other, this.bounds))
        for index, theirs, mine in unlike:
            box = Rect.of_size(TILE, TILE)
            if len(unlike) <= MOST_COMPARED:
                box = box_of((theirs != mine).any(-1))
            if not box.empty:
                large = 2 * box.area > TILE * TILE
                pixels = theirs if large else theirs[box.slices].copy()
                self._parts.append(_Part(index, box, pixels))

    @property
    def nbytes(self) -> int:
        """Memory of the pixels in bytes, as if no tile were shared."""
        if self._whole is not None:
            return self._whole.nbytes
        return sum(part.pixels.nbytes for part in self._parts)

    def cross(self, this: PictureSnapshot) -> PictureSnapshot:
        """Return the other picture; from now on the difference leads back to this one."""
        if self._whole is not None:
            other, self._whole = self._whole, this
            return other
        tiles = list(this.tiles)
        self._parts = [part.exchanged(tiles) for part in self._parts]
        return PictureSnapshot(this.width, this.height, tuple(tiles))
