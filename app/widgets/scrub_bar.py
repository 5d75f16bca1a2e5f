"""The bar below a clip: where the shown frame is, which part is chosen, and painted frames."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSlider

from app.platform.theme import colour
from app.platform.translation import tr

MARGIN = 9.0
"""Pixels left of the first frame and right of the last one."""

GRIP = 7.0
"""Pixels around a mark in which the mouse moves it."""

HEIGHT = 34
PAGE_SECONDS = 1.0


class ScrubBar(QSlider):
    """A slider of the frames of a clip, from 0.

    `sought` carries the frame that the user has moved to; `marked` the first and last frame of the
    part after its end was dragged. The marks are dragged above the line, the frame everywhere else.
    """

    sought = Signal(int)
    marked = Signal(int, int)

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setFixedHeight(HEIGHT)
        self.setMinimumWidth(120)
        self.setAccessibleName(tr("Frame"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._first = self._last = 0
        self._keyframes: Sequence[int] = ()
        self._drags = ""
        self.valueChanged.connect(self.sought)

    @property
    def part(self) -> tuple[int, int]:
        """First and last frame of the part."""
        return self._first, self._last

    def set_count(self, count: int, rate: float) -> None:
        """Set the number of frames; all of them become the part."""
        self.blockSignals(True)
        self.setRange(0, max(0, count - 1))
        self.blockSignals(False)
        self.setPageStep(max(1, round(rate * PAGE_SECONDS)))
        self.set_part(0, max(0, count - 1))

    def set_part(self, first: int, last: int) -> None:
        """Show which part is chosen."""
        self._first, self._last = first, last
        self.update()

    def set_keyframes(self, numbers: Sequence[int]) -> None:
        """Show which frames were painted over."""
        self._keyframes = numbers
        self.update()

    def show_frame(self, number: int) -> None:
        """Show the current frame, without emitting `sought`."""
        self.blockSignals(True)
        self.setValue(number)
        self.blockSignals(False)
        self.update()

    def place_of(self, number: int) -> float:
        """Return the x of a frame in pixels."""
        return MARGIN + number / max(1, self.maximum()) * (self.width() - 2 * MARGIN)

    def frame_at(self, x: float) -> int:
        """Return the frame at an x in pixels."""
        share = (x - MARGIN) / max(1.0, self.width() - 2 * MARGIN)
        return max(0, min(self.maximum(), round(share * self.maximum())))

    # -- mouse ------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._drags = self._grip(event.position())
        self._drag(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drags:
            self._drag(event.position().x())
        else:
            over = self._grip(event.position()) in ("first", "last")
            shapes = Qt.CursorShape
            self.setCursor(shapes.SizeHorCursor if over else shapes.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._drags = ""

    def _grip(self, position: QPointF) -> str:
        """Return what the mouse would drag: the first or last frame of the part, or the frame."""
        if position.y() < self.height() / 2:
            apart = {
                "first": abs(position.x() - self.place_of(self._first)),
                "last": abs(position.x() - self.place_of(self._last)),
            }
            nearest = min(apart, key=lambda mark: apart[mark])
            if apart[nearest] <= GRIP:
                return nearest
        return "frame"

    def _drag(self, x: float) -> None:
        number = self.frame_at(x)
        if self._drags == "first":
            self._mark(min(number, self._last), self._last)
        elif self._drags == "last":
            self._mark(self._first, max(number, self._first))
        else:
            self.setValue(number)

    def _mark(self, first: int, last: int) -> None:
        if (first, last) != self.part:
            self.set_part(first, last)
            self.marked.emit(first, last)

    # -- drawing ----------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle = self.height() * 0.62
        painter.setBrush(colour("deep"))
        painter.drawRoundedRect(self._span(0, self.maximum(), middle, 3), 3, 3)
        painter.setBrush(colour("muted"))
        painter.drawRoundedRect(self._span(self._first, self._last, middle, 3), 3, 3)
        painter.setBrush(colour("accent"))
        painter.setPen(QPen(colour("panel"), 1.5))
        for number in self._keyframes:
            painter.drawPolygon(_diamond(self.place_of(number), middle, 6))
        self._draw_marks(painter, middle)
        self._draw_frame(painter, middle)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colour("line-strong"), 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        painter.end()

    def _span(self, first: int, last: int, middle: float, half: float) -> QRectF:
        left, right = self.place_of(first), self.place_of(last)
        return QRectF(left - half, middle - half, right - left + 2 * half, 2 * half)

    def _draw_marks(self, painter: QPainter, middle: float) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour("text"), 1.6))
        for number, way in ((self._first, 1), (self._last, -1)):
            x = self.place_of(number) - way * 3
            painter.drawPolyline(
                [
                    QPointF(x + way * 4, 4), QPointF(x, 4),
                    QPointF(x, middle + 6), QPointF(x + way * 4, middle + 6),
                ]
            )  # fmt: skip

    def _draw_frame(self, painter: QPainter, middle: float) -> None:
        x = self.place_of(self.value())
        painter.setPen(QPen(colour("panel"), 4))
        painter.drawLine(QPointF(x, 8), QPointF(x, self.height() - 4))
        painter.setPen(QPen(colour("accent"), 2))
        painter.drawLine(QPointF(x, 8), QPointF(x, self.height() - 4))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("accent"))
        painter.drawEllipse(QPointF(x, middle), 6, 6)


def _diamond(x: float, y: float, reach: float) -> QPolygonF:
    corners = ((0, -reach), (reach, 0), (0, reach), (-reach, 0))
    return QPolygonF([QPointF(x + right, y + down) for right, down in corners])
