"""Complete a region map: each unassigned pixel gets the region that looks most like it nearby."""

import cv2
import numpy as np

from engine.neighbours import nearest_neighbours
from engine.packs.region_map import UNASSIGNED

NEIGHBOURS = 9
"""Most similar drawn pixels, of which the most frequent region is taken."""

NEARNESS = 0.35
"""What 1/640 of the longer side counts beside one step of L*a*b*."""

FEWEST, SHARE = 4000, 0.05
"""Drawn pixels of a region that are compared with: these, and this share of the rest."""

CALM = 9
"""Side in pixels of the square whose most frequent region an unassigned pixel takes at last."""


def whole_map(painting: np.ndarray, regions: np.ndarray) -> np.ndarray:
    """Fill the gaps of a region map, (H, W) uint8 without UNASSIGNED.

    ``painting``: (H, W, 3) uint8; ``regions``: (H, W) uint8, at least one pixel assigned. A pixel's
    colour, the colour and contrast around it and its place decide, by nearest neighbours among what
    was drawn. The nearest region alone would give the sky between two waves to the waves.
    """
    rows, columns = np.nonzero(regions == UNASSIGNED)
    if len(rows) == 0:
        return regions
    features, count = _features(painting), int(regions[regions != UNASSIGNED].max()) + 1
    known, numbers = _samples(features, regions)
    nearest = nearest_neighbours(known, features[rows, columns], NEIGHBOURS)
    votes = np.stack([(numbers[nearest] == region).sum(1) for region in range(count)], 1)
    filled = regions.copy()
    filled[rows, columns] = votes.argmax(1)
    around = [
        cv2.blur((filled == region).astype(np.float32), (CALM, CALM)) for region in range(count)
    ]
    filled[rows, columns] = np.argmax(around, 0)[rows, columns]
    return filled


def _features(painting: np.ndarray) -> np.ndarray:
    """(H, W, 9) float32: colour, colour around, contrast around, place."""
    height, width = painting.shape[:2]
    lab = cv2.cvtColor(painting, cv2.COLOR_RGB2LAB).astype(np.float32)
    near, around = (cv2.GaussianBlur(lab, (0, 0), sigma) for sigma in (1.0, 4.0))
    square = cv2.GaussianBlur(lab[..., 0] ** 2, (0, 0), 4.0)
    contrast = np.sqrt(np.maximum(square - around[..., 0] ** 2, 0))
    place = np.moveaxis(np.indices((height, width)), 0, -1) * (NEARNESS * 640 / max(height, width))
    return np.concatenate([near, around, contrast[..., None], place], -1).astype(np.float32)


def _samples(features: np.ndarray, regions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Features and region numbers of some drawn pixels of every region."""
    rng, known, numbers = np.random.default_rng(0), [], []
    for region in np.unique(regions[regions != UNASSIGNED]):
        rows, columns = np.nonzero(regions == region)
        chosen = rng.permutation(len(rows))[: FEWEST + int(SHARE * len(rows))]
        known.append(features[rows[chosen], columns[chosen]])
        numbers.append(np.full(len(chosen), region))
    return np.concatenate(known), np.concatenate(numbers)
