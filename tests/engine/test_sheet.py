"""Tests of contact sheets."""

import numpy as np

from engine.sheet import GAP, contact_sheet, with_doodle
from resources.materials import materials


def test_pictures_stand_in_rows():
    pictures = [np.full((10, 20, 3), value, np.uint8) for value in (10, 20, 30)]
    sheet = contact_sheet(pictures, columns=2, width=40)
    assert sheet.shape == (2 * (20 + GAP), 2 * (40 + GAP), 3)
    assert (sheet[:20, :40] == 10).all()
    assert (sheet[:20, 40 + GAP : 80 + GAP] == 20).all()
    assert (sheet[20 + GAP : 40 + GAP, :40] == 30).all()
    assert (sheet[20 + GAP :, 40 + GAP :] == 255).all()


def test_the_doodle_lies_in_the_corner():
    painting = with_doodle(np.zeros((80, 120, 3), np.uint8), np.full((8, 12), 4, np.uint8))
    assert tuple(painting[-1, 0]) == materials()[4].rgb
    assert (painting[:50] == 0).all()
