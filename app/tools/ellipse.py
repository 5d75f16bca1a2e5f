"""The ellipse tool."""

import math
from collections.abc import Iterator

import numpy as np

from app.document.rect import Rect
from app.tools.base import Point, ToolOptions
from app.tools.brush_shape import BrushShape
from app.tools.ink import Area
from app.tools.shape import BoxShape, box_between, pixels_between

# Points of the polygon that shows an ellipse during the drag.
CORNERS = 72
# An ellipse with a smaller semi-axis (in canvas pixels) covers nothing.
THINNEST = 1e-3


class Ellipse(BoxShape):
    """Paints an axis-aligned ellipse, filled or as an outline as wide as the brush."""

    id = "ellipse"
    name = "Ellipse"
    shortcut = "O"
    icon = "ellipse"
    tip = "Draw a filled or outlined ellipse; Shift makes it a circle"

    def border(self, start: Point, end: Point) -> list[Point]:
        """Return the ellipse as a closed polygon of CORNERS points."""
        (x, y), (reach_x, reach_y) = _middle_and_reach(start, end)
        angles = [2 * math.pi * corner / CORNERS for corner in range(CORNERS + 1)]
        return [(x + reach_x * math.cos(a), y + reach_y * math.sin(a)) for a in angles]

    def areas(
        self, start: Point, end: Point, options: ToolOptions, tip: BrushShape, bounds: Rect
    ) -> Iterator[Area]:
        """Yield the pixels with centres inside the ellipse, or between two concentric ones."""
        margin = 0.0 if options.filled else options.size / 2
        box = pixels_between(*box_between(start, end, margin)).clipped(bounds)
        mask = _inside(box, start, end, margin)
        if not options.filled:
            mask &= ~_inside(box, start, end, -margin)
        yield box, mask


def _inside(box: Rect, start: Point, end: Point, margin: float) -> np.ndarray:
    """Return the pixels of `box` with centres in the ellipse grown by `margin`, h x w bool."""
    (x, y), (reach_x, reach_y) = _middle_and_reach(start, end)
    if min(reach_x, reach_y) + margin < THINNEST:
        return np.zeros((box.height, box.width), bool)
    across = (np.arange(box.left, box.right, dtype=np.float32) + (0.5 - x)) / (reach_x + margin)
    down = (np.arange(box.top, box.bottom, dtype=np.float32) + (0.5 - y)) / (reach_y + margin)
    return (across**2)[None, :] <= (1 - down**2)[:, None]


def _middle_and_reach(start: Point, end: Point) -> tuple[Point, Point]:
    left, top, right, bottom = box_between(start, end)
    return ((left + right) / 2, (top + bottom) / 2), ((right - left) / 2, (bottom - top) / 2)
