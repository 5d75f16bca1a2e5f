"""Style and seed: what the painting is made with."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QStyledItemDelegate, QWidget

from app.widgets.number_box import NumberBox

HIGHEST_SEED = 2**31 - 1
THUMBNAIL = 28


class StyleLike(Protocol):
    """What the picker shows of a style."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def artist(self) -> str: ...
    @property
    def thumbnail(self) -> Path | None: ...
    @property
    def problem(self) -> str | None: ...


class StylePicker(QComboBox):
    """All style packs; a broken one is listed with its reason and cannot be chosen."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("style")
        # The plain delegate obeys the style sheet; a combo box's own one does not.
        self.setItemDelegate(QStyledItemDelegate(self))
        self.setIconSize(QSize(THUMBNAIL, THUMBNAIL))
        self.setMinimumWidth(190)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setToolTip("The painting style; the doodle stays when you change it")
        self.setPlaceholderText("Loading styles...")
        self.activated.connect(lambda index: self.chosen.emit(self.itemData(index)))

    def set_styles(self, styles: Sequence[StyleLike]) -> None:
        """List these styles."""
        model = QStandardItemModel(self)
        for style in styles:
            model.appendRow(_item(style))
        self.setModel(model)

    def set_style(self, style_id: str) -> None:
        """Show which style is in use, without telling it back."""
        self.setCurrentIndex(self.findData(style_id))


class SeedBox(NumberBox):
    """The seed of the noise."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, HIGHEST_SEED, parent=parent)
        self.setObjectName("seed")
        self.setFixedWidth(92)
        self.setToolTip("Seed: the same doodle, style and seed give the same painting")
        self.valueChanged.connect(self.chosen)

    def set_seed(self, seed: int) -> None:
        """Show the seed in use, without telling it back."""
        self.blockSignals(True)
        self.setValue(seed)
        self.blockSignals(False)


def _item(style: StyleLike) -> QStandardItem:
    item = QStandardItem(style.title or style.id)
    item.setData(style.id, Qt.ItemDataRole.UserRole)
    item.setToolTip(style.problem or f"{style.title}, {style.artist}")
    item.setEnabled(style.problem is None)
    if style.thumbnail is not None and style.thumbnail.is_file():
        picture = QPixmap(str(style.thumbnail))
        filling = Qt.AspectRatioMode.KeepAspectRatioByExpanding
        smooth = Qt.TransformationMode.SmoothTransformation
        item.setIcon(QIcon(picture.scaled(2 * THUMBNAIL, 2 * THUMBNAIL, filling, smooth)))
    return item
