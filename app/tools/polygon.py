"""The polygon tool."""

import math
from collections.abc import Sequence

from app.document.rect import Rect
from app.document.selection import loop_mask
from app.document.stroke import Keys, PointerSample
from app.tools.base import Gesture, Point, ToolOptions, Trace
from app.tools.brush import tip_of
from app.tools.ink import Area, Ink
from app.tools.shape import LARGEST_LIVE, path_areas, regular_direction

# A click within this distance of the first or last corner closes the polygon (screen pixels).
NEAR = 7.0


class Polygon:
    """Paints a polygon from clicked corners, filled or as an outline as wide as the brush."""

    id = "polygon"
    name = "Polygon"
    shortcut = "P"
    icon = "polygon"
    tip = "Click to add corners; double-click or Enter closes, Backspace removes the last one"
    uses = frozenset({"material", "filled", "size"})

    def begin(self, ink: Ink, options: ToolOptions, sample: PointerSample) -> Gesture:
        """Begin a polygon with its first corner at the pointer."""
        return PolygonGesture(ink, options, sample)


class PolygonGesture:
    """One polygon: its corners so far and the corner at the pointer. Edges can also be dragged."""

    def __init__(self, ink: Ink, options: ToolOptions, sample: PointerSample) -> None:
        self._ink, self._options = ink, options
        self._tip = tip_of(options, sample)
        self._corners: list[Point] = [sample.point]
        self._next: Point = sample.point
        self._closed = False

    @property
    def trace(self) -> Trace:
        """The closed outline through all corners and the pointer."""
        return [[*self._corners, self._next, self._corners[0]]]

    def press(self, sample: PointerSample) -> None:
        """Add a corner, or close the polygon at its first or last corner."""
        ends = (self._corners[0], self._corners[-1])
        near = any(math.dist(sample.point, end) <= NEAR * sample.grain for end in ends)
        if near and len(self._corners) > 1:
            self._closed = True
        elif not near:
            self._corners.append(self._place(sample))
            self.move(sample)

    def move(self, sample: PointerSample) -> None:
        """Show the polygon with a corner at the pointer."""
        self._next = self._corners[-1] if self._closed else self._place(sample)
        self._show([*self._corners, self._next])

    def hover(self, sample: PointerSample) -> None:
        """Show the polygon with a corner at the pointer."""
        self.move(sample)

    def lift(self, sample: PointerSample) -> bool:
        """Add a corner at the end of a drag. Return whether the polygon is closed."""
        here = self._place(sample)
        if not self._closed and math.dist(here, self._corners[-1]) > NEAR * sample.grain:
            self._corners.append(here)
        return self._closed

    def step_back(self) -> bool:
        """Remove the last corner. Return False if it is the only one."""
        if len(self._corners) < 2:
            return False
        self._corners.pop()
        self._show([*self._corners, self._next])
        return True

    def finish(self) -> None:
        """Paint the polygon of the corners so far."""
        self._ink.lay_anew(self._areas(self._corners), self._options.material)

    def _place(self, sample: PointerSample) -> Point:
        regular = bool(sample.keys & Keys.SHIFT)
        return regular_direction(self._corners[-1], sample.point) if regular else sample.point

    def _show(self, corners: Sequence[Point]) -> None:
        small = _box_of(corners).area <= LARGEST_LIVE
        self._ink.lay_anew(self._areas(corners) if small else (), self._options.material)

    def _areas(self, corners: Sequence[Point]) -> Sequence[Area]:
        bounds = self._ink.document.bounds
        if not self._options.filled and len(corners) > 1:
            path = [*corners, corners[0]]
            return list(path_areas(self._tip, path, self._options.size / 2, bounds))
        box = _box_of(corners).clipped(bounds)
        return [(box, loop_mask(corners, box))] if len(corners) > 2 and not box.empty else ()


def _box_of(corners: Sequence[Point]) -> Rect:
    xs, ys = zip(*corners, strict=True)
    edges = math.floor(min(xs)), math.floor(min(ys)), math.ceil(max(xs)), math.ceil(max(ys))
    return Rect(*edges).grown(1)
