"""Write a finished picture into a file, enlarged, with only one band in memory."""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from engine.doodle.enlarge import EnlargedLabels
from engine.doodle.export import Shares, slices, writing
from engine.formats import Format, Provenance, Sheet, find_format
from engine.strokes.enlargement import (
    Band,
    enlarged_alone,
    enlarged_by,
    enlarged_further,
    matches_for,
)
from engine.strokes.large import UNIT
from engine.strokes.matching import Matches
from engine.strokes.painter import StrokeMatches, StrokePainter
from engine.tiles import Window
from resources.colour_depth import eight_bits, sixteen_bits

T = TypeVar("T")

EIGHT = 8

LARGEST = 8 * UNIT
"""Largest size of the painting that is copied from, in sixteenths of its source's."""

PAUSE = 0.03
"""Seconds between two looks at work on another thread."""

BAND = 2**18
"""Pixels that are painted at once."""

MATCHING = 8
"""Time to match a pixel of the picture, relative to that of writing an enlarged one."""


@dataclass(frozen=True, eq=False)
class PictureExport:
    """A request to export a finished picture, enlarged with a painting's own brushwork.

    ``picture``: (H, W, 3) uint8, read-only; ``matches``: what it was painted by, if that is known;
    they may be wrong in parts. The rest is as in ``ExportRequest``.
    """

    path: Path
    picture: np.ndarray
    scale: int = 1
    format: str = ""
    bits: int = 8
    quality: int = 92
    provenance: Provenance | None = None
    matches: StrokeMatches | None = None

    @property
    def alters(self) -> bool:
        """Whether the file differs from the picture, so that it needs the painting."""
        return self.scale > 1 or self.bits != EIGHT

    def check(self) -> tuple[Format, Sheet]:
        """Return the format and the file's description. Raises EngineError if invalid."""
        height, width = EnlargedLabels(self.picture[..., 0], self.scale).shape
        kind = find_format(self.path, self.format)
        kind.check(self.path, width, height, self.bits)
        return kind, Sheet(width, height, self.bits, self.quality, self.provenance)


def picture_export_steps(
    request: PictureExport, painter: StrokePainter | None, threads: int = 1
) -> Shares:
    """Write the file; yield the progress, 0-1. Raises EngineError, for a bad request before work.

    ``painter``: its painting has the brushwork; without one the picture is only resized.
    """
    kind, sheet = request.check()
    begun, picture = 0.0, request.picture
    if not request.alters:
        band: Band = partial(_sixteen_bits, picture)
    elif painter is None:
        band = enlarged_alone(picture, request.scale)
    else:
        scale = _painted_scale(painter, request.scale)
        larger = yield from _meanwhile(partial(painter.larger, scale))
        cost = MATCHING * picture.shape[0] * picture.shape[1]
        begun = cost / (cost + sheet.width * sheet.height)
        known = None if request.matches is None else request.matches.field
        field = yield from _part_of(matches_for(picture, painter, known, threads), begun)
        band = enlarged_by(StrokeMatches(painter, field), larger, picture, scale)
        if scale < request.scale:
            painted = Window(0, 0, picture.shape[1] * scale, picture.shape[0] * scale)
            band = enlarged_further(band, painted, request.scale // scale)
    with writing(request.path) as file:
        writer = kind.open(file, sheet)
        for window in _bands(sheet):
            rows = band(window)
            for piece in slices(rows if request.bits != EIGHT else eight_bits(rows)):
                writer.write(piece)
                yield begun + (1 - begun) * window.bottom / sheet.height
        writer.close()


def _meanwhile(work: Callable[[], T]) -> Generator[float, None, T]:
    """Work on another thread; yield 0 while it does, so that the caller can do other things."""
    with ThreadPoolExecutor(1) as pool:
        task = pool.submit(work)
        while not task.done():
            yield 0.0
            wait([task], PAUSE)
    return task.result()


def _painted_scale(painter: StrokePainter, scale: int) -> int:
    """Return the largest divisor of a scale whose painting is not too large."""
    sizes = [part for part in range(1, scale + 1) if scale % part == 0]
    return max([1, *(size for size in sizes if painter.enlarged * size <= LARGEST)])


def _part_of(matching: Matches, share: float) -> Matches:
    """Match as the first ``share`` of the work."""
    with closing(matching):
        while True:
            try:
                yield share * next(matching)
            except StopIteration as end:
                return end.value


def _sixteen_bits(picture: np.ndarray, window: Window) -> np.ndarray:
    """Return rows of a picture, uint16."""
    return sixteen_bits(picture[window.top : window.bottom])


def _bands(sheet: Sheet) -> Iterator[Window]:
    rows = max(1, BAND // sheet.width)
    for top in range(0, sheet.height, rows):
        yield Window(0, top, sheet.width, min(top + rows, sheet.height))
