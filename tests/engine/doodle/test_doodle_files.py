"""Tests of reading doodles: ids or colours, and transparency."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.doodle.files import BACKGROUND, read_doodle, read_doodle_file, read_ids
from engine.errors import EngineError
from resources.materials import KEEP, PHOTO, in_colours, palette
from resources.reading import Reading


def labels() -> np.ndarray:
    found = np.zeros((24, 30), np.uint8)
    found[8:, :12], found[8:, 12:], found[:6, 20:] = 6, 4, 2
    return found


@pytest.mark.parametrize("name", ["a.png", "a.gif", "a.bmp"])
def test_a_palette_of_its_own_is_read_by_its_colours(tmp_path: Path, name: str) -> None:
    image = Image.fromarray(in_colours(labels())).quantize(8, dither=Image.Dither.NONE)
    image.save(tmp_path / name)
    found = read_doodle_file(tmp_path / name)
    assert np.array_equal(found.labels, labels())
    assert (found.reading, found.remark) == (Reading.COLOURS, "")


def test_a_mask_with_a_palette_of_its_own_is_read_by_its_colours(tmp_path: Path) -> None:
    mask = np.where(labels() == 2, KEEP, np.where(labels() == 0, PHOTO, labels())).astype(np.uint8)
    Image.fromarray(in_colours(mask)).quantize(8, dither=Image.Dither.NONE).save(tmp_path / "m.png")
    assert np.array_equal(read_doodle(tmp_path / "m.png", over_photo=True), mask)


def test_grey_values_that_are_all_ids_are_ids_with_a_remark(tmp_path: Path) -> None:
    path = tmp_path / "labels.png"
    Image.fromarray(labels()).save(path)
    found = read_doodle_file(path)
    assert np.array_equal(found.labels, labels())
    assert found.remark == f"{path} was read as ids; --labels colours reads it as colours."
    assert (read_doodle(path, reading=Reading.COLOURS) == read_doodle(path)).mean() < 0.9
    ids = read_ids(path)
    assert ids is not None
    assert np.array_equal(ids.labels, labels())


def test_other_grey_is_read_by_its_brightness(tmp_path: Path) -> None:
    Image.fromarray(labels() + np.uint8(100)).save(tmp_path / "grey.png")
    found = read_doodle_file(tmp_path / "grey.png")
    assert (found.reading, found.remark) == (Reading.COLOURS, "")
    assert read_ids(tmp_path / "grey.png") is None
    with pytest.raises(
        EngineError, match=r"grey\.png contains the id 100, which is not a material"
    ):
        read_doodle(tmp_path / "grey.png", reading=Reading.IDS)


def test_a_foreign_palette_over_ids_is_remarked(tmp_path: Path) -> None:
    image = Image.fromarray(labels())
    image.putpalette([*range(0, 240, 10)] * 3)
    image.save(tmp_path / "voc.png")
    found = read_doodle_file(tmp_path / "voc.png")
    assert found.reading is Reading.COLOURS
    assert found.remark.endswith("was read as colours; --labels ids reads it as ids.")
    assert np.array_equal(read_doodle(tmp_path / "voc.png", reading=Reading.IDS), labels())


def test_colours_hold_no_ids(tmp_path: Path) -> None:
    Image.fromarray(in_colours(labels())).save(tmp_path / "rgb.png")
    with pytest.raises(EngineError, match=r"rgb\.png contains no ids"):
        read_doodle(tmp_path / "rgb.png", reading=Reading.IDS)


def test_what_is_transparent_is_the_background(tmp_path: Path) -> None:
    rgba = np.zeros((24, 30, 4), np.uint8)
    rgba[8:, :, :3], rgba[8:, :, 3] = palette()[6], 255
    Image.fromarray(rgba).save(tmp_path / "clear.png")
    found = read_doodle(tmp_path / "clear.png")
    assert (found[:8] == BACKGROUND).all()
    assert (found[8:] == 6).all()
    assert (read_doodle(tmp_path / "clear.png", over_photo=True)[:8] == PHOTO).all()
