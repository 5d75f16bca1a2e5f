"""The dialog that shows one doodle in several seeds or styles and lets the user take one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPainterPath, QPen, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.platform.theme import colour
from app.platform.translation import tr
from app.widgets.clipboard import image_of

EDGE, CAPTION = 8, 26
SCROLL_BAR = 10
SHARE_OF_SCREEN = 0.9
"""How much of the screen the dialog may cover; Qt would allow two thirds."""

MOST_ROWS = 3
"""Rows that are shown without scrolling."""

PICTURE, STATE = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
"""Data of a card besides its caption: its picture, and what is to be said about it."""


@dataclass(frozen=True)
class Card:
    """One variation: what is written below its picture, and whether the document shows it."""

    caption: str
    current: bool = False


class VariationsDialog(QDialog):
    """Shows cards in a grid; a click or Enter takes one, the arrow keys go from one to another.

    `chosen` carries the index of a card. `sheet_wanted`: the user wants all pictures in one file.
    `size`: of the pictures on the cards, with the canvas's proportions.
    """

    chosen = Signal(int)
    sheet_wanted = Signal()

    def __init__(
        self,
        title: str,
        cards: Sequence[Card],
        size: QSize,
        columns: int,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.cards, self.note, self.progress = CardGrid(size, columns), QLabel(), QLabel()
        self.sheet_button = QPushButton(tr("Export sheet..."))
        self.close_button = QPushButton(tr("Close"))
        self._pictures: dict[int, np.ndarray] = {}
        self._left = set(range(len(cards)))
        self.cards.setAccessibleName(title)
        self.cards.fill(cards)
        self._lay_out()
        self.cards.chosen.connect(self._choose)
        self.sheet_button.clicked.connect(self.sheet_wanted)
        self.close_button.clicked.connect(self.reject)
        self._show_progress()

    @property
    def pictures(self) -> dict[int, np.ndarray]:
        """The newest pictures by the index of their card, h x w x 3 uint8 RGB."""
        return dict(self._pictures)

    @property
    def complete(self) -> bool:
        """Whether no card waits for another picture."""
        return not self._left

    def set_note(self, note: str) -> None:
        """Say below the cards what the user should know about the pictures; empty for nothing."""
        self.note.setText(note)
        self.note.setVisible(bool(note))

    def offer_sheet(self) -> None:
        """Show the button that writes all pictures to one file."""
        self.sheet_button.show()

    def show_picture(self, index: int, rgb: np.ndarray, last: bool) -> None:
        """Show a picture, h x w x 3 uint8, on a card; `last`: no better one follows."""
        self._pictures[index] = rgb
        if last:
            self._left.discard(index)
        self.cards.show_picture(index, QPixmap.fromImage(image_of(rgb)), busy=not last)
        self._show_progress()

    def show_problem(self, index: int, sentence: str) -> None:
        """Say why a card gets no further picture; without any it cannot be taken."""
        self._left.discard(index)
        self.cards.show_problem(index, sentence, usable=index in self._pictures)
        self._show_progress()

    def showEvent(self, event: QShowEvent) -> None:
        if not event.spontaneous():
            self.resize(self.sizeHint().boundedTo(self.screen().availableSize() * SHARE_OF_SCREEN))
        super().showEvent(event)  # centres the dialog

    def _lay_out(self) -> None:
        self.note.setProperty("role", "muted")
        self.note.hide()
        self.progress.setProperty("role", "muted")
        self.sheet_button.hide()
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.progress, 1)
        for button in (self.sheet_button, self.close_button):
            button.setAutoDefault(False)  # Enter takes a card
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        for widget in (self.cards, self.note):
            layout.addWidget(widget)
        layout.setStretch(0, 1)
        layout.addLayout(buttons)
        self.cards.setFocus()

    def _show_progress(self) -> None:
        total = self.cards.count()
        done = total - len(self._left)
        text = "" if self.complete else tr("{done} of {total} painted", done=done, total=total)
        self.progress.setText(text)
        self.sheet_button.setEnabled(self.complete and bool(self._pictures))

    def _choose(self, index: int) -> None:
        self.chosen.emit(index)
        self.accept()


class CardGrid(QListWidget):
    """The cards in a grid. `chosen` carries the index of the card that was clicked or entered."""

    chosen = Signal(int)

    def __init__(self, size: QSize, columns: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cell = size + QSize(2 * EDGE, 2 * EDGE + CAPTION)
        self._columns = columns
        self.setObjectName("variations")
        self.setItemDelegate(CardDelegate(size, self))
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setMovement(QListWidget.Movement.Static)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setGridSize(self._cell)
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.clicked.connect(self._choose)

    def fill(self, cards: Sequence[Card]) -> None:
        """Show these cards, without pictures; the current one has the keyboard."""
        for card in cards:
            text = tr("{name} (current)", name=card.caption) if card.current else card.caption
            item = QListWidgetItem(text, self)
            item.setToolTip(text)  # a long caption is cut off on the card
            self._tell(item, tr("Painting..."))
        current = next((row for row, card in enumerate(cards) if card.current), 0)
        self.setCurrentRow(current)
        shown = min(MOST_ROWS, -(-len(cards) // self._columns))
        width = self._columns * self._cell.width() + SCROLL_BAR
        self.setMinimumSize(width, min(shown, 2) * self._cell.height())
        self._shown = QSize(width, shown * self._cell.height() + 2)

    def show_picture(self, row: int, picture: QPixmap, busy: bool) -> None:
        """Show a picture on a card; `busy`: a better one follows."""
        item = self.item(row)
        item.setData(PICTURE, picture)
        self._tell(item, tr("Painting...") if busy else "")

    def show_problem(self, row: int, sentence: str, usable: bool) -> None:
        """Show on a card, and in its tooltip, why it is not painted."""
        item = self.item(row)
        item.setToolTip(sentence)
        if not usable:
            item.setFlags(Qt.ItemFlag.NoItemFlags)
        self._tell(item, sentence)

    def sizeHint(self) -> QSize:
        return self._shown

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _choose(self, index: QModelIndex) -> None:
        if index.flags() & Qt.ItemFlag.ItemIsEnabled:
            self.chosen.emit(index.row())

    def _tell(self, item: QListWidgetItem, state: str) -> None:
        """Show a card's state where it has no picture, and say it to screen readers."""
        item.setData(STATE, state)
        spoken = ", ".join(filter(None, (item.text(), state)))
        item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)


