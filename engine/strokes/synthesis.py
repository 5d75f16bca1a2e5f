"""Guided patch synthesis: paint a target with patches of a source, coarse to fine.

Based on Image Analogies (Hertzmann et al. 2001), neural doodles by patches (Champandard 2016) and
EbSynth, with candidates by coherence (Ashikhmin 2001) and k-coherence (Tong et al. 2002). Two
prices are added to the distance of patches, both in units of the painting's self-similarity: one
for places that are already used (so that motifs do not repeat), one for neighbours from different
places (so that whole strokes are copied).
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from engine.requests import StrokeStep
from engine.strokes.guides import Guides, GuideWeights, joined_guides
from engine.strokes.kernels import (
    CELL,
    NO_SHIFT,
    PRICES,
    REACH,
    SPARE,
    UNSET,
    begin,
    count_uses,
    merge_uses,
    patch_kernels,
    vote,
)
from engine.strokes.source import SourceLevel, StrokeSource
from engine.strokes.target import GUIDES_REACH, StrokeTarget
from engine.tiles import Window

PASSES = (2, 3, 5, 6, 6)
"""Rounds of search and vote at each level, the finest first."""

RANDOM_TRIES = (0, 0, 1, 2, 2)
"""Random candidates per pixel at each level, the finest first."""

TRIES_FOR_PEN = (0, 2, 4, 6, 6)
"""Further random candidates where the user's pen set directions, which may be rare in the source:
neighbours and places that look similar seldom have them."""

STRIP = 6_000_000
"""Largest number of pixels processed at once; larger levels are cut into strips."""

OVERLAP = 32
"""Rows by which a strip overlaps the one above it."""

MARGIN = 36
"""Canvas pixels around a change that are repainted."""

CELLS_AROUND = 4
"""Pixels of a coarser level around a change that are matched again."""

BANDS, BAND = 8, 32
"""Most bands of a rectangle, and the fewest rows of one; independent of the number of threads."""

FIXED = 253
"""Region of target pixels that keep their match: no source pixel has it."""

VOTE = 1


@dataclass(frozen=True)
class StrokeSettings:
    """Settings of the synthesis.

    ``uniformity``: price of a place that is used as often as its fair share, at 100 it is 6 % of
    the mean distance between similar patches of the painting; and of one that another part of the
    picture copied last, at 100 it is 60 %. ``coherence``: price of a neighbour from another place;
    at 100 it is 8 % of that distance where the colours are equal, and at most 48 %. Raises
    ValueError outside 0-1000.
    """

    uniformity: int = 100
    coherence: int = 100

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not 0 <= value <= 1000:
                raise ValueError(f"{name} is 0 to 1000, not {value}.")

    def prices(self, unit: int) -> np.ndarray:
        """Return the price by eighths of the fair share: linear, steeper above 1.5 shares."""
        shares = np.arange(PRICES, dtype=np.int64)
        beyond = np.maximum(shares - 12, 0)
        return (2 * shares + beyond * beyond) * (6 * self.uniformity * unit) // (16 * 100 * 100)

    def again(self, unit: int) -> int:
        """Return the price of a place that another part of the picture copied last."""
        return 60 * self.uniformity * unit // (100 * 100)

    def seam(self, unit: int) -> tuple[int, int, int, int]:
        """Return the prices of one neighbour whose match is not continued, for the search kernel.

        The least price is for equal colours, the most for colours whose squared difference is 1 %
        of the unit or more.
        """
        least, most = (share * self.coherence * unit // (100 * 100) for share in (8, 48))
        far = max(1, unit // 100)
        return least, most, 256 * (most - least) // far, far


@dataclass(eq=False)
class _Level:
    """One level of a painting.

    ``regions``: (h, w) uint8; ``guides``: None at the finest level of large canvases, where they
    are computed when needed; ``field``: (h, w) int32 matches or UNSET; ``picture``: (h, w, 3)
    uint8; ``used``: uses by cell of the source; ``shifts``: int32 of the last use of each cell, as
    in the search kernel; ``areas``: (256,) pixels by region.
    """

    regions: np.ndarray
    guides: Guides | None
    field: np.ndarray
    picture: np.ndarray
    used: np.ndarray
    shifts: np.ndarray
    areas: np.ndarray

    @property
    def canvas(self) -> Window:
        """Window of the whole level."""
        height, width = self.regions.shape
        return Window(0, 0, width, height)


@dataclass(eq=False)
class StrokePainting:
    """A painting that can be changed: the match field and the picture of every level.

    ``paint`` fills it; ``repaint`` applies a changed target.
    """

    source: StrokeSource
    target: StrokeTarget
    settings: StrokeSettings = field(default_factory=StrokeSettings)
    levels: list[_Level] = field(default_factory=list)

    @property
    def picture(self) -> np.ndarray:
        """The current picture at full size, (h, w, 3) uint8."""
        return self.levels[0].picture

    @property
    def field(self) -> np.ndarray:
        """The matches of the finest level, (h, w) int32."""
        return self.levels[0].field

    @property
    def complete(self) -> bool:
        """Whether every pixel has a match; the last one of the finest level is matched last."""
        return bool(self.levels) and self.field[-1, -1] != UNSET

    def extend(self, source: StrokeSource) -> None:
        """Take a source that begins with the present one; the picture stays the same."""
        self.source = source
        for level, of in zip(self.levels, source.levels, strict=False):
            used, shifts = no_uses(of)
            rows, columns = level.used.shape
            used[:rows, :columns], shifts[:rows, :columns] = level.used, level.shifts
            level.used, level.shifts = used, shifts

    @property
    def nbytes(self) -> int:
        """Memory of the target and all levels in bytes."""
        target = self.target
        found = [target.regions, target.kinds, target.directions]
        for level in self.levels:
            found += [level.regions, level.field, level.picture, level.used, level.shifts]
        guides = [level.guides.nbytes for level in self.levels if level.guides is not None]
        return sum(array.nbytes for array in found if array is not None) + sum(guides)


@dataclass(frozen=True, eq=False)
class Only:
    """Limits a piece to some of its pixels, which get strokes of another seed.

    ``mask``: (h, w) bool over the piece; ``guides``: of the same pixels, instead of the target's.
    """

    mask: np.ndarray
    guides: Guides
    seed: int


class Piece(NamedTuple):
    """A rectangle of a level to be matched; ``outer``: the same with its surroundings."""

    number: int
    rect: Window
    outer: Window
    only: Only | None = None


def paint(painting: StrokePainting, threads: int = 1) -> Iterator[StrokeStep]:
    """Paint the whole target; yield a step per round. ``close()`` stops it."""
    painting.levels = levels_of(painting.target, painting.source)
    pieces = []
    for number, level in reversed(list(enumerate(painting.levels))):
        for strip in [level.canvas] if painting.target.repeats else strips(level.canvas):
            seen = Window(*level.canvas[:3], strip.bottom)
            pieces.append(Piece(number, strip, strip.grown(REACH).clipped(seen)))
    yield from paint_pieces(painting, pieces, threads)


def repaint(
    painting: StrokePainting, target: StrokeTarget, changed: Window, threads: int = 1
) -> Iterator[StrokeStep]:
    """Paint a new target of the same size whose regions differ only inside ``changed``.

    Pixels outside ``repainted(changed)`` stay the same. A tileable target cannot be repainted. An
    unfinished painting is painted completely. After ``close()`` the next ``changed`` must include
    this one.
    """
    assert not target.repeats
    painting.target = target
    if not painting.complete:
        yield from paint(painting, threads)
        return
    changed = changed.clipped(target.canvas)
    if changed.empty:
        yield StrokeStep(painting.picture, 1, 1.0)
        return
    take_guides(painting, changed)
    pieces = []
    for number, rect in reversed(list(enumerate(repainted_rects(painting, changed)))):
        outer = rect.grown(REACH).clipped(painting.levels[number].canvas)
        pieces.append(Piece(number, rect, outer))
    yield from paint_pieces(painting, pieces, threads)


def paint_pieces(
    painting: StrokePainting, pieces: Sequence[Piece], threads: int
) -> Iterator[StrokeStep]:
    """Match and paint pieces one by one."""
    count = len(painting.levels)
    sizes = [piece.rect.width * piece.rect.height for piece in pieces]
    total = sum(
        size * _passes(number, count) for size, (number, *_) in zip(sizes, pieces, strict=True)
    )
    done = 0
    with ThreadPoolExecutor(threads) as pool:
        for size, piece in zip(sizes, pieces, strict=True):
            for _ in _match(painting, piece, pool):
                done += size
                picture = painting.levels[piece.number].picture
                yield StrokeStep(picture, 2**piece.number, done / total, piece.rect)


def repainted(changed: Window) -> Window:
    """Return the canvas pixels that ``repaint`` may change."""
    return _affected(changed, 0)


def repainted_rects(painting: StrokePainting, changed: Window) -> list[Window]:
    """Return what ``repaint`` may change at each level, the finest first."""
    levels = enumerate(painting.levels)
    return [_affected(changed, number).clipped(level.canvas) for number, level in levels]


def _affected(changed: Window, number: int) -> Window:
    return changed.grown(MARGIN).coarser(number).grown(CELLS_AROUND if number else 0)


def levels_of(target: StrokeTarget, source: StrokeSource) -> list[_Level]:
    """Return levels without matches; coarser guides are those of the finest level, halved."""
    canvas, count = target.canvas, len(source.levels)
    whole = target.repeats or canvas.width * canvas.height <= STRIP
    if whole:
        guides = target.guides(canvas)
        levels, coarser = [_empty(guides.regions, guides, source.levels[0])], guides.halved()
    else:
        regions, coarser = _halved_by_strips(target)
        levels = [_empty(regions, None, source.levels[0])]
    for number in range(1, count):
        levels.append(_empty(coarser.regions, coarser, source.levels[number]))
        coarser = coarser.halved()
    return levels


def _halved_by_strips(target: StrokeTarget) -> tuple[np.ndarray, Guides]:
    """Compute the regions of level 0 and the guides of level 1, strip by strip."""
    canvas = target.canvas
    rows = max(2, STRIP // canvas.width // 2 * 2)
    regions, halves = [], []
    for top in range(0, canvas.height, rows):
        guides = target.guides(Window(0, top, canvas.width, min(top + rows, canvas.height)))
        regions.append(guides.regions)
        halves.append(guides.halved())
    return np.concatenate(regions), joined_guides(halves)


def _empty(regions: np.ndarray, guides: Guides | None, source: SourceLevel) -> _Level:
    return _Level(
        regions,
        guides,
        np.full(regions.shape, UNSET, np.int32),
        np.zeros((*regions.shape, 3), np.uint8),
        *no_uses(source),
        np.bincount(regions.ravel(), minlength=256),
    )


def no_uses(source: SourceLevel) -> tuple[np.ndarray, np.ndarray]:
    """Return uses and shifts by cell before anything is copied."""
    height, width = source.places.shape
    shape = height // CELL + 1, width // CELL + 1
    return np.zeros(shape, np.int32), np.full(shape, NO_SHIFT, np.int32)


def strips(window: Window, overlap: int = OVERLAP) -> Iterator[Window]:
    """Yield strips of about STRIP pixels, each but the first with more rows at the top."""
    rows = max(2 * OVERLAP, STRIP // window.width)
    for top in range(window.top, window.bottom, rows):
        upper = max(window.top, top - overlap)
        yield Window(window.left, upper, window.right, min(top + rows, window.bottom))


def _passes(number: int, count: int) -> int:
    """Return the rounds at a level; the two coarsest use the last entry of PASSES."""
    return PASSES[number if number < count - 2 else -1]


def take_guides(painting: StrokePainting, changed: Window) -> None:
    """Copy the new target's guides into every level, wherever ``changed`` may change them."""
    target, levels = painting.target, painting.levels
    coarsest = len(levels) - 1
    window = changed.grown(GUIDES_REACH).coarser(coarsest).finer(coarsest).clipped(target.canvas)
    new = target.guides(window)
    for number, level in enumerate(levels):
        place = window.coarser(number).within(level.canvas)
        before = level.regions[place]
        level.areas += np.bincount(new.regions.ravel(), minlength=256)
        level.areas -= np.bincount(before.ravel(), minlength=256)
        level.regions[place] = new.regions
        if level.guides is not None:
            pen = level.guides.pen
            if pen is None and new.pen is not None:
                pen = np.zeros_like(level.regions)
                level.guides = replace(level.guides, pen=pen)
            for name in ("distance", "cos", "sin", "streaks"):
                getattr(level.guides, name)[place] = getattr(new, name)
            if pen is not None:
                pen[place] = 0 if new.pen is None else new.pen
        new = new.halved()


