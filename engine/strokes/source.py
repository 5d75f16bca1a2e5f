"""The source: one or several paintings, prepared level by level for copying."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np

from engine.errors import EngineError
from engine.strokes.guides import Guides, GuideWeights, halved, painting_guides
from engine.strokes.kernels import ANY, CELL, REACH, SIMILAR, SPARE, UNUSABLE, patch_kernels
from engine.strokes.similar import similar_places
from engine.strokes.turned import TILES, similar_in_tiles, tiles_of, turned_guides
from engine.tiles import Window

LEVELS = 5
"""Largest number of pyramid levels; each is half the size of the one before."""

COARSEST = 22
"""Least length in pixels of the shorter side at the coarsest level."""

GRID = CELL * 2 ** (LEVELS - 1)
"""Paintings of one source lie at multiples of this many pixels, whole cells of every level."""

ROW = 14 * GRID
"""Least width in pixels to which paintings of one source are laid side by side."""

MOST_PIXELS = 32767
"""Largest side of a source in pixels: places are stored in 16 bits."""


@dataclass(frozen=True, eq=False)
class SourcePart:
    """One painting of a source.

    ``rgb``: (H, W, 3) uint8; ``regions``: (H, W) uint8 region numbers, without gaps; ``unusable``:
    (H, W) bool, what is never copied; ``more``: additional guides, (H, W) uint8, already scaled;
    ``turned``: rows of the painting itself where turned copies lie below it, in tiles as in
    ``engine.strokes.turned``, without ``more``; 0 where there are none; ``facts``: a hash of all
    that these depend on, or nothing.
    """

    rgb: np.ndarray
    regions: np.ndarray
    unusable: np.ndarray
    more: tuple[np.ndarray, ...] = ()
    turned: int = 0
    facts: str = ""

    @property
    def levels(self) -> int:
        """The number of levels for a painting of this size."""
        height, width = self.regions.shape
        return level_count(height // TILES if self.turned else height, width)

    @property
    def upright(self) -> "SourcePart":
        """The painting without turned copies and without ``facts``."""
        if not self.turned:
            return replace(self, facts="")
        rgb, regions, unusable = (
            each[: self.turned] for each in (self.rgb, self.regions, self.unusable)
        )
        return SourcePart(rgb, regions, unusable, self.more)


@dataclass(frozen=True, eq=False)
class SourceLevel:
    """One level of a source.

    ``pixels``: packed picture, flat uint8 with SPARE bytes more; ``channels``: per pixel;
    ``places``: (H, W) uint8, region or UNUSABLE; ``similar``: (H, W, SIMILAR) int32 matches, or at
    the finest level those of the coarser one, half as large, which the search doubles;
    ``unit``: mean distance of a patch to the most similar one, the unit of prices; ``main``: rows
    and columns of the main painting, which lies at the upper left.
    """

    pixels: np.ndarray
    channels: int
    places: np.ndarray
    similar: np.ndarray
    unit: int
    main: tuple[int, int]

    @property
    def halved(self) -> bool:
        """Whether ``similar`` are those of the coarser level."""
        return len(self.similar) < len(self.places)

    @property
    def pitch(self) -> int:
        """Bytes per row."""
        return self.places.shape[1] * self.channels

    @property
    def packed(self) -> np.ndarray:
        """The packed picture, (H, W, channels) uint8."""
        return self.pixels[:-SPARE].reshape(*self.places.shape, self.channels)

    @cached_property
    def areas(self) -> np.ndarray:
        """Number of usable pixels of every region, (256,)."""
        areas = np.bincount(self.places.ravel(), minlength=256)
        areas[UNUSABLE] = 0
        return areas

    @cached_property
    def anywhere(self) -> int:
        """Number of usable pixels of the main painting, whose regions have the lowest numbers."""
        rows, columns = self.main
        return int((self.places[:rows, :columns] != UNUSABLE).sum())

    @cached_property
    def starts(self) -> tuple[np.ndarray, np.ndarray]:
        """All usable places sorted by region, int32 matches, and the start index of each region.

        The latter: (256,) int64; the last one is the end of those of the main painting.
        """
        width = self.places.shape[1]
        order = np.argsort(self.places.ravel(), kind="stable")[: self.areas.sum()]
        first = np.concatenate([[0], np.cumsum(self.areas[:UNUSABLE])])
        first[-1] = self.anywhere
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
        own[ANY], wanted[ANY] = self.anywhere, areas[missing].sum()
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
    part: SourcePart,
    weights: GuideWeights,
    guides: Guides | None = None,
    similar: Similar | None = None,
    levels: int | None = None,
    units: Sequence[int] = (),
) -> StrokeSource:
    """Prepare a painting for copying.

    ``guides``, ``similar``, ``units``: the results of ``painting_guides`` and ``similar_of``, and
    the unit of each level, for the same painting; computing them takes most of the time.
    ``levels``: number of levels, for a painting that is joined to another one. Raises EngineError
    when nothing may be copied or the painting is too large.
    """
    height, width = part.regions.shape
    if max(height, width) > MOST_PIXELS:
        raise EngineError(f"The side of a painting to copy from is at most {MOST_PIXELS} pixels.")
    rgb, unusable = part.rgb, part.unusable.astype(np.uint8) * 255
    guides = part_guides(part) if guides is None else guides
    count = part.levels if levels is None else levels
    layers: list[tuple[np.ndarray, np.ndarray]] = []
    for _ in range(count):
        places = _places(guides.regions, unusable)
        if layers and (places == UNUSABLE).all():
            # The usable parts are too small for this level. Only the finest level decides what is
            # copied, so the whole painting may be used here.
            places = _places(guides.regions, np.zeros_like(unusable))
        if layers and (places == UNUSABLE).all():  # there is a region only at finer levels
            places = _places(np.full_like(places, part.regions.min()), np.zeros_like(unusable))
        layers.append((guides.packed(rgb, weights), places))
        rgb, guides, unusable = halved(rgb), guides.halved(), halved(unusable)
    if (layers[0][1] == UNUSABLE).all():
        raise EngineError("Nothing of the painting may be copied: it is too small or avoided.")
    lists = list(similar or _similar(part, layers))
    if count > len(lists):
        lists.insert(0, lists[0])
    known: Sequence[int | None] = units or [None] * count
    if levels is not None:  # the unit of a joined source is that of its first painting
        known = [1] * count
    prepared = [
        _level(*layer, list_, unit) for layer, list_, unit in zip(layers, lists, known, strict=True)
    ]
    return StrokeSource(tuple(prepared), weights, part.rgb)


def _similar(part: SourcePart, layers: Sequence[tuple[np.ndarray, np.ndarray]]) -> Similar:
    """Find the similar places of every level but the finest one; of a copy, by the painting's."""
    first = min(1, len(layers) - 1)
    if not part.turned:
        return [similar_places(*layer) for layer in layers[first:]]
    columns = part.regions.shape[1]
    return [
        similar_in_tiles(
            similar_places(tiles_of(packed)[0], tiles_of(places)[0]),
            part.turned / 2**number, columns / 2**number,
        )
        for number, (packed, places) in enumerate(layers[first:], first)
    ]  # fmt: skip


