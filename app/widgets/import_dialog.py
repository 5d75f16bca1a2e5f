"""The import dialog: turn a picture into a doodle, colour by colour, or trace it."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QScrollArea,
    QStyledItemDelegate,
    QVBoxLayout,
    QWidget,
)

from app.document.colour_quantization import ForeignColours
from app.platform.translation import tr
from app.widgets.form import yes_or_cancel
from resources.materials import in_colours, materials

PREVIEW = QSize(300, 225)
SWATCH = 20
TALLEST_LIST = 330


class ImportDialog(QDialog):
    """Asks for a material for each of the picture's colours, and previews the doodle.

    `small`: the picture, h x w x 3 uint8 RGB, of any size. `colours`: its main colours. `fresh`:
    whether the doodle becomes a new painting.
    """

    def __init__(
        self,
        name: str,
        small: np.ndarray,
        colours: ForeignColours,
        fresh: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Import {name}", name=name))
        self._colours, self._fresh = colours, fresh
        height, width = colours.index.shape
        step = max(1, width // PREVIEW.width(), height // PREVIEW.height())
        self._index = colours.index[::step, ::step]
        self._picture, self.preview = QLabel(), QLabel()
        self.as_doodle = QRadioButton(tr("Convert to a doodle"))
        self.as_underlay = QRadioButton(tr("Trace: show as an underlay"))
        self.choices: list[QComboBox] = []
        self._lay_out(small, f"{width} × {height}")
        self._show()

    @property
    def traces(self) -> bool:
        """Whether the picture is imported as an underlay."""
        return self.as_underlay.isChecked()

    def chosen(self) -> Sequence[int]:
        """Return the material id of each colour."""
        return [choice.currentData() for choice in self.choices]

    def _lay_out(self, small: np.ndarray, size: str) -> None:
        pictures = QHBoxLayout()
        pictures.setSpacing(12)
        pictures.addLayout(_captioned(self._picture, tr("Picture, {size}", size=size)))
        pictures.addLayout(_captioned(self.preview, tr("Doodle")))
        self._picture.setPixmap(_fitted(small))
        self._question = QButtonGroup(self)
        for button in (self.as_doodle, self.as_underlay):
            self._question.addButton(button)
        wanted = self.as_doodle if self._colours.flat else self.as_underlay
        wanted.setChecked(True)
        self.mapping = self._mapping()
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(22, 20, 22, 18)
        layout.setSpacing(12)
        layout.addLayout(pictures)
        answers = yes_or_cancel(self, tr("Import"))
        for widget in (self.as_underlay, self.as_doodle, self.mapping, self.note, answers):
            layout.addWidget(widget)
        self.as_doodle.toggled.connect(self._show)

    def _mapping(self) -> QScrollArea:
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(22, 0, 8, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(3, 1)
        suggested = self._colours.suggested()
        for row, colour in enumerate(self._colours.colours):
            share = QLabel(percentage(float(self._colours.shares[row])))
            share.setProperty("role", "muted")
            share.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(_swatch(colour), row, 0)
            grid.addWidget(share, row, 1)
            grid.addWidget(QLabel("→"), row, 2)
            grid.addWidget(self._choice(row, suggested[row]), row, 3)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inside)
        area.setFixedHeight(min(TALLEST_LIST, inside.sizeHint().height() + 2))
        return area

    def _choice(self, row: int, suggested: int) -> QComboBox:
        box = QComboBox()
        box.setItemDelegate(QStyledItemDelegate(self))
        red, green, blue = (int(value) for value in self._colours.colours[row])
        box.setAccessibleName(
            tr("Material for colour {colour}", colour=f"#{red:02x}{green:02x}{blue:02x}")
        )
        for material in materials():
            box.addItem(_icon(material.rgb), tr(material.name), material.id)
        box.setCurrentIndex(box.findData(suggested))
        box.currentIndexChanged.connect(self._show)
        # Scrolling the list with the wheel must not change materials.
        box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        box.wheelEvent = lambda event: event.ignore()  # type: ignore[method-assign]
        self.choices.append(box)
        return box

    def _show(self) -> None:
        self.mapping.setEnabled(not self.traces)
        chosen = np.array(self.chosen(), np.uint8)
        self.preview.setPixmap(_fitted(in_colours(chosen[self._index])))
        self.preview.setEnabled(not self.traces)
        flat = self._colours.flat
        kind = tr("Looks like a drawing of flat colours.") if flat else tr("Looks like a photo.")
        what = (
            tr("The canvas stays unchanged; the picture does not become part of the doodle.")
            if self.traces
            else tr("It becomes a new painting; the file stays unchanged.")
            if self._fresh
            else tr("The canvas takes the picture's size. This step can be undone.")
        )
        self.note.setText(f"{kind} {what}")


def percentage(share: float) -> str:
    """Return a share of the picture, 0-1, as text in percent."""
    return f"{share * 100:.0f} %" if share >= 0.01 else "< 1 %"


def _captioned(picture: QLabel, text: str) -> QVBoxLayout:
    picture.setFixedSize(PREVIEW)
    picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
    caption = QLabel(text)
    caption.setProperty("role", "muted")
    column = QVBoxLayout()
    column.setSpacing(4)
    column.addWidget(picture)
    column.addWidget(caption)
    return column


def _fitted(rgb: np.ndarray) -> QPixmap:
    height, width = rgb.shape[:2]
    pixels = np.ascontiguousarray(rgb)
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return QPixmap.fromImage(image.scaled(PREVIEW, keep, smooth))


def _icon(rgb: Sequence[int]) -> QIcon:
    pixmap = QPixmap(SWATCH, SWATCH)
    pixmap.fill(QColor(*(int(value) for value in rgb)))
    return QIcon(pixmap)


def _swatch(rgb: Sequence[int]) -> QLabel:
    swatch = QLabel()
    swatch.setPixmap(_icon(rgb).pixmap(SWATCH, SWATCH))
    return swatch
