"""The rectangle tool."""

from collections.abc import Iterator

import numpy as np

from app.document.rect import Rect
from app.tools.base import Point, ToolOptions
from app.tools.brush_shape import BrushShape
from app.tools.ink import Area
from app.tools.shape import BoxShape, box_between, pixels_between


class Rectangle(BoxShape):
    """Paints an axis-aligned rectangle, filled or as an outline as wide as the brush."""

    id = "rectangle"
    name = "Rectangle"
    shortcut = "U"
    icon = "rectangle"
    tip = "Draw a filled or outlined rectangle; Shift makes it a square"

    def border(self, start: Point, end: Point) -> list[Point]:
        """Return the outline as a closed line."""
        return rectangle_border(start, end)

    def areas(
        self, start: Point, end: Point, options: ToolOptions, tip: BrushShape, bounds: Rect
    ) -> Iterator[Area]:
        """Yield the pixels with centres inside the rectangle, or near its sides if outlined."""
        margin = 0.0 if options.filled else options.size / 2
        outer = pixels_between(*box_between(start, end, margin))
        parts = [outer]
        if not options.filled:
            parts = outer.minus(pixels_between(*box_between(start, end, -margin)))
        for part in parts:
            inside = part.clipped(bounds)
            yield inside, np.ones((inside.height, inside.width), bool)


def rectangle_border(start: Point, end: Point) -> list[Point]:
    """Return the outline of a rectangle with these corners as a closed line."""
    left, top, right, bottom = box_between(start, end)
    return [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
