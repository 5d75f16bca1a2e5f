"""The view of the style studio: a picture with scribbles over it, and a map between them."""

import math

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.document.document import Change, Changed, Document
from app.document.marked_picture import mark_colours
from app.document.rect import Rect
from app.document.symmetry import Symmetry
from app.platform.translation import tr
from app.tools.base import Trace
from app.widgets.canvas import CanvasView
from app.widgets.gesture_guides import GestureGuides
from app.widgets.marching_ants import MarchingAnts
from app.widgets.message_bar import MessageBar
from app.widgets.pane import PaneTitle, titled_view
from app.widgets.symmetry_guides import SymmetryGuides
from app.widgets.tile_cache import TileCache
from app.widgets.tile_pixels import lookup_table, scribble_pixels, shrunk
from app.widgets.view_link import ViewLink


class MarkingView(QWidget):
    """Shows a document's labels as scribbles over a picture of the same size, H x W x 3 uint8."""

    def __init__(self, document: Document, ground: np.ndarray) -> None:
        super().__init__()
        self._document, self._ground = document, ground
        self._table = lookup_table(mark_colours())
        self.link = ViewLink(self)
        self.axes = SymmetryGuides(self.link)
        self.canvas = CanvasView(self.link)
        self.canvas.setAccessibleName(tr("Picture"))
        self.title = PaneTitle(tr("Picture"))
        self._selection, self._trace = MarchingAnts((4, 4), 1.0), GestureGuides()
        self._surface = TileCache(document.width, document.height, self._read)
        self._catching_up = QTimer(self)
        self._catching_up.setSingleShot(True)
        self._catching_up.timeout.connect(self._catch_up)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(titled_view(self.title, self.canvas))
        self.messages = MessageBar(self)
        self.link.set_canvas(document.width, document.height)
        self.canvas.set_surfaces(self._surface, self._surface, MarchingAnts((3, 5), 0.6))
        self.canvas.set_selection(self._selection)
        self.canvas.set_guides(self._trace, self.axes)
        self.axes.put_handles(self.canvas)
        self.canvas.resized.connect(self.link.widget_resized)
        self.canvas.frame_shown.connect(self._schedule)
        document.subscribe(self._on_change)
        self._redraw(document.bounds)

    @property
    def behind(self) -> bool:
        """Whether a large change is not completely shown yet; it is updated automatically."""
        return self._surface.behind

    def set_ground(self, ground: np.ndarray) -> None:
        """Set the picture below the scribbles, H x W x 3 uint8."""
        if ground is not self._ground:
            self._ground = ground
            self._redraw(self._document.bounds)

    def set_brush(self, size: float, square: bool) -> None:
        """Set the brush outline at the pointer: diameter in canvas pixels, 0 for none."""
        self.link.brush_size, self.link.brush_square = size, square
        self.canvas.update()

    def set_trace(self, lines: Trace) -> None:
        """Set the lines that show the running gesture, in canvas points."""
        box = self._trace.box
        self._trace.set_lines(lines)
        whole = box.union(self._trace.box).grown(math.ceil(2 / self.link.scale))
        self.canvas.update_canvas(whole)

    def set_symmetry(self, symmetry: Symmetry) -> None:
        """Set the axes of symmetry to show."""
        self.axes.show(symmetry)
        self.canvas.update()

    def _on_change(self, change: Change) -> None:
        if change.what is Changed.LABELS:
            self._redraw(change.rect.grown(1).clipped(self._document.bounds))
        elif change.what is Changed.SELECTION:
            selection = self._document.selection
            self._selection.set_mask(None if selection is None else selection.mask)
            self.canvas.update()

    def _redraw(self, rect: Rect) -> None:
        self._surface.changed(rect)
        self.canvas.update_canvas(rect)
        self._schedule()

    def _schedule(self) -> None:
        if not self._catching_up.isActive() and self.behind:
            self._catching_up.start(0)

    def _catch_up(self) -> None:
        """Update the next slice of a large change; slices keep the UI responsive."""
        self.canvas.update_canvas(self._surface.catch_up())
        self._schedule()

    def _read(self, rect: Rect, step: int) -> np.ndarray:
        around = rect.grown(1).clipped(self._document.bounds)
        labels = self._document.labels.read(around)
        pixels = scribble_pixels(labels, self._ground[around.slices], self._table)
        return shrunk(np.ascontiguousarray(pixels[rect.slices_in(around)]), step)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.messages.place()
        super().resizeEvent(event)
