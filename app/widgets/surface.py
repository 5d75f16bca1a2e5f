"""Pictures of the canvas in a form that Qt draws fast, changed in place."""

import cv2
import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from app.document.rect import Rect
from app.widgets.viewport import Viewport

# Half-size copies go down to 1/16: even an 8192-pixel canvas is then drawn from 512 pixels.
MOST_LEVELS = 4
# Below this scale the next smaller copy is drawn, a little enlarged: that is softer than leaving
# out pixels, and edges do not crawl.
SHARPEST = 0.58
# From this magnification on pixels are shown as squares.
SHOW_PIXELS = 3.0


class _Level:
    """One picture: an array and the QImage that looks at the same memory.

    The QImage does not own its memory, so the array must live as long: both live here.
    """

    def __init__(self, width: int, height: int) -> None:
        self.pixels = np.full((height, width, 4), 255, np.uint8)
        self.image = QImage(self.pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)

    @property
    def bounds(self) -> Rect:
        height, width = self.pixels.shape[:2]
        return Rect.of_size(width, height)


class Surface:
    """A canvas picture with half-size copies for a clean look when zoomed out."""

    def __init__(self, width: int, height: int) -> None:
        self._levels = [_Level(width, height)]

    def write(self, rect: Rect, bgrx: np.ndarray) -> None:
        """Put h x w x 4 pixels (blue, green, red, 255) at `rect`."""
        self._levels[0].pixels[rect.slices] = bgrx
        for finer, coarser in zip(self._levels, self._levels[1:], strict=False):
            rect = _halve(finer, coarser, rect)

    def draw(self, painter: QPainter, view: Viewport, ratio: float, opacity: float = 1.0) -> None:
        """Draw all that the painter's clip lets through; `ratio` is device per widget pixel.

        The whole picture is drawn under a transform instead of a part of it to a rectangle: Qt
        rounds rectangles to whole pixels, which would shift repainted parts against the rest.
        """
        level = self._level_for(view.scale * ratio)
        width, height = level.bounds.width, level.bounds.height
        left, top = view.to_widget(0, 0)
        across = view.canvas_width * view.scale / width
        down = view.canvas_height * view.scale / height
        painter.save()
        painter.setOpacity(opacity)
        smooth = view.scale * ratio < SHOW_PIXELS and not _whole(view.scale * ratio)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.translate(left, top)
        painter.scale(across, down)
        painter.drawImage(QRectF(0, 0, width, height), level.image)
        painter.restore()

    def _level_for(self, scale: float) -> _Level:
        wanted = 0
        while scale <= SHARPEST and wanted < MOST_LEVELS:
            scale, wanted = scale * 2, wanted + 1
        while len(self._levels) <= wanted:
            self._add_level()
        return self._levels[wanted]

    def _add_level(self) -> None:
        last = self._levels[-1]
        level = _Level(max(1, last.bounds.width // 2), max(1, last.bounds.height // 2))
        _halve(last, level, last.bounds)
        self._levels.append(level)


def _halve(finer: _Level, coarser: _Level, rect: Rect) -> Rect:
    """Bring `rect` of the finer picture up to date in the coarser one; its box there."""
    bounds = coarser.bounds
    half = Rect(rect.left // 2, rect.top // 2, -(-rect.right // 2), -(-rect.bottom // 2)).clipped(
        bounds
    )
    if not half.empty:
        source = finer.pixels[half.top * 2 : half.bottom * 2, half.left * 2 : half.right * 2]
        size = (half.width, half.height)
        coarser.pixels[half.slices] = cv2.resize(source, size, interpolation=cv2.INTER_AREA)
    return half


def _whole(scale: float) -> bool:
    return scale >= 1 and abs(scale - round(scale)) < 1e-6


def lookup_table(colours: list[tuple[int, int, int]]) -> np.ndarray:
    """256 x 4 table from material id to a surface pixel."""
    table = np.full((256, 4), 255, np.uint8)
    table[: len(colours), :3] = np.array(colours, np.uint8)[:, ::-1]
    return table.view(np.uint32).reshape(256)


def doodle_pixels(labels: np.ndarray, table: np.ndarray) -> np.ndarray:
    """H x W material ids -> H x W x 4 surface pixels."""
    return np.take(table, labels).view(np.uint8).reshape(*labels.shape, 4)


def painting_pixels(rgb: np.ndarray) -> np.ndarray:
    """H x W x 3 RGB -> H x W x 4 surface pixels."""
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2BGRA)
