"""Pictures of the canvas in a form that Qt draws fast, brought up to date piece by piece."""

import time
from collections.abc import Callable, Iterator

import cv2
import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter, QTransform

from app.document.rect import NOWHERE, Rect
from app.widgets.tile_pixels import shrunk
from app.widgets.viewport import Viewport

# Level k shows 2^k x 2^k canvas pixels as one: even an 8192-pixel canvas is drawn from 512 pixels.
MOST_LEVELS = 4
# Below this scale the next coarser level is drawn, a little enlarged: that is softer than leaving
# out pixels, and edges do not crawl.
SHARPEST = 0.58
# From this magnification on pixels are shown as squares.
SHOW_PIXELS = 3.0
# The finest level that is kept whole has at most so many pixels; of finer ones only what is seen.
WHOLE = 2048 * 2048
# Large changes are worked off in squares of so many canvas pixels, a multiple of every level's.
UNIT = 256
# Smaller changes, a dab for example, are in the very next frame.
AT_ONCE = 512 * 512
# Seconds that one event may spend on a large change; the rest follows in later turns of the loop.
SLICE = 0.004

Read = Callable[[Rect, int], np.ndarray]
"""Reads canvas pixels, thinned to one of step x step: h x w x 4 uint8 blue, green, red, alpha."""


