"""The outline of the brush that follows the pointer on the canvas."""

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from app.widgets.view_link import ViewLink
from app.widgets.viewport import Viewport

SMALLEST = 6.0
"""Diameter in screen pixels below which the outline would hide what is under it."""


def draw_brush_outline(painter: QPainter, view: Viewport, link: ViewLink, strong: bool) -> None:
    """Draw the brush's circle or square at the pointer; ``strong`` in the view that has it."""
    size = link.brush_size * view.scale
    if link.pointer is None or size < SMALLEST:
        return
    opacity = 255 if strong else 130
    painter.save()
    painter.translate(*view.to_widget(*link.pointer))
    painter.rotate(view.angle)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    # A light line over a wider dark one is visible on every colour.
    for shade, width in (
        (QColor(0, 0, 0, opacity * 5 // 8), 3.0),
        (QColor(255, 255, 255, opacity), 1.2),
    ):
        painter.setPen(QPen(shade, width))
        if link.brush_square:
            painter.drawRect(QRectF(-size / 2, -size / 2, size, size))
        else:
            painter.drawEllipse(QPointF(0, 0), size / 2, size / 2)
    painter.restore()
