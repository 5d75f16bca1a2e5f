"""A spin box without arrows."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSpinBox, QWidget


class NumberBox(QSpinBox):
    """A number to type or to turn with the wheel."""

    def __init__(
        self, lowest: int, highest: int, unit: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setRange(lowest, highest)
        self.setSuffix(unit)
        # Not after every digit: half-typed numbers are nothing to paint with.
        self.setKeyboardTracking(False)
        # Not with the wheel: that is for turning the number under the pointer.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # The style sheet's padding does not reach the text of a spin box.
        self.lineEdit().setTextMargins(7, 0, 2, 0)
