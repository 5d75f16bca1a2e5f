"""Tests of the compiled kernels' cache: the next process finds them, each build separately."""

import os
import subprocess
import sys

import numpy as np

from engine.strokes.kernels import PATCH, REACH, SPARE, counting_kernels, patch_kernels

CHILD = """
import sys
import numpy as np
from engine.strokes.kernels import SPARE, patch_kernels

for channels in map(int, sys.argv[1:]):
    pixels = np.zeros(20 * 20 * channels + SPARE, np.uint8)
    pixels[: 20 * 20 * channels] = np.arange(20 * 20 * channels) % 251
    matches = np.full(7, 5 << 16 | 5, np.int64)
    print(channels, patch_kernels(channels).pairs(pixels, 20 * channels, matches, matches + 3)[0])
"""


def test_what_one_process_compiles_another_finds(tmp_path):
    def told(*channels):
        done = subprocess.run(
            [sys.executable, "-c", CHILD, *map(str, channels)],
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return set(done.stdout.splitlines()), sorted(tmp_path.rglob("*.nbc"))

    (twelve, _), (more, both) = told(12), told(24)
    assert len(both) == 2
    # In the other order, and both in one process, they are what they were.
    assert told(24, 12) == (twelve | more, both)


def test_the_counting_search_finds_the_same_and_counts():
    rng = np.random.default_rng(0)
    side, channels = 24, 12
    inner = side - 2 * REACH
    pixels = rng.integers(0, 256, side * side * channels + SPARE).astype(np.uint8)
    places = np.full((side, side), 255, np.uint8)
    places[REACH:-REACH, REACH:-REACH] = 0
    usable = np.argwhere(places == 0)
    similar = usable[rng.integers(0, len(usable), (side, side, 4))] @ [1 << 16, 1]
    start = usable[rng.integers(0, len(usable), (inner, inner))] @ [1 << 16, 1]
    regions, used = np.zeros(start.shape, np.uint8), np.zeros((7, 7), np.int32)
    line, fields = np.full(start.shape[1], -1, np.int32), []

    def search(kernels):
        field = start.astype(np.int32)
        found = kernels.search(
            pixels, side * channels, places, similar.astype(np.int32), pixels, side * channels,
            regions, field, line, line, used, np.zeros_like(used), np.zeros(256, np.int64),
            np.zeros(64, np.int64), (0, 0, 0, 1), np.full((7, 7), 2**40), 0, 0, 2, places.shape, 1,
            (0, 0, inner, inner), False, False,
        )  # fmt: skip
        fields.append(field)
        return found

    assert search(patch_kernels(channels)) == (0, 0)
    distances, rows = search(counting_kernels(channels))
    assert np.array_equal(*fields)
    assert not np.array_equal(fields[0], start)
    assert start.size <= distances <= 13 * start.size
    assert distances <= rows <= PATCH * distances
