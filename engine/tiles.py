"""Windows of the canvas: the cells of every level that a window needs, and what an edit changes.

The generator uses two unpadded 3x3 convolutions per level. A window is computed from the same cells
as the whole canvas, so tiles equal the whole picture, pixel for pixel.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

LEVELS = 5
"""Number of pyramid levels; level k has cells of 2**k canvas pixels."""

FIELD_REACH = 92
"""Distance in canvas pixels within which a label changes the flow field, see ``engine.flow``."""

MARGIN = 2
"""Cells that the two 3x3 convolutions of a level read beyond their output, on each side."""


class Window(NamedTuple):
    """A rectangle of cells or pixels; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Width in cells."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Height in cells."""
        return self.bottom - self.top

    @property
    def empty(self) -> bool:
        """Whether the window contains no cell."""
        return self.right <= self.left or self.bottom <= self.top

    def grown(self, cells: int) -> "Window":
        """Return the window extended by ``cells`` on every side."""
        return Window(self.left - cells, self.top - cells, self.right + cells, self.bottom + cells)

    def clipped(self, other: "Window") -> "Window":
        """Return the intersection with another window; it may be empty."""
        return Window(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def united(self, other: "Window") -> "Window":
        """Return the bounding box of both windows."""
        return Window(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def coarser(self, levels: int = 1) -> "Window":
        """Return the cells of a coarser level that overlap this window."""
        return Window(
            self.left >> levels,
            self.top >> levels,
            -(-self.right >> levels),
            -(-self.bottom >> levels),
        )

    def finer(self, levels: int = 1) -> "Window":
        """Return the same area in cells of a finer level."""
        return Window(*(edge << levels for edge in self))

    def within(self, outer: "Window") -> tuple[slice, slice]:
        """Return row and column slices of this window in an array that covers ``outer``."""
        return (
            slice(self.top - outer.top, self.bottom - outer.top),
            slice(self.left - outer.left, self.right - outer.left),
        )


def level_windows(window: Window) -> list[Window]:
    """Return the cells that each level reads to paint ``window``, finest level first."""
    needed = []
    for _ in range(LEVELS):
        window = window.grown(MARGIN)
        needed.append(window)
        window = upsampled_from(window)
    return needed


def upsampled_from(window: Window) -> Window:
    """Return the cells of the next coarser level that bilinear upsampling to ``window`` reads."""
    return window.grown(1).coarser()


def affected(dirty: Window) -> Window:
    """Return the canvas pixels that can change when the labels inside ``dirty`` change.

    Labels change the field within FIELD_REACH, and the generator reads the field around a pixel.
    """
    return seen_from(dirty.grown(FIELD_REACH))


def seen_from(dirty: Window) -> Window:
    """Return the canvas pixels that change when the generator's input inside ``dirty`` changes.

    The input is the mask and the field.
    """
    spread = dirty.coarser(LEVELS - 1).grown(MARGIN)
    for level in reversed(range(LEVELS - 1)):
        spread = spread.finer().grown(1).united(dirty.coarser(level)).grown(MARGIN)
    return spread


def plan(window: Window, size: int, focus: Window | None = None) -> Iterator[Window]:
    """Cut a window into tiles of at most ``size`` x ``size`` on a fixed grid.

    The tiles nearest to ``focus``, by default to the centre of the window, come first.
    """
    tiles = [
        Window(left, top, left + size, top + size).clipped(window)
        for top in range(window.top // size * size, window.bottom, size)
        for left in range(window.left // size * size, window.right, size)
    ]
    centre = focus if focus is not None else window
    middle = (centre.left + centre.right, centre.top + centre.bottom)
    yield from sorted(tiles, key=lambda tile: _distance(tile, middle))


def beside(inner: Window, outer: Window) -> list[Window]:
    """Cut the part of ``outer`` outside ``inner`` into at most four windows.

    ``inner`` must lie inside ``outer``.
    """
    parts = [
        Window(outer.left, outer.top, outer.right, inner.top),
        Window(outer.left, inner.bottom, outer.right, outer.bottom),
        Window(outer.left, inner.top, inner.left, inner.bottom),
        Window(inner.right, inner.top, outer.right, inner.bottom),
    ]
    return [part for part in parts if not part.empty]


def box_of(mask: np.ndarray) -> Window:
    """Return the box around all true pixels of a mask, (h, w) bool; empty if there are none."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not rows.size:
        return Window(0, 0, 0, 0)
    return Window(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def _distance(tile: Window, doubled: tuple[int, int]) -> int:
    across = tile.left + tile.right - doubled[0]
    down = tile.top + tile.bottom - doubled[1]
    return across * across + down * down
