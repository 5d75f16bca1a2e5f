"""Tests of painting a doodle with any painting, its colour-coded map and additional guides."""

import numpy as np
import pytest

from engine.errors import EngineError
from engine.requests import GuidePair
from engine.strokes.from_painting import mapped_painting
from tests.support.stroke_pictures import brushwork

RED, BLUE = (220, 40, 40), (40, 60, 210)


def grey(picture: np.ndarray) -> np.ndarray:
    return np.repeat(picture.astype(np.uint8)[..., None], 3, 2)


@pytest.fixture
def pictures():
    """Return a painting, its map in two halves, and a doodle with the halves swapped."""
    painting = (brushwork(96, 120) + 128).astype(np.uint8)
    painting_map = np.zeros((96, 120, 3), np.uint8)
    painting_map[:, :60], painting_map[:, 60:] = RED, BLUE
    doodle = np.zeros((40, 50, 3), np.uint8)
    doodle[:, :25], doodle[:, 25:] = BLUE, RED
    return painting, painting_map, doodle


def matches(mapped) -> np.ndarray:
    painting = mapped.style.painter.begin(mapped.regions, more=mapped.more)
    for _ in mapped.style.painter.paint(painting, mapped.regions.shape):
        pass
    return painting.field


def test_each_colour_is_painted_from_where_the_map_has_it(pictures):
    mapped = mapped_painting(*pictures)
    assert mapped.notes == ()
    columns = matches(mapped) & 0xFFFF
    assert (columns[:, :25] >= 60).all()
    assert (columns[:, 25:] < 60).all()


def test_a_further_guide_draws_matches_to_where_it_is_alike(pictures):
    painting, painting_map, doodle = pictures
    shade = grey(np.where(np.arange(96)[:, None] < 48, 0, 255) * np.ones((1, 120)))
    wanted = grey(np.where(np.arange(40)[:, None] < 20, 255, 0) * np.ones((1, 50)))
    pair = GuidePair("shade", shade, wanted, 200)
    rows = matches(mapped_painting(painting, painting_map, doodle, [pair])) >> 16
    assert (rows[4:16] >= 44).mean() > 0.95
    assert (rows[24:36] < 52).mean() > 0.95


def test_too_many_guides_are_rejected_with_a_sentence(pictures):
    painting, painting_map, doodle = pictures
    coloured = GuidePair("edges", painting_map, doodle)
    mapped_painting(painting, painting_map, doodle, [coloured] * 4)
    with pytest.raises(EngineError, match="12 channels"):
        mapped_painting(painting, painting_map, doodle, [coloured] * 5)


def test_a_map_of_other_proportions_is_rejected_with_both_sizes(pictures):
    painting, painting_map, doodle = pictures
    with pytest.raises(EngineError, match=r"90 x 96.*120 x 96|proportions"):
        mapped_painting(painting, painting_map[:, :90], doodle)


def test_a_colour_missing_in_the_map_is_reported(pictures):
    painting, painting_map, doodle = pictures
    doodle = doodle.copy()
    doodle[20:, 30:] = (20, 200, 30)
    (note,) = mapped_painting(painting, painting_map, doodle).notes
    assert "#14c81e" in note
