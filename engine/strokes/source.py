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
    ``engine.strokes.turned``, without ``more``; 0 where there are none; ``facts``: a hash of
    everything that the arrays depend on, which stands for them in cache keys, or "".
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
        return np.bincount(self.places[self.places != UNUSABLE], minlength=256)

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
        flat, width = self.places.ravel(), np.int32(self.places.shape[1])
        usable = np.flatnonzero(flat != UNUSABLE).astype(np.int32)  # often only a third
        order = usable[np.argsort(flat[usable], kind="stable")]
        rows = order // width
        first = np.concatenate([[0], np.cumsum(self.areas[:UNUSABLE])])
        first[-1] = self.anywhere
        return (rows << 16) | (order - rows * width), first

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


@dataclass(frozen=True, eq=False)
class PartLevel:
    """One level of a part: picture, (H, W, 3) uint8, guides, and places as in ``SourceLevel``."""

    rgb: np.ndarray
    guides: Guides
    places: np.ndarray


@dataclass(frozen=True, eq=False)
class PreparedPart:
    """A painting whose levels, the finest first, are ready to be packed into a source.

    ``similar``: places of every level but the finest one; ``units``: the unit of each level, or
    nothing where they are not known.
    """

    levels: Sequence[PartLevel]
    similar: Similar
    units: Sequence[int] = ()


def prepare_part(
    part: SourcePart,
    weights: GuideWeights,
    guides: Guides | None = None,
    similar: Similar | None = None,
    levels: int | None = None,
) -> PreparedPart:
    """Prepare a painting for copying.

    ``guides``, ``similar``: the results of ``part_guides`` and of this function for the same
    painting; computing them takes most of the time. ``levels``: number of levels, for a painting
    that is joined to another one. Raises EngineError when nothing may be copied or the painting
    is too large.
    """
    height, width = part.regions.shape
    if max(height, width) > MOST_PIXELS:
        raise EngineError(f"The side of a painting to copy from is at most {MOST_PIXELS} pixels.")
    rgb, unusable = part.rgb, part.unusable.astype(np.uint8) * 255
    guides = part_guides(part) if guides is None else guides
    found: list[PartLevel] = []
    for number in range(part.levels if levels is None else levels):
        if number:
            rgb, guides, unusable = halved(rgb), guides.halved(), halved(unusable)
        places = _places(guides.regions, unusable)
        if number and (places == UNUSABLE).all():
            # The usable parts are too small for this level. Only the finest level decides what is
            # copied, so the whole painting may be used here.
            places = _places(guides.regions, np.zeros_like(unusable))
        if number and (places == UNUSABLE).all():  # there is a region only at finer levels
            places = _places(np.full_like(places, part.regions.min()), np.zeros_like(unusable))
        found.append(PartLevel(rgb, guides, places))
    if (found[0].places == UNUSABLE).all():
        raise EngineError("Nothing of the painting may be copied: it is too small or avoided.")
    return PreparedPart(found, _similar(part, found, weights) if similar is None else similar)


def _similar(part: SourcePart, levels: Sequence[PartLevel], weights: GuideWeights) -> Similar:
    """Find the similar places of every level but the finest one; of a copy, by the painting's."""
    first = min(1, len(levels) - 1)
    layers = [(level.guides.packed(level.rgb, weights), level.places) for level in levels[first:]]
    if not part.turned:
        return [similar_places(*layer) for layer in layers]
    columns = part.regions.shape[1]
    return [
        similar_in_tiles(
            similar_places(tiles_of(packed)[0], tiles_of(places)[0]),
            part.turned / 2**number, columns / 2**number,
        )
        for number, (packed, places) in enumerate(layers, first)
    ]  # fmt: skip


def prepare_source(
    part: SourcePart,
    weights: GuideWeights,
    guides: Guides | None = None,
    similar: Similar | None = None,
) -> StrokeSource:
    """Prepare one painting as a source; parameters and errors as those of ``prepare_part``."""
    return joined_source([prepare_part(part, weights, guides, similar)], weights)


