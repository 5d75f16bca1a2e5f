"""A doodle over a photo from a file: what is kept, restyled or painted over; see over_photo."""

from pathlib import Path

import cv2
import numpy as np

from engine.errors import EngineError
from engine.image import read_doodle

OFF = 0.02
"""How far a mask's proportions may be from the photo's, whose size it need not have."""


def read_mask(path: Path, photo: Path, shape: tuple[int, int]) -> np.ndarray:
    """(H, W) uint8 material ids, PHOTO and KEEP, for the file ``photo`` of ``shape`` H, W.

    A mask of another size is enlarged or shrunk, each pixel taking its nearest. Raises EngineError
    as ``read_doodle`` does, and for a mask of other proportions.
    """
    labels = read_doodle(path, over_photo=True)
    (height, width), (rows, columns) = labels.shape, shape
    if abs(width * rows / height - columns) > max(1.0, OFF * columns):
        raise EngineError(
            f"{path} is {width} x {height} pixels, and {photo} {columns} x {rows}: "
            "a mask must have the photo's proportions."
        )
    if labels.shape == shape:
        return labels
    return cv2.resize(labels, (columns, rows), interpolation=cv2.INTER_NEAREST_EXACT)
