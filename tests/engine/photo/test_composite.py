"""Tests of painting over a photo: local, exact where the photo is kept, without visible borders."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.photo.composite import FILL, SOFT, WHOLLY, OverPhoto, mixed
from engine.tiles import Window
from resources.materials import KEEP, PHOTO

SIDE = 160


def doodle(seed: int) -> np.ndarray:
    """Return discs of materials and of KEEP over a photo."""
    rng = np.random.default_rng(seed)
    labels = np.full((SIDE, SIDE), PHOTO, np.uint8)
    for _ in range(rng.integers(0, 6)):
        left, top, width, height = rng.integers(1, 60, 4)
        labels[top : top + height, left : left + width] = rng.choice([3, 9, KEEP])
    return labels


@settings(max_examples=30)
@given(
    seed=st.integers(0, 99), scale=st.sampled_from([1, 2]),
    left=st.integers(0, 150), top=st.integers(0, 150), side=st.integers(1, 100),
)  # fmt: skip
def test_windows_equal_the_whole(seed: int, scale: int, left: int, top: int, side: int) -> None:
    labels = OverPhoto(doodle(seed), scale)
    part = Window(left, top, left + side, top + side).clipped(labels.bounds)
    for read in (labels.window, labels.kept, labels.covered):
        assert np.array_equal(read(part), read(labels.bounds)[part.within(labels.bounds)])


def test_what_is_kept_is_kept_wholly_and_passes_softly() -> None:
    labels = np.full((SIDE, SIDE), PHOTO, np.uint8)
    labels[60:100, 60:100] = KEEP
    kept = OverPhoto(labels).kept(Window(0, 0, SIDE, SIDE))
    assert (kept[labels == KEEP] == WHOLLY).all()
    beside = kept[80, 100 : 100 + SOFT + 1].astype(int)
    assert (np.diff(beside) <= 0).all()
    assert 0 < beside[0] < WHOLLY
    assert not kept[80, 100 + SOFT :].any()
    assert not OverPhoto(labels).covered(Window(0, 0, SIDE, SIDE)).any()


def test_the_generator_sees_no_border_where_a_material_ends() -> None:
    labels = np.full((SIDE, SIDE), PHOTO, np.uint8)
    labels[:, 70:90] = 9
    over = OverPhoto(labels)
    seen, covered = over.window(over.bounds), over.covered(over.bounds)
    assert (seen[:, 70 - FILL : 90 + FILL] == 9).all()
    assert (seen[covered > 0] == 9).all()
    assert WHOLLY // 3 < covered[80, 70] < WHOLLY
    assert covered[80, 80] == WHOLLY


def test_a_photo_without_materials_is_not_covered() -> None:
    over = OverPhoto(np.full((SIDE, SIDE), PHOTO, np.uint8))
    assert not over.covered(over.bounds).any()
    assert not over.kept(over.bounds).any()
    dab = Window(50, 50, 60, 60)
    assert over.changed(dab) == dab.grown(SOFT)


@settings(max_examples=30)
@given(seed=st.integers(0, 99), material=st.sampled_from([PHOTO, KEEP, 5]))
def test_nothing_changes_outside_the_declared_window(seed: int, material: int) -> None:
    before, after = doodle(seed), doodle(seed)
    dab = Window(30, 40, 44, 50)
    after[dab.top : dab.bottom, dab.left : dab.right] = material
    old, new = OverPhoto(before), OverPhoto(after)
    changed = np.zeros((SIDE, SIDE), bool)
    for one, other in ((old.kept, new.kept), (old.covered, new.covered)):
        changed |= one(old.bounds) != other(old.bounds)
    told = np.zeros((SIDE, SIDE), bool)
    told[new.changed(dab).within(new.bounds)] = True
    assert not (changed & ~told).any()


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_mixed_returns_either_picture_at_the_ends(kind: type) -> None:
    one, other = np.full((4, 4, 3), 10, kind), np.full((4, 4, 3), 200, kind)
    assert mixed(one, other, np.zeros((4, 4), np.uint8)) is one
    whole = mixed(one, other, np.full((4, 4), WHOLLY, np.uint8))
    assert np.array_equal(whole, other)
    assert whole.dtype == kind
