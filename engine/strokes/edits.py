"""Go back and forth between the states of a stroke painting before and after a repaint."""

import zlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.flow.bend import CELL
from engine.flow.pen import ZERO
from engine.strokes.kernels import NO_SHIFT, count_uses
from engine.strokes.synthesis import StrokePainting, repainted_rects, take_guides
from engine.tiles import Window, box_of


class StrokeEdit:
    """Another state of the rectangles that a ``repaint`` or ``reroll`` changes.

    Make it before that. ``exchange`` brings back that state, and the next call the one after it, to
    the last bit: regions, guides, matches, uses, last uses and pictures of every level.
    """

    def __init__(
        self, painting: StrokePainting, changed: Window, rects: Sequence[Window] | None = None
    ) -> None:
        """Copy the state.

        ``changed``: where the doodle changes, inside the canvas, as for ``repaint``; ``rects``: at
        each level, the finest first; by default those of ``repaint``.
        """
        self._changed, target = changed, painting.target
        place = changed.within(target.canvas)
        self._regions, self._directions = target.regions[place].copy(), target.directions
        self._kinds = None if target.kinds is None else target.kinds[place].copy()
        self._rects = repainted_rects(painting, changed) if rects is None else rects
        self._pieces = [
            _Piece(level.field[rect.within(level.canvas)], level.picture[rect.within(level.canvas)])
            for level, rect in zip(painting.levels, self._rects, strict=True)
        ]
        self._shifts = [_Shifts(level.shifts) for level in painting.levels]

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        pieces = sum(len(piece.field) + piece.picture.nbytes for piece in self._pieces)
        pieces += sum(len(shifts.content) for shifts in self._shifts)
        planes = [self._regions, self._directions, self._kinds]
        return pieces + sum(plane.nbytes for plane in planes if plane is not None)

    def exchange(self, painting: StrokePainting) -> None:
        """Swap the painting's state with the one kept here."""
        for number, (level, rect) in enumerate(zip(painting.levels, self._rects, strict=True)):
            place, other = rect.within(level.canvas), self._pieces[number]
            self._pieces[number] = _Piece(level.field[place], level.picture[place])
            count_uses(level.field[place], level.used, -1)
            level.field[place], level.picture[place] = other.matches(), other.picture
            count_uses(level.field[place], level.used, 1)
            self._shifts[number] = self._shifts[number].exchanged(level.shifts)
        if not self._changed.empty:
            self._exchange_regions(painting)

    def _exchange_regions(self, painting: StrokePainting) -> None:
        target, regions = painting.target, painting.target.regions.copy()
        place = self._changed.within(target.canvas)
        before, regions[place] = regions[place].copy(), self._regions
        kinds = None if target.kinds is None else target.kinds.copy()
        if kinds is not None:
            self._kinds, kinds[place] = kinds[place].copy(), self._kinds
        now = replace(target, regions=regions, directions=self._directions, kinds=kinds)
        self._regions, self._directions, painting.target = before, target.directions, now
        take_guides(painting, self._changed)


class _Piece:
    """Copies of a rectangle of matches and colours.

    Matches continue their neighbours, so their differences take a thirtieth when compressed.
    """

    def __init__(self, field: np.ndarray, picture: np.ndarray) -> None:
        self.picture = picture.copy()
        self.field = zlib.compress(np.diff(field, axis=1, prepend=np.int32(0)).tobytes(), 1)

    def matches(self) -> np.ndarray:
        """Return the matches, (h, w) int32."""
        steps = np.frombuffer(zlib.decompress(self.field), np.int32)
        return steps.reshape(self.picture.shape[:2]).cumsum(1, dtype=np.int32)


class _Shifts:
    """A compressed copy of the last uses of all cells of a level."""

    def __init__(self, shifts: np.ndarray) -> None:
        self._shape = shifts.shape
        self.content = zlib.compress(shifts.tobytes(), 1)

    def exchanged(self, shifts: np.ndarray) -> "_Shifts":
        """Write the copy into ``shifts`` and return a copy of what was there.

        ``shifts`` may have more cells, which were not used yet: the source has been extended.
        """
        other, (rows, columns) = _Shifts(shifts), self._shape
        shifts[:] = NO_SHIFT
        kept = np.frombuffer(zlib.decompress(self.content), shifts.dtype)
        shifts[:rows, :columns] = kept.reshape(rows, columns)
        return other


def difference(
    painting: StrokePainting,
    regions: np.ndarray,
    directions: np.ndarray | None = None,
    kinds: np.ndarray | None = None,
) -> Window:
    """Return the box of all pixels whose region, direction or kind of border differs from these.

    ``regions``: of the painting's shape; ``directions``: of the pen, or None; ``kinds``: of the
    borders, of the painting's shape, or None if the painting has none.
    """
    differs = painting.target.regions != regions
    if kinds is not None and painting.target.kinds is not None:
        differs |= painting.target.kinds != kinds
    turned = turned_box(painting.target.directions, directions).clipped(painting.target.canvas)
    return joined_boxes(box_of(differs), turned)


def turned_box(old: np.ndarray | None, new: np.ndarray | None) -> Window:
    """Return the box of all pixels whose direction of the pen differs; see ``engine.flow.pen``.

    It may go beyond the canvas, to the end of a cell.
    """
    if old is None and new is None:
        return Window(0, 0, 0, 0)
    zero = np.full((1, 1, 2), ZERO, np.uint8)
    same = (zero if old is None else old) == (zero if new is None else new)
    return box_of(~same.all(axis=2)).finer(CELL)


def joined_boxes(one: Window, other: Window) -> Window:
    """Return the box around two boxes, of which each may be empty."""
    if one.empty or other.empty:
        return other if one.empty else one
    return one.united(other)
