"""The label map of a texture."""

import numpy as np

from engine.doodle.enlarge import MAX_CANVAS
from engine.errors import EngineError
from resources.materials import materials


def texture_labels(material: str, size: int) -> np.ndarray:
    """Return a canvas filled with one material, (size, size) uint8 ids.

    ``material``: a material's key. Raises EngineError for an unknown material or a bad size.
    """
    ids = {entry.key: entry.id for entry in materials()}
    if material not in ids:
        known = ", ".join(ids)
        raise EngineError(f"There is no material {material}; the materials are: {known}.")
    if not 1 <= size <= MAX_CANVAS:
        raise EngineError(f"The side of a texture is 1 to {MAX_CANVAS} pixels, not {size}.")
    return np.full((size, size), ids[material], np.uint8)