def joined_source(sources: Sequence[StrokeSource]) -> StrokeSource:
    """Join prepared paintings to one source: the main one first, the others below and side by side.

    All must have the same number of levels. What lies where in the source does not change when
    another painting is added at the end, and neither does what is painted from the others.
    """
    if len(sources) == 1:
        return sources[0]
    corners = joined_corners([source.rgb.shape[:2] for source in sources])
    levels: list[SourceLevel] = []
    for number in reversed(range(len(sources[0].levels))):
        parts = [source.levels[number] for source in sources]
        levels.insert(0, _joined_level(parts, corners, number, levels))
    rgb = joined_pictures([source.rgb for source in sources], corners)
    return StrokeSource(tuple(levels), sources[0].weights, rgb)


Corners = Sequence[tuple[int, int]]
"""Row and column of each painting's upper left corner in a joined source."""


def joined_corners(shapes: Sequence[tuple[int, ...]]) -> Corners:
    """Return where paintings with these rows and columns lie: the first, then rows of others."""
    corners = [(0, 0)]
    width = max(ROW, _gridded(shapes[0][1]))
    top = below = _gridded(shapes[0][0])
    left = 0
    for height, wide, *_ in shapes[1:]:
        if left and left + _gridded(wide) > width:
            top, left = below, 0
        corners.append((top, left))
        left += _gridded(wide)
        below = max(below, top + _gridded(height))
    return corners


def joined_pictures(pictures: Sequence[np.ndarray], corners: Corners) -> np.ndarray:
    """Return one (H, W, ...) array with all pictures at their corners, zero elsewhere."""
    rows = max(y + len(each) for (y, _), each in zip(corners, pictures, strict=True))
    columns = max(x + each.shape[1] for (_, x), each in zip(corners, pictures, strict=True))
    whole = np.zeros((rows, columns, *pictures[0].shape[2:]), pictures[0].dtype)
    for (y, x), picture in zip(corners, pictures, strict=True):
        whole[y : y + len(picture), x : x + picture.shape[1]] = picture
    return whole


def _gridded(side: int) -> int:
    return side + -side % GRID


