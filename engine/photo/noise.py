"""The noise field: a fixed function of (seed, level, channel, canvas position).

One periodic picture with eight channels is computed once per machine and average-pooled to every
level. Painting only looks it up, which costs almost nothing. All levels share the same structure;
independent white noise on each level causes repeated worm-like artefacts.

Brush strokes often follow curves, so the field contains directed streaks. A smooth random potential
defines a flow along its contour lines, and white noise is averaged along that flow (line integral
convolution, Cabral & Leedom 1993), at several scales.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import torch

from engine.photo.noise_store import field_file, keep, kept
from engine.tiles import LEVELS, Window

EDITION = 1
"""Version of the field, part of its cache file's name; increase it when the field changes."""

PERIOD = 2048
"""Canvas pixels after which the field repeats; a multiple of the coarsest cell."""

CHANNELS = 8
"""White noise, three streak sizes, potential, cos and sin of twice the flow's angle, cloud."""

COARSEST = 2 ** (LEVELS - 1)

# (grain in pixels, doublings): streaks are about one grain wide and 2**doublings pixels long.
_STREAKS = ((2.5, 4), (5.0, 5), (10.0, 6))


def fractal(
    seed: int, shortest: float, longest: float, slope: float, stretch: float = 1.0
) -> np.ndarray:
    """Return a periodic PERIOD x PERIOD random field, band limited, with unit variance.

    ``shortest`` and ``longest``: wavelengths in pixels; amplitudes fall as frequency**-``slope``;
    ``stretch`` > 1 stretches the field horizontally. The limits are absolute pixels, so the field
    is the same for every canvas size.
    """
    step = 8 if shortest >= 64 else 1
    size = PERIOD // step
    down, across = torch.fft.fftfreq(size)[:, None], torch.fft.rfftfreq(size)[None] * stretch
    frequency = torch.hypot(down, across) / step
    band = (frequency >= 1 / longest) & (frequency <= 1 / shortest)
    amplitude = torch.where(band, frequency.clamp_min(1 / PERIOD) ** -slope, 0)
    white = torch.randn(size, size, generator=torch.Generator().manual_seed(seed))
    field = torch.fft.irfft2(torch.fft.rfft2(white) * amplitude, s=(size, size))
    return _enlarge((field / field.std()).numpy(), step)


def _enlarge(field: np.ndarray, step: int) -> np.ndarray:
    """Enlarge a periodic field by an integer factor, with cubic interpolation."""
    if step == 1:
        return field
    padded = np.pad(field, 4, mode="wrap")
    large = cv2.resize(padded, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC)
    return large[4 * step : -4 * step, 4 * step : -4 * step]


def flow_along(potential: np.ndarray) -> np.ndarray:
    """Return unit vectors (dx, dy), (PERIOD, PERIOD, 2), along the potential's contour lines."""
    dy = (np.roll(potential, -1, 0) - np.roll(potential, 1, 0)) / 2
    dx = (np.roll(potential, -1, 1) - np.roll(potential, 1, 1)) / 2
    return np.stack([-dy, dx], -1) / np.maximum(np.hypot(dx, dy), 1e-6)[..., None]


def _moved(picture: np.ndarray, shift: np.ndarray, grid: np.ndarray) -> np.ndarray:
    return cv2.remap(picture, grid + shift, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)


def smear(pictures: list[np.ndarray], flow: np.ndarray, doublings: list[int]) -> list[np.ndarray]:
    """Average each picture over 2**doublings pixels along the flow (line integral convolution).

    An average over n steps, averaged with itself shifted by n steps, is an average over 2n.
    """
    columns, rows = np.meshgrid(np.arange(PERIOD), np.arange(PERIOD))
    grid = np.stack([columns, rows], -1).astype(np.float32)
    shift, smeared = flow.astype(np.float32), list(pictures)
    for step in range(max(doublings)):
        for i, wanted in enumerate(doublings):
            if step < wanted:
                smeared[i] = (smeared[i] + _moved(smeared[i], shift, grid)) / 2
        shift = shift + _moved(shift, shift, grid)
    return smeared


