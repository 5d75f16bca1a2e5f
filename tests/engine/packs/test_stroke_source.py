"""Tests that a pack's strokes come from its painting and from those that it borrows from."""

import numpy as np
import pytest

from engine.errors import EngineError
from engine.packs.stroke_source import stroke_style
from engine.packs.style_pack import BUILT_IN, read_pack
from engine.strokes.kernels import UNUSABLE
from resources.materials import materials

IDS = {material.key: material.id for material in materials()}


def built_in(style_id):
    return BUILT_IN / style_id


def test_borrowed_water_is_copied_from_the_other_painting_and_nothing_else_is():
    style = stroke_style(BUILT_IN / "starry-night", 0.5, built_in)
    own = read_pack(BUILT_IN / "starry-night")
    borrowed = len(own.region)
    assert style.table[IDS["water"]] == borrowed
    assert style.table[IDS["sky"]] < borrowed
    labels = np.full((48, 64), IDS["sky"], np.uint8)
    labels[24:] = IDS["water"]
    painting = style.begin(labels)
    for _ in style.painter.paint(painting, labels.shape):
        pass
    rows = painting.field >> 16
    places = style.painter.source.levels[0].places
    first = np.flatnonzero((places == borrowed).any(1))[0]
    water = painting.levels[0].regions == borrowed
    assert 0.4 < water.mean() < 0.6
    assert (rows[~water] < first).all()
    assert (rows[water] >= first).all()
    assert (places[first:][places[first:] != UNUSABLE] == borrowed).all()


def test_larger_sizes_share_what_they_copy_from():
    folder = BUILT_IN / "great-wave"
    one = stroke_style(folder, 1.0, built_in)
    alone, like = (stroke_style(folder, 2.5, built_in, start) for start in (None, one))
    assert like.painter.source is one.painter.source
    assert np.array_equal(like.painter.large, alone.painter.large)
    assert like.painter.enlarged == alone.painter.enlarged == 40
    assert stroke_style(folder, 1.0, built_in, like).painter.large is one.painter.source.rgb
    small = stroke_style(folder, 0.5, built_in, one).painter
    assert small.source.rgb.shape[1] < one.painter.source.rgb.shape[1]


def test_a_missing_style_to_borrow_from_is_reported():
    def missing(style_id):
        raise EngineError(f"There is no style {style_id}.")

    with pytest.raises(EngineError, match="no style starry-night-over-the-rhone"):
        stroke_style(BUILT_IN / "starry-night", 1.0, missing)


def test_a_pack_without_a_painting_says_so(tiny_pack):
    with pytest.raises(EngineError, match="has no painting"):
        stroke_style(tiny_pack, 1.0, built_in)
