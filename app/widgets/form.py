"""What the dialogs with a form have in common: its measures, rows, lengths and buttons."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from app.widgets.number_box import NumberBox

SMALLEST, LARGEST = 16, 8192


def form_layout() -> QFormLayout:
    """An empty form, labels at the right of their column."""
    form = QFormLayout()
    form.setHorizontalSpacing(18)
    form.setVerticalSpacing(10)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return form


def lay_out(dialog: QDialog, form: QFormLayout, note: QLabel, yes: str) -> None:
    """Form, note and buttons, as large as they need; `yes`: the word that accepts."""
    note.setProperty("role", "muted")
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(22, 20, 22, 18)
    layout.setSpacing(16)
    layout.addLayout(form)
    layout.addWidget(note)
    layout.addWidget(yes_or_cancel(dialog, yes))
    layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)


def yes_or_cancel(dialog: QDialog, yes: str) -> QDialogButtonBox:
    """One that accepts the dialog, and Cancel."""
    kinds = QDialogButtonBox.StandardButton
    box = QDialogButtonBox(kinds.Ok | kinds.Cancel)
    box.button(kinds.Ok).setText(yes)
    box.accepted.connect(dialog.accept)
    box.rejected.connect(dialog.reject)
    return box


def pixel_box(value: int) -> NumberBox:
    """A length of the canvas to type in."""
    box = NumberBox(SMALLEST, LARGEST, " px")
    box.setSingleStep(64)
    box.setValue(value)
    box.setFixedWidth(86)
    # Here every digit counts at once: Enter in the middle of a number takes what is seen.
    box.setKeyboardTracking(True)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return box


def row(*widgets: QWidget) -> QHBoxLayout:
    """Widgets beside each other, at the left."""
    row = QHBoxLayout()
    row.setSpacing(8)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return row
