"""The source: one or several paintings, prepared level by level for copying."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np

from engine.errors import EngineError
from engine.strokes.guides import (
    MAX_REGIONS,
    Guides,
    GuideWeights,
    guides_of,
    halved,
    painting_guides,
)
from engine.strokes.kernels import ANY, CELL, REACH, SPARE, UNUSABLE, patch_kernels
from engine.strokes.similar import enlarged_places, similar_places
from engine.tiles import Window

LEVELS = 5
"""Largest number of pyramid levels; each is half the size of the one before."""

COARSEST = 22
"""Least length in pixels of the shorter side at the coarsest level."""

CELL_BELOW = 2 ** (LEVELS - 1)
"""Stacked paintings start at multiples of this many rows, whole pixels of every level."""

MOST_PIXELS = 32767
"""Largest side of a source in pixels: places are stored in 16 bits."""


@dataclass(frozen=True, eq=False)
class SourcePart:
    """One painting of a source.

    ``rgb``: (H, W, 3) uint8; ``regions``: (H, W) uint8 region numbers, without gaps; ``unusable``:
    (H, W) bool, what is never copied; ``more``: additional guides, (H, W) uint8, already scaled.
    """

    rgb: np.ndarray
    regions: np.ndarray
    unusable: np.ndarray
    more: tuple[np.ndarray, ...] = ()


@dataclass(frozen=True, eq=False)
class SourceLevel:
    """One level of a source.

    ``pixels``: packed picture, flat uint8 with SPARE bytes more; ``channels``: per pixel;
    ``places``: (H, W) uint8, region or UNUSABLE; ``similar``: (H, W, SIMILAR) int32 matches;
    ``unit``: mean distance of a patch to the most similar one, the unit of prices.
    """

    pixels: np.ndarray
    channels: int
    places: np.ndarray
    similar: np.ndarray
    unit: int

    @property
    def pitch(self) -> int:
        """Bytes per row."""
        return self.places.shape[1] * self.channels

    @cached_property
    def areas(self) -> np.ndarray:
        """Number of usable pixels of every region, (256,)."""
        areas = np.bincount(self.places.ravel(), minlength=256)
        areas[UNUSABLE] = 0
        return areas

    @cached_property
    def starts(self) -> tuple[np.ndarray, np.ndarray]:
        """All usable places sorted by region, int32 matches, and the start index of each region.

        The latter: (256,) int64; the last one is the end of all places.
        """
        width = self.places.shape[1]
        order = np.argsort(self.places.ravel(), kind="stable")[: self.areas.sum()]
        first = np.concatenate([[0], np.cumsum(self.areas[:UNUSABLE])])
        return ((order // width << 16) | order % width).astype(np.int32), first

    def rule(self, regions: np.ndarray) -> np.ndarray:
        """Return the region that each target pixel may copy, ANY where its own has no places."""
        table = np.where(self.areas > 0, np.arange(256), ANY).astype(np.uint8)
        return table[regions]

    def rates(self, areas: np.ndarray) -> np.ndarray:
        """Return factors from uses of a cell to eighths of its fair share, (256,) int64 in 1/4096.

        ``areas``: (256,) pixels of the target by region. The fair share of a place is the target's
        area divided by the source's, or 1 if the source's is larger.
        """
        missing = self.areas == 0
        own, wanted = self.areas.copy(), areas.copy()
        own[ANY], wanted[ANY] = self.areas.sum(), areas[missing].sum()
        return 4096 * 8 * own // (CELL * CELL * np.maximum(np.maximum(own, wanted), 1))


@dataclass(frozen=True, eq=False)
class StrokeSource:
    """A source, the finest level first, and the weights that it was packed with."""

    levels: tuple[SourceLevel, ...]
    weights: GuideWeights
    rgb: np.ndarray
    """The picture, (H, W, 3) uint8, at the finest level."""


Similar = Sequence[np.ndarray]
"""Similar places of every level but the finest one."""


def prepare_source(
    parts: Sequence[SourcePart],
    weights: GuideWeights,
    guides: Guides | None = None,
    similar: Similar | None = None,
) -> StrokeSource:
    """Prepare paintings for copying, as one source.

    ``guides``, ``similar``: the results of ``source_guides`` and ``similar_of`` for the same
    source; computing them takes most of the time. Raises EngineError when nothing may be copied or
    the source is too large.
    """
    height, width = source_shape(parts)
    if max(height, width) > MOST_PIXELS:
        raise EngineError(f"The side of a painting to copy from is at most {MOST_PIXELS} pixels.")
    if max(int(part.regions.max()) for part in parts) >= MAX_REGIONS:
        raise EngineError(f"A painting to copy from has at most {MAX_REGIONS} regions.")
    rgb, unusable = _stacked(parts)
    guides = source_guides(parts) if guides is None else guides
    count = level_count(min(part.rgb.shape[0] for part in parts), width)
    layers: list[tuple[np.ndarray, np.ndarray]] = []
    whole = rgb
    for _ in range(count):
        places = _places(guides.regions, unusable)
        if layers and (places == UNUSABLE).all():
            # The usable parts are too small for this level. Only the finest level decides what is
            # copied, so the whole painting may be used here.
            places = _places(guides.regions, np.zeros_like(unusable))
        layers.append((guides.packed(rgb, weights), places))
        rgb, guides, unusable = halved(rgb), guides.halved(), halved(unusable)
    if (layers[0][1] == UNUSABLE).all():
        raise EngineError("Nothing of the painting may be copied: it is too small or avoided.")
    lists = list(similar or (similar_places(*layer) for layer in layers[min(1, count - 1) :]))
    if count > len(lists):
        lists.insert(0, enlarged_places(lists[0], layers[0][1]))
    levels = [_level(*layer, list_) for layer, list_ in zip(layers, lists, strict=True)]
    return StrokeSource(tuple(levels), weights, whole)


def similar_of(source: StrokeSource) -> Similar:
    """Return the similar places, for ``prepare_source`` to reuse."""
    levels = source.levels
    return [level.similar for level in levels[min(1, len(levels) - 1) :]]


def level_count(height: int, width: int) -> int:
    """Return the number of levels for a source whose lowest painting has this height."""
    count = 1
    while count < LEVELS and min(height, width) >> count >= COARSEST:
        count += 1
    return count


def source_shape(parts: Sequence[SourcePart]) -> tuple[int, int]:
    """Return rows and columns of a source at its finest level."""
    if len(parts) == 1:
        height, width = parts[0].regions.shape
        return height, width
    rows = sum(part.rgb.shape[0] + -part.rgb.shape[0] % CELL_BELOW for part in parts)
    return rows, max(part.rgb.shape[1] for part in parts)


def part_windows(parts: Sequence[SourcePart]) -> list[Window]:
    """Return where each painting lies in a source, in pixels of its finest level."""
    tops, top = [], 0
    for part in parts:
        tops.append(top)
        top += len(part.rgb) + -len(part.rgb) % CELL_BELOW
    return [
        Window(0, top, part.rgb.shape[1], top + len(part.rgb))
        for top, part in zip(tops, parts, strict=True)
    ]


def similar_shapes(parts: Sequence[SourcePart]) -> list[tuple[int, int]]:
    """Return rows and columns of every array of ``similar_of``."""
    height, width = source_shape(parts)
    count = level_count(min(part.rgb.shape[0] for part in parts), width)
    levels = range(min(1, count - 1), count)
    return [(-(-height // 2**level), -(-width // 2**level)) for level in levels]


def fingerprint(parts: Sequence[SourcePart], weights: GuideWeights) -> str:
    """Return a hash of everything that similar places depend on."""
    digest = hashlib.sha256(repr(weights).encode())
    for part in parts:
        for array in (part.rgb, part.regions, part.unusable, *part.more):
            digest.update(repr(array.shape).encode())
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def source_guides(parts: Sequence[SourcePart]) -> Guides:
    """Return the guides of all paintings, computed separately and stacked like the paintings."""
    guides = [replace(painting_guides(part.rgb, part.regions), more=part.more) for part in parts]
    return guides_of(np.stack(stacked_layers(parts, [list(each.layers()) for each in guides])))


def stacked_layers(
    parts: Sequence[SourcePart], layers: Sequence[Sequence[np.ndarray]]
) -> tuple[np.ndarray, ...]:
    """Stack layers of all paintings, (H, W) each, like the paintings; every part has as many."""
    if len(parts) == 1:
        return tuple(layers[0])
    padded: list[list[np.ndarray]] = [
        [np.pad(layer, beyond, mode="edge") for layer in own]
        for own, beyond in zip(layers, _beyond(parts), strict=True)
    ]
    return tuple(np.concatenate(rows) for rows in zip(*padded, strict=True))


def _stacked(parts: Sequence[SourcePart]) -> tuple[np.ndarray, np.ndarray]:
    """Stack all paintings: the picture, and 255 where nothing may be copied.

    The area beside narrower paintings is unusable, and so are the rows between paintings, so that
    no patch contains two of them.
    """
    if len(parts) == 1:
        return parts[0].rgb, parts[0].unusable.astype(np.uint8) * 255
    pictures, unusable = [], []
    for part, beyond in zip(parts, _beyond(parts), strict=True):
        pictures.append(np.pad(part.rgb, (*beyond, (0, 0)), mode="edge"))
        unusable.append(np.pad(part.unusable, beyond, constant_values=True).astype(np.uint8) * 255)
        unusable[-1][0] = unusable[-1][len(part.rgb) - 1 :] = 255
    return np.concatenate(pictures), np.concatenate(unusable)


def _beyond(parts: Sequence[SourcePart]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return the rows and columns to add to every painting before stacking, for ``np.pad``."""
    width = source_shape(parts)[1]
    return [
        ((0, -part.rgb.shape[0] % CELL_BELOW), (0, width - part.rgb.shape[1])) for part in parts
    ]


