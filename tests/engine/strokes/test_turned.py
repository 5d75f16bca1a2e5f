"""Tests of turned pictures and of the places that their pixels come from."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engine.strokes.guides import ZERO, luminance, painting_directions
from engine.strokes.kernels import SIMILAR
from engine.strokes.turned import OWN, TILES, TURNS, similar_in_tiles, turned

BICUBIC = Image.Resampling.BICUBIC
SIZES = st.integers(20, 60)


def striped(height, width):
    rows = np.arange(height)[:, None].repeat(width, 1)
    wave = np.rint(128 + 80 * np.sin(rows * 0.8)).astype(np.uint8)
    return np.dstack([wave] * 3)


@pytest.mark.parametrize("turn", TURNS)
def test_strokes_of_a_copy_run_30_degrees_off(turn):
    picture = turned(striped(90, 120), turn, BICUBIC)
    assert picture.shape == (90, 120, 3)
    cos, sin = (part.astype(int) - ZERO for part in painting_directions(luminance(picture)))
    angle = np.degrees(np.arctan2(sin, cos)) / 2  # clockwise on screen
    assert np.abs(angle - 30 * turn).max() < 5, "also in the corners, which are mirrored"


def test_what_is_outside_has_the_value_asked_for():
    marked = turned(np.zeros((40, 60), np.uint8), 1, Image.Resampling.BILINEAR, 255)
    assert marked[20, 30] == 0
    assert marked[0, 0] == 255


def pixel_of(match, turn, rows, columns):
    """Return where a pixel of a copy lies in the painting, as floats."""
    y, x = (match >> 16) + 0.5 - rows / 2, (match & 0xFFFF) + 0.5 - columns / 2
    cos, sin = math.cos(math.radians(30)), turn * math.sin(math.radians(30))
    return cos * y - sin * x + rows / 2 - 0.5, cos * x + sin * y + columns / 2 - 0.5


@settings(max_examples=20)
@given(height=SIZES, width=SIZES, below=st.integers(0, 9), seed=st.integers(0, 99))
def test_similar_places_lead_to_the_same_place_in_every_copy(height, width, below, seed):
    tall, turns = height + below, (0, *TURNS)
    rng = np.random.default_rng(seed)
    shape = tall, width, SIMILAR
    similar = (rng.integers(height, size=shape) << 16) | rng.integers(width, size=shape)
    found = similar_in_tiles(similar.astype(np.int32), height, width)
    assert found.shape == (TILES * tall, width, SIMILAR)
    assert np.array_equal(found[:tall, :, :OWN], similar[..., :OWN]), "the painting's are its own"
    led = 0
    for y, x in zip(rng.integers(TILES * tall, size=80), rng.integers(width, size=80), strict=True):
        tile, row = divmod(int(y), tall)
        before = pixel_of((row << 16) | int(x), turns[tile] if tile else 0, height, width)
        if not tile:
            before = row, int(x)
        others = set()
        for slot in range(OWN, SIMILAR):
            place = int(found[y, x, slot])
            if place == (int(y) << 16) | int(x):  # it lies outside of the other copy
                continue
            other, row_there = divmod(place >> 16, tall)
            others.add(other)
            there = (row_there << 16) | (place & 0xFFFF)
            after = pixel_of(there, turns[other], height, width) if other else (
                row_there, place & 0xFFFF,
            )  # fmt: skip
            assert math.dist(before, after) < 1.5
            led += 1
        assert tile not in others
    assert led > 20
