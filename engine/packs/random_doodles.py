"""Random doodles for training that resemble what users draw.

There are four kinds: diamond-square heights clustered by k-means and median-filtered (as in
online-neural-doodle), quantiles of fractal noise with uneven shares, warped Voronoi cells, and
landscapes with horizons. Strokes, discs and thin lines are then drawn over all of them, so that
every region occurs large, small and thin.
"""

from collections.abc import Callable

import cv2
import numpy as np

Rng = np.random.Generator

HELD_OUT = 10**6
"""Seed of the doodles that are not used in training."""

THICK = 15
"""Side in pixels of the squares that do not fit into thin shapes; odd, so that they are centred."""


def diamond_square(rng: Rng, size: int, roughness: float = 0.35) -> np.ndarray:
    """Return random heights, (size, size) float32 (Fournier, Fussell & Carpenter 1982).

    ``roughness`` sets by how much the random displacement shrinks per halving: 0.5**roughness.
    """
    heights: np.ndarray = rng.uniform(-1, 1, (3, 3)).astype(np.float32)
    amount = 1.0
    while len(heights) < size:
        amount *= 0.5**roughness
        wide = 2 * len(heights) - 1
        heights = cv2.resize(heights, (wide, wide), interpolation=cv2.INTER_LINEAR)
        heights += amount * rng.uniform(-1, 1, heights.shape).astype(np.float32)
    return np.ascontiguousarray(heights[:size, :size])


def fractal_heights(rng: Rng, size: int, slope: float) -> np.ndarray:
    """Return random heights with a spectrum of frequency**-slope, (size, size) float32."""
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None])
    spectrum = np.fft.rfft2(rng.standard_normal((size, size)))
    spectrum *= np.maximum(frequency, 1 / size) ** -slope
    return np.fft.irfft2(spectrum, s=(size, size)).astype(np.float32)


def clustered_doodle(rng: Rng, size: int, regions: int) -> np.ndarray:
    """Return diamond-square heights clustered by k-means, then median-filtered."""
    heights = diamond_square(rng, 200)
    sample = rng.choice(heights.ravel(), 2000).reshape(-1, 1)
    stop = (cv2.TERM_CRITERIA_MAX_ITER, 12, 0.0)
    cv2.setRNGSeed(int(rng.integers(2**31)))
    _, _, centres = cv2.kmeans(sample, regions, None, stop, 1, cv2.KMEANS_RANDOM_CENTERS)
    nearest = np.searchsorted(_midpoints(np.sort(centres.ravel())), heights).astype(np.uint8)
    doodle = cv2.medianBlur(rng.permutation(regions).astype(np.uint8)[nearest], 11)
    return cv2.resize(doodle, (size, size), interpolation=cv2.INTER_NEAREST)


def _midpoints(centres: np.ndarray) -> np.ndarray:
    return (centres[1:] + centres[:-1]) / 2


def quantile_doodle(rng: Rng, size: int, regions: int) -> np.ndarray:
    """Return level sets of fractal noise, with uneven shares per region."""
    heights = fractal_heights(rng, size, rng.uniform(1.9, 2.8))
    shares = np.cumsum(rng.dirichlet(np.full(regions, 1.2)))[:-1]
    levels = np.searchsorted(np.quantile(heights, shares), heights).astype(np.uint8)
    return cv2.medianBlur(rng.permutation(regions).astype(np.uint8)[levels], 7)


def voronoi_doodle(rng: Rng, size: int, regions: int) -> np.ndarray:
    """Return Voronoi cells with borders distorted by fractal noise."""
    cells = int(rng.integers(3, 14))
    points = rng.uniform(0, size, (cells, 2))
    bend = 0.06 * size * rng.uniform(0.2, 1)
    ys, xs = np.mgrid[:size, :size].astype(np.float32)
    ys += bend * _unit(fractal_heights(rng, size, 2.0))
    xs += bend * _unit(fractal_heights(rng, size, 2.0))
    distance = [(ys - y) ** 2 + (xs - x) ** 2 for y, x in points]
    return rng.integers(0, regions, cells).astype(np.uint8)[np.argmin(distance, 0)]


def _unit(heights: np.ndarray) -> np.ndarray:
    return (heights - heights.mean()) / max(float(heights.std()), 1e-6)


def landscape_doodle(rng: Rng, size: int, regions: int) -> np.ndarray:
    """Return bands under wavy horizons, as in a landscape."""
    doodle = np.full((size, size), rng.integers(regions), np.uint8)
    ys = np.arange(size)[:, None]
    for base in np.sort(rng.uniform(0.15, 0.95, rng.integers(1, 5))):
        line = fractal_heights(rng, size, 2.2)[0]
        horizon = size * (base + rng.uniform(0.01, 0.08) * _unit(line))
        doodle[ys > horizon[None]] = rng.integers(regions)
    return doodle


