"""Dashed outlines around a part of the canvas."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF, QTransform

from app.document.contour import contours
from app.widgets.viewport import Viewport


class MarchingAnts:
    """Draws the outline of a mask in light dashes over dark lines, visible on every colour.

    `dashes`: Qt dash pattern. `strength`: opacity, 0-1.
    """

    def __init__(self, dashes: Sequence[float], strength: float) -> None:
        self._dashes = list(dashes)
        self._strength = strength
        self._mask: np.ndarray | None = None
        self._step = 1
        self._path: QPainterPath | None = None

    def set_mask(self, mask: np.ndarray | None, step: int = 1) -> None:
        """Set the h x w bool mask to outline; one mask pixel is step x step canvas pixels."""
        self._mask, self._step, self._path = mask, step, None

    def draw(self, painter: QPainter, view: Viewport) -> None:
        """Draw the outline at the canvas's position in a view."""
        if self._mask is None:
            return
        if self._path is None:
            self._path = outline_path(self._mask, self._step)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setTransform(QTransform(*view.matrix), combine=True)
        painter.setPen(self._pen(QColor(0, 0, 0, round(170 * self._strength))))
        painter.drawPath(self._path)
        pen = self._pen(QColor(255, 255, 255, round(240 * self._strength)))
        pen.setDashPattern(self._dashes)
        painter.setPen(pen)
        painter.drawPath(self._path)
        painter.restore()

    def _pen(self, shade: QColor) -> QPen:
        pen = QPen(shade, 1.2, c=Qt.PenCapStyle.FlatCap)
        pen.setCosmetic(True)
        return pen


def outline_path(mask: np.ndarray, step: int = 1) -> QPainterPath:
    """Return the borders of an h x w bool mask and of its holes, in canvas pixels.

    One mask pixel is `step` x `step` canvas pixels.
    """
    path = QPainterPath()
    for loop in contours(mask):
        points = loop * step
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in points.tolist()]))
        path.closeSubpath()
    return path
