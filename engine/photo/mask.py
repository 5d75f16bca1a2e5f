"""Read a mask for a photo: a doodle that says where to keep, restyle or paint over it."""

from pathlib import Path

import cv2
import numpy as np

from engine.doodle.files import read_doodle
from engine.errors import EngineError
from resources.reading import Reading

OFF = 0.02
"""Largest relative difference between the proportions of a mask and of its photo."""


def read_mask(
    path: Path, photo: Path, shape: tuple[int, int], reading: Reading | None = None
) -> np.ndarray:
    """Read a mask as (H, W) uint8 material ids with PHOTO and KEEP.

    ``photo``: the photo's file; ``shape``: its height and width. A mask of another size is resized,
    by nearest neighbour. Raises EngineError as ``read_doodle`` does, and for a mask of other
    proportions.
    """
    return fitted_mask(read_doodle(path, True, reading), path, photo, shape)


def fitted_mask(labels: np.ndarray, path: Path, photo: Path, shape: tuple[int, int]) -> np.ndarray:
    """Resize a mask, (h, w) uint8, read from ``path``, to a photo; see ``read_mask``."""
    (height, width), (rows, columns) = labels.shape, shape
    if abs(width * rows / height - columns) > max(1.0, OFF * columns):
        raise EngineError(
            f"{path} is {width} x {height} pixels, and {photo} {columns} x {rows}: "
            "a mask must have the photo's proportions."
        )
    if labels.shape == shape:
        return labels
    return cv2.resize(labels, (columns, rows), interpolation=cv2.INTER_NEAREST_EXACT)
