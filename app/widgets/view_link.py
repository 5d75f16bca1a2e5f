"""What two views share, so that they look at the same spot: zoom, pan, turn and the pointer."""

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from app.widgets.viewport import Viewport

Point = tuple[float, float]


class ViewLink(QObject):
    """Scale, middle and turn for all views of one canvas, and where the brush hovers.

    While `fits`, the canvas keeps filling the first view when that is resized.
    """

    changed = Signal()
    pointer_moved = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.fits = True
        self.brush_size = 0.0
        self.brush_square = False
        self.pointer: Point | None = None
        self._view = Viewport(1, 1, 1, 1)
        self._lead_size = (1, 1)

    @property
    def scale(self) -> float:
        """Widget pixels per canvas pixel."""
        return self._view.scale

    @property
    def angle(self) -> float:
        """Degrees clockwise that the canvas is turned by, 0 to 360."""
        return self._view.angle

    @property
    def mirrored(self) -> bool:
        """The canvas is seen as in a mirror."""
        return self._view.mirrored

    def of_widget(self, width: int, height: int) -> Viewport:
        """The shared view as seen in a widget of this size."""
        return replace(self._view, width=max(1, width), height=max(1, height))

    def show(self, view: Viewport, fits: bool = False) -> None:
        """Let all views look as `view` does."""
        self.fits = fits
        self._view = view
        self.changed.emit()

    def set_canvas(self, width: int, height: int) -> None:
        """Another canvas, fitted into the view; it stays turned and mirrored as it is."""
        view = self.of_widget(*self._lead_size)
        self.show(replace(view, canvas_width=width, canvas_height=height).fitted(), fits=True)

    def widget_resized(self, width: int, height: int) -> None:
        """The leading view has another size."""
        self._lead_size = (width, height)
        view = self.of_widget(width, height)
        self.show(view.fitted() if self.fits else view, self.fits)

    def fit(self) -> None:
        """See the whole canvas."""
        self.show(self.of_widget(*self._lead_size).fitted(), fits=True)

    def zoom(self, factor: float) -> None:
        """Zoom around the middle."""
        view = self._view
        self.show(view.zoomed(view.width / 2, view.height / 2, factor))

    def set_scale(self, scale: float) -> None:
        """Zoom around the middle to this scale."""
        self.zoom(scale / self._view.scale)

    def turn(self, degrees: float) -> None:
        """Turn clockwise around the middle; a canvas that fitted fits again."""
        view = self.of_widget(*self._lead_size)
        turned = view.turned(degrees, view.width / 2, view.height / 2)
        self.show(turned.fitted() if self.fits else turned, self.fits)

    def straighten(self) -> None:
        """Turn the canvas upright again."""
        self.turn(-self._view.angle)

    def mirror(self, mirrored: bool) -> None:
        """Look at the canvas in a mirror, or straight."""
        if mirrored != self._view.mirrored:
            self.show(self._view.flipped(), self.fits)

    def move_pointer(self, point: Point | None) -> None:
        """The brush hovers over a canvas point, or over none."""
        old, self.pointer = self.pointer, point
        self.pointer_moved.emit(old, point)
