"""The style card in the gallery: picture, title, artist and year, favourite star and key."""

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.platform.favourites import key_of
from app.platform.theme import colour, icon
from app.widgets.style_model import Index, Role, StyleLike, style_at

CARD = QSize(172, 178)
PICTURE = QSize(156, 117)
EDGE = (CARD.width() - PICTURE.width()) // 2
STAR = 20
LINE = 20


class StyleCard(QStyledItemDelegate):
    """Delegate that draws the cards. `in_use` is the id of the painting's style."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.in_use = ""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return CARD

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        style, problem = style_at(index), index.data(Role.PROBLEM)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_background(painter, option, style)
        painter.setOpacity(0.35 if problem else 1.0)
        _draw_picture(painter, option.rect, index.data(Qt.ItemDataRole.DecorationRole))
        painter.setOpacity(1.0)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if not problem:
            _draw_favourite(painter, option.rect, index.data(Role.NUMBER), hovered)
        _draw_text(painter, option.rect, style, problem, index.data(Role.NOTE))
        painter.restore()

    def _draw_background(
        self, painter: QPainter, option: QStyleOptionViewItem, style: StyleLike
    ) -> None:
        area = QRectF(option.rect).adjusted(1.5, 1.5, -1.5, -1.5)
        state, flags = option.state, QStyle.StateFlag
        focused = bool(state & flags.State_Selected)
        in_use = style.id == self.in_use
        painter.setPen(QPen(colour("accent"), 1.4) if in_use or focused else Qt.PenStyle.NoPen)
        shade = "accent-dim" if in_use else "hover" if state & flags.State_MouseOver else "panel"
        painter.setBrush(colour(shade))
        painter.drawRoundedRect(area, 7, 7)


def star_box(card: QRect) -> QRect:
    """Return the rectangle of the star on a card."""
    right, top = card.right() - EDGE - 4, card.top() + EDGE + 4
    return QRect(right - STAR, top, STAR, STAR)


def _draw_picture(painter: QPainter, card: QRect, picture: QPixmap) -> None:
    place = QRect(card.topLeft() + QPoint(EDGE, EDGE), PICTURE)
    shape = QPainterPath()
    shape.addRoundedRect(QRectF(place), 4, 4)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setClipPath(shape)
    painter.fillRect(place, colour("field"))
    if not picture.isNull():
        painter.drawPixmap(place, picture)
    painter.restore()


def _draw_favourite(painter: QPainter, card: QRect, number: int, hovered: bool) -> None:
    if not number and not hovered:
        return
    place = star_box(card)
    _draw_spot(painter, QRectF(place).adjusted(-3, -3, 3, 3))
    name, state = ("star-filled", QIcon.State.On) if number else ("star", QIcon.State.Off)
    icon(name).paint(painter, place, mode=QIcon.Mode.Normal, state=state)
    if key_of(number):
        width = painter.fontMetrics().horizontalAdvance(key_of(number)) + 14
        tag = QRectF(card.left() + EDGE + 4, place.top() - 1, width, STAR + 2)
        _draw_spot(painter, tag)
        painter.setPen(colour("text"))
        painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, key_of(number))


def _draw_spot(painter: QPainter, place: QRectF) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour("spot"))
    painter.drawRoundedRect(place, place.height() / 2, place.height() / 2)


def _draw_text(painter: QPainter, card: QRect, style: StyleLike, problem: str, note: str) -> None:
    line = QRect(
        card.left() + EDGE, card.top() + EDGE + PICTURE.height() + 6, PICTURE.width(), LINE
    )
    second = note or " · ".join(filter(None, (style.artist, style.year)))
    if problem:
        second = problem.removeprefix(str(style.folder)).lstrip("/\\ ")
    below = "accent" if note and not problem else "muted"
    for text, shade in ((style.title, "muted" if problem else "text"), (second, below)):
        painter.setPen(colour(shade))
        _draw_line(painter, line, text)
        line.translate(0, LINE)


def _draw_line(painter: QPainter, line: QRect, text: str) -> None:
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, line.width())
    painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
