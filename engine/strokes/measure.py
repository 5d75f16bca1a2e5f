"""Measure how often places of a painting are copied, to detect visible repetition."""

import cv2
import numpy as np

from engine.strokes.synthesis import StrokePainting

SMALL = 0.02
"""Regions with a smaller share of the canvas are not measured."""


def reuse(painting: StrokePainting) -> dict[int, tuple[float, float]]:
    """Return how often used places are copied, by region of more than SMALL of the canvas.

    The first number is the mean number of target pixels that copy a used place (5 x 5 mean). The
    second is the fair share: the region's area in the target divided by its area in the source.
    """
    source, regions = painting.source.levels[0], painting.target.regions
    found = {}
    for region in np.flatnonzero(np.bincount(regions.ravel()) > SMALL * regions.size):
        matches = painting.field[regions == region]
        counts = np.zeros(source.places.shape, np.float32)
        np.add.at(counts, (matches >> 16, matches & 0xFFFF), 1)
        around = cv2.blur(counts, (5, 5), borderType=cv2.BORDER_CONSTANT)
        fair = len(matches) / max(1, int(source.areas[region]))
        found[int(region)] = float(around[counts > 0].mean()), fair
    return found
