"""Measure the flow character of a painting's regions from its structure tensor."""

from typing import NamedTuple

import cv2
import numpy as np

from engine.flow.character import NEUTRAL, RegionFlow

UNASSIGNED = 255
"""Number of pixels that belong to no region."""

BLUR = 6.0
"""Standard deviation in pixels over which directions are averaged: about a brush stroke."""

FEWEST = 400
"""Pixels that a region needs to be measured; smaller ones are NEUTRAL."""

# Coherence of grains without direction, and of a painting with clearly directed strokes. The first
# is that of the field at strength 0, see tests/engine/flow.
_NONE, _FULL = 0.2, 0.5

# Length of the mean doubled angle in the neutral field: what chance alone gives a region.
_CHANCE = 0.2

_AWAY = 8  # pixels near a border that are ignored: the border itself is not a stroke
_SHIFTS = (8, 12, 16, 24, 32, 48, 64, 96, 128, 192)
_TURN = 6.2  # turn of the field / shift at which the correlation of its directions is halved


class _Tensor(NamedTuple):
    """Twice the strokes' angle as (cos, sin) times the directed energy, and the total energy."""

    cos: np.ndarray
    sin: np.ndarray
    energy: np.ndarray


def measure_character(rgb: np.ndarray, regions: np.ndarray, count: int) -> tuple[RegionFlow, ...]:
    """Measure the flow of the regions 0 to ``count`` - 1 of a painting.

    ``rgb``: (H, W, 3) uint8 at canvas resolution; ``regions``: (H, W) uint8 region numbers,
    UNASSIGNED for none. Strength comes from the coherence, direction and bias from the mean of the
    doubled angle, turn from the distance over which directions lose their correlation. Regions with
    too few pixels or without structure are NEUTRAL. Raises ValueError for arrays of different
    sizes.
    """
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.shape[:2] != regions.shape:
        raise ValueError(f"a painting of {rgb.shape} does not fit a region map of {regions.shape}")
    tensor, inner = structure(rgb), _away_from_borders(regions)
    return tuple(_measured(tensor, regions == number, inner) for number in range(count))


def structure(rgb: np.ndarray) -> _Tensor:
    """Return the structure tensor of an (H, W, 3) uint8 picture, each (H, W) float32."""
    grey = cv2.GaussianBlur(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1)
    across, down = cv2.Scharr(grey, cv2.CV_32F, 1, 0), cv2.Scharr(grey, cv2.CV_32F, 0, 1)
    xx, yy, xy = (
        cv2.GaussianBlur(part, (0, 0), BLUR) for part in (across**2, down**2, across * down)
    )
    return _Tensor(yy - xx, -2 * xy, xx + yy)


def _away_from_borders(regions: np.ndarray) -> np.ndarray:
    same = cv2.morphologyEx(regions, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) == 0
    return cv2.distanceTransform(same.view(np.uint8), cv2.DIST_L2, 5) > _AWAY


def _measured(tensor: _Tensor, region: np.ndarray, inner: np.ndarray) -> RegionFlow:
    pixels = region & inner
    if pixels.sum() < FEWEST:
        pixels = region
    energy = float(tensor.energy[pixels].sum())
    length = np.hypot(tensor.cos, tensor.sin)
    agreeing = float(length[pixels].sum())
    if pixels.sum() < FEWEST or agreeing < 1e-3 * pixels.sum():
        return NEUTRAL
    cos, sin = (float(part[pixels].sum()) / agreeing for part in (tensor.cos, tensor.sin))
    return RegionFlow(
        strength=round(float(np.clip((agreeing / energy - _NONE) / (_FULL - _NONE), 0, 1)), 2),
        direction=float(round(np.degrees(np.arctan2(sin, cos)) / 2)),
        bias=round(_bias(np.hypot(cos, sin)), 2),
        turn=float(_turn(tensor, pixels, cos * cos + sin * sin)),
    )


def _bias(share: float) -> float:
    """Return the bias of a field whose mean doubled angle has the length ``share``, 0 to 1."""
    share = max(0.0, share - _CHANCE) / (1 - _CHANCE)
    bias = np.linspace(0, 1, 101)[:, None]
    free = np.exp(2j * np.pi * (np.arange(360) + 0.5) / 360)
    mixed = bias + (1 - bias) * free
    lengths = (mixed.real / np.maximum(np.abs(mixed), 1e-9)).mean(1)
    return float(np.interp(share, lengths, bias[:, 0]))


def _turn(tensor: _Tensor, pixels: np.ndarray, settled: float) -> int:
    """Return the distance in pixels over which the direction turns, 16 to 2048.

    ``settled``: the constant part of the correlation, the squared length of the mean. Returns the
    neutral turn if the region is too small or too uniform to measure.
    """
    weight = np.where(pixels, np.hypot(tensor.cos, tensor.sin) / (tensor.energy + 1e-6), 0)
    unit = (tensor.cos + 1j * tensor.sin) / (np.hypot(tensor.cos, tensor.sin) + 1e-6) * weight
    kept = [_kept(unit, weight, shift) for shift in _SHIFTS]
    known = [share for share in kept if share is not None]
    first = known[0] - settled if known else 0.0
    if first < 0.05 or len(known) < 3:
        return round(NEUTRAL.turn)
    shares = [(share - settled) / first for share in known]
    below = next((i for i, share in enumerate(shares) if share < 0.5), None)
    if below is None:
        return min(2048, round(_TURN * _SHIFTS[len(known) - 1]))
    upper, lower = shares[below - 1], shares[below]
    part = (upper - 0.5) / (upper - lower)
    shift = _SHIFTS[below - 1] + part * (_SHIFTS[below] - _SHIFTS[below - 1])
    return int(np.clip(round(_TURN * shift), 16, 2048))


def _kept(unit: np.ndarray, weight: np.ndarray, shift: int) -> float | None:
    """Return how well directions agree over ``shift`` pixels, -1 to 1; None for too few pairs."""
    met = [
        ((unit[:, shift:] * unit[:, :-shift].conj()).real, weight[:, shift:] * weight[:, :-shift]),
        ((unit[shift:] * unit[:-shift].conj()).real, weight[shift:] * weight[:-shift]),
    ]
    pairs = sum(int(np.count_nonzero(both)) for _, both in met)
    if pairs < FEWEST:
        return None
    return float(sum(agree.sum() for agree, _ in met) / sum(both.sum() for _, both in met))
