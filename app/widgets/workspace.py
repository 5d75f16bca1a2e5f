"""The workspace: the views of doodle and painting, side by side, overlaid, or one alone."""

import math

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from app.document.document import Change, Changed, Document
from app.document.label_map import LabelSnapshot
from app.document.pen_curve import PenCurve
from app.document.rect import Rect
from app.document.symmetry import Symmetry
from app.platform.translation import tr
from app.tools.base import Trace
from app.widgets.canvas import CanvasView
from app.widgets.direction_lines import LONGEST, DirectionLines
from app.widgets.gesture_guides import GestureGuides
from app.widgets.marching_ants import MarchingAnts
from app.widgets.message_bar import MessageBar
from app.widgets.painting_view import PaintingView
from app.widgets.pane import PaneTitle, titled_view
from app.widgets.picture_view import PictureView
from app.widgets.style_preview import StylePreview
from app.widgets.symmetry_guides import SymmetryGuides
from app.widgets.tile_cache import WHOLE, Read, TileCache
from app.widgets.tile_pixels import (
    border_pixels,
    doodle_pixels,
    lookup_table,
    over_photo_pixels,
    painting_pixels,
    shrunk,
)
from app.widgets.underlay import UnderlayBar, UnderlayPicture
from app.widgets.view_link import ViewLink
from app.widgets.wet_ink import WetInk
from resources.materials import in_colours

SIDE, OVERLAY, PAINTING = "side", "overlay", "painting"
DOODLE, PREVIEW = "doodle", "preview"
SAMPLE = 16
"""Every so many pixels of a large canvas are shown at first."""

PEEKED = {DOODLE: "the doodle", PREVIEW: "without Refine"}


