"""A small picture shown over the whole canvas for as long as a style is looked at."""

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter, QTransform

from app.widgets.viewport import Viewport


class StylePreview:
    """Takes h x w x 3 uint8 RGB of the canvas's proportions, of any size."""

    def __init__(self, rgb: np.ndarray) -> None:
        height, width, _ = rgb.shape
        # A copy, for a QImage does not own the memory that it is made from.
        self._image = QImage(
            rgb.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888
        ).copy()

    def draw(self, painter: QPainter, view: Viewport, opacity: float = 1.0) -> None:
        """Draw it where the canvas is."""
        painter.save()
        painter.setTransform(QTransform(*view.matrix), combine=True)
        painter.setOpacity(opacity)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(0, 0, view.canvas_width, view.canvas_height), self._image)
        painter.restore()
