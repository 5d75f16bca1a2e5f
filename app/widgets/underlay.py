"""A picture to trace: drawn over the doodle's colours as if it shone through them."""

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from app.document.rect import Rect
from app.theme import icon
from app.widgets.surface import Surface
from app.widgets.surface_pixels import painting_pixels, shrunk
from app.widgets.viewport import Viewport
from app.words import tr


class Underlay:
    """Takes h x w x 3 uint8 RGB of any size and fits it into the canvas, in proportion."""

    def __init__(self, rgb: np.ndarray) -> None:
        self._height, self._width = rgb.shape[:2]
        self._rgb = rgb
        self._surface = Surface(self._width, self._height, self._read)
        self._surface.changed(Rect.of_size(self._width, self._height))

    def _read(self, rect: Rect, step: int) -> np.ndarray:
        return shrunk(painting_pixels(self._rgb[rect.slices]), step)

    def draw(self, painter: QPainter, view: Viewport, ratio: float, opacity: float) -> None:
        """Draw it in the middle of the canvas."""
        share = min(view.canvas_width / self._width, view.canvas_height / self._height)
        left = (view.canvas_width - self._width * share) / 2
        top = (view.canvas_height - self._height * share) / 2
        mine = replace(
            view, canvas_width=self._width, canvas_height=self._height, scale=view.scale * share,
            x=(view.x - left) / share, y=(view.y - top) / share,
        )  # fmt: skip
        self._surface.draw(painter, mine, ratio, opacity)


class UnderlayBar(QWidget):
    """Beside the doodle's title while there is an underlay: how strong, shown or not, away.

    `changed` carries the opacity, 0 while it is hidden.
    """

    changed = Signal(float)
    removed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider, self.shown, self._remove = QSlider(), QToolButton(), QToolButton()
        self.slider.setOrientation(Qt.Orientation.Horizontal)
        self.slider.setRange(5, 100)
        self.slider.setFixedWidth(100)
        self.slider.setToolTip(tr("How strongly the picture to trace shines through the doodle"))
        self.slider.setAccessibleName(tr("Strength of the underlay"))
        self.shown.setIcon(icon("eye"))
        self.shown.setCheckable(True)
        self.shown.setChecked(True)
        self.shown.setToolTip(tr("Show the picture to trace"))
        self.shown.setAccessibleName(tr("Show the underlay"))
        self._remove.setIcon(icon("close"))
        self._remove.setToolTip(tr("Take the picture to trace away"))
        self._remove.setAccessibleName(tr("Remove the underlay"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        name = QLabel(tr("Underlay"))
        # No taller than the title's text, or the two views would not start at one height.
        height = name.sizeHint().height()
        for button in (self.shown, self._remove):
            button.setFixedSize(height + 6, height)
            button.setIconSize(QSize(height - 1, height - 1))
        self.slider.setFixedHeight(height)
        self.setFixedHeight(height)
        for widget in (name, self.slider, self.shown, self._remove):
            layout.addWidget(widget)
        self.slider.valueChanged.connect(self._tell)
        self.shown.toggled.connect(self._tell)
        self._remove.clicked.connect(self.removed)
        self.hide()

    @property
    def opacity(self) -> float:
        """0-1; 0 while the underlay is hidden."""
        return self.slider.value() / 100 if self.shown.isChecked() else 0.0

    def _tell(self) -> None:
        self.changed.emit(self.opacity)
