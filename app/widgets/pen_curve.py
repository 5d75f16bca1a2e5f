"""The editor of the pen pressure curve, with a field beside it to try the pen."""

from itertools import pairwise

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QTabletEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.document.pen_curve import STRAIGHT, PenCurve
from app.platform.theme import colour
from app.platform.translation import tr

SIDE, MARGIN = 150, 8
NEAR = 10.0
# A point is removed when it is dragged this many pixels out of the square.
OUTSIDE = 28.0
WIDEST = 26.0
STEP = 0.02


class PenCurveEditor(QWidget):
    """Edits a pen pressure curve; `changed` carries the curve as text.

    A click adds a point, dragging moves it, and dragging it out of the square removes it. Keys: the
    arrows move the chosen point, Page Up and Page Down choose a point, Insert and Delete add and
    remove one.
    """

    changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.curve, self._chosen = STRAIGHT, 0
        self._dragging = False
        self._pressed: float | None = None
        self.pad = PenPad(self)
        self.pad.felt.connect(self._on_pressed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SIDE + 12, 0, 0, 0)
        layout.addWidget(self.pad)
        self.setFixedHeight(SIDE)
        self.setToolTip(tr("Click to add a point, drag to move it, drag it out to remove it"))

    def sizeHint(self) -> QSize:
        return QSize(2 * SIDE + 12, SIDE)

    def set_text(self, text: str) -> None:
        """Show a curve given as text, without emitting `changed`."""
        curve = PenCurve.from_text(text)
        if curve != self.curve:
            self._set_curve(curve, min(self._chosen, len(curve.points) - 1))

    def _set_curve(self, curve: PenCurve, chosen: int) -> None:
        self.curve, self._chosen = curve, chosen
        self.pad.curve = curve
        self.update()

    def _change(self, curve: PenCurve, chosen: int) -> None:
        before = self.curve
        self._set_curve(curve, chosen)
        if curve != before:
            self.changed.emit(curve.text)

    def _on_pressed(self, pressure: float) -> None:
        self._pressed = pressure or None
        self.update()

    # -- mouse and keyboard -----------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        spot = event.position()
        near = [
            at for at, point in enumerate(self.curve.points)
            if (_spot(*point) - spot).manhattanLength() <= NEAR
        ]  # fmt: skip
        if near:
            self._set_curve(self.curve, near[0])
        else:
            self._change(*self.curve.added(_place(spot)[0]))
        self._dragging = True
        self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self._dragging:
            return
        spot = event.position()
        square = QRectF(0, 0, SIDE, SIDE).adjusted(-OUTSIDE, -OUTSIDE, OUTSIDE, OUTSIDE)
        if square.contains(spot):
            self._change(self.curve.moved(self._chosen, *_place(spot)), self._chosen)
        else:
            self._remove()
            self._dragging = False

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragging = False

    def event(self, event: QEvent) -> bool:
        """Take keys before the menus' shortcuts, because Delete and Insert edit points."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.accept()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys, at = Qt.Key, self._chosen
        moves = {
            keys.Key_Left: (-STEP, 0), keys.Key_Right: (STEP, 0), keys.Key_Up: (0, STEP),
            keys.Key_Down: (0, -STEP),
        }  # fmt: skip
        chosen = {keys.Key_PageUp: at + 1, keys.Key_PageDown: at - 1}
        key = Qt.Key(event.key())
        if key in moves:
            x, y = self.curve.points[at]
            self._change(self.curve.moved(at, x + moves[key][0], y + moves[key][1]), at)
        elif key in chosen:
            self._set_curve(self.curve, min(max(chosen[key], 0), len(self.curve.points) - 1))
        elif key == keys.Key_Insert:
            self._insert()
        elif key in (keys.Key_Delete, keys.Key_Backspace):
            self._remove()
        else:
            super().keyPressEvent(event)

    def _insert(self) -> None:
        """Add a point in the middle of the widest gap."""
        sides = [point[0] for point in self.curve.points]
        gaps = [(right - left, (left + right) / 2) for left, right in pairwise(sides)]
        self._change(*self.curve.added(max(gaps)[1]))

    def _remove(self) -> None:
        curve = self.curve.without(self._chosen)
        self._change(curve, min(self._chosen, len(curve.points) - 1))

    # -- drawing ----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour("accent" if self.hasFocus() else "line"), 1))
        painter.setBrush(colour("field"))
        painter.drawRoundedRect(QRectF(0.5, 0.5, SIDE - 1, SIDE - 1), 4, 4)
        painter.setPen(QPen(colour("muted"), 1, Qt.PenStyle.DotLine))
        painter.drawLine(_spot(0, 0), _spot(1, 1))
        self._draw_pressed(painter)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour("text"), 1.6))
        painter.drawPath(self._path())
        for at, point in enumerate(self.curve.points):
            chosen = at == self._chosen and self.hasFocus()
            painter.setPen(QPen(colour("text"), 1.2))
            painter.setBrush(colour("accent" if chosen else "field"))
            painter.drawEllipse(_spot(*point), 4, 4)

    def _draw_pressed(self, painter: QPainter) -> None:
        """Mark the pen's current pressure on the curve."""
        if self._pressed is None:
            return
        spot = _spot(self._pressed, self.curve.felt(self._pressed))
        painter.setPen(QPen(colour("accent"), 1))
        painter.drawLine(QPointF(spot.x(), SIDE - MARGIN), spot)
        painter.setBrush(colour("accent"))
        painter.drawEllipse(spot, 3, 3)

    def _path(self) -> QPainterPath:
        path = QPainterPath(_spot(0, self.curve.felt(0)))
        for step in range(1, 61):
            path.lineTo(_spot(step / 60, self.curve.felt(step / 60)))
        return path


