"""Directions of the pen for tests."""

from collections.abc import Callable

import cv2
import numpy as np

from engine.flow.pen import CELL, ZERO


def layer(
    shape: tuple[int, int], angle: Callable[[np.ndarray, np.ndarray], np.ndarray] | float
) -> np.ndarray:
    """Return full directions of a canvas of (rows, columns) pixels, one per cell.

    ``angle``: in radians, or a function of x and y in canvas pixels.
    """
    rows, columns = (-(-side // CELL) for side in shape)
    y, x = (np.mgrid[:rows, :columns] + 0.5) * CELL
    angles = angle(x, y) if callable(angle) else np.full(x.shape, angle)
    return np.rint(np.stack([np.cos(2 * angles), np.sin(2 * angles)], 2) * 127 + ZERO).astype(
        np.uint8
    )


def some_directions(seed: int, rows: int, columns: int) -> np.ndarray:
    """Return (rows, columns, 2) uint8: patches of any direction, a third of them empty."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (rows // 5 + 1, columns // 5 + 1, 2)).astype(np.uint8)
    small[rng.random(small.shape[:2]) < 0.35] = ZERO
    size = small.shape[1] * 5, small.shape[0] * 5
    large = cv2.resize(small, size, interpolation=cv2.INTER_NEAREST)
    return np.ascontiguousarray(large[:rows, :columns])
