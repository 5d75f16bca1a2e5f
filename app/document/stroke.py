"""From pointer samples to brush stamps: stabilisers, smooth curve, even spacing, pressure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Flag, auto
from typing import NamedTuple

# At full smoothing the brush trails this far behind the pointer, or hangs on a rope as long: pixels
# of the screen, for a hand shakes as much over a small picture as over a large one.
LONGEST_TRAIL = 80.0
LONGEST_ROPE = 120.0
# The share of the brush size that the lightest touch of a pen leaves.
LIGHTEST_TOUCH = 0.12


class Keys(Flag):
    """The keys held while the pointer acts."""

    NONE = 0
    SHIFT = auto()
    ALT = auto()
    CONTROL = auto()


@dataclass(frozen=True, slots=True)
class PointerSample:
    """Where the pointer was: canvas pixels, pressure 0-1 (a mouse has 1), seconds.

    `grain` is how many canvas pixels one pixel of the screen covers.
    """

    x: float
    y: float
    pressure: float = 1.0
    time: float = 0.0
    eraser: bool = False
    keys: Keys = Keys.NONE
    grain: float = 1.0

    @property
    def point(self) -> tuple[float, float]:
        """Where on the canvas."""
        return self.x, self.y


class Stamp(NamedTuple):
    """One touch of the brush, in canvas pixels."""

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

    `gamma` bends the pen's pressure: above 1 a light touch is lighter. `spacing` is the way between
    two stamps as a share of the size; at 0 they are as close as a stroke without gaps needs. On a
    `rope` the brush stands still until the pointer pulls it, and stays where it is in the end.

    The stabiliser works over distance, not time, so that the same drawn line gives the same stroke
    at 60 and at 1,000 events a second. The stabilised points are control points of quadratic
    curves from middle to middle: no corners between samples, at the price of half a sample of lag,
    which `finish` makes up for.
    """

    def __init__(
        self,
        size: float,
        smoothing: float = 0.0,
        use_pressure: bool = True,
        gamma: float = 1.0,
        spacing: float = 0.0,
        rope: bool = False,
    ) -> None:
        self._radius = max(0.5, size / 2)
        self._smoothing = smoothing
        # Every pressure to the power of 0 is 1.
        self._gamma = gamma if use_pressure else 0.0
        self._dab_spacing = spacing
        self._on_rope = rope and smoothing > 0
        self._trail = self._rope = 0.0
        self._raw: _Point | None = None
        self._point = _Point(0, 0, 0)
        self._middle = self._point
        self._brush = self._point
        self._stamped = self._point
        self._to_next = 0.0

    @property
    def rope(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """From the brush to the pointer that pulls it; None without a rope."""
        if not self._on_rope or self._raw is None:
            return None
        return (self._point.x, self._point.y), (self._raw.x, self._raw.y)

    def add(self, sample: PointerSample) -> list[Stamp]:
        """The stamps that this sample adds; the first one touches down at once."""
        raw = _Point(sample.x, sample.y, sample.pressure)
        if self._raw is None:
            self._trail = LONGEST_TRAIL * self._smoothing**2 * sample.grain
            self._rope = LONGEST_ROPE * self._smoothing * sample.grain
            return [self._touch_down(raw)]
        point = self._stabilised(raw)
        middle = self._point.towards(point, 0.5)
        stamps = list(self._along(self._middle, self._point, middle))
        self._raw, self._point, self._middle = raw, point, middle
        return stamps

    def finish(self) -> list[Stamp]:
        """The stamps up to where the pointer was lifted, or to the end of the rope."""
        end = self._point if self._on_rope else self._raw
        if end is None or end == self._stamped:
            return []
        rest = list(self._along(self._middle, self._point, end))
        # One more dab at the end would break the rhythm of spaced ones.
        return rest if self._dab_spacing else [*rest, self._stamp(end)]

    def _touch_down(self, raw: _Point) -> Stamp:
        self._raw = self._point = self._middle = self._brush = self._stamped = raw
        self._to_next = self._spacing(raw)
        return self._stamp(raw)

    def _stabilised(self, raw: _Point) -> _Point:
        assert self._raw is not None
        if self._on_rope:
            taut = self._point.distance(raw)
            return self._point.towards(raw, max(0.0, 1 - self._rope / max(taut, 1e-9)))
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
        if self._dab_spacing:
            return max(1.0, 2 * self._stamp(point).radius * self._dab_spacing)
        # The tool paints the way between stamps as well, so this only limits how straight the
        # pieces of a curve are and how far the paint is behind the pointer.
        return min(16.0, max(2.0, self._stamp(point).radius / 4))

    def _stamp(self, point: _Point) -> Stamp:
        felt = min(1.0, max(0.0, point.pressure)) ** self._gamma
        touch = LIGHTEST_TOUCH + (1 - LIGHTEST_TOUCH) * felt
        return Stamp(point.x, point.y, max(0.5, self._radius * touch))
