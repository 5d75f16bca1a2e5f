"""The painting that strokes are copied from, at larger sizes than they are matched at."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from engine.strokes.guides import ZERO, luminance, painting_directions
from engine.tiles import Window

UNIT = 16
"""Sizes of strokes and paintings are in multiples of 1 / UNIT of the source's."""

SHARP_FROM = 1.2
"""Enlargement above which a picture is sharpened."""

SHARPER = 1.8
"""How much of the fine contrast of an enlarged picture is added to it."""

AXES = 2.0
"""Standard deviation, in pixels of the original, of the blur that smooths directions."""

ALONG = 1.5
"""Pixels of the original before and after each pixel that are averaged along the strokes."""

TAPS = np.linspace(-1, 1, 5)
"""Where they are read, relative to ALONG."""

REACH = 12
"""Pixels of the original around a pixel that sharpening reads."""

STRIP = 256
"""Rows that are sharpened at once."""


@dataclass(frozen=True, eq=False)
class Original:
    """A painting of a source at its full size, and its place in the source.

    ``read``: returns the picture, (H, W, 3) uint8; most sources are never enlarged.
    """

    read: Callable[[], np.ndarray]
    place: Window

    @property
    def rgb(self) -> np.ndarray:
        """The picture. Raises EngineError when it must be read again and cannot."""
        return self.read()


def enlarged_source(
    source: np.ndarray, originals: Sequence[Original], size: int, sharp: bool = False
) -> np.ndarray:
    """Return the picture of a source, (H, W, 3) uint8, at ``size`` / UNIT of its size.

    It is enlarged from the originals, where there are some, so that it has their detail.
    ``sharp``: see ``resized_sharply``; this takes several times as long.
    """
    resize = resized_sharply if sharp else _resized
    if size == UNIT:
        return source
    height, width = (side * size // UNIT for side in source.shape[:2])
    if not originals:
        return resize(source, (width, height))
    large = np.zeros((height, width, 3), np.uint8)
    for original in originals:
        left, top, right, bottom = (edge * size // UNIT for edge in original.place)
        large[top:bottom, left:right] = resize(original.rgb, (right - left, bottom - top))
    return large


def resized_sharply(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize (H, W, 3) uint8 to (width, height), sharp also where that enlarges it.

    An interpolated picture is smoothed along the strokes, which removes the pixels' grid, and
    sharpened. No pixel leaves the range of those around it, so edges become steep without halos.
    """
    ratio = size[0] / rgb.shape[1]
    if ratio <= SHARP_FROM:
        return _resized(rgb, size)
    large = _resized(rgb, size, Image.Resampling.BICUBIC)
    doubled = np.dstack(painting_directions(luminance(rgb), AXES))
    strokes = cv2.resize(doubled, size, interpolation=cv2.INTER_LINEAR)
    beyond = math.ceil(5 * ratio)
    sharp = np.empty_like(large)
    for top in range(0, len(large), STRIP):
        above = min(top, beyond)
        rows = slice(top - above, top + STRIP + beyond)
        smooth = _smoothed(large[rows], strokes[rows], ratio)
        sharp[top : top + STRIP] = _sharpened(smooth, ratio)[above : above + STRIP]
    return sharp


def _resized(
    rgb: np.ndarray, size: tuple[int, int], how: Image.Resampling = Image.Resampling.LANCZOS
) -> np.ndarray:
    return np.asarray(Image.fromarray(rgb).resize(size, how))


def _smoothed(rgb: np.ndarray, strokes: np.ndarray, ratio: float) -> np.ndarray:
    """Average each pixel with those before and after it along the strokes.

    ``strokes``: cos 2a and sin 2a of their direction times its certainty, (h, w, 2) uint8 signed.
    """
    across, down = _half_angle(strokes)
    rows, columns = np.indices(rgb.shape[:2], np.float32)
    total, weights = np.zeros(rgb.shape, np.float32), np.exp(-2 * np.square(TAPS))
    for place, weight in zip(TAPS, weights / weights.sum(), strict=True):
        far = np.float32(place * ALONG * ratio)
        moved = cv2.remap(
            rgb, columns + far * across, rows + far * down, cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        total += np.float32(weight) * moved
    return np.rint(total).astype(np.uint8)


def _half_angle(doubled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return cos a and sin a times the certainty from cos 2a and sin 2a, (h, w, 2) uint8 signed."""
    cos, sin = ((doubled[..., part].astype(np.float32) - ZERO) / ZERO for part in (0, 1))
    certainty = np.hypot(cos, sin)
    across, down = (np.sqrt(certainty * (certainty + part) / 2) for part in (cos, -cos))
    return across, np.copysign(down, sin)


def _sharpened(rgb: np.ndarray, ratio: float) -> np.ndarray:
    """Add fine contrast to a picture that was enlarged ``ratio`` times, (h, w, 3) uint8."""
    around = np.ones((2 * int(ratio / 2) + 1,) * 2, np.uint8)
    soft = cv2.GaussianBlur(rgb, (0, 0), 0.6 * ratio)
    sharp = cv2.addWeighted(rgb, 1 + SHARPER, soft, -SHARPER, 0)
    return np.clip(sharp, cv2.erode(rgb, around), cv2.dilate(rgb, around))
