"""Foreign pictures reduced to a few colours, and these mapped to materials."""

import numpy as np
import pytest

from app.document.colour_quantization import MOST_COLOURS, PHOTO_COLOURS, foreign_colours
from resources.materials import materials
from tests.support.drawings import PALETTE, scene


def test_the_palettes_own_colours_are_exactly_their_materials() -> None:
    labels = np.random.default_rng(0).integers(0, len(PALETTE), (40, 60), np.uint8)
    found = foreign_colours(PALETTE[labels])
    assert found.exact
    assert np.array_equal(found.labels(found.suggested()), labels)


def test_soft_borders_become_one_of_their_sides() -> None:
    ids = [0, 6, 2, 13]
    found = foreign_colours(scene([materials()[number].rgb for number in ids]))
    assert found.exact
    labels = found.labels(found.suggested())
    assert set(np.unique(labels)) == set(ids)
    # Far from every border nothing but the exact colours counts.
    assert (labels[5, 5], labels[140, 20], labels[40, 150]) == (0, 6, 2)


def test_a_drawing_in_foreign_colours_is_flat_but_not_exact() -> None:
    found = foreign_colours(scene([(120, 190, 250), (60, 140, 60), (255, 240, 90), (90, 60, 30)]))
    assert found.flat
    assert not found.exact
    assert [tuple(map(int, colour)) for colour in found.colours] == [
        (120, 190, 250), (60, 140, 60), (255, 240, 90), (90, 60, 30),
    ]  # fmt: skip
    assert list(found.shares) == sorted(found.shares, reverse=True)
    assert sum(found.shares) == pytest.approx(1)
    assert [materials()[number].key for number in found.suggested()][:3] == [
        "sky",
        "foliage",
        "sun",
    ]
    assert found.labels([9, 9, 9, 3]).max() == 9


def test_a_photo_is_reduced_to_a_few_colours_without_specks() -> None:
    noise = np.random.default_rng(0).normal(0, 12, (120, 160, 3))
    rows = np.linspace(0, 1, 120)[:, None, None]
    photo = (np.array([90, 140, 220]) * (1 - rows) + np.array([60, 110, 40]) * rows + noise).clip(
        0, 255
    )
    found = foreign_colours(photo.astype(np.uint8))
    assert not found.flat
    assert 2 <= len(found.colours) <= PHOTO_COLOURS
    changes = (np.diff(found.index.astype(int), axis=1) != 0).mean()
    assert changes < 0.1
    again = foreign_colours(photo.astype(np.uint8))
    assert np.array_equal(found.index, again.index)


def test_too_many_flat_colours_are_no_drawing() -> None:
    colours = np.random.default_rng(0).integers(0, 256, (MOST_COLOURS + 1, 3), np.uint8)
    stripes = colours.repeat(8, 0)[:, None].repeat(64, 1)
    assert not foreign_colours(stripes).flat


@pytest.mark.parametrize("shape", [(16, 16), (16, 300)])
def test_small_pictures(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    found = foreign_colours(rng.integers(0, 256, (*shape, 3), np.uint8))
    assert found.index.shape == shape
    assert found.index.max() < len(found.colours)
