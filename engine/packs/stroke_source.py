"""Prepare the source of a style's strokes: its painting, and pieces that are borrowed or tinted."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from engine.array_store import Forms, cache_file, keep, kept
from engine.errors import EngineError
from engine.flow import NEUTRAL
from engine.packs.borrowing import (
    FindPack,
    Painter,
    painters_of,
    painting_facts,
    piece_facts,
    pieces_of,
)
from engine.packs.painting import Box, PackPainting, check_painting, fullest_part, read_painting
from engine.packs.region_colours import (
    TINTED,
    colours_of,
    contrast,
    fitting,
    moved,
    tint_of,
    to_lab,
)
from engine.packs.style_pack import (
    Region,
    StylePack,
    edge_kinds,
    read_pack,
    region_flows,
    region_table,
)
from engine.requests import PaintedBy
from engine.strokes.guides import GuideWeights
from engine.strokes.kernels import REACH, UNUSABLE
from engine.strokes.large import UNIT, enlarged_source
from engine.strokes.painter import StrokePainter, StrokeStyle, stroke_sixteenths
from engine.strokes.source import (
    LEVELS,
    PreparedPart,
    SourcePart,
    StrokeSource,
    joined_source,
    part_windows,
)
from engine.strokes.source_store import prepared_part
from engine.strokes.synthesis import StrokeSettings
from engine.strokes.turned_copies import originals_of, with_turned

PIECE = (286, 350)
"""Most rows and columns of a piece at stroke size 1, so that two lie side by side in a source."""

COARSE = 2 ** (LEVELS - 1)
"""Pixels that are one at the coarsest level."""

AROUND = REACH * COARSE
"""Pixels around a piece, so that its own are usable at every level."""

LEFT = 0.5
"""Least share of a piece that must remain without its border; else the border is copied, too."""

UPRIGHT = ("sun", "building", "boat", "figure")
"""Materials whose regions are never turned."""

CALM = 0.45
"""Share of one direction in the flow from which on water is calm: its lights stay upright."""

DIRECTED = 0.05
"""Least strength of the flow of regions that are turned."""

EDITION = 3
"""Version of how parts are cut, coloured and turned; increase it when that changes."""

PART: Forms = {
    "rgb": ((None, None, 3), np.uint8),
    "regions": ((None, None), np.uint8),
    "unusable": ((None, None), np.bool_),
    "turned": ((1,), np.int64),
}
"""What the cache holds of a part."""

PICTURES = "pictures"
"""Name in the same file of the part's pictures at full size."""


def stroke_style(
    folder: Path,
    stroke: float,
    find: FindPack,
    like: StrokeStyle | None = None,
    meanings: Mapping[int, PaintedBy] | None = None,
    used: Sequence[int] | None = None,
) -> StrokeStyle:
    """Prepare the pack ``folder`` for strokes of a size, 0.5-4.

    ``like``: the same pack, meanings and materials prepared for a size of 1 or more; another such
    size shares its source, which saves time and memory. ``meanings``: material id -> what paints it
    instead of what the pack says; one that does not exist or is damaged is left out, with a
    sentence in ``notes`` of the result. ``used``: ids of the materials that will be painted, in the
    order in which they came up, by default all; the source does not change where it already was
    when others are added at the end. Raises EngineError, in one sentence, for another size, and
    when the pack or one that it borrows from has no painting or is damaged.
    """
    pack, sixteenths = read_pack(folder), stroke_sixteenths(stroke)
    if like is not None and sixteenths >= UNIT:
        old, enlarged = like.painter, max(sixteenths, UNIT)
        large = enlarged_source(old.source.rgb, old.originals, enlarged)
        settings = _settings(pack)
        painter = StrokePainter(old.source, large, enlarged, settings, old.flows, old.originals)
        return replace(like, painter=painter)
    check_painting(folder, pack)
    return shown_style(Shown(folder, pack), stroke, find, meanings, used)


Prepare = Callable[[SourcePart, GuideWeights, int | None], PreparedPart]
"""Prepares a part of a source, see ``prepare_part``, with this number of levels."""


