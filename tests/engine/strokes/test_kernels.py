"""Tests that the compiled loops equal plain Python exactly and find the nearest patches."""

import gc
import importlib.util
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.strokes import kernels
from engine.strokes.kernels import (
    ANY,
    CELL,
    NO_SHIFT,
    NOT_ALLOWED,
    PATCH,
    PRICES,
    REACH,
    SIMILAR,
    UNSET,
    UNUSABLE,
    begin,
    count_uses,
    merge_uses,
    patch_kernels,
    vote,
    without_collections,
)
from tests.support.stroke_pictures import any_field, flat, uses

SIDES = st.integers(2 * REACH + 1, 14)
SEEDS = st.integers(0, 2**31 - 1)
ORIGIN = (70 << 16) + 3
CHANNELS = st.sampled_from([12, 24])


def noise(rng, *shape):
    """Return noise of which a third is 0 or 255."""
    picture = rng.integers(0, 256, shape)
    return np.where(rng.random(shape) < 1 / 3, picture // 128 * 255, picture).astype(np.uint8)


def patch(packed, y, x):
    return packed[y - REACH : y + REACH + 1, x - REACH : x + REACH + 1].astype(np.int64)


def plain_distance(source, match, target, y, x):
    """``target`` has a border of REACH pixels, ``source`` none."""
    own = patch(source, match >> 16, match & 0xFFFF)
    return int(((own - patch(target, y + REACH, x + REACH)) ** 2).sum())


@settings(max_examples=40)
@given(height=SIDES, width=SIDES, channels=CHANNELS, seed=SEEDS)
def test_distances_are_those_of_plain_numpy(height, width, channels, seed):
    rng = np.random.default_rng(seed)
    packed = noise(rng, height, width, channels)
    first, second = (any_field(rng, (1, 30), (height, width))[0] for _ in range(2))
    found = patch_kernels(channels).pairs(
        flat(packed), width * channels, first.astype(np.int64), second
    )
    for one, other, distance in zip(first, second, found, strict=True):
        a, b = (patch(packed, match >> 16, match & 0xFFFF) for match in (one, other))
        assert distance == ((a - b) ** 2).sum()


@pytest.mark.parametrize("channels", [12, 24])
def test_the_largest_distance_is_one_that_is_allowed(channels):
    packed = np.zeros((PATCH, 2 * PATCH, channels), np.uint8)
    packed[:, PATCH:] = 255
    first = np.array([(REACH << 16) | REACH])
    second = (first + PATCH).astype(np.int32)
    (found,) = patch_kernels(channels).pairs(flat(packed), 2 * PATCH * channels, first, second)
    assert found == PATCH * PATCH * channels * 255**2
    assert found < NOT_ALLOWED


@settings(max_examples=60)
@given(
    shape=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    reach=st.integers(0, REACH),
    wrap=st.booleans(),
    channels=st.sampled_from([3, 12]),
    unset=st.booleans(),
    seed=SEEDS,
)
def test_votes_are_those_of_plain_numpy(shape, reach, wrap, channels, unset, seed):
    rng = np.random.default_rng(seed)
    source = noise(rng, 11, 13, channels)
    field = any_field(rng, shape, (11, 13))
    centre = field.copy()
    if unset:
        field[rng.random(shape) < 0.3] = UNSET
    height, width = shape
    top, left = rng.integers(height), rng.integers(width)
    rect = left, top, width, height
    own = np.zeros(shape, bool)
    own[top:, left:] = True
    field[own] = centre[own]  # only what is painted has surely a match
    out = np.full((height, width, 3), 7, np.uint8)
    vote(
        flat(source), 13 * channels, channels, field, out.reshape(-1), width * 3, 3,
        tuple(int(side) for side in rect), reach, wrap,
    )  # fmt: skip
    for y, x in product(range(height), range(width)):
        if not own[y, x]:
            assert out[y, x].tolist() == [7, 7, 7]
            continue
        said = []
        for j, i in product(range(-reach, reach + 1), repeat=2):
            row, column = y + j, x + i
            if wrap:
                row, column = row % height, column % width
            inside = 0 <= row < height and 0 <= column < width
            if inside and field[row, column] != UNSET:
                match = field[row, column]
                said.append(source[(match >> 16) - j, (match & 0xFFFF) - i, :3].astype(int))
        mean = np.floor(np.mean(said, 0) + 0.5 + 1e-9)
        exact = (np.sum(said, 0) + len(said) // 2) // len(said)
        assert out[y, x].tolist() == exact.tolist()
        assert (abs(exact - mean) <= 1).all()


@settings(max_examples=40)
@given(
    shape=st.tuples(st.integers(1, 20), st.integers(1, 20)), height=SIDES, width=SIDES, seed=SEEDS
)
def test_uses_are_counted_by_cell(shape, height, width, seed):
    field = any_field(np.random.default_rng(seed), shape, (height, width))
    used = np.zeros((height // CELL + 1, width // CELL + 1), np.int32)
    count_uses(field, used, 1)
    assert np.array_equal(used, uses(field, (height, width)))
    count_uses(field, used, -1)
    assert not used.any()
    count_uses(np.full(shape, UNSET, np.int32), used, 1)
    assert not used.any()


class Tiny:
    """A source and a target of random numbers, and what ``search`` takes of them."""

    def __init__(self, seed, target=(12, 12), source=(16, 16), regions=1, channels=12, half=False):
        rng = np.random.default_rng(seed)
        self.channels, self.shape, self.of = channels, target, source
        self.source = noise(rng, *source, channels)
        self.target = noise(rng, target[0] + 2 * REACH, target[1] + 2 * REACH, channels)
        self.places = rng.integers(0, regions, source).astype(np.uint8)
        self.places[rng.random(source) < 0.05 * (regions > 1)] = UNUSABLE
        inside = np.zeros(source, bool)
        inside[REACH:-REACH, REACH:-REACH] = True
        self.places[~inside] = UNUSABLE
        self.allowed = np.argwhere(self.places != UNUSABLE)
        self.regions = rng.integers(0, regions, target).astype(np.uint8)
        for region in range(regions):
            if not (self.places == region).any():
                self.regions[self.regions == region] = ANY
        self.half = int(half)
        rows, columns = (-(-side // 2) for side in source) if half else source
        shape = rows, columns, SIMILAR
        self.similar = (rng.integers(0, rows, shape) << 16) | rng.integers(0, columns, shape)
        self.similar = self.similar.astype(np.int32)
        self.field = self._valid(rng)
        self.used = uses(self.field, source) + rng.integers(0, 4, (source[0] // CELL + 1, 1))
        self.used = self.used.astype(np.int32)
        cells = source[0] // CELL + 1, source[1] // CELL + 1
        # About those that this target can have, and some none.
        parts = rng.integers(-14, 14, (2, *cells))
        self.shifts = (parts[0] << 16) + parts[1] + ORIGIN
        self.shifts[rng.random(cells) < 0.2] = NO_SHIFT
        self.rates = rng.integers(0, 9000, 256)

    def fits(self, region, match):
        place = self.places[match >> 16, match & 0xFFFF]
        return place == region or (region == ANY and place != UNUSABLE)

    def _valid(self, rng):
        field = np.empty(self.shape, np.int32)
        coded = (self.allowed[:, 0] << 16) | self.allowed[:, 1]
        for place in np.ndindex(self.shape):
            field[place] = rng.choice([m for m in coded if self.fits(self.regions[place], m)])
        return field

    def search(self, prices, seam, again, tries, seed, rect, backwards, wrap):
        """Run one pass of the kernel; return the changes of uses."""
        moved = np.zeros(self.used.shape, np.int32)
        above, below = self._beyond(rect)
        patch_kernels(self.channels).search(
            flat(self.source), self.of[1] * self.channels, self.places,
            self.similar, flat(self.target), self.target.shape[1] * self.channels, self.regions,
            self.field, above, below, self.used, moved, self.rates, prices, seam,
            self.shifts, again, ORIGIN, tries, self.of, seed, rect, backwards, wrap,
        )  # fmt: skip
        return moved

    def _beyond(self, rect):
        height = self.shape[0]
        return self.field[rect[1] - 1].copy(), self.field[rect[3] % height].copy()

    def plain_search(self, prices, seam, again, tries, seed, rect, backwards, wrap):
        """Do what ``search`` does, one pixel after the other, without early exits."""
        left, top, right, bottom = rect
        above, below = self._beyond(rect)
        moved = np.zeros(self.used.shape, np.int32)
        ys, xs = list(range(top, bottom)), list(range(left, right))
        for y in reversed(ys) if backwards else ys:
            for x in reversed(xs) if backwards else xs:
                around = self._carried_on(y, x, rect, above, below, wrap)
                ahead = around[1], around[3]
                beside = ahead if backwards else (around[0], around[2])
                best, cost = int(self.field[y, x]), NOT_ALLOWED
                for match in self._candidates(y, x, beside, tries, seed):
                    if not self.fits(self.regions[y, x], match):
                        continue
                    cell = (match >> 16) // CELL, (match & 0xFFFF) // CELL
                    rate = int(self.rates[self.regions[y, x]])
                    share = (int(self.used[cell] + moved[cell]) * rate) >> 12
                    own = int(prices[min(share, PRICES - 1)])
                    own += sum(self._seam(match, other, *seam) for other in around)
                    own += again * self._copied_elsewhere(y, x, match)
                    own += plain_distance(self.source, match, self.target, y, x)
                    if own < cost:
                        best, cost = match, own
                old = int(self.field[y, x])
                moved[(old >> 16) // CELL, (old & 0xFFFF) // CELL] -= 1
                moved[(best >> 16) // CELL, (best & 0xFFFF) // CELL] += 1
                self.field[y, x] = best
                cell = (best >> 16) // CELL, (best & 0xFFFF) // CELL
                self.shifts[cell] = ORIGIN + (y << 16) + x - best
        return moved

    def _seam(self, match, other, least, most, slope, far):
        if match == other:
            return 0
        if other <= 0xFFFF:
            return most
        a, b = (self.source[m >> 16, m & 0xFFFF, :3].astype(int) for m in (match, other))
        total = int(((a - b) ** 2).sum())
        return least + (total * slope >> 8) if total < far else most

    def _copied_elsewhere(self, y, x, match):
        last = int(self.shifts[(match >> 16) // CELL, (match & 0xFFFF) // CELL])
        return last not in (NO_SHIFT, ORIGIN + (y << 16) + x - match)

    def _carried_on(self, y, x, rect, above, below, wrap):
        """Return the continued matches of the left, right, upper and lower neighbours."""
        height, width = self.shape
        upper = above[x] if y == rect[1] else self.field[y - 1, x]
        lower = below[x] if y == rect[3] - 1 else self.field[(y + 1) % height, x]
        return [
            int(self.field[y, x - 1]) + 1 if x > 0 or wrap else -1,
            int(self.field[y, (x + 1) % width]) - 1 if x < width - 1 or wrap else -1,
            int(upper) + 65536 if y > 0 or wrap else -1,
            int(lower) - 65536 if y < height - 1 or wrap else -1,
        ]

    def _candidates(self, y, x, near, tries, seed):
        found = [int(self.field[y, x]), *near]
        for match in near:
            if match >= 0 and self.places[match >> 16, match & 0xFFFF] != UNUSABLE:
                found += self._similar(match >> 16, match & 0xFFFF)
        state = (seed ^ (y * 2654435761) ^ (x * 2246822519)) % 2**32
        for _ in range(tries):
            # numba's product of two uint32 has 64 bits.
            state = (state * 1664525 + 1013904223) % 2**64
            row = (state >> 8) % self.of[0]
            state = (state * 1664525 + 1013904223) % 2**64
            found.append((row << 16) | ((state >> 8) % self.of[1]))
        return [match for match in found if match >= 0]

    def _similar(self, y, x):
        """Return what is similar to a place; half as large a list is doubled with its parity."""
        found = self.similar[y >> self.half, x >> self.half].tolist()
        if not self.half:
            return found
        places = [(2 * (one >> 16) + y % 2, 2 * (one & 0xFFFF) + x % 2) for one in found]
        return [(v << 16) | u for v, u in places if v < self.of[0] and u < self.of[1]]


FREE = np.zeros(PRICES, np.int64)


@settings(max_examples=25)
@given(
    shape=st.tuples(st.integers(1, 8), st.integers(1, 8)),
    regions=st.integers(1, 3),
    channels=CHANNELS,
    price=st.integers(0, 60_000),
    seam=st.tuples(*[st.integers(0, 300_000)] * 2, st.integers(0, 999), st.integers(1, 200_000)),
    again=st.integers(0, 900_000),
    tries=st.integers(0, 3),
    inset=st.booleans(),
    backwards=st.booleans(),
    wrap=st.booleans(),
    half=st.booleans(),
    seed=SEEDS,
)
def test_a_search_is_that_of_plain_python(
    shape, regions, channels, price, seam, again, tries, inset, backwards, wrap, half, seed
):
    one, other = (Tiny(seed, shape, (11, 13), regions, channels, half) for _ in range(2))
    height, width = shape
    inset = int(inset and not wrap and min(shape) > 2)
    rect = inset, inset, width - inset, height - inset
    rules = np.arange(PRICES) * price, seam, again, tries, seed, rect, backwards, wrap
    assert np.array_equal(one.search(*rules), other.plain_search(*rules))
    assert np.array_equal(one.field, other.field)
    assert np.array_equal(one.shifts, other.shifts)


def test_uses_of_bands_are_added_and_the_last_band_that_copied_a_cell_counts():
    used, shifts = np.full((1, 3), 5, np.int32), np.full((1, 3), 7, np.int32)
    moved = np.array([[[1, 0, 2]], [[1, -3, 0]]], np.int32)
    copies = np.array([[[8, 9, 7]], [[6, 7, 7]]], np.int32)
    merge_uses(used, shifts, moved, copies)
    assert used.tolist() == [[7, 2, 7]]
    assert shifts.tolist() == [[6, 9, 7]]


def test_repeated_search_finds_nearly_the_nearest_patches():
    shares = []
    for seed in range(6):
        tiny = Tiny(seed)
        rect = 0, 0, 12, 12
        for number in range(60):
            before = tiny.field.copy()
            tiny.search(FREE, (0, 0, 0, 1), 0, 4, seed * 64 + number, rect, number % 2 == 1, False)
            if number > 40 and np.array_equal(before, tiny.field):
                break
        found = best = 0
        for y, x in np.ndindex(12, 12):
            found += plain_distance(tiny.source, int(tiny.field[y, x]), tiny.target, y, x)
            best += min(
                plain_distance(tiny.source, (int(row) << 16) | int(column), tiny.target, y, x)
                for row, column in tiny.allowed
            )
        shares.append(found / best)
    assert min(shares) >= 1
    assert np.mean(shares) < 1.05, shares


@settings(max_examples=40)
@given(
    regions=st.integers(1, 4), height=st.integers(1, 9), width=st.integers(1, 9), seed=SEEDS,
    coarsest=st.booleans(),
)  # fmt: skip
def test_matches_begin_with_twice_the_coarser_ones_where_these_fit(
    regions, height, width, seed, coarsest
):
    tiny = Tiny(seed % 1000, (height, width), (15, 17), regions)
    usable = tiny.places.ravel() != UNUSABLE
    order = np.argsort(tiny.places.ravel(), kind="stable")[: usable.sum()]
    starts = ((order // 17 << 16) | order % 17).astype(np.int32)
    counts = np.bincount(tiny.places.ravel(), minlength=256)[:UNUSABLE]
    first = np.concatenate([[0], np.cumsum(counts)])
    rng = np.random.default_rng(seed)
    coarser = any_field(rng, ((height + 1) // 2, (width + 1) // 2), (8, 9))
    field = any_field(rng, (height, width), (15, 17)) if coarsest else tiny.field * 0 + UNSET
    before = field.copy()
    rect = 0, 0, width, height
    begin(
        field if coarsest else coarser, coarsest, tiny.places, tiny.regions, starts, first, field,
        rect, seed,
    )  # fmt: skip
    for y, x in np.ndindex(height, width):
        match = int(before[y, x])
        if not coarsest:
            twice = int(coarser[y // 2, x // 2])
            row, column = (twice >> 16) * 2 + y % 2, (twice & 0xFFFF) * 2 + x % 2
            match = (min(row, 14) << 16) | min(column, 16)
        assert tiny.fits(tiny.regions[y, x], int(field[y, x]))
        if tiny.fits(tiny.regions[y, x], match):
            assert field[y, x] == match


def test_compiled_kernels_are_read_again_by_the_next_process():
    """numba does not recognise kernels with functions in their closures in the next process."""
    name = "another.kernels"  # numba's files are called by what is behind the dot
    spec = importlib.util.spec_from_file_location(name, kernels.__file__)
    again = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(again)
    packed = np.zeros((5, 5, 12), np.uint8)
    first = np.array([(2 << 16) | 2])
    for module in (kernels, again):
        module.patch_kernels(12).pairs(flat(packed), 60, first, first.astype(np.int32))
    assert sum(again.patch_kernels(12).pairs.stats.cache_hits.values()) == 1


@pytest.mark.parametrize("enabled", [True, False])
def test_garbage_is_not_collected_for_a_while_and_then_as_before(enabled):
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        with without_collections():
            assert not gc.isenabled()
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if before else gc.disable)()
