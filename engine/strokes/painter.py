"""Paint doodles with strokes of any size.

Strokes of size 1 are as wide as in the source at its finest level. For larger strokes a smaller
canvas is matched and the match field is enlarged; colours are read from the enlarged painting, so
the result is as sharp as that. For smaller strokes the source itself is reduced.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from engine.errors import EngineError
from engine.flow import RegionFlow
from engine.requests import StrokeStep
from engine.strokes.kernels import REACH, UNSET, vote
from engine.strokes.source import StrokeSource
from engine.strokes.synthesis import (
    VOTE,
    StrokePainting,
    StrokeSettings,
    paint,
)
from engine.strokes.target import StrokeTarget
from engine.tiles import Window

UNIT = 16
"""Stroke sizes are rounded to multiples of 1 / UNIT."""

SMALLEST, LARGEST = 0.5, 4.0
"""Range of stroke sizes."""

ROWS = 256
"""Rows of a picture that are enlarged at once."""


@dataclass(frozen=True, eq=False)
class StrokePainter:
    """Paints doodles with the strokes of one source at one size.

    ``source``: at most as large as at stroke size 1; ``large``: (H, W, 3) uint8, the painting at
    the stroke size; ``enlarged``: size of canvas and painting relative to what is matched, in
    sixteenths, 16 or more; ``flows``: flow character by region of the source.
    """

    source: StrokeSource
    large: np.ndarray
    enlarged: int
    settings: StrokeSettings
    flows: Sequence[RegionFlow] = ()

    def begin(
        self,
        regions: np.ndarray,
        seed: int = 0,
        repeats: bool = False,
        more: tuple[np.ndarray, ...] = (),
    ) -> StrokePainting:
        """Return a StrokePainting for (h, w) uint8 region numbers, not painted yet.

        ``more``: additional guides of the canvas, (h, w) uint8, scaled to their weights.
        """
        small = tuple(self.shrunk(guide) for guide in more)
        target = StrokeTarget(self.shrunk(regions), seed, self.flows, repeats, small)
        return StrokePainting(self.source, target, self.settings)

    def paint(
        self, painting: StrokePainting, shape: tuple[int, int], threads: int = 1
    ) -> Iterator[StrokeStep]:
        """Paint it, coarse to fine; the last step has the picture of ``shape`` (rows, columns)."""
        for step in paint(painting, threads):
            if self.enlarged == UNIT or step.share < 1:
                yield StrokeStep(step.picture, step.scale * self.enlarged / UNIT, step.share)
        if self.enlarged > UNIT:
            yield StrokeStep(self.enlarge(painting, shape), 1, 1.0)

    def enlarge(self, painting: StrokePainting, shape: tuple[int, int]) -> np.ndarray:
        """Return the picture at full size, (h, w, 3) uint8, from the match field."""
        height, width = shape
        canvas = Window(0, 0, width, height)
        picture = np.empty((height, width, 3), np.uint8)
        for top in range(0, height, ROWS):
            rows = Window(0, top, width, min(top + ROWS, height))
            picture[top : rows.bottom] = self.read(painting, rows, canvas)
        return picture

    def read(self, painting: StrokePainting, window: Window, canvas: Window) -> np.ndarray:
        """Return a window of the picture at full size, (h, w, 3) uint8, equal to ``enlarge``'s.

        ``canvas``: the window of the whole picture.
        """
        if self.enlarged == UNIT:
            return painting.picture[window.within(canvas)].copy()
        around = window.grown(VOTE).clipped(canvas)
        field = self._enlarged_field(painting.field, around)
        out = np.empty((around.height, around.width, 3), np.uint8)
        rows, columns = window.within(around)
        rect = columns.start, rows.start, columns.stop, rows.stop
        vote(
            self.large.reshape(-1), self.large.shape[1] * 3, 3, field, out.reshape(-1),
            around.width * 3, 3, rect, VOTE, False,
        )  # fmt: skip
        return out[rows, columns]

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
        edges = Window(*(-(-edge * self.enlarged // UNIT) for edge in window))
        grown = edges.grown(VOTE)
        if not painting.complete:  # what lies below has no matches yet
            grown = grown._replace(bottom=edges.bottom)
        return grown.clipped(canvas)

    def _enlarged_field(self, field: np.ndarray, window: Window) -> np.ndarray:
        """Return the matches in the large painting for a window of the large canvas, int32."""
        rows, columns = np.arange(window.top, window.bottom), np.arange(window.left, window.right)
        y, x = rows * UNIT // self.enlarged, columns * UNIT // self.enlarged
        matches = field[y[:, None], x]
        height, width = self.large.shape[:2]
        down = (matches >> 16) * self.enlarged // UNIT + (rows - y * self.enlarged // UNIT)[:, None]
        across = (matches & 0xFFFF) * self.enlarged // UNIT + columns - x * self.enlarged // UNIT
        down = down.clip(REACH, height - 1 - REACH)
        large = ((down << 16) | across.clip(REACH, width - 1 - REACH)).astype(np.int32)
        return np.where(matches == UNSET, np.int32(UNSET), large)

    def shrunk(self, guide: np.ndarray) -> np.ndarray:
        """Sample a picture of the canvas at the size that is matched, at pixel centres."""
        if self.enlarged == UNIT:
            return guide
        rows, columns = (-(-side * UNIT // self.enlarged) for side in guide.shape[:2])
        y, x = (
            ((2 * np.arange(count) + 1) * self.enlarged // (2 * UNIT)).clip(0, side - 1)
            for count, side in zip((rows, columns), guide.shape[:2], strict=True)
        )
        return np.ascontiguousarray(guide[y[:, None], x])


@dataclass(frozen=True, eq=False)
class StrokeStyle:
    """A style prepared for strokes; ``table``: (256,) uint8 from material id to region."""

    painter: StrokePainter
    table: np.ndarray


def stroke_sixteenths(stroke: float) -> int:
    """Convert a stroke size to sixteenths. Raises EngineError if it is out of range."""
    if not SMALLEST <= stroke <= LARGEST:
        raise EngineError(f"The stroke size is {SMALLEST:g} to {LARGEST:g}, not {stroke:g}.")
    return round(stroke * UNIT)
