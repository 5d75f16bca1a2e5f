"""Similar places: for every pixel of a painting, others with similar patches (k-coherence)."""

import cv2
import numpy as np

from engine.neighbours import nearest_neighbours
from engine.strokes.guides import CHANNELS
from engine.strokes.kernels import PATCH, SIMILAR, UNUSABLE

NEIGHBOURS = 12
"""Number of nearest patches from which similar places are chosen."""

APART = 6
"""Least Manhattan distance in pixels to a similar place, where one is available."""

_MEAN = np.ones(PATCH, np.float32)
_SLOPE = np.array([-1, -1, 0, 1, 1], np.float32)
_BEND = np.array([1, 0, -2, 0, 1], np.float32)


def similar_places(packed: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Find the most similar patches of the same region, (H, W, SIMILAR) int32 matches.

    ``packed``: (H, W, channels) uint8; ``places``: (H, W) uint8, regions or UNUSABLE. Searches
    nearest neighbours of the patches' means, slopes and curvatures with a k-d tree. Unusable pixels
    get their own place.
    """
    features = _features(packed)
    found = np.repeat(_own((places.shape[0], places.shape[1]))[..., None], SIMILAR, 2)
    for region in np.unique(places[places != UNUSABLE]):
        y, x = np.nonzero(places == region)
        own = features[y, x]
        nearest = nearest_neighbours(own, own, NEIGHBOURS)
        away = np.abs(y[nearest] - y[:, None]) + np.abs(x[nearest] - x[:, None]) > APART
        order = np.argsort(~away, 1, kind="stable")[:, :SIMILAR]
        chosen = np.take_along_axis(nearest, order, 1)
        chosen = np.pad(chosen, ((0, 0), (0, SIMILAR - chosen.shape[1])), mode="edge")
        found[y, x] = (y[chosen] << 16) | x[chosen]
    return found


def _own(shape: tuple[int, int]) -> np.ndarray:
    """Return every pixel's own place, (H, W) int32."""
    rows, columns = np.arange(shape[0])[:, None], np.arange(shape[1])
    return ((rows << 16) | columns).astype(np.int32)


def _features(packed: np.ndarray) -> np.ndarray:
    """Return the features of all patches, (H, W, 12) float32 integers, so that sums are exact."""
    layers = packed.astype(np.float32)
    grey = layers[..., :3].sum(-1)

    def correlated(across: np.ndarray, down: np.ndarray) -> np.ndarray:
        scale = 1.7 / 3 / np.sqrt((across**2).sum() * (down**2).sum())
        return cv2.sepFilter2D(grey, -1, across, down) * np.float32(scale)

    means = [
        cv2.sepFilter2D(layers[..., number], -1, _MEAN, _MEAN) / PATCH
        for number in (0, 1, 2, *range(CHANNELS - 4, CHANNELS))
    ]
    pairs = (_SLOPE, _MEAN), (_MEAN, _SLOPE), (_SLOPE, _SLOPE), (_BEND, _MEAN), (_MEAN, _BEND)
    shapes = [correlated(*pair) for pair in pairs]
    return np.rint(np.stack([*means, *shapes], -1) / 2)
