"""The underlay: a picture to trace below the doodle, saved with the document but not painted."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from app.document.rect import Rect
from app.document.resample import resized_picture


@dataclass(frozen=True, eq=False)
class Underlay:
    """A picture and its place on the canvas; immutable, any thread can read it.

    `pixels`: h x w x 3 uint8 RGB, read-only. `left`, `top`, `width`, `height`: its box in canvas
    pixels, which may differ from the picture's size and extend beyond the canvas.
    """

    pixels: np.ndarray
    left: float
    top: float
    width: float
    height: float

    def __post_init__(self) -> None:
        self.pixels.flags.writeable = False

    @classmethod
    def fitted(cls, pixels: np.ndarray, canvas: Rect) -> "Underlay":
        """Create an underlay scaled to fit the canvas, in proportion and centred."""
        height, width = pixels.shape[:2]
        share = min(canvas.width / width, canvas.height / height)
        width, height = width * share, height * share
        left, top = (canvas.width - width) / 2, (canvas.height - height) / 2
        return cls(pixels, left, top, width, height)

    def moved(self, dx: float, dy: float) -> "Underlay":
        """Return the underlay shifted by (dx, dy)."""
        return replace(self, left=self.left + dx, top=self.top + dy)

    def scaled(self, across: float, down: float) -> "Underlay":
        """Scale the underlay with the canvas; resample it if its pixels would not be square."""
        pixels, width, height = self.pixels, self.width * across, self.height * down
        wanted = max(1, round(pixels.shape[1] * height / width))
        if abs(wanted - pixels.shape[0]) > 1:
            pixels = resized_picture(pixels, pixels.shape[1], wanted)
        return Underlay(pixels, self.left * across, self.top * down, width, height)

    def flipped_across(self, canvas: Rect) -> "Underlay":
        """Flip the underlay with this canvas horizontally."""
        left = canvas.width - self.left - self.width
        return replace(self, pixels=_contiguous(self.pixels[:, ::-1]), left=left)

    def flipped_down(self, canvas: Rect) -> "Underlay":
        """Flip the underlay with this canvas vertically."""
        top = canvas.height - self.top - self.height
        return replace(self, pixels=_contiguous(self.pixels[::-1]), top=top)

    def turned_left(self, canvas: Rect) -> "Underlay":
        """Rotate the underlay with this canvas by 90 degrees counter-clockwise."""
        top = canvas.width - self.left - self.width
        pixels = _contiguous(np.rot90(self.pixels))
        return Underlay(pixels, self.top, top, self.height, self.width)

    def turned_right(self, canvas: Rect) -> "Underlay":
        """Rotate the underlay with this canvas by 90 degrees clockwise."""
        left = canvas.height - self.top - self.height
        pixels = _contiguous(np.rot90(self.pixels, -1))
        return Underlay(pixels, left, self.left, self.height, self.width)

    def on_canvas(self, canvas: Rect) -> tuple[Rect, np.ndarray]:
        """Return the part on the canvas: its rectangle, and its pixels in canvas resolution."""
        corners = self.left, self.top, self.left + self.width, self.top + self.height
        seen = Rect(*(round(corner) for corner in corners)).clipped(canvas)
        across = self.pixels.shape[1] / self.width
        down = self.pixels.shape[0] / self.height
        # Maps centres of canvas pixels to centres of picture pixels.
        matrix = np.array([
            [across, 0, (seen.left + 0.5 - self.left) * across - 0.5],
            [0, down, (seen.top + 0.5 - self.top) * down - 0.5],
        ])  # fmt: skip
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (max(1, seen.width), max(1, seen.height))
        pixels = cv2.warpAffine(
            self.pixels, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        return Rect.of_size(*size).moved(seen.left, seen.top), pixels


def _contiguous(pixels: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(pixels)
