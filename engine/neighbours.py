"""Find nearest neighbours with OpenCV's k-d tree."""

from typing import Any

import cv2
import numpy as np

_ONE_TREE = 4  # FLANN's number of the single k-d tree, which has no random choices


def nearest_neighbours(known: np.ndarray, wanted: np.ndarray, count: int) -> np.ndarray:
    """Find the rows of ``known`` nearest to each of ``wanted``, (N, up to count), nearest first.

    Both: (rows, features) float32. A found distance is at most twice the true one. The same rows
    give the same answer every time.
    """
    tree: Any = cv2.flann.Index(
        np.ascontiguousarray(known), {"algorithm": _ONE_TREE, "leaf_max_size": 10}
    )
    search = {"checks": -1, "eps": 1.0, "sorted": True}
    return tree.knnSearch(np.ascontiguousarray(wanted), min(count, len(known)), params=search)[0]
