"""Tests of reading and writing pictures, with one error sentence for every bad file."""

import io
import os
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine.doodle.files import read_doodle
from engine.errors import EngineError
from engine.image import (
    nearest_materials,
    open_image,
    reading,
    save_doodle,
    save_png,
)
from engine.picture_files import open_foreign
from resources.materials import in_colours, materials


def test_a_painting_comes_back_with_its_metadata(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    save_png(tmp_path / "a.png", pixels, {"daub:style": "stärry", "daub:seed": "7"})
    assert np.array_equal(open_image(tmp_path / "a.png"), pixels)
    with Image.open(tmp_path / "a.png") as image:
        assert image.text == {"daub:style": "stärry", "daub:seed": "7"}
    assert os.listdir(tmp_path) == ["a.png"]


def test_a_doodle_comes_back(tmp_path):
    labels = np.random.default_rng(0).integers(0, len(materials()), (6, 9), dtype=np.uint8)
    save_doodle(tmp_path / "d.png", labels)
    assert np.array_equal(read_doodle(tmp_path / "d.png"), labels)
    assert np.array_equal(nearest_materials(open_image(tmp_path / "d.png")), labels)


def test_colours_near_the_palette_are_matched():
    rgb = np.array([[material.rgb for material in materials()]], np.int16)
    noisy = (rgb + np.array([5, -4, 3])).clip(0, 255).astype(np.uint8)
    assert nearest_materials(noisy)[0].tolist() == [material.id for material in materials()]


def test_ids_outside_the_vocabulary_are_refused(tmp_path):
    image = Image.new("P", (4, 4), 99)
    image.putpalette(in_colours(np.arange(256, dtype=np.uint8)).tobytes())
    image.save(tmp_path / "d.png")
    with pytest.raises(EngineError, match="99"):
        read_doodle(tmp_path / "d.png")


def huge_png(path) -> None:
    """Return a valid PNG header that declares 60,000 x 60,000 pixels."""
    Image.new("L", (1, 1)).save(path)
    content = bytearray(path.read_bytes())
    content[16:24] = (60000).to_bytes(4, "big") * 2
    import zlib

    content[29:33] = zlib.crc32(bytes(content[12:29])).to_bytes(4, "big")
    path.write_bytes(bytes(content))


def test_bad_files_get_one_sentence(tmp_path):
    (tmp_path / "text.png").write_text("hello")
    save_png(
        tmp_path / "whole.png", np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    )
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:2000])
    huge_png(tmp_path / "huge.png")
    for name in ("text.png", "cut.png", "huge.png", "missing.png"):
        with pytest.raises(EngineError) as caught:
            open_image(tmp_path / name)
        assert name in str(caught.value)
        assert "\n" not in str(caught.value)
    with pytest.raises(EngineError):
        open_image(tmp_path)


def test_an_unwritable_place_keeps_the_old_file(tmp_path):
    pixels = np.zeros((2, 2, 3), np.uint8)
    with pytest.raises(EngineError, match=r"b\.png"):
        save_png(tmp_path / "nowhere" / "b.png", pixels)
    (tmp_path / "c.png").mkdir()
    with pytest.raises(EngineError, match=r"c\.png"):
        save_png(tmp_path / "c.png", pixels)
    assert os.listdir(tmp_path) == ["c.png"]


def test_a_foreign_picture_is_upright_on_white_and_reduced(tmp_path):
    camera = Image.Exif()
    camera[0x0112] = 6  # held on its side
    rows = np.zeros((40, 90, 3), np.uint8)
    rows[:, :45] = 255
    Image.fromarray(rows).save(tmp_path / "photo.jpg", exif=camera)
    photo = open_foreign(tmp_path / "photo.jpg", 100)
    assert photo.shape == (90, 40, 3)
    assert photo[5].min() > 250
    assert open_foreign(tmp_path / "photo.jpg", 45).shape == (45, 20, 3)
    Image.new("RGBA", (20, 16), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    assert (open_foreign(tmp_path / "clear.png", 100) == 255).all()
    Image.fromarray(np.full((16, 16), 257 * 7, np.uint16)).save(tmp_path / "deep.png")
    assert (open_foreign(tmp_path / "deep.png", 100) == 7).all()


@given(st.integers(0, 2**32 - 1), st.sampled_from(["PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP"]))
def test_a_damaged_picture_is_read_or_one_sentence(tmp_path_factory, seed, kind):
    rng, path = np.random.default_rng(seed), tmp_path_factory.mktemp("bad") / "bad.png"
    whole = io.BytesIO()
    Image.fromarray(rng.integers(0, 256, (24, 20, 3), np.uint8)).save(whole, kind)
    content = bytearray(whole.getvalue())
    for place in rng.integers(0, min(len(content), 400), 6):
        content[place] = rng.integers(0, 256)
    path.write_bytes(content[: rng.integers(1, len(content) + 1)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of much that it can read all the same
        try:
            size, sentence = max(open_foreign(path, 64).shape[:2]), ""
        except EngineError as error:
            size, sentence = 0, str(error)
    assert 0 < size <= 64 or "bad.png" in sentence


def test_an_error_of_several_lines_becomes_one(tmp_path):
    told = pytest.raises(EngineError, match=r"a\.heic cannot be read: too large: 2 > 1\.$")
    with told, reading(tmp_path / "a.heic"):
        raise ValueError("too large:\n  2 > 1\n")
