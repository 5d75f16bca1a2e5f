"""Pictures of a map over the picture that it was made for."""

import numpy as np

from app.document.marked_picture import UNSURE, divided, unsure_share, veiled
from resources.materials import AVOID, materials

PICTURE = np.full((60, 80, 3), 100, np.uint8)


def test_a_map_is_translucent_and_hatched_where_it_is_uncertain() -> None:
    labels = np.zeros((60, 80), np.uint8)
    labels[:, 40:] = AVOID
    certainty = np.ones((60, 80), np.float32)
    certainty[30:] = UNSURE / 2
    shown = veiled(PICTURE, labels, certainty)
    sky = (np.array(materials()[0].rgb) + 100) / 2
    assert np.abs(shown[:30, :40] - sky).max() <= 1
    bare = (shown[30:] == 100).all(-1)
    assert 0.4 < bare.mean() < 0.6
    assert not (shown[:30] == 100).all(-1).any()
    assert unsure_share(certainty) == 0.5


def test_proposed_areas_have_lines_between_them() -> None:
    areas = np.zeros((60, 80), np.uint8)
    areas[:, 40:] = 1
    shown = divided(PICTURE, areas)
    lines = (shown == 250).all(-1)
    assert lines[:, 39:41].all()
    assert not lines[:, :38].any()
    assert (shown[0, 0] != shown[0, 79]).any()