class PenPad(QWidget):
    """A field to try the pen. `felt` carries the pen's pressure, 0-1; 0 when it is lifted."""

    felt = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.curve = STRAIGHT
        self._touches: list[tuple[QPointF, float] | None] = []
        self.setAccessibleName(tr("Pen test area"))
        self.setToolTip(tr("Try the pen here"))
        self.setCursor(Qt.CursorShape.CrossCursor)

    def tabletEvent(self, event: QTabletEvent) -> None:
        """Handle pen events; accepting them keeps Qt from sending them again as mouse events."""
        event.accept()
        kind = event.type()
        if kind == QEvent.Type.TabletPress:
            self._begin(event.position(), event.pressure())
        elif kind == QEvent.Type.TabletMove and event.pressure() > 0:
            self._go_on(event.position(), event.pressure())
        elif kind == QEvent.Type.TabletRelease:
            self.felt.emit(0.0)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._begin(event.position(), 1.0)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._go_on(event.position(), 1.0)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.felt.emit(0.0)

    def _begin(self, spot: QPointF, pressure: float) -> None:
        # Keep only the newest strokes.
        self._touches = [*self._touches[-600:], None]
        self._go_on(spot, pressure)

    def _go_on(self, spot: QPointF, pressure: float) -> None:
        self._touches.append((QPointF(spot), pressure))
        self.felt.emit(pressure)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour("line"), 1))
        painter.setBrush(colour("field"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        if not self._touches:
            painter.setPen(colour("muted"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, tr("Try the pen here"))
        painter.setClipRect(self.rect().adjusted(2, 2, -2, -2))
        for one, other in pairwise(self._touches):
            if other is not None:
                begin = one if one is not None else other
                width = max(1.0, WIDEST * self.curve.felt(other[1]))
                painter.setPen(
                    QPen(colour("text"), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
                )
                painter.drawLine(begin[0], other[0])


def _spot(x: float, y: float) -> QPointF:
    """Return the widget position of a curve point; x and y are 0-1."""
    size = SIDE - 2 * MARGIN
    return QPointF(MARGIN + x * size, SIDE - MARGIN - y * size)


def _place(spot: QPointF) -> tuple[float, float]:
    size = SIDE - 2 * MARGIN
    return (spot.x() - MARGIN) / size, (SIDE - MARGIN - spot.y()) / size