@dataclass(frozen=True, eq=False)
class Shown:
    """A pack as it is in its folder, or while it is being made.

    ``painting``: of one that is being made; what is cut from it is not kept in the cache.
    ``prepare``: prepares the parts of its source.
    """

    folder: Path
    pack: StylePack
    painting: PackPainting | None = None
    prepare: Prepare = prepared_part


def shown_style(
    shown: Shown,
    stroke: float,
    find: FindPack,
    meanings: Mapping[int, PaintedBy] | None = None,
    used: Sequence[int] | None = None,
) -> StrokeStyle:
    """Prepare a pack for strokes of a size; parameters and errors as those of ``stroke_style``."""
    pack, sixteenths = shown.pack, stroke_sixteenths(stroke)
    painters, notes = painters_of(shown.folder, pack, find, meanings or {})
    table, flows = region_table(pack).copy(), list(region_flows(pack))
    flows += [region_flows(each.pack)[each.region] for each in pieces_of(pack, painters.values())]
    for material, by in painters.items():
        if used is None or material in used:
            table[material] = by.number
    wanted = [painters[material] for material in (painters if used is None else used)]
    cutter = _Cutter(shown, min(sixteenths, UNIT))
    cuts = [cutter.main()]
    for piece in pieces_of(pack, wanted):
        try:
            cuts.append(cutter.piece(piece))
        except EngineError as error:
            left = {key: by for key, by in (meanings or {}).items() if by != piece.by}
            if not meanings or len(left) == len(meanings):
                raise
            found = shown_style(shown, stroke, find, left, used)
            return replace(found, notes=(*notes, *found.notes, str(error)))
    cutter.forget()
    parts, enlarged = [cut.part for cut in cuts], max(sixteenths, UNIT)
    source, windows = _joined(parts, _weights(pack), shown.prepare), part_windows(parts)
    originals = [
        original
        for cut, window in zip(cuts, windows, strict=True)
        for original in originals_of(cut.part, cut.pictures, window)
    ]
    large = enlarged_source(source.rgb, originals, enlarged)
    painter = StrokePainter(source, large, enlarged, _settings(pack), flows, originals)
    materials_used = None if used is None else tuple(used)
    return StrokeStyle(painter, table, edge_kinds(pack), notes, materials_used)


def _settings(pack: StylePack) -> StrokeSettings:
    return StrokeSettings(pack.strokes.uniformity, pack.strokes.coherence)


def _weights(pack: StylePack) -> GuideWeights:
    of = pack.strokes
    return GuideWeights(of.region, of.distance, of.direction, of.streaks)


def _joined(parts: Sequence[SourcePart], weights: GuideWeights, prepare: Prepare) -> StrokeSource:
    """Return the source of a main painting and pieces."""
    main, *pieces = parts
    whole = prepare(main, weights, None)
    levels = len(whole.levels)
    return joined_source([whole, *(prepare(each, weights, levels) for each in pieces)], weights)


def _turns(region: Region) -> bool:
    """Return whether a region is also copied from turned copies of the painting.

    Things stand upright, calm water lies, and dots without a direction gain nothing.
    """
    flow, first = region.flow or NEUTRAL, region.materials[0] if region.materials else ""
    if first in UPRIGHT or (first == "water" and flow.bias >= CALM):
        return False
    return flow.strength >= DIRECTED


@dataclass(frozen=True, eq=False)
class _Cut:
    """A part of a source, as large as it is matched, with its turned copies.

    ``pictures``: returns its picture and those of the copies at full size, (n, H, W, 3) uint8.
    """

    part: SourcePart
    pictures: Callable[[], np.ndarray]


