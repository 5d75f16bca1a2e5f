"""Distances to the border of a mask."""

import cv2
import numpy as np

EXACT = 1500
"""Pixels from which on distances are whole numbers."""


def signed_distance(mask: np.ndarray) -> np.ndarray:
    """Return the distance to the border of a (h, w) bool mask, float32, positive inside it.

    At most the length of the map, and half a pixel for the pixels beside the border.
    """
    most = float(sum(mask.shape))
    inside, outside = (_distance(part).clip(0, most) for part in (mask, ~mask))
    return np.where(mask, inside - 0.5, 0.5 - outside).astype(np.float32)


def _distance(mask: np.ndarray) -> np.ndarray:
    """Return the distance to the nearest pixel outside a mask, (h, w) float64, always the same.

    The last bits of ``cv2.distanceTransform`` depend on where its memory lies. Squares of distances
    are integers, which are found for sure up to EXACT.
    """
    found = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    exact = np.sqrt(np.rint(found.astype(np.float64) ** 2))
    return np.where(found < EXACT, exact, np.rint(found))
