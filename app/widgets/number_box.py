"""The number box."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSpinBox, QWidget


class NumberBox(QSpinBox):
    """A spin box without arrows; the value is typed or changed with the wheel."""

    def __init__(
        self, lowest: int, highest: int, unit: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setRange(lowest, highest)
        self.setSuffix(unit)
        # Do not emit half-typed numbers.
        self.setKeyboardTracking(False)
        # The wheel changes the number under the pointer without taking the focus.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # The style sheet's padding does not reach the text of a spin box.
        self.lineEdit().setTextMargins(7, 0, 2, 0)
