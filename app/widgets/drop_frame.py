"""A frame that marks a drop target: the window, or a part of it."""

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen, QShowEvent
from PySide6.QtWidgets import QWidget

WIDTH, ROUND, MARGIN = 4, 8, 14
TINT = 40
"""Alpha of the highlight colour over the window, 0-255."""


class DropFrame(QWidget):
    """A frame over the whole parent with a label in the middle, shown during a drag."""

    def __init__(self, parent: QWidget, text: str) -> None:
        super().__init__(parent)
        self._parent, self.text = parent, text
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def showEvent(self, event: QShowEvent) -> None:
        self.setGeometry(self._parent.rect())
        self.raise_()
        super().showEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        highlight = self.palette().color(QPalette.ColorRole.Highlight)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tint = QColor(highlight)
        tint.setAlpha(TINT)
        painter.fillRect(self.rect(), tint)
        half = WIDTH / 2
        painter.setPen(QPen(highlight, WIDTH))
        painter.drawRect(QRectF(self.rect()).adjusted(half, half, -half, -half))
        self._label(painter, highlight)

    def _label(self, painter: QPainter, highlight: QColor) -> None:
        font, text = self.font(), self.text
        font.setPointSizeF(font.pointSizeF() * 1.5)
        painter.setFont(font)
        box = QRect(QPoint(), painter.fontMetrics().size(0, text))
        box.adjust(-2 * MARGIN, -MARGIN, 2 * MARGIN, MARGIN)
        box.moveCenter(self.rect().center())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(highlight)
        painter.drawRoundedRect(box, ROUND, ROUND)
        painter.setPen(self.palette().color(QPalette.ColorRole.HighlightedText))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
