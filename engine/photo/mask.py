"""A doodle over a photo from a file: what is kept, restyled or painted over; see over_photo."""

from pathlib import Path

import cv2
import numpy as np

from engine.doodle.files import read_doodle
from engine.errors import EngineError
from resources.reading import Reading

OFF = 0.02
"""How far a mask's proportions may be from the photo's, whose size it need not have."""


def read_mask(
    path: Path, photo: Path, shape: tuple[int, int], reading: Reading | None = None
) -> np.ndarray:
    """(H, W) uint8 material ids, PHOTO and KEEP, for the file ``photo`` of ``shape`` H, W.

    A mask of another size is enlarged or shrunk, each pixel taking its nearest. Raises EngineError
    as ``read_doodle`` does, and for a mask of other proportions.
    """
    return fitted_mask(read_doodle(path, True, reading), path, photo, shape)


def fitted_mask(labels: np.ndarray, path: Path, photo: Path, shape: tuple[int, int]) -> np.ndarray:
    """Make a mask (h, w) uint8, read from ``path``, fit a photo; as ``read_mask``."""
    (height, width), (rows, columns) = labels.shape, shape
    if abs(width * rows / height - columns) > max(1.0, OFF * columns):
        raise EngineError(
            f"{path} is {width} x {height} pixels, and {photo} {columns} x {rows}: "
            "a mask must have the photo's proportions."
        )
    if labels.shape == shape:
        return labels
    return cv2.resize(labels, (columns, rows), interpolation=cv2.INTER_NEAREST_EXACT)
