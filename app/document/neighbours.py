"""Find materials that lie side by side in a doodle."""

import numpy as np

LEAST = 4
"""Fewest pairs of adjacent pixels that make two materials neighbours."""


def neighbours(labels: np.ndarray) -> dict[int, set[int]]:
    """Return the neighbours of each material of a doodle, H x W uint8 ids, by id."""
    pairs = np.zeros(256 * 256, np.int64)
    for one, other in ((labels[:, 1:], labels[:, :-1]), (labels[1:], labels[:-1])):
        apart = one != other
        codes = one[apart].astype(np.uint16) * np.uint16(256) + other[apart]
        pairs += np.bincount(codes, minlength=len(pairs))
    square = pairs.reshape(256, 256)
    found: dict[int, set[int]] = {}
    for pair in np.argwhere(square + square.T >= LEAST).tolist():
        found.setdefault(pair[0], set()).add(pair[1])
    return found
