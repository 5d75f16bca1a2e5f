"""Find where the pixels of a finished picture could have been copied from.

The same search as for strokes, with the picture itself as the only guide: of strokes it finds the
places that they were copied from, of other pictures the most similar brushwork.
"""

from collections.abc import Generator
from concurrent.futures import Executor, ThreadPoolExecutor

import numpy as np

from engine.strokes.guides import halved
from engine.strokes.kernels import (
    ANY,
    CELL,
    NO_SHIFT,
    PRICES,
    REACH,
    SPARE,
    UNSET,
    begin,
    patch_kernels,
)
from engine.strokes.source import SourceLevel, StrokeSource
from engine.tiles import Window

PASSES = (3, 3, 5, 6, 6)
"""Rounds of the search at each level, the finest first."""

TRIES = (1, 2, 4, 6, 8)
"""Random candidates per pixel at each level, the finest first."""

SEAM = 0.002
"""Price of a neighbour from another place, relative to the distance of similar patches."""

BAND = 2**17
"""Pixels that a thread searches at once."""

_COLOURS = 3

Matches = Generator[float, None, np.ndarray]
"""Yields the progress, 0-1, and returns a match field, (h, w) int32."""


def matches_of(picture: np.ndarray, source: StrokeSource, threads: int = 1) -> Matches:
    """Match every pixel of a picture, (h, w, 3) uint8, with one of a source, coarse to fine.

    ``close()`` stops it. The result does not depend on the number of threads.
    """
    pictures = [picture]
    for _ in source.levels[1:]:
        pictures.append(halved(pictures[-1]))
    total, done = sum(_work(part, number) for number, part in enumerate(pictures)), 0
    field: np.ndarray | None = None
    pool = ThreadPoolExecutor(threads)
    try:
        for number, part in reversed(list(enumerate(pictures))):
            level = _Level(part, source.levels[number], number)
            level.begin(field)
            field = level.field
            for size in level.search(pool):
                done += size
                yield done / total
    finally:
        pool.shutdown(cancel_futures=True)
    assert field is not None
    return field


def _work(picture: np.ndarray, number: int) -> int:
    return picture.shape[0] * picture.shape[1] * PASSES[number]


class _Level:
    """The search at one level of picture and source."""

    def __init__(self, picture: np.ndarray, source: SourceLevel, number: int) -> None:
        height, width = picture.shape[:2]
        self.source, self.number = source, number
        self.picture = np.pad(picture, ((REACH, REACH), (REACH, REACH), (0, 0)), mode="edge")
        self.pixels = _colours_only(source)
        self.regions = np.full((height, width), ANY, np.uint8)
        self.field = np.full((height, width), UNSET, np.int32)
        rows = max(2 * REACH, BAND // width)
        self.bands = [
            Window(0, top, width, min(top + rows, height)) for top in range(0, height, rows)
        ]

    def begin(self, coarser: np.ndarray | None) -> None:
        """Initialise the matches from those of the coarser level, or at random."""
        height, width = self.field.shape
        begin(
            self.field if coarser is None else coarser, coarser is None, self.source.places,
            self.regions, *self.source.starts, self.field, (0, 0, width, height), self.number,
        )  # fmt: skip

    def search(self, pool: Executor) -> Generator[int, None, None]:
        """Improve all matches; yield the number of pixels after every band of every round."""
        for done in range(PASSES[self.number]):
            before = self.field.copy()
            tasks = [pool.submit(self._search, band, before, done) for band in self.bands]
            for task, band in zip(tasks, self.bands, strict=True):
                task.result()
                yield band.width * band.height

    def _search(self, band: Window, before: np.ndarray, done: int) -> None:
        """Improve the matches of a band once, by the matches around it as they were before."""
        source = self.source
        outer = Window(0, max(0, band.top - 1), band.width, min(band.bottom + 1, len(before)))
        field, regions = (part[outer.top : outer.bottom].copy() for part in (before, self.regions))
        packed = self._packed(outer)
        shape = source.places.shape[0] // CELL + 1, source.places.shape[1] // CELL + 1
        uses, moved = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
        seam = int(SEAM * source.unit)
        inner = Window(0, band.top - outer.top, band.width, band.bottom - outer.top)
        patch_kernels(source.channels).search(
            self.pixels, source.pitch, source.places, source.similar, packed.reshape(-1),
            packed.shape[1] * source.channels, regions, field, field[0].copy(), field[-1].copy(),
            uses, moved, np.zeros(256, np.int64), np.zeros(PRICES, np.int64),
            (seam, seam, 0, 1), np.full(shape, NO_SHIFT, np.int32), 0, 0, TRIES[self.number],
            source.places.shape,
            (self.number * 64 + band.top) * 64 + done, tuple(inner), done % 2 == 1, False,
        )  # fmt: skip
        self.field[band.top : band.bottom] = field[inner.top : inner.bottom]

    def _packed(self, rows: Window) -> np.ndarray:
        """Return rows of the picture as the kernel takes them: guides 0, with surroundings."""
        height, width = rows.height + 2 * REACH, rows.width + 2 * REACH
        spare = -(-SPARE // (width * self.source.channels))
        packed = np.zeros((height + spare, width, self.source.channels), np.uint8)
        packed[:height, :, :_COLOURS] = self.picture[rows.top : rows.top + height]
        return packed


def _colours_only(source: SourceLevel) -> np.ndarray:
    """Return the packed picture of a source's level with all guides 0."""
    packed = source.pixels.copy()
    pixels = packed[: packed.size - SPARE].reshape(-1, source.channels)
    pixels[:, _COLOURS:] = 0
    return packed
