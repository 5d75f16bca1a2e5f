"""A small picture shown over the whole canvas for as long as a style is looked at."""

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from app.widgets.viewport import Viewport


class Sketch:
    """Takes h x w x 3 uint8 RGB of the canvas's proportions, of any size."""

    def __init__(self, rgb: np.ndarray) -> None:
        height, width, _ = rgb.shape
        # A copy, for a QImage does not own the memory that it is made from.
        self._image = QImage(
            rgb.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888
        ).copy()

    def draw(self, painter: QPainter, view: Viewport, opacity: float = 1.0) -> None:
        """Draw it where the canvas is."""
        left, top = view.to_widget(0, 0)
        right, bottom = view.to_widget(view.canvas_width, view.canvas_height)
        painter.save()
        painter.setOpacity(opacity)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(left, top, right - left, bottom - top), self._image)
        painter.restore()
