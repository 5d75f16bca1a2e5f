"""The pen pressure curve: maps pen pressure to brush pressure, through points set by the user."""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

Point = tuple[float, float]

MOST_POINTS = 8
# Least horizontal distance between two points; closer ones could not be distinguished.
CLOSEST = 0.02
_STEPS = 1024


@dataclass(frozen=True)
class PenCurve:
    """A pressure curve.

    `points`: (pen pressure, brush pressure), 0-1 each; the first pen pressure is 0, the last is 1,
    and brush pressure never decreases. Between the points, the curve is the monotone cubic of
    Fritsch and Carlson (1980), so it never decreases either.
    """

    points: tuple[Point, ...] = ((0.0, 0.0), (1.0, 1.0))

    @classmethod
    def from_text(cls, text: str) -> "PenCurve":
        """Parse the format of `text`; return STRAIGHT if it is invalid."""
        try:
            pairs = [tuple(float(part) for part in pair.split()) for pair in text.split(",")]
            points = tuple((x, y) for x, y in pairs)
        except ValueError:
            return STRAIGHT
        return cls(points) if _is_valid(points) else STRAIGHT

    @property
    def text(self) -> str:
        """The curve as text for the settings: "x y, x y, ..."."""
        return ", ".join(f"{x:g} {y:g}" for x, y in self.points)

    def felt(self, pressed: float) -> float:
        """Return the brush pressure, 0-1, for a pen pressure, which is clipped to 0-1."""
        position = min(1.0, max(0.0, pressed)) * _STEPS
        step = min(int(position), _STEPS - 1)
        low, high = self._table[step], self._table[step + 1]
        return low + (high - low) * (position - step)

    def moved(self, at: int, x: float, y: float) -> "PenCurve":
        """Return the curve with point `at` moved to (x, y), limited by its neighbours."""
        points, last = self.points, len(self.points) - 1
        left = points[at - 1] if at > 0 else (-CLOSEST, 0.0)
        right = points[at + 1] if at < last else (1 + CLOSEST, 1.0)
        x = min(max(x, left[0] + CLOSEST), right[0] - CLOSEST) if 0 < at < last else points[at][0]
        point = round(x, 3), round(min(max(y, left[1]), right[1]), 3)
        return PenCurve((*points[:at], point, *points[at + 1 :]))

    def added(self, x: float) -> tuple["PenCurve", int]:
        """Return the curve with a new point at `x`, and its index; unchanged without space."""
        at = bisect_right([point[0] for point in self.points], x)
        free = all(abs(x - point[0]) >= CLOSEST for point in self.points)
        if not free or len(self.points) >= MOST_POINTS or not 0 < x < 1:
            return self, max(0, min(at, len(self.points) - 1))
        point = (round(x, 3), round(self.felt(x), 3))
        return PenCurve((*self.points[:at], point, *self.points[at:])), at

    def without(self, at: int) -> "PenCurve":
        """Return the curve without point `at`; the end points cannot be removed."""
        if not 0 < at < len(self.points) - 1:
            return self
        return PenCurve((*self.points[:at], *self.points[at + 1 :]))

    @cached_property
    def _table(self) -> list[float]:
        x, y = (np.array(side) for side in zip(*self.points, strict=True))
        at = np.arange(_STEPS + 1) / _STEPS
        part = np.clip(np.searchsorted(x, at, "right") - 1, 0, len(x) - 2)
        width, slope = np.diff(x)[part], _slopes(x, y)
        share = (at - x[part]) / width
        low, high = y[part], y[part + 1]
        rise, fall = slope[part] * width, slope[part + 1] * width
        square, cube = share**2, share**3
        felt = (
            low * (2 * cube - 3 * square + 1) + rise * (cube - 2 * square + share)
            + high * (3 * square - 2 * cube) + fall * (cube - square)
        )  # fmt: skip
        return np.clip(felt, 0.0, 1.0).tolist()


STRAIGHT = PenCurve()
"""The identity: brush pressure equals pen pressure."""


def _is_valid(points: tuple[Point, ...]) -> bool:
    steps = list(pairwise(points))
    return (
        2 <= len(points) <= MOST_POINTS
        and points[0][0] == 0
        and points[-1][0] == 1
        and all(0 <= y <= 1 for _, y in points)
        and all(b[0] - a[0] >= CLOSEST * 0.99 and b[1] >= a[1] for a, b in steps)
    )


def _slopes(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the slope at each point that keeps the cubic monotone (Fritsch and Carlson)."""
    secants = np.diff(y) / np.diff(x)
    slopes = np.concatenate([secants[:1], (secants[:-1] + secants[1:]) / 2, secants[-1:]])
    for place, secant in enumerate(secants):
        if secant == 0:
            slopes[place] = slopes[place + 1] = 0
            continue
        length = np.hypot(slopes[place], slopes[place + 1]) / secant
        if length > 3:
            slopes[place : place + 2] *= 3 / length
    return slopes
