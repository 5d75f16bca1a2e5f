"""The style button and the seed box of the toolbar."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from app.platform.translation import tr
from app.widgets.number_box import NumberBox
from app.widgets.style_model import StyleLike, by_line, filling, picture_of

HIGHEST_SEED = 2**31 - 1
THUMBNAIL = QSize(30, 22)
WIDTH, TEXT_WIDTH = 200, 140


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
