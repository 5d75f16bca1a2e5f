"""Convert pointer samples to brush stamps: stabilisers, smooth curves, spacing, pressure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Flag, auto
from typing import NamedTuple

# Lag behind the pointer, or length of the rope, at full smoothing. In screen pixels, because tremor
# does not depend on the zoom.
LONGEST_TRAIL = 80.0
LONGEST_ROPE = 120.0
# Brush size at zero pressure, as a share of the full size.
LIGHTEST_TOUCH = 0.12


class Keys(Flag):
    """The modifier keys held during a pointer event."""

    NONE = 0
    SHIFT = auto()
    ALT = auto()
    CONTROL = auto()


@dataclass(frozen=True, slots=True)
class PointerSample:
    """One pointer event.

    `x`, `y`: position in canvas pixels; `pressure`: 0-1, 1 for a mouse; `time`: in seconds;
    `eraser`: whether it is a pen's eraser end; `keys`: modifier keys held; `grain`: canvas pixels
    per screen pixel.
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
        """Position (x, y) in canvas pixels."""
        return self.x, self.y


class Stamp(NamedTuple):
    """Position and radius of one dab of the brush, in canvas pixels."""

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
    """Converts one drag to stamps.

    `size`: brush diameter in canvas pixels; `smoothing`: 0-1; `use_pressure`: whether pressure
    changes the size; `gamma`: exponent of the pressure, above 1 for thinner light strokes;
    `spacing`: distance between two stamps as a share of the size, where 0 places them close enough
    for a stroke without gaps; `rope`: the brush moves only when the pointer pulls the rope taut,
    and `finish` does not move it to the pointer.

    The stabiliser works over distance, not time, so that a line gives the same stroke at 60 and at
    1,000 events per second. Stabilised points are control points of quadratic curves between their
    midpoints. This avoids corners, but lags by half a sample until `finish`.
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
        # With exponent 0 every pressure becomes 1.
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
        """Line from the brush to the pointer; None without a rope."""
        if not self._on_rope or self._raw is None:
            return None
        return (self._point.x, self._point.y), (self._raw.x, self._raw.y)

    def add(self, sample: PointerSample) -> list[Stamp]:
        """Add a sample and return its new stamps; the first sample gives exactly one."""
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
        """Return the last stamps: up to the last sample, or with a rope up to the brush."""
        end = self._point if self._on_rope else self._raw
        if end is None or end == self._stamped:
            return []
        rest = list(self._along(self._middle, self._point, end))
        # With spacing, an extra dab at the end would be closer than the others.
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
        """Yield stamps along a quadratic curve, approximated by short line segments."""
        length = start.distance(control) + control.distance(end)
        pieces = max(1, min(64, math.ceil(length / 4)))
        for piece in range(1, pieces + 1):
            share = piece / pieces
            corner = start.towards(control, share)
            yield from self._walk(corner.towards(control.towards(end, share), share))

    def _walk(self, goal: _Point) -> Iterator[Stamp]:
        """Move the brush to `goal` and yield stamps, `_spacing` apart."""
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
        # The tool also paints between stamps. So this only limits the length of straight segments
        # in a curve and the lag of the paint behind the pointer.
        radius = self._stamp(point).radius
        return min(max(16.0, radius / 16), max(2.0, radius / 4))

    def _stamp(self, point: _Point) -> Stamp:
        felt = min(1.0, max(0.0, point.pressure)) ** self._gamma
        touch = LIGHTEST_TOUCH + (1 - LIGHTEST_TOUCH) * felt
        return Stamp(point.x, point.y, max(0.5, self._radius * touch))
