"""Asking for a new canvas."""

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QStyledItemDelegate,
    QVBoxLayout,
    QWidget,
)

from app.widgets.number_box import NumberBox

SMALLEST, LARGEST = 16, 8192
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
    from_starter: bool


class NewCanvasDialog(QDialog):
    """Width, height and what to begin with."""

    def __init__(self, width: int, height: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("New canvas")
        self._preset = QComboBox()
        self.width_box, self.height_box = _pixels(width), _pixels(height)
        self.blank = QRadioButton("A plain sky")
        self.starter = QRadioButton("The style's starter doodle")
        self.blank.setChecked(True)
        self._note = QLabel()
        self._note.setProperty("role", "muted")
        self._lay_out()
        self._connect()
        self._on_size()

    def answer(self) -> NewCanvas:
        """What is filled in."""
        return NewCanvas(self.width_box.value(), self.height_box.value(), self.starter.isChecked())

    def _lay_out(self) -> None:
        # The plain delegate obeys the style sheet; a combo box's own one does not.
        self._preset.setItemDelegate(QStyledItemDelegate(self))
        for text, width, height in PRESETS:
            self._preset.addItem(text, (width, height))
        self._preset.addItem("Custom", None)
        form = QFormLayout()
        form.setHorizontalSpacing(18)
        form.setVerticalSpacing(10)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        form.addRow("Size", self._preset)
        form.addRow("", _row(self.width_box, QLabel("×"), self.height_box))
        form.addRow("Begin with", self.blank)
        form.addRow("", self.starter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(22, 20, 22, 18)
        layout.setSpacing(16)
        layout.addLayout(form)
        layout.addWidget(self._note)
        layout.addWidget(self._buttons())
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)

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
        large = " The whole painting takes a while at this size." if megapixels > 5 else ""
        self._note.setText(f"{megapixels:.1f} megapixels. This step can be undone.{large}")

    def _buttons(self) -> QDialogButtonBox:
        kinds = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel)
        buttons.button(kinds.Ok).setText("Create")
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


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return row
