"""RGB pictures of the whole canvas, kept as immutable tiles (see tile_grid.py)."""

from typing import Self

import numpy as np

from app.document.tile_grid import TILE, EditableGrid, TileGrid, frozen


class PictureSnapshot(TileGrid):
    """A picture as it was at one moment: H x W x 3 uint8 RGB, readable from any thread."""

    @classmethod
    def from_array(cls, pixels: np.ndarray) -> Self:
        """Keep the pixels of an H x W x 3 array, which is given away with it."""
        picture = Picture.from_array(pixels)
        return cls(picture.width, picture.height, tuple(picture.tiles))


class Placeholder(PictureSnapshot):
    """What is seen until there is a painting, and is none: the photo itself, for example."""


class Picture(EditableGrid):
    """A picture that grows patch by patch: H x W x 3 uint8 RGB. Bare canvas takes no memory."""

    def __init__(self, width: int, height: int, grey: int) -> None:
        super().__init__(width, height, np.full((TILE, TILE, 3), grey, np.uint8))

    @classmethod
    def from_snapshot(cls, snapshot: PictureSnapshot) -> "Picture":
        """A picture that goes on from a snapshot, sharing its tiles."""
        picture = cls(snapshot.width, snapshot.height, 0)
        picture._tiles = list(snapshot.tiles)
        return picture

    @classmethod
    def from_array(cls, pixels: np.ndarray) -> "Picture":
        """A picture with the pixels of an H x W x 3 array, which is given away with it."""
        height, width = pixels.shape[:2]
        picture = cls(width, height, 0)
        for index, part, origin in picture._parts(picture.bounds):
            if part == origin:
                # A view: to copy all of a large canvas would hold the painter's hand up.
                picture._tiles[index] = frozen(pixels[part.slices])
            else:
                picture.write(part, pixels[part.slices])
        return picture

    def snapshot(self) -> PictureSnapshot:
        """The picture as it is now, at the price of a list copy."""
        return PictureSnapshot(self.width, self.height, tuple(self._tiles))
