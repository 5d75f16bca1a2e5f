"""Scribbles are read from pictures in the materials' colours."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.errors import EngineError
from engine.packs.marking import AVOID, NONE
from engine.packs.scribbles import AVOID_COLOUR, read_scribbles
from resources.materials import materials

PICTURE = Path("painting.jpg")


def strokes(background: tuple[int, int, int, int]) -> np.ndarray:
    """Return two rows of every material's colour and of the one to avoid, (64, 60, 4) uint8."""
    pixels = np.empty((64, 60, 4), np.uint8)
    pixels[:] = background
    for material in materials():
        pixels[4 * material.id : 4 * material.id + 2] = (*material.rgb, 255)
    pixels[60:62] = (*AVOID_COLOUR, 255)
    return pixels


@pytest.mark.parametrize("background", [(0, 0, 0, 0), (128, 128, 128, 255), (255, 255, 255, 255)])
def test_every_material_and_avoid_is_read(
    tmp_path: Path, background: tuple[int, int, int, int]
) -> None:
    path = tmp_path / "s.png"
    Image.fromarray(strokes(background)).save(path)
    found = read_scribbles(path, PICTURE, (64, 60))
    for material in materials():
        assert (found[4 * material.id : 4 * material.id + 2] == material.id).all()
    assert (found[60:62] == AVOID).all()
    assert (found[2::4] == NONE).all()
    assert (found[3::4] == NONE).all()


def test_scribbles_of_another_size_fit_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "s.png"
    Image.fromarray(strokes((0, 0, 0, 0))).save(path)
    found = read_scribbles(path, PICTURE, (128, 120))
    assert (found[:4] == 0).all()
    assert (found[8:12] == 1).all()
    assert (found[120:124] == AVOID).all()


@pytest.mark.parametrize(
    ("pixels", "sentence"),
    [
        (np.zeros((64, 60, 4), np.uint8), "has no stroke in a material's colour"),
        (strokes((0, 0, 0, 0))[:20], "other proportions than those of painting.jpg"),
    ],
)
def test_pictures_that_are_no_scribbles(tmp_path: Path, pixels: np.ndarray, sentence: str) -> None:
    path = tmp_path / "s.png"
    Image.fromarray(pixels).save(path)
    with pytest.raises(EngineError, match=sentence) as told:
        read_scribbles(path, PICTURE, (64, 60))
    assert str(path) in str(told.value)


def test_single_pixels_of_a_photo_are_no_strokes(tmp_path: Path) -> None:
    pixels = np.full((64, 60, 4), 255, np.uint8)
    pixels[::2, ::2, :3] = materials()[0].rgb
    pixels[30:34, 10:50, :3] = materials()[3].rgb
    path = tmp_path / "s.png"
    Image.fromarray(pixels).save(path)
    assert set(np.unique(read_scribbles(path, PICTURE, (64, 60)))) == {3, NONE}


def test_a_file_that_is_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "s.png"
    path.write_bytes(b"no picture")
    with pytest.raises(EngineError, match=r"s\.png"):
        read_scribbles(path, PICTURE, (64, 60))
