"""The view of a doodle that is painted in the style so far."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from app.document.rect import Rect
from app.platform.translation import tr
from app.widgets.marching_ants import MarchingAnts
from app.widgets.painting_view import PaintingView
from app.widgets.pane import PaneTitle, titled_view
from app.widgets.tile_cache import TileCache
from app.widgets.tile_pixels import painting_pixels, shrunk
from app.widgets.view_link import ViewLink


class TrialView(QWidget):
    """Shows a painting and lets the user choose its doodle. `chosen` carries the doodle's index."""

    chosen = Signal(int)

    def __init__(self, doodles: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = ViewLink(self)
        self._pixels = np.zeros((1, 1, 3), np.uint8)
        self._surface = TileCache(1, 1, self._read)
        self.view, self.title = PaintingView(self._link), PaneTitle(tr("Preview"))
        self.doodles = QComboBox()
        self.doodles.addItems(doodles)
        self.doodles.setAccessibleName(tr("Doodle"))
        self.doodles.setToolTip(tr("The doodle that shows the style"))
        # No taller than the title's text, so that all views start at the same height.
        height = self.title.sizeHint().height() - 12
        self.doodles.setFixedHeight(height + 6)
        self.doodles.setStyleSheet("padding: 0 6px; min-height: 0;")
        self.title.add(self.doodles)
        self.view.resized.connect(self._link.widget_resized)
        self.doodles.activated.connect(self.chosen)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(titled_view(self.title, self.view))

    @property
    def picture(self) -> np.ndarray:
        """The painting that is shown, h x w x 3 uint8."""
        return self._pixels

    def show_picture(self, pixels: np.ndarray) -> None:
        """Show a painting, h x w x 3 uint8."""
        height, width = pixels.shape[:2]
        other = pixels.shape != self._pixels.shape
        self._pixels = pixels
        if other:
            self._link.set_canvas(width, height)
            self._surface = TileCache(width, height, self._read)
        self._surface.changed(Rect.of_size(width, height))
        self.view.set_surface(self._surface, MarchingAnts((3, 5), 0.6))

    def _read(self, rect: Rect, step: int) -> np.ndarray:
        return shrunk(painting_pixels(np.ascontiguousarray(self._pixels[rect.slices])), step)
