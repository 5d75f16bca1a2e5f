"""Paint by a region of the network in other colours, as strokes do what they borrow or tint."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

ROWS = 256
"""Rows of a finished picture that are recoloured at once."""


@dataclass(frozen=True, eq=False)
class Recolouring:
    """What the network paints by one of its regions, moved to other colours.

    ``regions``: (256,) uint8 from the number of what paints a material to the region of the
    network; ``first``: numbers from this one on are moved; ``move``: returns the matrix and the
    offset for a number, (3, 4) float32, for RGB 0-1. It is only called for what is painted.
    """

    regions: np.ndarray
    first: int
    move: Callable[[int], np.ndarray]

    def apply(self, rgb: np.ndarray, numbers: np.ndarray) -> None:
        """Move the colours of (h, w, 3) float32 RGB 0-1, in place, as (h, w) ``numbers`` say.

        Each pixel depends on nothing but itself, to the last bit: there are only single products
        and sums, which are rounded in the same way wherever they are computed.
        """
        counts = np.bincount(numbers.ravel(), minlength=256)
        for number in self.first + np.flatnonzero(counts[self.first :]):
            here, planes = numbers == number, np.moveaxis(rgb, 2, 0)
            red, green, blue = (plane[here] for plane in planes)
            for plane, (r, g, b, more) in zip(planes, self.move(int(number)), strict=True):
                plane[here] = (red * r + green * g + blue * b + more).clip(0, 1)

    def picture(self, picture: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """Return a whole picture, (H, W, 3) uint8, with the colours moved."""
        moved = picture.copy()
        for top in range(0, len(picture), ROWS):
            band = slice(top, top + ROWS)
            if (numbers[band] >= self.first).any():
                rgb = moved[band] / np.float32(255)
                self.apply(rgb, numbers[band])
                moved[band] = np.rint(rgb * 255)
        return moved

    def inverse(self) -> "Recolouring":
        """Return what moves the colours back, except for what was clipped."""
        return replace(self, move=lambda number: _inverse(self.move(number)))


def _inverse(move: np.ndarray) -> np.ndarray:
    matrix = np.linalg.inv(move[:, :3].astype(np.float64))
    return np.column_stack([matrix, -matrix @ move[:, 3]]).astype(np.float32)
