"""Cache what is slow to compute about a painting to copy from in the user's cache folder."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.array_store import cache_file, keep, kept
from engine.strokes.guides import LAYERS, Guides, GuideWeights, guides_of
from engine.strokes.kernels import SIMILAR
from engine.strokes.source import (
    PreparedPart,
    Similar,
    SourcePart,
    StrokeSource,
    fingerprint,
    joined_source,
    part_guides,
    prepare_part,
    similar_shapes,
)

EDITION = 4
"""Version of guides and similar places; increase it when their computation changes."""

GUIDES, UNITS = "guides", "units"


def prepared_source(part: SourcePart, weights: GuideWeights) -> StrokeSource:
    """Return a painting as a source, with what is slow to compute from the cache."""
    return joined_source([prepared_part(part, weights)], weights)


def prepared_part(
    part: SourcePart, weights: GuideWeights, levels: int | None = None
) -> PreparedPart:
    """Call ``prepare_part`` with what it needs from the cache; fill it if needed."""
    guides, similar, units = _stored(part, weights, levels)
    return replace(prepare_part(part, weights, guides, similar, levels), units=units)


def stored_guides(
    part: SourcePart, weights: GuideWeights, levels: int | None = None
) -> tuple[Guides, Similar]:
    """Return guides and similar places of a painting from the cache; fill it if needed.

    Raises EngineError as ``prepare_part`` does.
    """
    guides, similar, _ = _stored(part, weights, levels)
    return guides, similar


def _stored(
    part: SourcePart, weights: GuideWeights, levels: int | None
) -> tuple[Guides, Similar, Sequence[int]]:
    """Return guides and similar places of a painting, and units if it is a main one."""
    height, width = part.regions.shape
    count = part.levels if levels is None else levels
    kind = "main" if levels is None else count
    path = cache_file(f"strokes-{EDITION}-{fingerprint(part, weights)[:24]}-{kind}")
    names = {
        f"level-{number}": ((*each, SIMILAR), np.int32)
        for number, each in enumerate(similar_shapes(height, width, count))
    }
    layers = LAYERS + len(part.more), height, width
    arrays = kept(path, {GUIDES: (layers, np.uint8), UNITS: ((None,), np.int64), **names})
    if arrays is not None:
        guides = guides_of(arrays[GUIDES])
        return guides, [arrays[name] for name in names], arrays[UNITS].tolist()
    guides = part_guides(part)
    found = prepare_part(part, weights, guides, levels=levels)
    main = [] if levels is not None else joined_source([found], weights).levels
    units = [level.unit for level in main]
    numbers = {UNITS: np.array(units, np.int64), **dict(zip(names, found.similar, strict=True))}
    keep(path, {GUIDES: guides.layers(), **numbers})
    return guides, found.similar, units
