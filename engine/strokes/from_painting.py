"""Paint with any picture and its colour-coded map, without a style pack.

For files as used with neural-doodle, fast-neural-doodle and EbSynth: a painting, a map of it, a
doodle in the same colours, and perhaps additional pairs of guides.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from engine.errors import EngineError
from engine.flow import measure_character
from engine.requests import GuidePair, PictureNames
from engine.strokes.guides import MOST_MORE, GuideWeights
from engine.strokes.large import UNIT, Original, enlarged_source
from engine.strokes.maps import hexadecimal, read_colour_map, read_with_colours
from engine.strokes.painter import StrokePainter, StrokeStyle, stroke_sixteenths
from engine.strokes.source import SourcePart, part_windows
from engine.strokes.source_store import prepared_source
from engine.strokes.synthesis import StrokeSettings

LONGEST = 1280
"""Longest side of a painting in pixels at stroke size 1; larger ones are reduced."""

SAME_SHAPE = 0.02
"""Largest relative difference between the proportions of two pictures that must match."""


@dataclass(frozen=True, eq=False)
class MappedPainting:
    """A painting with its map, ready to paint a doodle; ``notes``: sentences for the user."""

    style: StrokeStyle
    regions: np.ndarray
    more: tuple[np.ndarray, ...]
    notes: tuple[str, ...]


def mapped_painting(
    painting: np.ndarray,
    painting_map: np.ndarray,
    doodle: np.ndarray,
    guides: Sequence[GuidePair] = (),
    stroke: float = 1.0,
    names: PictureNames | None = None,
) -> MappedPainting:
    """Prepare a painting, its map and a doodle, all (H, W, 3) uint8.

    Raises EngineError, in one sentence with the pictures' ``names``, when their proportions differ,
    for a stroke size out of range, and for too many guides.
    """
    sixteenths = stroke_sixteenths(stroke)
    names = names or PictureNames()
    _check_shape(_first(names.painting_map), painting_map, names.painting, painting)
    fitted = _fitted(painting_map, painting.shape, nearest=True)
    found = read_colour_map(fitted, name=names.painting_map)
    regions, lacking = read_with_colours(doodle, found.colours, names.doodle)
    notes = [
        f"{_first(names.doodle)}'s colour {hexadecimal(own)} is not in {names.painting_map}; "
        f"{hexadecimal(other)} is used instead."
        for own, other in lacking
    ]
    source_guides, target_guides = _further(guides, painting, doodle, names)
    small = _size(painting, min(sixteenths, UNIT))
    weights, settings = GuideWeights(), StrokeSettings()
    part = SourcePart(
        _fitted(painting, small),
        _fitted(found.regions, small, nearest=True),
        np.zeros(small[:2], bool),
        tuple(_fitted(guide, small) for guide in source_guides),
    )
    source = prepared_source(part, weights)
    flows = measure_character(part.rgb, part.regions, len(found.colours))
    enlarged = max(sixteenths, UNIT)
    originals = [Original(lambda: painting, *part_windows([part]))]
    large = enlarged_source(source.rgb, originals, enlarged)
    painter = StrokePainter(source, large, enlarged, settings, flows, originals)
    style = StrokeStyle(painter, np.arange(256, dtype=np.uint8))
    return MappedPainting(style, regions, target_guides, tuple(notes))


def _further(
    guides: Sequence[GuidePair], painting: np.ndarray, doodle: np.ndarray, names: PictureNames
) -> tuple[list[np.ndarray], tuple[np.ndarray, ...]]:
    """Return the channels of all additional guides, scaled to their weights: source and target."""
    sources: list[np.ndarray] = []
    targets: list[np.ndarray] = []
    for pair in guides:
        _check_shape(f"The guide {pair.name}", pair.source, names.painting, painting)
        _check_shape(f"The guide {pair.name}", pair.target, names.doodle, doodle)
        if not 0 <= pair.weight <= 255:
            raise EngineError(f"The guide {pair.name} has a weight of 0 to 255, not {pair.weight}.")
        table = ((np.arange(256) * pair.weight + 127) // 255).astype(np.uint8)
        for channel in range(1 if _grey(pair.source) and _grey(pair.target) else 3):
            sources.append(table[pair.source[..., channel]])
            targets.append(table[_fitted(pair.target[..., channel], doodle.shape)])
    if len(sources) > MOST_MORE:
        raise EngineError(
            f"At most {MOST_MORE} channels of guides are possible, three for a coloured one; these "
            f"have {len(sources)}."
        )
    return sources, tuple(targets)


def _grey(rgb: np.ndarray) -> bool:
    return bool((rgb[..., 0] == rgb[..., 1]).all() and (rgb[..., 0] == rgb[..., 2]).all())


def _first(name: str) -> str:
    """Capitalise a picture's name for the start of a sentence."""
    return f"T{name[1:]}" if name.startswith("the ") else name


def _check_shape(name: str, picture: np.ndarray, of: str, other: np.ndarray) -> None:
    """Raise EngineError unless two pictures have the same proportions."""
    own, wanted = picture.shape[1] / picture.shape[0], other.shape[1] / other.shape[0]
    if abs(own / wanted - 1) > SAME_SHAPE:
        raise EngineError(
            f"{name} is {picture.shape[1]} x {picture.shape[0]} pixels and {of} "
            f"{other.shape[1]} x {other.shape[0]}: their proportions differ."
        )


def _size(painting: np.ndarray, sixteenths: int) -> tuple[int, int]:
    """Return rows and columns of the painting at a stroke size."""
    height, width = painting.shape[:2]
    scale = min(1.0, LONGEST / max(height, width)) * sixteenths / UNIT
    return max(1, round(height * scale)), max(1, round(width * scale))


def _fitted(picture: np.ndarray, shape: tuple[int, ...], nearest: bool = False) -> np.ndarray:
    """Resize a picture to other rows and columns."""
    size = shape[1], shape[0]
    how = Image.Resampling.NEAREST if nearest else Image.Resampling.LANCZOS
    return np.asarray(Image.fromarray(np.ascontiguousarray(picture)).resize(size, how))
