"""The source: a painting, or several, prepared for being copied from, level by level."""

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
    halved,
    joined_guides,
    painting_guides,
)
from engine.strokes.kernels import ANY, CELL, REACH, SPARE, UNUSABLE, patch_kernels
from engine.strokes.similar import enlarged_places, similar_places

LEVELS = 5
"""Levels of the pyramid at most; each has half the size of the one before."""

COARSEST = 22
"""Pixels that the shorter side of the coarsest level has at least."""

MOST_PIXELS = 32767
"""Rows that a source may have: places are kept in 16 bits."""


@dataclass(frozen=True, eq=False)
class SourcePart:
    """One painting that is copied from.

    ``rgb``: (H, W, 3) uint8; ``regions``: (H, W) uint8 region numbers, without gaps; ``unusable``:
    (H, W) bool, what is never copied; ``more``: further guides, (H, W) uint8, already scaled.
    """

    rgb: np.ndarray
    regions: np.ndarray
    unusable: np.ndarray
    more: tuple[np.ndarray, ...] = ()


@dataclass(frozen=True, eq=False)
class SourceLevel:
    """One level of a source.

    ``pixels``: packed picture, flat uint8 with SPARE bytes more; ``channels``: of a pixel;
    ``places``: (H, W) uint8, region or UNUSABLE; ``similar``: (H, W, SIMILAR) int32 matches;
    ``unit``: mean distance of a patch to the most similar one, what prices are measured in.
    """

    pixels: np.ndarray
    channels: int
    places: np.ndarray
    similar: np.ndarray
    unit: int

    @property
    def pitch(self) -> int:
        """Bytes of a row."""
        return self.places.shape[1] * self.channels

    @cached_property
    def areas(self) -> np.ndarray:
        """(256,) usable pixels of every region."""
        areas = np.bincount(self.places.ravel(), minlength=256)
        areas[UNUSABLE] = 0
        return areas

    @cached_property
    def starts(self) -> tuple[np.ndarray, np.ndarray]:
        """All usable places sorted by region, int32 matches, and where each region's begin.

        The latter: (256,) int64; the last one is where all of them end.
        """
        width = self.places.shape[1]
        order = np.argsort(self.places.ravel(), kind="stable")[: self.areas.sum()]
        first = np.concatenate([[0], np.cumsum(self.areas[:UNUSABLE])])
        return ((order // width << 16) | order % width).astype(np.int32), first

    def rule(self, regions: np.ndarray) -> np.ndarray:
        """Which region's places a target pixel may copy: its own, or ANY where that has none."""
        table = np.where(self.areas > 0, np.arange(256), ANY).astype(np.uint8)
        return table[regions]

    def rates(self, areas: np.ndarray) -> np.ndarray:
        """From uses of a cell to eighths of its fair share, (256,) int64 in 1/4096, by region.

        ``areas``: (256,) pixels of the target by region. The fair share of a place is the target's
        area over the source's, or 1 where the source's is larger.
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
    parts: Sequence[SourcePart], weights: GuideWeights, similar: Similar | None = None
) -> StrokeSource:
    """Prepare paintings for being copied from, as one source.

    ``similar``: what ``similar_of`` said of the same source before, which takes most of the time.
    Raises EngineError when nothing may be copied, or there is too much.
    """
    rgb, guides, unusable = _stacked(parts)
    if len(rgb) > MOST_PIXELS or rgb.shape[1] > MOST_PIXELS:
        raise EngineError(f"A painting to copy from has at most {MOST_PIXELS} pixels a side.")
    if int(guides.regions.max()) >= MAX_REGIONS:
        raise EngineError(f"A painting to copy from has at most {MAX_REGIONS} regions.")
    count = level_count(min(part.rgb.shape[0] for part in parts), rgb.shape[1])
    layers: list[tuple[np.ndarray, np.ndarray]] = []
    whole = rgb
    for _ in range(count):
        places = _places(guides.regions, unusable)
        if layers and (places == UNUSABLE).all():
            # What is free lies in pieces too small for this level; only the finest one decides
            # what is copied.
            places = _places(guides.regions, np.zeros_like(unusable))
        layers.append((guides.packed(rgb, weights), places))
        rgb, guides, unusable = halved(rgb), guides.halved(), halved(unusable)
    if (layers[0][1] == UNUSABLE).all():
        raise EngineError("Nothing of the painting may be copied: all of it is to be avoided.")
    lists = list(similar or (similar_places(*layer) for layer in layers[min(1, count - 1) :]))
    if count > len(lists):
        lists.insert(0, enlarged_places(lists[0], layers[0][1]))
    levels = [_level(*layer, list_) for layer, list_ in zip(layers, lists, strict=True)]
    return StrokeSource(tuple(levels), weights, whole)


def similar_of(source: StrokeSource) -> Similar:
    """The similar places that ``prepare_source`` can be given the next time."""
    levels = source.levels
    return [level.similar for level in levels[min(1, len(levels) - 1) :]]


def level_count(height: int, width: int) -> int:
    """How many levels a source of this size has."""
    count = 1
    while count < LEVELS and min(height, width) >> count >= COARSEST:
        count += 1
    return count


def similar_shapes(parts: Sequence[SourcePart]) -> list[tuple[int, int]]:
    """Rows and columns of every array of ``similar_of``."""
    height, width = parts[0].rgb.shape[:2]
    if len(parts) > 1:
        cell = 2 ** (LEVELS - 1)
        height = sum(-(-part.rgb.shape[0] // cell) * cell for part in parts)
        width = max(part.rgb.shape[1] for part in parts)
    count = level_count(min(part.rgb.shape[0] for part in parts), width)
    levels = range(min(1, count - 1), count)
    return [(-(-height // 2**level), -(-width // 2**level)) for level in levels]


def fingerprint(parts: Sequence[SourcePart], weights: GuideWeights) -> str:
    """A hash of everything that similar places depend on."""
    digest = hashlib.sha256(repr(weights).encode())
    for part in parts:
        for array in (part.rgb, part.regions, part.unusable, *part.more):
            digest.update(repr(array.shape).encode())
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _stacked(parts: Sequence[SourcePart]) -> tuple[np.ndarray, Guides, np.ndarray]:
    """All paintings below each other: picture, guides, and 255 where nothing may be copied.

    Guides are those of each painting by itself. What is beside a narrower one is unusable.
    """
    if len(parts) == 1:
        (part,) = parts
        return part.rgb, _part_guides(part), part.unusable.astype(np.uint8) * 255
    width = max(part.rgb.shape[1] for part in parts)
    padded = [_padded(part, width) for part in parts]
    pictures, guides, unusable = zip(*padded, strict=True)
    return np.concatenate(pictures), joined_guides(guides), np.concatenate(unusable)


def _part_guides(part: SourcePart) -> Guides:
    return replace(painting_guides(part.rgb, part.regions), more=part.more)


def _padded(part: SourcePart, width: int) -> tuple[np.ndarray, Guides, np.ndarray]:
    """A painting as wide as the others, its height a multiple of the coarsest cell.

    No patch reaches from it into what is stacked above or below.
    """
    height = part.rgb.shape[0]
    beyond = (0, -height % 2 ** (LEVELS - 1)), (0, width - part.rgb.shape[1])
    unusable = np.pad(part.unusable, beyond, constant_values=True).astype(np.uint8) * 255
    unusable[0] = unusable[height - 1 :] = 255
    guides = _part_guides(part).mapped(lambda guide: np.pad(guide, beyond, mode="edge"))
    return np.pad(part.rgb, (*beyond, (0, 0)), mode="edge"), guides, unusable


def _places(regions: np.ndarray, unusable: np.ndarray) -> np.ndarray:
    """Regions, but UNUSABLE where a patch would reach what may not be copied, or the edge."""
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


_SAMPLE = 3  # every third row and column is enough for a mean


def _unit(pixels: np.ndarray, channels: int, places: np.ndarray, similar: np.ndarray) -> int:
    """Mean distance between patches and the most similar ones; at least 1."""
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
