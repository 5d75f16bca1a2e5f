"""Compute and store the periodic base of the flow field: grains, potential, base flows.

Everything is computed in float64 by numpy and then rounded coarsely, so that the last bits, in
which machines differ, do not matter. What is computed from the base is exact.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from engine.array_store import cache_file, keep, kept
from engine.flow.character import UNIT
from engine.tiles import LEVELS, Window

EDITION = 2
"""Version of the base, part of its cache file's name; increase it when the base changes."""

PERIOD = 2048
"""Canvas pixels after which the base repeats; a multiple of the coarsest cell."""

COARSEST = 2 ** (LEVELS - 1)

DEVIATION = 32
"""Integer that stands for one standard deviation of grains, white noise and cloud."""

# Shortest and longest wavelength of each base flow in canvas pixels; ``character.BAND_TURNS`` has
# the turns of these bands.
_BANDS = ((44, 256), (110, 640), (275, 1600))
_NEUTRAL_BAND = 1
_STRETCH = 1.25
_GRAIN = (2.5, 7.5)
_CLOUD = (12, 512)

# Shortest and longest wavelength in canvas pixels and slope of each noise that moves borders.
_EDGES = ((7, 64, 0.8), (14, 120, 1.0), (22, 200, 1.2))

SHAPES = {
    "white": (PERIOD, PERIOD),
    "cloud": (PERIOD // 2, PERIOD // 2),
    "potential": (PERIOD // 4, PERIOD // 4),
    "grain-0": (PERIOD, PERIOD),
    "grain-1": (PERIOD // 2, PERIOD // 2),
    "grain-2": (PERIOD // 4, PERIOD // 4),
    "flows": (len(_BANDS), 2, PERIOD // 4, PERIOD // 4),
    "edges": (len(_EDGES), PERIOD // 2, PERIOD // 2),
}
"""Shapes of the stored int8 arrays by name."""

STATIC = (("white", 0), ("potential", 2), ("cloud", 1))
"""Channels that do not depend on the direction, each with the level of its own resolution."""


@dataclass(frozen=True)
class Base:
    """The periodic arrays, int8.

    ``grains[k]``: (PERIOD >> k, PERIOD >> k), band-passed noise of 2.5 to 7.5 cells of level k.
    ``flows``: (bands, 2, PERIOD / 4, PERIOD / 4), cosine and sine of twice the angle of each base
    flow at level 2, UNIT = 1. ``edges``: (3, PERIOD / 2, PERIOD / 2), noise of fine, medium and
    long waves at level 1, DEVIATION = 1, which moves borders. ``pooled[name][k]``: averages of a
    static channel at level k from its own level on, DEVIATION = 1; int8 at its own level, then
    float32.
    """

    grains: tuple[np.ndarray, ...]
    flows: np.ndarray
    edges: np.ndarray
    pooled: dict[str, dict[int, np.ndarray]]


@cache
def base() -> Base:
    """Return the base, read from the user's cache folder, or computed and stored there."""
    path = cache_file(f"flow-{EDITION}")
    arrays = kept(path, {name: (shape, np.int8) for name, shape in SHAPES.items()})
    if arrays is None:
        arrays = make_arrays()
        keep(path, arrays)
    pooled = {name: _pooled(arrays[name], level) for name, level in STATIC}
    grains = tuple(arrays[f"grain-{k}"] for k in range(3))
    return Base(grains, arrays["flows"], arrays["edges"], pooled)


def seed_offset(seed: int) -> tuple[int, int]:
    """Return the canvas origin of a seed in the base (row, column), in pixels.

    Both are multiples of COARSEST, 0 to PERIOD - COARSEST.
    """
    rng = np.random.default_rng(seed)
    row, column = rng.integers(0, PERIOD // COARSEST, 2) * COARSEST
    return int(row), int(column)


def cut(array: np.ndarray, cells: Window) -> np.ndarray:
    """Return the part of a periodic array, (..., h, w), inside a window of its own cells."""
    return _along(_along(array, -2, cells.top, cells.bottom), -1, cells.left, cells.right)


def _along(array: np.ndarray, axis: int, start: int, stop: int) -> np.ndarray:
    """Slice a periodic axis: a view, unless the slice crosses the boundary."""
    size = array.shape[axis]
    first = start % size
    if first + stop - start > size:
        return array.take(np.arange(start, stop) % size, axis)
    place = slice(first, first + stop - start)
    return array[..., place] if axis == -1 else array[..., place, :]


def make_arrays() -> dict[str, np.ndarray]:
    """Compute the arrays of SHAPES, int8."""
    potentials = [
        fractal(20 + number, PERIOD // 4, shortest / 4, longest / 4, 2.0, _STRETCH)
        for number, (shortest, longest) in enumerate(_BANDS)
    ]
    arrays = {f"grain-{k}": _small(fractal(10 + k, PERIOD >> k, *_GRAIN, 0.0)) for k in range(3)}
    white = np.random.default_rng(2).standard_normal((PERIOD, PERIOD))
    arrays["white"] = _small(white)
    arrays["cloud"] = _small(fractal(3, PERIOD // 2, _CLOUD[0] / 2, _CLOUD[1] / 2, 1.0))
    arrays["potential"] = _small(potentials[_NEUTRAL_BAND])
    arrays["flows"] = np.stack([_doubled_angle(potential) for potential in potentials])
    arrays["edges"] = np.stack(
        [
            _small(fractal(30 + number, PERIOD // 2, shortest / 2, longest / 2, slope))
            for number, (shortest, longest, slope) in enumerate(_EDGES)
        ]
    )
    return arrays


def fractal(
    seed: int, size: int, shortest: float, longest: float, slope: float, stretch: float = 1.0
) -> np.ndarray:
    """Return a periodic (size, size) random field, float64, mean 0, unit deviation.

    ``shortest`` and ``longest``: wavelengths in cells; amplitudes fall as frequency**-``slope``;
    ``stretch`` > 1 stretches it horizontally. ``engine.photo.noise.fractal`` does the same in
    torch's float32, because the photo network's pictures depend on its last bits.
    """
    down, across = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None] * stretch
    frequency = np.sqrt(down * down + across * across)
    band = (frequency >= 1 / longest) & (frequency <= 1 / shortest)
    amplitude = np.where(band, np.maximum(frequency, 1 / (4 * PERIOD)) ** -slope, 0)
    white = np.random.default_rng(seed).standard_normal((size, size))
    field = np.fft.irfft2(np.fft.rfft2(white) * amplitude, s=(size, size))
    return field / field.std()


def _small(field: np.ndarray) -> np.ndarray:
    """Round a field of unit deviation to int8, DEVIATION = 1."""
    return np.clip(np.rint(field * DEVIATION), -127, 127).astype(np.int8)


def _doubled_angle(potential: np.ndarray) -> np.ndarray:
    """Return cosine and sine of twice the angle of the contour lines, (2, h, w) int8, UNIT = 1."""
    down = np.roll(potential, -1, 0) - np.roll(potential, 1, 0)
    across = np.roll(potential, -1, 1) - np.roll(potential, 1, 1)
    square = np.maximum(down * down + across * across, 1e-12)
    doubled = np.stack([down * down - across * across, -2 * down * across]) / square
    return np.rint(doubled * UNIT).astype(np.int8)


def halved(numbers: np.ndarray) -> np.ndarray:
    """Average (2h, 2w) float32 integers over 2 x 2 cells, exactly."""
    size = (numbers.shape[1] // 2, numbers.shape[0] // 2)
    return cv2.resize(numbers, size, interpolation=cv2.INTER_AREA)


def _pooled(array: np.ndarray, own: int) -> dict[int, np.ndarray]:
    """Average an int8 array over 2 x 2 cells for each coarser level; those are float32."""
    levels = {own: array}
    for level in range(own + 1, LEVELS):
        levels[level] = halved(levels[level - 1].astype(np.float32))
    return levels