class _Cutter:
    """Cuts source parts out of paintings: the pack's own as a whole, and pieces of any."""

    def __init__(self, shown: Shown, sixteenths: int) -> None:
        self._shown, self._pack, self._sixteenths = shown, shown.pack, sixteenths
        self._paintings: dict[str, PackPainting] = {}

    def main(self) -> _Cut:
        """Return the pack's own painting."""
        pack = self._pack
        turning = [number for number, region in enumerate(pack.region) if _turns(region)]
        facts = painting_facts(pack, self._sixteenths)
        return self._kept(facts, lambda: with_turned(*self._whole(), turning))

    def piece(self, painter: Painter) -> _Cut:
        """Return a piece of a region, in its new colours."""
        turning = [painter.number] if _turns(painter.pack.region[painter.region]) else []
        facts = piece_facts(self._pack, painter, self._sixteenths)
        return self._kept(facts, lambda: with_turned(*self._cut(painter), turning))

    def _kept(self, facts: str, cut: Callable[[], tuple[SourcePart, np.ndarray]]) -> _Cut:
        """Return what ``cut`` returns, from the cache if the pack is one in a folder."""
        if self._shown.painting is not None:
            part, pictures = cut()
            return _Cut(part, lambda: pictures)
        path, facts = cache_file(f"cut-{EDITION}-{facts}"), f"{EDITION}-{facts}"
        arrays = kept(path, PART)
        if arrays is not None:
            rgb, regions, unusable, rows = arrays.values()
            part = SourcePart(rgb, regions, unusable, turned=int(rows[0]), facts=facts)
            return _Cut(part, cache(partial(_pictures, path, cut)))
        part, pictures = cut()
        layers = [part.rgb, part.regions, part.unusable, np.array([part.turned], np.int64)]
        keep(path, {**dict(zip(PART, layers, strict=True)), PICTURES: pictures})
        return _Cut(replace(part, facts=facts), lambda: pictures)

    def _whole(self) -> tuple[SourcePart, np.ndarray]:
        """Return the pack's own painting as it is matched, and at full size."""
        painting = self._painting_of(self._shown.folder, self._pack)
        height, columns = painting.regions.shape
        wide = max(1, round(self._pack.strokes.width * self._sixteenths / UNIT))
        size = wide, max(1, round(height * wide / columns))
        avoid = _resized(painting.avoid.astype(np.uint8) * 255, size, Image.Resampling.BOX) > 0
        rgb = _resized(painting.rgb, size, Image.Resampling.LANCZOS)
        return SourcePart(rgb, _resized(painting.regions, size), avoid), painting.rgb

    def _cut(self, painter: Painter) -> tuple[SourcePart, np.ndarray]:
        """Return a piece as it is matched, and at full size."""
        lender = self._painting_of(painter.folder, painter.pack)
        scale = painter.pack.strokes.width / lender.regions.shape[1]
        inside = (lender.regions == painter.region) & ~lender.avoid
        if not inside.any():
            region = painter.by.region
            raise EngineError(f"{painter.pack.title} shows nothing of its region {region}.")
        most = PIECE[0] / scale, PIECE[1] / scale
        fine = scale * self._sixteenths / UNIT
        box = _around(fullest_part(inside, most), fine)
        original = _cut_out(lender.rgb, box)
        height, width = original.shape[:2]
        size = max(1, round(width * fine)), max(1, round(height * fine))
        rgb = _resized(original, size, Image.Resampling.LANCZOS)
        inside, avoid = (_cut_out(each, box) for each in (inside, lender.avoid))
        inside &= ~_outside(box, lender.regions.shape)
        mask, avoid = _resized(inside, size), _resized(avoid, size)
        mean = to_lab(rgb)[mask].mean(0)
        to, change = self._colour(painter, lender)
        rgb, original = (moved(picture, mean, to, change) for picture in (rgb, original))
        regions = np.where(mask, painter.number, UNUSABLE).astype(np.uint8)
        return SourcePart(rgb, regions, _unusable(mask, avoid)), original

    def _colour(self, painter: Painter, lender: PackPainting) -> tuple[np.ndarray, np.ndarray]:
        """Return the mean colour of a piece in L*a*b*, and the change of its deviations."""
        theirs = colours_of(lender, len(painter.pack.region))
        own = self._painting_of(self._shown.folder, self._pack)
        ours = colours_of(own, len(self._pack.region))
        change = contrast(theirs, ours)
        if painter.by.tint:
            return tint_of(painter.by.tint), change * (1, TINTED, TINTED)
        pairs = _pairs(painter.pack, self._pack)
        return fitting(theirs, painter.region, ours, pairs), change

    def forget(self) -> None:
        """Release the decoded paintings; what was cut may keep this object for long."""
        self._paintings.clear()

    def _painting_of(self, folder: Path, pack: StylePack) -> PackPainting:
        if self._shown.painting is not None and pack.id == self._pack.id:
            return self._shown.painting
        if pack.id not in self._paintings:
            self._paintings[pack.id] = read_painting(folder, pack)
        return self._paintings[pack.id]


