"""The preview of a style: a small picture that is scaled to the whole canvas."""

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter, QTransform

from app.widgets.viewport import Viewport


class StylePreview:
    """Draws h x w x 3 uint8 RGB, which has the canvas's proportions and any size."""

    def __init__(self, rgb: np.ndarray) -> None:
        height, width, _ = rgb.shape
        # Copy, because a QImage does not own the memory that it is created from.
        self._image = QImage(
            rgb.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888
        ).copy()

    def draw(self, painter: QPainter, view: Viewport, opacity: float = 1.0) -> None:
        """Draw the picture at the canvas's position in a view."""
        painter.save()
        painter.setTransform(QTransform(*view.matrix), combine=True)
        painter.setOpacity(opacity)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(0, 0, view.canvas_width, view.canvas_height), self._image)
        painter.restore()