def _field() -> np.ndarray:
    """Compute the full-resolution field, (CHANNELS, PERIOD, PERIOD) float32 within about +-3."""
    potential = fractal(1, 110, 640, 2.0, stretch=1.25)
    flow = flow_along(potential)
    grains = [fractal(10 + i, grain, 3 * grain, 0.0) for i, (grain, _) in enumerate(_STREAKS)]
    streaks = smear(grains, flow, [doublings for _, doublings in _STREAKS])
    cos, sin = flow[..., 0] ** 2 - flow[..., 1] ** 2, 2 * flow[..., 0] * flow[..., 1]
    white = torch.randn(PERIOD, PERIOD, generator=torch.Generator().manual_seed(2)).numpy()
    cloud = fractal(3, 12, 512, 1.0)
    return np.stack([white, *streaks, potential, cos, sin, cloud]).astype(np.float32, copy=False)


@cache
def pyramid() -> tuple[torch.Tensor, ...]:
    """Return the field at every level, each (CHANNELS, PERIOD / 2**k, PERIOD / 2**k) float16.

    Reads it from the user's cache folder, or computes and stores it there.
    """
    path = field_file(EDITION)
    shapes = [(CHANNELS, PERIOD >> level, PERIOD >> level) for level in range(LEVELS)]
    levels = kept(path, shapes)
    if levels is None:
        levels = _levels()
        keep(path, levels)
    return levels


def _levels() -> tuple[torch.Tensor, ...]:
    """Compute the field pooled to every level; see ``pyramid``.

    Each channel has unit deviation on each level and is clipped to +-3: the network was not trained
    on larger values and would paint black patches.
    """
    field = torch.from_numpy(_field())
    levels = []
    for level in range(LEVELS):
        if level:
            field = torch.nn.functional.avg_pool2d(field, 2)
        spread = field.std((1, 2), keepdim=True).clamp_min(1e-6)
        levels.append((field / spread).clamp(-3, 3).half())
    return tuple(levels)


@dataclass(frozen=True)
class NoiseSource:
    """Noise of one seed. The same seed gives the same noise at the same canvas position."""

    seed: int

    def offset(self) -> tuple[int, int]:
        """Return the canvas origin's position in the field (row, column), on the coarsest grid."""
        rng = np.random.default_rng(self.seed)
        row, column = rng.integers(0, PERIOD // COARSEST, 2) * COARSEST
        return int(row), int(column)

    def window(self, level: int, left: int, top: int, right: int, bottom: int) -> torch.Tensor:
        """Return the noise of cells [left, right) x [top, bottom), (CHANNELS, h, w) float16."""
        row, column = (offset >> level for offset in self.offset())
        return lookup(level, left + column, top + row, right + column, bottom + row)


def lookup(level: int, left: int, top: int, right: int, bottom: int) -> torch.Tensor:
    """Return cells [left, right) x [top, bottom) of a level, (CHANNELS, h, w) float16."""
    return _wrapped(_wrapped(pyramid()[level], 1, top, bottom), 2, left, right)


def fields_at(level: int, places: np.ndarray, window: Window) -> torch.Tensor:
    """Return a window of a level at several positions of the field, (N, CHANNELS, h, w) float16.

    ``places``: (N, 2) integers, row and column in pixels, multiples of COARSEST.
    """
    left, top, right, bottom = window
    fields = [
        lookup(level, left + x, top + y, right + x, bottom + y)
        for y, x in (places >> level).tolist()
    ]
    return torch.stack(fields)


def _wrapped(field: torch.Tensor, axis: int, start: int, stop: int) -> torch.Tensor:
    """Slice [start, stop) of a periodic axis: a view, unless it crosses the boundary."""
    size = field.shape[axis]
    start, length = start % size, stop - start
    parts = []
    while length > 0:
        part = min(length, size - start)
        parts.append(field.narrow(axis, start, part))
        start, length = 0, length - part
    return parts[0] if len(parts) == 1 else torch.cat(parts, axis)
