"""Mirror painting at axes of symmetry."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from app.document.rect import Rect

Point = tuple[float, float]


@dataclass(frozen=True)
class Symmetry:
    """The active axes of symmetry and their positions.

    `left_right` mirrors at the vertical axis, `top_bottom` at the horizontal one. `x` and `y` are
    twice their positions in canvas pixels. As integers they keep the axes on pixel borders or
    centres, so that a mirror image is an exact flip.
    """

    x: int
    y: int
    left_right: bool = False
    top_bottom: bool = False

    @classmethod
    def of_canvas(cls, bounds: Rect) -> "Symmetry":
        """Create inactive axes through the centre of a canvas."""
        return cls(bounds.width, bounds.height)

    def centred(self, bounds: Rect) -> "Symmetry":
        """Move the axes to the centre of another canvas."""
        return replace(self, x=bounds.width, y=bounds.height)

    def images(self, box: Rect, mask: np.ndarray) -> Iterator[tuple[Rect, np.ndarray]]:
        """Yield `box` and its h x w mask, then box and mask of each mirror image."""
        for flip_x, flip_y in self.flips:
            left, right = (self.x - box.right, self.x - box.left) if flip_x else (box[0], box[2])
            top, bottom = (self.y - box.bottom, self.y - box.top) if flip_y else (box[1], box[3])
            step_x, step_y = -1 if flip_x else 1, -1 if flip_y else 1
            yield Rect(left, top, right, bottom), mask[::step_y, ::step_x]

    def points(self, x: float, y: float) -> list[Point]:
        """Return a canvas point and its mirror images."""
        return [
            (self.x - x if flip_x else x, self.y - y if flip_y else y)
            for flip_x, flip_y in self.flips
        ]

    @property
    def flips(self) -> list[tuple[bool, bool]]:
        """Whether each image, the original first, is flipped across and down."""
        across = (False, True) if self.left_right else (False,)
        down = (False, True) if self.top_bottom else (False,)
        return [(flip_x, flip_y) for flip_y in down for flip_x in across]
