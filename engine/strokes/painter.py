"""Paint doodles with strokes of any size.

Strokes of size 1 are as wide as in the source at its finest level. For larger strokes a smaller
canvas is matched and the match field is enlarged; colours are read from the enlarged painting, so
the result is as sharp as that. For smaller strokes the source itself is reduced.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.errors import EngineError
from engine.flow import RegionFlow
from engine.requests import StrokeStep
from engine.strokes.kernels import enlarge
from engine.strokes.large import UNIT, Original, enlarged_source
from engine.strokes.source import StrokeSource
from engine.strokes.synthesis import VOTE, StrokePainting, StrokeSettings, paint
from engine.strokes.target import StrokeTarget
from engine.tiles import Window
from resources.colour_depth import eight_bits

SMALLEST, LARGEST = 0.5, 4.0
"""Range of stroke sizes."""

ROWS = 256
"""Rows of a picture that are enlarged at once."""


@dataclass(frozen=True, eq=False)
class StrokePainter:
    """Paints doodles with the strokes of one source at one size.

    ``source``: at most as large as at stroke size 1; ``large``: (H, W, 3) uint8, the painting at
    the stroke size; ``enlarged``: size of canvas and painting relative to what is matched, in
    sixteenths, 16 or more; ``flows``: flow character by region of the source; ``originals``: the
    paintings of the source at their full size.
    """

    source: StrokeSource
    large: np.ndarray
    enlarged: int
    settings: StrokeSettings
    flows: Sequence[RegionFlow] = ()
    originals: Sequence[Original] = ()

    def begin(
        self,
        regions: np.ndarray,
        seed: int = 0,
        repeats: bool = False,
        more: tuple[np.ndarray, ...] = (),
        kinds: np.ndarray | None = None,
        directions: np.ndarray | None = None,
    ) -> StrokePainting:
        """Return a StrokePainting for (h, w) uint8 region numbers, not painted yet.

        ``more``: additional guides of the canvas, (h, w) uint8, scaled to their weights; ``kinds``:
        of the borders at every pixel, (h, w) uint8, or None, as in ``StrokeTarget``;
        ``directions``: of the pen, see ``engine.flow.pen``, or None.
        """
        small = tuple(self.shrunk(guide) for guide in more)
        if kinds is not None:
            kinds = self.shrunk(kinds)
        if directions is not None:
            directions = self.shrunk(directions)
        target = StrokeTarget(
            self.shrunk(regions), seed, self.flows, repeats, small, kinds, directions
        )
        return StrokePainting(self.source, target, self.settings)

    def paint(
        self, painting: StrokePainting, shape: tuple[int, int], threads: int = 1
    ) -> "StrokeSteps":
        """Paint it, coarse to fine; the last step has the picture of ``shape`` (rows, columns)."""
        for step in paint(painting, threads):
            if self.enlarged == UNIT or step.share < 1:
                yield StrokeStep(step.picture, step.scale * self.enlarged / UNIT, step.share)
        if self.enlarged > UNIT:
            yield StrokeStep(self.picture(painting.field, shape), 1, 1.0)
        return StrokeMatches(self, painting.field)

    def larger(self, scale: int) -> "StrokePainter":
        """Return a painter of pictures that are ``scale`` times as large, with such strokes."""
        if scale == 1:
            return self
        enlarged = self.enlarged * scale
        large = enlarged_source(self.source.rgb, self.originals, enlarged, sharp=True)
        return replace(self, large=large, enlarged=enlarged)

    def enlarge(self, field: np.ndarray, window: Window) -> np.ndarray:
        """Paint a window of the canvas from a match field, (h, w, 3) uint16.

        The values are 257 times the colours. Where two neighbours copy from different places, one
        fades into the other over a few pixels of the field, so that no steps show.
        """
        rows = _overlaps(window.top, window.bottom, self.enlarged)
        columns = _overlaps(window.left, window.right, self.enlarged)
        out = np.empty((window.height, window.width, 3), np.uint16)
        enlarge(
            _read_only(self.large), _read_only(field), self.enlarged, *rows, *columns,
            window.top, window.left, out,
        )  # fmt: skip
        return out

    def picture(self, field: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
        """Paint the whole canvas of ``shape`` from a match field, (h, w, 3) uint8."""
        height, width = shape
        picture = np.empty((height, width, 3), np.uint8)
        for top in range(0, height, ROWS):
            band = Window(0, top, width, min(top + ROWS, height))
            picture[top : band.bottom] = eight_bits(self.enlarge(field, band))
        return picture

    def field_shape(self, shape: tuple[int, int]) -> tuple[int, int]:
        """Return rows and columns of the match field of a canvas of ``shape``."""
        height, width = shape
        return -(-height * UNIT // self.enlarged), -(-width * UNIT // self.enlarged)

    def read(self, painting: StrokePainting, window: Window, canvas: Window) -> np.ndarray:
        """Return a window of the picture at full size, (h, w, 3) uint8, equal to ``picture``'s.

        ``canvas``: the window of the whole picture.
        """
        if self.enlarged == UNIT:
            return painting.picture[window.within(canvas)].copy()
        return eight_bits(self.enlarge(painting.field, window))

    def matched(self, window: Window) -> Window:
        """Return the pixels to match again when the canvas changes inside ``window``."""
        if window.empty:
            return window
        left, top, right, bottom = (edge * UNIT for edge in window)
        size = self.enlarged
        return Window(left // size, top // size, -(-right // size), -(-bottom // size))

    def reached(self, painting: StrokePainting, window: Window, canvas: Window) -> Window:
        """Return the pixels of the canvas that depend on the matches in ``window``."""
        if self.enlarged == UNIT:
            return window.clipped(canvas)
        left, top, right, bottom = window.grown(1)  # see _overlaps
        if not painting.complete:  # what lies below has no matches yet
            bottom = window.bottom
        ends = (-(-edge * self.enlarged // UNIT) for edge in (right, bottom))
        starts = left * self.enlarged // UNIT, top * self.enlarged // UNIT
        return Window(*starts, *ends).clipped(canvas)

    def shrunk(self, guide: np.ndarray) -> np.ndarray:
        """Sample a picture of the canvas at the size that is matched, at pixel centres."""
        if self.enlarged == UNIT:
            return guide
        height, width = guide.shape[:2]
        rows, columns = self.field_shape((height, width))
        y, x = (
            ((2 * np.arange(count) + 1) * self.enlarged // (2 * UNIT)).clip(0, side - 1)
            for count, side in zip((rows, columns), guide.shape[:2], strict=True)
        )
        return np.ascontiguousarray(guide[y[:, None], x])


@dataclass(frozen=True, eq=False)
class StrokeMatches:
    """A painter and the match field that it painted a picture by, (h, w) int32."""

    painter: StrokePainter
    field: np.ndarray


StrokeSteps = Generator[StrokeStep, None, StrokeMatches]
"""Yields a step per round and returns what the picture was copied from."""


@dataclass(frozen=True, eq=False)
class StrokeStyle:
    """A style prepared for strokes.

    ``table``: (256,) uint8 from material id to region; ``edges``: (256,) uint8 from material id to
    kind of border, see ``engine.flow.borders``; None keeps the doodle's borders. ``notes``:
    sentences about what could not be painted as asked; ``materials``: ids of those that it is
    prepared for, None for all.
    """

    painter: StrokePainter
    table: np.ndarray
    edges: np.ndarray | None = None
    notes: tuple[str, ...] = ()
    materials: tuple[int, ...] | None = None

    def begin(
        self,
        labels: np.ndarray,
        seed: int = 0,
        repeats: bool = False,
        directions: np.ndarray | None = None,
    ) -> StrokePainting:
        """Return a StrokePainting for (h, w) uint8 material ids, not painted yet.

        ``directions``: of the pen, see ``engine.flow.pen``, or None.
        """
        kinds = self.kinds(labels)
        return self.painter.begin(
            self.table[labels], seed, repeats, kinds=kinds, directions=directions
        )

    def kinds(self, labels: np.ndarray) -> np.ndarray | None:
        """Return the kind of border of every pixel, (h, w) uint8, or None."""
        return None if self.edges is None else self.edges[labels]


def _read_only(array: np.ndarray) -> np.ndarray:
    """Return a read-only view: numba compiles a kernel again for arrays that can be written."""
    view = array.view()
    view.flags.writeable = False
    return view


def _overlaps(first: int, last: int, enlarged: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows of the match field a picture's rows ``first`` to ``last`` - 1 copy from.

    The result is the first row for each of them, (n,) int32, and the weights of that and the next
    ones, (n, 3) int32. At size 1 it is a vote of the synthesis, else a quadratic B-spline.
    """
    place = (2 * np.arange(first, last) + 1) * UNIT / (2 * enlarged) - 0.5
    middle = np.floor(place + 0.5)
    if enlarged == UNIT:
        weights = np.ones((len(place), 2 * VOTE + 1), np.int32)
    else:
        off = (place - middle)[:, None]
        parts = 0.5 * (0.5 - off) ** 2, 0.75 - off**2, 0.5 * (0.5 + off) ** 2
        weights = np.rint(np.concatenate(parts, 1) * 255).astype(np.int32)
    return (middle - 1).astype(np.int32), weights


def stroke_sixteenths(stroke: float) -> int:
    """Convert a stroke size to sixteenths. Raises EngineError if it is out of range."""
    if not SMALLEST <= stroke <= LARGEST:
        raise EngineError(f"The stroke size is {SMALLEST:g} to {LARGEST:g}, not {stroke:g}.")
    return round(stroke * UNIT)
