"""Things in two maps: what is one, and which are the same."""

import numpy as np

from engine.tiles import Window
from engine.video.things import areas, large_labels, matched_things
from tests.support.scenes import BOAT, GRASS, SKY, SUN, WATER, scene

CANVAS = Window(0, 0, 160, 96)


def things(labels: np.ndarray, *allowed: int) -> list[int]:
    return [area.label for area in areas(labels, lambda label: label in allowed)]


def pairs(one: np.ndarray, other: np.ndarray) -> list[tuple[bool, bool]]:
    found = (list(areas(each, lambda label: label in (SUN, BOAT))) for each in (one, other))
    poses = matched_things(*found, (one, other), CANVAS)
    return [(a.area is not None, b.area is not None) for a, b in poses]


def test_large_and_wide_areas_are_the_ground() -> None:
    labels = scene()
    assert (labels == GRASS).mean() < 1 / 8  # but it is as wide as the picture
    assert large_labels(labels) == {SKY, GRASS, WATER}
    labels[60:70, :90] = SKY
    assert large_labels(labels) == {SKY, WATER}


def test_small_areas_are_things_but_not_specks() -> None:
    labels = scene()
    labels[2, 3] = BOAT
    assert things(labels, SUN, BOAT) == [SUN, BOAT]
    assert things(labels, SKY, WATER) == []


def test_the_same_thing_is_found_again() -> None:
    assert pairs(scene((30, 20), 40), scene((120, 30), 100)) == [(True, True)] * 2
    # What stands still and is the same is no thing.
    assert pairs(scene((30, 20), 40), scene((30, 20), 100)) == [(True, True)]
    assert pairs(scene(), scene(sun=None)) == [(True, False)]


def test_the_nearest_one_is_the_same() -> None:
    one, other = scene((30, 20)), scene((40, 20))
    other[20:30, 120:130] = SUN
    found = (list(areas(each, lambda label: label == SUN)) for each in (one, other))
    poses = matched_things(*found, (one, other), CANVAS)
    (first,) = (b for a, b in poses if a.area is not None)
    assert np.allclose(first.place, (40, 20), atol=0.5)


def test_a_thing_of_another_size_and_place_is_another_one() -> None:
    one, other = scene(sun=(30, 20), radius=4), scene(sun=None, boat=40)
    other[84:96, 100:140] = SUN  # large, and in the water
    assert sorted(pairs(one, other)) == [(False, True), (True, False)]
