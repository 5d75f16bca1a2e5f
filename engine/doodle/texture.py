"""What a texture of one material is painted from."""

import numpy as np

from engine.doodle.enlarge import MAX_CANVAS
from engine.errors import EngineError
from resources.materials import materials


def texture_labels(material: str, size: int) -> np.ndarray:
    """A whole canvas of one material, (size, size) uint8 ids.

    Raises EngineError for an unknown material or size.
    """
    ids = {entry.key: entry.id for entry in materials()}
    if material not in ids:
        known = ", ".join(ids)
        raise EngineError(f"There is no material {material}; the materials are: {known}.")
    if not 1 <= size <= MAX_CANVAS:
        raise EngineError(f"Textures are up to {MAX_CANVAS} pixels a side, not {size}.")
    return np.full((size, size), ids[material], np.uint8)
