"""The painting's view."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from app.theme import colour
from app.widgets.picture_view import PictureView
from app.widgets.surface import Surface
from app.widgets.view_link import ViewLink
from app.widgets.viewport import Viewport


class PaintingView(PictureView):
    """Shows the painting; the brush works on it just as on the doodle."""

    def __init__(self, link: ViewLink, parent: QWidget | None = None) -> None:
        super().__init__(link, parent)
        self.setObjectName("painting")
        self._painting: Surface | None = None
        self._note = ""

    def set_surface(self, painting: Surface) -> None:
        """The picture to show; a new canvas has a new one."""
        self._painting = painting
        self.update()

    def set_note(self, note: str) -> None:
        """A line to show in the middle while there is no painting yet; empty for none."""
        if note != self._note:
            self._note = note
            self.update()

    def draw_picture(self, painter: QPainter, view: Viewport, ratio: float) -> None:
        if self._painting is not None:
            self._painting.draw(painter, view, ratio)
        if self._note:
            painter.setPen(colour("muted"))
            middle = QRect(0, 0, self.width(), self.height())
            painter.drawText(middle, Qt.AlignmentFlag.AlignCenter, self._note)