def _places(regions: np.ndarray, unusable: np.ndarray) -> np.ndarray:
    """Return regions, but UNUSABLE where a patch would contain unusable pixels or the edge."""
    side = 2 * REACH + 1
    near = cv2.dilate(unusable, np.ones((side, side), np.uint8)) > 0
    places = np.where(near, UNUSABLE, regions).astype(np.uint8)
    places[:REACH] = places[-REACH:] = UNUSABLE
    places[:, :REACH] = places[:, -REACH:] = UNUSABLE
    return places


def _level(packed: np.ndarray, places: np.ndarray, similar: np.ndarray) -> SourceLevel:
    channels = packed.shape[2]
    pixels = np.concatenate([packed.ravel(), np.zeros(SPARE, np.uint8)])
    return SourceLevel(pixels, channels, places, similar, _unit(pixels, channels, places, similar))


_SAMPLE = 3  # sample every third row and column


def _unit(pixels: np.ndarray, channels: int, places: np.ndarray, similar: np.ndarray) -> int:
    """Return the mean distance between patches and their most similar ones; at least 1."""
    width = places.shape[1]
    rows, columns = np.nonzero(places != UNUSABLE)
    chosen = (rows % _SAMPLE == 0) & (columns % _SAMPLE == 0)
    if not chosen.any():
        return 1
    rows, columns = rows[chosen], columns[chosen]
    matches = similar[rows, columns, 0]
    usable = places[matches >> 16, matches & 0xFFFF] != UNUSABLE
    distances = patch_kernels(channels).pairs(
        pixels, width * channels, (rows[usable] << 16) | columns[usable], matches[usable]
    )
    return max(1, int(distances.sum()) // max(1, len(distances)))
