"""The selection tools: freehand loop and rectangle."""

import math

from app.document.selection import Selection
from app.document.stroke import Keys, PointerSample
from app.tools.base import Drag, Gesture, Point, ToolOptions, Trace
from app.tools.ink import Ink
from app.tools.rectangle import rectangle_border
from app.tools.shape import box_between, pixels_between, regular_corner

# A shorter drag (in canvas pixels) counts as a click, which deselects.
SMALLEST = 3.0
WAYS = "Shift adds, Alt subtracts; a click deselects"


class Lasso:
    """Selects the inside of a freehand loop."""

    id = "lasso"
    name = "Select"
    shortcut = "S"
    icon = "lasso"
    tip = f"Select an area with a freehand loop. {WAYS}"
    uses = frozenset({"select", "step"})

    def begin(self, ink: Ink, options: ToolOptions, sample: PointerSample) -> Gesture:
        """Begin a loop at the pointer."""
        return LassoGesture(ink, options, sample)


class Marquee:
    """Selects a rectangle."""

    id = "marquee"
    name = "Select rectangle"
    shortcut = "Shift+S"
    icon = "marquee"
    tip = f"Select a rectangular area. {WAYS}"
    uses = frozenset({"select", "step"})

    def begin(self, ink: Ink, options: ToolOptions, sample: PointerSample) -> Gesture:
        """Begin a rectangle with a corner at the pointer."""
        return MarqueeGesture(ink, options, sample)


class LassoGesture(Drag):
    """One selection with a freehand loop."""

    def __init__(self, ink: Ink, options: ToolOptions, sample: PointerSample) -> None:
        self._ink = ink
        self._mode = way_of(options, sample)
        self._loop = [sample.point]

    @property
    def trace(self) -> Trace:
        """The loop as a closed line."""
        return [[*self._loop, self._loop[0]]]

    def move(self, sample: PointerSample) -> None:
        """Extend the loop to this sample."""
        self._loop.append(sample.point)

    def finish(self) -> None:
        """Select the inside of the loop."""
        extents = (max(side) - min(side) for side in zip(*self._loop, strict=True))
        bounds = self._ink.document.bounds
        found = Selection.of_loop(self._loop, bounds) if max(extents) >= SMALLEST else None
        combine(self._ink, found, self._mode)


class MarqueeGesture(Drag):
    """One selection with a rectangle.

    Shift makes it a square, unless Shift has been held since the press (that adds instead).
    """

    def __init__(self, ink: Ink, options: ToolOptions, sample: PointerSample) -> None:
        self._ink = ink
        self._mode = way_of(options, sample)
        self._may_square = not sample.keys & Keys.SHIFT
        self._start: Point = sample.point
        self._end: Point = sample.point

    @property
    def trace(self) -> Trace:
        """The outline of the rectangle."""
        return [rectangle_border(self._start, self._end)]

    def move(self, sample: PointerSample) -> None:
        """Move the opposite corner to the pointer."""
        held = bool(sample.keys & Keys.SHIFT)
        self._may_square = self._may_square or not held
        square = held and self._may_square
        self._end = regular_corner(self._start, sample.point) if square else sample.point

    def finish(self) -> None:
        """Select the pixels with centres inside the rectangle."""
        box = pixels_between(*box_between(self._start, self._end))
        large = math.dist(self._start, self._end) >= SMALLEST
        found = Selection.of_box(box, self._ink.document.bounds) if large else None
        combine(self._ink, found, self._mode)


def way_of(options: ToolOptions, sample: PointerSample) -> str:
    """Return "replace", "add" or "subtract": set by a modifier key, else by the options."""
    if sample.keys & Keys.ALT:
        return "subtract"
    return "add" if sample.keys & Keys.SHIFT else options.select


def combine(ink: Ink, found: Selection | None, mode: str) -> None:
    """Set the selection: `found` replaces, extends or reduces the previous one (see `way_of`)."""
    before = ink.selection
    if found is not None and before is not None and mode == "add":
        found = before.joined(found)
    elif mode == "subtract":
        found = before.without(found) if before is not None and found is not None else before
    elif found is None and mode == "add":
        found = before
    ink.document.set_selection(found)