def _joined_level(
    levels: Sequence[SourceLevel], corners: Corners, number: int, coarser: Sequence[SourceLevel]
) -> SourceLevel:
    """Join a level of several paintings; ``coarser``: the joined levels below it."""
    corners = [(y >> number, x >> number) for y, x in corners]
    channels = levels[0].channels
    rows = max(y + len(each.places) for (y, _), each in zip(corners, levels, strict=True))
    columns = max(x + each.places.shape[1] for (_, x), each in zip(corners, levels, strict=True))
    places = np.full((rows, columns), UNUSABLE, np.uint8)
    pixels = np.zeros(rows * columns * channels + SPARE, np.uint8)
    packed = pixels[:-SPARE].reshape(rows, columns, channels)
    for level, (y, x) in zip(levels, corners, strict=True):
        height, width = level.places.shape
        place = slice(y, y + height), slice(x, x + width)
        places[place], packed[place] = level.places, level.packed
    if levels[0].halved:
        similar = coarser[0].similar
    else:
        similar = np.zeros((rows, columns, SIMILAR), np.int32)
        for level, (y, x) in zip(levels, corners, strict=True):
            height, width = level.places.shape
            place = slice(y, y + height), slice(x, x + width)
            np.add(level.similar, (y << 16) + x, out=similar[place])
    return SourceLevel(pixels, channels, places, similar, levels[0].unit, levels[0].main)


def similar_of(source: StrokeSource) -> Similar:
    """Return the similar places, for ``prepare_source`` to reuse."""
    levels = source.levels
    return [level.similar for level in levels[min(1, len(levels) - 1) :]]


def level_count(height: int, width: int) -> int:
    """Return the number of levels for a painting of this size."""
    count = 1
    while count < LEVELS and min(height, width) >> count >= COARSEST:
        count += 1
    return count


def similar_shapes(height: int, width: int, levels: int) -> list[tuple[int, int]]:
    """Return rows and columns of every array of ``similar_of``, for a painting of this size."""
    numbers = range(min(1, levels - 1), levels)
    return [(-(-height // 2**number), -(-width // 2**number)) for number in numbers]


def part_windows(parts: Sequence[SourcePart]) -> list[Window]:
    """Return where each painting lies in a joined source, in pixels of its finest level."""
    shapes = [part.regions.shape for part in parts]
    return [
        Window(left, top, left + width, top + height)
        for (top, left), (height, width) in zip(joined_corners(shapes), shapes, strict=True)
    ]


def fingerprint(part: SourcePart, weights: GuideWeights) -> str:
    """Return a hash of everything that similar places depend on."""
    digest = hashlib.sha256(repr((weights, part.turned, part.facts)).encode())
    layers = () if part.facts else (part.rgb, part.regions, part.unusable, *part.more)
    for array in layers:
        digest.update(repr(array.shape).encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def part_guides(part: SourcePart) -> Guides:
    """Return the guides of a painting."""
    if part.turned:
        return turned_guides(part.rgb, part.regions)
    return replace(painting_guides(part.rgb, part.regions), more=part.more)


def _places(regions: np.ndarray, unusable: np.ndarray) -> np.ndarray:
    """Return regions, but UNUSABLE where a patch would contain unusable pixels or the edge."""
    side = 2 * REACH + 1
    near = cv2.dilate(unusable, np.ones((side, side), np.uint8)) > 0
    places = np.where(near, UNUSABLE, regions).astype(np.uint8)
    places[:REACH] = places[-REACH:] = UNUSABLE
    places[:, :REACH] = places[:, -REACH:] = UNUSABLE
    return places


def _level(
    packed: np.ndarray, places: np.ndarray, similar: np.ndarray, unit: int | None
) -> SourceLevel:
    channels = packed.shape[2]
    pixels = np.concatenate([packed.ravel(), np.zeros(SPARE, np.uint8)])
    if unit is None:
        unit = _unit(pixels, channels, places, similar)
    return SourceLevel(pixels, channels, places, similar, unit, (packed.shape[0], packed.shape[1]))


def _most_similar(
    similar: np.ndarray, rows: np.ndarray, columns: np.ndarray, shape: tuple[int, ...]
) -> np.ndarray:
    """Return the most similar place of each pixel, (N,) int32, as the search does."""
    if len(similar) == shape[0]:
        return similar[rows, columns, 0]
    found = 2 * similar[rows // 2, columns // 2, 0]
    row, column = (found >> 16) + rows % 2, (found & 0xFFFF) + columns % 2
    return (np.minimum(row, shape[0] - 1) << 16) | np.minimum(column, shape[1] - 1)


_SAMPLE = 3  # sample every third row and column


def _unit(pixels: np.ndarray, channels: int, places: np.ndarray, similar: np.ndarray) -> int:
    """Return the mean distance between patches and their most similar ones; at least 1."""
    width = places.shape[1]
    rows, columns = np.nonzero(places != UNUSABLE)
    chosen = (rows % _SAMPLE == 0) & (columns % _SAMPLE == 0)
    if not chosen.any():
        return 1
    rows, columns = rows[chosen], columns[chosen]
    matches = _most_similar(similar, rows, columns, places.shape)
    usable = places[matches >> 16, matches & 0xFFFF] != UNUSABLE
    distances = patch_kernels(channels).pairs(
        pixels, width * channels, (rows[usable] << 16) | columns[usable], matches[usable]
    )
    return max(1, int(distances.sum()) // max(1, len(distances)))
