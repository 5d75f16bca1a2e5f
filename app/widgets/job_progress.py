"""The progress of a long job in the status bar."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from app.platform.theme import icon

STEPS = 1000


class JobProgress(QWidget):
    """Shows a job's title, progress and time left. `stopped`: the user clicked the stop button.

    `name` and `stop`: accessible names of the bar and of the stop button. `outcome`: tooltip of the
    stop button.
    """

    stopped = Signal()

    def __init__(self, name: str, stop: str, outcome: str) -> None:
        super().__init__()
        self.what, self.bar, self.time_left = QLabel(), QProgressBar(), QLabel()
        self.bar.setRange(0, STEPS)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(130)
        self.bar.setAccessibleName(name)
        self.stop_button = QToolButton()
        self.stop_button.setIcon(icon("stop"))
        self.stop_button.setToolTip(outcome)
        self.stop_button.setAccessibleName(stop)
        self.stop_button.clicked.connect(self.stopped)
        self._layout = layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 6, 0)
        layout.setSpacing(4)
        for widget in (self.what, self.bar, self.time_left, self.stop_button):
            layout.addWidget(widget)
        self.hide()

    def add_button(self, picture: str, name: str) -> QToolButton:
        """Add a button with an icon before the stop button; `name`: what it does."""
        button = QToolButton()
        self._layout.insertWidget(self._layout.count() - 1, button)
        set_button(button, picture, name)
        return button

    def begin(self, what: str) -> None:
        """Show a new job with the title `what`, at 0 %."""
        self.what.setText(what)
        self.bar.setValue(0)
        self.time_left.setText("")
        self.show()

    def set_progress(self, share: float, time_left: str) -> None:
        """Show the share done, 0-1, and the time left as text."""
        self.bar.setValue(round(share * STEPS))
        self.time_left.setText(time_left)


def set_button(button: QToolButton, picture: str, name: str) -> None:
    """Set a button's icon, and its tooltip and accessible name to what it does."""
    button.setIcon(icon(picture))
    button.setToolTip(name)
    button.setAccessibleName(name)
