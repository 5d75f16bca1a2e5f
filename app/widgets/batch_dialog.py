"""The photos of a batch, with thumbnails, progress, pause and stop, and what failed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.platform.theme import pixmap
from app.platform.translation import tr
from app.widgets.clipboard import image_of
from app.widgets.job_progress import STEPS

SIDE = 224
"""Side of a thumbnail in pixels; it is shown at half the size."""

CELL = QSize(132, 142)
MOST_PICTURES = 500
"""Most thumbnails that are kept, as each has 200 KB; older ones become grey squares again."""

DIM = 0.35
"""Opacity of a photo that is not painted yet."""

WARNING = 64
MARGIN = 24


class BatchDialog(QDialog):
    """Shows the photos of a batch; it does not block the window, and closing it stops nothing.

    `paused` carries whether to pause, `stopped` that the user stopped the batch, `asked_folder`
    that the folder shall be opened.
    """

    paused = Signal(bool)
    stopped = Signal()
    asked_folder = Signal()

    def __init__(self, photos: Sequence[Path], folder: Path, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self.setWindowTitle(tr("Painting photos"))
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.list, self.bar, self.words = QListWidget(), QProgressBar(), QLabel()
        self.problems = QPlainTextEdit()
        self._failed = QLabel(tr("These photos were not painted:"))
        self.pause_button, self.stop_button = QPushButton(tr("Pause")), QPushButton(tr("Stop"))
        self.folder_button = QPushButton(tr("Open the folder"))
        self._items: dict[Path, QListWidgetItem] = {}
        self._painted: set[Path] = set()
        self._pictured: dict[Path, None] = {}  # the longest ago first
        self._faulty: set[Path] = set()
        self._set_up(folder)
        self._lay_out()
        self._bare, self._bare_faulty = _icon(None, DIM), _icon(None, DIM, True)
        for path in photos:
            self._items[path] = item = QListWidgetItem(self._bare, path.name, self.list)
            item.setToolTip(str(path))
            item.setSizeHint(CELL)

    def _set_up(self, folder: Path) -> None:
        view = self.list
        view.setViewMode(QListView.ViewMode.IconMode)
        view.setResizeMode(QListView.ResizeMode.Adjust)
        view.setMovement(QListView.Movement.Static)
        view.setSelectionMode(QListView.SelectionMode.NoSelection)
        view.setUniformItemSizes(True)
        view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        view.setIconSize(QSize(SIDE // 2, SIDE // 2))
        view.setAccessibleName(tr("Photos"))
        self.bar.setRange(0, STEPS)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Photos"))
        self.problems.setReadOnly(True)
        self.problems.setAccessibleName(self._failed.text())
        self.problems.setMaximumHeight(72)
        for widget in (self._failed, self.problems):
            widget.hide()
        self.folder_button.setToolTip(str(folder))
        self.pause_button.setCheckable(True)
        self.pause_button.setToolTip(tr("The photo that is being painted is completed first"))
        self.stop_button.setToolTip(tr("Stop painting photos; finished paintings are kept"))
        self.pause_button.clicked.connect(self.paused)
        self.stop_button.clicked.connect(self.stopped)
        self.folder_button.clicked.connect(self.asked_folder)
        for button in (self.pause_button, self.stop_button, self.folder_button):
            button.setAutoDefault(False)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.folder_button)
        buttons.addStretch(1)
        buttons.addWidget(self.pause_button)
        buttons.addWidget(self.stop_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 16)
        layout.setSpacing(10)
        layout.addWidget(self.list, 1)
        for widget in (self._failed, self.problems, self.bar, self.words):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        self.resize(476, 540)

    def show_beside(self) -> None:
        """Show the dialog in the lower right corner of its parent, where it hides least."""
        corner = self._parent.mapToGlobal(self._parent.rect().bottomRight())
        self.move(corner.x() - self.width() - MARGIN, corner.y() - self.height() - 2 * MARGIN)
        self.show()

    def show_photo(self, path: Path, picture: np.ndarray | None, painted: bool) -> None:
        """Show a thumbnail, h x w x 3 uint8, of a photo, or of its painting if `painted`."""
        item = self._items.get(path)
        if item is None or (path in self._painted and not painted):
            return
        if painted:
            self._painted.add(path)
            self.list.scrollToItem(item)
        elif path not in self._pictured and len(self._pictured) >= MOST_PICTURES:
            return
        item.setIcon(_icon(picture, 1.0 if painted else DIM, path in self._faulty))
        self._pictured.pop(path, None)
        self._pictured[path] = None
        if len(self._pictured) > MOST_PICTURES:
            oldest = next(iter(self._pictured))
            del self._pictured[oldest]
            bare = self._bare_faulty if oldest in self._faulty else self._bare
            self._items[oldest].setIcon(bare)

    def show_problem(self, path: Path, problem: str) -> None:
        """Mark a photo that could not be painted and list why."""
        item = self._items.get(path)
        if item is not None:
            self._faulty.add(path)
            item.setIcon(_warning(item.icon()))
            item.setToolTip(problem)
        self.problems.appendPlainText(problem)
        for widget in (self._failed, self.problems):
            widget.show()

    def set_progress(self, share: float, words: str) -> None:
        """Show the share done, 0-1, and the count and time left as text."""
        self.bar.setValue(round(share * STEPS))
        self.words.setText(words)

    def set_paused(self, paused: bool) -> None:
        """Show whether the batch is paused."""
        self.pause_button.setChecked(paused)
        self.pause_button.setText(tr("Continue") if paused else tr("Pause"))

    def finish(self, words: str) -> None:
        """Show the result; nothing can be paused or stopped any more."""
        self.words.setText(words)
        self.set_paused(False)
        for button in (self.pause_button, self.stop_button):
            button.setEnabled(False)


def _icon(picture: np.ndarray | None, opacity: float, warns: bool = False) -> QIcon:
    """Return a square icon with a picture in the middle, or a grey square; a warning above it."""
    square = QPixmap(SIDE, SIDE)
    square.fill(Qt.GlobalColor.transparent)
    painter = QPainter(square)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setOpacity(opacity)
    if picture is not None:
        image = image_of(picture)
        place = QRect(0, 0, image.width(), image.height())
        place.moveCenter(square.rect().center())
        painter.drawImage(place.topLeft(), image)
    else:
        painter.fillRect(square.rect().adjusted(24, 24, -24, -24), Qt.GlobalColor.gray)
    painter.end()
    return _warning(QIcon(square)) if warns else QIcon(square)


def _warning(icon: QIcon) -> QIcon:
    """Return an icon of `_icon` with a warning above it."""
    square = icon.pixmap(QSize(SIDE, SIDE), 1.0)
    painter, corner = QPainter(square), (SIDE - WARNING) // 2
    painter.drawPixmap(corner, corner, pixmap("warning", WARNING, 1))
    painter.end()
    return QIcon(square)
