"""The move tool: moves the selected part of the doodle or a copy of it."""

import numpy as np

from app.document.contour import contours
from app.document.rect import Rect
from app.document.stroke import Keys, PointerSample
from app.tools.base import Drag, Gesture, Point, ToolOptions, Trace
from app.tools.ink import Ink
from app.tools.shape import LARGEST_LIVE, regular_direction


class Move:
    """Moves the selected part of the doodle, or all of it without a selection."""

    id = "move"
    name = "Move"
    shortcut = "V"
    icon = "move"
    tip = "Move the selection (with any tool: Ctrl); Alt moves a copy, Shift keeps the direction"
    uses = frozenset({"background"})

    def begin(self, ink: Ink, options: ToolOptions, sample: PointerSample) -> Gesture:
        """Begin a move at the pointer."""
        return MoveGesture(ink, sample)


class MoveGesture(Drag):
    """One move of the selection, or of a copy if Alt is held at the start."""

    def __init__(self, ink: Ink, sample: PointerSample) -> None:
        self._ink = ink
        self._copies = bool(sample.keys & Keys.ALT)
        self._start: Point = sample.point
        self._offset = (0, 0)
        box = ink.document.bounds if ink.selection is None else ink.selection.box
        self._live = box.area <= LARGEST_LIVE
        self._loops = [] if ink.selection is None else contours(ink.selection.mask)

    @property
    def trace(self) -> Trace:
        """The selection's outline at its new place."""
        return [
            [(x + self._offset[0], y + self._offset[1]) for x, y in [*loop, loop[0]]]
            for loop in self._loops
        ]

    def move(self, sample: PointerSample) -> None:
        """Move the selection with the pointer by whole pixels."""
        regular = bool(sample.keys & Keys.SHIFT)
        goal = regular_direction(self._start, sample.point) if regular else sample.point
        self._offset = round(goal[0] - self._start[0]), round(goal[1] - self._start[1])
        if self._live:
            put_moved(self._ink, self._offset, self._copies)

    def finish(self) -> None:
        """Complete the move and move the selection with it."""
        if not self._live:
            put_moved(self._ink, self._offset, self._copies)
        selection = self._ink.selection
        if selection is not None and self._offset != (0, 0):
            self._ink.document.set_selection(selection.moved(*self._offset))


def put_moved(ink: Ink, offset: tuple[int, int], copy: bool) -> None:
    """Move the selected part of `ink.before` by `offset`; `copy` keeps the original."""
    bounds, before, selection = ink.document.bounds, ink.before, ink.selection
    source = bounds if selection is None else selection.box
    goal = source.moved(*offset).clipped(bounds)

    def taken(part: Rect) -> np.ndarray | bool:
        return True if selection is None else selection.mask[part.slices]

    def after(part: Rect) -> np.ndarray:
        block, hole, place = before.read(part), source.clipped(part), goal.clipped(part)
        if not copy and not hole.empty:
            left = block[hole.slices_in(part)]
            np.copyto(left, np.uint8(ink.document.background), where=taken(hole))
        if not place.empty:
            origin = place.moved(-offset[0], -offset[1])
            came = block[place.slices_in(part)]
            np.copyto(came, before.read(origin), where=taken(origin))
        return block

    box = source.union(goal)
    ink.put_anew(box, after, lambda: ink.move_directions(source, offset, copy))
