"""Move strokes of one painting to the colours of another, in L*a*b*."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from engine.packs.painting import PackPainting
from resources.materials import rgb_of

EVERY = 4
"""Every fourth row and column is enough for means and deviations."""

NEAR = 20.0
"""Distance in L*a*b* over which the shift of one region counts for another."""

WHOLE = 0.5
"""Weight of the whole paintings' shift beside those of regions, which have 1 or less."""

CONTRAST = (0.6, 1.4)
"""Least and greatest change of contrast."""

TINTED = 0.7
"""Variety of hue that tinted strokes keep."""


@dataclass(frozen=True, eq=False)
class Colours:
    """Colours of a painting in L*a*b*: (3,) of all that may be copied, and (n, 3) by region."""

    mean: np.ndarray
    deviation: np.ndarray
    means: np.ndarray


def colours_of(painting: PackPainting, count: int) -> Colours:
    """Measure the colours of a painting with ``count`` regions.

    A region without a usable pixel counts as the whole painting.
    """
    lab = to_lab(painting.rgb[::EVERY, ::EVERY])
    regions = np.where(painting.avoid, 255, painting.regions)[::EVERY, ::EVERY]
    usable = lab[regions != 255] if (regions != 255).any() else lab.reshape(-1, 3)
    mean = usable.mean(0)
    own = [lab[regions == number] for number in range(count)]
    means = np.stack([pixels.mean(0) if len(pixels) else mean for pixels in own])
    return Colours(mean, usable.std(0), means)


def fitting(
    lender: Colours, region: int, to: Colours, pairs: Iterable[tuple[int, int]]
) -> np.ndarray:
    """Return the colour that a region of one painting would have in another, (3,) L*a*b*.

    ``pairs``: numbers of regions of lender and borrower that show the same thing. Their colours
    differ by shifts; each counts the more the nearer it is to the region, and the shift that gives
    one whole painting mean and deviation of the other counts, too.
    """
    own = lender.means[region]
    whole = (own - lender.mean) * _scale(lender, to, (0.0, np.inf)) + to.mean - own
    total, weights = WHOLE * whole, WHOLE
    for theirs, ours in pairs:
        far = ((lender.means[theirs] - own) ** 2).sum() / NEAR**2
        weight = float(np.exp(-far / 2))
        total = total + weight * (to.means[ours] - lender.means[theirs])
        weights += weight
    return own + total / weights


def moved(rgb: np.ndarray, mean: np.ndarray, to: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Move (H, W, 3) uint8 with this mean to another one, and scale its deviations."""
    lab = (to_lab(rgb) - mean) * scale + to
    back = cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB)
    return np.rint(back.clip(0, 1) * 255).astype(np.uint8)


def contrast(lender: Colours, to: Colours) -> np.ndarray:
    """Return the change of contrast from one painting to another, (3,), within CONTRAST."""
    return _scale(lender, to, CONTRAST)


def _scale(lender: Colours, to: Colours, limits: tuple[float, float]) -> np.ndarray:
    return (to.deviation / np.maximum(lender.deviation, 1)).clip(*limits)


def tint_of(colour: str) -> np.ndarray:
    """Convert #rrggbb to L*a*b*, (3,)."""
    return to_lab(np.array([[rgb_of(colour)]], np.uint8))[0, 0]


def to_lab(rgb: np.ndarray) -> np.ndarray:
    """Convert (H, W, 3) uint8 RGB to float32 L*a*b*."""
    return cv2.cvtColor(np.ascontiguousarray(rgb, np.float32) / 255, cv2.COLOR_RGB2LAB)


def least_change(spread: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the matrix that gives colours of one covariance another one; both (3, 3).

    Of all matrices that map C_s to C_c (Gatys et al. 2016) this is the one that changes colours
    least (Pitie and Kokaram 2007): S^-1 (S C_c S)^1/2 S^-1 with S = C_s^1/2. It does not swap hues.
    """
    root = _root(spread)
    inverse = np.linalg.inv(root)
    return inverse @ _root(root @ wanted @ root) @ inverse


def _root(symmetric: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(symmetric)
    return vectors * np.sqrt(values) @ vectors.T
