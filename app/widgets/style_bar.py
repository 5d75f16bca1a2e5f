"""The style button, the seed box and the stroke size of the toolbar."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QToolTip, QWidget

from app.document.brushwork import stroke_text
from app.platform.translation import tr
from app.widgets.number_box import NumberBox
from app.widgets.sliders import StrokeSlider
from app.widgets.style_model import StyleLike, by_line, filling, picture_of

HIGHEST_SEED = 2**31 - 1
THUMBNAIL = QSize(30, 22)
WIDTH, TEXT_WIDTH = 200, 140
STROKE_WIDTH, SHORT_STROKE_WIDTH, FIGURE_WIDTH = 80, 60, 34


class StyleButton(QToolButton):
    """Button that shows the current style; a click opens or closes the gallery."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("style")
        self.setCheckable(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFixedWidth(WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.set_style(None)

    def set_style(self, style: StyleLike | None) -> None:
        """Show the current style; None while the styles are loading."""
        name = style.title if style is not None else tr("Loading styles...")
        width = TEXT_WIDTH if style is not None else WIDTH
        shown = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, width)
        self.setText(f" {shown}")
        self.setAccessibleName(tr("Style: {title}", title=name))
        picture = QPixmap() if style is None else filling(picture_of(style), THUMBNAIL * 2)
        self.setIcon(QIcon(picture))
        line = f"{by_line(style)}\n" if style is not None else ""
        self.setToolTip(f"{line}{tr('Choose a style  (G)')}")

    def showEvent(self, event: QShowEvent) -> None:
        # A toolbar sets its own icon size on every button that is added to it.
        self.setIconSize(THUMBNAIL)
        super().showEvent(event)


class SeedBox(NumberBox):
    """Number box for the seed of the noise. `chosen` carries the seed."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, HIGHEST_SEED, parent=parent)
        self.setObjectName("seed")
        self.setAccessibleName(tr("Seed"))
        self.setFixedWidth(92)
        self.setToolTip(tr("Seed: the same doodle, style and seed give the same painting"))
        self.valueChanged.connect(self.chosen)

    def set_seed(self, seed: int) -> None:
        """Show the current seed, without emitting `chosen`."""
        self.blockSignals(True)
        self.setValue(seed)
        self.blockSignals(False)


class StrokeSizeBox(QWidget):
    """Slider and figure for the size of the strokes.

    `chosen` carries a size, `settled` follows when the slider is released. Where there is no room
    for the figure, a tooltip shows it during a drag.
    """

    chosen = Signal(float)
    settled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider, self._figure = StrokeSlider(STROKE_WIDTH), QLabel()
        self._figure.setProperty("role", "muted")
        self._figure.setFixedWidth(FIGURE_WIDTH)
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.slider)
        row.addWidget(self._figure)
        self.slider.chosen.connect(self.chosen)
        self.slider.sliderReleased.connect(self.settled)
        self.set_short(False)

    def show_size(self, size: float) -> None:
        """Show the current size, without emitting `chosen`."""
        if not self.slider.isSliderDown():
            self.slider.show_value(size)
        self._figure.setText(f"{stroke_text(size)}×")
        if self.slider.isSliderDown() and self._figure.isHidden():
            place = self.slider.mapToGlobal(self.slider.rect().bottomLeft())
            QToolTip.showText(place, self._figure.text(), self.slider)

    def set_problem(self, why: str) -> None:
        """Say in the tooltip why the size cannot be chosen; empty if it can."""
        self.setEnabled(not why)
        self.setToolTip(why or tr("Size of the brush strokes"))

    def set_short(self, short: bool) -> None:
        """Shorten the slider and hide the figure, or not."""
        self._figure.setHidden(short)
        self.slider.setFixedWidth(SHORT_STROKE_WIDTH if short else STROKE_WIDTH)
        layout = self.layout()
        assert layout is not None
        layout.invalidate()
        self.setFixedWidth(layout.sizeHint().width())  # the bar must know it at once
