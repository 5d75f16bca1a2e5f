"""Straight lines."""

from collections.abc import Iterator

from app.document.rect import Rect
from app.document.stroke import PointerSample
from app.tools.base import Gesture, Point, ToolOptions
from app.tools.brush_shape import BrushShape
from app.tools.ink import Area, Ink
from app.tools.shape import ShapeDrag, path_areas, regular_direction


class Line:
    """Draws a straight line with the brush."""

    id = "line"
    name = "Line"
    shortcut = "L"
    icon = "line"
    tip = "Drag a straight line as wide as the brush; Shift keeps to steps of 45 degrees"
    uses = frozenset({"material", "size", "brush", "jitter"})

    def begin(self, ink: Ink, options: ToolOptions, sample: PointerSample) -> Gesture:
        """Begin at the pointer."""
        return ShapeDrag(self, ink, options, sample)

    def regular(self, start: Point, end: Point) -> Point:
        """One of eight directions."""
        return regular_direction(start, end)

    def border(self, start: Point, end: Point) -> list[Point]:
        """The line's middle."""
        return [start, end]

    def areas(
        self, start: Point, end: Point, options: ToolOptions, tip: BrushShape, bounds: Rect
    ) -> Iterator[Area]:
        """All that the brush covers on the way."""
        return path_areas(tip, (start, end), options.size / 2, bounds)
