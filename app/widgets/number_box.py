"""The number box."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QSpinBox, QWidget


class NumberBox(QSpinBox):
    """A spin box without arrows; the value is typed or changed with the wheel.

    A number beyond the limits can be typed and becomes the nearest limit.
    """

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

    def validate(self, text: str, place: int) -> tuple[QValidator.State, str, int]:
        """Accept any number while it is typed; Qt would ignore the digit that exceeds the limit."""
        if self._number(text) is None:
            return super().validate(text, place)
        within = self.minimum() <= int(self._number(text) or 0) <= self.maximum()
        state = QValidator.State.Acceptable if within else QValidator.State.Intermediate
        return state, text, place

    def fixup(self, text: str) -> str:
        """Return the limit that is nearest to a typed number beyond the limits."""
        number = self._number(text)
        if number is None:
            return super().fixup(text)
        return f"{max(self.minimum(), min(self.maximum(), number))}{self.suffix()}"

    def _number(self, text: str) -> int | None:
        """Return the number in a text with or without the unit; None if there is none."""
        digits = text.removesuffix(self.suffix()).strip()
        return int(digits) if digits.isdecimal() else None
