"""The grid of style cards."""

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHideEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QApplication, QFrame, QListView, QWidget

from app.platform.theme import colour
from app.platform.translation import tr
from app.widgets.style_card import CARD, StyleCard, star_box
from app.widgets.style_model import StyleFilter, style_at

EDGE = 28
"""Pixels at the upper and lower edge where a dragged card scrolls the view."""


class CardView(QListView):
    """Shows style cards in a grid; a card is moved by dragging it, if `sortable`.

    `looked_at` carries the index under the pointer or the keyboard focus, or an invalid index when
    the pointer leaves. `starred` and `chosen` carry a style's id. `moved` carries the id of a style
    and that of the one it was dropped before, empty for the end. `menu_wanted` carries an index and
    where to show a menu, on the screen.
    """

    looked_at = Signal(QModelIndex)
    starred = Signal(str)
    chosen = Signal(str)
    moved = Signal(str, str)
    menu_wanted = Signal(QModelIndex, QPoint)

    def __init__(self, styles: StyleFilter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(styles)
        self.card = StyleCard(self)
        self.setItemDelegate(self.card)
        self.sortable = True
        # The card that is dragged, where it was pressed, and the row that it would be dropped at.
        self._held = QPersistentModelIndex()
        self._pressed = QPoint()
        self._gap: int | None = None
        self._set_up()
        self.entered.connect(self.looked_at)
        self.clicked.connect(lambda index: self._choose(index) if self._gap is None else None)

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

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self._starred(event.position().toPoint())
        if index is None:
            super().mousePressEvent(event)
            self._hold(event)
        elif event.button() == Qt.MouseButton.LeftButton:
            self.starred.emit(style_at(index).id)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        far = (point - self._pressed).manhattanLength() >= QApplication.startDragDistance()
        if self._held.isValid() and (far or self._gap is not None):
            self._drag_to(point)
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        gap, held = self._gap, self.model().index(self._held.row(), 0)
        self._let_go()
        inside = self.viewport().rect().contains(event.position().toPoint())
        if gap is None or not held.isValid() or not inside:
            return
        if gap not in (held.row(), held.row() + 1):
            style, before = style_at(held).id, self.model().index(gap, 0)
            self.moved.emit(style, style_at(before).id if before.isValid() else "")

    def hideEvent(self, event: QHideEvent) -> None:
        self._let_go()
        super().hideEvent(event)

    def _hold(self, event: QMouseEvent) -> None:
        """Note the card under the pointer, which may be dragged."""
        point = event.position().toPoint()
        index = self.indexAt(point)
        usable = bool(index.flags() & Qt.ItemFlag.ItemIsEnabled)
        if event.button() == Qt.MouseButton.LeftButton and usable and self.sortable:
            self._held, self._pressed = QPersistentModelIndex(index), point

    def _let_go(self) -> None:
        self._held, self._gap = QPersistentModelIndex(), None
        self.viewport().unsetCursor()
        self.viewport().update()

    def _drag_to(self, point: QPoint) -> None:
        """Show where the card would be dropped; scroll at the upper and lower edge."""
        index, bar = self.indexAt(point), self.verticalScrollBar()
        if index.isValid():
            right = point.x() > self.visualRect(index).center().x()
            self._gap = index.row() + right
        elif self._gap is None:
            self._gap = self._held.row()
        if point.y() < EDGE or point.y() > self.viewport().height() - EDGE:
            step = bar.singleStep() // 4
            bar.setValue(bar.value() + (step if point.y() > EDGE else -step))
        self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        self.viewport().update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self.ask_menu()
        elif (index := self.indexAt(event.pos())).isValid():
            self.menu_wanted.emit(index, event.globalPos())

    def ask_menu(self) -> None:
        """Ask for the menu of the current card, if there is one."""
        index = self.currentIndex()
        if index.isValid():
            self.scrollTo(index)
            middle = self.visualRect(index).center()
            self.menu_wanted.emit(index, self.viewport().mapToGlobal(middle))

    def _starred(self, point: QPoint) -> QModelIndex | None:
        index = self.indexAt(point)
        usable = bool(index.flags() & Qt.ItemFlag.ItemIsEnabled)
        return index if usable and star_box(self.visualRect(index)).contains(point) else None

    def leaveEvent(self, event: QEvent) -> None:
        self.looked_at.emit(QModelIndex())
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        if self._gap is not None:
            self._draw_gap(painter, self._gap)
        if not self.model().rowCount():
            painter.setPen(colour("muted"))
            middle = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.viewport().rect(), middle, tr("No matching style."))

    def _draw_gap(self, painter: QPainter, row: int) -> None:
        """Dim the dragged card, and draw a line where it would be dropped."""
        shade = colour("panel")
        shade.setAlpha(160)
        painter.fillRect(self.visualRect(self.model().index(self._held.row(), 0)), shade)
        count = self.model().rowCount()
        card = self.visualRect(self.model().index(min(row, count - 1), 0))
        x = card.left() if row < count else card.right()
        painter.setPen(QPen(colour("accent"), 3))
        painter.drawLine(max(1, x), card.top() + 6, max(1, x), card.bottom() - 6)

    def sizeHint(self) -> QSize:
        return QSize(3 * CARD.width(), 2 * CARD.height())
