"""The base class of the doodle's and the painting's view: zoom, pan, brush and pointer."""

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
from app.widgets.brush_outline import SMALLEST, draw_brush_outline
from app.widgets.direction_lines import DirectionLines
from app.widgets.gesture_guides import GestureGuides
from app.widgets.marching_ants import MarchingAnts
from app.widgets.style_preview import StylePreview
from app.widgets.symmetry_guides import SymmetryGuides
from app.widgets.tile_cache import TileCache
from app.widgets.view_link import Point, ViewLink
from app.widgets.view_navigation import Navigator
from app.widgets.viewport import Viewport

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
MODIFIERS = {
    Qt.KeyboardModifier.ShiftModifier: Keys.SHIFT,
    Qt.KeyboardModifier.AltModifier: Keys.ALT,
    Qt.KeyboardModifier.ControlModifier: Keys.CONTROL,
}


class PictureView(QWidget):
    """A view of the canvas that can be zoomed, panned, rotated and painted on.

    Pointer handlers only build a PointerSample and emit it: `pressed`, `dragged` and `released` for
    a gesture with the left button or pen, `hovered` otherwise. `interrupted`: a two-finger gesture
    cancelled the drag. `frame_shown`: the view was drawn. `resized` carries the new width and
    height, `palette_asked` the point of the screen where the right button was pressed.
    """

    pressed = Signal(object)
    dragged = Signal(object)
    released = Signal(object)
    interrupted = Signal()
    hovered = Signal(object)
    frame_shown = Signal()
    resized = Signal(int, int)
    palette_asked = Signal(object)

    def __init__(self, link: ViewLink, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.link = link
        self._selection: MarchingAnts | None = None
        self._trace: GestureGuides | None = None
        self._axes: SymmetryGuides | None = None
        self._sketch: StylePreview | None = None
        self._peek: TileCache | None = None
        self._borders: TileCache | None = None
        self._directions: DirectionLines | None = None
        self._drawing = False
        self._navigator = Navigator(self, link)
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
        """Return the view's current viewport."""
        return self.link.of_widget(self.width(), self.height())

    def update_canvas(self, rect: Rect) -> None:
        """Redraw the part of the view that shows a rectangle of canvas pixels."""
        box = self.viewport().box_to_widget(rect)
        self.update(QRect(box.left, box.top, box.width, box.height))

    def set_selection(self, outline: MarchingAnts) -> None:
        """Set the outline of the selection."""
        self._selection = outline
        self.update()

    def set_guides(self, trace: GestureGuides, axes: SymmetryGuides) -> None:
        """Set the lines of the running gesture and the axes of symmetry."""
        self._trace, self._axes = trace, axes

    def set_sketch(self, sketch: StylePreview | None) -> None:
        """Set a style preview to show instead of the painting; None shows the painting."""
        self._sketch = sketch
        self.update()

    def set_peek(self, peek: TileCache | None) -> None:
        """Set a canvas picture to show instead of the painting; None shows the painting."""
        self._peek = peek
        self.update()

    def set_borders(self, borders: TileCache | None) -> None:
        """Set the region borders to draw over the painting; None draws none."""
        self._borders = borders
        self.update()

    def set_directions(self, lines: DirectionLines | None) -> None:
        """Set the lines that show the directions of the pen; None shows none."""
        self._directions = lines
        self.update()

    def draw_picture(self, painter: QPainter, view: Viewport, ratio: float) -> None:
        """Draw the canvas; overridden by subclasses. `ratio` is device per widget pixel."""

    # -- drawing ----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), colour("deep"))
        view = self.viewport()
        self.draw_picture(painter, view, self.devicePixelRatioF())
        self._draw_edge(painter, view)
        if self._directions is not None:
            self._directions.draw(painter, view, event.rect())
        if self._selection is not None:
            self._selection.draw(painter, view)
        if self._axes is not None and self._trace is not None:
            self._axes.draw(painter, view)
            self._trace.draw(painter, view)
        if self.link.pointer is not None and not self._navigator.active:
            draw_brush_outline(painter, view, self.link, strong=self.underMouse())
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

    def _on_pointer_moved(self, old: Point | None, new: Point | None) -> None:
        reach = math.ceil(self.link.brush_size / 2)
        for point in (old, new):
            if point is not None:
                spot = Rect(*(math.floor(v) for v in point), *(math.ceil(v) for v in point))
                self.update_canvas(spot.grown(reach + math.ceil(2 / self.link.scale)))

    def _show_cursor(self) -> None:
        shapes = Qt.CursorShape
        ringed = self.link.brush_size * self.link.scale >= SMALLEST
        shape = self._navigator.cursor
        if shape is None:
            shape = shapes.BlankCursor if ringed else shapes.CrossCursor
        if self.cursor().shape() != shape:
            self.setCursor(shape)

    # -- mouse, pen and gestures ------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._press(event.position(), event.button(), self._sample(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._move(event.position(), self._sample(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._release(event.button(), self._sample(event))

    def tabletEvent(self, event: QTabletEvent) -> None:
        """Handle pen events; accepting them keeps Qt from sending them again as mouse events."""
        event.accept()
        kind = event.type()
        if kind == QEvent.Type.TabletPress:
            self._pressure = event.pressure()
            self._press(event.position(), event.button(), self._pen_sample(event))
        elif kind == QEvent.Type.TabletMove:
            self._pressure = event.pressure()
            self._move(event.position(), self._pen_sample(event))
        elif kind == QEvent.Type.TabletRelease:
            # A released pen reports no pressure; use the last one, so the stroke keeps its width.
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
        if self._drawing and button != LEFT:
            pass  # another button must not interrupt the stroke
        elif self._navigator.press(position, button, turns=bool(sample.keys & Keys.SHIFT)):
            pass
        elif button == LEFT:
            self._drawing = True
            self.pressed.emit(sample)
        elif button == RIGHT and not self._navigator.active:
            self.palette_asked.emit(self.mapToGlobal(position).toPoint())
        self._show_cursor()

    def _move(self, position: QPointF, sample: PointerSample) -> None:
        if self._navigator.move(position):
            pass
        elif self._drawing:
            self.dragged.emit(sample)
        else:
            self.hovered.emit(sample)
        self.link.move_pointer((sample.x, sample.y))
        self._show_cursor()

    def _release(self, button: Qt.MouseButton, sample: PointerSample) -> None:
        if not self._navigator.release(button) and self._drawing and button == LEFT:
            self._drawing = False
            self.released.emit(sample)
        self._show_cursor()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._navigator.wheel(event)
        self._show_cursor()

    def event(self, event: QEvent) -> bool:
        """Let two-finger gestures move the view; they cancel the first finger's stroke."""
        fingers = isinstance(event, QNativeGestureEvent | QGestureEvent)
        if not fingers or not self._navigator.gesture(event):
            return super().event(event)
        if self._drawing and self._navigator.pinching:
            self._drawing = False
            self.interrupted.emit()
        self._show_cursor()
        return True

    # -- keyboard, focus and size -----------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._navigator.key(event, True):
            self._navigation_changed()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if self._navigator.key(event, False):
            self._navigation_changed()
        else:
            super().keyReleaseEvent(event)

    def _navigation_changed(self) -> None:
        self._show_cursor()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._navigator.forget()
        super().focusOutEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        # Take the keyboard focus, so that the space bar pans.
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
    """Return the held modifier keys that tools use."""
    held = Keys.NONE
    for modifier, key in MODIFIERS.items():
        if modifiers & modifier:
            held |= key
    return held