KINDS: tuple[tuple[Callable[[Rng, int, int], np.ndarray], float], ...] = (
    (clustered_doodle, 0.15),
    (quantile_doodle, 0.25),
    (voronoi_doodle, 0.25),
    (landscape_doodle, 0.35),
)
"""Every kind with its share of the doodles."""


def dab(rng: Rng, doodle: np.ndarray, regions: int) -> None:
    """Draw a few strokes, discs and spires of random regions over a doodle, in place."""
    size = len(doodle)
    for _ in range(rng.integers(0, 9)):
        colour = int(rng.integers(regions))
        kind = rng.random()
        if kind < 0.45:
            centre = rng.integers(0, size, 2).tolist()
            cv2.circle(doodle, centre, int(size * 10 ** rng.uniform(-2.1, -0.8)), colour, -1)
        elif kind < 0.8:
            _stroke(rng, doodle, colour)
        else:
            _spire(rng, doodle, colour)
    for _ in range(rng.integers(0, 5)):
        _hatching(rng, doodle, regions)


def _hatching(rng: Rng, doodle: np.ndarray, regions: int) -> None:
    """Draw thin parallel lines of random regions, like masts, fences, branches or rain."""
    size = len(doodle)
    turn, gap = rng.uniform(0, np.pi), int(rng.integers(14, 60))
    along = np.array([np.cos(turn), np.sin(turn)])
    start, length = rng.uniform(0, size, 2), rng.uniform(0.1, 0.5) * size
    for number in range(rng.integers(2, 9)):
        first = start + number * gap * along[::-1] * (1, -1)
        ends = np.stack([first, first + length * along]).astype(np.int32)
        width = int(rng.integers(5, 13))
        cv2.polylines(doodle, [ends], False, int(rng.integers(regions)), width)


def _stroke(rng: Rng, doodle: np.ndarray, colour: int) -> None:
    size = len(doodle)
    steps = np.cumsum(rng.normal(0, 0.07 * size, (rng.integers(2, 7), 2)), 0)
    points = (rng.uniform(0, size, 2) + steps).astype(np.int32)
    width = int(rng.integers(4, max(6, size // 12)))
    cv2.polylines(doodle, [points], False, colour, width)


def _spire(rng: Rng, doodle: np.ndarray, colour: int) -> None:
    size = len(doodle)
    x, y = rng.uniform(0, size, 2)
    wide, tall = rng.uniform(0.02, 0.12) * size, rng.uniform(0.1, 0.6) * size
    tip = (x + rng.normal(0, 0.03) * size, y - tall)
    corners = np.array([(x - wide, y), tip, (x + wide, y)], np.int32)
    cv2.fillPoly(doodle, [corners], colour)


def random_doodle(rng: Rng, size: int, regions: int) -> np.ndarray:
    """Return one random doodle, (size, size) uint8 region numbers below ``regions``."""
    kind, _ = KINDS[rng.choice(len(KINDS), p=[share for _, share in KINDS])]
    doodle = np.ascontiguousarray(kind(rng, size, regions))
    dab(rng, doodle, regions)
    return doodle


def doodle_bank(seed: int, count: int, size: int, regions: int) -> np.ndarray:
    """Return ``count`` random doodles, (count, size, size) uint8; reproducible."""
    return np.stack(
        [random_doodle(np.random.default_rng([seed, i]), size, regions) for i in range(count)]
    )


def random_crops(rng: Rng, bank: np.ndarray, count: int, size: int) -> np.ndarray:
    """Return (count, size, size) crops of a bank's doodles, rotated and mirrored at random."""
    largest = bank.shape[1] - size
    crops = []
    for _ in range(count):
        top, left = rng.integers(0, largest + 1, 2)
        crop = bank[rng.integers(len(bank)), top : top + size, left : left + size]
        crop = np.rot90(crop, rng.integers(4))
        crops.append(crop[:, ::-1] if rng.random() < 0.5 else crop)
    return np.stack(crops)


def thin_shapes(doodles: np.ndarray) -> np.ndarray:
    """Return the pixels that no square of THICK pixels of one region covers, (N, H, W) bool."""
    square = np.ones((THICK, THICK), np.uint8)
    thin = np.ones(doodles.shape, bool)
    for number, doodle in enumerate(doodles):
        flat = cv2.erode(doodle, square) == cv2.dilate(doodle, square)
        thin[number] = cv2.dilate(flat.astype(np.uint8), square) == 0
    return thin
