"""Find nearest neighbours with OpenCV's k-d tree."""

from typing import Any

import cv2
import numpy as np

_ONE_TREE = 4  # FLANN's id of the single k-d tree, which is deterministic


def nearest_neighbours(known: np.ndarray, wanted: np.ndarray, count: int) -> np.ndarray:
    """Return the rows of ``known`` nearest to each row of ``wanted``, nearest first.

    Both are (rows, features) float32. Returns indices, (len(wanted), up to ``count``). A returned
    neighbour is at most twice as far away as the true one. The result is deterministic.
    """
    tree: Any = cv2.flann.Index(
        np.ascontiguousarray(known), {"algorithm": _ONE_TREE, "leaf_max_size": 10}
    )
    search = {"checks": -1, "eps": 1.0, "sorted": True}
    return tree.knnSearch(np.ascontiguousarray(wanted), min(count, len(known)), params=search)[0]
