"""The line tool."""

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
    tip = "Draw a straight line as wide as the brush; Shift snaps it to steps of 45 degrees"
    uses = frozenset({"material", "size", "brush", "jitter"})

    def begin(self, ink: Ink, options: ToolOptions, sample: PointerSample) -> Gesture:
        """Begin a line at the pointer."""
        return ShapeDrag(self, ink, options, sample)

    def regular(self, start: Point, end: Point) -> Point:
        """Return the end of the line snapped to steps of 45 degrees."""
        return regular_direction(start, end)

    def border(self, start: Point, end: Point) -> list[Point]:
        """Return the centre line."""
        return [start, end]

    def areas(
        self, start: Point, end: Point, options: ToolOptions, tip: BrushShape, bounds: Rect
    ) -> Iterator[Area]:
        """Yield the areas that the brush covers along the line."""
        return path_areas(tip, (start, end), options.size / 2, bounds)
