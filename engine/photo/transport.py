"""Move a photo's colours to those of a painting, by sliced optimal transport in L*a*b*."""

import cv2
import numpy as np
from PIL import Image, ImageFilter

ROUNDS = 20
"""Random rotations in which the distributions are matched."""

STEP = 0.5
"""Share of the way to the painting's distribution that one rotation goes."""

SAMPLES = 20_000
"""Pixels of either picture that stand for its colours."""

BIN = 16
"""Side of the RGB cubes in which colours are counted."""

KNOTS = 64
"""Every how many sorted samples the one-dimensional maps have a knot."""

GRID = 33
"""Points along each side of the table that holds the map."""

_SEED = 0  # the same pictures always give the same map


def transported(rgb: np.ndarray, painting: np.ndarray, share: float = 1.0) -> np.ndarray:
    """Give a photo the colour distribution of a painting, both (H, W, 3) uint8.

    ``share`` 0-1: how far colours move. Iterative distribution transfer (Pitie et al. 2007) with
    half steps (sliced optimal transport, Rabin et al. 2011), on samples; it is applied to a table
    of colours, through which the photo is read.
    """
    table = _colour_table(rgb, painting, share)
    return np.asarray(Image.fromarray(rgb).filter(table))


def _colour_table(rgb: np.ndarray, painting: np.ndarray, share: float) -> ImageFilter.Color3DLUT:
    random = np.random.default_rng(_SEED)
    own, wanted = _sample(rgb, random), _sample(painting, random)
    table = start = lab(_grid())
    for _ in range(ROUNDS):
        turn = np.linalg.qr(random.normal(size=(3, 3)))[0].astype(np.float32)
        turned, turned_table, goal = own @ turn, table @ turn, np.sort(wanted @ turn, 0)[::KNOTS]
        knots = np.sort(turned, 0)[::KNOTS]
        for axis in range(3):
            way = STEP * (goal[:, axis] - knots[:, axis])
            for points in (turned, turned_table):
                points[:, axis] += np.interp(points[:, axis], knots[:, axis], way)
        own, table = turned @ turn.T, turned_table @ turn.T
    moved = start + share * (table - start)
    colours = cv2.cvtColor(moved[None].astype(np.float32), cv2.COLOR_LAB2RGB).clip(0, 1)
    return ImageFilter.Color3DLUT(GRID, colours.ravel().tolist())


def _sample(rgb: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return SAMPLES colours of a picture, (SAMPLES, 3) float32 L*a*b*.

    Frequent colours are drawn less often than they occur, by the square root: otherwise a painting
    with a large black background would turn half of every photo black.
    """
    pixels = rgb.reshape(-1, 3)
    some = pixels[random.integers(0, len(pixels), 4 * SAMPLES)]
    bins = some.astype(np.int64) // BIN @ np.array([1 << 16, 1 << 8, 1])
    _, place, counts = np.unique(bins, return_inverse=True, return_counts=True)
    weights = 1 / np.sqrt(counts[place])
    return lab(some[random.choice(len(some), SAMPLES, p=weights / weights.sum())])


def _grid() -> np.ndarray:
    """Return the colours of the table's points, red fastest, (GRID**3, 3) uint8."""
    steps = np.rint(np.linspace(0, 255, GRID)).astype(np.uint8)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    return np.stack([red, green, blue], -1).reshape(-1, 3)


def lab(rgb: np.ndarray) -> np.ndarray:
    """Convert (..., 3) uint8 RGB to float32 L*a*b*."""
    flat = rgb.reshape(1, -1, 3).astype(np.float32) / 255
    return cv2.cvtColor(flat, cv2.COLOR_RGB2LAB).reshape(rgb.shape)
