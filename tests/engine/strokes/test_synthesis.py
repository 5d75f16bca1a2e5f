"""Tests of the synthesis: reproducible, from allowed places only, and repainted in part."""

import hashlib
import threading
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.strokes import synthesis
from engine.strokes.guides import GuideWeights
from engine.strokes.kernels import REACH, UNSET, UNUSABLE
from engine.strokes.source import StrokeSource, prepare_source
from engine.strokes.synthesis import (
    OVERLAP,
    VOTE,
    StrokePainting,
    StrokeSettings,
    paint,
    repaint,
    repainted,
)
from engine.strokes.target import StrokeTarget
from engine.tiles import Window
from tests.support.stroke_pictures import doodle, painted, part, source, uses

SEEDS = st.integers(0, 1000)


def same(one: StrokePainting, other: StrokePainting) -> bool:
    return all(
        np.array_equal(getattr(a, name), getattr(b, name))
        for a, b in zip(one.levels, other.levels, strict=True)
        for name in ("picture", "field", "used", "areas")
    )


def coherent(painting: StrokePainting) -> float:
    """Return the share of neighbours that are copied from neighbouring places."""
    return float((painting.field[:, 1:] == painting.field[:, :-1] + 1).mean())


# Prices and settings.


@given(uniformity=st.integers(0, 1000), unit=st.integers(1, 40_000_000))
def test_prices_rise_with_use_and_are_never_negative(uniformity, unit):
    prices = StrokeSettings(uniformity).prices(unit)
    assert prices[0] == 0
    assert (np.diff(prices) >= 0).all()
    assert (np.diff(prices[12:], 2) >= -2).all()
    assert (StrokeSettings(min(1000, uniformity + 1)).prices(unit) >= prices).all()


def test_the_fair_share_costs_what_the_settings_say():
    settings_ = StrokeSettings(uniformity=100, coherence=100)
    assert settings_.prices(10_000)[8] == 600
    assert settings_.seam(10_000) == (800, 4800, 256 * 40, 100)
    assert settings_.again(10_000) == 6000
    free = StrokeSettings(0, 0)
    assert not free.prices(10**6).any()
    assert free.again(10**6) == 0
    assert free.seam(10**6)[:3] == (0, 0, 0)


@pytest.mark.parametrize("name", ["uniformity", "coherence"])
@pytest.mark.parametrize("value", [-1, 1001])
def test_settings_out_of_range_are_refused(name, value):
    with pytest.raises(ValueError, match=f"{name} is 0 to 1000, not {value}"):
        StrokeSettings(**{name: value})


def test_a_higher_price_of_joins_copies_larger_pieces():
    regions = doodle(100, 120, 3, 4)
    shares = [coherent(painted(regions, None, StrokeSettings(100, price))) for price in (0, 1000)]
    assert shares[1] > shares[0] + 0.03


# The same bytes.


@pytest.mark.parametrize("size", [(70, 40), (131, 77), (257, 64), (33, 200)])
@pytest.mark.parametrize("strip", [None, 4000])
def test_threads_change_nothing(monkeypatch, size, strip):
    if strip is not None:
        monkeypatch.setattr(synthesis, "STRIP", strip)
    regions = doodle(*size, 3, size[0])
    one = painted(regions, threads=1)
    assert same(one, painted(regions, threads=2))
    assert same(one, painted(regions, threads=8))


def test_threads_change_nothing_in_what_repeats_or_is_painted_again():
    regions = doodle(140, 100, 3, 7)
    changed = regions.copy()
    changed[20:120, 30:80] = 1
    found = []
    for threads in (1, 2, 8):
        painting = painted(regions, threads=threads)
        again = StrokeTarget(changed)
        for _ in repaint(painting, again, Window(30, 20, 80, 120), threads):
            pass
        found.append((painting, painted(regions, threads=threads, repeats=True)))
    for painting, repeating in found[1:]:
        assert same(painting, found[0][0])
        assert same(repeating, found[0][1])


def test_a_small_painting_is_unchanged():
    """The pictures of existing documents stay the same; a change here changes all of them.

    These may change it: the field (engine.flow), guides, similar places (FLANN of another OpenCV
    may order equal neighbours otherwise; then increase EDITION of source_store), passes, prices,
    the search. These may not: threads, processors, the version of numba, anything about speed.
    """
    painting = painted(doodle(64, 80, 3, 11), seed=3)
    digest = hashlib.sha256(painting.picture.tobytes() + painting.field.tobytes())
    assert digest.hexdigest() == (
        "4ab65dcf9ca67971fe4d9df3ecc9fbbc5af2f0e7d8b032d31961eba05b611d33"
    )


