"""The dialog for a new painting."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QWidget,
)

from app.platform.translation import tr
from app.widgets.form import form_layout, lay_out, pixel_box, row
from app.widgets.style_model import StyleLike, filling
from resources.materials import materials

PICTURE, CELL = QSize(112, 84), QSize(132, 134)
COLUMNS = 4
PRESETS = (
    ("Landscape, 1024 × 768", 1024, 768),
    ("Portrait, 768 × 1024", 768, 1024),
    ("Square, 1024 × 1024", 1024, 1024),
    ("Wide, 1920 × 1080", 1920, 1080),
    ("Large square, 2048 × 2048", 2048, 2048),
    ("Print, 4096 × 3072", 4096, 3072),
)


@dataclass(frozen=True)
class Template:
    """A starter doodle; None means plain sky. An empty `style_id` keeps the current style."""

    name: str
    starter: Path | None = None
    style_id: str = ""

    @property
    def tip(self) -> str:
        """Tooltip of the template."""
        return tr("{name}; painted in this style", name=self.name) if self.style_id else self.name


@dataclass(frozen=True)
class NewCanvas:
    """The user's choices; sizes are in pixels."""

    width: int
    height: int
    starter: Path | None
    style_id: str


def templates(styles: Sequence[StyleLike], style_id: str) -> list[Template]:
    """Return plain sky and the starter doodles of all usable styles, `style_id`'s first."""
    usable = [style for style in styles if style.problem is None]
    usable.sort(key=lambda style: style.id != style_id)
    found = [Template(tr("Plain sky"))]
    for style in usable:
        for number, starter in enumerate(style.starters, 1):
            name = f"{style.title}, {number}" if number > 1 else style.title
            found.append(Template(name, starter, style.id))
    return found


class NewCanvasDialog(QDialog):
    """Asks for width, height and a starter doodle."""

    def __init__(
        self, width: int, height: int, choice: Sequence[Template], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("New painting"))
        self._preset = QComboBox()
        self.width_box, self.height_box = pixel_box(width), pixel_box(height)
        self._choice = choice
        self.beginnings = QListWidget()
        self.width_box.setAccessibleName(tr("Width"))
        self.height_box.setAccessibleName(tr("Height"))
        self._preset.setAccessibleName(tr("Size"))
        self._note = QLabel()
        self._lay_out()
        self._connect()
        self._on_size()

    def answer(self) -> NewCanvas:
        """Return the chosen values."""
        chosen = self._choice[max(0, self.beginnings.currentRow())]
        width, height = self.width_box.value(), self.height_box.value()
        return NewCanvas(width, height, chosen.starter, chosen.style_id)

    def _lay_out(self) -> None:
        # A combo box's own delegate ignores the style sheet.
        self._preset.setItemDelegate(QStyledItemDelegate(self))
        for text, width, height in PRESETS:
            self._preset.addItem(tr(text), (width, height))
        self._preset.addItem(tr("Custom"), None)
        self._fill_beginnings()
        form = form_layout()
        form.addRow(tr("Size"), self._preset)
        form.addRow("", row(self.width_box, QLabel("×"), self.height_box))
        form.addRow(tr("Begin with"), self.beginnings)
        lay_out(self, form, self._note, tr("Create"))

    def _fill_beginnings(self) -> None:
        view = self.beginnings
        view.setObjectName("templates")
        view.setAccessibleName(tr("Begin with"))
        view.setViewMode(QListWidget.ViewMode.IconMode)
        view.setMovement(QListWidget.Movement.Static)
        view.setResizeMode(QListWidget.ResizeMode.Adjust)
        view.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setUniformItemSizes(True)
        view.setWordWrap(True)
        view.setIconSize(PICTURE)
        view.setGridSize(CELL)
        view.setFixedSize(COLUMNS * CELL.width() + 24, round(2.3 * CELL.height()))
        for template in self._choice:
            item = QListWidgetItem(_icon(template.starter), template.name)
            item.setToolTip(template.tip)
            view.addItem(item)
        view.setCurrentRow(0)

    def _connect(self) -> None:
        self._preset.activated.connect(self._on_preset)
        self.width_box.valueChanged.connect(self._on_size)
        self.height_box.valueChanged.connect(self._on_size)
        self.beginnings.itemActivated.connect(self.accept)

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
        count = tr("{count} megapixels", count=f"{megapixels:.1f}")
        large = tr("Painting takes a while at this size.") if megapixels > 5 else ""
        self._note.setText(f"{count}. {large}".rstrip())


def _icon(doodle: Path | None) -> QIcon:
    picture = QPixmap(str(doodle)) if doodle is not None else QPixmap(PICTURE)
    if doodle is None:
        picture.fill(QColor(*materials()[0].rgb))
    picture = filling(picture, PICTURE)
    icon = QIcon(picture)
    # Otherwise Qt tints the icon of the selected item.
    icon.addPixmap(picture, QIcon.Mode.Selected)
    return icon
