"""Prepare the source of a style pack's strokes: its painting, and regions borrowed from others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from engine.flow import RegionFlow
from engine.packs.painting import PackPainting, read_painting
from engine.packs.style_pack import (
    StylePack,
    edge_kinds,
    read_pack,
    region_flows,
    region_table,
    served_by,
)
from engine.strokes.guides import GuideWeights
from engine.strokes.large import UNIT, Original, enlarged_source
from engine.strokes.painter import StrokePainter, StrokeStyle, stroke_sixteenths
from engine.strokes.source import SourcePart, part_windows
from engine.strokes.source_store import prepared_source
from engine.strokes.synthesis import StrokeSettings
from resources.materials import materials

FindPack = Callable[[str], Path]
"""Maps a style's id to its folder. Raises EngineError for an unknown id."""


@dataclass(frozen=True)
class _Piece:
    """A painting, its width at stroke size 1, and its region numbers in this style.

    ``numbers``: (256,) uint8 from its own region number to that of the style; ``like``: the
    painting whose colours it is given.
    """

    painting: PackPainting
    width: int
    numbers: np.ndarray
    like: PackPainting | None = None


def stroke_style(
    folder: Path, stroke: float, find: FindPack, like: StrokeStyle | None = None
) -> StrokeStyle:
    """Prepare the pack ``folder`` for strokes of a size, 0.5-4.

    ``like``: the same pack prepared for a size of 1 or more; another such size shares its source,
    which saves time and memory. Raises EngineError, in one sentence, for a size out of range, and
    when the pack or one that it borrows from has no painting or is damaged.
    """
    sixteenths = stroke_sixteenths(stroke)
    pack = read_pack(folder)
    pieces, table, flows = _pieces(folder, pack, find)
    defaults = pack.strokes
    if like is not None and sixteenths >= UNIT:
        source, originals = like.painter.source, like.painter.originals
    else:
        parts = [_part(piece, min(sixteenths, UNIT)) for piece in pieces]
        weights = GuideWeights(
            defaults.region, defaults.distance, defaults.direction, defaults.streaks
        )
        source, originals = prepared_source(parts, weights), _originals(pieces, parts)
    settings = StrokeSettings(defaults.uniformity, defaults.coherence)
    enlarged = max(sixteenths, UNIT)
    large = enlarged_source(source.rgb, originals, enlarged)
    painter = StrokePainter(source, large, enlarged, settings, flows, originals)
    return StrokeStyle(painter, table, edge_kinds(pack))


def _pieces(
    folder: Path, pack: StylePack, find: FindPack
) -> tuple[list[_Piece], np.ndarray, list[RegionFlow]]:
    """Return the paintings, the pack's own first, the region of each material, and the flows."""
    own = read_painting(folder, pack)
    pieces = [_Piece(own, pack.strokes.width, np.arange(256, dtype=np.uint8))]
    table, flows = region_table(pack).copy(), list(region_flows(pack))
    ids = {material.key: material.id for material in materials()}
    for key, lender in sorted(pack.borrow.items()):
        place = find(lender)
        other = read_pack(place)
        names = [region.name for region in other.region]
        region = names.index(served_by(other)[key])
        numbers = np.full(256, _NOT_WANTED, np.uint8)
        numbers[region] = table[ids[key]] = len(flows)
        lent = read_painting(place, other)
        pieces.append(_Piece(lent, other.strokes.width, numbers, own))
        flows.append(region_flows(other)[region])
    return pieces, table, flows


_NOT_WANTED = 255


_EVERY = 4  # every fourth row and column is enough for mean and deviation


def _moved(rgb: np.ndarray, to: np.ndarray) -> np.ndarray:
    """Give a picture the mean and deviation in L*a*b* of another."""
    own, wanted = (_lab(picture[::_EVERY, ::_EVERY]) for picture in (rgb, to))
    scale = wanted.std((0, 1)) / np.maximum(own.std((0, 1)), 1)
    moved = (_lab(rgb) - own.mean((0, 1))) * scale + wanted.mean((0, 1))
    rgb = cv2.cvtColor(moved.astype(np.float32), cv2.COLOR_LAB2RGB)
    return np.rint(rgb.clip(0, 1) * 255).astype(np.uint8)


def _lab(rgb: np.ndarray) -> np.ndarray:
    """Convert (H, W, 3) uint8 RGB to float32 L*a*b*."""
    return cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


def _part(piece: _Piece, sixteenths: int) -> SourcePart:
    """Return a painting scaled to its width times ``sixteenths`` / 16."""
    painting = piece.painting
    size = _size(piece, sixteenths)
    regions = piece.numbers[_resized(painting.regions, size)]
    avoid = _resized(painting.avoid.astype(np.uint8) * 255, size, Image.Resampling.BOX) > 0
    unusable = avoid | (regions == _NOT_WANTED)
    regions = np.where(regions == _NOT_WANTED, 0, regions).astype(np.uint8)
    rgb = _resized(painting.rgb, size, Image.Resampling.LANCZOS)
    return SourcePart(_coloured(rgb, piece), regions, unusable)


def _size(piece: _Piece, sixteenths: int) -> tuple[int, int]:
    height, width = piece.painting.regions.shape
    wide = max(1, round(piece.width * sixteenths / UNIT))
    return wide, max(1, round(height * wide / width))


def _resized(
    picture: np.ndarray, size: tuple[int, int], how: Image.Resampling = Image.Resampling.NEAREST
) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).resize(size, how))


def _originals(pieces: Sequence[_Piece], parts: Sequence[SourcePart]) -> list[Original]:
    """Return the paintings at their full size, with the colours that they have in the source."""
    return [
        Original(_coloured(piece.painting.rgb, piece), place)
        for piece, place in zip(pieces, part_windows(parts), strict=True)
    ]


def _coloured(rgb: np.ndarray, piece: _Piece) -> np.ndarray:
    """Return a painting with the colours that the style gives it."""
    return rgb if piece.like is None else _moved(rgb, piece.like.rgb)
