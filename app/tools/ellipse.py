"""Ellipses and circles."""

import math
from collections.abc import Iterator

import numpy as np

from app.document.rect import Rect
from app.tools.base import Point, ToolOptions
from app.tools.brush_shape import BrushShape
from app.tools.ink import Area
from app.tools.shape import BoxShape, box_between, pixels_between

# Corners of the line that is shown while an ellipse is dragged.
CORNERS = 72
# An ellipse of less canvas pixels from the middle to the edge meets no pixel's middle.
THINNEST = 1e-3


class Ellipse(BoxShape):
    """Paints an upright ellipse, or a ring as wide as the brush."""

    id = "ellipse"
    name = "Ellipse"
    shortcut = "O"
    icon = "ellipse"
    tip = "Drag an ellipse, filled or outlined; Shift makes it a circle"

    def border(self, start: Point, end: Point) -> list[Point]:
        """The curve, in short straight pieces."""
        (x, y), (reach_x, reach_y) = _middle_and_reach(start, end)
        angles = [2 * math.pi * corner / CORNERS for corner in range(CORNERS + 1)]
        return [(x + reach_x * math.cos(a), y + reach_y * math.sin(a)) for a in angles]

    def areas(
        self, start: Point, end: Point, options: ToolOptions, tip: BrushShape, bounds: Rect
    ) -> Iterator[Area]:
        """The pixels whose middle is inside, or in a ring between a larger and a smaller one."""
        margin = 0.0 if options.filled else options.size / 2
        box = pixels_between(*box_between(start, end, margin)).clipped(bounds)
        mask = _inside(box, start, end, margin)
        if not options.filled:
            mask &= ~_inside(box, start, end, -margin)
        yield box, mask


def _inside(box: Rect, start: Point, end: Point, margin: float) -> np.ndarray:
    """h x w bool: the pixels of `box` whose middle is in the ellipse, made larger by `margin`."""
    (x, y), (reach_x, reach_y) = _middle_and_reach(start, end)
    if min(reach_x, reach_y) + margin < THINNEST:
        return np.zeros((box.height, box.width), bool)
    across = (np.arange(box.left, box.right, dtype=np.float32) + (0.5 - x)) / (reach_x + margin)
    down = (np.arange(box.top, box.bottom, dtype=np.float32) + (0.5 - y)) / (reach_y + margin)
    return (across**2)[None, :] <= (1 - down**2)[:, None]


def _middle_and_reach(start: Point, end: Point) -> tuple[Point, Point]:
    left, top, right, bottom = box_between(start, end)
    return ((left + right) / 2, (top + bottom) / 2), ((right - left) / 2, (bottom - top) / 2)
