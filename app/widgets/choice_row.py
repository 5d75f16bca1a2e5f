"""A few buttons of which one is down."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QToolButton, QWidget

from app.platform.theme import icon
from app.platform.translation import tr


class ChoiceRow(QWidget):
    """Chooses one of some values, each with an icon and a tooltip. `chosen` carries the value."""

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
        """Show which one is chosen, without telling it back."""
        self.button(value).setChecked(True)

    def button(self, value: object) -> QAbstractButton:
        """The button of a value."""
        return self._group.button(self._values.index(value))


def icon_button(name: str, tip: str) -> QToolButton:
    """A small button that stays down, with an icon and a tooltip."""
    button = QToolButton()
    button.setIcon(icon(name))
    button.setIconSize(QSize(20, 20))
    button.setCheckable(True)
    button.setToolTip(tr(tip))
    button.setAccessibleName(tr(tip))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
