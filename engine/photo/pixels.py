"""What is done to a photo's pixels around the network: sizes, sharpness, colours.

All of it is whole numbers or one pixel at a time, so that a window comes out as in the whole.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from engine.tiles import Window

MOST_AT_ONCE = 16384
"""Pixels a side that are enlarged at once: OpenCV knows no more than 32,766."""

TAPS = 5
"""Pixels around a window that enlarging it reads: Lanczos' four, and one for rounding."""

_STEPS = 32  # places between two pixels that OpenCV knows
_RED, _GREEN, _BLUE = np.float32(0.299), np.float32(0.587), np.float32(0.114)  # ITU-R BT.601
_FLOOR = 2e-4  # variance of colours 0-1 that even a grey picture is taken to have


def shrunk(rgb: np.ndarray, longest: int) -> np.ndarray:
    """(H, W, 3) uint8 with sides of at most ``longest``."""
    height, width = rgb.shape[:2]
    share = min(1.0, longest / max(height, width))
    return resized(rgb, (max(1, round(width * share)), max(1, round(height * share))))


def resized(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(H, W, 3) uint8 at (width, height), by averaging or with cubic curves."""
    if size == rgb.shape[1::-1]:
        return rgb
    smaller = size[0] < rgb.shape[1]
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)


@dataclass(frozen=True)
class Enlarging:
    """From a picture of size ``work`` to one of size ``full``, both (width, height), by windows."""

    work: tuple[int, int]
    full: tuple[int, int]

    def needed(self, rect: Window) -> Window:
        """The pixels of the former that a window of the latter is made from."""
        across, down = (small / large for small, large in zip(self.work, self.full, strict=True))
        touched = Window(
            int(rect.left * across), int(rect.top * down),
            int(rect.right * across) + 1, int(rect.bottom * down) + 1,
        )  # fmt: skip
        return touched.grown(TAPS).clipped(Window(0, 0, *self.work))

    def window(self, part: np.ndarray, needed: Window, rect: Window) -> np.ndarray:
        """(h, w, 3) uint8 of ``rect``, from the pixels of ``needed``: Lanczos, or linear to shrink.

        OpenCV weighs pixels of 8 bits with whole numbers: the same ones whatever the window.
        """
        if max(*part.shape[:2], rect.width, rect.height) > MOST_AT_ONCE:
            return self._in_pieces(part, needed, rect)
        columns = self._places(0, rect.left, rect.right) - needed.left
        rows = self._places(1, rect.top, rect.bottom) - needed.top
        kind = cv2.INTER_LANCZOS4 if self.work[0] < self.full[0] else cv2.INTER_LINEAR
        maps = np.meshgrid(columns.astype(np.float32), rows.astype(np.float32))
        return cv2.remap(part, *maps, kind, borderMode=cv2.BORDER_REPLICATE)

    def _in_pieces(self, part: np.ndarray, needed: Window, rect: Window) -> np.ndarray:
        """The same in halves of the longer side."""
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
    """``large``, with a share 0-1 of what the photo ``own`` has beyond ``blurred``; uint8."""
    detail = own.astype(np.float32) - blurred
    return np.rint(large + np.float32(share) * detail).clip(0, 255).astype(np.uint8)


def luminance(rgb: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8 -> (h, w) float32, 0-255 (Y of ITU-R BT.601)."""
    return rgb[..., 0] * _RED + rgb[..., 1] * _GREEN + rgb[..., 2] * _BLUE


def with_light_of(painted: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """The photo's colours in the painting's light, uint8: luminance only (Gatys et al. 2016).

    As there, the painting's luminance has got the photo's mean and deviation before, by
    ``matching_light``: without, a bright style bleaches faces.
    """
    change = luminance(painted) - luminance(photo)
    return np.rint(photo + change[..., None]).clip(0, 255).astype(np.uint8)


@dataclass(frozen=True)
class Colours:
    """x -> ``matrix`` x + ``offset`` for RGB 0-255: (3, 3) and (3,) float32."""

    matrix: np.ndarray
    offset: np.ndarray

    def applied(self, rgb: np.ndarray) -> np.ndarray:
        """(h, w, 3) uint8 -> uint8."""
        moved = np.broadcast_to(self.offset, rgb.shape).copy()
        for channel in range(3):
            moved += rgb[..., channel, None] * self.matrix[:, channel]
        return np.rint(moved).clip(0, 255).astype(np.uint8)


def matching(painted: np.ndarray, photo: np.ndarray) -> Colours:
    """What gives the painting's colours the photo's mean and covariance; (h, w, 3) uint8 each.

    Of all matrices with C_s -> C_c that Gatys et al. 2016 may choose from, the one that moves
    colours least (Pitie and Kokaram 2007): S^-1 (S C_c S)^1/2 S^-1 with S = C_s^1/2. Hues that
    were apart are not swapped.
    """
    (mean, spread), (wanted_mean, wanted) = _moments(painted), _moments(photo)
    root = _root(spread)
    inverse = np.linalg.inv(root)
    matrix = inverse @ _root(root @ wanted @ root) @ inverse
    offset = 255 * (wanted_mean - matrix @ mean)
    return Colours(matrix.astype(np.float32), offset.astype(np.float32))


def matching_light(painted: np.ndarray, photo: np.ndarray) -> Colours:
    """What gives the painting's luminance the photo's mean and deviation; (h, w, 3) uint8 each."""
    light, wanted = (luminance(rgb) for rgb in (painted, photo))
    floor = 255 * _FLOOR**0.5
    gain = (float(wanted.std()) + floor) / (float(light.std()) + floor)
    offset = float(wanted.mean()) - gain * float(light.mean())
    return Colours(gain * np.eye(3, dtype=np.float32), np.full(3, offset, np.float32))


def _moments(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (3,) and covariance (3, 3) of colours 0-1."""
    colours = rgb.reshape(-1, 3) / 255
    centred = colours - colours.mean(0)
    return colours.mean(0), centred.T @ centred / len(colours) + _FLOOR * np.eye(3)


def _root(symmetric: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(symmetric)
    return vectors * np.sqrt(values) @ vectors.T
