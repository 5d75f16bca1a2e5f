"""RGB pictures of the whole canvas, stored as immutable tiles (see tile_grid.py)."""

from typing import Self

import numpy as np

from app.document.rect import NOWHERE, Rect
from app.document.tile_grid import TILE, EditableGrid, TileGrid, frozen


class PictureSnapshot(TileGrid):
    """An immutable H x W x 3 uint8 RGB picture that any thread can read."""

    @classmethod
    def from_array(cls, pixels: np.ndarray) -> Self:
        """Create a snapshot from an H x W x 3 array; the caller must not modify it afterwards."""
        picture = Picture.from_array(pixels)
        return cls(picture.width, picture.height, tuple(picture.tiles))


class Placeholder(PictureSnapshot):
    """A picture shown until there is a painting, for example the unpainted photo."""


class Picture(EditableGrid):
    """An editable H x W x 3 uint8 RGB picture. Blank tiles are shared and take no memory."""

    def __init__(self, width: int, height: int, grey: int) -> None:
        super().__init__(width, height, np.full((TILE, TILE, 3), grey, np.uint8))

    @classmethod
    def from_snapshot(cls, snapshot: PictureSnapshot) -> "Picture":
        """Create a picture that shares the tiles of a snapshot."""
        picture = cls(snapshot.width, snapshot.height, 0)
        picture._tiles = list(snapshot.tiles)
        return picture

    @classmethod
    def from_array(cls, pixels: np.ndarray) -> "Picture":
        """Create a picture from an H x W x 3 array; the caller must not modify it afterwards."""
        height, width = pixels.shape[:2]
        picture = cls(width, height, 0)
        for index, part, origin in picture._parts(picture.bounds):
            if part == origin:
                # A view, because copying a large canvas on the UI thread would delay input.
                picture._tiles[index] = frozen(pixels[part.slices])
            else:
                picture.write(part, pixels[part.slices])
        return picture

    def snapshot(self) -> PictureSnapshot:
        """Return a snapshot of the picture; costs only a list copy."""
        return PictureSnapshot(self.width, self.height, tuple(self._tiles))

    def restore(self, snapshot: PictureSnapshot) -> Rect:
        """Take over the tiles of a snapshot of the same size; return the box of the changes."""
        dirty = NOWHERE
        for index, part, _ in self._parts(self.bounds):
            if self._tiles[index] is not snapshot.tiles[index]:
                self._tiles[index] = snapshot.tiles[index]
                dirty = dirty.union(part)
        return dirty
