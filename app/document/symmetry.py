"""Painting on both sides of an axis at once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from app.document.rect import Rect

Point = tuple[float, float]


@dataclass(frozen=True)
class Symmetry:
    """Which axes paint is mirrored at, and where they stand.

    `left_right` mirrors at the upright axis, `top_bottom` at the level one. `x` and `y` are twice
    their places in canvas pixels: as whole numbers they keep the axes on borders or middles of
    pixels, so that an image is its original's exact flip.
    """

    x: int
    y: int
    left_right: bool = False
    top_bottom: bool = False

    @classmethod
    def of_canvas(cls, bounds: Rect) -> "Symmetry":
        """Axes through the middle of a canvas, both off."""
        return cls(bounds.width, bounds.height)

    def centred(self, bounds: Rect) -> "Symmetry":
        """The same axes through the middle of another canvas."""
        return replace(self, x=bounds.width, y=bounds.height)

    def images(self, box: Rect, mask: np.ndarray) -> Iterator[tuple[Rect, np.ndarray]]:
        """`box` and its h x w mask, and both again for every image in the axes."""
        for flip_x, flip_y in self._flips:
            left, right = (self.x - box.right, self.x - box.left) if flip_x else (box[0], box[2])
            top, bottom = (self.y - box.bottom, self.y - box.top) if flip_y else (box[1], box[3])
            step_x, step_y = -1 if flip_x else 1, -1 if flip_y else 1
            yield Rect(left, top, right, bottom), mask[::step_y, ::step_x]

    def points(self, x: float, y: float) -> list[Point]:
        """A canvas point and its images."""
        return [
            (self.x - x if flip_x else x, self.y - y if flip_y else y)
            for flip_x, flip_y in self._flips
        ]

    @property
    def _flips(self) -> list[tuple[bool, bool]]:
        across = (False, True) if self.left_right else (False,)
        down = (False, True) if self.top_bottom else (False,)
        return [(flip_x, flip_y) for flip_y in down for flip_x in across]
