"""From pointer samples to brush stamps: stabiliser, smooth curve, even spacing, pressure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

# At full smoothing the brush trails this many canvas pixels behind the pointer.
LONGEST_TRAIL = 80.0
# The share of the brush size that the lightest touch of a pen leaves.
LIGHTEST_TOUCH = 0.12


@dataclass(frozen=True, slots=True)
class PointerSample:
    """Where the pointer was: canvas pixels, pressure 0-1 (a mouse has 1), seconds."""

    x: float
    y: float
    pressure: float = 1.0
    time: float = 0.0
    eraser: bool = False


class Stamp(NamedTuple):
    """One round touch of the brush, in canvas pixels."""

    x: float
    y: float
    radius: float


class _Point(NamedTuple):
    x: float
    y: float
    pressure: float

    def towards(self, other: "_Point", share: float) -> "_Point":
        return _Point(*(a + share * (b - a) for a, b in zip(self, other, strict=True)))

    def distance(self, other: "_Point") -> float:
        return math.hypot(other.x - self.x, other.y - self.y)


class StrokePath:
    """Turns one drag into stamps.

    The stabiliser works over distance, not time, so that the same drawn line gives the same stroke
    at 60 and at 1,000 events a second. The stabilised points are control points of quadratic
    curves from middle to middle: no corners between samples, at the price of half a sample of lag,
    which `finish` makes up for.
    """

    def __init__(self, size: float, smoothing: float = 0.0, use_pressure: bool = True) -> None:
        self._radius = max(0.5, size / 2)
        self._trail = LONGEST_TRAIL * smoothing**2
        self._use_pressure = use_pressure
        self._raw: _Point | None = None
        self._point = _Point(0, 0, 0)
        self._middle = self._point
        self._brush = self._point
        self._stamped = self._point
        self._to_next = 0.0

    def add(self, sample: PointerSample) -> list[Stamp]:
        """The stamps that this sample adds; the first one touches down at once."""
        raw = _Point(sample.x, sample.y, sample.pressure)
        if self._raw is None:
            return [self._touch_down(raw)]
        point = self._stabilised(raw)
        middle = self._point.towards(point, 0.5)
        stamps = list(self._along(self._middle, self._point, middle))
        self._raw, self._point, self._middle = raw, point, middle
        return stamps

    def finish(self) -> list[Stamp]:
        """The stamps up to where the pointer was lifted."""
        if self._raw is None or self._raw == self._stamped:
            return []
        return [*self._along(self._middle, self._point, self._raw), self._stamp(self._raw)]

    def _touch_down(self, raw: _Point) -> Stamp:
        self._raw = self._point = self._middle = self._brush = self._stamped = raw
        self._to_next = self._spacing(raw)
        return self._stamp(raw)

    def _stabilised(self, raw: _Point) -> _Point:
        assert self._raw is not None
        if self._trail <= 0:
            return raw
        return self._point.towards(raw, 1 - math.exp(-self._raw.distance(raw) / self._trail))

    def _along(self, start: _Point, control: _Point, end: _Point) -> Iterator[Stamp]:
        """Stamps on the quadratic curve, walked in short straight pieces."""
        length = start.distance(control) + control.distance(end)
        pieces = max(1, min(64, math.ceil(length / 4)))
        for piece in range(1, pieces + 1):
            share = piece / pieces
            corner = start.towards(control, share)
            yield from self._walk(corner.towards(control.towards(end, share), share))

    def _walk(self, goal: _Point) -> Iterator[Stamp]:
        """Stamps on the way from the brush to `goal`, `_spacing` apart."""
        left = self._brush.distance(goal)
        while left >= self._to_next:
            self._brush = self._brush.towards(goal, self._to_next / left)
            left -= self._to_next
            self._to_next = self._spacing(self._brush)
            self._stamped = self._brush
            yield self._stamp(self._brush)
        self._brush = goal
        self._to_next -= left

    def _spacing(self, point: _Point) -> float:
        # The tool paints the way between stamps as well, so this only limits how straight the
        # pieces of a curve are and how far the paint is behind the pointer.
        return min(16.0, max(2.0, self._stamp(point).radius / 4))

    def _stamp(self, point: _Point) -> Stamp:
        if not self._use_pressure:
            return Stamp(point.x, point.y, self._radius)
        touch = LIGHTEST_TOUCH + (1 - LIGHTEST_TOUCH) * min(1.0, max(0.0, point.pressure))
        return Stamp(point.x, point.y, max(0.5, self._radius * touch))
