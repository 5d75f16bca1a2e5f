"""Tests of which materials lie side by side."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.document.neighbours import LEAST, neighbours


def test_areas_that_touch_are_neighbours_on_both_sides():
    labels = np.zeros((30, 40), np.uint8)
    labels[10:], labels[20:], labels[10:, 30:] = 9, 13, 254
    assert neighbours(labels) == {0: {9, 254}, 9: {0, 13, 254}, 13: {9, 254}, 254: {0, 9, 13}}


def test_a_corner_is_not_enough():
    labels = np.zeros((30, 40), np.uint8)
    labels[:15, :20], labels[15:, 20:] = 3, 4
    assert neighbours(labels) == {0: {3, 4}, 3: {0}, 4: {0}}


@given(seed=st.integers(0, 99), count=st.integers(1, 5))
def test_pairs_are_counted(seed, count):
    labels = np.random.default_rng(seed).integers(0, count, (6, 7)).astype(np.uint8) * 60
    pairs: dict[tuple[int, int], int] = {}
    for one, other in [
        *zip(labels[:, 1:].ravel(), labels[:, :-1].ravel(), strict=True),
        *zip(labels[1:].ravel(), labels[:-1].ravel(), strict=True),
    ]:
        if one != other:
            key = min(int(one), int(other)), max(int(one), int(other))
            pairs[key] = pairs.get(key, 0) + 1
    wanted: dict[int, set[int]] = {}
    for (one, other), number in pairs.items():
        if number >= LEAST:
            wanted.setdefault(one, set()).add(other)
            wanted.setdefault(other, set()).add(one)
    assert neighbours(labels) == wanted
