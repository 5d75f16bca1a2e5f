"""What a style's network has learned so far: pictures, progress, pause and cancel."""

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.platform.translation import tr
from app.widgets.clipboard import image_of
from app.widgets.job_progress import STEPS

PICTURE = QSize(320, 240)
MARGIN = 24


class TeachingDialog(QDialog):
    """Shows a doodle by strokes and by the network; closing the dialog stops nothing.

    `paused` carries whether to pause; `cancelled`: the user wants to cancel.
    """

    paused = Signal(bool)
    cancelled = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.by_strokes, self.by_network = QLabel(), QLabel()
        self.bar, self.words = QProgressBar(), QLabel()
        self.note = QLabel(
            tr(
                "You can paint meanwhile, and close Daub: it goes on at the next start. "
                "The style changes only when its network is ready."
            )
        )
        self.pause_button = QPushButton(tr("Pause"))
        self.cancel_button = QPushButton(tr("Cancel teaching"))
        self._set_up()
        self._lay_out()

    def _set_up(self) -> None:
        for label, name in (
            (self.by_strokes, tr("By strokes")),
            (self.by_network, tr("By the network so far")),
        ):
            label.setFixedSize(PICTURE)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setAccessibleName(name)
        self.bar.setRange(0, STEPS)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Teaching the network"))
        self.note.setWordWrap(True)
        self.note.setProperty("role", "muted")
        self.pause_button.setCheckable(True)
        self.pause_button.setToolTip(tr("What was learned so far is kept"))
        self.cancel_button.setToolTip(tr("Stop, and leave the style as it is"))
        self.pause_button.clicked.connect(self.paused)
        self.cancel_button.clicked.connect(self.cancelled)
        for button in (self.pause_button, self.cancel_button):
            button.setAutoDefault(False)

    def _lay_out(self) -> None:
        pictures, buttons = QHBoxLayout(), QHBoxLayout()
        pictures.setSpacing(12)
        for label in (self.by_strokes, self.by_network):
            column, title = QVBoxLayout(), QLabel(label.accessibleName())
            title.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
            column.addWidget(title)
            pictures.addLayout(column)
        buttons.addWidget(self.words, 1)
        buttons.addWidget(self.pause_button)
        buttons.addWidget(self.cancel_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 16)
        layout.setSpacing(10)
        layout.addLayout(pictures)
        layout.addWidget(self.bar)
        layout.addLayout(buttons)
        layout.addWidget(self.note)

    def show_beside(self, title: str) -> None:
        """Show the dialog for a style in the lower right corner of its parent."""
        self.setWindowTitle(tr("Teaching {title}", title=title))
        self.adjustSize()
        corner = self._parent.mapToGlobal(self._parent.rect().bottomRight())
        self.move(corner.x() - self.width() - MARGIN, corner.y() - self.height() - 2 * MARGIN)
        self.show()
        self.raise_()

    def show_pictures(self, by_strokes: np.ndarray | None, by_network: np.ndarray | None) -> None:
        """Show the doodle by strokes and by the network, h x w x 3 uint8; None for none yet."""
        for label, picture in ((self.by_strokes, by_strokes), (self.by_network, by_network)):
            label.setPixmap(QPixmap() if picture is None else self._fitted(picture))

    def set_progress(self, share: float, words: str) -> None:
        """Show the share done, 0-1, and the time left as text."""
        self.bar.setValue(round(share * STEPS))
        self.words.setText(words)

    def set_paused(self, paused: bool) -> None:
        """Show whether teaching is paused."""
        self.pause_button.setChecked(paused)
        self.pause_button.setText(tr("Continue") if paused else tr("Pause"))

    def _fitted(self, picture: np.ndarray) -> QPixmap:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap.fromImage(image_of(picture)).scaled(
            PICTURE * ratio,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        pixmap.setDevicePixelRatio(ratio)
        return pixmap
