"""Common code of the shape tools."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Protocol

from app.document.rect import Rect
from app.document.stroke import Keys, PointerSample, Stamp
from app.tools.base import Drag, Gesture, Point, ToolOptions, Trace
from app.tools.brush import tip_of
from app.tools.brush_shape import BrushShape, covered
from app.tools.ink import Area, Ink

# Shapes of up to this many canvas pixels are painted during the drag. Larger ones would be too
# slow: they are shown as an outline until the button is released.
LARGEST_LIVE = 2**20
# Length in pixels of the pieces in which long lines are painted: the bounding box of a whole line
# may be as large as the canvas.
PIECE = 256.0


class Shape(Protocol):
    """A shape that is defined by two points of the canvas."""

    def regular(self, start: Point, end: Point) -> Point:
        """Return the end near `end` that gives a square, a circle or a snapped line."""

    def border(self, start: Point, end: Point) -> list[Point]:
        """Return the outline to show during the drag."""

    def areas(
        self, start: Point, end: Point, options: ToolOptions, tip: BrushShape, bounds: Rect
    ) -> Iterator[Area]:
        """Yield the areas of the canvas (`bounds`) that it covers."""


class ShapeDrag(Drag):
    """Draws a shape from the start of a drag to the pointer; Shift makes it regular."""

    def __init__(self, shape: Shape, ink: Ink, options: ToolOptions, sample: PointerSample) -> None:
        self._shape, self._ink, self._options = shape, ink, options
        self._tip = tip_of(options, sample)
        self._start = self._end = sample.point
        self._painted = True

    @property
    def trace(self) -> Trace:
        """The outline of the shape."""
        return [self._shape.border(self._start, self._end)]

    def move(self, sample: PointerSample) -> None:
        """Extend the shape to the pointer."""
        regular = bool(sample.keys & Keys.SHIFT)
        self._end = self._shape.regular(self._start, sample.point) if regular else sample.point
        size = abs(self._end[0] - self._start[0]) * abs(self._end[1] - self._start[1])
        self._painted = size <= LARGEST_LIVE
        self._ink.lay_anew(self._areas() if self._painted else (), self._options.material)

    def finish(self) -> None:
        """Paint the shape if it was too large to paint during the drag."""
        if not self._painted:
            self._ink.lay_anew(self._areas(), self._options.material)

    def _areas(self) -> Sequence[Area]:
        if self._start == self._end:
            return ()
        bounds = self._ink.document.bounds
        return list(self._shape.areas(self._start, self._end, self._options, self._tip, bounds))


class BoxShape:
    """Base class of tools whose shape fills a box; subclasses define `border` and `areas`."""

    uses = frozenset({"material", "filled", "size"})

    def begin(self: Shape, ink: Ink, options: ToolOptions, sample: PointerSample) -> Gesture:
        """Begin a shape with a corner of its box at the pointer."""
        return ShapeDrag(self, ink, options, sample)

    def regular(self, start: Point, end: Point) -> Point:
        """Return the end that makes the box a square."""
        return regular_corner(start, end)


def regular_corner(start: Point, end: Point) -> Point:
    """Return the end of a square from `start` whose side is the longer side of the box."""
    side = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
    return (
        start[0] + math.copysign(side, end[0] - start[0]),
        start[1] + math.copysign(side, end[1] - start[1]),
    )


def regular_direction(start: Point, end: Point) -> Point:
    """Return `end` rotated around `start` to the nearest multiple of 45 degrees."""
    length = math.hypot(end[0] - start[0], end[1] - start[1])
    angle = round(math.atan2(end[1] - start[1], end[0] - start[0]) / (math.pi / 4)) * (math.pi / 4)
    return start[0] + length * math.cos(angle), start[1] + length * math.sin(angle)


def box_between(start: Point, end: Point, margin: float = 0.0) -> tuple[float, float, float, float]:
    """Return left, top, right, bottom of the box with these corners, grown by `margin`."""
    (left, right), (top, bottom) = sorted((start[0], end[0])), sorted((start[1], end[1]))
    return left - margin, top - margin, right + margin, bottom + margin


def pixels_between(left: float, top: float, right: float, bottom: float) -> Rect:
    """Return the rectangle of pixels whose centres lie in a box; it may be empty."""
    return Rect(*(math.ceil(edge - 0.5) for edge in (left, top, right, bottom)))


def path_areas(
    tip: BrushShape, points: Sequence[Point], radius: float, bounds: Rect
) -> Iterator[Area]:
    """Yield the areas that a brush of `radius` covers along a polyline, in pieces."""
    path: list[Stamp] = []
    length = 0.0
    for stamp in _stamps_along(points, radius):
        length += math.hypot(stamp.x - path[-1].x, stamp.y - path[-1].y) if path else 0
        path.append(stamp)
        if length >= PIECE:
            yield covered(tip, path, bounds)
            path, length = [stamp], 0.0
    if path:
        yield covered(tip, path, bounds)


def _stamps_along(points: Sequence[Point], radius: float) -> Iterator[Stamp]:
    yield Stamp(*points[0], radius)
    for start, end in pairwise(points):
        steps = max(1, math.ceil(math.dist(start, end) / max(16.0, radius)))
        for step in range(1, steps + 1):
            share = step / steps
            x, y = (a + share * (b - a) for a, b in zip(start, end, strict=True))
            yield Stamp(x, y, radius)
