"""A cache of canvas pictures as QImages, updated in dirty rectangles and drawn by Qt."""

import time
from collections.abc import Callable, Iterator

import cv2
import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter, QTransform

from app.document.rect import NOWHERE, Rect
from app.widgets.tile_pixels import shrunk
from app.widgets.viewport import Viewport

# A pixel of level k is 2^k x 2^k canvas pixels: 8192 canvas pixels are 512 pixels of level 4.
MOST_LEVELS = 4
# Below this scale the next coarser level is drawn slightly enlarged. This blurs a little, but
# skipping pixels would make edges flicker.
SHARPEST = 0.58
# From this scale on, pixels are drawn as squares without smoothing.
SHOW_PIXELS = 3.0
# Maximum pixels of a level that is cached as a whole; of finer levels only the visible part is.
WHOLE = 2048 * 2048
# Large changes are read in squares of this side in canvas pixels, a multiple of every step.
UNIT = 256
# Changes of at most this many pixels, for example dabs, are read at once for the next frame.
AT_ONCE = 512 * 512
# Seconds that one event may spend on a large change; later events read the rest.
SLICE = 0.004

Read = Callable[[Rect, int], np.ndarray]
"""Reads a rectangle at one pixel per step x step canvas pixels, as h x w x 4 uint8 BGRA."""


class _Plane:
    """A box of one level: an array, and a QImage that shares its memory.

    `box` is in pixels of the level. The QImage does not own its memory, so the array must live as
    long as the QImage. `stale` marks the UNIT squares of the canvas that are still to be read.
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
        """The rectangle of canvas pixels that the box shows."""
        return self.box.scaled(1 << self.level).clipped(self._canvas)

    def fetch(self, rect: Rect, read: Read) -> None:
        """Read the part of a rectangle of canvas pixels that the box shows."""
        step = 1 << self.level
        part = rect.cells(step).clipped(self.box)
        if not part.empty:
            source = part.scaled(step).clipped(self._canvas)
            self.pixels[part.slices_in(self.box)] = read(source, step)

    def draw(self, painter: QPainter, view: Viewport, smooth: bool) -> None:
        """Draw the whole box; the painter's clip limits the cost."""
        step = 1 << self.level
        # The last row and column may extend beyond the canvas.
        width = min(self.box.width, view.canvas_width / step - self.box.left)
        height = min(self.box.height, view.canvas_height / step - self.box.top)
        painter.setTransform(QTransform(*view.matrix), combine=True)
        painter.scale(step, step)
        painter.translate(self.box.left, self.box.top)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        all_of_it = QRectF(0, 0, width, height)
        painter.drawImage(all_of_it, self.image, all_of_it)


class TileCache:
    """A cached canvas picture with coarser copies (a mipmap) for drawing it zoomed out.

    `read` returns its pixels, with premultiplied alpha unless `opaque`. A large canvas is cached as
    a whole only at coarse levels; of finer levels the cache holds the visible part. Pixels that
    have changed but are not read yet are drawn with their old content.
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
        """Whether cached pixels are out of date; `catch_up` reads them."""
        return any(plane.stale.any() for plane in self._planes)

    @property
    def nbytes(self) -> int:
        """Size of the cached pixels in bytes."""
        return sum(plane.pixels.nbytes for plane in self._planes)

    def changed(self, rect: Rect) -> None:
        """Mark a dirty rectangle; small ones are read at once, large ones as time allows."""
        if rect.area <= AT_ONCE:
            self._fetch(rect)
            return
        for plane in self._planes:
            plane.stale[_units(rect)] = True
        self.catch_up()

    def begin_with(self, pixels: np.ndarray) -> None:
        """Show a coarse picture of the whole canvas, h x w x 4 BGRA, until its pixels are read."""
        whole = self._whole[0]
        size = whole.box.width, whole.box.height
        whole.pixels[:] = cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR)

    def catch_up(self) -> Rect:
        """Read dirty squares for SLICE seconds, visible ones first; return their bounding box."""
        end = time.perf_counter() + SLICE
        done = NOWHERE
        for unit in self._waiting():
            self._fetch(unit)
            done = done.union(unit)
            if time.perf_counter() > end:
                break
        return done

    def draw(self, painter: QPainter, view: Viewport, ratio: float, opacity: float = 1.0) -> None:
        """Draw the picture within the painter's clip; `ratio` is device per widget pixel.

        A plane is always drawn whole under a transform. Qt rounds target rectangles to whole
        pixels, so drawing only a part would shift repainted parts against the rest.
        """
        scale = view.scale * ratio
        self._seen = view.visible()
        plane = self._plane_for(scale)
        painter.save()
        painter.setOpacity(opacity)
        plane.draw(painter, view, scale < SHOW_PIXELS and not (view.upright and _whole(scale)))
        painter.restore()

    # -- planes and levels ------------------------------------------------------------------

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
        """Yield the stale squares of all planes, visible ones first."""
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
        """Return the window plane, moved if it does not cover the visible part."""
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
        """Fill a window plane with the enlarged coarse picture, until its pixels are read."""
        whole, covers = self._whole[0], window.covers
        coarse = covers.cells(1 << whole.level).clipped(whole.box)
        if not coarse.empty and not window.box.empty:
            size = (window.box.width, window.box.height)
            part = whole.pixels[coarse.slices]
            window.pixels[:] = cv2.resize(part, size, interpolation=cv2.INTER_LINEAR)


def _carry_over(old: _Plane, new: _Plane) -> None:
    """Copy the pixels that an old window plane of the same level shares with a new one."""
    shared = old.box.clipped(new.box)
    if shared.empty:
        return
    place = shared.slices_in(new.box)
    new.pixels[place] = old.pixels[shared.slices_in(old.box)]
    both = _units(old.covers.clipped(new.covers))
    new.stale[both] = old.stale[both]


def _halve(finer: _Plane, coarser: _Plane, rect: Rect) -> None:
    """Update a rectangle of canvas pixels in the coarser plane from the finer one."""
    half = rect.cells(1 << coarser.level).clipped(coarser.box)
    if not half.empty:
        double = half.scaled(2).clipped(finer.box)
        coarser.pixels[half.slices] = shrunk(finer.pixels[double.slices], 2)


def _level_box(canvas: Rect, level: int) -> Rect:
    return canvas.cells(1 << level)


def _units(rect: Rect) -> tuple[slice, slice]:
    """Return the index of the UNIT squares that a rectangle of the canvas overlaps."""
    return rect.cells(UNIT).slices


def _whole(scale: float) -> bool:
    return scale >= 1 and abs(scale - round(scale)) < 1e-6
