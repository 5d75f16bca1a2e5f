"""Asking for a new canvas."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QStyledItemDelegate,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.widgets.number_box import NumberBox
from app.widgets.style_model import filling
from app.words import tr
from resources.materials import materials

SMALLEST, LARGEST = 16, 8192
PICTURE = QSize(112, 84)
PRESETS = (
    ("Landscape, 1024 × 768", 1024, 768),
    ("Portrait, 768 × 1024", 768, 1024),
    ("Square, 1024 × 1024", 1024, 1024),
    ("Wide, 1920 × 1080", 1920, 1080),
    ("Large square, 2048 × 2048", 2048, 2048),
    ("Print, 4096 × 3072", 4096, 3072),
)


@dataclass(frozen=True)
class NewCanvas:
    """What was asked for."""

    width: int
    height: int
    starter: Path | None


class NewCanvasDialog(QDialog):
    """Width, height and what to begin with: plain sky or one of the style's starter doodles."""

    def __init__(
        self, width: int, height: int, starters: Sequence[Path], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("New canvas"))
        self._preset = QComboBox()
        self.width_box, self.height_box = _pixels(width), _pixels(height)
        self._beginnings: list[Path | None] = [None, *starters]
        self.beginnings = QButtonGroup(self)
        self.width_box.setAccessibleName(tr("Width"))
        self.height_box.setAccessibleName(tr("Height"))
        self._preset.setAccessibleName(tr("Size"))
        self._note = QLabel()
        self._note.setProperty("role", "muted")
        self._lay_out()
        self._connect()
        self._on_size()

    def answer(self) -> NewCanvas:
        """What is filled in."""
        starter = self._beginnings[self.beginnings.checkedId()]
        return NewCanvas(self.width_box.value(), self.height_box.value(), starter)

    def _lay_out(self) -> None:
        # The plain delegate obeys the style sheet; a combo box's own one does not.
        self._preset.setItemDelegate(QStyledItemDelegate(self))
        for text, width, height in PRESETS:
            self._preset.addItem(tr(text), (width, height))
        self._preset.addItem(tr("Custom"), None)
        form = QFormLayout()
        form.setHorizontalSpacing(18)
        form.setVerticalSpacing(10)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        form.addRow(tr("Size"), self._preset)
        form.addRow("", _row(self.width_box, QLabel("×"), self.height_box))
        form.addRow(tr("Begin with"), self._pictures())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(22, 20, 22, 18)
        layout.setSpacing(16)
        layout.addLayout(form)
        layout.addWidget(self._note)
        layout.addWidget(self._buttons())
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)

    def _pictures(self) -> QHBoxLayout:
        for place, starter in enumerate(self._beginnings):
            name = tr("Starter {number}", number=place) if starter is not None else tr("Plain sky")
            self.beginnings.addButton(_picture(name, starter), place)
        self.beginnings.button(0).setChecked(True)
        return _row(*self.beginnings.buttons())

    def _connect(self) -> None:
        self._preset.activated.connect(self._on_preset)
        self.width_box.valueChanged.connect(self._on_size)
        self.height_box.valueChanged.connect(self._on_size)

    def _on_preset(self) -> None:
        size = self._preset.currentData()
        if size is not None:
            self.width_box.setValue(size[0])
            self.height_box.setValue(size[1])

    def _on_size(self) -> None:
        size = (self.width_box.value(), self.height_box.value())
        sizes = [(width, height) for _, width, height in PRESETS]
        self._preset.setCurrentIndex(sizes.index(size) if size in sizes else len(sizes))
        megapixels = size[0] * size[1] / 1e6
        large = tr("The whole painting takes a while at this size.") if megapixels > 5 else ""
        size_note = tr("{count} megapixels. This step can be undone.", count=f"{megapixels:.1f}")
        self._note.setText(f"{size_note} {large}".rstrip())

    def _buttons(self) -> QDialogButtonBox:
        kinds = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel)
        buttons.button(kinds.Ok).setText(tr("Create"))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        return buttons


def _pixels(value: int) -> NumberBox:
    box = NumberBox(SMALLEST, LARGEST, " px")
    box.setSingleStep(64)
    box.setValue(value)
    box.setFixedWidth(86)
    # Here every digit counts at once: Enter in the middle of a number takes what is seen.
    box.setKeyboardTracking(True)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return box


def _picture(name: str, doodle: Path | None) -> QToolButton:
    picture = QPixmap(str(doodle)) if doodle is not None else QPixmap(PICTURE)
    if doodle is None:
        picture.fill(QColor(*materials()[0].rgb))
    button = QToolButton()
    button.setCheckable(True)
    button.setText(name)
    button.setIcon(QIcon(filling(picture, PICTURE)))
    button.setIconSize(PICTURE)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return row
