"""Enlarge a finished picture with the painting's own brushwork.

Every pixel is matched with the painting (``matching``) and colours are read from the enlarged
painting. What the matches do not explain, the picture's difference from a picture painted by them,
is enlarged smoothly and added. So it stays the same picture, also where it was not copied.
"""

from collections.abc import Callable

import cv2
import numpy as np

from engine.strokes import large
from engine.strokes.matching import Matches, matches_of
from engine.strokes.painter import StrokeMatches, StrokePainter
from engine.tiles import Window, box_of
from resources.colour_depth import eight_bits, sixteen_bits

CELL = 8
"""Side in pixels of the cells in which known matches are compared with the picture."""

WRONG = 0.4
"""Share of a cell's pixels that differ where known matches do not count."""

AROUND = 16
"""Pixels around a part that is matched again that are matched with it."""

BAND = 2**20
"""Pixels that are compared at once."""

REACH = 3
"""Pixels of the picture around a window that its enlargement reads."""


Band = Callable[[Window], np.ndarray]
"""Paints a window of an enlarged picture, (h, w, 3) uint16, 257 times the colours."""


def enlarged_by(
    matches: StrokeMatches, larger: StrokePainter, picture: np.ndarray, scale: int
) -> Band:
    """Return a painter of windows of a picture, (h, w, 3) uint8, enlarged by its matches.

    ``larger``: their painter made ``scale`` times larger. At scale 1 the windows, rounded to 8
    bits, are those of the picture.
    """
    painter, field = matches.painter, matches.field
    canvas = _canvas(picture)

    def paint(window: Window) -> np.ndarray:
        around = _around(window, scale).clipped(canvas)
        painted = eight_bits(painter.enlarge(field, around)).astype(np.float32)
        rest: np.ndarray = picture[around.within(canvas)] - painted
        if scale > 1:
            size = around.width * scale, around.height * scale
            rest = cv2.resize(rest, size, interpolation=cv2.INTER_CUBIC)
        place = window.within(Window(*(edge * scale for edge in around)))
        sixteen = larger.enlarge(field, window) + 257 * rest[place]
        return np.rint(sixteen).clip(0, 65535).astype(np.uint16)

    return paint


def enlarged_further(band: Band, canvas: Window, times: int) -> Band:
    """Return a painter of windows of the picture on ``canvas`` enlarged by interpolation."""

    def paint(window: Window) -> np.ndarray:
        around = _around(window, times).clipped(canvas)
        size = around.width * times, around.height * times
        further = cv2.resize(band(around), size, interpolation=cv2.INTER_CUBIC)
        return further[window.within(Window(*(edge * times for edge in around)))]

    return paint


def enlarged_alone(picture: np.ndarray, scale: int) -> Band:
    """Return a painter of windows of a picture, (h, w, 3) uint8, enlarged without a painting."""
    canvas = _canvas(picture)

    def paint(window: Window) -> np.ndarray:
        around = _around(window, scale).grown(large.REACH).clipped(canvas)
        part = np.ascontiguousarray(picture[around.within(canvas)])
        sharp = large.resized_sharply(part, (around.width * scale, around.height * scale))
        place = window.within(Window(*(edge * scale for edge in around)))
        return sixteen_bits(sharp[place])

    return paint


def matches_for(
    picture: np.ndarray, painter: StrokePainter, known: np.ndarray | None = None, threads: int = 1
) -> Matches:
    """Match a picture, (h, w, 3) uint8, with the painting of a painter, at its stroke size.

    ``known``: match field that explains most of the picture, for example the one that it was
    painted by, (h, w) int32. Only the rest is matched anew.
    """
    shape = painter.field_shape((picture.shape[0], picture.shape[1]))
    small = picture if shape == picture.shape[:2] else _resized(picture, shape, cv2.INTER_AREA)
    if known is None or known.shape != shape:
        return (yield from matches_of(small, painter.source, threads))
    wrong = _resized(_unexplained(picture, painter, known), shape) > 0
    box = box_of(wrong)
    if box.empty:
        return known
    place = box.grown(AROUND).clipped(_canvas(small)).within(_canvas(small))
    part = yield from matches_of(np.ascontiguousarray(small[place]), painter.source, threads)
    field = known.copy()
    field[place] = np.where(wrong[place], part, field[place])
    return field


def _unexplained(picture: np.ndarray, painter: StrokePainter, field: np.ndarray) -> np.ndarray:
    """Return in which cells a picture differs from what its matches paint, uint8."""
    height, width = picture.shape[:2]
    unlike = np.zeros((-(-height // CELL) * CELL, -(-width // CELL) * CELL), np.float32)
    rows = max(1, BAND // width)
    for top in range(0, height, rows):
        band = Window(0, top, width, min(top + rows, height))
        painted = eight_bits(painter.enlarge(field, band))
        unlike[top : band.bottom, :width] = (painted != picture[top : band.bottom]).any(-1)
    cells = unlike.reshape(len(unlike) // CELL, CELL, -1, CELL).mean((1, 3)) > WRONG
    return cv2.dilate(cells.astype(np.uint8), np.ones((3, 3), np.uint8))


def _resized(
    picture: np.ndarray, shape: tuple[int, int], how: int = cv2.INTER_NEAREST
) -> np.ndarray:
    """Resize a picture to other rows and columns."""
    return cv2.resize(picture, (shape[1], shape[0]), interpolation=how)


def _canvas(picture: np.ndarray) -> Window:
    return Window(0, 0, picture.shape[1], picture.shape[0])


def _around(window: Window, scale: int) -> Window:
    """Return the pixels of the picture that a window of its enlargement reads."""
    return Window(
        window.left // scale, window.top // scale,
        -(-window.right // scale), -(-window.bottom // scale),
    ).grown(REACH)  # fmt: skip
