"""Windows of the canvas: which cells of every level a window needs, and what a dab can change.

The generator uses unpadded 3x3 convolutions, two a level, so a window is computed from exactly
the cells that the whole canvas would use. Tiles therefore equal the whole, pixel for pixel.
"""

from collections.abc import Iterator
from typing import NamedTuple

LEVELS = 5
"""Pyramid levels; level k has cells of 2**k canvas pixels."""

FIELD_REACH = 92
"""Canvas pixels from a label within which it changes the flow field, see ``engine.flow``."""

MARGIN = 2
"""Cells that the two 3x3 convolutions of a level reach."""


class Window(NamedTuple):
    """A rectangle of cells: left and top inside, right and bottom outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def empty(self) -> bool:
        return self.right <= self.left or self.bottom <= self.top

    def grown(self, cells: int) -> "Window":
        return Window(self.left - cells, self.top - cells, self.right + cells, self.bottom + cells)

    def clipped(self, other: "Window") -> "Window":
        return Window(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def united(self, other: "Window") -> "Window":
        return Window(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def coarser(self, levels: int = 1) -> "Window":
        """The cells of a coarser level that touch this window."""
        return Window(
            self.left >> levels,
            self.top >> levels,
            -(-self.right >> levels),
            -(-self.bottom >> levels),
        )

    def finer(self, levels: int = 1) -> "Window":
        """The same area in cells of a finer level."""
        return Window(*(edge << levels for edge in self))

    def within(self, outer: "Window") -> tuple[slice, slice]:
        """Row and column slices of this window in an array that covers ``outer``."""
        return (
            slice(self.top - outer.top, self.bottom - outer.top),
            slice(self.left - outer.left, self.right - outer.left),
        )


def level_windows(window: Window) -> list[Window]:
    """For every level, finest first, the cells its first convolution reads to paint ``window``."""
    needed = []
    for _ in range(LEVELS):
        window = window.grown(MARGIN)
        needed.append(window)
        window = upsampled_from(window)
    return needed


def upsampled_from(window: Window) -> Window:
    """The cells of the next coarser level that bilinear enlargement of ``window`` reads."""
    return window.grown(1).coarser()


def affected(dirty: Window) -> Window:
    """Return the canvas pixels that can change when the labels inside ``dirty`` change.

    Labels change the field within FIELD_REACH, and the generator sees the field around a pixel.
    """
    return seen_from(dirty.grown(FIELD_REACH))


def seen_from(dirty: Window) -> Window:
    """Return the canvas pixels that the generator paints differently after a change in ``dirty``.

    A change of what it reads there, masks or field.
    """
    spread = dirty.coarser(LEVELS - 1).grown(MARGIN)
    for level in reversed(range(LEVELS - 1)):
        spread = spread.finer().grown(1).united(dirty.coarser(level)).grown(MARGIN)
    return spread


def plan(window: Window, size: int, focus: Window | None = None) -> Iterator[Window]:
    """Cut a window into tiles of at most ``size`` x ``size`` on a fixed grid, focus first."""
    tiles = [
        Window(left, top, left + size, top + size).clipped(window)
        for top in range(window.top // size * size, window.bottom, size)
        for left in range(window.left // size * size, window.right, size)
    ]
    centre = focus if focus is not None else window
    middle = (centre.left + centre.right, centre.top + centre.bottom)
    yield from sorted(tiles, key=lambda tile: _distance(tile, middle))


def beside(inner: Window, outer: Window) -> list[Window]:
    """Cut what ``outer`` has around ``inner``, which lies inside, into at most four windows."""
    parts = [
        Window(outer.left, outer.top, outer.right, inner.top),
        Window(outer.left, inner.bottom, outer.right, outer.bottom),
        Window(outer.left, inner.top, inner.left, inner.bottom),
        Window(inner.right, inner.top, outer.right, inner.bottom),
    ]
    return [part for part in parts if not part.empty]


def _distance(tile: Window, doubled: tuple[int, int]) -> int:
    across = tile.left + tile.right - doubled[0]
    down = tile.top + tile.bottom - doubled[1]
    return across * across + down * down
