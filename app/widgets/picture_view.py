"""What the doodle's and the painting's view have in common: zoom, pan, brush and pointer."""

import math
import time
from dataclasses import replace

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPointingDevice,
    QResizeEvent,
    QTabletEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent, QWidget

from app.document.pen_curve import STRAIGHT
from app.document.rect import Rect
from app.document.stroke import Keys, PointerSample
from app.platform.theme import colour
from app.widgets.gesture_guides import GestureGuides
from app.widgets.marching_ants import MarchingAnts
from app.widgets.style_preview import StylePreview
from app.widgets.symmetry_guides import SymmetryGuides
from app.widgets.tile_cache import TileCache
from app.widgets.view_link import Point, ViewLink
from app.widgets.view_navigation import Navigator
from app.widgets.viewport import Viewport

# Below this diameter on screen the brush outline would hide what it points at.
SMALLEST_RING = 6.0
LEFT = Qt.MouseButton.LeftButton
MODIFIERS = {
    Qt.KeyboardModifier.ShiftModifier: Keys.SHIFT,
    Qt.KeyboardModifier.AltModifier: Keys.ALT,
    Qt.KeyboardModifier.ControlModifier: Keys.CONTROL,
}


class PictureView(QWidget):
    """A view of the canvas that can be zoomed, panned, turned and painted on.

    Pointer handlers only build a PointerSample and hand it on.
    """

    pressed = Signal(object)
    dragged = Signal(object)
    released = Signal(object)
    interrupted = Signal()
    hovered = Signal(object)
    frame_shown = Signal()
    resized = Signal(int, int)

    def __init__(self, link: ViewLink, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.link = link
        self._selection: MarchingAnts | None = None
        self._trace: GestureGuides | None = None
        self._axes: SymmetryGuides | None = None
        self._sketch: StylePreview | None = None
        self._peek: TileCache | None = None
        self._borders: TileCache | None = None
        self._drawing = False
        self._hand = Navigator(self, link)
        self._pressure = 1.0
        self.pen_curve = STRAIGHT
        self.setMouseTracking(True)
        self.setTabletTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 120)
        self._show_cursor()
        link.changed.connect(self.update)
        link.pointer_moved.connect(self._on_pointer_moved)

    def viewport(self) -> Viewport:
        """How this view looks at the canvas now."""
        return self.link.of_widget(self.width(), self.height())

    def update_canvas(self, rect: Rect) -> None:
        """Redraw what shows these canvas pixels, and only that."""
        box = self.viewport().box_to_widget(rect)
        self.update(QRect(box.left, box.top, box.width, box.height))

    def set_selection(self, outline: MarchingAnts) -> None:
        """Dashes to draw around what is selected."""
        self._selection = outline
        self.update()

    def set_guides(self, trace: GestureGuides, axes: SymmetryGuides) -> None:
        """Lines of the gesture under way, and axes of symmetry."""
        self._trace, self._axes = trace, axes

    def set_sketch(self, sketch: StylePreview | None) -> None:
        """A picture to show in the painting's place; None shows the painting."""
        self._sketch = sketch
        self.update()

    def set_peek(self, peek: TileCache | None) -> None:
        """A picture of the canvas to show in the painting's place; None shows the painting."""
        self._peek = peek
        self.update()

    def set_borders(self, borders: TileCache | None) -> None:
        """Lines to lay over the painting; None lays none."""
        self._borders = borders
        self.update()

    def draw_picture(self, painter: QPainter, view: Viewport, ratio: float) -> None:
        """Draw the canvas; for subclasses."""

    # -- painting on screen -----------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), colour("deep"))
        view = self.viewport()
        self.draw_picture(painter, view, self.devicePixelRatioF())
        self._draw_edge(painter, view)
        if self._selection is not None:
            self._selection.draw(painter, view)
        if self._axes is not None and self._trace is not None:
            self._axes.draw(painter, view)
            self._trace.draw(painter, view)
        self._draw_ring(painter, view)
        painter.end()
        self.frame_shown.emit()

    def _draw_edge(self, painter: QPainter, view: Viewport) -> None:
        out = 0.5 / view.scale
        painter.save()
        painter.setTransform(QTransform(*view.matrix), combine=True)
        pen = QPen(QColor(0, 0, 0, 160), 1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        canvas = QRectF(0, 0, view.canvas_width, view.canvas_height)
        painter.drawRect(canvas.adjusted(-out, -out, out, out))
        painter.restore()

    def _draw_ring(self, painter: QPainter, view: Viewport) -> None:
        size = self.link.brush_size * view.scale
        if self.link.pointer is None or size < SMALLEST_RING or self._hand.active:
            return
        here = 255 if self.underMouse() else 130
        painter.save()
        painter.translate(*view.to_widget(*self.link.pointer))
        painter.rotate(view.angle)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # Dark under light: visible on every colour.
        for shade, width in (
            (QColor(0, 0, 0, here * 5 // 8), 3.0),
            (QColor(255, 255, 255, here), 1.2),
        ):
            painter.setPen(QPen(shade, width))
            if self.link.brush_square:
                painter.drawRect(QRectF(-size / 2, -size / 2, size, size))
            else:
                painter.drawEllipse(QPointF(0, 0), size / 2, size / 2)
        painter.restore()

    def _on_pointer_moved(self, old: Point | None, new: Point | None) -> None:
        reach = math.ceil(self.link.brush_size / 2)
        for point in (old, new):
            if point is not None:
                spot = Rect(*(math.floor(v) for v in point), *(math.ceil(v) for v in point))
                self.update_canvas(spot.grown(reach + math.ceil(2 / self.link.scale)))

    def _show_cursor(self) -> None:
        shapes = Qt.CursorShape
        ringed = self.link.brush_size * self.link.scale >= SMALLEST_RING
        shape = self._hand.cursor
        if shape is None:
            shape = shapes.BlankCursor if ringed else shapes.CrossCursor
        if self.cursor().shape() != shape:
            self.setCursor(shape)

    # -- the hand ---------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._press(event.position(), event.button(), self._sample(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._move(event.position(), self._sample(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._release(event.button(), self._sample(event))

    def tabletEvent(self, event: QTabletEvent) -> None:
        """Accepted, so that Qt does not send the same as mouse events once more."""
        event.accept()
        kind = event.type()
        if kind == QEvent.Type.TabletPress:
            self._pressure = event.pressure()
            self._press(event.position(), event.button(), self._pen_sample(event))
        elif kind == QEvent.Type.TabletMove:
            self._pressure = event.pressure()
            self._move(event.position(), self._pen_sample(event))
        elif kind == QEvent.Type.TabletRelease:
            # The pen reports no pressure any more: the stroke ends as wide as it was.
            self._release(event.button(), self._pen_sample(event))

    def _sample(self, event: QMouseEvent | QTabletEvent) -> PointerSample:
        x, y = self.viewport().to_canvas(event.position().x(), event.position().y())
        keys, grain = held_keys(event.modifiers()), 1 / self.link.scale
        return PointerSample(x, y, 1.0, time.perf_counter(), keys=keys, grain=grain)

    def _pen_sample(self, event: QTabletEvent) -> PointerSample:
        eraser = event.pointerType() == QPointingDevice.PointerType.Eraser
        felt = self.pen_curve.felt(self._pressure)
        return replace(self._sample(event), pressure=felt, eraser=eraser)

    def _press(self, position: QPointF, button: Qt.MouseButton, sample: PointerSample) -> None:
        if self._hand.press(position, button, turns=bool(sample.keys & Keys.SHIFT)):
            pass
        elif button == LEFT:
            self._drawing = True
            self.pressed.emit(sample)
        self._show_cursor()

    def _move(self, position: QPointF, sample: PointerSample) -> None:
        if self._hand.move(position):
            pass
        elif self._drawing:
            self.dragged.emit(sample)
        else:
            self.hovered.emit(sample)
        self.link.move_pointer((sample.x, sample.y))
        self._show_cursor()

    def _release(self, button: Qt.MouseButton, sample: PointerSample) -> None:
        if not self._hand.release(button) and self._drawing and button == LEFT:
            self._drawing = False
            self.released.emit(sample)
        self._show_cursor()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._hand.wheel(event)
        self._show_cursor()

    def event(self, event: QEvent) -> bool:
        """Gestures of two fingers move the view; what the first one painted so far stays."""
        fingers = isinstance(event, QNativeGestureEvent | QGestureEvent)
        if not fingers or not self._hand.gesture(event):
            return super().event(event)
        if self._drawing and self._hand.pinching:
            self._drawing = False
            self.interrupted.emit()
        self._show_cursor()
        return True

    # -- the rest of the world --------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._hand.key(event, True):
            self._hand_changed()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if self._hand.key(event, False):
            self._hand_changed()
        else:
            super().keyReleaseEvent(event)

    def _hand_changed(self) -> None:
        self._show_cursor()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._hand.forget()
        super().focusOutEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        # The space bar must pan wherever the keyboard was before.
        if not isinstance(self.window().focusWidget(), PictureView):
            self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._show_cursor()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.link.move_pointer(None)
        super().leaveEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.resized.emit(event.size().width(), event.size().height())
        super().resizeEvent(event)


def held_keys(modifiers: Qt.KeyboardModifier) -> Keys:
    """The keys that matter to tools."""
    held = Keys.NONE
    for modifier, key in MODIFIERS.items():
        if modifiers & modifier:
            held |= key
    return held
