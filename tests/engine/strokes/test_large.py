"""Tests of enlarged paintings: from their originals, sharp and without halos."""

import cv2
import numpy as np
from PIL import Image

from engine.strokes.large import UNIT, Original, enlarged_source, resized_sharply
from engine.tiles import Window
from tests.support.stroke_pictures import part, source


def test_at_its_own_size_a_source_stays_as_it_is():
    assert enlarged_source(source().rgb, [], UNIT) is source().rgb


def test_a_source_is_enlarged_from_its_originals_each_in_its_place():
    first, second = part(96, 120).rgb, part(48, 90, seed=1).rgb
    small = np.zeros((80, 60, 3), np.uint8)
    places = Window(0, 0, 60, 48), Window(0, 48, 45, 72)
    originals = Original(lambda: first, places[0]), Original(lambda: second, places[1])
    large = enlarged_source(small, originals, 2 * UNIT)
    assert (large[:96] == first).all()
    assert (large[96:144, :90] == second).all()
    assert large.shape == (160, 120, 3)


def test_an_enlarged_edge_is_steep_and_has_no_halo():
    edge = np.full((40, 40, 3), 60, np.uint8)
    edge[:, 19], edge[:, 20:] = 125, 190
    smooth = np.asarray(Image.fromarray(edge).resize((160, 160), Image.Resampling.BICUBIC))
    sharp = resized_sharply(edge, (160, 160))
    assert np.ptp(sharp[20:-20].astype(int), axis=0).max() == 0
    sharp, smooth = (picture[80, :, 0].astype(int) for picture in (sharp, smooth))
    assert np.diff(sharp).max() > 1.2 * np.diff(smooth).max()
    assert smooth.min() <= sharp.min()
    assert sharp.max() <= smooth.max()


def test_strips_do_not_show(monkeypatch):
    picture = part(60, 80).rgb
    whole = resized_sharply(picture, (240, 180))
    monkeypatch.setattr("engine.strokes.large.STRIP", 32)
    in_strips = resized_sharply(picture, (240, 180))
    assert abs(in_strips.astype(int) - whole).max() <= 2, "rounding only"


def test_mean_colours_stay():
    picture = part(60, 80).rgb
    large = resized_sharply(picture, (240, 180))
    back = cv2.resize(large, (80, 60), interpolation=cv2.INTER_AREA)
    assert abs(back.astype(float).mean((0, 1)) - picture.mean((0, 1))).max() < 1
    assert abs(back.astype(float) - picture).mean() < 8
