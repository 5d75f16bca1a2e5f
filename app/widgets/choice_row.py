"""A row of buttons of which one is checked."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QToolButton, QWidget

from app.platform.theme import icon
from app.platform.translation import tr


class ChoiceRow(QWidget):
    """Buttons with icons and tooltips, one for each value. `chosen` carries the chosen value."""

    chosen = Signal(object)

    def __init__(self, choices: Sequence[tuple[object, str, str]]) -> None:
        super().__init__()
        self._values = [value for value, _, _ in choices]
        self._group = QButtonGroup(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for index, (_, name, tip) in enumerate(choices):
            button = icon_button(name, tip)
            self._group.addButton(button, index)
            layout.addWidget(button)
        self._group.idClicked.connect(lambda index: self.chosen.emit(self._values[index]))

    def show_value(self, value: object) -> None:
        """Check the button of a value, without emitting `chosen`."""
        self.button(value).setChecked(True)

    def button(self, value: object) -> QAbstractButton:
        """Return the button of a value."""
        return self._group.button(self._values.index(value))


def icon_button(name: str, tip: str) -> QToolButton:
    """Return a small checkable button with an icon and a tooltip."""
    button = QToolButton()
    button.setIcon(icon(name))
    button.setIconSize(QSize(20, 20))
    button.setCheckable(True)
    button.setToolTip(tr(tip))
    button.setAccessibleName(tr(tip))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
