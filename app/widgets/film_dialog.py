"""The dialog to export a film of how the painting was made."""

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QStyledItemDelegate,
    QWidget,
)

from app.document.film import LAYOUTS, LENGTHS, SIZES, SUFFIXES, FilmOptions
from app.platform.translation import tr
from app.widgets.export_dialog import choose_file, file_problem, path_in, set_ending
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
            path_in(self.file),
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
        wanted = {
            self.format_box: first.path.suffix, self.size_box: first.longest,
            self.layout_box: first.layout,
        }  # fmt: skip
        for box, value in wanted.items():
            box.setCurrentIndex(max(0, box.findData(value)))
        self.seconds.setValue(first.seconds)

    def _connect(self) -> None:
        self.format_box.activated.connect(lambda: set_ending(self.file, self._endings))
        self.format_box.activated.connect(self._show)
        self.file.textChanged.connect(self._show)
        self._browse.clicked.connect(self._choose_file)

    @property
    def _endings(self) -> tuple[str]:
        return (self.format_box.currentData(),)

    def _choose_file(self) -> None:
        choose_file(self.file, self.format_box.currentText(), self._endings)

    def _show(self) -> None:
        path = path_in(self.file)
        problem = file_problem(path, self._endings)
        self.note.setText(problem or self._summary())
        self.go.setEnabled(not problem)
        self.go.setText(tr("Replace") if not problem and path.is_file() else tr("Export"))

    def _summary(self) -> str:
        text = tr("The painting is painted again in {count} steps.", count=self._steps)
        if self._forgotten:
            text += " " + tr(
                "{count} earlier steps can no longer be undone and are not shown.",
                count=self._forgotten,
            )
        return text
