"""The view of the doodle."""

from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from app.platform.translation import tr
from app.widgets.marching_ants import MarchingAnts
from app.widgets.material_labels import MaterialLabels
from app.widgets.picture_view import PictureView
from app.widgets.tile_cache import TileCache
from app.widgets.underlay import UnderlayPicture
from app.widgets.view_link import ViewLink
from app.widgets.viewport import Viewport


class CanvasView(PictureView):
    """Shows the doodle in the materials' colours, with the painting over it in overlay mode."""

    def __init__(self, link: ViewLink, parent: QWidget | None = None) -> None:
        super().__init__(link, parent)
        self.setObjectName("canvas")
        self.setAccessibleName(tr("Doodle"))
        self._doodle: TileCache | None = None
        self._painting: TileCache | None = None
        self._stale: MarchingAnts | None = None
        self._opacity = 0.0
        self._underlay: UnderlayPicture | None = None
        self._underlay_opacity = 0.0
        self._letters: MaterialLabels | None = None

    @property
    def overlay(self) -> float:
        """Opacity of the painting over the doodle, 0-1."""
        return self._opacity

    def set_surfaces(self, doodle: TileCache, painting: TileCache, stale: MarchingAnts) -> None:
        """Set the pictures to show and the outline of stale refined parts; once per canvas."""
        self._doodle, self._painting, self._stale = doodle, painting, stale
        self.update()

    def set_underlay(self, underlay: UnderlayPicture | None, opacity: float) -> None:
        """Set the picture to trace and its opacity, 0-1, over the doodle."""
        self._underlay, self._underlay_opacity = underlay, opacity
        self.update()

    def set_overlay(self, opacity: float) -> None:
        """Set the opacity of the painting over the doodle, 0-1."""
        self._opacity = opacity
        self.update()

    def set_letters(self, letters: MaterialLabels) -> None:
        """Set the letters to draw on the doodle."""
        self._letters = letters
        letters.changed.connect(self.update)

    def draw_picture(self, painter: QPainter, view: Viewport, ratio: float) -> None:
        if self._doodle is not None and self._opacity < 1:
            self._doodle.draw(painter, view, ratio)
        if self._underlay is not None and self._underlay_opacity > 0:
            self._underlay.draw(painter, view, ratio, self._underlay_opacity)
        if self._opacity > 0:
            self._draw_painting(painter, view, ratio)
        if self._letters is not None:
            self._letters.draw(painter, view)

    def _draw_painting(self, painter: QPainter, view: Viewport, ratio: float) -> None:
        if self._peek is not None:
            self._peek.draw(painter, view, ratio, self._opacity)
        elif self._sketch is not None:
            self._sketch.draw(painter, view, self._opacity)
        elif self._painting is not None and self._stale is not None:
            self._painting.draw(painter, view, ratio, self._opacity)
            self._stale.draw(painter, view)
        if self._borders is not None:
            self._borders.draw(painter, view, ratio)
