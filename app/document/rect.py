"""Rectangles in canvas pixels: left and top are inside, right and bottom just outside."""

from typing import NamedTuple


class Rect(NamedTuple):
    """A box of canvas pixels; a plain tuple, so the engine takes it as it is."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def of_size(cls, width: int, height: int) -> "Rect":
        """The box of a whole canvas."""
        return cls(0, 0, width, height)

    @property
    def width(self) -> int:
        """Columns inside; 0 when empty."""
        return max(0, self.right - self.left)

    @property
    def height(self) -> int:
        """Rows inside; 0 when empty."""
        return max(0, self.bottom - self.top)

    @property
    def area(self) -> int:
        """Pixels inside."""
        return self.width * self.height

    @property
    def empty(self) -> bool:
        """True when no pixel is inside."""
        return self.right <= self.left or self.bottom <= self.top

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of this box in an H x W array."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def slices_in(self, around: "Rect") -> tuple[slice, slice]:
        """Index of this box in an array that covers `around`."""
        left, top = around.left, around.top
        return slice(self.top - top, self.bottom - top), slice(self.left - left, self.right - left)

    def union(self, other: "Rect") -> "Rect":
        """The smallest box around both; an empty box adds nothing."""
        if self.empty or other.empty:
            return other if self.empty else self
        return Rect(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def grown(self, margin: int) -> "Rect":
        """The box with `margin` more pixels on every side."""
        return Rect(
            self.left - margin, self.top - margin, self.right + margin, self.bottom + margin
        )

    def clipped(self, bounds: "Rect") -> "Rect":
        """The part inside `bounds`; NOWHERE when they do not meet."""
        part = Rect(
            max(self.left, bounds.left),
            max(self.top, bounds.top),
            min(self.right, bounds.right),
            min(self.bottom, bounds.bottom),
        )
        return NOWHERE if part.empty else part

    def moved(self, dx: int, dy: int) -> "Rect":
        """The box shifted by (dx, dy)."""
        return Rect(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)

    def cells(self, step: int) -> "Rect":
        """The cells of `step` x `step` pixels that the box meets."""
        return Rect(
            self.left // step, self.top // step, -(-self.right // step), -(-self.bottom // step)
        )

    def scaled(self, factor: int) -> "Rect":
        """The pixels of a box of cells of `factor` x `factor` pixels."""
        return Rect(*(side * factor for side in self))

    def minus(self, other: "Rect") -> list["Rect"]:
        """What is left of this box when `other` is cut out: up to four boxes."""
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