def _match(painting: StrokePainting, piece: Piece, pool: Executor) -> Iterator[None]:
    """Match and paint the rectangle of a piece, one round per step.

    What surrounds it stays unchanged.
    """
    level = painting.levels[piece.number]
    place = piece.rect.within(level.canvas)
    regions = painting.source.levels[piece.number].rule(level.regions[place])
    count_uses(level.field[place], level.used, -1)
    _begin(painting, piece, regions)
    count_uses(level.field[place], level.used, 1)
    work = _Work(painting, piece, pool)
    work.vote()
    passes = _passes(piece.number, len(painting.levels))
    for done in range(passes):
        work.search(done)
        work.vote()
        work.keep()
        yield


def _begin(painting: StrokePainting, piece: Piece, regions: np.ndarray) -> None:
    """Initialise the matches of a piece: twice the coarser level's, or random in the region.

    ``regions``: of its rectangle. The coarsest level keeps those of its matches that are still
    allowed, unless other strokes are wanted.
    """
    levels, number, only = painting.levels, piece.number, piece.only
    level, source = levels[number], painting.source.levels[number]
    coarsest = number + 1 == len(levels)
    matches = level.field[piece.rect.within(level.canvas)]
    before = matches.copy()
    if only is not None and coarsest:
        matches[only.mask] = UNSET
    seed = painting.target.seed if only is None else only.seed
    begin(
        levels[number if coarsest else number + 1].field, coarsest, source.places, regions,
        *source.starts, level.field, tuple(piece.rect), seed % 2**31 + number,
    )  # fmt: skip
    if only is not None:
        np.copyto(matches, before, where=~only.mask)


