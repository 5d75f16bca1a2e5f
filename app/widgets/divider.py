"""The divider between the two pictures of a comparison, and the labels beside it."""

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.platform.theme import colour
from app.platform.translation import tr

WIDTH = 24
KNOB = 11
KEY_STEP = 0.02


class Divider(QWidget):
    """A vertical line over its parent that the mouse or the arrow keys move sideways.

    `share` is the part of the parent's width, 0-1, to the left of the line. `moved` is emitted when
    it changes.
    """

    moved = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self.share = 0.5
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Divider: preview on the left, refined picture on the right"))
        self.hide()

    @property
    def line(self) -> int:
        """X coordinate of the line in the parent's pixels."""
        return round(self.share * self._parent.width())

    def set_share(self, share: float) -> None:
        """Place the line so that this share (0-1, clipped) of the parent is to its left."""
        self.share = min(1.0, max(0.0, share))
        self.place()
        self.moved.emit()

    def place(self) -> None:
        """Update the geometry to the parent's size."""
        self.setGeometry(self.line - WIDTH // 2, 0, WIDTH, self._parent.height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.set_share(self.mapToParent(event.position()).x() / self._parent.width())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -KEY_STEP, Qt.Key.Key_Right: KEY_STEP}
        if event.key() in steps:
            self.set_share(self.share + steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = QPointF(WIDTH / 2, self.height() / 2)
        for shade, width in ((QColor(0, 0, 0, 150), 3.0), (colour("over"), 1.4)):
            painter.setPen(QPen(shade, width))
            painter.drawLine(QPointF(middle.x(), 0), QPointF(middle.x(), self.height()))
        painter.setPen(QPen(colour("accent" if self.hasFocus() else "under"), 1.4))
        painter.setBrush(colour("over"))
        painter.drawEllipse(middle, KNOB, KNOB)
        self._draw_arrows(painter, middle)

    def _draw_arrows(self, painter: QPainter, middle: QPointF) -> None:
        painter.setPen(QPen(colour("under"), 1.6, c=Qt.PenCapStyle.RoundCap))
        for way in (-1, 1):
            tip = middle + QPointF(6 * way, 0)
            painter.drawLine(tip, tip + QPointF(-3 * way, -3))
            painter.drawLine(tip, tip + QPointF(-3 * way, 3))


def draw_tag(painter: QPainter, text: str, edge: float, rightwards: bool) -> None:
    """Draw a small label to the left or right of the vertical line at x = `edge`."""
    metrics = painter.fontMetrics()
    width, height = metrics.horizontalAdvance(text) + 16, metrics.height() + 6
    left = edge + 14 if rightwards else edge - 14 - width
    box = QRectF(left, 10, width, height)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour("spot"))
    painter.drawRoundedRect(box, height / 2, height / 2)
    painter.setPen(colour("text"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()
