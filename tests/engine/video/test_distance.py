"""Signed distances to the border of a mask."""

import numpy as np
import pytest

from engine.video.distance import signed_distance


@pytest.mark.parametrize("filled", [True, False])
def test_distances_of_a_whole_map_are_finite(filled: bool) -> None:
    found = signed_distance(np.full((20, 30), filled))
    assert np.isfinite(found).all()
    assert ((found > 0) == filled).all()


def test_distances_are_the_same_wherever_they_are_computed() -> None:
    mask = np.zeros((75, 131), bool)
    mask[30:34, 60:71] = True
    wanted = signed_distance(mask)
    y, x = np.argwhere(mask).T
    rows, columns = np.indices(mask.shape)
    away = np.hypot(rows[..., None] - y, columns[..., None] - x).min(2)
    assert np.array_equal(wanted[~mask], (0.5 - away[~mask]).astype(np.float32))
    for shift in range(1, 9):  # another place in memory
        moved = np.zeros((75, 131 + shift), bool)
        moved[:, shift:] = mask
        assert np.array_equal(signed_distance(moved)[:, shift:], wanted)