class CardDelegate(QStyledItemDelegate):
    """Draws a card: the picture, or a field that says why there is none; the caption."""

    def __init__(self, size: QSize, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._size = size

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return self._size + QSize(2 * EDGE, 2 * EDGE + CAPTION)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _draw_background(painter, option)
        place = QRect(option.rect.topLeft(), self._size).translated(EDGE, EDGE)
        _draw_picture(painter, place, index.data(PICTURE), index.data(STATE))
        line = QRect(place.left(), place.bottom() + 5, place.width(), CAPTION - 4)
        usable = bool(index.flags() & Qt.ItemFlag.ItemIsEnabled)
        painter.setPen(colour("text" if usable else "muted"))
        side = Qt.TextElideMode.ElideRight
        text = painter.fontMetrics().elidedText(index.data(), side, line.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.restore()


def _draw_background(painter: QPainter, option: QStyleOptionViewItem) -> None:
    flags = QStyle.StateFlag
    chosen = bool(option.state & flags.State_Selected)
    hovered = bool(option.state & flags.State_MouseOver)
    painter.setPen(QPen(colour("accent"), 1.6) if chosen else Qt.PenStyle.NoPen)
    painter.setBrush(colour("accent-dim" if chosen else "hover" if hovered else "panel"))
    painter.drawRoundedRect(QRectF(option.rect).adjusted(1.5, 1.5, -1.5, -1.5), 7, 7)


def _draw_picture(painter: QPainter, place: QRect, picture: QPixmap | None, state: str) -> None:
    shape = QPainterPath()
    shape.addRoundedRect(QRectF(place), 4, 4)
    painter.save()
    painter.setClipPath(shape)
    painter.fillRect(place, colour("field"))
    if picture is not None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        size = picture.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
        inside = QRect(QPoint(), size)
        inside.moveCenter(place.center())
        painter.drawPixmap(inside, picture)
    else:
        painter.setPen(colour("muted"))
        middle = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(place.adjusted(EDGE, EDGE, -EDGE, -EDGE), middle, state)
    painter.restore()
