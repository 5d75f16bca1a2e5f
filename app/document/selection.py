"""A part of the canvas to work in."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from app.document.patch import box_of
from app.document.rect import Rect

Point = tuple[float, float]

# Sixteenths of a pixel: the precision that OpenCV is given for the corners of a loop.
SHIFT = 4


@dataclass(frozen=True, eq=False)
class Selection:
    """The selected pixels, at least one; `mask` is H x W bool, read-only."""

    mask: np.ndarray

    @classmethod
    def of_mask(cls, mask: np.ndarray) -> "Selection | None":
        """The selection of an H x W bool mask, which it keeps; None when nothing is selected."""
        if not mask.any():
            return None
        mask.flags.writeable = False
        return cls(mask)

    @classmethod
    def of_loop(cls, loop: Sequence[Point], bounds: Rect) -> "Selection | None":
        """What a closed loop of canvas points surrounds; None when that is nothing."""
        return None if len(loop) < 3 else cls.of_mask(loop_mask(loop, bounds))

    @classmethod
    def of_box(cls, box: Rect, bounds: Rect) -> "Selection | None":
        """A rectangle; None when no pixel of it is on the canvas."""
        mask = np.zeros((bounds.height, bounds.width), bool)
        mask[box.clipped(bounds).slices] = True
        return cls.of_mask(mask)

    @classmethod
    def of_everything(cls, bounds: Rect) -> "Selection":
        """The whole canvas."""
        mask = np.ones((bounds.height, bounds.width), bool)
        mask.flags.writeable = False
        return cls(mask)

    def inverted(self) -> "Selection | None":
        """All that is not selected; None when everything is."""
        return self.of_mask(~self.mask)

    @cached_property
    def box(self) -> Rect:
        """The smallest box around all that is selected."""
        return box_of(self.mask)

    def holds(self, x: int, y: int) -> bool:
        """This pixel is on the canvas and selected."""
        height, width = self.mask.shape
        return 0 <= x < width and 0 <= y < height and bool(self.mask[y, x])

    def joined(self, other: "Selection") -> "Selection | None":
        """What either has selected."""
        return self.of_mask(self.mask | other.mask)

    def without(self, other: "Selection") -> "Selection | None":
        """What only this one has selected; None when that is nothing."""
        return self.of_mask(self.mask & ~other.mask)

    def grown(self, pixels: int) -> "Selection | None":
        """All within so many pixels; less than 0 leaves only what is as far inside.

        The canvas's edge counts as an edge of the selection, so that all of it can be shrunk.
        """
        box = self.box.grown(max(pixels, 0)).clipped(self._bounds)
        part = self.mask[box.slices].view(np.uint8)
        change = cv2.dilate if pixels >= 0 else cv2.erode
        changed = change(part, _disc(abs(pixels)), borderType=cv2.BORDER_CONSTANT, borderValue=0)
        mask = np.zeros_like(self.mask)
        mask[box.slices] = changed.view(bool)
        return self.of_mask(mask)

    def moved(self, dx: int, dy: int) -> "Selection | None":
        """The same, shifted; what leaves the canvas is selected no more."""
        goal = self.box.moved(dx, dy).clipped(self._bounds)
        mask = np.zeros_like(self.mask)
        mask[goal.slices] = self.mask[goal.moved(-dx, -dy).slices] if not goal.empty else False
        return self.of_mask(mask)

    @property
    def _bounds(self) -> Rect:
        height, width = self.mask.shape
        return Rect.of_size(width, height)


def loop_mask(loop: Sequence[Point], box: Rect) -> np.ndarray:
    """h x w bool: the pixels of `box` that a closed loop of canvas points surrounds or crosses."""
    mask = np.zeros((box.height, box.width), np.uint8)
    # A pixel's middle is a whole number to OpenCV, and half a pixel further to the canvas.
    origin = np.array([box.left + 0.5, box.top + 0.5])
    corners = np.rint((np.array(loop) - origin) * 2**SHIFT).astype(np.int32)
    cv2.fillPoly(mask, [corners], 1, shift=SHIFT)
    return mask.view(bool)


def _disc(radius: int) -> np.ndarray:
    """(2 radius + 1) squared uint8: 1 within `radius` of the middle."""
    across = np.arange(-radius, radius + 1) ** 2
    return (across[None] + across[:, None] <= radius**2).astype(np.uint8)
