"""The underlay, a picture to trace that is drawn translucently over the doodle."""

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QTransform
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from app.document.rect import Rect
from app.document.underlay import Underlay
from app.platform.theme import icon
from app.platform.translation import tr
from app.widgets.tile_cache import TileCache
from app.widgets.tile_pixels import painting_pixels, shrunk
from app.widgets.viewport import Viewport


class UnderlayPicture:
    """Draws an underlay at its position on the canvas. `surface` is its tile cache."""

    def __init__(self, underlay: Underlay) -> None:
        self._underlay, self._rgb = underlay, underlay.pixels
        self._height, self._width = underlay.pixels.shape[:2]
        self.surface = TileCache(self._width, self._height, self._read)
        self.surface.changed(Rect.of_size(self._width, self._height))

    def _read(self, rect: Rect, step: int) -> np.ndarray:
        return shrunk(painting_pixels(self._rgb[rect.slices]), step)

    def draw(self, painter: QPainter, view: Viewport, ratio: float, opacity: float) -> None:
        """Draw the underlay with an opacity of 0-1, clipped to the canvas."""
        share = self._underlay.width / self._width
        left, top = self._underlay.left, self._underlay.top
        mine = replace(
            view, canvas_width=self._width, canvas_height=self._height, scale=view.scale * share,
            x=(view.x - left) / share, y=(view.y - top) / share,
        )  # fmt: skip
        painter.save()
        window = painter.transform()
        painter.setTransform(QTransform(*view.matrix), combine=True)
        canvas = QRectF(0, 0, view.canvas_width, view.canvas_height)
        painter.setClipRect(canvas, Qt.ClipOperation.IntersectClip)
        painter.setTransform(window)
        self.surface.draw(painter, mine, ratio, opacity)
        painter.restore()


class UnderlayBar(QWidget):
    """Controls beside the doodle's title to set the opacity of the underlay, hide or remove it.

    `changed` carries the opacity, 0-1, and 0 while the underlay is hidden. `removed`: the user
    clicked the remove button.
    """

    changed = Signal(float)
    removed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider, self.shown, self._remove = QSlider(), QToolButton(), QToolButton()
        self.slider.setOrientation(Qt.Orientation.Horizontal)
        self.slider.setRange(5, 100)
        self.slider.setFixedWidth(100)
        self.slider.setToolTip(tr("Opacity of the underlay"))
        self.slider.setAccessibleName(tr("Opacity of the underlay"))
        self.shown.setIcon(icon("eye"))
        self.shown.setCheckable(True)
        self.shown.setChecked(True)
        self.shown.setToolTip(tr("Show the underlay"))
        self.shown.setAccessibleName(tr("Show the underlay"))
        self._remove.setIcon(icon("close"))
        self._remove.setToolTip(tr("Remove the underlay"))
        self._remove.setAccessibleName(tr("Remove the underlay"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        name = QLabel(tr("Underlay"))
        # No taller than the title's text, so that both views start at the same height.
        height = name.sizeHint().height()
        for button in (self.shown, self._remove):
            button.setFixedSize(height + 6, height)
            button.setIconSize(QSize(height - 1, height - 1))
        self.slider.setFixedHeight(height)
        self.setFixedHeight(height)
        for widget in (name, self.slider, self.shown, self._remove):
            layout.addWidget(widget)
        self.slider.valueChanged.connect(self._emit_changed)
        self.shown.toggled.connect(self._emit_changed)
        self._remove.clicked.connect(self.removed)
        self.hide()

    @property
    def opacity(self) -> float:
        """Opacity of the underlay, 0-1; 0 while it is hidden."""
        return self.slider.value() / 100 if self.shown.isChecked() else 0.0

    def _emit_changed(self) -> None:
        self.changed.emit(self.opacity)
