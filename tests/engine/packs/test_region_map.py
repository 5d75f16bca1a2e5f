"""Tests of region maps: drawing, following edges, writing and reading."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.errors import EngineError
from engine.packs.region_map import (
    UNASSIGNED,
    draw_shapes,
    follow_strokes,
    load_region_map,
    save_region_map,
)

NAMES = ["sky", "sun"]
COLOURS = [(0, 0, 255), (255, 255, 0)]


def left_and_right(border: int) -> np.ndarray:
    regions = np.zeros((60, 100), np.uint8)
    regions[:, border:] = 1
    return regions


def two_colour_painting(border: int) -> np.ndarray:
    noise = np.random.default_rng(0).integers(0, 12, (60, 100, 3))
    base = np.array([[20, 40, 160], [230, 210, 60]])[left_and_right(border)]
    return (base + noise).astype(np.uint8)


def test_later_shapes_cover_earlier_ones_and_none_erases():
    shapes = [
        {"region": "sky", "polygon": [[0, 0], [19, 0], [19, 9], [0, 9]]},
        {"region": "sun", "circle": [5, 5, 2]},
        {"region": "none", "polygon": [[15, 0], [19, 0], [19, 9], [15, 9]]},
    ]
    regions = draw_shapes(shapes, NAMES, (20, 12))
    assert regions.shape == (12, 20)
    assert regions.dtype == np.uint8
    assert regions[5, 5] == 1
    assert regions[5, 10] == 0
    assert regions[5, 17] == UNASSIGNED
    assert regions[11, 5] == UNASSIGNED


@pytest.mark.parametrize("drawn", [44, 50, 56])
def test_borders_move_onto_the_edge_in_the_painting(drawn):
    followed = follow_strokes(two_colour_painting(50), left_and_right(drawn), band=9)
    assert (followed[:, :47] == 0).all()
    assert (followed[:, 53:] == 1).all()


def test_no_pixel_lies_on_the_wrong_side_of_the_edge():
    truth = left_and_right(50)
    followed = follow_strokes(two_colour_painting(50), left_and_right(55), band=9)
    assigned = followed != UNASSIGNED
    assert (followed[assigned] == truth[assigned]).all()
    assert assigned.mean() > 0.95


def test_a_border_moves_no_further_than_the_band():
    followed = follow_strokes(two_colour_painting(50), left_and_right(70), band=5)
    assert (followed[:, :64] == 0).all()


def test_regions_thinner_than_the_band_survive():
    rough = np.zeros((60, 100), np.uint8)
    rough[:, 48:53] = 1
    painting = np.array([[20, 40, 160], [230, 210, 60]], np.uint8)[rough]
    followed = follow_strokes(painting, rough, band=9)
    assert (followed[:, 50] == 1).all()
    assert (followed == 1).mean() <= (rough == 1).mean()


def test_round_trip_keeps_every_number_and_the_text(tmp_path: Path):
    regions = left_and_right(40)
    regions[:5] = UNASSIGNED
    path = tmp_path / "regions.png"
    save_region_map(path, regions, COLOURS, {"painting": "night.jpg", "painting-sha256": "abc"})
    loaded = load_region_map(path)
    assert loaded.dtype == np.uint8
    np.testing.assert_array_equal(loaded, regions)
    with Image.open(path) as picture:
        assert picture.text == {"painting": "night.jpg", "painting-sha256": "abc"}
        assert picture.convert("RGB").getpixel((90, 50)) == COLOURS[1]


def test_a_file_that_is_no_picture_gives_one_sentence(tmp_path: Path):
    path = tmp_path / "broken.png"
    path.write_bytes(b"not a picture")
    with pytest.raises(EngineError, match=r"^The region map .*broken\.png .*\.$"):
        load_region_map(path)


def test_a_damaged_picture_gives_one_sentence(tmp_path: Path):
    path = tmp_path / "cut.png"
    noise = np.random.default_rng(1).integers(0, 2, (200, 200)).astype(np.uint8)
    save_region_map(path, noise, COLOURS, {})
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(EngineError, match=r"cut\.png"):
        load_region_map(path)


def test_a_missing_file_gives_one_sentence(tmp_path: Path):
    with pytest.raises(EngineError, match=r"absent\.png"):
        load_region_map(tmp_path / "absent.png")


def test_a_picture_with_full_colours_is_refused(tmp_path: Path):
    path = tmp_path / "colours.png"
    Image.new("RGB", (4, 4)).save(path)
    with pytest.raises(EngineError, match="not an indexed PNG"):
        load_region_map(path)
