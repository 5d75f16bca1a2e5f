"""Blend the directions of the user's pen into the flow.

The layer has one entry per cell of 4 x 4 canvas pixels: cosine and sine of twice the pen's angle
times its weight, signed: 128 is zero and 1.0 is 127. It rules where it lies; around it, its
directions fade over FADE pixels, in which a border's direction stays stronger. Sums are of integers
and exact; everything else is a sequence of correctly rounded operations on single cells.
"""

from typing import NamedTuple

import cv2
import numpy as np

from engine.flow.character import UNIT

ZERO = 128
"""Value of a component that stands for zero."""

FADE = 48
"""Canvas pixels over which the pen's directions fade around it."""

CELL = 4
"""Side of a cell of the layer in canvas pixels."""

REACH = FADE // CELL
"""Cells of the layer around a cell on which the flow there depends."""

# Three box sums of this side reach REACH cells; so many cells count in all.
_SIDE = 2 * (REACH // 3) + 1
_COUNT = float(_SIDE**6)
# The fade begins where the pen covers this share of the surroundings: a little beyond an edge.
_FULL_SHARE = 0.3

_NEAR = np.array([1, 4, 6, 4, 1], np.float32)


class Pull(NamedTuple):
    """Cosine and sine of twice an angle, and its weight 0-1, each (h, w) float32.

    Cosine and sine are those of a unit vector, or 0 where the weight is 0.
    """

    cos: np.ndarray
    sin: np.ndarray
    weight: np.ndarray

    def mix(self, cos: np.ndarray, sin: np.ndarray) -> None:
        """Move a flow, in place, towards this direction."""
        cos += self.weight * (self.cos - cos)
        sin += self.weight * (self.sin - sin)


def pulls(directions: np.ndarray) -> tuple[Pull, Pull] | None:
    """Return the faded direction and the pen's own, over the layer without REACH outer cells.

    ``directions``: (h, w, 2) uint8. Returns None where the pen has left nothing.
    """
    parts = directions.astype(np.float32) - np.float32(ZERO)
    present = (parts[..., 0] != 0) | (parts[..., 1] != 0)
    if not present.any():
        return None
    return _faded(parts, present), _own(parts)


def _own(parts: np.ndarray) -> Pull:
    inner = parts[REACH - 2 : 2 - REACH, REACH - 2 : 2 - REACH]
    sums = cv2.sepFilter2D(inner, cv2.CV_32F, _NEAR, _NEAR)[2:-2, 2:-2]
    cos, sin, length = _unit(sums[..., 0], sums[..., 1])
    return Pull(cos, sin, np.minimum(length / np.float32(256 * UNIT), np.float32(1)))


def _faded(parts: np.ndarray, present: np.ndarray) -> Pull:
    sums: np.ndarray = np.dstack([parts, present]).astype(np.float64)
    for _ in range(3):
        sums = cv2.boxFilter(sums, cv2.CV_64F, (_SIDE, _SIDE), normalize=False)
    x, y, count = np.moveaxis(sums[REACH:-REACH, REACH:-REACH], 2, 0)
    cos, sin, length = _unit(x, y)
    share = np.minimum(count / (_COUNT * _FULL_SHARE), 1)
    weight = np.minimum(length / (np.maximum(count, 1) * UNIT), 1) * share
    return Pull(*(part.astype(np.float32) for part in (cos, sin, weight)))


def _unit(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the unit vectors of integer vectors, 0 for none, and their lengths."""
    length = np.sqrt(x * x + y * y)
    sure = np.maximum(length, np.ones((), x.dtype))
    return x / sure, y / sure, length
