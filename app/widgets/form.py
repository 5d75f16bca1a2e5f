"""Shared parts of dialogs with a form: layout, number boxes, rows and buttons."""

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
    """Return an empty form layout with right-aligned labels."""
    form = QFormLayout()
    form.setHorizontalSpacing(18)
    form.setVerticalSpacing(10)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return form


def lay_out(dialog: QDialog, form: QFormLayout, note: QLabel, yes: str) -> None:
    """Lay out form, note and buttons at a fixed size; `yes` is the text of the OK button."""
    note.setProperty("role", "muted")
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(22, 20, 22, 18)
    layout.setSpacing(16)
    layout.addLayout(form)
    layout.addWidget(note)
    layout.addWidget(yes_or_cancel(dialog, yes))
    layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)


def yes_or_cancel(dialog: QDialog, yes: str) -> QDialogButtonBox:
    """Return a button box with an OK button, labelled `yes`, and a Cancel button."""
    kinds = QDialogButtonBox.StandardButton
    box = QDialogButtonBox(kinds.Ok | kinds.Cancel)
    box.button(kinds.Ok).setText(yes)
    box.accepted.connect(dialog.accept)
    box.rejected.connect(dialog.reject)
    return box


def pixel_box(value: int) -> NumberBox:
    """Return a number box for a side of the canvas, 16-8192 pixels."""
    box = NumberBox(SMALLEST, LARGEST, " px")
    box.setSingleStep(64)
    box.setValue(value)
    box.setFixedWidth(86)
    # Update after every digit, so that Enter accepts the number as it is shown.
    box.setKeyboardTracking(True)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return box


def row(*widgets: QWidget) -> QHBoxLayout:
    """Return a layout of widgets side by side, left-aligned."""
    row = QHBoxLayout()
    row.setSpacing(8)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return row