def joined_source(parts: Sequence[PreparedPart], weights: GuideWeights) -> StrokeSource:
    """Pack paintings into one source: the main one first, the others below and side by side.

    All must have the same number of levels. What lies where in the source does not change when
    another painting is added at the end, and neither does what is painted from the others.
    """
    pictures = [part.levels[0].rgb for part in parts]
    corners = joined_corners([picture.shape for picture in pictures])
    levels: list[SourceLevel] = []
    for number in reversed(range(len(parts[0].levels))):
        levels.insert(0, _joined_level(parts, weights, corners, number, levels))
    return StrokeSource(tuple(levels), weights, joined_pictures(pictures, corners))


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
    parts: Sequence[PreparedPart],
    weights: GuideWeights,
    corners: Corners,
    number: int,
    coarser: Sequence[SourceLevel],
) -> SourceLevel:
    """Pack a level of several paintings; ``coarser``: the packed levels below it."""
    levels, first = [part.levels[number] for part in parts], parts[0]
    shapes = [level.places.shape for level in levels]
    corners = [(y >> number, x >> number) for y, x in corners]
    inside = [
        (slice(y, y + height), slice(x, x + width))
        for (y, x), (height, width) in zip(corners, shapes, strict=True)
    ]
    shape = max(rows.stop for rows, _ in inside), max(columns.stop for _, columns in inside)
    channels = levels[0].guides.channels(weights)
    places = np.full(shape, UNUSABLE, np.uint8)
    pixels = np.zeros(places.size * channels + SPARE, np.uint8)
    packed = pixels[:-SPARE].reshape(*shape, channels)
    for part_level, place in zip(levels, inside, strict=True):
        places[place] = part_level.places
        part_level.guides.packed(part_level.rgb, weights, packed[place])
    own = number - len(first.levels) + len(first.similar)
    if own < 0:  # those of the coarser level
        similar = coarser[0].similar
    else:
        similar = np.zeros((*shape, SIMILAR), np.int32)
        for part, place, (y, x) in zip(parts, inside, corners, strict=True):
            np.add(part.similar[own], (y << 16) + x, out=similar[place])
    level = SourceLevel(pixels, channels, places, similar, 1, (shapes[0][0], shapes[0][1]))
    # The unit of a source is that of its main painting.
    return replace(level, unit=first.units[number] if first.units else _unit(level))


def level_count(height: int, width: int) -> int:
    """Return the number of levels for a painting of this size."""
    count = 1
    while count < LEVELS and min(height, width) >> count >= COARSEST:
        count += 1
    return count


def similar_shapes(height: int, width: int, levels: int) -> list[tuple[int, int]]:
    """Return rows and columns of every array of similar places, for a painting of this size."""
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


def _most_similar(level: SourceLevel, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the most similar place of pixels of the main painting, (N,) int32, as the search."""
    if not level.halved:
        return level.similar[rows, columns, 0]
    found = 2 * level.similar[rows // 2, columns // 2, 0]
    row, column = (found >> 16) + rows % 2, (found & 0xFFFF) + columns % 2
    last_row, last_column = (side - 1 for side in level.main)
    return (np.minimum(row, last_row) << 16) | np.minimum(column, last_column)


_SAMPLE = 3  # sample every third row and column


def _unit(level: SourceLevel) -> int:
    """Return the mean distance of the main painting's patches to their most similar ones, >= 1."""
    height, width = level.main
    places = level.places[:height, :width]
    rows, columns = np.nonzero(places != UNUSABLE)
    chosen = (rows % _SAMPLE == 0) & (columns % _SAMPLE == 0)
    if not chosen.any():
        return 1
    rows, columns = rows[chosen], columns[chosen]
    matches = _most_similar(level, rows, columns)
    usable = places[matches >> 16, matches & 0xFFFF] != UNUSABLE
    distances = patch_kernels(level.channels).pairs(
        level.pixels, level.pitch, (rows[usable] << 16) | columns[usable], matches[usable]
    )
    return max(1, int(distances.sum()) // max(1, len(distances)))