class _Plane:
    """A box of one level: an array, and the QImage that looks at the same memory.

    `box` is in pixels of the level. The QImage does not own its memory, so the array must live as
    long: both live here. `stale` marks the UNIT squares of the canvas still to be read.
    """

    def __init__(self, level: int, box: Rect, canvas: Rect, opaque: bool) -> None:
        self.level, self.box = level, box
        self.pixels = np.zeros((box.height, box.width, 4), np.uint8)
        self.image = QImage(
            self.pixels.data, box.width, box.height, 4 * box.width,
            QImage.Format.Format_RGB32 if opaque else QImage.Format.Format_ARGB32_Premultiplied,
        )  # fmt: skip
        self.stale = np.ones((-(-canvas.height // UNIT), -(-canvas.width // UNIT)), bool)
        self._canvas = canvas

    @property
    def covers(self) -> Rect:
        """The canvas pixels that the box shows."""
        return self.box.scaled(1 << self.level).clipped(self._canvas)

    def fetch(self, rect: Rect, read: Read) -> None:
        """Read canvas pixels anew, as far as the box shows them."""
        step = 1 << self.level
        part = rect.cells(step).clipped(self.box)
        if not part.empty:
            source = part.scaled(step).clipped(self._canvas)
            self.pixels[part.slices_in(self.box)] = read(source, step)

    def draw(self, painter: QPainter, view: Viewport, smooth: bool) -> None:
        """Draw all of the box, as far as the painter's clip lets it through."""
        step = 1 << self.level
        # The last pixel of a row may reach over the canvas.
        width = min(self.box.width, view.canvas_width / step - self.box.left)
        height = min(self.box.height, view.canvas_height / step - self.box.top)
        painter.setTransform(QTransform(*view.matrix), combine=True)
        painter.scale(step, step)
        painter.translate(self.box.left, self.box.top)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        all_of_it = QRectF(0, 0, width, height)
        painter.drawImage(all_of_it, self.image, all_of_it)


class TileCache:
    """A canvas picture with coarser copies for a clean look when zoomed out.

    `read` gives its pixels, of premultiplied alpha where it is not `opaque`. Of a large canvas the
    whole is kept coarse only, and of the finer levels what the view shows; what was changed but
    not read yet shows as it was.
    """

    def __init__(self, width: int, height: int, read: Read, opaque: bool = True) -> None:
        self._canvas = Rect.of_size(width, height)
        self._read, self._opaque = read, opaque
        self._seen = self._canvas
        first = 0
        while self._canvas.area >> (2 * first) > WHOLE:
            first += 1
        self._whole = [self._plane(first, _level_box(self._canvas, first))]
        self._window: _Plane | None = None

    @property
    def behind(self) -> bool:
        """Something seen or kept is still to be read; `catch_up` does that."""
        return any(plane.stale.any() for plane in self._planes)

    @property
    def nbytes(self) -> int:
        """Memory held."""
        return sum(plane.pixels.nbytes for plane in self._planes)

    def changed(self, rect: Rect) -> None:
        """The pixels in `rect` are others now: a little is read at once, much as time allows."""
        if rect.area <= AT_ONCE:
            self._fetch(rect)
            return
        for plane in self._planes:
            plane.stale[_units(rect)] = True
        self.catch_up()

    def catch_up(self) -> Rect:
        """Read more of what was changed, what is seen first; the box of it."""
        end = time.perf_counter() + SLICE
        done = NOWHERE
        for unit in self._waiting():
            self._fetch(unit)
            done = done.union(unit)
            if time.perf_counter() > end:
                break
        return done

    def draw(self, painter: QPainter, view: Viewport, ratio: float, opacity: float = 1.0) -> None:
        """Draw all that the painter's clip lets through; `ratio` is device per widget pixel.

        A plane is always drawn whole under a transform, never a part of it to a rectangle: Qt
        rounds rectangles to whole pixels, which would shift repainted parts against the rest.
        """
        scale = view.scale * ratio
        self._seen = view.visible()
        plane = self._plane_for(scale)
        painter.save()
        painter.setOpacity(opacity)
        plane.draw(painter, view, scale < SHOW_PIXELS and not (view.upright and _whole(scale)))
        painter.restore()

    # -- inside -----------------------------------------------------------------------------

    def _plane(self, level: int, box: Rect) -> _Plane:
        return _Plane(level, box, self._canvas, self._opaque)

    @property
    def _planes(self) -> list[_Plane]:
        return [*self._whole[:1], *([self._window] if self._window is not None else [])]

    def _fetch(self, rect: Rect) -> None:
        rect = rect.clipped(self._canvas)
        whole_units = rect.left % UNIT == 0 and rect.top % UNIT == 0 and rect.area <= UNIT * UNIT
        for plane in self._planes:
            plane.fetch(rect, self._read)
            if whole_units:
                plane.stale[_units(rect)] = False
        for finer, coarser in zip(self._whole, self._whole[1:], strict=False):
            _halve(finer, coarser, rect)

    def _waiting(self) -> Iterator[Rect]:
        """The stale units of all planes, those in sight first."""
        waiting = np.logical_or.reduce([plane.stale for plane in self._planes])
        seen = np.zeros_like(waiting)
        seen[_units(self._seen)] = True
        for part in (waiting & seen, waiting & ~seen):
            for row, column in np.argwhere(part).tolist():
                unit = Rect(0, 0, UNIT, UNIT).moved(column * UNIT, row * UNIT)
                yield unit.clipped(self._canvas)

    def _plane_for(self, scale: float) -> _Plane:
        wanted = 0
        while scale <= SHARPEST and wanted < MOST_LEVELS:
            scale, wanted = scale * 2, wanted + 1
        first = self._whole[0].level
        if wanted < first and not self._seen.empty:
            return self._window_at(wanted)
        coarser = max(0, wanted - first)
        while len(self._whole) <= coarser:
            self._add_level()
        return self._whole[coarser]

    def _add_level(self) -> None:
        finer = self._whole[-1]
        box = _level_box(self._canvas, finer.level + 1)
        coarser = self._plane(finer.level + 1, box)
        _halve(finer, coarser, self._canvas)
        self._whole.append(coarser)

    def _window_at(self, level: int) -> _Plane:
        """The window, moved to what is seen when it does not show that yet."""
        window = self._window
        fits = window is not None and window.level == level
        if window is None or not fits or self._seen.clipped(window.covers) != self._seen:
            self._window = self._moved_window(level)
            self.catch_up()
        assert self._window is not None
        return self._window

    def _moved_window(self, level: int) -> _Plane:
        old, box = self._window, self._seen.cells(UNIT).scaled(UNIT >> level)
        window = self._plane(level, box.clipped(_level_box(self._canvas, level)))
        self._blow_up(window)
        window.stale[:] = False
        window.stale[_units(window.covers)] = True
        if old is not None and old.level == level:
            _carry_over(old, window)
        return window

    def _blow_up(self, window: _Plane) -> None:
        """Fill a window with the coarse picture until it is read."""
        whole, covers = self._whole[0], window.covers
        coarse = covers.cells(1 << whole.level).clipped(whole.box)
        if not coarse.empty and not window.box.empty:
            size = (window.box.width, window.box.height)
            part = whole.pixels[coarse.slices]
            window.pixels[:] = cv2.resize(part, size, interpolation=cv2.INTER_LINEAR)


def _carry_over(old: _Plane, new: _Plane) -> None:
    """Take what an old window of the same level shows already."""
    shared = old.box.clipped(new.box)
    if shared.empty:
        return
    place = shared.slices_in(new.box)
    new.pixels[place] = old.pixels[shared.slices_in(old.box)]
    both = _units(old.covers.clipped(new.covers))
    new.stale[both] = old.stale[both]


def _halve(finer: _Plane, coarser: _Plane, rect: Rect) -> None:
    """Bring canvas pixels of the finer plane up to date in the coarser one."""
    half = rect.cells(1 << coarser.level).clipped(coarser.box)
    if not half.empty:
        double = half.scaled(2).clipped(finer.box)
        coarser.pixels[half.slices] = shrunk(finer.pixels[double.slices], 2)


def _level_box(canvas: Rect, level: int) -> Rect:
    return canvas.cells(1 << level)


def _units(rect: Rect) -> tuple[slice, slice]:
    """Index of the UNIT squares that a box of the canvas meets."""
    return rect.cells(UNIT).slices


def _whole(scale: float) -> bool:
    return scale >= 1 and abs(scale - round(scale)) < 1e-6