def test_seeds_give_other_pictures():
    regions = doodle(60, 70, 3, 1)
    one, other = (painted(regions, seed=seed).picture for seed in (1, 2))
    assert (one != other).any(-1).mean() > 0.5


# Whole pictures.


def check_whole(painting: StrokePainting) -> None:
    """Check that all matches are set and counted, and that the picture follows from them."""
    for level, prepared in zip(painting.levels, painting.source.levels, strict=True):
        assert (level.field != UNSET).all()
        assert np.array_equal(level.used, uses(level.field, prepared.places.shape))
        assert np.array_equal(level.areas, np.bincount(level.regions.ravel(), minlength=256))
        check_rule(level.field, level.regions, prepared)


def check_rule(field, regions, prepared) -> None:
    there = prepared.places[field >> 16, field & 0xFFFF]
    assert (there != UNUSABLE).all()
    with_place = np.isin(regions, prepared.places[prepared.places != UNUSABLE])
    assert np.array_equal(there[with_place], regions[with_place])


def voted(painting: StrokePainting) -> np.ndarray:
    """Compute the picture of the finest level's matches, without wrapping."""
    rgb, field = painting.source.rgb.astype(int), painting.field
    height, width = field.shape
    total, count = np.zeros((height, width, 3), int), np.zeros((height, width, 1), int)
    for j, i in product(range(-VOTE, VOTE + 1), repeat=2):
        rows = slice(max(0, -j), min(height, height - j))
        columns = slice(max(0, -i), min(width, width - i))
        match = field[rows, :][:, columns]
        near = slice(rows.start + j, rows.stop + j), slice(columns.start + i, columns.stop + i)
        match = field[near]
        total[rows, columns] += rgb[(match >> 16) - j, (match & 0xFFFF) - i]
        count[rows, columns] += 1
    return (total + count // 2) // count


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 1), (2, 2), (16, 16), (17, 33), (400, 20)])
def test_any_size_is_painted_whole(size):
    painting = painted(doodle(*size, 3, 5))
    assert painting.picture.shape == (*size, 3)
    check_whole(painting)
    assert np.array_equal(painting.picture, voted(painting))


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (6, 1), (16, 16), (33, 47)])
def test_what_repeats_has_any_size(size):
    painting = painted(doodle(*size, 3, 5), repeats=True)
    assert painting.picture.shape == (*size, 3)
    check_whole(painting)


@pytest.mark.parametrize("size", [(200, 41), (333, 20), (129, 90)])
def test_strips_give_a_whole_picture(monkeypatch, size):
    monkeypatch.setattr(synthesis, "STRIP", 2000)
    painting = painted(doodle(*size, 3, 5))
    assert painting.levels[0].guides is None
    check_whole(painting)


def test_strips_leave_no_seam(monkeypatch):
    """Differences from row to row are no larger where strips meet."""
    monkeypatch.setattr(synthesis, "STRIP", 64 * 60)
    met, elsewhere = [], []
    for seed in range(4):
        picture = painted(np.zeros((256, 60), np.uint8), seed=seed).picture.astype(int)
        steps = abs(np.diff(picture, axis=0)).mean((1, 2))
        borders = {row + step for row in (64, 128, 192) for step in (-1, -OVERLAP - 1)}
        for number, step in enumerate(steps):
            (met if number in borders else elsewhere).append(step)
    error = np.std(elsewhere) / np.sqrt(len(met))
    assert np.mean(met) < np.mean(elsewhere) + 3 * error


def test_what_repeats_has_no_seam():
    """Differences across opposite edges are about those inside; without tiling much larger."""
    ratios = {False: [], True: []}
    for seed, repeats in product(range(4), ratios):
        regions = doodle(97, 110, 2, seed)
        picture = painted(regions, seed=seed, repeats=repeats).picture.astype(int)
        for axis in (0, 1):
            across = np.roll(regions, 1, axis).take(0, axis) == regions.take(0, axis)
            inside = abs(np.diff(picture, axis=axis)).mean()
            seam = abs(picture.take(0, axis) - picture.take(-1, axis))[across].mean()
            ratios[repeats].append(seam / inside)
    assert np.mean(ratios[True]) < 1.25
    assert np.mean(ratios[False]) > 1.5 * np.mean(ratios[True])


