"""Tests that strokes are also copied from turned copies of a painting, where these fit."""

from dataclasses import replace

import numpy as np
import pytest

from engine.flow import RegionFlow
from engine.strokes import source_store
from engine.strokes.guides import GuideWeights
from engine.strokes.kernels import UNUSABLE
from engine.strokes.source import prepare_source
from engine.strokes.source_store import prepared_source
from engine.strokes.synthesis import StrokePainting, paint
from engine.strokes.target import StrokeTarget
from engine.strokes.turned import TILES
from engine.strokes.turned_copies import originals_of, with_turned
from engine.tiles import Window
from tests.support.stroke_pictures import part


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(source_store, "cache_file", lambda name: tmp_path / name)


def lying(height=150, width=200):
    """A painting of one region with horizontal strokes."""
    rng = np.random.default_rng(0)
    grain = rng.integers(40, 215, (height // 4 + 1, width // 40 + 1, 3))
    rgb = grain.repeat(4, 0)[:height].repeat(40, 1)[:, :width].astype(np.uint8)
    whole = part(height, width)
    return replace(whole, rgb=rgb, regions=np.zeros((height, width), np.uint8))


def tile_shares(angle, regions=(0,)):
    """Return how much is copied from painting and copies for strokes in one direction."""
    one = lying()
    whole, _ = with_turned(one, one.rgb, regions)
    source = prepare_source(whole, GuideWeights(direction=150))
    flows = [RegionFlow(strength=1, direction=angle, bias=1)]
    painting = StrokePainting(source, StrokeTarget(np.zeros((80, 100), np.uint8), 1, flows))
    for _ in paint(painting):
        pass
    tiles = (painting.field >> 16) // (len(whole.rgb) // TILES)
    return np.bincount(tiles.ravel(), minlength=TILES) / tiles.size


@pytest.mark.parametrize(("angle", "tile"), [(0.0, 0), (-30.0, 1), (30.0, 2)])
def test_strokes_are_copied_from_where_they_run_as_wanted(angle, tile):
    assert tile_shares(angle)[tile] > 0.8


def test_regions_that_may_not_be_turned_are_copied_from_the_painting_only():
    one = part(96, 120, 3)
    whole, _ = with_turned(one, one.rgb, (0, 2))
    for level in prepare_source(whole, GuideWeights()).levels[:2]:
        own, *copies = np.split(level.places, TILES)
        assert set(np.unique(own)) == {0, 1, 2, UNUSABLE}
        for places in copies:
            assert set(np.unique(places)) == {0, 2, UNUSABLE}


def test_nothing_outside_of_the_painting_or_avoided_is_copied():
    one = part(96, 120, 1)
    unusable = np.zeros((96, 120), bool)
    unusable[40:56, 50:70] = True
    marked = np.where(unusable[..., None], np.uint8([255, 0, 255]), one.rgb)
    whole, _ = with_turned(replace(one, rgb=marked, unusable=unusable), marked, (0,))
    (level, *_) = prepare_source(whole, GuideWeights()).levels
    for y, x in np.argwhere(level.places != UNUSABLE)[::7]:
        seen = level.packed[y - 3 : y + 4, x - 3 : x + 4, :3].astype(int)
        assert (seen - [255, 0, 255] != 0).any(-1).all()
    assert (level.places[96:128] == UNUSABLE).all(), "what makes the tile whole"


def test_a_part_without_turning_regions_stays_as_it_is():
    one = part()
    whole, (picture,) = with_turned(one, one.rgb, ())
    assert whole is one
    assert np.array_equal(picture, one.rgb)


def test_a_stored_source_with_copies_is_that_which_is_prepared_anew():
    one = part()
    whole, _ = with_turned(one, one.rgb, (0, 1))
    new, stored = (prepared_source(whole, GuideWeights()) for _ in range(2))
    for level, other in zip(new.levels, stored.levels, strict=True):
        assert np.array_equal(level.pixels, other.pixels)
        assert np.array_equal(level.similar, other.similar)
        assert level.similar.shape[0] in (len(level.places), len(level.places) // 2)


def test_pictures_at_full_size_lie_where_their_copies_do():
    one = part(96, 120)
    large = one.rgb.repeat(2, 0).repeat(2, 1)
    whole, pictures = with_turned(one, large, (0,))
    place = Window(0, 64, 120, 64 + len(whole.rgb))
    found = list(originals_of(whole, lambda: pictures, place))
    assert [each.place for each in found] == [
        Window(0, top, 120, top + 96) for top in (64, 192, 320)
    ]
    for each in found:
        small = each.rgb[::2, ::2].astype(int)
        top = each.place.top - 64
        assert np.abs(small - whole.rgb[top : top + 96]).mean() < 12
