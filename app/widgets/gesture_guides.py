"""Thin lines over the canvas that show what a gesture is about to do."""

import math

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.document.rect import NOWHERE, Rect
from app.tools.base import Trace
from app.widgets.viewport import Viewport

# A light line over a wider dark one is visible on every colour.
SHADES = ((QColor(0, 0, 0, 160), 3.0), (QColor(255, 255, 255, 235), 1.3))


class GestureGuides:
    """Draws lines through canvas points. `box` is their bounding box in canvas pixels."""

    def __init__(self) -> None:
        self._lines: Trace = ()
        self.box = NOWHERE

    def set_lines(self, lines: Trace) -> None:
        """Set the lines to draw, each a sequence of canvas points (x, y)."""
        self._lines = lines
        xs = [x for line in lines for x, _ in line]
        ys = [y for line in lines for _, y in line]
        self.box = NOWHERE
        if xs:
            edges = math.floor(min(xs)), math.floor(min(ys)), math.ceil(max(xs)), math.ceil(max(ys))
            self.box = Rect(*edges).grown(1)

    def draw(self, painter: QPainter, view: Viewport) -> None:
        """Draw the lines at the canvas's position in a view."""
        if not self._lines:
            return
        shapes = [
            QPolygonF([QPointF(*view.to_widget(x, y)) for x, y in line]) for line in self._lines
        ]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for shade, width in SHADES:
            painter.setPen(QPen(shade, width, j=Qt.PenJoinStyle.RoundJoin))
            for shape in shapes:
                painter.drawPolyline(shape)
        painter.restore()
