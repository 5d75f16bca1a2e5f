"""The state that the views share: zoom, position, rotation, mirroring and the pointer."""

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from app.widgets.viewport import Viewport

Point = tuple[float, float]


class ViewLink(QObject):
    """Shared viewport and brush outline of all views of one canvas.

    While `fits` is set, the canvas stays fitted when the leading view is resized. `pointer` is the
    canvas point under the pointer, or None. `changed`: the viewport changed. `pointer_moved`
    carries the old and the new canvas point.
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
        """Rotation of the canvas in degrees clockwise, 0-360."""
        return self._view.angle

    @property
    def mirrored(self) -> bool:
        """Whether the view is mirrored left to right."""
        return self._view.mirrored

    def of_widget(self, width: int, height: int) -> Viewport:
        """Return the shared viewport for a widget of this size."""
        return replace(self._view, width=max(1, width), height=max(1, height))

    def show(self, view: Viewport, fits: bool = False) -> None:
        """Set the shared viewport; `fits` says whether it stays fitted when resized."""
        self.fits = fits
        self._view = view
        self.changed.emit()

    def set_canvas(self, width: int, height: int) -> None:
        """Set the size of the canvas and fit it; rotation and mirroring stay."""
        view = self.of_widget(*self._lead_size)
        self.show(replace(view, canvas_width=width, canvas_height=height).fitted(), fits=True)

    def widget_resized(self, width: int, height: int) -> None:
        """Adjust the viewport to a new size of the leading view."""
        self._lead_size = (width, height)
        view = self.of_widget(width, height)
        self.show(view.fitted() if self.fits else view, self.fits)

    def fit(self) -> None:
        """Fit the whole canvas into the leading view."""
        self.show(self.of_widget(*self._lead_size).fitted(), fits=True)

    def zoom(self, factor: float) -> None:
        """Zoom by a factor around the centre of the view."""
        view = self._view
        self.show(view.zoomed(view.width / 2, view.height / 2, factor))

    def set_scale(self, scale: float) -> None:
        """Zoom to a scale (widget pixels per canvas pixel) around the centre of the view."""
        self.zoom(scale / self._view.scale)

    def turn(self, degrees: float) -> None:
        """Rotate clockwise around the centre of the view; a fitted canvas is fitted again."""
        view = self.of_widget(*self._lead_size)
        turned = view.turned(degrees, view.width / 2, view.height / 2)
        self.show(turned.fitted() if self.fits else turned, self.fits)

    def straighten(self) -> None:
        """Reset the rotation."""
        self.turn(-self._view.angle)

    def mirror(self, mirrored: bool) -> None:
        """Mirror the view left to right, or not."""
        if mirrored != self._view.mirrored:
            self.show(self._view.flipped(), self.fits)

    def move_pointer(self, point: Point | None) -> None:
        """Set the canvas point under the pointer; None if the pointer left the views."""
        old, self.pointer = self.pointer, point
        self.pointer_moved.emit(old, point)
