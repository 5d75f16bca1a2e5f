"""The dialog to choose what paints a material."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QImage, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QColorDialog,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.platform.translation import tr
from app.widgets.form import row

PICTURE = QSize(72, 48)
CHOICE = Qt.ItemDataRole.UserRole
FIRST_TINT = "#808080"


@dataclass(frozen=True)
class Choice:
    """What may paint the material: a region of a style's painting; `tint`: #rrggbb or empty."""

    style: str
    region: str
    tint: str = ""


@dataclass(frozen=True)
class Lender:
    """A style to choose from, with its `regions`: names on screen by name."""

    style: str
    title: str
    regions: Mapping[str, str] = field(default_factory=dict)


class PaintAsDialog(QDialog):
    """Lists the regions of all paintings, and a tint.

    `chosen` carries a Choice, or None for what the style says; it is painted while the dialog is
    open. `usual`: what the style says; `current`: the user's choice so far, or None.
    """

    chosen = Signal(object)

    def __init__(
        self, material: str, lenders: Sequence[Lender], usual: Choice, current: Choice | None,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.setWindowTitle(tr("Paint {material} as", material=material))
        self.resize(460, 560)
        self._usual, self._sent = usual, current
        self.list = QListWidget()
        self.list.setIconSize(PICTURE)
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName(tr("What paints it"))
        self.tint, self.colour = QCheckBox(tr("&Tint:")), QToolButton()
        self.colour.setAccessibleName(tr("Colour of the tint"))
        self._tint = current.tint if current is not None and current.tint else FIRST_TINT
        self.tint.setChecked(current is not None and bool(current.tint))
        self._as_usual = QListWidgetItem(tr("As the style does"))
        self._fill(lenders)
        self.list.setCurrentItem(self._item_of(current))
        self._lay_out()
        self._show_tint()
        self.list.currentItemChanged.connect(lambda: self._send())
        self.tint.toggled.connect(lambda _on: self._send())
        self.colour.clicked.connect(self._ask_colour)

    def set_pictures(self, style: str, pictures: Mapping[str, np.ndarray]) -> None:
        """Show pictures of a style's regions, (h, w, 3) uint8 by name."""
        for item in self._items:
            choice: Choice = item.data(CHOICE)
            if choice.style == style and choice.region in pictures:
                item.setIcon(_icon(pictures[choice.region]))

    def answer(self) -> Choice | None:
        """Return what is chosen; None for what the style says."""
        item = self.list.currentItem()
        choice: Choice | None = item.data(CHOICE) if item is not None else None
        if not self.tint.isChecked():
            return choice
        choice = choice or self._usual
        return Choice(choice.style, choice.region, self._tint)

    def _fill(self, lenders: Sequence[Lender]) -> None:
        self._items: list[QListWidgetItem] = []
        self.list.addItem(self._as_usual)
        bold = self.list.font()
        bold.setBold(True)
        for lender in lenders:
            heading = QListWidgetItem(lender.title, self.list)
            heading.setFlags(Qt.ItemFlag.NoItemFlags)
            heading.setFont(bold)
            for region, name in lender.regions.items():
                item = QListWidgetItem(_blank(), name, self.list)
                item.setData(CHOICE, Choice(lender.style, region))
                # Names alone do not say whose they are.
                spoken = f"{name}, {lender.title}"
                item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
                self._items.append(item)

    def _item_of(self, current: Choice | None) -> QListWidgetItem:
        """Return the item of a choice. A tint of what the style says is shown as the latter."""
        if current is None or current == Choice(
            self._usual.style, self._usual.region, current.tint
        ):
            return self._as_usual
        wanted = Choice(current.style, current.region)
        found = (item for item in self._items if item.data(CHOICE) == wanted)
        return next(found, self._as_usual)

    def _lay_out(self) -> None:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        note = QLabel(tr("For this document and this style. Undo takes it back."))
        note.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(12)
        layout.addWidget(self.list, 1)
        layout.addLayout(row(self.tint, self.colour))
        layout.addWidget(note)
        layout.addWidget(buttons)

    def _ask_colour(self) -> None:
        colour = QColorDialog.getColor(QColor(self._tint), self, tr("Colour of the tint"))
        if colour.isValid():
            self._tint = colour.name()
            self._show_tint()
            if self.tint.isChecked():
                self._send()
            else:
                self.tint.setChecked(True)

    def _show_tint(self) -> None:
        swatch = QPixmap(36, 16)
        swatch.fill(QColor(self._tint))
        self.colour.setIcon(QIcon(swatch))
        self.colour.setIconSize(swatch.size())

    def _send(self) -> None:
        answer = self.answer()
        if answer != self._sent:
            self._sent = answer
            self.chosen.emit(answer)


def _icon(pixels: np.ndarray) -> QIcon:
    height, width = pixels.shape[:2]
    data = np.ascontiguousarray(pixels).tobytes()
    image = QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return QIcon(QPixmap.fromImage(image.copy()))


def _blank() -> QIcon:
    """Return a transparent icon, so that rows do not move when their pictures come."""
    empty = QPixmap(PICTURE)
    empty.fill(Qt.GlobalColor.transparent)
    return QIcon(empty)
