"""Short lines over the canvas that show which way strokes run."""

import math
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QLineF, QRect
from PySide6.QtGui import QColor, QPainter, QPen

from app.document.directions import CELL, ZERO, DirectionMap
from app.document.rect import Rect
from app.widgets.gesture_guides import SHADES
from app.widgets.viewport import Viewport

# Distance of the lines in screen pixels, and the length of one where the direction has full weight.
APART = 24.0
LONGEST = 17.0
# Smaller weights are not shown.
LEAST = 0.08
# Lines where the pen has left nothing.
FAINT_SHADES = ((QColor(0, 0, 0, 70), 2.4), (QColor(255, 255, 255, 120), 1.0))


class DirectionLines:
    """Draws a line about every APART screen pixels, as long as the direction there has weight.

    Bright lines show the directions of the pen, faint ones elsewhere the flow of the strokes, where
    it is known. `read` returns the directions, whose canvas may change between calls.
    """

    def __init__(self, read: Callable[[], DirectionMap]) -> None:
        self._read = read
        self.flow: np.ndarray | None = None
        """The flow of the strokes, h x w x 2 coded as directions, over the whole canvas."""

    def draw(self, painter: QPainter, view: Viewport, part: QRect) -> None:
        """Draw the lines that meet a part of a view, in widget pixels."""
        part = part.adjusted(*(round(side * LONGEST) for side in (-1, -1, 1, 1)))
        edges = part.left(), part.top(), part.right() + 1, part.bottom() + 1
        faint, bright = self.lines(view, view.box_to_canvas(*edges))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for lines, shades in ((faint, FAINT_SHADES), (bright, SHADES)):
            for shade, width in shades:
                painter.setPen(QPen(shade, width))
                painter.drawLines(lines)
        painter.restore()

    def lines(self, view: Viewport, seen: Rect) -> tuple[list[QLineF], list[QLineF]]:
        """Return the faint and the bright lines in a box of the canvas, in widget coordinates.

        Their places are fixed to the canvas, so they do not move when the view is scrolled.
        """
        x, y = _places(view, seen)
        combed = self._combed(seen, x, y)
        weak = np.hypot(*combed.T) < LEAST
        flow = np.where(weak[:, None], self._flow_at(view, x, y), 0)
        return _lines(view, x, y, flow), _lines(view, x, y, combed)

    def _combed(self, seen: Rect, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the directions of the pen at points of the canvas, n x 2."""
        directions = self._read()
        cells = seen.cells(CELL)
        if not len(x) or directions.empty_in(cells):
            return np.zeros((len(x), 2))
        row, column = (y // CELL).astype(int) - cells.top, (x // CELL).astype(int) - cells.left
        return (directions.read(cells)[row, column].astype(float) - ZERO) / 127

    def _flow_at(self, view: Viewport, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the flow at points of the canvas, n x 2."""
        if self.flow is None:
            return np.zeros((len(x), 2))
        rows, columns = self.flow.shape[:2]
        row = (y * rows / view.canvas_height).astype(int)
        column = (x * columns / view.canvas_width).astype(int)
        return (self.flow[row, column].astype(float) - ZERO) / 127


def _places(view: Viewport, seen: Rect) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of the middles of the lines inside a box of the canvas."""
    step = APART / view.scale
    xs, ys = (
        (np.arange(math.ceil(start / step - 0.5), math.ceil(stop / step - 0.5)) + 0.5) * step
        for start, stop in ((seen.left, seen.right), (seen.top, seen.bottom))
    )
    x, y = np.meshgrid(xs, ys)
    return x.ravel(), y.ravel()


def _lines(view: Viewport, x: np.ndarray, y: np.ndarray, vectors: np.ndarray) -> list[QLineF]:
    """Return a line for each vector, n x 2, of at least LEAST, in widget coordinates."""
    weight = np.hypot(*vectors.T)
    strong = weight >= LEAST
    angle = np.arctan2(vectors[strong, 1], vectors[strong, 0]) / 2
    half = LONGEST / 2 * np.minimum(weight[strong], 1)
    a, b, c, d, _, _ = (part / view.scale for part in view.matrix)
    across = half * (a * np.cos(angle) + c * np.sin(angle))
    down = half * (b * np.cos(angle) + d * np.sin(angle))
    middles = map(view.to_widget, x[strong], y[strong])
    return [
        QLineF(u - du, v - dv, u + du, v + dv)
        for (u, v), du, dv in zip(middles, across, down, strict=True)
    ]
