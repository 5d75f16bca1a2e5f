"""A part of the canvas to work in."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from app.document.label_map import LabelMap, LabelSnapshot
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
        mask = np.zeros((bounds.height, bounds.width), np.uint8)
        if len(loop) < 3:
            return None
        # A pixel's middle is a whole number to OpenCV, and half a pixel further to the canvas.
        corners = np.rint((np.array(loop) - 0.5) * 2**SHIFT).astype(np.int32)
        cv2.fillPoly(mask, [corners], 1, shift=SHIFT)
        return cls.of_mask(mask.view(bool))

    @classmethod
    def of_everything(cls, bounds: Rect) -> "Selection":
        """The whole canvas."""
        mask = np.ones((bounds.height, bounds.width), bool)
        mask.flags.writeable = False
        return cls(mask)

    def inverted(self) -> "Selection | None":
        """All that is not selected; None when everything is."""
        return self.of_mask(~self.mask)

    def confine(self, labels: LabelMap, before: LabelSnapshot, rect: Rect) -> None:
        """Take back what was written in `rect` outside of the selection."""
        outside = ~self.mask[rect.slices]
        if outside.any():
            block = labels.read(rect)
            np.copyto(block, before.read(rect), where=outside)
            labels.write(rect, block)
