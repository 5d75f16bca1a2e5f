"""The material vocabulary's colours."""

import numpy as np
import pytest

from resources.materials import in_colours, materials, palette


def test_a_map_of_ids_is_seen_in_the_materials_colours() -> None:
    labels = np.array([[3, 0], [len(materials()), 255]], np.uint8)
    white = (255, 255, 255)
    expected = [[materials()[3].rgb, materials()[0].rgb], [white, white]]
    assert in_colours(labels).tolist() == np.array(expected).tolist()


def test_the_palette_is_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        palette()[0] = 0
