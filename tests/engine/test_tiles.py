"""Tests that tiles equal the whole, and that an edit changes no more than declared."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.doodle.generator import Generator, paint
from engine.doodle.recolouring import Recolouring
from engine.packs.random_doodles import random_doodle
from engine.tiles import FIELD_REACH, Window, affected, level_windows, plan, seen_from

TABLE = np.arange(256, dtype=np.uint8)
EDGES = (np.arange(256) % 7).astype(np.uint8)  # label to kind of border


@pytest.fixture(scope="module")
def model() -> Generator:
    torch.manual_seed(3)
    return Generator().to(memory_format=torch.channels_last).eval()


def doodle(seed: int, width: int, height: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return random_doodle(rng, max(width, height), 7)[:height, :width].copy()


def tiled(model, labels, source, window, size):
    picture = np.zeros((window.height, window.width, 3), np.uint8)
    for tile in plan(window, size):
        picture[tile.within(window)] = paint(model, labels, TABLE, source, tile)
    return picture


@settings(max_examples=15)
@given(
    width=st.integers(1, 230),
    height=st.integers(1, 230),
    size=st.integers(9, 160),
    seed=st.integers(0, 2**31 - 1),
)
def test_tiles_equal_the_whole(model, width, height, size, seed):
    labels, canvas = doodle(seed, width, height), Window(0, 0, width, height)
    whole = paint(model, labels, TABLE, seed, canvas)
    size = max(size, max(width, height) // 6)
    assert np.count_nonzero(whole != tiled(model, labels, seed, canvas, size)) == 0


@settings(max_examples=10)
@given(size=st.integers(20, 200), seed=st.integers(0, 1000))
def test_tiles_equal_the_whole_in_bf16(size, seed):
    torch.manual_seed(3)
    low = Generator().to(torch.bfloat16, memory_format=torch.channels_last).eval()
    low.to_rgb.float()
    labels, canvas = doodle(seed, 210, 150), Window(0, 0, 210, 150)
    whole = paint(low, labels, TABLE, seed, canvas)
    assert np.count_nonzero(whole != tiled(low, labels, seed, canvas, size)) == 0


@settings(max_examples=15)
@given(size=st.integers(30, 200), left=st.integers(0, 150), seed=st.integers(0, 1000))
def test_tiles_equal_the_whole_with_moved_borders(model, size, left, seed):
    labels, canvas = doodle(seed, 210, 190), Window(0, 0, 210, 190)
    whole = paint(model, labels, TABLE, seed, canvas, edges=EDGES)
    tile = Window(left, left // 2, left + size, left // 2 + size).clipped(canvas)
    part = paint(model, labels, TABLE, seed, tile, edges=EDGES)
    assert np.count_nonzero(part != whole[tile.within(canvas)]) == 0


def recoloured() -> Recolouring:
    """Numbers from 4 on are painted by the regions 0 to 3 in other colours."""
    rng = np.random.default_rng(5)
    moves = rng.uniform(-1, 1, (256, 3, 4)).astype(np.float32)
    return Recolouring((np.arange(256) % 4).astype(np.uint8), 4, lambda number: moves[number])


@settings(max_examples=15)
@given(size=st.integers(30, 200), left=st.integers(0, 150), seed=st.integers(0, 1000))
def test_tiles_equal_the_whole_in_other_colours(model, size, left, seed):
    labels, canvas = doodle(seed, 210, 190), Window(0, 0, 210, 190)
    how = {"edges": EDGES, "recolouring": recoloured()}
    whole = paint(model, labels, TABLE, seed, canvas, **how)
    tile = Window(left, left // 2, left + size, left // 2 + size).clipped(canvas)
    part = paint(model, labels, TABLE, seed, tile, **how)
    assert np.count_nonzero(part != whole[tile.within(canvas)]) == 0


def test_other_colours_change_only_what_has_them(model):
    labels, canvas = doodle(1, 210, 190), Window(0, 0, 210, 190)
    assert (labels < 4).any()
    assert (labels >= 4).any()
    plain = Recolouring(recoloured().regions, 4, lambda _: np.eye(3, 4, dtype=np.float32))
    pictures = [
        paint(model, labels, TABLE, 1, canvas, recolouring=r) for r in (recoloured(), plain)
    ]
    changed = (pictures[0] != pictures[1]).any(-1)
    assert not changed[labels < 4].any()
    assert changed[labels >= 4].mean() > 0.9


def test_moved_borders_are_painted(model):
    labels, canvas = doodle(1, 210, 190), Window(0, 0, 210, 190)
    moved = paint(model, labels, TABLE, 1, canvas, edges=EDGES)
    assert (moved != paint(model, labels, TABLE, 1, canvas)).any()


@settings(max_examples=15)
@given(
    left=st.integers(0, 280),
    top=st.integers(0, 280),
    width=st.integers(1, 40),
    height=st.integers(1, 40),
    seed=st.integers(0, 1000),
)
def test_a_dab_changes_only_what_is_affected(model, left, top, width, height, seed):
    labels, canvas = doodle(seed, 320, 320), Window(0, 0, 320, 320)
    how = {"edges": EDGES, "recolouring": recoloured()}
    before = paint(model, labels, TABLE, 1, canvas, **how)
    dirty = Window(left, top, left + width, top + height).clipped(canvas)
    rows, columns = dirty.within(canvas)
    labels[rows, columns] = (labels[rows, columns] + 1) % 7
    after = paint(model, labels, TABLE, 1, canvas, **how)
    changed = np.argwhere((before != after).any(-1))
    reach = affected(dirty)
    assert changed[:, 0].min() >= reach.top
    assert changed[:, 0].max() < reach.bottom
    assert changed[:, 1].min() >= reach.left
    assert changed[:, 1].max() < reach.right


def test_the_declared_reach_is_not_wasteful():
    dirty = Window(512, 512, 576, 576)
    assert seen_from(dirty) == Window(435, 435, 653, 653)
    assert affected(dirty) == seen_from(dirty.grown(FIELD_REACH))


@given(left=st.integers(-99, 999), top=st.integers(-99, 999), side=st.integers(1, 300))
def test_coarser_cells_cover_the_window(left, top, side):
    window = Window(left, top, left + side, top + side)
    for needed in level_windows(window):
        assert needed.coarser().finer().clipped(needed) == needed


@given(
    window=st.builds(
        lambda x, y, w, h: Window(x, y, x + w, y + h),
        st.integers(-500, 500),
        st.integers(-500, 500),
        st.integers(1, 400),
        st.integers(1, 400),
    ),
    size=st.integers(20, 300),
)
def test_a_plan_covers_every_pixel_once(window, size):
    count = np.zeros((window.height, window.width), int)
    for tile in plan(window, size):
        count[tile.within(window)] += 1
    assert (count == 1).all()


def test_tiles_in_focus_come_first():
    tiles = list(plan(Window(0, 0, 1024, 1024), 256, focus=Window(800, 800, 900, 900)))
    assert tiles[0] == Window(768, 768, 1024, 1024)
    assert tiles[-1] == Window(0, 0, 256, 256)
