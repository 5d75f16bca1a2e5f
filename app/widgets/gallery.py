"""The style gallery: a panel over the doodle that leaves the painting visible."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QContextMenuEvent, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.platform.favourites import Favourites
from app.platform.style_order import StyleOrder
from app.platform.theme import icon
from app.platform.translation import tr
from app.widgets.card_view import CardView
from app.widgets.style_card import CARD
from app.widgets.style_details import StyleDetails
from app.widgets.style_model import Role, StyleFilter, StyleLike, StyleModel, style_at

REST_MS = 150
"""Milliseconds that the pointer rests on a card before the style's preview is shown."""

MARGIN = 8
COLUMNS = 3
NARROWEST = 2 * CARD.width() + 40
FAVOURITE = Qt.Modifier.CTRL | Qt.Key.Key_D
STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
"""Keys that move the current style one place up or down, with Alt."""

ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)


class Gallery(QFrame):
    """Shows all styles, with search and favourites, over the left half of its parent.

    `chosen` carries the id of the style to paint in. `tried` carries the id of the style to preview
    the doodle in, or an empty string to end the preview. `opened` carries whether the gallery is
    shown. `menu_wanted` carries a style and where to show its menu, on the screen.
    """

    chosen = Signal(str)
    tried = Signal(str)
    opened = Signal(bool)
    menu_wanted = Signal(object, QPoint)

    def __init__(self, favourites: Favourites, order: StyleOrder, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("gallery")
        self.setAccessibleName(tr("Style gallery"))
        self._parent = parent
        self._order = order
        self.model = StyleModel(favourites, order, self)
        self.filter = StyleFilter(self.model, self)
        self.cards, self.details = CardView(self.filter), StyleDetails()
        self.search, self.favourites_only = QLineEdit(), QToolButton()
        self.close_button = QToolButton()
        self._rest = QTimer(self)
        self._looked_at = ""
        self._tried = ""
        self._set_up()
        self._lay_out()
        self._connect(favourites)
        parent.installEventFilter(self)
        self.search.installEventFilter(self)
        self.hide()

    def add_actions(self, actions: Sequence[QAction]) -> None:
        """Add buttons for these actions beside the search field."""
        for action in actions:
            button = QToolButton()
            button.setDefaultAction(action)
            button.setAccessibleName(action.text().replace("&", ""))
            self._top.insertWidget(self._top.count() - 1, button)

    def set_styles(self, styles: Sequence[StyleLike]) -> None:
        """Set the styles to show."""
        self.model.set_styles(styles)

    def set_style(self, style_id: str) -> None:
        """Mark the style of the painting."""
        self.cards.card.in_use = style_id
        self.cards.viewport().update()
        self._show_details()
        if not self._rest.isActive():
            self._try()

    def reveal(self, style_id: str) -> None:
        """Scroll to a style, if the search and the favourites show it."""
        rows = (self.filter.index(row, 0) for row in range(self.filter.rowCount()))
        found = (index for index in rows if style_at(index).id == style_id)
        self.cards.scrollTo(next(found, QModelIndex()))

    def set_problem(self, style_id: str, problem: str) -> None:
        """Mark a style as unusable for the given reason."""
        self.model.set_problem(style_id, problem)
        self._show_details()
        self._try()

    def set_misfits(self, misfits: Mapping[str, str]) -> None:
        """Mark the styles that cannot be used for this document: style id -> reason."""
        self.model.set_misfits(misfits)
        self._show_details()
        self._try()

    def set_notes(self, notes: Mapping[str, str]) -> None:
        """Show a note on the cards of some styles: style id -> a few words."""
        self.model.set_notes(notes)

    # -- layout -----------------------------------------------------------------------------

    def _set_up(self) -> None:
        self.search.setPlaceholderText(tr("Search title, artist, year, material"))
        self.search.setAccessibleName(tr("Search styles"))
        self.search.setClearButtonEnabled(True)
        self.search.setAcceptDrops(False)  # it would take a file's address as text
        self.search.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self.favourites_only.setIcon(icon("star-filled"))
        self.favourites_only.setCheckable(True)
        self.favourites_only.setToolTip(tr("Show only favourites; Ctrl+D adds or removes a style"))
        self.favourites_only.setAccessibleName(tr("Only favourites"))
        self.close_button.setIcon(icon("close"))
        self.close_button.setToolTip(tr("Close  (Esc)"))
        self.close_button.setAccessibleName(tr("Close the gallery"))
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)

    def _lay_out(self) -> None:
        title = QLabel(tr("Styles"))
        title.setProperty("role", "heading")
        self._top = QHBoxLayout()
        self._top.setContentsMargins(14, 10, 10, 8)
        self._top.setSpacing(6)
        for widget in (title, self.search, self.favourites_only, self.close_button):
            self._top.addWidget(widget)
        self._top.insertSpacing(1, 10)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        layout.addLayout(self._top)
        cards = QHBoxLayout()
        cards.setContentsMargins(8, 0, 2, 0)
        cards.addWidget(self.cards)
        layout.addLayout(cards, 1)
        layout.addWidget(self.details)

    def _connect(self, favourites: Favourites) -> None:
        self.search.textChanged.connect(self._search)
        self.search.returnPressed.connect(self.cards.choose_current)
        self.favourites_only.toggled.connect(self._show_favourites_only)
        self.close_button.clicked.connect(self.hide)
        self.cards.looked_at.connect(self._look_at)
        self.cards.starred.connect(favourites.toggle)
        # What is typed next is a search, not a shortcut of the canvas.
        self.cards.starred.connect(lambda _: self.search.setFocus())
        self.cards.chosen.connect(self._choose)
        self.cards.moved.connect(self._move_before)
        self.cards.menu_wanted.connect(
            lambda index, point: self.menu_wanted.emit(style_at(index), point)
        )
        self._rest.timeout.connect(self._try)

    # -- order ------------------------------------------------------------------------------

    def target(self, style_id: str, step: int) -> str | None:
        """Return the style that a style would stand before after a step up (-1) or down (1).

        It is empty for the end, and None if there is nowhere to go.
        """
        cards = [self.filter.index(row, 0) for row in range(self.filter.rowCount())]
        shown = [style_at(card).id for card in cards if not card.data(Role.PROBLEM)]
        if style_id not in shown or not self.cards.sortable:
            return None
        place = shown.index(style_id) + step
        if not 0 <= place < len(shown):
            return None
        after = place + (step > 0)
        return shown[after] if after < len(shown) else ""

    def move_style(self, style_id: str, step: int) -> None:
        """Move a style one place up (-1) or down (1) among those shown."""
        before = self.target(style_id, step)
        if before is not None:
            self._move_before(style_id, before)

    def _move_before(self, style_id: str, before: str) -> None:
        self._order.move(style_id, before, self.model.ordered_ids())
        self.cards.scrollTo(self.cards.currentIndex())

    def _show_favourites_only(self, only: bool) -> None:
        """Show all styles, or the favourites, whose order is that of their numbers."""
        self.filter.set_favourites_only(only)
        self._show_sortable()

    def _show_sortable(self) -> None:
        """Let cards be moved while all styles are shown."""
        self.cards.sortable = not (self.search.text() or self.favourites_only.isChecked())

    # -- search, preview and choice ---------------------------------------------------------

    def _search(self, text: str) -> None:
        self.filter.set_search(text)
        self._show_sortable()
        first = self.filter.index(0, 0)
        found = first if text and first.isValid() else QModelIndex()
        self.cards.setCurrentIndex(found)
        self._look_at(found)

    def _look_at(self, index: QModelIndex) -> None:
        self._looked_at = style_at(index).id if index.isValid() else ""
        self._show_details()
        if index.isValid():
            self._rest.start()
        else:
            self._rest.stop()
            self._try()

    def _try(self) -> None:
        style = self._style(self._looked_at)
        usable = style is not None and not self.model.problem(style)
        wanted = self._looked_at if usable and self._looked_at != self.cards.card.in_use else ""
        if wanted != self._tried:
            self._tried = wanted
            self.tried.emit(wanted)

    def _choose(self, style_id: str) -> None:
        self.chosen.emit(style_id)
        self.hide()

    def _show_details(self) -> None:
        style = self._style(self._looked_at or self.cards.card.in_use)
        self.details.show_style(style, self.model.problem(style) if style is not None else "")

    def _style(self, style_id: str) -> StyleLike | None:
        rows = (self.model.index(row) for row in range(self.model.rowCount()))
        styles = (row.data(Role.STYLE) for row in rows)
        return next((style for style in styles if style.id == style_id), None)

    # -- showing and hiding -----------------------------------------------------------------

    def place(self) -> None:
        """Update the geometry: at most the left half, because the painting is on the right."""
        area = self._parent.rect()
        wanted = COLUMNS * CARD.width() + 2 * MARGIN + 14
        width = max(NARROWEST, min(wanted, area.width() // 2 - 2 * MARGIN))
        self.setGeometry(MARGIN, MARGIN, width, area.height() - 2 * MARGIN)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.place()
        self.raise_()
        self.search.clear()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)
        self._show_details()
        self.reveal(self.cards.card.in_use)
        self.opened.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        self._look_at(QModelIndex())
        self.cards.setCurrentIndex(QModelIndex())
        self.opened.emit(False)
        super().hideEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the parent's size, and close on Escape if no other child handled the key.

        The menu key shows the menu of the current card while the keyboard is in the search field.
        """
        if watched is self.search:
            keyed = isinstance(event, QContextMenuEvent) and (
                event.reason() == QContextMenuEvent.Reason.Keyboard
            )
            if keyed and self.cards.currentIndex().isValid():
                self.cards.ask_menu()
                return True
            return super().eventFilter(watched, event)
        if event.type() == QEvent.Type.Resize:
            self.place()
        escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if escape and event.type() == QEvent.Type.KeyPress and self.isVisible():
            self.hide()
            return True
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        """Take Escape before the window's shortcuts, because it closes the gallery."""
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = STEPS.get(Qt.Key(event.key()), 0)
        if step and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            if self.cards.currentIndex().isValid():
                self.move_style(style_at(self.cards.currentIndex()).id, step)
        elif event.key() in ARROWS:
            self.cards.step(Qt.Key(event.key()))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.cards.choose_current()
        elif event.key() == Qt.Key.Key_Escape:
            self.hide()
        elif event.keyCombination() == FAVOURITE:
            self.cards.star_current()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(NARROWEST, 480)
