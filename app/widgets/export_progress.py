"""How far an export is, in the status bar."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from app.theme import icon
from app.words import tr

FINENESS = 1000


class ExportProgress(QWidget):
    """File, share done and time left; `stopped` when the painter wants no more of it."""

    stopped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.file, self.bar, self.time_left = QLabel(), QProgressBar(), QLabel()
        self.bar.setRange(0, FINENESS)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(130)
        self.bar.setAccessibleName(tr("Export"))
        self.stop_button = QToolButton()
        self.stop_button.setIcon(icon("stop"))
        self.stop_button.setToolTip(tr("Stop the export; no file remains"))
        self.stop_button.setAccessibleName(tr("Stop the export"))
        self.stop_button.clicked.connect(self.stopped)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 6, 0)
        layout.setSpacing(4)
        for widget in (self.file, self.bar, self.time_left, self.stop_button):
            layout.addWidget(widget)
        self.hide()

    def begin(self, path: Path) -> None:
        """Show that a file is being written."""
        self.file.setText(tr("Exporting {name}", name=path.name))
        self.bar.setValue(0)
        self.time_left.setText("")
        self.show()

    def set_progress(self, share: float, time_left: str) -> None:
        """Show the share done, 0-1, and the time left in words."""
        self.bar.setValue(round(share * FINENESS))
        self.time_left.setText(time_left)
