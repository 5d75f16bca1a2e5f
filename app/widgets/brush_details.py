"""A button that opens the less frequently used brush options."""

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QMenu, QToolButton, QWidget, QWidgetAction

from app.platform.theme import icon
from app.platform.translation import tr
from app.tools import ToolOptions, heeds
from app.widgets.sliders import Scale, ValueSlider

# Option, label, tooltip, scale.
ROWS = (
    ("spacing", "Spacing", "Distance between dabs; no gaps at the left end",
     Scale.even(2.0)),
    ("jitter", "Jitter", "Randomness of dabs and ragged edges", Scale.even()),
    ("gamma", "Pen", "Pressure that the pen needs: light on the left, firm on the right",
     Scale.logarithmic(0.25, 4.0)),
)  # fmt: skip


class BrushDetails(QToolButton):
    """Opens a panel of sliders. `changed` carries the changed option and its value."""

    changed = Signal(dict)

    def __init__(self) -> None:
        super().__init__()
        self.setIcon(icon("dynamics"))
        self.setIconSize(QSize(20, 20))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolTip(tr("More brush options: spacing, jitter, pen pressure  (F5)"))
        self.setAccessibleName(tr("More brush options"))
        self.setShortcut("F5")
        self._rows: dict[str, tuple[QLabel, ValueSlider, QLabel]] = {}
        menu, holder = QMenu(self), QWidgetAction(self)
        holder.setDefaultWidget(self._panel())
        menu.addAction(holder)
        self.setMenu(menu)

    def slider(self, option: str) -> ValueSlider:
        """Return the slider of an option."""
        return self._rows[option][1]

    def show_options(self, options: ToolOptions) -> None:
        """Show the values of the options that the tool uses; hide the other options."""
        for option, row in self._rows.items():
            value = getattr(options, option)
            row[1].show_value(value)
            row[2].setText(value_text(option, value))
            for part in row:
                part.setVisible(heeds(options, option))

    def _panel(self) -> QWidget:
        panel = QWidget()
        grid = QGridLayout(panel)
        grid.setContentsMargins(10, 8, 10, 8)
        grid.setHorizontalSpacing(12)
        for row, (option, word, tip, scale) in enumerate(ROWS):
            name, slider, value = QLabel(tr(word)), ValueSlider(140, scale), QLabel()
            slider.setToolTip(tr(tip))
            slider.setAccessibleName(tr(word))
            value.setProperty("role", "muted")
            value.setMinimumWidth(64)
            slider.chosen.connect(lambda number, option=option: self.changed.emit({option: number}))
            self._rows[option] = (name, slider, value)
            for column, part in enumerate(self._rows[option]):
                grid.addWidget(part, row, column)
        return panel


def value_text(option: str, value: float) -> str:
    """Return the value of an option as text for the user."""
    if option == "spacing":
        return f"{value * 100:.0f} %" if value else tr("no gaps")
    if option == "gamma":
        if abs(value - 1) < 0.02:
            return tr("unchanged")
        return tr("softer") if value < 1 else tr("firmer")
    return f"{value * 100:.0f} %"
