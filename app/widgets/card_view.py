"""The grid of style cards."""

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QListView, QWidget

from app.platform.theme import colour
from app.platform.translation import tr
from app.widgets.style_card import CARD, StyleCard, star_box
from app.widgets.style_model import StyleFilter, style_at


class CardView(QListView):
    """Shows style cards in a grid.

    `looked_at` carries the index under the pointer or the keyboard focus, or an invalid index when
    the pointer leaves. `starred` and `chosen` carry a style's id, `menu_asked` the style under the
    pointer and the point of the screen.
    """

    looked_at = Signal(QModelIndex)
    starred = Signal(str)
    chosen = Signal(str)
    menu_asked = Signal(object, QPoint)

    def __init__(self, styles: StyleFilter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(styles)
        self.card = StyleCard(self)
        self.setItemDelegate(self.card)
        self._set_up()
        self.entered.connect(self.looked_at)
        self.clicked.connect(self._choose)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._ask_menu)

    def _set_up(self) -> None:
        self.setAccessibleName(tr("Styles"))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setGridSize(CARD)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.verticalScrollBar().setSingleStep(CARD.height() // 4)
        self.setMouseTracking(True)

    def step(self, key: Qt.Key) -> None:
        """Move to the next card in the direction of an arrow key."""
        moves = {
            Qt.Key.Key_Left: self.CursorAction.MoveLeft,
            Qt.Key.Key_Right: self.CursorAction.MoveRight,
            Qt.Key.Key_Up: self.CursorAction.MoveUp,
            Qt.Key.Key_Down: self.CursorAction.MoveDown,
        }
        here = self.currentIndex().isValid()
        index = (
            self.moveCursor(moves[key], Qt.KeyboardModifier.NoModifier)
            if here
            else self.model().index(0, 0)
        )
        if index.flags() & Qt.ItemFlag.ItemIsEnabled:
            self.setCurrentIndex(index)
            self.looked_at.emit(index)

    def choose_current(self) -> None:
        """Choose the current card, or the first one if there is no current card."""
        index = self.currentIndex()
        self._choose(index if index.isValid() else self.model().index(0, 0))

    def star_current(self) -> None:
        """Add the current card to the favourites, or remove it."""
        if self.currentIndex().isValid():
            self.starred.emit(style_at(self.currentIndex()).id)

    def _choose(self, index: QModelIndex) -> None:
        if index.flags() & Qt.ItemFlag.ItemIsEnabled:
            self.chosen.emit(style_at(index).id)

    def _ask_menu(self, spot: QPoint) -> None:
        index = self.indexAt(spot)
        if index.isValid():
            self.menu_asked.emit(style_at(index), self.viewport().mapToGlobal(spot))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self._starred(event.position().toPoint())
        if index is None:
            super().mousePressEvent(event)
        elif event.button() == Qt.MouseButton.LeftButton:
            self.starred.emit(style_at(index).id)

    def _starred(self, point: QPoint) -> QModelIndex | None:
        index = self.indexAt(point)
        usable = bool(index.flags() & Qt.ItemFlag.ItemIsEnabled)
        return index if usable and star_box(self.visualRect(index)).contains(point) else None

    def leaveEvent(self, event: QEvent) -> None:
        self.looked_at.emit(QModelIndex())
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.model().rowCount():
            painter = QPainter(self.viewport())
            painter.setPen(colour("muted"))
            middle = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.viewport().rect(), middle, tr("No matching style."))

    def sizeHint(self) -> QSize:
        return QSize(3 * CARD.width(), 2 * CARD.height())
