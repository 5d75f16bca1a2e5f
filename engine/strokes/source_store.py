"""Cache what is slow to compute about a painting to copy from in the user's cache folder."""

import numpy as np

from engine.array_store import cache_file, keep, kept
from engine.strokes.guides import LAYERS, Guides, GuideWeights, guides_of
from engine.strokes.kernels import SIMILAR
from engine.strokes.source import (
    Similar,
    SourcePart,
    StrokeSource,
    fingerprint,
    part_guides,
    prepare_source,
    similar_of,
    similar_shapes,
)

EDITION = 3
"""Version of guides and similar places; increase it when their computation changes."""

GUIDES = "guides"


def prepared_source(
    part: SourcePart, weights: GuideWeights, levels: int | None = None
) -> StrokeSource:
    """Call ``prepare_source`` with guides and similar places from the cache; fill it if needed."""
    guides, similar = stored_guides(part, weights, levels)
    return prepare_source(part, weights, guides, similar, levels)


def stored_guides(
    part: SourcePart, weights: GuideWeights, levels: int | None = None
) -> tuple[Guides, Similar]:
    """Return guides and similar places of a painting from the cache; fill it if needed.

    Raises EngineError as ``prepare_source`` does.
    """
    height, width = part.regions.shape
    count = part.levels if levels is None else levels
    path = cache_file(f"strokes-{EDITION}-{fingerprint(part, weights)[:24]}-{count}")
    names = {
        f"level-{number}": ((*each, SIMILAR), np.int32)
        for number, each in enumerate(similar_shapes(height, width, count))
    }
    layers = LAYERS + len(part.more), height, width
    arrays = kept(path, {GUIDES: (layers, np.uint8), **names})
    if arrays is not None:
        guides = guides_of(arrays.pop(GUIDES))
        return guides, [arrays[name] for name in names]
    guides = part_guides(part)
    similar = similar_of(prepare_source(part, weights, guides, levels=levels))
    keep(path, {GUIDES: guides.layers(), **dict(zip(names, similar, strict=True))})
    return guides, similar
