"""The selection: a mask of the canvas that limits where tools paint."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from app.document.patch import box_of
from app.document.rect import Rect

Point = tuple[float, float]

# Fractional bits of the loop's corners for OpenCV: a precision of 1/16 pixel.
SHIFT = 4


@dataclass(frozen=True, eq=False)
class Selection:
    """The selected pixels, at least one; `mask` is H x W bool, read-only."""

    mask: np.ndarray

    @classmethod
    def of_mask(cls, mask: np.ndarray) -> "Selection | None":
        """Create a selection from an H x W bool mask (not copied); None if it is empty."""
        if not mask.any():
            return None
        mask.flags.writeable = False
        return cls(mask)

    @classmethod
    def of_loop(cls, loop: Sequence[Point], bounds: Rect) -> "Selection | None":
        """Select the inside of a closed loop of canvas points; None if that is empty."""
        return None if len(loop) < 3 else cls.of_mask(loop_mask(loop, bounds))

    @classmethod
    def of_box(cls, box: Rect, bounds: Rect) -> "Selection | None":
        """Select a rectangle; None if it is outside the canvas."""
        mask = np.zeros((bounds.height, bounds.width), bool)
        mask[box.clipped(bounds).slices] = True
        return cls.of_mask(mask)

    @classmethod
    def of_everything(cls, bounds: Rect) -> "Selection":
        """Select the whole canvas."""
        mask = np.ones((bounds.height, bounds.width), bool)
        mask.flags.writeable = False
        return cls(mask)

    def inverted(self) -> "Selection | None":
        """Return the inverted selection; None if everything is selected."""
        return self.of_mask(~self.mask)

    @cached_property
    def box(self) -> Rect:
        """Bounding box of the selection."""
        return box_of(self.mask)

    def holds(self, x: int, y: int) -> bool:
        """Return whether this pixel is on the canvas and selected."""
        height, width = self.mask.shape
        return 0 <= x < width and 0 <= y < height and bool(self.mask[y, x])

    def joined(self, other: "Selection") -> "Selection | None":
        """Return the union with another selection."""
        return self.of_mask(self.mask | other.mask)

    def without(self, other: "Selection") -> "Selection | None":
        """Return the selection minus another one; None if nothing remains."""
        return self.of_mask(self.mask & ~other.mask)

    def grown(self, pixels: int) -> "Selection | None":
        """Grow the selection by `pixels`, or shrink it if negative; None if nothing remains.

        The canvas edge counts as an edge of the selection, so a selected canvas can be shrunk.
        """
        box = self.box.grown(max(pixels, 0)).clipped(self._bounds)
        part = self.mask[box.slices].view(np.uint8)
        change = cv2.dilate if pixels >= 0 else cv2.erode
        changed = change(part, _disc(abs(pixels)), borderType=cv2.BORDER_CONSTANT, borderValue=0)
        mask = np.zeros_like(self.mask)
        mask[box.slices] = changed.view(bool)
        return self.of_mask(mask)

    def moved(self, dx: int, dy: int) -> "Selection | None":
        """Return the selection shifted by (dx, dy) and cropped to the canvas; None if empty."""
        goal = self.box.moved(dx, dy).clipped(self._bounds)
        mask = np.zeros_like(self.mask)
        mask[goal.slices] = self.mask[goal.moved(-dx, -dy).slices] if not goal.empty else False
        return self.of_mask(mask)

    @property
    def _bounds(self) -> Rect:
        height, width = self.mask.shape
        return Rect.of_size(width, height)


def loop_mask(loop: Sequence[Point], box: Rect) -> np.ndarray:
    """Return the pixels of `box` inside or on a closed loop of canvas points, h x w bool."""
    mask = np.zeros((box.height, box.width), np.uint8)
    # In OpenCV pixel centres are integers; on the canvas they are integers plus 0.5.
    origin = np.array([box.left + 0.5, box.top + 0.5])
    corners = np.rint((np.array(loop) - origin) * 2**SHIFT).astype(np.int32)
    cv2.fillPoly(mask, [corners], 1, shift=SHIFT)
    return mask.view(bool)


def _disc(radius: int) -> np.ndarray:
    """Return a square of side 2 `radius` + 1, uint8: 1 within `radius` of the centre, else 0."""
    across = np.arange(-radius, radius + 1) ** 2
    return (across[None] + across[:, None] <= radius**2).astype(np.uint8)
