"""The dialog to resize the canvas."""

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDialog,
    QGridLayout,
    QLabel,
    QRadioButton,
    QStyledItemDelegate,
    QToolButton,
    QWidget,
)

from app.platform.translation import tr
from app.widgets.form import form_layout, lay_out, pixel_box, row
from resources.materials import materials

ANCHORS = ("top left", "top", "top right", "left", "centre", "right", "bottom left", "bottom",
           "bottom right")  # fmt: skip


@dataclass(frozen=True)
class Resize:
    """The user's choices, in pixels. `scales`: scale the doodle instead of extending or cropping.

    The old canvas's top left corner goes to (`left`, `top`) of the new one. `material` fills new
    areas; None extends the edges.
    """

    width: int
    height: int
    scales: bool
    left: int
    top: int
    material: int | None


class ResizeDialog(QDialog):
    """Asks for the new size, and whether to scale the doodle or keep its size at an anchor.

    `edge`: the material to list first. `refined`: whether the document has a refined picture.
    """

    def __init__(
        self, width: int, height: int, edge: int, refined: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Resize the canvas"))
        self._old = width, height
        self._refined = refined
        self.width_box, self.height_box = pixel_box(width), pixel_box(height)
        self.lock = QCheckBox(tr("Keep the proportions"))
        self.lock.setChecked(True)
        self.scale = QRadioButton(tr("Scale the doodle"))
        self.extend = QRadioButton(tr("Extend or crop"))
        self.scale.setChecked(True)
        self.width_box.setAccessibleName(tr("Width"))
        self.height_box.setAccessibleName(tr("Height"))
        self.anchors, self.filling = QButtonGroup(self), QComboBox()
        self.filling.setAccessibleName(tr("Fill with"))
        self._note = QLabel()
        self._fill_materials(edge)
        self._lay_out()
        self._connect()
        self._show()

    def answer(self) -> Resize:
        """Return the chosen values."""
        width, height = self.width_box.value(), self.height_box.value()
        down, across = divmod(self.anchors.checkedId(), 3)
        return Resize(
            width, height, self.scale.isChecked(),
            (width - self._old[0]) * across // 2, (height - self._old[1]) * down // 2,
            self.filling.currentData(),
        )  # fmt: skip

    def _fill_materials(self, edge: int) -> None:
        # A combo box's own delegate ignores the style sheet.
        self.filling.setItemDelegate(QStyledItemDelegate(self))
        self.filling.addItem(tr("Extended edges"), None)
        for material in sorted(materials(), key=lambda material: material.id != edge):
            chip = QPixmap(14, 14)
            chip.fill(QColor(*material.rgb))
            self.filling.addItem(chip, tr(material.name), material.id)

    def _lay_out(self) -> None:
        form = form_layout()
        form.addRow(tr("Size"), row(self.width_box, QLabel("×"), self.height_box, self.lock))
        form.addRow(tr("Doodle"), row(self.scale, self.extend))
        form.addRow(tr("Anchor"), self._anchor_grid())
        form.addRow(tr("Fill with"), self.filling)
        lay_out(self, form, self._note, tr("Resize"))

    def _anchor_grid(self) -> QWidget:
        grid = QWidget()
        layout = QGridLayout(grid)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.setColumnStretch(3, 1)
        for place, name in enumerate(ANCHORS):
            button = QToolButton()
            button.setCheckable(True)
            button.setText("•")
            button.setFixedSize(26, 22)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            button.setToolTip(tr("Anchor: {place}", place=tr(name)))
            button.setAccessibleName(tr("Anchor: {place}", place=tr(name)))
            self.anchors.addButton(button, place)
            layout.addWidget(button, *divmod(place, 3))
        self.anchors.button(4).setChecked(True)
        return grid

    def _connect(self) -> None:
        self.width_box.valueChanged.connect(lambda width: self._follow(width, 0))
        self.height_box.valueChanged.connect(lambda height: self._follow(height, 1))
        self.lock.toggled.connect(lambda _: self._follow(self.width_box.value(), 0))
        self.scale.toggled.connect(self._show)

    def _follow(self, value: int, side: int) -> None:
        """Adjust the other side to keep the proportions, if that is chosen."""
        if self.lock.isChecked() and self.scale.isChecked():
            other = self.height_box if side == 0 else self.width_box
            other.blockSignals(True)
            other.setValue(round(value * self._old[1 - side] / self._old[side]))
            other.blockSignals(False)
        self._show()

    def _show(self) -> None:
        scales = self.scale.isChecked()
        self.lock.setEnabled(scales)
        for widget in (*self.anchors.buttons(), self.filling):
            widget.setEnabled(not scales)
        megapixels = self.width_box.value() * self.height_box.value() / 1e6
        lost = scales and self._refined
        size = tr("{count} megapixels.", count=f"{megapixels:.1f}")
        sentences = [size, tr("This step can be undone.")]
        if lost:
            sentences.append(tr("The refined picture is removed; undo restores it."))
        self._note.setText(" ".join(sentences))