def _pictures(path: Path, cut: Callable[[], tuple[SourcePart, np.ndarray]]) -> np.ndarray:
    """Return the pictures of a part from the cache, or of the part that is cut again."""
    arrays = kept(path, {PICTURES: ((None, None, None, 3), np.uint8)})
    return cut()[1] if arrays is None else arrays[PICTURES]


def colours_of_piece(
    folder: Path, pack: StylePack, piece: Painter, region: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the colours of a pack's region and of what strokes copy of a piece, (N, 3) uint8 each.

    Both at stroke size 1. Raises EngineError when one of them cannot be copied from.
    """
    cutter = _Cutter(Shown(folder, pack), UNIT)
    found = []
    for cut, number in ((cutter.main(), region), (cutter.piece(piece), piece.number)):
        part = cut.part.upright
        inside = part.regions == number
        copied = inside & ~part.unusable
        if not inside.any():
            raise EngineError(f"{pack.title} shows nothing of its region {number}.")
        found.append(part.rgb[copied if copied.any() else inside])
    own, wanted = found
    return own, wanted


def _around(box: Box, scale: float) -> Box:
    """Return a box with as much around it as its places need to be usable at every level."""
    left, top, right, bottom = box
    wide, high = (
        math.ceil((AROUND + max(0, COARSE - side * scale) / 2) / scale)
        for side in (right - left, bottom - top)
    )
    return left - wide, top - high, right + wide, bottom + high


def _cut_out(array: np.ndarray, box: Box) -> np.ndarray:
    """Return a part of a (H, W, ...) array; beyond its edges the outermost values go on."""
    left, top, right, bottom = box
    rows = np.arange(top, bottom).clip(0, array.shape[0] - 1)
    columns = np.arange(left, right).clip(0, array.shape[1] - 1)
    return array[rows[:, None], columns]


def _outside(box: Box, shape: tuple[int, ...]) -> np.ndarray:
    """Return where a box lies beyond a painting with these rows and columns, bool."""
    left, top, right, bottom = box
    rows, columns = np.arange(top, bottom)[:, None], np.arange(left, right)
    return (rows < 0) | (rows >= shape[0]) | (columns < 0) | (columns >= shape[1])


def _unusable(mask: np.ndarray, avoid: np.ndarray) -> np.ndarray:
    """Return what no patch of a piece may contain: all beside the region ``mask``, (H, W) bool.

    Of small and thin regions too little would be left. Their border is copied with them, except for
    what must be avoided.
    """
    side = np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)
    left = cv2.erode(mask.astype(np.uint8), side, borderValue=1)
    return ~mask if left.sum() >= LEFT * mask.sum() else avoid


def _pairs(lender: StylePack, borrower: StylePack) -> list[tuple[int, int]]:
    """Return the numbers of the regions of two packs that are made for the same material."""
    theirs, ours = (
        {region.materials[0]: n for n, region in enumerate(pack.region) if region.materials}
        for pack in (lender, borrower)
    )
    return [(number, ours[key]) for key, number in theirs.items() if key in ours]


def _resized(
    picture: np.ndarray, size: tuple[int, int], how: Image.Resampling = Image.Resampling.NEAREST
) -> np.ndarray:
    """Resize a (H, W, ...) uint8 or bool array to columns and rows."""
    return np.asarray(Image.fromarray(picture).resize(size, how))
