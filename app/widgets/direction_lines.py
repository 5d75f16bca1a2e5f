"""Short lines over the canvas that show the directions of the pen."""

import math
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QLineF, QRect
from PySide6.QtGui import QPainter, QPen

from app.document.directions import CELL, ZERO, DirectionMap
from app.document.rect import Rect
from app.widgets.gesture_guides import SHADES
from app.widgets.viewport import Viewport

# Distance of the lines in screen pixels, and the length of one where the pen has full weight.
APART = 24.0
LONGEST = 17.0
# Smaller weights are not shown.
LEAST = 0.08


class DirectionLines:
    """Draws a line about every APART screen pixels, as long as the direction there has weight.

    `read` returns the directions, whose canvas may change between calls.
    """

    def __init__(self, read: Callable[[], DirectionMap]) -> None:
        self._read = read

    def draw(self, painter: QPainter, view: Viewport, part: QRect) -> None:
        """Draw the lines that meet a part of a view, in widget pixels."""
        part = part.adjusted(*(round(side * LONGEST) for side in (-1, -1, 1, 1)))
        edges = part.left(), part.top(), part.right() + 1, part.bottom() + 1
        lines = self.lines(view, view.box_to_canvas(*edges))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for shade, width in SHADES:
            painter.setPen(QPen(shade, width))
            painter.drawLines(lines)
        painter.restore()

    def lines(self, view: Viewport, seen: Rect) -> list[QLineF]:
        """Return the lines in a box of the canvas, in widget coordinates.

        Their places are fixed to the canvas, so they do not move when the view is scrolled.
        """
        directions, step = self._read(), APART / view.scale
        cells = seen.cells(CELL).clipped(directions.bounds)
        if cells.empty or directions.empty_in(cells):
            return []
        xs, ys = (
            (np.arange(math.ceil(start / step), math.ceil(stop / step)) + 0.5) * step
            for start, stop in ((seen.left, seen.right), (seen.top, seen.bottom))
        )
        x, y = (part.ravel() for part in np.meshgrid(xs, ys))
        column = (x // CELL).astype(int) - cells.left
        row = (y // CELL).astype(int) - cells.top
        there = (column >= 0) & (column < cells.width) & (row >= 0) & (row < cells.height)
        x, y = x[there], y[there]
        found = directions.read(cells)[row[there], column[there]].astype(float) - ZERO
        weight, angle = np.hypot(*found.T) / 127, np.arctan2(found[:, 1], found[:, 0]) / 2
        a, b, c, d, _, _ = (part / view.scale for part in view.matrix)
        half = LONGEST / 2 * np.minimum(weight, 1)
        across = half * (a * np.cos(angle) + c * np.sin(angle))
        down = half * (b * np.cos(angle) + d * np.sin(angle))
        return [
            QLineF(u - du, v - dv, u + du, v + dv)
            for (u, v), du, dv, heavy in zip(
                map(view.to_widget, x, y), across, down, weight >= LEAST, strict=True
            )
            if heavy
        ]
