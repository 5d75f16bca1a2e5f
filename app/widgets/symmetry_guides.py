"""The axes of symmetry: thin lines over the canvas, each with a handle to drag it."""

from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.document.symmetry import Symmetry
from app.platform.theme import colour
from app.platform.translation import tr
from app.widgets.view_link import Point, ViewLink
from app.widgets.viewport import Viewport

KNOB = 20
# An axis within this many screen pixels of the canvas's centre snaps to the centre.
SNAP = 6.0
SHADES = ((QColor(0, 0, 0, 60), 3.0), (QColor(255, 255, 255, 130), 1.0))


class SymmetryGuides(QObject):
    """Draws the axes in all views. `moved` carries a new `x` or `y` of the Symmetry by name."""

    moved = Signal(dict)

    def __init__(self, link: ViewLink) -> None:
        super().__init__(link)
        self.symmetry = Symmetry(0, 0)
        self._link = link
        self._handles: list[AxisHandle] = []
        link.changed.connect(self._place_handles)

    def put_handles(self, view: QWidget) -> None:
        """Add handles for the axes to a view."""
        self._handles += [AxisHandle(self, self._link, view, name) for name in ("x", "y")]

    def show(self, symmetry: Symmetry) -> None:
        """Set the axes to show."""
        self.symmetry = symmetry
        self._place_handles()

    def draw(self, painter: QPainter, view: Viewport) -> None:
        """Draw the active axes."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for name in ("x", "y"):
            if self.is_on(name):
                start, end = (QPointF(*view.to_widget(*point)) for point in self.ends(name, view))
                for shade, width in SHADES:
                    painter.setPen(QPen(shade, width))
                    painter.drawLine(start, end)
        painter.restore()

    def is_on(self, name: str) -> bool:
        """Return whether the vertical axis ("x") or the horizontal axis ("y") is active."""
        return self.symmetry.left_right if name == "x" else self.symmetry.top_bottom

    def ends(self, name: str, view: Viewport) -> tuple[Point, Point]:
        """Return the two end points of an axis in canvas pixels."""
        if name == "x":
            return (self.symmetry.x / 2, 0.0), (self.symmetry.x / 2, float(view.canvas_height))
        return (0.0, self.symmetry.y / 2), (float(view.canvas_width), self.symmetry.y / 2)

    def _place_handles(self) -> None:
        for handle in self._handles:
            handle.place()


class AxisHandle(QWidget):
    """The handle at the start of an axis; dragged with the mouse or moved with arrow keys."""

    def __init__(self, axes: SymmetryGuides, link: ViewLink, view: QWidget, name: str) -> None:
        super().__init__(view)
        self._axes, self._link, self._view, self._name = axes, link, view, name
        self.resize(KNOB, KNOB)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        shapes = Qt.CursorShape
        self.setCursor(shapes.SizeHorCursor if name == "x" else shapes.SizeVerCursor)
        sides = tr("left and right") if name == "x" else tr("top and bottom")
        self.setAccessibleName(tr("Axis of symmetry between {sides}", sides=sides))
        self.setToolTip(tr("Drag to move the axis; double-click to centre it"))
        self.hide()

    def place(self) -> None:
        """Move to the start of the axis, or as near to it as the view allows."""
        view = self._viewport()
        x, y = view.to_widget(*self._axes.ends(self._name, view)[0])
        left = min(max(x - KNOB / 2, 0.0), self._view.width() - KNOB)
        top = min(max(y - KNOB / 2, 0.0), self._view.height() - KNOB)
        self.move(round(left), round(top))
        self.setVisible(self._axes.is_on(self._name))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            spot = self.mapTo(self._view, event.position())
            point = self._viewport().to_canvas(spot.x(), spot.y())
            self._set(point[0] if self._name == "x" else point[1])

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._set(self._middle / 2)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        steps = {keys.Key_Left: -1, keys.Key_Up: -1, keys.Key_Right: 1, keys.Key_Down: 1}
        if event.key() in steps:
            self._axes.moved.emit({self._name: self._doubled + steps[keys(event.key())]})
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour("accent" if self.hasFocus() else "deep"), 1.4))
        painter.setBrush(colour("text"))
        painter.drawEllipse(QPointF(KNOB / 2, KNOB / 2), KNOB / 2 - 2, KNOB / 2 - 2)
        painter.translate(KNOB / 2, KNOB / 2)
        painter.rotate(0 if self._name == "x" else 90)
        painter.setPen(QPen(colour("deep"), 1.5, c=Qt.PenCapStyle.RoundCap))
        for way in (-1, 1):
            painter.drawLine(QPointF(5 * way, 0), QPointF(2 * way, -3))
            painter.drawLine(QPointF(5 * way, 0), QPointF(2 * way, 3))

    def _set(self, place: float) -> None:
        """Move the axis to a canvas coordinate, rounded to half pixels, and snap to the centre."""
        doubled = min(max(round(2 * place), 0), 2 * self._middle)
        if abs(doubled - self._middle) / 2 * self._link.scale <= SNAP:
            doubled = self._middle
        self._axes.moved.emit({self._name: doubled})

    @property
    def _doubled(self) -> int:
        return self._axes.symmetry.x if self._name == "x" else self._axes.symmetry.y

    @property
    def _middle(self) -> int:
        """Twice the centre of the canvas, that is its width or height."""
        view = self._viewport()
        return view.canvas_width if self._name == "x" else view.canvas_height

    def _viewport(self) -> Viewport:
        return self._link.of_widget(self._view.width(), self._view.height())
