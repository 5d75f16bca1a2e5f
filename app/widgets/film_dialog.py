"""The dialog to export a film of how the painting was made."""

from pathlib import Path

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QStyledItemDelegate,
    QWidget,
)

from app.document.film import LAYOUTS, LENGTHS, SIZES, SUFFIXES, FilmOptions
from app.platform.translation import tr
from app.widgets.export_dialog import unused
from app.widgets.form import form_layout, lay_out, row
from app.widgets.number_box import NumberBox

FILE_WIDTH = 320


class FilmDialog(QDialog):
    """Asks for format, size, length, layout and file of a film.

    `steps`: number of steps that the film shows; `forgotten`: number of earlier steps that cannot
    be shown, because undo no longer reaches them; `first`: the initial values.
    """

    def __init__(
        self, steps: int, forgotten: int, first: FilmOptions, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Export a film"))
        self._steps, self._forgotten = steps, forgotten
        self.format_box, self.size_box = QComboBox(), QComboBox()
        self.layout_box = QComboBox()
        self.seconds = NumberBox(LENGTHS[0], LENGTHS[-1], " s")
        self.file, self.note = QLineEdit(str(first.path)), QLabel()
        self._browse = QPushButton(tr("Choose..."))
        self.go = QPushButton()
        self._lay_out()
        self._fill(first)
        self._connect()
        self._show()

    def answer(self) -> FilmOptions:
        """Return the chosen options."""
        return FilmOptions(
            Path(self.file.text()).expanduser(),
            self.size_box.currentData(),
            self.seconds.value(),
            self.layout_box.currentData(),
        )

    def _lay_out(self) -> None:
        form = form_layout()
        named = {
            tr("Format"): self.format_box, tr("Shows"): self.layout_box,
            tr("Longest side"): self.size_box, tr("Length"): self.seconds,
        }  # fmt: skip
        for name, widget in named.items():
            widget.setAccessibleName(name)
            form.addRow(name, widget)
        self.file.setAccessibleName(tr("File"))
        self.file.setMinimumWidth(FILE_WIDTH)
        self._browse.setAutoDefault(False)
        form.addRow(tr("File"), row(self.file, self._browse))
        self.note.setWordWrap(True)
        lay_out(self, form, self.note, tr("Export"))
        for buttons in self.findChildren(QDialogButtonBox):
            self.go = buttons.button(QDialogButtonBox.StandardButton.Ok)

    def _fill(self, first: FilmOptions) -> None:
        for box in (self.format_box, self.size_box, self.layout_box):
            # A combo box's own delegate ignores the style sheet.
            box.setItemDelegate(QStyledItemDelegate(self))
        for name, suffix in SUFFIXES.items():
            self.format_box.addItem(name, suffix)
        for size in SIZES:
            self.size_box.addItem(f"{size} px", size)
        for layout, name in LAYOUTS.items():
            self.layout_box.addItem(tr(name), layout)
        self.format_box.setCurrentIndex(self.format_box.findData(first.path.suffix))
        self.size_box.setCurrentIndex(self.size_box.findData(first.longest))
        self.layout_box.setCurrentIndex(self.layout_box.findData(first.layout))
        self.seconds.setValue(first.seconds)

    def _connect(self) -> None:
        self.format_box.activated.connect(self._on_format)
        self.file.textChanged.connect(self._show)
        self._browse.clicked.connect(self._choose_file)

    def _on_format(self) -> None:
        path = Path(self.file.text())
        if path.suffix.lower() != self.format_box.currentData():
            self.file.setText(str(unused(path.with_suffix(self.format_box.currentData()))))

    def _choose_file(self) -> None:
        suffix, path = self.format_box.currentData(), Path(self.file.text())
        dialog = QFileDialog(self, tr("Export as"), str(path.parent), f"*{suffix}")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        # The button of this dialog says whether a file is replaced.
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        dialog.setDefaultSuffix(suffix.removeprefix("."))
        dialog.selectFile(path.name)
        if dialog.exec():
            self.file.setText(dialog.selectedFiles()[0])

    def _show(self) -> None:
        path = Path(self.file.text()).expanduser()
        problem = self._problem(path)
        self.note.setText(problem or self._summary())
        self.go.setEnabled(not problem)
        self.go.setText(tr("Replace") if path.is_file() else tr("Export"))

    def _problem(self, path: Path) -> str:
        suffix = self.format_box.currentData()
        if not path.name or path.suffix.lower() != suffix:
            return tr("The file name must end in {endings}.", endings=suffix)
        if path.parent.is_dir():
            return ""
        return tr("The folder {folder} does not exist.", folder=path.parent)

    def _summary(self) -> str:
        text = tr("The painting is painted again in {count} steps.", count=self._steps)
        if self._forgotten:
            text += " " + tr(
                "{count} earlier steps can no longer be undone and are not shown.",
                count=self._forgotten,
            )
        return text
