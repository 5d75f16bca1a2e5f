"""Resize, sharpen and recolour a photo's pixels before and after the network.

All of it uses integers or works on single pixels, so that a window equals that part of the whole.
Colours are 0-255 in uint8, or 0-65535 in uint16 where a photo of 16 bits shows through.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from engine.packs.region_colours import least_change
from engine.tiles import Window
from resources.colour_depth import as_floats, rounded

MOST_AT_ONCE = 16384
"""Largest side in pixels that is enlarged at once: OpenCV's limit is 32,766."""

TAPS = 5
"""Pixels around a window that enlarging reads: four for Lanczos, one for rounding."""

_STEPS = 32  # OpenCV's subpixel positions between two pixels
_RED, _GREEN, _BLUE = np.float32(0.299), np.float32(0.587), np.float32(0.114)  # ITU-R BT.601
_AT_ONCE = 1 << 18  # pixels whose moments are summed at once, with 24 bytes each
_FLOOR = 2e-4  # variance added to colours 0-1, so that a plain picture's is not zero


def shrunk(rgb: np.ndarray, longest: int) -> np.ndarray:
    """Return (H, W, 3) uint8 reduced until no side is longer than ``longest``."""
    height, width = rgb.shape[:2]
    share = min(1.0, longest / max(height, width))
    return resized(rgb, (max(1, round(width * share)), max(1, round(height * share))))


def resized(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize (H, W, 3) uint8 to (width, height): area average to shrink, cubic to enlarge."""
    if size == rgb.shape[1::-1]:
        return rgb
    smaller = size[0] < rgb.shape[1]
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)


@dataclass(frozen=True)
class Enlarging:
    """Enlarges windows from a picture of size ``work`` to size ``full``, both (width, height)."""

    work: tuple[int, int]
    full: tuple[int, int]

    def needed(self, rect: Window) -> Window:
        """Return the pixels of the small picture from which a window of the large one is made."""
        across, down = (small / large for small, large in zip(self.work, self.full, strict=True))
        touched = Window(
            int(rect.left * across), int(rect.top * down),
            int(rect.right * across) + 1, int(rect.bottom * down) + 1,
        )  # fmt: skip
        return touched.grown(TAPS).clipped(Window(0, 0, *self.work))

    def window(self, part: np.ndarray, needed: Window, rect: Window) -> np.ndarray:
        """Return (h, w, 3) uint8 of ``rect`` from ``needed``: Lanczos, or linear to shrink.

        ``part``: the pixels of ``needed``. OpenCV uses integer weights for 8-bit pixels, which are
        the same for every window.
        """
        if max(*part.shape[:2], rect.width, rect.height) > MOST_AT_ONCE:
            return self._in_pieces(part, needed, rect)
        columns = self._places(0, rect.left, rect.right) - needed.left
        rows = self._places(1, rect.top, rect.bottom) - needed.top
        kind = cv2.INTER_LANCZOS4 if self.work[0] < self.full[0] else cv2.INTER_LINEAR
        maps = np.meshgrid(columns.astype(np.float32), rows.astype(np.float32))
        return cv2.remap(part, *maps, kind, borderMode=cv2.BORDER_REPLICATE)

    def _in_pieces(self, part: np.ndarray, needed: Window, rect: Window) -> np.ndarray:
        """Do the same in two halves of the longer side."""
        axis = 1 if rect.width >= rect.height else 0
        left, top, right, bottom = rect.left, rect.top, rect.right, rect.bottom
        across, down = (left + right) // 2, (top + bottom) // 2
        halves = (
            (Window(left, top, across, bottom), Window(across, top, right, bottom))
            if axis
            else (Window(left, top, right, down), Window(left, down, right, bottom))
        )
        pieces = []
        for half in halves:
            own = self.needed(half)
            rows = slice(own.top - needed.top, own.bottom - needed.top)
            columns = slice(own.left - needed.left, own.right - needed.left)
            pieces.append(self.window(part[rows, columns], own, half))
        return np.concatenate(pieces, axis)

    def _places(self, axis: int, start: int, stop: int) -> np.ndarray:
        places = (np.arange(start, stop) + 0.5) * (self.work[axis] / self.full[axis]) - 0.5
        return np.rint(places * _STEPS) / _STEPS


def sharpened(large: np.ndarray, own: np.ndarray, blurred: np.ndarray, share: float) -> np.ndarray:
    """Add a ``share``, 0-1, of the detail ``own`` - ``blurred`` to ``large``, uint8.

    ``own``: the photo; ``blurred``: the photo without its fine detail, uint8. Returns the type of
    ``own``.
    """
    detail = as_floats(own) - blurred
    return rounded(large + np.float32(share) * detail, own.dtype)


def luminance(rgb: np.ndarray) -> np.ndarray:
    """Convert (h, w, 3) colours, 0-255, to luminance, (h, w) float32 (Y of ITU-R BT.601)."""
    return rgb[..., 0] * _RED + rgb[..., 1] * _GREEN + rgb[..., 2] * _BLUE


def with_light_of(painted: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """Return the photo's colours with the painting's luminance (Gatys et al. 2016).

    Returns the type of ``photo``.

    As in the paper, ``matching_light`` has already given the painting the photo's mean and
    deviation of luminance: otherwise a bright style makes faces too pale.
    """
    own = as_floats(photo)
    change = luminance(as_floats(painted)) - luminance(own)
    return rounded(own + change[..., None], photo.dtype)


@dataclass(frozen=True)
class Colours:
    """The transform x -> ``matrix`` x + ``offset`` for RGB 0-255: (3, 3) and (3,) float32."""

    matrix: np.ndarray
    offset: np.ndarray

    def applied(self, rgb: np.ndarray, kind: np.dtype | type = np.uint8) -> np.ndarray:
        """Transform (h, w, 3) uint8; returns ``kind``, uint8 or uint16."""
        moved = np.broadcast_to(self.offset, rgb.shape).copy()
        for channel in range(3):
            moved += rgb[..., channel, None] * self.matrix[:, channel]
        return rounded(moved, kind)


def matching(painted: np.ndarray, photo: np.ndarray) -> Colours:
    """Return the transform that gives a painting the photo's colour mean and covariance.

    Both are (h, w, 3) uint8.
    """
    (mean, spread), (wanted_mean, wanted) = _moments(painted), _moments(photo)
    matrix = least_change(spread, wanted)
    offset = 255 * (wanted_mean - matrix @ mean)
    return Colours(matrix.astype(np.float32), offset.astype(np.float32))


def matching_light(painted: np.ndarray, photo: np.ndarray) -> Colours:
    """Return the transform that gives a painting the photo's luminance mean and deviation.

    Both are (h, w, 3) uint8.
    """
    light, wanted = (luminance(rgb) for rgb in (painted, photo))
    floor = 255 * _FLOOR**0.5
    gain = (float(wanted.std()) + floor) / (float(light.std()) + floor)
    offset = float(wanted.mean()) - gain * float(light.mean())
    return Colours(gain * np.eye(3, dtype=np.float32), np.full(3, offset, np.float32))


def _moments(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean, (3,), and covariance, (3, 3), of colours 0-1."""
    total, squares, colours = np.zeros(3), np.zeros((3, 3)), rgb.reshape(-1, 3)
    for start in range(0, len(colours), _AT_ONCE):
        part = colours[start : start + _AT_ONCE] / 255
        total += part.sum(0)
        squares += part.T @ part
    mean = total / len(colours)
    return mean, squares / len(colours) - np.outer(mean, mean) + _FLOOR * np.eye(3)
