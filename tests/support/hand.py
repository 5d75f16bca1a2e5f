"""A hand with a mouse or a pen: sends the events that a window system would send."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QInputDevice, QMouseEvent, QPointingDevice, QTabletEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.document.document_state import DocumentState
from app.document.label_map import LabelMap
from app.editing.commands import CanvasCommand
from app.widgets.picture_view import PictureView
from app.window.main_window import MainWindow

Point = tuple[float, float]
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
PLAIN = Qt.KeyboardModifier.NoModifier


def mouse(
    view: PictureView,
    kind: QEvent.Type,
    point: Point,
    button: Qt.MouseButton = LEFT,
    keys: Qt.KeyboardModifier = PLAIN,
) -> None:
    """One mouse event at a canvas point."""
    spot = QPointF(*view.viewport().to_widget(*point))
    moving = kind == QEvent.Type.MouseMove
    held = NONE if kind == QEvent.Type.MouseButtonRelease else button
    event = QMouseEvent(kind, spot, view.mapToGlobal(spot), NONE if moving else button, held, keys)
    QApplication.sendEvent(view, event)


def press(view: PictureView, point: Point, keys: Qt.KeyboardModifier = PLAIN) -> None:
    mouse(view, QEvent.Type.MouseButtonPress, point, keys=keys)


def move(view: PictureView, point: Point, keys: Qt.KeyboardModifier = PLAIN) -> None:
    mouse(view, QEvent.Type.MouseMove, point, keys=keys)


def release(view: PictureView, point: Point, keys: Qt.KeyboardModifier = PLAIN) -> None:
    mouse(view, QEvent.Type.MouseButtonRelease, point, keys=keys)


def drag(view: PictureView, points: Sequence[Point], keys: Qt.KeyboardModifier = PLAIN) -> None:
    """Press at the first point, move over the others, release at the last."""
    press(view, points[0], keys)
    for point in points[1:]:
        move(view, point, keys)
    release(view, points[-1], keys)


def click(view: PictureView, point: Point, keys: Qt.KeyboardModifier = PLAIN) -> None:
    drag(view, [point], keys)


def other_canvas(window: MainWindow, width: int, height: int) -> None:
    """Plain sky of another size, as an undoable step."""
    session = window.session
    session.close_off()
    state = DocumentState(LabelMap(width, height).snapshot())
    session.history.push(CanvasCommand(session.document, state, "Canvas"))


class Pen:
    """A tablet pen."""

    def __init__(self, eraser: bool = False) -> None:
        kinds = QPointingDevice.PointerType
        capabilities = QInputDevice.Capability.Position | QInputDevice.Capability.Pressure
        self._device = QPointingDevice(
            "test pen", 7, QInputDevice.DeviceType.Stylus,
            kinds.Eraser if eraser else kinds.Pen, capabilities, 1, 1,
        )  # fmt: skip

    def send(self, view: PictureView, kind: QEvent.Type, point: Point, pressure: float) -> bool:
        """One tablet event at a canvas point; whether it was accepted."""
        event = self.event(view, kind, QPointF(*view.viewport().to_widget(*point)), pressure)
        event.setAccepted(False)
        QApplication.sendEvent(view, event)
        return event.isAccepted()

    def event(
        self, widget: QWidget, kind: QEvent.Type, spot: QPointF, pressure: float
    ) -> QTabletEvent:
        """What the window system would send to a widget."""
        lifted = kind == QEvent.Type.TabletRelease
        return QTabletEvent(
            kind, self._device, spot, widget.mapToGlobal(spot), pressure, 0, 0, 0, 0, 0, PLAIN,
            NONE if kind == QEvent.Type.TabletMove else LEFT, NONE if lifted else LEFT,
        )  # fmt: skip

    def drag(self, view: PictureView, points: Sequence[Point], pressure: float) -> None:
        """A stroke of even pressure; the pen reports none when it is lifted."""
        self.send(view, QEvent.Type.TabletPress, points[0], pressure)
        for point in points[1:]:
            self.send(view, QEvent.Type.TabletMove, point, pressure)
        self.send(view, QEvent.Type.TabletRelease, points[-1], 0.0)
