"""Shows one frame of a clip, as large as it fits."""

import numpy as np
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.platform.theme import colour
from app.platform.translation import tr
from app.widgets.clipboard import image_of

SMALLEST = 240, 160

ENLARGED = 3.0
"""Most screen pixels for a pixel of the clip, so that small animations are not tiny."""


class FrameView(QWidget):
    """Shows a picture in its middle. `resized`: it has another size now."""

    resized = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        self._size = (1, 1)
        self.setMinimumSize(*SMALLEST)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Frame of the clip"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    @property
    def box(self) -> tuple[int, int]:
        """Width and height in pixels of the screen."""
        ratio = self.devicePixelRatioF()
        return round(self.width() * ratio), round(self.height() * ratio)

    @property
    def image(self) -> QImage:
        """The picture that is shown."""
        return self._image

    def show_picture(self, pixels: np.ndarray, size: tuple[int, int]) -> None:
        """Show a picture, h x w x 3 uint8; `size`: width and height of the clip in pixels."""
        self._image, self._size = image_of(pixels), size
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), colour("deep"))
        if not self._image.isNull():
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(self._place(), self._image)
        painter.end()

    def _place(self) -> QRectF:
        """Return where the picture is drawn."""
        width, height = self._size
        ratio = self.devicePixelRatioF()
        share = min(self.width() / width, self.height() / height, ENLARGED / ratio)
        place = QRectF(0, 0, width * share, height * share)
        place.moveCenter(QRectF(self.rect()).center())
        return place

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()
