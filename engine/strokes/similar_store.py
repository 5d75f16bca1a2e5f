"""Keep the similar places of a source in the user's cache folder: finding them takes seconds."""

from collections.abc import Sequence

import numpy as np

from engine.array_store import cache_file, keep, kept
from engine.strokes.guides import GuideWeights
from engine.strokes.kernels import SIMILAR
from engine.strokes.source import (
    SourcePart,
    StrokeSource,
    fingerprint,
    prepare_source,
    similar_of,
    similar_shapes,
)

EDITION = 1
"""Raised whenever the same source gets other similar places."""


def prepared_source(parts: Sequence[SourcePart], weights: GuideWeights) -> StrokeSource:
    """``prepare_source`` with the similar places that were kept on disk, or are kept now."""
    path = cache_file(f"similar-{EDITION}-{fingerprint(parts, weights)[:24]}")
    names = {
        f"level-{number}": (*shape, SIMILAR) for number, shape in enumerate(similar_shapes(parts))
    }
    arrays = kept(path, names, np.int32)
    if arrays is not None:
        return prepare_source(parts, weights, [arrays[name] for name in names])
    source = prepare_source(parts, weights)
    keep(path, dict(zip(names, similar_of(source), strict=True)))
    return source
