"""Small synthetic paintings and doodles, made of whole numbers, for the tests of strokes."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from engine.flow import RegionFlow
from engine.strokes.guides import GuideWeights
from engine.strokes.kernels import CELL, REACH, SPARE
from engine.strokes.large import UNIT
from engine.strokes.painter import StrokePainter
from engine.strokes.source import SourcePart, StrokeSource, prepare_source
from engine.strokes.synthesis import StrokePainting, StrokeSettings, paint
from engine.strokes.target import StrokeTarget

COLOURS = np.array(
    [(60, 90, 180), (225, 195, 80), (50, 110, 50), (150, 70, 90), (210, 210, 215)], np.int64
)


def brushwork(height: int, width: int, seed: int = 0) -> np.ndarray:
    """(h, w, 3) int64 around 0, within +-60: soft slanting dashes, another one everywhere."""
    rng = np.random.default_rng(seed)
    grain = rng.integers(-60, 61, (height // 3 + 2, (width + height) // 6 + 3, 3))
    large = grain.repeat(3, 0).repeat(6, 1)[:height]
    rows = [np.roll(row, -number // 2, 0) for number, row in enumerate(large)]
    dashes = np.stack(rows)[:, : width + 2]
    return (dashes[:, :-2] + 2 * dashes[:, 1:-1] + dashes[:, 2:]) // 4


def stripes(height: int, width: int, count: int) -> np.ndarray:
    """(h, w) uint8 regions 0 to ``count`` - 1: slanting stripes, each some pixels wide."""
    rows, columns = np.arange(height)[:, None], np.arange(width)
    return ((columns * count + rows * count // 3) // width % count).astype(np.uint8)


def painting_of(regions: np.ndarray, seed: int = 0) -> np.ndarray:
    """(h, w, 3) uint8: every region in its colour, with brushwork."""
    return (COLOURS[regions] + brushwork(*regions.shape, seed)).clip(0, 255).astype(np.uint8)


def doodle(height: int, width: int, count: int, seed: int) -> np.ndarray:
    """(h, w) uint8 regions: a ground with some discs and boxes on it."""
    rng = np.random.default_rng(seed)
    regions = np.full((height, width), rng.integers(count), np.uint8)
    rows, columns = np.arange(height)[:, None], np.arange(width)
    for number in range(5):
        y, x = rng.integers(height), rng.integers(width)
        radius = int(rng.integers(3, max(4, min(height, width) // 3 + 1)))
        if number % 2:
            inside = (rows - y) ** 2 + (columns - x) ** 2 < radius**2
        else:
            inside = (abs(rows - y) < radius) & (abs(columns - x) < 2 * radius)
        regions[inside] = rng.integers(count)
    return regions


def part(height: int = 96, width: int = 120, count: int = 3, seed: int = 0) -> SourcePart:
    """A painting with its map, of which everything may be copied."""
    regions = stripes(height, width, count)
    return SourcePart(painting_of(regions, seed), regions, np.zeros(regions.shape, bool))


@lru_cache
def source(height: int = 96, width: int = 120, count: int = 3, seed: int = 0) -> StrokeSource:
    """``part`` prepared, made once; at 96 x 120 it has three levels."""
    return prepare_source(part(height, width, count, seed), GuideWeights())


def painter(enlarged: int, count: int = 3, flows: Sequence[RegionFlow] = ()) -> StrokePainter:
    """A painter of ``source``, its picture enlarged by repeating pixels; in sixteenths."""
    of = source(count=count)
    height, width = (side * enlarged // UNIT for side in of.rgb.shape[:2])
    rows, columns = np.arange(height) * UNIT // enlarged, np.arange(width) * UNIT // enlarged
    large = np.ascontiguousarray(of.rgb[rows[:, None], columns])
    return StrokePainter(of, large, enlarged, StrokeSettings(), flows)


def painted(
    regions: np.ndarray,
    of: StrokeSource | None = None,
    settings: StrokeSettings | None = None,
    threads: int = 1,
    **target: object,
) -> StrokePainting:
    """Regions painted to the end."""
    painting = StrokePainting(
        of or source(), StrokeTarget(regions, **target), settings or StrokeSettings()
    )
    for _ in paint(painting, threads):
        pass
    return painting


def flat(packed: np.ndarray) -> np.ndarray:
    """(H, W, channels) uint8 as kernels take it: flat, with SPARE bytes more."""
    return np.concatenate([packed.ravel(), np.zeros(SPARE, np.uint8)])


def any_field(rng: np.random.Generator, shape: tuple[int, int], of: tuple[int, int]) -> np.ndarray:
    """(h, w) int32: matches anywhere in a source of a shape where patches lie inside it."""
    y = rng.integers(REACH, of[0] - REACH, shape)
    x = rng.integers(REACH, of[1] - REACH, shape)
    return ((y << 16) | x).astype(np.int32)


def uses(field: np.ndarray, of: tuple[int, int]) -> np.ndarray:
    """How many matches of a field lie in each cell of a source of a shape."""
    found = np.zeros((of[0] // CELL + 1, of[1] // CELL + 1), np.int32)
    np.add.at(found, ((field >> 16) // CELL, (field & 0xFFFF) // CELL), 1)
    return found
