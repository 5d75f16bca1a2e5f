"""Rectangles."""

from collections.abc import Iterator

import numpy as np

from app.document.rect import Rect
from app.tools.base import Point, ToolOptions
from app.tools.brush_shape import BrushShape
from app.tools.ink import Area
from app.tools.shape import BoxShape, box_between, pixels_between


class Rectangle(BoxShape):
    """Paints an upright rectangle, or a frame as wide as the brush."""

    id = "rectangle"
    name = "Rectangle"
    shortcut = "U"
    icon = "rectangle"
    tip = "Drag a rectangle, filled or outlined; Shift makes it a square"

    def border(self, start: Point, end: Point) -> list[Point]:
        """The four sides."""
        return rectangle_border(start, end)

    def areas(
        self, start: Point, end: Point, options: ToolOptions, tip: BrushShape, bounds: Rect
    ) -> Iterator[Area]:
        """The pixels whose middle is inside, or within half a brush of the sides."""
        margin = 0.0 if options.filled else options.size / 2
        outer = pixels_between(*box_between(start, end, margin))
        parts = [outer]
        if not options.filled:
            parts = outer.minus(pixels_between(*box_between(start, end, -margin)))
        for part in parts:
            inside = part.clipped(bounds)
            yield inside, np.ones((inside.height, inside.width), bool)


def rectangle_border(start: Point, end: Point) -> list[Point]:
    """The closed line around a rectangle."""
    left, top, right, bottom = box_between(start, end)
    return [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
