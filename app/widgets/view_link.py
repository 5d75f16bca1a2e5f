"""What two views share, so that they look at the same spot: zoom, pan and the pointer."""

from PySide6.QtCore import QObject, Signal

from app.widgets.viewport import Viewport

Point = tuple[float, float]


class ViewLink(QObject):
    """Scale and middle for all views of one canvas, and where the brush hovers.

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

    def of_widget(self, width: int, height: int) -> Viewport:
        """The shared view as seen in a widget of this size."""
        view = self._view
        return Viewport(
            view.canvas_width, view.canvas_height, max(1, width), max(1, height),
            view.scale, view.x, view.y,
        )  # fmt: skip

    def show(self, view: Viewport, fits: bool = False) -> None:
        """Let all views look as `view` does."""
        self.fits = fits
        self._view = view
        self.changed.emit()

    def set_canvas(self, width: int, height: int) -> None:
        """Another canvas, fitted into the view."""
        self.show(Viewport(width, height, *self._lead_size).fitted(), fits=True)

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

    def move_pointer(self, point: Point | None) -> None:
        """The brush hovers over a canvas point, or over none."""
        old, self.pointer = self.pointer, point
        self.pointer_moved.emit(old, point)