# Nothing but allowed places.


@settings(max_examples=12)
@given(
    size=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    boxes=st.lists(st.tuples(*[st.integers(0, 50)] * 4), min_size=1, max_size=4),
    lost=st.sampled_from([None, 0, 2]),
    seed=SEEDS,
)
def test_every_pixel_copies_its_region_and_nothing_that_is_avoided(size, boxes, lost, seed):
    whole = part(60, 70, 3, seed % 3)
    unusable = np.zeros((60, 70), bool)
    for left, top, width, height in boxes:
        unusable[top : top + height // 2 + 1, left : left + width // 2 + 1] = True
    if lost is not None:
        unusable |= whole.regions == lost
    of = prepare_source(replace(whole, unusable=unusable), GuideWeights())
    regions = doodle(*size, 4, seed)  # of region 3 the painting has nothing
    painting = painted(regions, of)
    check_whole(painting)
    touched = np.zeros((60, 70), bool)
    for match in np.unique(painting.field):
        y, x = match >> 16, match & 0xFFFF
        touched[y - REACH : y + REACH + 1, x - REACH : x + REACH + 1] = True
    assert not (touched & unusable).any()


def test_a_target_with_other_guides_than_the_source_is_refused():
    """Kernels would read beyond the picture."""
    whole = part(40, 50, 3)
    with_more = prepare_source(replace(whole, more=(whole.regions,)), GuideWeights())
    regions = doodle(20, 20, 3, 1)
    with pytest.raises(ValueError, match="guides"):
        painted(regions, with_more)
    with pytest.raises(ValueError, match="guides"):
        painted(regions, more=(regions,))


# In part.


def changed_at(regions: np.ndarray, rect: Window, seed: int) -> np.ndarray:
    """Return other regions, inside ``rect`` only."""
    rows, columns = rect.within(Window(0, 0, *regions.shape[::-1]))
    new = regions.copy()
    new[rows, columns] = np.random.default_rng(seed).permutation(3)[new[rows, columns]]
    if seed % 2:
        new[rows, columns] = seed % 3
    return new


def check_repaint(painting: StrokePainting, rect: Window, seed: int, threads: int = 1) -> None:
    """Repaint ``rect`` and check all guarantees."""
    old = painting.target
    regions = changed_at(old.regions, rect, seed)
    kinds = None if old.kinds is None else regions + np.uint8(1)
    target = replace(old, regions=regions, kinds=kinds)
    before = painting.picture.copy(), painting.field.copy()
    shares = [step.share for step in repaint(painting, target, rect, threads)]
    check_shares(shares)
    check_whole(painting)
    outside = np.ones(old.regions.shape, bool)
    outside[repainted(rect).clipped(target.canvas).within(target.canvas)] = False
    assert np.array_equal(painting.picture[outside], before[0][outside])
    assert np.array_equal(painting.field[outside], before[1][outside])
    fresh = StrokePainting(painting.source, target)
    fresh.levels = synthesis.levels_of(target, painting.source)
    for level, wanted in zip(painting.levels, fresh.levels, strict=True):
        assert np.array_equal(level.regions, wanted.regions)
        if wanted.guides is not None:
            for name in ("regions", "distance", "cos", "sin", "streaks"):
                one, other = getattr(level.guides, name), getattr(wanted.guides, name)
                assert np.array_equal(one, other), name


def check_shares(shares: list[float]) -> None:
    """Check that shares rise, and only the last one is 1."""
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert all(0 < share < 1 for share in shares[:-1])


@settings(max_examples=20)
@given(
    height=st.integers(16, 150),
    width=st.integers(16, 150),
    places=st.lists(st.tuples(*[st.integers(0, 99)] * 4), min_size=1, max_size=3),
    tiny=st.booleans(),
    soft=st.booleans(),
    strip=st.sampled_from([1500, 10**6]),
    seed=SEEDS,
)
def test_repainting_changes_only_what_it_may(height, width, places, tiny, soft, strip, seed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(synthesis, "STRIP", strip)
        regions = doodle(height, width, 3, seed)
        kinds = regions + np.uint8(1) if soft else None
        painting = painted(regions, seed=seed, kinds=kinds)
        for number, (x, y, right, down) in enumerate(places):
            left, top = x * width // 100, y * height // 100
            wide = 1 + (right % 3 if tiny else right * (width - left - 1) // 99)
            tall = 1 + (down % 3 if tiny else down * (height - top - 1) // 99)
            rect = Window(left, top, left + wide, top + tall).clipped(painting.target.canvas)
            check_repaint(painting, rect, seed + number)


@pytest.mark.parametrize("corner", [(0, 0), (0, 139), (119, 0), (119, 139)])
def test_one_pixel_in_a_corner_is_repainted(corner):
    painting = painted(doodle(120, 140, 3, 2))
    y, x = corner
    check_repaint(painting, Window(x, y, x + 1, y + 1), 1)


def test_a_rectangle_beyond_the_canvas_is_cut():
    painting = painted(doodle(60, 70, 3, 2))
    target = replace(
        painting.target, regions=changed_at(painting.target.regions, Window(50, 40, 70, 60), 3)
    )
    for _ in repaint(painting, target, Window(50, 40, 900, 800)):
        pass
    check_whole(painting)


@pytest.mark.parametrize(
    "rect", [(900, 900, 910, 910), (-99, 0, -90, 50), (10, 10, 10, 40), (75, 0, 80, 60)]
)
def test_a_rectangle_without_a_pixel_of_the_canvas_changes_nothing(rect):
    painting = painted(doodle(60, 70, 3, 2))
    before = painting.picture.copy()
    for _ in repaint(painting, painting.target, Window(*rect)):
        pass
    assert np.array_equal(painting.picture, before)
    check_whole(painting)


def test_a_repaint_shows_the_new_region_where_it_is():
    painting = painted(np.zeros((100, 120), np.uint8))
    regions = np.zeros((100, 120), np.uint8)
    regions[40:60, 50:80] = 1
    for _ in repaint(painting, StrokeTarget(regions), Window(50, 40, 80, 60)):
        pass
    colour = painting.picture[44:56, 54:76].mean((0, 1))
    away = painting.picture[:10].mean((0, 1))
    assert colour[0] > away[0] + 80  # yellow on blue


# Stopping.


def check_shares_of_paint(regions, threads=1) -> None:
    painting = StrokePainting(source(), StrokeTarget(regions))
    shares = []
    for step in paint(painting, threads):
        shares.append(step.share)
        assert step.picture.shape[0] == -(-regions.shape[0] // step.scale)
    check_shares(shares)


def test_steps_say_how_much_is_done(monkeypatch):
    check_shares_of_paint(doodle(70, 90, 3, 1))
    monkeypatch.setattr(synthesis, "STRIP", 2000)
    check_shares_of_paint(doodle(250, 30, 3, 1))


@pytest.mark.parametrize("steps", [1, 5, 11])
def test_closing_stops_the_work_and_its_threads(steps):
    regions = doodle(140, 100, 3, 7)
    whole, threads = painted(regions), threading.active_count()
    painting = StrokePainting(source(), StrokeTarget(regions))
    work = paint(painting, 4)
    for _ in range(steps):
        next(work)
    assert threading.active_count() > threads
    work.close()
    assert threading.active_count() == threads
    for _ in paint(painting, 2):
        pass
    assert same(painting, whole)


@pytest.mark.parametrize("steps", [0, 1, 9, 13])
def test_what_was_stopped_is_painted_whole_the_next_time(steps):
    regions = doodle(140, 100, 3, 7)
    painting = StrokePainting(source(), StrokeTarget(regions))
    work = paint(painting)
    for _ in range(steps):
        next(work)
    work.close()
    rect = Window(10, 10, 20, 20)
    target = StrokeTarget(changed_at(regions, rect, 1))
    check_shares([step.share for step in repaint(painting, target, rect)])
    check_whole(painting)


def test_a_source_is_not_changed_by_painting():
    of: StrokeSource = source()
    before = [
        (level.pixels.copy(), level.places.copy(), level.similar.copy()) for level in of.levels
    ]
    painted(doodle(50, 60, 3, 1), of, threads=2)
    for level, arrays in zip(of.levels, before, strict=True):
        for one, other in zip((level.pixels, level.places, level.similar), arrays, strict=True):
            assert np.array_equal(one, other)
