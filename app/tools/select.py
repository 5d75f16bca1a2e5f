"""Selecting with a freehand loop or a rectangle."""

import math

from app.document.selection import Selection
from app.document.stroke import Keys, PointerSample
from app.tools.base import Drag, Gesture, Point, ToolOptions, Trace
from app.tools.ink import Ink
from app.tools.rectangle import rectangle_border
from app.tools.shape import box_between, pixels_between, regular_corner

# A drag of fewer canvas pixels than this is a click: nothing is selected.
SMALLEST = 3.0
WAYS = "Shift adds, Alt takes away; a click selects nothing"


class Lasso:
    """Selects what a freehand loop surrounds."""

    id = "lasso"
    name = "Select"
    shortcut = "S"
    icon = "lasso"
    tip = f"Draw a loop: brush, fill and Refine then work inside it. {WAYS}"
    uses = frozenset({"select", "step"})

    def begin(self, ink: Ink, options: ToolOptions, sample: PointerSample) -> Gesture:
        """Begin a loop."""
        return LassoGesture(ink, options, sample)


class Marquee:
    """Selects a rectangle."""

    id = "marquee"
    name = "Select rectangle"
    shortcut = "Shift+S"
    icon = "marquee"
    tip = f"Drag a rectangle to work inside of. {WAYS}"
    uses = frozenset({"select", "step"})

    def begin(self, ink: Ink, options: ToolOptions, sample: PointerSample) -> Gesture:
        """Begin with a corner at the pointer."""
        return MarqueeGesture(ink, options, sample)


class LassoGesture(Drag):
    """One loop."""

    def __init__(self, ink: Ink, options: ToolOptions, sample: PointerSample) -> None:
        self._ink = ink
        self._way = way_of(options, sample)
        self._loop = [sample.point]

    @property
    def trace(self) -> Trace:
        """The loop, closed."""
        return [[*self._loop, self._loop[0]]]

    def move(self, sample: PointerSample) -> None:
        """Lead the loop on to this sample."""
        self._loop.append(sample.point)

    def finish(self) -> None:
        """Select what the loop surrounds."""
        extents = (max(side) - min(side) for side in zip(*self._loop, strict=True))
        bounds = self._ink.document.bounds
        found = Selection.of_loop(self._loop, bounds) if max(extents) >= SMALLEST else None
        combine(self._ink, found, self._way)


class MarqueeGesture(Drag):
    """One rectangle. Shift makes it a square, unless it was pressed before to add."""

    def __init__(self, ink: Ink, options: ToolOptions, sample: PointerSample) -> None:
        self._ink = ink
        self._way = way_of(options, sample)
        self._may_square = not sample.keys & Keys.SHIFT
        self._start: Point = sample.point
        self._end: Point = sample.point

    @property
    def trace(self) -> Trace:
        """The four sides."""
        return [rectangle_border(self._start, self._end)]

    def move(self, sample: PointerSample) -> None:
        """Let the rectangle reach to here."""
        held = bool(sample.keys & Keys.SHIFT)
        self._may_square = self._may_square or not held
        square = held and self._may_square
        self._end = regular_corner(self._start, sample.point) if square else sample.point

    def finish(self) -> None:
        """Select the pixels whose middle is inside."""
        box = pixels_between(*box_between(self._start, self._end))
        large = math.dist(self._start, self._end) >= SMALLEST
        found = Selection.of_box(box, self._ink.document.bounds) if large else None
        combine(self._ink, found, self._way)


def way_of(options: ToolOptions, sample: PointerSample) -> str:
    """ "replace", "add" or "subtract": what is set, unless a key says otherwise."""
    if sample.keys & Keys.ALT:
        return "subtract"
    return "add" if sample.keys & Keys.SHIFT else options.select


def combine(ink: Ink, found: Selection | None, way: str) -> None:
    """Select what was found, or more or less by it than before."""
    before = ink.selection
    if found is not None and before is not None and way == "add":
        found = before.joined(found)
    elif way == "subtract":
        found = before.without(found) if before is not None and found is not None else before
    elif found is None and way == "add":
        found = before
    ink.document.set_selection(found)
