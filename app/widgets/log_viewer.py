"""The log dialog."""

from pathlib import Path

from PySide6.QtCore import QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QStyledItemDelegate,
    QVBoxLayout,
    QWidget,
)

from app.platform.errors import LOG_FILE, log_folder
from app.platform.translation import tr

LOOK_EVERY_MS = 500
LONGEST = 256 * 1024
"""Maximum number of bytes that are shown, from the end of the log."""

LEVELS = {"Everything": 0, "Warnings": 1, "Errors": 2}
RANKS = {"DEBUG": 0, "INFO": 0, "WARNING": 1, "ERROR": 2, "CRITICAL": 2}


class LogViewer(QDialog):
    """Non-modal dialog that shows the log file and updates while it is open."""

    def __init__(self, folder: Path | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Log"))
        self._folder = folder if folder is not None else log_folder()
        self.level, self.text = QComboBox(), QPlainTextEdit()
        self.open_folder = QPushButton(tr("Open the &folder"))
        self._seen = (-1, -1)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._lay_out()
        self.resize(760, 460)

    def look(self) -> None:
        """Update the text if the log file has changed."""
        stamp = _stamp(self._folder / LOG_FILE)
        if stamp != self._seen:
            self._seen = stamp
            self._show_log()

    def _lay_out(self) -> None:
        # A combo box's own delegate ignores the style sheet.
        self.level.setItemDelegate(QStyledItemDelegate(self.level))
        for name, rank in LEVELS.items():
            self.level.addItem(tr(name), rank)
        self.level.currentIndexChanged.connect(self._show_log)
        caption = QLabel(tr("&Show"))
        caption.setBuddy(self.level)
        self.level.setAccessibleName(tr("Log level"))
        self.text.setReadOnly(True)
        self.text.setAccessibleName(tr("Log"))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setPlaceholderText(tr("No entries."))
        self.open_folder.setAutoDefault(False)
        self.open_folder.clicked.connect(self._open_folder)
        top = QHBoxLayout()
        top.addWidget(caption)
        top.addWidget(self.level)
        top.addStretch(1)
        top.addWidget(self.open_folder)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 16)
        layout.addLayout(top)
        layout.addWidget(self.text)

    def _show_log(self) -> None:
        bar = self.text.verticalScrollBar()
        at, follows = bar.value(), bar.value() == bar.maximum()
        shown = at_least(log_tail(self._folder), self.level.currentData())
        self.text.setPlainText(shown)
        # Keep the position if the user has scrolled back.
        bar.setValue(bar.maximum() if follows else at)

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))

    def showEvent(self, event: QShowEvent) -> None:
        self.look()
        self._timer.start()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)


def log_tail(folder: Path) -> str:
    """Return the last lines of the log, at most LONGEST bytes; empty if there is no log."""
    try:
        with (folder / LOG_FILE).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - LONGEST))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return text.partition("\n")[2] if size > LONGEST else text


def at_least(log: str, rank: int) -> str:
    """Return the log's entries of at least this rank, with their tracebacks."""
    kept, wanted = [], True
    for line in log.splitlines():
        words = line.split(maxsplit=3)
        if len(words) > 2 and words[2] in RANKS:
            wanted = RANKS[words[2]] >= rank
        if wanted:
            kept.append(line)
    return "\n".join(kept)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_size, stat.st_mtime_ns
