"""The dialog that offers to recover unsaved work."""

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Protocol

import numpy as np
from PySide6.QtCore import QDateTime, QLocale, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from app.platform.theme import colours
from app.platform.translation import tr

PICTURE = QSize(144, 108)
ROW_HEIGHT = PICTURE.height() + 16
MOST_ROWS = 3


class RecoverableWorkLike(Protocol):
    """What is shown of unsaved work; see `app.services.recoverable_work`."""

    @property
    def thumbnail(self) -> np.ndarray: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def style_id(self) -> str: ...
    @property
    def path(self) -> Path | None: ...
    @property
    def steps(self) -> int: ...
    @property
    def time(self) -> float: ...
    @property
    def refined(self) -> bool: ...
    @property
    def damaged(self) -> bool: ...


class RecoveryDialog(QDialog):
    """Non-modal dialog with a row for each unsaved work: recover or discard it, or decide later.

    `recovered` and `discarded` carry the work that the user chose. When the dialog closes,
    `postponed` is emitted for each remaining work.
    """

    recovered = Signal(object)
    discarded = Signal(object)
    postponed = Signal(object)

    def __init__(
        self,
        works: Sequence[RecoverableWorkLike],
        title_of_style: Callable[[str], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Recover unsaved work"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.list = QListWidget()
        self.list.setObjectName("leftovers")
        self.list.setAccessibleName(tr("Unsaved work"))
        self.list.setSpacing(2)
        for work in works:
            self._add(work, _lines(work, title_of_style))
        self.list.setCurrentRow(0)
        self.list.itemActivated.connect(self._recover)
        self.buttons = self._buttons()
        self._lay_out()
        self.finished.connect(self._postpone)

    @property
    def current(self) -> RecoverableWorkLike:
        """The work in the current row."""
        work: RecoverableWorkLike = self.list.currentItem().data(Qt.ItemDataRole.UserRole)
        return work

    def _add(self, work: RecoverableWorkLike, lines: Sequence[str]) -> None:
        item = QListWidgetItem(self.list)
        item.setData(Qt.ItemDataRole.UserRole, work)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, ". ".join(lines))
        item.setSizeHint(QSize(0, ROW_HEIGHT))
        self.list.setItemWidget(item, _row(work.thumbnail, lines))

    def _lay_out(self) -> None:
        heading = QLabel(tr("Daub closed before this work was saved."))
        heading.setProperty("role", "heading")
        note = QLabel(
            tr("You can save the current painting first. Remaining work is offered again later.")
        )
        note.setProperty("role", "muted")
        rows = min(MOST_ROWS, self.list.count())
        self.list.setFixedSize(540, rows * (ROW_HEIGHT + 4) + 10)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(22, 18, 22, 18)
        layout.setSpacing(12)
        for widget in (heading, self.list, note, self.buttons):
            layout.addWidget(widget)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)

    def _buttons(self) -> QDialogButtonBox:
        buttons, roles = QDialogButtonBox(), QDialogButtonBox.ButtonRole
        recover = buttons.addButton(tr("&Recover"), roles.AcceptRole)
        recover.setDefault(True)
        recover.clicked.connect(self._recover)
        buttons.addButton(tr("&Later"), roles.RejectRole).clicked.connect(self.reject)
        discard = buttons.addButton(tr("&Discard..."), roles.DestructiveRole)
        discard.clicked.connect(self._ask_discard)
        return buttons

    def _recover(self) -> None:
        self.recovered.emit(self._taken())
        self.accept()

    def _ask_discard(self) -> None:
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setText(tr("Discard this work permanently?"))
        discard = box.addButton(tr("&Discard"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(tr("&Keep"), QMessageBox.ButtonRole.RejectRole))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        discard.clicked.connect(self._discard)
        box.open()

    def _discard(self) -> None:
        self.discarded.emit(self._taken())
        if not self.list.count():
            self.accept()

    def _postpone(self) -> None:
        while self.list.count():
            self.postponed.emit(self._taken())

    def _taken(self) -> RecoverableWorkLike:
        """Remove the current row from the list and return its work."""
        work = self.current
        self.list.takeItem(self.list.currentRow())
        return work


def _row(thumbnail: np.ndarray, lines: Sequence[str]) -> QWidget:
    picture, text = QLabel(), QLabel()
    picture.setPixmap(_pixmap(thumbnail, picture.devicePixelRatioF()))
    picture.setFixedWidth(PICTURE.width())
    picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
    name, *rest = (escape(line) for line in lines)
    muted = "".join(f"<div style='margin-top: 5px'>{line}</div>" for line in rest)
    text.setText(f"<b>{name}</b><div style='color: {colours()['muted']}'>{muted}</div>")
    row = QWidget()
    # Clicks go to the list behind the row.
    row.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    layout = QHBoxLayout(row)
    layout.setContentsMargins(10, 0, 10, 0)
    layout.setSpacing(16)
    layout.addWidget(picture)
    layout.addWidget(text, 1)
    return row


def _lines(work: RecoverableWorkLike, title_of_style: Callable[[str], str]) -> list[str]:
    style = title_of_style(work.style_id)
    size = f"{work.width} × {work.height}"
    what = filter(None, (style, size, tr("refined") if work.refined else ""))
    changes = tr("1 change") if work.steps == 1 else tr("{count} changes", count=work.steps)
    if work.path is None:
        lines = [
            tr("Unnamed painting"),
            " · ".join(what),
            f"{_when(work.time)}, {changes}",
        ]
    else:
        since = tr("{when}, {changes} after it was saved", when=_when(work.time), changes=changes)
        lines = [work.path.name, " · ".join(what), since]
    return [*lines, tr("Later changes are damaged.")] if work.damaged else lines


def _when(seconds: float) -> str:
    moment, locale = QDateTime.fromSecsSinceEpoch(int(seconds)), QLocale()
    short = QLocale.FormatType.ShortFormat
    days = moment.daysTo(QDateTime.currentDateTime())
    day = {0: tr("Today"), 1: tr("Yesterday")}.get(days) or locale.toString(moment.date(), short)
    return tr("{day} at {time}", day=day, time=locale.toString(moment.time(), short))


def _pixmap(thumbnail: np.ndarray, ratio: float) -> QPixmap:
    """Scale h x w x 3 uint8 RGB to fit PICTURE on a screen with this device pixel ratio."""
    height, width = thumbnail.shape[:2]
    pixels = np.ascontiguousarray(thumbnail)
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    ways = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    pixmap = QPixmap.fromImage(image.scaled(PICTURE * ratio, *ways))
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