class _Work:
    """Rounds of search and vote on a rectangle of a level."""

    def __init__(self, painting: StrokePainting, piece: Piece, pool: Executor) -> None:
        number, rect, outer, only = piece
        level, source = painting.levels[number], painting.source.levels[number]
        self.level, self.source, self.pool = level, source, pool
        self.origin = (outer.top << 16) + outer.left
        self.place = outer.within(level.canvas)
        self.rect = Window(
            rect.left - outer.left, rect.top - outer.top,
            rect.right - outer.left, rect.bottom - outer.top,
        )  # fmt: skip
        guides = (
            level.guides.part(self.place)
            if level.guides is not None
            else painting.target.guides(outer)
        )
        inside = rect.within(outer)
        if only is not None:
            guides = guides.with_part(inside, only.guides)
        self.wrap = painting.target.repeats
        self.regions = source.rule(guides.regions)
        self.field = np.ascontiguousarray(level.field[self.place])
        self.packed = self._packed(guides, painting.source.weights)
        self.others = None if only is None else ~only.mask
        if self.others is not None:
            self.regions[inside][self.others] = FIXED
        self.colours = self._inner()[inside][..., :3].copy() if self.others is not None else None
        self.pitch = self.packed.shape[1] * source.channels
        self.prices = painting.settings.prices(source.unit)
        self.seam = painting.settings.seam(source.unit)
        # The edge of a part shall continue what lies beside it, whoever copied that last.
        self.again = painting.settings.again(source.unit) if only is None else 0
        self.rates = source.rates(level.areas)
        finest_first = min(number, len(RANDOM_TRIES) - 1)
        self.tries = RANDOM_TRIES[finest_first]
        if guides.pen is not None and guides.pen.any():
            self.tries += TRIES_FOR_PEN[finest_first]
        seed = painting.target.seed if only is None else only.seed
        self.seed = seed % 2**20 * 8 + number
        self.bands = self._bands()

    def search(self, done: int) -> None:
        """Improve the matches once; every second time in reverse order."""
        source, used = self.source, self.level.used
        moved = np.zeros((len(self.bands), *used.shape), np.int32)
        shifts = self.level.shifts[None].repeat(len(self.bands), 0)
        edges = [(self._row(band.top - 1), self._row(band.bottom)) for band in self.bands]
        kernel = patch_kernels(source.channels).search

        def one(number: int) -> None:
            kernel(
                source.pixels, source.pitch, source.places, source.similar,
                self.packed.reshape(-1), self.pitch, self.regions, self.field, *edges[number],
                used, moved[number], self.rates, self.prices, self.seam,
                shifts[number], self.again, self.origin, self.tries, source.main,
                self.seed * 64 + done, tuple(self.bands[number]), done % 2 == 1, self.wrap,
            )  # fmt: skip

        list(self.pool.map(one, range(len(self.bands))))
        merge_uses(used, self.level.shifts, moved, shifts)

    def vote(self) -> None:
        """Paint the rectangle from the patches that overlap each pixel."""
        source = self.source
        first = REACH * self.pitch + REACH * source.channels
        out = self.packed.reshape(-1)[first:]

        def one(band: Window) -> None:
            vote(
                source.pixels, source.pitch, source.channels, self.field, out, self.pitch,
                source.channels, tuple(band), VOTE, self.wrap,
            )  # fmt: skip

        list(self.pool.map(one, self.bands))
        if self.others is not None and self.colours is not None:
            painted = self._inner()[slice(*self.rect[1::2]), slice(*self.rect[::2]), :3]
            np.copyto(painted, self.colours, where=self.others[..., None])
        self._close_border()

    def keep(self) -> None:
        """Write picture and matches back into the level."""
        rows, columns = slice(*self.rect[1::2]), slice(*self.rect[::2])
        painted = self._inner()[rows, columns, :3]
        self.level.picture[self.place][rows, columns] = painted
        self.level.field[self.place][rows, columns] = self.field[rows, columns]

    def _packed(self, guides: Guides, weights: GuideWeights) -> np.ndarray:
        """Return the packed picture with a border of REACH pixels and SPARE bytes below."""
        packed = guides.packed(self.level.picture[self.place], weights)
        height, width, channels = packed.shape
        if channels != self.source.channels:
            raise ValueError("Target and source have different additional guides.")
        spare = -(-SPARE // ((width + 2 * REACH) * channels))
        shape = height + 2 * REACH + spare, width + 2 * REACH, channels
        padded = np.zeros(shape, np.uint8)
        sides = (REACH, REACH), (REACH, REACH), (0, 0)
        padded[: height + 2 * REACH] = np.pad(packed, sides, mode="wrap" if self.wrap else "edge")
        return padded

    def _inner(self) -> np.ndarray:
        """Return the packed picture without its border."""
        height, width = self.field.shape
        return self.packed[REACH : REACH + height, REACH : REACH + width]

    def _close_border(self) -> None:
        """Extend the colours into the border of the packed picture."""
        height, width = self.field.shape
        colours = self.packed[: height + 2 * REACH, :, :3]
        for axis, side in ((0, height), (1, width)):
            lines = np.moveaxis(colours, axis, 0)
            before = slice(side, side + REACH) if self.wrap else slice(REACH, REACH + 1)
            after = slice(REACH, 2 * REACH) if self.wrap else slice(REACH + side - 1, REACH + side)
            lines[:REACH], lines[REACH + side :] = lines[before], lines[after]

    def _bands(self) -> list[Window]:
        """Cut the rectangle into bands of rows, independent of the number of threads."""
        left, top, right, _ = self.rect
        count = max(1, min(BANDS, self.rect.height // BAND))
        ends = [top + self.rect.height * part // count for part in range(count + 1)]
        return [Window(left, upper, right, lower) for upper, lower in pairwise(ends)]

    def _row(self, row: int) -> np.ndarray:
        """Return a copy of a row of matches; outside the canvas, the row modulo its height."""
        return self.field[row % len(self.field)].copy()
