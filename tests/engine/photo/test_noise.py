"""The noise is a fixed function of (seed, level, channel, canvas position)."""

import time

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.photo import noise
from engine.photo.noise import (
    CHANNELS,
    LEVELS,
    PERIOD,
    NoiseSource,
    flow_along,
    fractal,
    lookup,
    smear,
)


@given(
    level=st.integers(0, LEVELS - 1),
    left=st.integers(-3000, 3000),
    top=st.integers(-3000, 3000),
    inset=st.tuples(st.integers(0, 9), st.integers(0, 9)),
    seed=st.integers(0, 2**31 - 1),
)
def test_a_window_is_part_of_any_larger_one(level, left, top, inset, seed):
    source = NoiseSource(seed)
    large = source.window(level, left, top, left + 40, top + 30)
    dx, dy = inset
    small = source.window(level, left + dx, top + dy, left + dx + 20, top + dy + 10)
    assert torch.equal(small, large[:, dy : dy + 10, dx : dx + 20])


def test_levels_show_the_same_structure():
    fine = lookup(0, 0, 0, 256, 256).float()[4]
    coarse = lookup(2, 0, 0, 64, 64).float()[4]
    pooled = torch.nn.functional.avg_pool2d(fine[None], 4)[0]
    assert torch.corrcoef(torch.stack([pooled.flatten(), coarse.flatten()]))[0, 1] > 0.999


def test_seeds_give_other_noise():
    first, second = (NoiseSource(seed).window(0, 0, 0, 128, 128).float() for seed in (1, 2))
    for channel in range(CHANNELS):
        pair = torch.stack([first[channel].flatten(), second[channel].flatten()])
        assert abs(torch.corrcoef(pair)[0, 1]) < 0.9


@pytest.mark.parametrize("level", range(LEVELS))
def test_every_channel_is_bounded_and_of_unit_size(level):
    field = noise.pyramid()[level].float()
    assert field.shape == (CHANNELS, PERIOD >> level, PERIOD >> level)
    assert field.abs().max() <= 3
    assert torch.allclose(field.std((1, 2)), torch.ones(CHANNELS), atol=0.1)


def test_the_field_is_periodic_without_a_seam():
    field = fractal(5, 40, 300, 1.5)
    inside = np.abs(np.diff(field, axis=1)).max()
    assert np.abs(field[:, 0] - field[:, -1]).max() <= 1.05 * inside


def test_streaks_run_along_the_flow():
    flow = flow_along(fractal(1, 110, 640, 2.0))
    white = fractal(11, 2, 6, 0.0)
    streaks = smear([white], flow, [5])[0]
    down, across = np.gradient(streaks)
    along = np.abs(flow[..., 0] * across + flow[..., 1] * down).mean()
    beside = np.abs(flow[..., 0] * down - flow[..., 1] * across).mean()
    assert along < 0.4 * beside


def test_smearing_averages_over_the_doubled_length():
    flow = np.zeros((PERIOD, PERIOD, 2), np.float32)
    flow[..., 0] = 1
    picture = fractal(3, 2, 8, 0.0)
    mean = np.mean([np.roll(picture, -step, 1) for step in range(8)], axis=0)
    assert np.allclose(smear([picture], flow, [3])[0], mean, atol=1e-5)


def test_a_lookup_is_cheap():
    noise.pyramid()
    began = time.perf_counter()
    for _ in range(10):
        NoiseSource(3).window(0, 5, 5, 405, 405)
    assert (time.perf_counter() - began) / 10 < 0.02
