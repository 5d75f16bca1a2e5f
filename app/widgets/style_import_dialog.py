"""The dialog that shows what a style file contains, before it is imported."""

from typing import Protocol

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.platform.translation import tr
from app.widgets.form import form_layout, yes_or_cancel

PICTURE = QSize(320, 240)
TEXT_WIDTH = 330
LONGEST = 300
"""Most letters of a text that are shown; a file may have any text."""


class ArchiveLike(Protocol):
    """What is shown of a style file; see `engine.packs.style_archive`."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def artist(self) -> str: ...
    @property
    def year(self) -> str: ...
    @property
    def credit(self) -> str: ...
    @property
    def licence(self) -> str: ...
    @property
    def picture(self) -> np.ndarray | None: ...


class StyleImportDialog(QDialog):
    """Shows picture, title, artist, credit and licence of a style file.

    `clash`: whose style has its id: "own", then the user chooses what happens to it, "other" or "".
    """

    def __init__(self, archive: ArchiveLike, clash: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Import a style"))
        self.keep_both = QRadioButton(tr("Keep both: the new one gets another name"))
        self.replace = QRadioButton(tr("Replace it; the old one is kept in a folder"))
        self.keep_both.setChecked(True)
        self._lay_out(archive, clash)

    @property
    def replaces(self) -> bool:
        """Whether the user's own style of this id is replaced."""
        return self.replace.isChecked()

    def _lay_out(self, archive: ArchiveLike, clash: str) -> None:
        facts = QVBoxLayout()
        facts.setSpacing(10)
        title = _text(archive.title)
        title.setProperty("role", "heading")
        facts.addWidget(title)
        facts.addLayout(self._form(archive))
        facts.addLayout(self._clash(clash))
        facts.addStretch(1)
        sides = QHBoxLayout()
        sides.setSpacing(20)
        sides.addWidget(_picture(archive), 0, Qt.AlignmentFlag.AlignTop)
        sides.addLayout(facts)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(22, 20, 22, 18)
        layout.setSpacing(16)
        layout.addLayout(sides)
        layout.addWidget(yes_or_cancel(self, tr("Import")))
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)

    def _form(self, archive: ArchiveLike) -> QFormLayout:
        form = form_layout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        artist = ", ".join(filter(None, (archive.artist, archive.year)))
        for name, text in (
            (tr("Artist"), artist), (tr("Credit"), archive.credit), (tr("Licence"), archive.licence)
        ):  # fmt: skip
            caption = QLabel(name)
            caption.setProperty("role", "muted")
            caption.setAlignment(Qt.AlignmentFlag.AlignTop)
            shown = _text(text or tr("unknown"))
            shown.setAccessibleName(f"{name}: {shown.text()}")
            form.addRow(caption, shown)
        return form

    def _clash(self, clash: str) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(6)
        if clash == "own":
            column.addWidget(_text(tr("You already have a style of this name.")))
            column.addWidget(self.keep_both)
            column.addWidget(self.replace)
        elif clash:
            column.addWidget(
                _text(tr("Daub already has this style. The new one gets another name."))
            )
        return column


def _text(text: str) -> QLabel:
    """Return a label for text of a file, which is never HTML and may have many lines."""
    text = " ".join(text.split())
    label = QLabel(text if len(text) <= LONGEST else f"{text[:LONGEST]}...")
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setFixedWidth(TEXT_WIDTH)
    label.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Minimum)
    return label


def _picture(archive: ArchiveLike) -> QLabel:
    label = QLabel()
    label.setFixedSize(PICTURE)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setAccessibleName(tr("Picture of the style"))
    if archive.picture is not None:
        pixels = np.ascontiguousarray(archive.picture)
        height, width, _ = pixels.shape
        image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        keep = Qt.AspectRatioMode.KeepAspectRatio
        fitted = image.scaled(PICTURE, keep, Qt.TransformationMode.SmoothTransformation)
        label.setPixmap(QPixmap.fromImage(fitted))
    return label
