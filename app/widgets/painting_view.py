"""The view of the painting."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.platform.theme import colour
from app.platform.translation import tr
from app.widgets.divider import Divider, draw_tag
from app.widgets.marching_ants import MarchingAnts
from app.widgets.picture_view import PictureView
from app.widgets.tile_cache import TileCache
from app.widgets.view_link import ViewLink
from app.widgets.viewport import Viewport


class PaintingView(PictureView):
    """Shows the painting; when comparing, another picture to the left of a divider.

    The brush works on both sides.
    """

    def __init__(self, link: ViewLink, parent: QWidget | None = None) -> None:
        super().__init__(link, parent)
        self.setObjectName("painting")
        self.setAccessibleName(tr("Painting"))
        self.divider = Divider(self)
        self.divider.moved.connect(self.update)
        self._painting: TileCache | None = None
        self._before: TileCache | None = None
        self._ink: TileCache | None = None
        self._tags = ("", "")
        self._stale: MarchingAnts | None = None
        self._note = ""

    def set_surface(self, painting: TileCache, stale: MarchingAnts) -> None:
        """Set the picture to show and the outline of stale refined parts; once per canvas."""
        self._painting, self._stale = painting, stale
        self.update()

    def set_ink(self, ink: TileCache | None) -> None:
        """Set what is painted and not yet part of the picture; None shows none."""
        self._ink = ink
        self.update()

    def set_before(self, before: TileCache | None, tags: tuple[str, str] = ("", "")) -> None:
        """Set the picture to compare with and the labels (left, right); None ends comparing."""
        self._before, self._tags = before, tags
        self.divider.place()
        self.divider.setVisible(before is not None)
        self.update()

    def set_note(self, note: str) -> None:
        """Show a line of text in the middle of the view; an empty text shows none."""
        if note != self._note:
            self._note = note
            self.update()

    def draw_picture(self, painter: QPainter, view: Viewport, ratio: float) -> None:
        if self._peek is not None:
            self._peek.draw(painter, view, ratio)
        elif self._sketch is not None:
            self._sketch.draw(painter, view)
        else:
            self._draw_painting(painter, view, ratio)

    def _draw_painting(self, painter: QPainter, view: Viewport, ratio: float) -> None:
        painter.save()
        if self._before is not None:
            self._draw_before(painter, self._before, view, ratio)
        if self._painting is not None and self._stale is not None:
            self._painting.draw(painter, view, ratio)
            if self._ink is not None:
                self._ink.draw(painter, view, ratio)
            self._stale.draw(painter, view)
        painter.restore()
        if self._borders is not None:
            self._borders.draw(painter, view, ratio)
        if self._before is not None:
            left, right = self._tags
            draw_tag(painter, left, self.divider.line, rightwards=False)
            draw_tag(painter, right, self.divider.line, rightwards=True)
        if self._note:
            painter.setPen(colour("over"))
            middle = QRect(0, 0, self.width(), self.height())
            painter.drawText(middle, Qt.AlignmentFlag.AlignCenter, self._note)

    def _draw_before(
        self, painter: QPainter, before: TileCache, view: Viewport, ratio: float
    ) -> None:
        """Draw the left part, and clip what is drawn next to the right part."""
        line = self.divider.line
        painter.save()
        painter.setClipRect(QRect(0, 0, line, self.height()))
        before.draw(painter, view, ratio)
        painter.restore()
        painter.setClipRect(QRect(line, 0, self.width() - line, self.height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.divider.place()
        super().resizeEvent(event)
