"""Rectangles in canvas pixels: left and top are inclusive, right and bottom exclusive."""

from typing import NamedTuple


class Rect(NamedTuple):
    """A box of canvas pixels. It is a tuple, so it can be passed to the engine directly."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def of_size(cls, width: int, height: int) -> "Rect":
        """Create the box of a whole canvas."""
        return cls(0, 0, width, height)

    @property
    def width(self) -> int:
        """Width in pixels; 0 when empty."""
        return max(0, self.right - self.left)

    @property
    def height(self) -> int:
        """Height in pixels; 0 when empty."""
        return max(0, self.bottom - self.top)

    @property
    def area(self) -> int:
        """Number of pixels inside."""
        return self.width * self.height

    @property
    def empty(self) -> bool:
        """Whether no pixel is inside."""
        return self.right <= self.left or self.bottom <= self.top

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of this box in an H x W array."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def slices_in(self, around: "Rect") -> tuple[slice, slice]:
        """Return the index of this box in an array that covers `around`."""
        left, top = around.left, around.top
        return slice(self.top - top, self.bottom - top), slice(self.left - left, self.right - left)

    def union(self, other: "Rect") -> "Rect":
        """Return the smallest box around both; an empty box is ignored."""
        if self.empty or other.empty:
            return other if self.empty else self
        return Rect(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def grown(self, margin: int) -> "Rect":
        """Return the box enlarged by `margin` pixels on every side."""
        return Rect(
            self.left - margin, self.top - margin, self.right + margin, self.bottom + margin
        )

    def clipped(self, bounds: "Rect") -> "Rect":
        """Return the part inside `bounds`; NOWHERE if they do not overlap."""
        part = Rect(
            max(self.left, bounds.left),
            max(self.top, bounds.top),
            min(self.right, bounds.right),
            min(self.bottom, bounds.bottom),
        )
        return NOWHERE if part.empty else part

    def moved(self, dx: int, dy: int) -> "Rect":
        """Return the box shifted by (dx, dy)."""
        return Rect(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)

    def cells(self, step: int) -> "Rect":
        """Return the box of the cells of `step` x `step` pixels that this box overlaps."""
        return Rect(
            self.left // step, self.top // step, -(-self.right // step), -(-self.bottom // step)
        )

    def scaled(self, factor: int) -> "Rect":
        """Convert a box of cells of `factor` x `factor` pixels to pixels."""
        return Rect(*(side * factor for side in self))

    def minus(self, other: "Rect") -> list["Rect"]:
        """Return up to four boxes that cover this box without `other`."""
        hole = self.clipped(other)
        if hole.empty:
            return [] if self.empty else [self]
        parts = (
            Rect(self.left, self.top, self.right, hole.top),
            Rect(self.left, hole.top, hole.left, hole.bottom),
            Rect(hole.right, hole.top, self.right, hole.bottom),
            Rect(self.left, hole.bottom, self.right, self.bottom),
        )
        return [part for part in parts if not part.empty]


NOWHERE = Rect(0, 0, 0, 0)
