"""The export dialog."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QStyledItemDelegate,
    QVBoxLayout,
    QWidget,
)

from app.document.export_options import SCALES, ExportOptions
from app.document.photo import Photo
from app.platform.translation import tr
from app.widgets.form import form_layout

LONGEST_SIDE = 16384
WIDTH = 520
HALF_MINUTE, MINUTE = 30, 60
NAMES_TRIED = 999

ANEW = (
    "Painted at this size, not enlarged: strokes keep their size in pixels, so there are more, "
    "finer strokes."
)
NOT_PAINTED = "This format holds the doodle, not the painting."
SAME = "The same picture, larger: strokes grow with it, in the painting's own detail."
ENLARGED = "The photo is enlarged before it is painted; strokes are enlarged with it."


class FormatLike(Protocol):
    """What the dialog needs to know about a file format."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def extensions(self) -> tuple[str, ...]: ...
    @property
    def depths(self) -> tuple[int, ...]: ...
    @property
    def has_quality(self) -> bool: ...
    @property
    def holds(self) -> str: ...
    def too_large(self, width: int, height: int) -> str:
        """Return why the format cannot hold this size, as a clause; empty if it can."""


class ExportDialog(QDialog):
    """Asks for format, bit depth, quality, scale and file, and shows the resulting size and time.

    `size`: width and height of the canvas. `estimate`: returns the seconds for a number of pixels,
    or None if unknown, also given whether the refined picture is taken. `first`: the initial
    values. `refined`: whether a refined picture is shown. `photo`: the photo that is painted, if
    any. `strokes`: whether the picture is painted with strokes.
    """

    def __init__(
        self,
        formats: Sequence[FormatLike],
        size: tuple[int, int],
        first: ExportOptions,
        estimate: Callable[[int, bool], float | None],
        refined: bool,
        parent: QWidget | None = None,
        photo: Photo | None = None,
        strokes: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Export"))
        self._formats = {entry.id: entry for entry in formats}
        self._size, self._estimate, self._has_refined = size, estimate, refined
        self._photo, self._strokes = photo, strokes
        self.format_box, self.bits = _choice(tr("Format")), _choice(tr("Bits per channel"))
        self.quality, self.scale = (
            _slider(tr("Quality"), 1, 100),
            _slider(tr("Scale"), 1, SCALES[-1]),
        )
        self._quality_text, self._scale_text = QLabel(), QLabel()
        self.refined = QCheckBox(tr("Export the refined picture"))
        self.camera = QCheckBox(tr("Keep the camera data"))
        self.camera.setToolTip(tr("Time, lens and exposure, but not the location"))
        self.file = QLineEdit()
        self.file.setAccessibleName(tr("File"))
        self.note = QLabel()
        self._lay_out()
        self._fill(first)
        self._connect()
        self._on_format()

    def answer(self) -> ExportOptions:
        """Return the chosen options."""
        return ExportOptions(
            path=path_in(self.file),
            format=self._format.id,
            bits=self.bits.currentData(),
            quality=self.quality.value(),
            scale=self.scale.value(),
            refined=self._takes_refined,
            camera=self._has_camera and self.camera.isChecked(),
        )

    @property
    def _has_camera(self) -> bool:
        return self._photo is not None and bool(self._photo.camera)

    @property
    def _format(self) -> FormatLike:
        return self._formats[self.format_box.currentData()]

    @property
    def _takes_refined(self) -> bool:
        return self.refined.isEnabled() and self.refined.isChecked() and self._has_refined

    # -- layout -----------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.form = form_layout()
        self.form.addRow(tr("Format"), _row(self.format_box, self.bits))
        self._quality_row = _row(self.quality, self._quality_text)
        self.form.addRow(tr("Quality"), self._quality_row)
        self.form.addRow(tr("Scale"), _row(self.scale, self._scale_text))
        self.form.addRow("", self.refined)
        self.form.addRow("", self.camera)
        self._browse = QPushButton(tr("Choose..."))
        self._browse.setAutoDefault(False)
        self.form.addRow(tr("File"), _row(self.file, self._browse))
        self.note.setWordWrap(True)
        self.note.setProperty("role", "muted")
        # At least two lines, so that the dialog keeps its size when the text changes.
        self.note.setMinimumHeight(2 * self.note.fontMetrics().lineSpacing() + 2)
        self.note.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(22, 20, 22, 18)
        layout.setSpacing(14)
        layout.addLayout(self.form)
        layout.addWidget(self.note)
        layout.addStretch(1)
        layout.addWidget(self._buttons())
        self.setMinimumWidth(WIDTH)

    def _buttons(self) -> QDialogButtonBox:
        kinds = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kinds.Save | kinds.Cancel)
        self.go = buttons.button(kinds.Save)
        self.go.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        return buttons

    def _fill(self, first: ExportOptions) -> None:
        for box in (self.format_box, self.bits):
            # A combo box's own delegate ignores the style sheet.
            box.setItemDelegate(QStyledItemDelegate(self))
        for entry in self._formats.values():
            self.format_box.addItem(tr(entry.name), entry.id)
        self.format_box.setCurrentIndex(max(0, self.format_box.findData(first.format)))
        self._wanted_bits = first.bits
        self.scale.setMaximum(max(1, min(SCALES[-1], LONGEST_SIDE // max(self._size))))
        self.scale.setValue(first.scale)
        self.quality.setValue(first.quality)
        self.refined.setChecked(first.refined)
        self.form.setRowVisible(self.refined, self._has_refined)
        self.camera.setChecked(first.camera)
        self.form.setRowVisible(self.camera, self._has_camera)
        self.file.setText(str(first.path))

    def _connect(self) -> None:
        self.format_box.activated.connect(self._on_format)
        self.bits.activated.connect(self._on_depth)
        for slider in (self.quality, self.scale):
            slider.valueChanged.connect(self._show)
        self.refined.toggled.connect(self._show)
        self.file.textChanged.connect(self._show)
        self._browse.clicked.connect(self._choose_file)

    # -- reactions to input -----------------------------------------------------------------

    def _on_format(self) -> None:
        set_ending(self.file, self._format.extensions)
        self._show()

    def _on_depth(self) -> None:
        self._wanted_bits = self.bits.currentData()
        self._show()

    def _choose_file(self) -> None:
        choose_file(self.file, tr(self._format.name), self._format.extensions)

    def _show(self) -> None:
        entry, scale = self._format, self.scale.value()
        self.form.setRowVisible(self._quality_row, entry.has_quality)
        self._quality_text.setText(str(self.quality.value()))
        width, height = (side * scale for side in self._size)
        self._scale_text.setText(f"{scale}×   {width} × {height}")
        for box in (self.refined, self.camera):
            box.setEnabled(entry.holds == "painting")
        self.refined.setToolTip("" if entry.holds == "painting" else tr(NOT_PAINTED))
        self._show_depths()
        path = path_in(self.file)
        problem = self._problem(path, width, height)
        self.note.setText(problem or self._summary(width * height / 1e6))
        self.go.setEnabled(not problem)
        self.go.setText(tr("Replace") if not problem and path.is_file() else tr("Export"))

    def _show_depths(self) -> None:
        depths = (8,) if self._only_eight else self._format.depths
        self.bits.clear()
        for bits in depths:
            self.bits.addItem(tr("{bits} bits per channel", bits=bits), bits)
        self.bits.setCurrentIndex(max(0, self.bits.findData(self._wanted_bits)))
        self.bits.setEnabled(len(depths) > 1)
        self.bits.setToolTip(self._only_eight)

    @property
    def _only_eight(self) -> str:
        """Why there are only 8 bits per channel, in a sentence; empty if there are 16 too."""
        if 16 not in self._format.depths:
            return tr("{name} has 8 bits per channel.", name=tr(self._format.name))
        if self._photo is not None and self._photo.deep is None:
            return tr("This photo has 8 bits per channel.")
        if self._takes_refined and self.scale.value() == 1:
            return tr("The refined picture has 8 bits per channel.")
        return ""

    def _problem(self, path: Path, width: int, height: int) -> str:
        if limit := self._format.too_large(width, height):
            return tr("{limit}: choose a smaller scale, PNG or TIFF.", limit=limit)
        return file_problem(path, self._format.extensions)

    def _summary(self, megapixels: float) -> str:
        size = tr("{count} megapixels", count=f"{megapixels:.1f}")
        parts: list[str] = []
        if self._format.holds != "painting":
            parts += [tr("Edges are smoothed.")] * (self.scale.value() > 1)
            return " ".join([f"{size}.", *parts])
        seconds = self._estimate(round(megapixels * 1e6), self._takes_refined)
        size += f", {duration(seconds)}." if seconds is not None else "."
        if self.scale.value() > 1:
            parts.append(tr(self._larger))
        parts += [self._only_eight] * bool(self._only_eight)
        return " ".join([size, *parts])

    @property
    def _larger(self) -> str:
        """What a larger scale makes of the picture, in English."""
        if self._photo is not None:
            return ENLARGED
        return SAME if self._strokes or self._takes_refined else ANEW


def path_in(field: QLineEdit) -> Path:
    """Return the path that a field contains."""
    path = Path(field.text())
    try:
        return path.expanduser()
    except RuntimeError:  # there is no such user
        return path


def set_ending(field: QLineEdit, endings: Sequence[str]) -> None:
    """Change the file name in a field so that it has one of the endings and is not used yet."""
    path = Path(field.text())
    if path.name and path.suffix.lower() not in endings:
        field.setText(str(unused(path.with_suffix(endings[0]))))


def choose_file(field: QLineEdit, kind: str, endings: Sequence[str]) -> None:
    """Let the user choose the file that a field of a dialog contains; `kind`: name of its kind."""
    path = path_in(field)
    dialog = QFileDialog(field.window(), tr("Export as"), str(path.parent))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    # The button of the dialog with the field says whether a file is replaced.
    dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
    dialog.setNameFilter(f"{kind} ({' '.join(f'*{ending}' for ending in endings)})")
    dialog.setDefaultSuffix(endings[0].removeprefix("."))
    dialog.selectFile(path.name)
    if dialog.exec():
        field.setText(dialog.selectedFiles()[0])


def file_problem(path: Path, endings: Sequence[str]) -> str:
    """Return why a file cannot be written, as a sentence; empty if it can."""
    if not path.name or path.suffix.lower() not in endings:
        return tr("The file name must end in {endings}.", endings=" / ".join(endings))
    try:
        if not path.parent.is_dir():
            return tr("The folder {folder} does not exist.", folder=path.parent)
        return tr("{name} is a folder.", name=path.name) if path.is_dir() else ""
    except OSError:
        return tr("The file name is too long.")


def unused(path: Path) -> Path:
    """Return this path, or the first unused path with a number at the end of its name."""
    name = re.sub(r" \d+$", "", path.stem) if path.exists() else path.stem
    for number in range(2, NAMES_TRIED):
        if not path.exists():
            break
        path = path.with_stem(f"{name} {number}")
    return path


def duration(seconds: float) -> str:
    """Return an approximate duration as text."""
    if seconds < 2:
        return tr("a moment")
    if seconds < HALF_MINUTE:
        return tr("about {seconds} s", seconds=round(seconds))
    if seconds < 1.5 * MINUTE:
        return tr("about {seconds} s", seconds=10 * round(seconds / 10))
    return tr("about {minutes} min", minutes=round(seconds / MINUTE))


def _choice(name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    return box


def _slider(name: str, lowest: int, highest: int) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setAccessibleName(name)
    slider.setRange(lowest, highest)
    return slider


def _row(*widgets: QWidget) -> QWidget:
    """Return widgets side by side; the first one takes the free space."""
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(10)
    for widget in widgets:
        layout.addWidget(widget, 1 if widget is widgets[0] else 0)
    return row
