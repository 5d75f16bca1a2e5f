"""Move a photo's colours towards those of a painting, in L*a*b*."""

import cv2
import numpy as np
from PIL import Image, ImageFilter

from engine.packs.region_colours import least_change

SAMPLES = 20_000
"""Pixels of either picture that stand for its colours."""

BIN = 16
"""Side of the RGB cubes in which colours are counted."""

GRID = 33
"""Points along each side of the table that holds the map."""

QUANTILES = np.linspace(0, 100, 33)
"""Percentages of the pixels at which the light of both pictures is compared."""

STEEPNESS = 0.5, 1.8
"""Least and most contrast of the new light, relative to the photo's: nothing becomes flat."""

LIGHT = 0.8
"""Share of the way to the painting's distribution of light."""

HUES = 0.5
"""Share of the way to its hues; all of it makes faces green that are seen beside a red hat."""

FAR = 30.0
"""About the most that a* and b* change, in units of L*a*b*."""

_SEED = 0  # the same pictures always give the same map
_LIGHTS = np.linspace(0, 100, 51)
_SMOOTH = 7  # entries of _LIGHTS over which the contrast is averaged
_NOISE = 4.0  # variance added to both pictures' colours, so that a grey one's is not zero


def transported(rgb: np.ndarray, painting: np.ndarray, share: float = 1.0) -> np.ndarray:
    """Move a photo's colours towards those of a painting, both (H, W, 3) uint8.

    ``share`` 0-1: how far, of what is usual. Light gets the painting's distribution, with limited
    contrast. Hues are moved by the linear map between the moments of both pictures (Pitie and
    Kokaram 2007), a part of the way: neighbouring colours, like those of a face, stay neighbours,
    and greys stay nearly grey. The map is applied to a table of colours, through which the photo is
    read.
    """
    return recoloured(rgb, colour_table(rgb, painting, share))


def recoloured(rgb: np.ndarray, table: ImageFilter.Color3DLUT) -> np.ndarray:
    """Return a photo, (H, W, 3) uint8, read through a table of colours."""
    return np.asarray(Image.fromarray(rgb).filter(table))


def colour_table(
    rgb: np.ndarray, painting: np.ndarray, share: float = 1.0
) -> ImageFilter.Color3DLUT:
    """Return the table through which ``transported`` reads a photo; see there."""
    random = np.random.default_rng(_SEED)
    own, wanted = _sample(rgb, random), _sample(painting, random)
    start = lab(_grid())
    moved = start + share * (_moved(start, own, wanted) - start)
    colours = cv2.cvtColor(moved[None].astype(np.float32), cv2.COLOR_LAB2RGB).clip(0, 1)
    return ImageFilter.Color3DLUT(GRID, colours.ravel().tolist())


def _moved(colours: np.ndarray, own: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Move colours as the sample ``own`` must be moved towards ``wanted``; all (N, 3) L*a*b*."""
    lights = _LIGHTS + LIGHT * (_matched_light(own[:, 0], wanted[:, 0]) - _LIGHTS)
    colours, own = colours.copy(), own.copy()
    for each in (colours, own):
        each[:, 0] = np.interp(each[:, 0], _LIGHTS, lights)
    noise = _NOISE * np.eye(3)
    matrix = least_change(np.cov(own.T) + noise, np.cov(wanted.T) + noise)
    change = (colours - own.mean(0)) @ matrix.T + wanted.mean(0) - colours
    way = HUES * change[:, 1:]
    length = np.linalg.norm(way, axis=1, keepdims=True)
    colours[:, 1:] += way * FAR / np.hypot(FAR, length)
    return colours


def _matched_light(own: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return what _LIGHTS become so that light is distributed as ``wanted``, as far as allowed."""
    before, after = (np.percentile(light, QUANTILES) for light in (own, wanted))
    inside = np.interp(_LIGHTS, before, after)
    steps = np.diff(inside) / np.diff(_LIGHTS)
    outside = (_LIGHTS[1:] <= before[0]) | (_LIGHTS[:-1] >= before[-1])
    steps = np.where(outside, 1, steps).clip(*STEEPNESS)
    steps = np.pad(steps, _SMOOTH // 2, mode="edge")
    contrast = np.convolve(steps, np.full(_SMOOTH, 1 / _SMOOTH), "valid")
    found = np.concatenate([[0.0], np.cumsum(contrast * np.diff(_LIGHTS))])
    middle = np.median(own)
    return found + np.interp(middle, _LIGHTS, inside) - np.interp(middle, _LIGHTS, found)


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
