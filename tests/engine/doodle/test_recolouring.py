"""Tests that colours are moved by what paints a pixel, and by nothing else."""

import numpy as np
import pytest

from engine.doodle.recolouring import ROWS, Recolouring

FIRST = 2


def moves(seed: int) -> dict[int, np.ndarray]:
    """Return a move for each of the numbers 2 to 5 that hardly clips."""
    rng = np.random.default_rng(seed)
    matrices = 0.7 * np.eye(3) + rng.uniform(-0.1, 0.1, (4, 3, 3))
    offsets = rng.uniform(0.05, 0.15, (4, 3, 1))
    return dict(enumerate(np.concatenate([matrices, offsets], 2).astype(np.float32), FIRST))


@pytest.fixture
def recolouring() -> Recolouring:
    return Recolouring(np.zeros(256, np.uint8), FIRST, moves(0).__getitem__)


def test_colours_are_moved_by_the_number_of_what_paints_them(recolouring):
    rng = np.random.default_rng(1)
    numbers = rng.integers(0, 6, (40, 50), np.uint8)
    before = rng.random((40, 50, 3)).astype(np.float32)
    after = before.copy()
    recolouring.apply(after, numbers)
    assert np.array_equal(after[numbers < FIRST], before[numbers < FIRST])
    for number, move in moves(0).items():
        here = numbers == number
        expected = before[here] @ move[:, :3].T + move[:, 3]
        assert np.allclose(after[here], expected.clip(0, 1), atol=1e-6)


def test_only_moves_of_what_is_painted_are_asked_for():
    asked = []

    def move(number):
        asked.append(number)
        return np.eye(3, 4, dtype=np.float32)

    numbers = np.zeros((9, 9), np.uint8)
    numbers[4] = 5
    Recolouring(np.zeros(256, np.uint8), FIRST, move).picture(
        np.zeros((9, 9, 3), np.uint8), numbers
    )
    assert asked == [5]


def test_a_whole_picture_equals_its_parts(recolouring):
    rng = np.random.default_rng(2)
    numbers = rng.integers(0, 6, (ROWS + 30, 40), np.uint8)
    before = rng.integers(0, 256, (ROWS + 30, 40, 3), np.uint8)
    whole = recolouring.picture(before, numbers)
    for place in (np.s_[5:40, 3:17], np.s_[ROWS - 9 : ROWS + 9, 1:2]):
        assert np.array_equal(recolouring.picture(before[place], numbers[place]), whole[place])


def test_the_inverse_moves_back(recolouring):
    rng = np.random.default_rng(3)
    numbers = rng.integers(0, 6, (40, 50), np.uint8)
    before = rng.integers(60, 190, (40, 50, 3), np.uint8)
    there = recolouring.picture(before, numbers)
    assert (there != before)[numbers >= FIRST].mean() > 0.8
    back = recolouring.inverse().picture(there, numbers)
    assert np.abs(back.astype(int) - before).max() <= 2
