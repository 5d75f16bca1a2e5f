"""One label map becomes another: exact ends, no holes, things that travel."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.video.morph import Morph
from tests.support.scenes import BOAT, GRASS, SKY, SUN, WATER, scene

SHARES = (0.0, 0.2, 0.5, 0.8, 1.0)


def centre(mask: np.ndarray) -> np.ndarray:
    return np.argwhere(mask).mean(0)[::-1]


@st.composite
def maps(draw: st.DrawFn) -> np.ndarray:
    """Bands with discs and boxes on them, some beyond the edge."""
    labels = np.full((60, 80), draw(st.integers(0, 4)), np.uint8)
    for _ in range(draw(st.integers(0, 2))):
        labels[draw(st.integers(1, 59)) :] = draw(st.integers(0, 4))
    for _ in range(draw(st.integers(0, 5))):
        x, y = draw(st.integers(-5, 85)), draw(st.integers(-5, 65))
        size, label = draw(st.integers(1, 14)), draw(st.integers(0, 4))
        if draw(st.booleans()):
            cv2.circle(labels, (x, y), size, label, -1)
        else:
            labels[max(0, y) : max(0, y + size), max(0, x) : max(0, x + 2 * size)] = label
    return labels


@settings(max_examples=60)
@given(maps(), maps())
def test_the_ends_are_exact_and_nothing_else_appears(one: np.ndarray, other: np.ndarray) -> None:
    morph, back = Morph(one, other), Morph(other, one)
    assert np.array_equal(morph.at(0.0).labels, one)
    assert np.array_equal(morph.at(1.0).labels, other)
    both = np.union1d(one, other)
    for share in (0.25, 0.5, 0.75):
        labels = morph.at(share).labels
        assert np.isin(labels, both).all()
        # There and back again is the same way. Ties may be decided in another order.
        assert (back.at(1 - share).labels != labels).mean() < 0.02


@settings(max_examples=30)
@given(maps(), maps(), st.floats(0.0, 0.95))
def test_the_motion_leads_to_where_things_were(
    one: np.ndarray, other: np.ndarray, share: float
) -> None:
    morph = Morph(one, other)
    for flow in (morph.flow(share + 0.05, share), morph.ground_flow(share + 0.05, share)):
        assert flow.shape == (*one.shape, 2)
        assert np.isfinite(flow).all()
    assert not morph.flow(share, share).any()
    assert not morph.flow(share + 0.05, share)[morph.at(share + 0.05).owner < 0].any()


def test_equal_maps_stand_still() -> None:
    morph = Morph(scene(), scene())
    assert morph.still
    for share in SHARES:
        assert np.array_equal(morph.at(share).labels, scene())
        assert not morph.flow(share, 0.0).any()
        assert not morph.ground_flow(share, 0.0).any()


def test_a_disc_that_moves_stays_a_disc() -> None:
    morph = Morph(scene(sun=(20, 20)), scene(sun=(130, 30)))
    area = (scene() == SUN).sum()
    for share in SHARES:
        labels = morph.at(share).labels
        sun = labels == SUN
        assert abs(int(sun.sum()) - area) < 0.06 * area
        wanted = 20 + 110 * share, 20 + 10 * share
        assert np.abs(centre(sun) - wanted).max() < 0.6
        x, y = np.meshgrid(np.arange(160), np.arange(96))
        assert np.hypot(x - wanted[0], y - wanted[1])[sun].max() < 10.2
        assert np.array_equal(labels[64:], scene()[64:])  # nothing else changes
    flow = morph.flow(0.6, 0.5)
    moved = flow[morph.at(0.6).owner >= 0]
    assert np.allclose(moved, (-11, -1), atol=0.01)


def test_a_disc_that_grows_does_so_evenly() -> None:
    morph = Morph(scene(sun=(60, 24), radius=7), scene(sun=(60, 24), radius=14))
    radii = [np.sqrt((morph.at(share).labels == SUN).sum() / np.pi) for share in SHARES]
    assert np.allclose(np.diff(radii), np.diff(SHARES) * (radii[-1] - radii[0]), atol=0.5)


def test_things_come_and_go() -> None:
    morph = Morph(scene(sun=None, boat=100), scene(boat=None))
    suns = [(morph.at(share).labels == SUN).sum() for share in SHARES]
    assert suns == sorted(suns)
    assert suns[0] == 0
    assert (morph.at(0.5).labels == BOAT).sum() > 0
    # What touches the edge is not shrunk, it sails out of the picture.
    gone = Morph(scene(boat=150), scene(boat=None))
    boats = [gone.at(share).labels == BOAT for share in (0.0, 0.5)]
    assert boats[1].any()
    assert boats[1].any(1).sum() == boats[0].any(1).sum()
    assert centre(boats[1])[0] > centre(boats[0])[0]


def test_a_boat_that_is_cut_off_by_the_edge_keeps_its_shape() -> None:
    morph = Morph(scene(boat=60), scene(boat=156))
    for share in (0.25, 0.5, 0.75):
        boat = morph.at(share).labels == BOAT
        left = np.flatnonzero(boat.any(0))[0]
        assert abs(left - (48 + 96 * share)) <= 1
        assert boat.any(0).sum() == min(24, 160 - left)
        assert boat.any(1).sum() == 8


def test_a_thing_passes_behind_what_it_was_never_before() -> None:
    hill = scene(sun=(20, 44), hill=60), scene(sun=(150, 44), hill=60)
    between = Morph(*hill).at(0.7).labels
    assert (between == SUN).sum() < 0.2 * (hill[0] == SUN).sum()
    assert (between[:, 105:115] == GRASS).sum() == (hill[0][:, 105:115] == GRASS).sum()


def test_a_hill_grows_in_place_and_its_border_moves_along() -> None:
    morph = Morph(scene(hill=8), scene(hill=40))
    heights = [(morph.at(share).labels[:, 110] == GRASS).sum() for share in SHARES]
    assert heights == sorted(heights)
    assert heights[2] not in (heights[0], heights[4])
    assert (morph.at(0.5).labels == WATER).sum() == (scene() == WATER).sum()
    flow = morph.ground_flow(0.55, 0.5)
    ground = morph.at(0.55).ground
    top = int(np.argmax(ground[:, 110] == GRASS))
    assert flow[top + 2, 110, 1] > 0.2  # it was lower
    assert not flow[ground == SKY].any()


def test_a_new_large_area_grows_from_its_middle() -> None:
    one = np.zeros((60, 80), np.uint8)
    other = one.copy()
    other[20:50, 10:70] = 5
    shares = [(Morph(one, other).at(share).labels == 5).mean() for share in SHARES]
    assert shares == sorted(shares)
    assert 0 < shares[3] < shares[4]


def test_what_is_fixed_to_a_thing_goes_with_it() -> None:
    one, other = scene(boat=40), scene(boat=120)
    one[64:73, 38:44] = 1  # a sail, one row above the boat, that is taken down
    middle = Morph(one, other).at(0.5).labels
    assert abs(centre(middle == 1)[0] - 80.5) < 1.5


def test_many_small_pieces_do_not_cost_much() -> None:
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 15, (120, 160)).astype(np.uint8) for _ in range(2)]
    large = [part.repeat(4, 0).repeat(4, 1) for part in noise]
    morph = Morph(*large)
    assert np.array_equal(morph.at(0.0).labels, large[0])
    assert np.array_equal(morph.at(1.0).labels, large[1])


@pytest.mark.parametrize("rises", [False, True])
def test_a_sun_sets_behind_a_hill(rises: bool) -> None:
    high, low = scene(sun=(112, 16)), scene(sun=(112, 46))
    area = (high == SUN).sum()
    assert 0.3 * area < (low == SUN).sum() < 0.7 * area
    morph = Morph(low, high) if rises else Morph(high, low)
    for share in (0.0, 0.25, 0.5, 0.75, 0.9, 1.0):
        labels = morph.at(1 - share if rises else share).labels
        sun = labels == SUN
        middle = 16 + 30 * share
        x, y = np.meshgrid(np.arange(160), np.arange(96))
        wanted = (np.hypot(x - 112, y - middle) < 9) & (high != GRASS)
        assert (sun ^ wanted).sum() < 0.15 * area, share
        assert np.array_equal(labels == GRASS, high == GRASS)


def test_a_house_grows_from_its_foot_as_a_whole() -> None:
    empty = scene()
    house = empty.copy()
    house[44:64, 40:60], house[36:44, 38:62] = 12, 11
    morph = Morph(empty, house)
    for share in (0.3, 0.6):
        labels = morph.at(share).labels
        walls, roof = labels == 12, labels == 11
        assert walls.any()
        assert abs(np.flatnonzero(walls.any(1))[-1] - 63) <= 1
        assert abs(np.flatnonzero(roof.any(1))[-1] + 1 - np.flatnonzero(walls.any(1))[0]) <= 1
        assert abs(centre(walls | roof)[0] - 49.5) < 1
        assert (walls | roof).sum() == pytest.approx(share**2 * 592, rel=0.25)