class Workspace(QWidget):
    """Lays out the views and keeps their pictures of the document up to date.

    The signals are those of the views; `frame_shown` is emitted only by a view with the painting.
    """

    pressed = Signal(object)
    dragged = Signal(object)
    released = Signal(object)
    interrupted = Signal()
    hovered = Signal(object)
    frame_shown = Signal()
    palette_asked = Signal(object)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._table = lookup_table(in_colours(np.arange(256, dtype=np.uint8)))
        self._mode = SIDE
        self._opacity = 0.6
        self._wet = WetInk(document, self._table)
        self._credit = self._sketched = ""
        self._selection, self._stale = MarchingAnts((4, 4), 1.0), MarchingAnts((3, 5), 0.6)
        self._trace = GestureGuides()
        self._before: TileCache | None = None
        self._peek = ""
        self._peeked: TileCache | None = None
        self._borders: TileCache | None = None
        self._directions = DirectionLines(lambda: document.directions)
        self._shows_directions = False
        self.link = ViewLink(self)
        self.axes = SymmetryGuides(self.link)
        self.canvas = CanvasView(self.link)
        self.painting = PaintingView(self.link)
        self._catching_up = QTimer(self)
        self._catching_up.setSingleShot(True)
        self._catching_up.timeout.connect(self._catch_up)
        self.doodle_title = PaneTitle(tr("Doodle"))
        self.painting_title = PaneTitle(tr("Painting"))
        self._underlay: UnderlayPicture | None = None
        self.underlay_bar = UnderlayBar()
        self.doodle_title.add(self.underlay_bar)
        self._lay_out()
        self.messages = MessageBar(self)
        self._connect()
        self._new_surfaces()
        document.subscribe(self._on_change)

    def set_mode(self, mode: str) -> None:
        """Set the layout: SIDE, OVERLAY or PAINTING."""
        self._mode = mode
        self._panes[0].setVisible(mode != PAINTING)
        self._panes[1].setVisible(mode != OVERLAY)
        self.doodle_title.set_text(tr("Doodle and painting") if mode == OVERLAY else tr("Doodle"))
        self.canvas.set_overlay(self._opacity if mode == OVERLAY else 0.0)
        self._start_wet_ink()
        self._schedule_catch_up()
        lead = self._lead
        self.link.widget_resized(lead.width(), lead.height())

    def show_ink(self, rect: Rect) -> None:
        """Show the material in `rect`, where the pen has changed it, until it is painted."""
        self._wet.paint(rect)
        self._schedule_catch_up()

    def show_patched(self, rect: Rect, labels: LabelSnapshot) -> None:
        """Note that the painting shows these labels in `rect`."""
        if self._wet.dry(rect, labels):
            self.painting.update_canvas(rect)
            self._schedule_catch_up()

    def focus_canvas(self) -> None:
        """Give the keyboard focus to the view that is painted on."""
        self._lead.setFocus()

    def set_opacity(self, opacity: float) -> None:
        """Set the opacity of the painting in overlay mode, 0-1."""
        self._opacity = opacity
        if self._mode == OVERLAY:
            self.canvas.set_overlay(opacity)

    def set_brush(self, size: float, square: bool) -> None:
        """Set the brush outline at the pointer: diameter in canvas pixels, 0 for none."""
        self.link.brush_size, self.link.brush_square = size, square
        self.canvas.update()
        self.painting.update()

    def set_pen_curve(self, curve: PenCurve) -> None:
        """Set the pen pressure curve."""
        for view in (self.canvas, self.painting):
            view.pen_curve = curve

    def set_trace(self, lines: Trace) -> None:
        """Set the lines that show the running gesture, in canvas points."""
        box = self._trace.box
        self._trace.set_lines(lines)
        for view in (self.canvas, self.painting):
            view.update_canvas(box.union(self._trace.box).grown(math.ceil(2 / self.link.scale)))

    def set_symmetry(self, symmetry: Symmetry) -> None:
        """Set the axes of symmetry to show."""
        self.axes.show(symmetry)
        self.canvas.update()
        self.painting.update()

    def set_compare(self, compare: bool) -> None:
        """Start or end comparing: photo or live preview on the left, painting on the right."""
        if compare != (self._before is not None):
            self._set_before(compare)

    def show_credit(self, credit: str) -> None:
        """Show the style's credit line; empty while no style is loaded."""
        self._credit = credit
        self._show_title()
        self.painting.set_note("" if credit else tr("Preparing the engine..."))

    def show_sketch(self, pixels: np.ndarray | None, credit: str = "") -> None:
        """Show a style preview, h x w x 3 uint8 RGB; None shows the painting again."""
        sketch = StylePreview(pixels) if pixels is not None else None
        self.painting.set_sketch(sketch)
        self.canvas.set_sketch(sketch)
        self._sketched = tr("preview: {style}", style=credit) if sketch is not None else ""
        self._show_title()

    def set_borders(self, shown: bool) -> None:
        """Show or hide thin lines over the painting between areas of different materials."""
        self._borders = self._surface(self._read_borders, opaque=False) if shown else None
        for view in (self.canvas, self.painting):
            view.set_borders(self._borders)
        self._schedule_catch_up()

    def set_directions(self, shown: bool) -> None:
        """Show or hide short lines that show which way strokes run."""
        if shown != self._shows_directions:
            self._shows_directions = shown
            for view in (self.canvas, self.painting):
                view.set_directions(self._directions if shown else None)

    def set_flow(self, flow: np.ndarray | None) -> None:
        """Set the flow of the strokes to show with the directions; None while it is unknown."""
        self._directions.flow = flow
        if self._shows_directions:
            self.canvas.update()
            self.painting.update()

    def set_peek(self, peek: str) -> None:
        """Show DOODLE or PREVIEW instead of the painting; "" shows the painting again."""
        self._peek = peek
        self._peeked = self._doodle_surface if peek == DOODLE else None
        if peek == PREVIEW:
            self._peeked = self._surface(self._read_preview)
        for view in (self.canvas, self.painting):
            view.set_peek(self._peeked)
        self._show_title()
        self._schedule_catch_up()

    def _show_title(self) -> None:
        peeked = tr(PEEKED[self._peek]) if self._peek else ""
        self.painting_title.set_note(peeked or self._sketched or self._credit)

    def _surface(self, read: Read, opaque: bool = True) -> TileCache:
        surface = TileCache(self._document.width, self._document.height, read, opaque)
        surface.changed(self._document.bounds)
        return surface

    def show_actual_size(self) -> None:
        """Zoom to one screen pixel per canvas pixel."""
        self.link.set_scale(1 / self.devicePixelRatioF())

    def visible_canvas(self) -> Rect:
        """Return the rectangle of visible canvas pixels."""
        return self._lead.viewport().visible()

    @property
    def _lead(self) -> PictureView:
        """The leading view: a fitted canvas is fitted to its size."""
        return self.painting if self._mode == PAINTING else self.canvas

    def _lay_out(self) -> None:
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(3)
        splitter.setChildrenCollapsible(False)
        self._panes = (
            titled_view(self.doodle_title, self.canvas),
            titled_view(self.painting_title, self.painting),
        )
        for pane in self._panes:
            splitter.addWidget(pane)
        splitter.setSizes([1000, 1000])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)

    def _connect(self) -> None:
        for view in (self.canvas, self.painting):
            view.pressed.connect(self.pressed)
            view.dragged.connect(self.dragged)
            view.released.connect(self.released)
            view.interrupted.connect(self.interrupted)
            view.hovered.connect(self.hovered)
            view.palette_asked.connect(self.palette_asked)
            view.frame_shown.connect(self._on_frame)
            view.resized.connect(self._on_resized)
            view.set_selection(self._selection)
            view.set_guides(self._trace, self.axes)
            self.axes.put_handles(view)
        self.underlay_bar.changed.connect(
            lambda opacity: self.canvas.set_underlay(self._underlay, opacity)
        )

    def _on_frame(self) -> None:
        self._schedule_catch_up()  # a moved view may show pixels that are still to be read
        # Only frames that show the painting count for the latency.
        if self.sender() is self.painting or self._mode == OVERLAY:
            self.frame_shown.emit()

    def _on_resized(self, width: int, height: int) -> None:
        if self.sender() is self._lead:
            self.link.widget_resized(width, height)

    def _on_change(self, change: Change) -> None:
        if change.what is Changed.LABELS:
            self._show_labels(change.rect)
            self._show_directions(change.rect)
            self._show_stale()
        elif change.what is Changed.DIRECTIONS:
            self._show_directions(change.rect)
            self._show_stale()
        elif change.what is Changed.REFINED:
            self._show_stale()
        elif change.what is Changed.PAINTING:
            self._show_painting(change.rect)
        elif change.what is Changed.CANVAS:
            self._new_surfaces()
        elif change.what is Changed.SELECTION:
            self._show_selection()
        elif change.what is Changed.UNDERLAY:
            self._show_underlay()

    def _show_labels(self, rect: Rect) -> None:
        self._doodle_surface.changed(rect)
        self.canvas.update_canvas(rect)
        if self._borders is not None:
            around = rect.grown(1).clipped(self._document.bounds)
            self._borders.changed(around)
            self._update_painting(around)
        self._schedule_catch_up()

    def _show_directions(self, rect: Rect) -> None:
        if self._shows_directions:
            reach = math.ceil(LONGEST / self.link.scale)
            for view in (self.canvas, self.painting):
                view.update_canvas(rect.grown(reach))

    def _show_painting(self, rect: Rect) -> None:
        self._painting_surface.changed(rect)
        for surface in (self._before, self._peeked):
            if surface is not None:
                surface.changed(rect)
        self._update_painting(rect)
        self._schedule_catch_up()

    def _update_painting(self, rect: Rect) -> None:
        self.painting.update_canvas(rect)
        if self._mode == OVERLAY:
            self.canvas.update_canvas(rect)

    @property
    def _surfaces(self) -> list[TileCache]:
        others = (self._before, self._peeked, self._borders, self._wet.surface)
        shown = [surface for surface in others if surface is not None]
        if self._underlay is not None:
            shown.append(self._underlay.surface)
        return [self._doodle_surface, self._painting_surface, *shown]

    @property
    def behind(self) -> bool:
        """Whether a large change is not completely shown yet; it is updated automatically."""
        return any(each.behind for each in self._surfaces)

    def _schedule_catch_up(self) -> None:
        if not self._catching_up.isActive() and self.behind:
            self._catching_up.start(0)

    def _catch_up(self) -> None:
        """Update the next slice of a large change; slices keep the UI responsive."""
        surface = next((each for each in self._surfaces if each.behind), None)
        if surface is None:
            return
        rect = surface.catch_up()
        if surface is self._doodle_surface:
            self.canvas.update_canvas(rect)
        elif self._underlay is not None and surface is self._underlay.surface:
            self.canvas.update()
        else:
            self._update_painting(rect)
        self._schedule_catch_up()

    def _start_wet_ink(self) -> None:
        """Show ink on the painting where the doodle is not seen beside or below it."""
        if self._mode == PAINTING:
            self._wet.start()
        else:
            self._wet.stop()
        self.painting.set_ink(self._wet.surface)

    def _set_before(self, compare: bool) -> None:
        photo = self._document.photo is not None
        read = self._read_photo if photo else self._read_preview
        self._before = self._surface(read) if compare else None
        tags = (tr("photo"), tr("painting")) if photo else (tr("preview"), tr("refined"))
        self.painting.set_before(self._before, tags)
        self._schedule_catch_up()

    def _show_underlay(self) -> None:
        underlay, bar = self._document.underlay, self.underlay_bar
        if underlay is not None and self._underlay is None:
            bar.shown.setChecked(True)  # show a new underlay even if the previous one was hidden
        self._underlay = UnderlayPicture(underlay) if underlay is not None else None
        bar.setVisible(underlay is not None)
        self.canvas.set_underlay(self._underlay, bar.opacity)
        self._schedule_catch_up()

    def _show_selection(self) -> None:
        selection = self._document.selection
        self._selection.set_mask(None if selection is None else selection.mask)
        self.canvas.update()
        self.painting.update()

    def _show_stale(self) -> None:
        layer = self._document.layer
        if layer is None or layer.whole:
            self._stale.set_mask(None)
        else:
            self._stale.set_mask(layer.stale, layer.step)

    def _new_surfaces(self) -> None:
        document = self._document
        self.link.set_canvas(document.width, document.height)
        self._doodle_surface = self._surface(self._read_doodle)
        self._painting_surface = self._surface(self._read_painting)
        if document.bounds.area > WHOLE:
            self._show_samples()
        self.canvas.set_surfaces(self._doodle_surface, self._painting_surface, self._stale)
        self.painting.set_surface(self._painting_surface, self._stale)
        if self._before is not None:
            self._set_before(True)
        self._start_wet_ink()
        self.set_borders(self._borders is not None)
        self.set_peek(self._peek)
        self._show_stale()
        self._show_selection()
        self._show_underlay()
        self._schedule_catch_up()

    def _show_samples(self) -> None:
        """Fill the new surfaces of a large canvas coarsely, because reading them takes a second."""
        document, photo = self._document, self._document.photo
        labels = document.labels.sampled(SAMPLE)
        below = photo.pixels[::SAMPLE, ::SAMPLE] if photo is not None else None
        self._doodle_surface.begin_with(self._doodle_pixels(labels, below, (0, 0)))
        self._painting_surface.begin_with(painting_pixels(document.sampled_preview(SAMPLE)))

    def _read_doodle(self, rect: Rect, step: int) -> np.ndarray:
        labels, photo = self._document.labels.read(rect), self._document.photo
        below = photo.pixels[rect.slices] if photo is not None else None
        return shrunk(self._doodle_pixels(labels, below, rect[:2]), step)

    def _doodle_pixels(
        self, labels: np.ndarray, below: np.ndarray | None, corner: tuple[int, int]
    ) -> np.ndarray:
        if below is None:
            return doodle_pixels(labels, self._table)
        return over_photo_pixels(labels, below, self._table, corner)

    def _read_borders(self, rect: Rect, step: int) -> np.ndarray:
        around = rect.grown(step).clipped(self._document.bounds)
        labels = self._document.labels.read(around)[::step, ::step]
        inside = rect.moved(-around.left, -around.top)
        return border_pixels(labels)[inside.cells(step).slices]

    def _read_painting(self, rect: Rect, step: int) -> np.ndarray:
        return shrunk(painting_pixels(self._document.read_painting(rect)), step)

    def _read_photo(self, rect: Rect, step: int) -> np.ndarray:
        photo = self._document.photo
        assert photo is not None
        return shrunk(painting_pixels(photo.pixels[rect.slices]), step)

    def _read_preview(self, rect: Rect, step: int) -> np.ndarray:
        return shrunk(painting_pixels(self._document.read_preview(rect)), step)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.messages.place()
        super().resizeEvent(event)
