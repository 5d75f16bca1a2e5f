"""Navigation in a view: space bar, middle button, wheel, touchpad and pinch gestures."""

import math

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QInputDevice, QKeyEvent, QNativeGestureEvent, QWheelEvent
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QWidget

from app.widgets.view_link import ViewLink
from app.widgets.viewport import Viewport

WHEEL_STEP = 1.2
# Pixels to scroll for one wheel notch (120 units) of a touchpad that reports no pixels.
NOTCH = 60.0
# Manual rotation snaps to multiples of 90 degrees within this many degrees.
SNAP = 3.0
# Pinching also twists a little by accident; rotation starts at this many degrees.
LEAST_TWIST = 12.0
LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton


class Navigator(QObject):
    """Pans, rotates and zooms a view. Its handlers return whether they used the event."""

    def __init__(self, view: QWidget, link: ViewLink) -> None:
        super().__init__(view)
        self._widget, self._link = view, link
        self._space = False
        self._from: QPointF | None = None
        self._turning: float | None = None
        self._twist = 0.0
        self.pinching = False
        view.grabGesture(Qt.GestureType.PinchGesture)

    @property
    def active(self) -> bool:
        """Whether the current drag or the next press moves the view."""
        return self._space or self._from is not None or self.pinching

    @property
    def cursor(self) -> Qt.CursorShape | None:
        """Cursor to show; None if the view decides."""
        if self._from is not None:
            return Qt.CursorShape.ClosedHandCursor
        return Qt.CursorShape.OpenHandCursor if self._space else None

    def forget(self) -> None:
        """Reset the space bar, because the view lost the keyboard focus."""
        self._space = False

    def key(self, event: QKeyEvent, down: bool) -> bool:
        """Handle a key press (`down`) or release; while space is held, dragging pans."""
        if event.key() != Qt.Key.Key_Space:
            return False
        if not event.isAutoRepeat():
            self._space = down
        return True

    def press(self, position: QPointF, button: Qt.MouseButton, turns: bool) -> bool:
        """Start a drag that pans, or rotates if `turns`, with the middle button or with space."""
        if button != MIDDLE and not (button == LEFT and self._space):
            return False
        self._from = position
        self._turning = self._view.angle if turns else None
        return True

    def move(self, position: QPointF) -> bool:
        """Continue the drag."""
        if self._from is None:
            return False
        if self._turning is not None:
            self._turn(self._from, position)
        else:
            moved = position - self._from
            self._link.show(self._view.panned(moved.x(), moved.y()))
        self._from = position
        return True

    def release(self, button: Qt.MouseButton) -> bool:
        """End the drag."""
        if self._from is None or button not in (LEFT, MIDDLE):
            return False
        self._from = self._turning = None
        return True

    def wheel(self, event: QWheelEvent) -> None:
        """Zoom at the pointer with a wheel; pan with a touchpad, or zoom with Ctrl."""
        fingers = event.device().type() == QInputDevice.DeviceType.TouchPad or (
            event.phase() != Qt.ScrollPhase.NoScrollPhase
        )
        if fingers and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            pixels = event.pixelDelta()
            moved = QPointF(pixels) if not pixels.isNull() else QPointF(event.angleDelta())
            share = 1.0 if not pixels.isNull() else NOTCH / 120
            self._link.show(self._view.panned(moved.x() * share, moved.y() * share))
        elif event.angleDelta().y():
            self.zoom_at(event.position(), WHEEL_STEP ** (event.angleDelta().y() / 120))
        event.accept()

    def gesture(self, event: QEvent) -> bool:
        """Handle a two-finger gesture on a touchpad or a touch screen."""
        if isinstance(event, QNativeGestureEvent):
            return self._native(event)
        if isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                self._pinch(pinch)
                event.accept(pinch)
                return True
        return False

    def zoom_at(self, position: QPointF, factor: float) -> None:
        """Zoom around a widget point."""
        self._link.show(self._view.zoomed(position.x(), position.y(), factor))

    # -- helpers ----------------------------------------------------------------------------

    @property
    def _view(self) -> Viewport:
        return self._link.of_widget(self._widget.width(), self._widget.height())

    def _turn(self, before: QPointF, after: QPointF) -> None:
        view = self._view
        assert self._turning is not None
        middle = QPointF(view.width / 2, view.height / 2)
        self._turning += _direction(after - middle) - _direction(before - middle)
        self._link.turn(snapped(self._turning) - view.angle)

    def _native(self, event: QNativeGestureEvent) -> bool:
        kinds, kind, spot = Qt.NativeGestureType, event.gestureType(), event.position()
        if kind == kinds.BeginNativeGesture:
            self._twist = 0.0
        elif kind == kinds.ZoomNativeGesture:
            self.zoom_at(spot, max(0.1, 1 + event.value()))
        elif kind == kinds.RotateNativeGesture:
            self._twist_by(event.value(), spot)
        elif kind == kinds.PanNativeGesture:
            self._link.show(self._view.panned(event.delta().x(), event.delta().y()))
        else:
            return kind == kinds.EndNativeGesture
        return True

    def _pinch(self, pinch: QPinchGesture) -> None:
        state = pinch.state()
        if state == Qt.GestureState.GestureStarted:
            self._twist = 0.0
        self.pinching = state in (Qt.GestureState.GestureStarted, Qt.GestureState.GestureUpdated)
        if not self.pinching:
            return
        spot = QPointF(self._widget.mapFromGlobal(pinch.centerPoint().toPoint()))
        moved = pinch.centerPoint() - pinch.lastCenterPoint()
        self._link.show(self._view.panned(moved.x(), moved.y()))
        self.zoom_at(spot, max(0.1, pinch.scaleFactor()))
        self._twist_by(pinch.rotationAngle() - pinch.lastRotationAngle(), spot)

    def _twist_by(self, degrees: float, spot: QPointF) -> None:
        before = self._twist
        self._twist += degrees
        if abs(self._twist) >= LEAST_TWIST:
            turn = self._twist if abs(before) < LEAST_TWIST else degrees
            self._link.show(self._view.turned(turn, spot.x(), spot.y()))


def snapped(angle: float) -> float:
    """Return the angle in degrees, snapped to a multiple of 90 within SNAP degrees."""
    right = round(angle / 90) * 90
    return float(right) if abs(angle - right) <= SNAP else angle


def _direction(way: QPointF) -> float:
    return math.degrees(math.atan2(way.y(), way.x()))
