"""Cache what is slow to compute about a source in the user's cache folder."""

from collections.abc import Sequence

import numpy as np

from engine.array_store import cache_file, keep, kept
from engine.strokes.guides import LAYERS, Guides, GuideWeights, guides_of
from engine.strokes.kernels import SIMILAR
from engine.strokes.source import (
    Similar,
    SourcePart,
    StrokeSource,
    fingerprint,
    prepare_source,
    similar_of,
    similar_shapes,
    source_guides,
    source_shape,
)

EDITION = 2
"""Version of guides and similar places; increase it when their computation changes."""

GUIDES = "guides"


def prepared_source(parts: Sequence[SourcePart], weights: GuideWeights) -> StrokeSource:
    """Call ``prepare_source`` with guides and similar places from the cache; fill it if needed."""
    guides, similar = stored_guides(parts, weights)
    return prepare_source(parts, weights, guides, similar)


def stored_guides(parts: Sequence[SourcePart], weights: GuideWeights) -> tuple[Guides, Similar]:
    """Return guides and similar places of a source from the cache; fill it if needed.

    Raises EngineError as ``prepare_source`` does.
    """
    path = cache_file(f"strokes-{EDITION}-{fingerprint(parts, weights)[:24]}")
    names = {
        f"level-{number}": ((*shape, SIMILAR), np.int32)
        for number, shape in enumerate(similar_shapes(parts))
    }
    layers = LAYERS + len(parts[0].more), *source_shape(parts)
    arrays = kept(path, {GUIDES: (layers, np.uint8), **names})
    if arrays is not None:
        guides = guides_of(arrays.pop(GUIDES))
        return guides, [arrays[name] for name in names]
    guides = source_guides(parts)
    similar = similar_of(prepare_source(parts, weights, guides))
    keep(path, {GUIDES: guides.layers(), **dict(zip(names, similar, strict=True))})
    return guides, similar
