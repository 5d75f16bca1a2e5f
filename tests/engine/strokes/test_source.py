"""Tests of the source: usable places at every level, and several paintings in one."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.strokes.guides import GuideWeights, guides_of, halved
from engine.strokes.kernels import ANY, CELL, REACH, SIMILAR, SPARE, UNUSABLE
from engine.strokes.source import (
    SourcePart,
    fingerprint,
    joined_corners,
    joined_source,
    level_count,
    part_guides,
    prepare_part,
    prepare_source,
    similar_shapes,
)
from tests.support.stroke_pictures import painted, part, source, stripes


def avoiding(height, width, seed, share=0.02):
    whole = part(height, width, 3, seed)
    return replace(whole, unusable=np.random.default_rng(seed).random((height, width)) < share)


@settings(max_examples=15)
@given(height=st.integers(9, 60), width=st.integers(9, 60), seed=st.integers(0, 99))
def test_no_patch_of_a_usable_place_touches_what_is_avoided(height, width, seed):
    avoided = avoiding(height, width, seed)
    unusable = np.pad(avoided.unusable, REACH, constant_values=True)
    touching = np.array(
        [
            [unusable[y : y + 2 * REACH + 1, x : x + 2 * REACH + 1].any() for x in range(width)]
            for y in range(height)
        ]
    )
    if touching.all():
        with pytest.raises(EngineError, match="Nothing of the painting may be copied"):
            prepare_source(avoided, GuideWeights())
        return
    (level, *_) = prepare_source(avoided, GuideWeights()).levels
    assert np.array_equal(level.places, np.where(touching, UNUSABLE, avoided.regions))


def test_levels_have_half_the_size_and_means_of_the_colours():
    prepared = source()
    assert [level.places.shape for level in prepared.levels] == [(96, 120), (48, 60), (24, 30)]
    rgb = prepared.rgb
    for level in prepared.levels:
        height, width = level.places.shape
        assert len(level.pixels) == height * width * level.channels + SPARE
        packed = level.pixels[:-SPARE].reshape(height, width, level.channels)
        assert np.array_equal(packed[..., :3], rgb)
        wanted = prepared.levels[1].places.shape if level is prepared.levels[0] else (height, width)
        assert level.similar.shape == (*wanted, SIMILAR)
        assert level.unit >= 1
        rgb = halved(rgb)


@settings(max_examples=10)
@given(height=st.integers(23, 70), width=st.integers(23, 70), seed=st.integers(0, 99))
def test_coarse_places_touch_nothing_that_is_avoided(height, width, seed):
    avoided = avoiding(height, width, seed, 0)
    avoided.unusable[height // 3 : height // 3 + 3, width // 2 : width // 2 + 5] = True
    levels = prepare_source(avoided, GuideWeights()).levels
    unusable = avoided.unusable
    for level in levels:
        for y, x in np.argwhere(level.places != UNUSABLE):
            inside = slice(y - REACH, y + REACH + 1), slice(x - REACH, x + REACH + 1)
            assert not unusable[inside].any()
        height, width = unusable.shape
        padded = np.pad(unusable, ((0, height % 2), (0, width % 2)), mode="edge")
        unusable = padded[::2, ::2] | padded[1::2, ::2] | padded[::2, 1::2] | padded[1::2, 1::2]


def test_usable_places_are_sorted_by_region():
    (level, *_) = prepare_source(avoiding(40, 50, 1), GuideWeights()).levels
    places, first = level.starts
    assert len(places) == level.areas.sum() == (level.places != UNUSABLE).sum()
    for region in range(3):
        own = places[first[region] : first[region + 1]]
        assert (level.places[own >> 16, own & 0xFFFF] == region).all()
        assert len(own) == level.areas[region] == (level.places == region).sum()
    assert first[-1] == len(places)
    assert level.areas[UNUSABLE] == 0


def test_a_region_that_has_no_place_may_copy_any():
    whole = part(40, 50, 3)
    without = replace(whole, unusable=whole.regions == 1)
    (level, *_) = prepare_source(without, GuideWeights()).levels
    regions = np.array([[0, 1, 2, 3, 200, 254, 255]], np.uint8)
    assert level.rule(regions).tolist() == [[0, ANY, 2, ANY, ANY, ANY, ANY]]


def test_rates_convert_the_fair_share_to_eight_eighths():
    level = source().levels[0]
    for factor in (1, 2, 5):
        areas = level.areas * factor
        rates = level.rates(areas)
        for region in range(3):
            # A cell of sixteen places that are used ``factor`` times each, its fair share.
            eighths = 16 * factor * int(rates[region]) >> 12
            assert eighths in (7, 8)
    rare = level.rates(np.maximum(level.areas // 10, 0))
    assert (16 * rare[:3] >> 12).tolist() == [8, 8, 8]


@pytest.mark.parametrize(
    ("size", "count"),
    [((1, 1), 1), ((43, 99), 1), ((44, 99), 2), ((352, 352), 5), ((9999, 9999), 5)],
)
def test_levels_end_at_22_pixels(size, count):
    assert level_count(*size) == count
    assert level_count(*reversed(size)) == count


SIZES = st.tuples(st.integers(9, 70), st.integers(9, 70))


@settings(max_examples=15)
@given(size=SIZES, seed=st.integers(0, 99), levels=st.sampled_from([None, 1, 3]))
def test_cached_arrays_have_the_predicted_shapes(size, seed, levels):
    one = part(*size, 3, seed)
    found = prepare_part(one, GuideWeights(), levels=levels)
    kept = found.similar
    count = levels or level_count(*size)
    assert [array.shape[:2] for array in kept] == similar_shapes(*size, count)
    guides = guides_of(part_guides(one).layers())
    assert guides.shape == size
    prepared, again = (
        joined_source([each], GuideWeights())
        for each in (found, prepare_part(one, GuideWeights(), guides, kept, levels))
    )
    for here, there in zip(prepared.levels, again.levels, strict=True):
        assert np.array_equal(here.similar, there.similar)
        assert np.array_equal(here.pixels, there.pixels)
        assert here.unit == there.unit


def pieces(sizes, seed=0, levels=2):
    """A main painting with regions 0 to 2, and others with one region each, from 3 upwards."""
    prepared = [prepare_part(part(60, 80, 3, seed), GuideWeights(), levels=levels)]
    for number, size in enumerate(sizes):
        one = part(*size, 3, seed + 1 + number)
        regions = np.where(one.regions == 1, UNUSABLE, 3 + number).astype(np.uint8)
        prepared.append(prepare_part(replace(one, regions=regions), GuideWeights(), levels=levels))
    return prepared


@settings(max_examples=10)
@given(sizes=st.lists(SIZES, min_size=1, max_size=9), seed=st.integers(0, 99))
def test_no_patch_reaches_from_one_painting_into_another(sizes, seed):
    parts = pieces(sizes, seed)
    prepared = [joined_source([each], GuideWeights()) for each in parts]
    corners = joined_corners([each.rgb.shape for each in prepared])
    for number, level in enumerate(joined_source(parts, GuideWeights()).levels):
        usable = np.zeros(level.places.shape, bool)
        for each, (top, left) in zip(prepared, corners, strict=True):
            own = each.levels[number]
            height, width = own.places.shape
            top, left = top >> number, left >> number
            assert top % CELL == left % CELL == 0
            place = slice(top, top + height), slice(left, left + width)
            assert not usable[place].any()
            usable[place] = own.places != UNUSABLE
            assert np.array_equal(level.places[place], own.places)
            assert np.array_equal(level.packed[place], own.packed)
            if not own.halved:
                found = level.similar[place] - ((top << 16) + left)
                assert np.array_equal(found, own.similar)
        assert np.array_equal(level.places != UNUSABLE, usable)
        assert (level.unit, level.main) == (
            prepared[0].levels[number].unit, prepared[0].levels[number].main,
        )  # fmt: skip


def test_another_painting_at_the_end_changes_nothing_else():
    regions = np.zeros((48, 64), np.uint8)
    regions[20:], regions[30:, 30:] = 2, 3
    sources = pieces([(40, 50), (70, 30), (30, 60)], levels=3)
    few, many = (joined_source(parts, GuideWeights()) for parts in (sources[:2], sources))
    assert few.levels[0].places.shape != many.levels[0].places.shape
    assert np.array_equal(painted(regions, few).picture, painted(regions, many).picture)


def test_what_has_no_place_copies_the_main_painting_only():
    joined = joined_source(pieces([(40, 50)]), GuideWeights())
    missing = np.full((40, 50), 9, np.uint8)
    rows = painted(missing, joined).field >> 16
    assert rows.max() < joined.levels[0].main[0]


@settings(max_examples=10)
@given(size=st.tuples(st.integers(40, 90), st.integers(40, 90)), seed=st.integers(0, 99))
def test_a_small_region_has_a_place_at_every_level(size, seed):
    one = part(*size, 3, seed)
    regions = np.full(size, UNUSABLE, np.uint8)
    regions[20:24, 20:23] = 5
    whole = prepare_part(replace(one, regions=regions), GuideWeights(), levels=3)
    assert all(set(np.unique(level.places)) == {5, UNUSABLE} for level in whole.levels)


def test_nothing_to_copy_is_one_sentence():
    whole = part(40, 50, 3)
    hidden = replace(whole, unusable=np.ones((40, 50), bool))
    with pytest.raises(EngineError, match="too small or avoided"):
        prepare_source(hidden, GuideWeights())


def test_a_painting_too_small_for_a_patch_is_one_sentence():
    with pytest.raises(EngineError, match="Nothing of the painting may be copied"):
        prepare_source(part(4, 50, 3), GuideWeights())


def test_too_many_pixels_are_one_sentence():
    long = np.zeros((40_000, 1), np.uint8)
    with pytest.raises(EngineError, match="at most 32767 pixels"):
        prepare_source(
            SourcePart(np.zeros((40_000, 1, 3), np.uint8), long, long > 0), GuideWeights()
        )


def test_scattered_specks_that_are_avoided_leave_something_to_copy():
    """At the coarsest level every patch contains a speck, at the finest level hardly any."""
    whole = part(96, 120, 3)
    unusable = np.zeros((96, 120), bool)
    unusable[::16, ::16] = True
    levels = prepare_source(replace(whole, unusable=unusable), GuideWeights()).levels
    assert (levels[0].places != UNUSABLE).mean() > 0.5


def test_the_fingerprint_knows_everything_that_similar_places_depend_on():
    whole = part(24, 30, 3)
    seen = {fingerprint(whole, GuideWeights())}
    changes = [
        replace(whole, rgb=whole.rgb ^ 1),
        replace(whole, regions=whole.regions ^ 1),
        replace(whole, unusable=~whole.unusable),
        replace(whole, more=(whole.regions,)),
        SourcePart(
            whole.rgb.reshape(30, 24, 3), whole.regions.reshape(30, 24),
            whole.unusable.reshape(30, 24),
        ),
    ]  # fmt: skip
    for change in changes:
        seen.add(fingerprint(change, GuideWeights()))
    seen.add(fingerprint(whole, GuideWeights(streaks=71)))
    assert len(seen) == 2 + len(changes)
    assert fingerprint(part(24, 30, 3), GuideWeights()) in seen


def test_a_flat_painting_is_prepared():
    regions = stripes(30, 40, 2)
    flat = SourcePart(np.full((30, 40, 3), 90, np.uint8), regions, regions > 9)
    assert all(level.unit >= 1 for level in prepare_source(flat, GuideWeights()).levels)
