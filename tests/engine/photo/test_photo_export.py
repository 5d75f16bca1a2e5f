"""Tests of exporting painted photos, and of the Studio's photo methods."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from engine.errors import EngineError
from engine.formats.camera import read_exif
from engine.photo import export as photo_export
from engine.photo.composite import OverPhoto, composed
from engine.photo.stylizer import save_stylizer
from engine.picture_files import Photo, read_photo
from engine.studio import PhotoExport, PhotoLook, Provenance, Studio
from engine.tiles import Window
from resources.colour_profiles import ADOBE_RGB, matrix_profile, srgb_profile
from resources.materials import KEEP, PHOTO
from tests.conftest import random_stylizer


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    path = tmp_path_factory.mktemp("weights") / "net.safetensors"
    save_stylizer(random_stylizer(), path)
    return Studio("cpu", "fp32", stylizer=path)


def picture(height: int, width: int) -> np.ndarray:
    rough = np.random.default_rng(0).integers(0, 256, (height // 6, width // 6, 3), np.uint8)
    return cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC)


def painted(studio: Studio, photo: np.ndarray, look: PhotoLook) -> np.ndarray:
    height, width = photo.shape[:2]
    return next(studio.photo_windows(photo, look, [(0, 0, width, height)]))[1]


def _unpainted(labels: OverPhoto, tile: Window) -> np.ndarray:
    raise AssertionError("there is no material over the photo")


@pytest.mark.parametrize("ending", [".png", ".tif"])
def test_a_file_holds_what_the_window_shows(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr(photo_export, "BAND", 9000)
    photo, look = picture(150, 200), PhotoLook("wave", 0.8, stroke=2)
    labels = np.full((150, 200), PHOTO, np.uint8)
    labels[40:80] = KEEP
    over = OverPhoto(labels)
    request = PhotoExport(tmp_path / f"a{ending}", Photo(photo), look, labels=over)
    shares = list(studio.export_photo(request))
    assert shares == sorted(shares)
    assert shares[-1] == 1
    seen = composed(over, photo, painted(studio, photo, look), over.bounds, _unpainted)
    assert np.array_equal(read_photo(request.path).pixels, seen)


def deep_file(path: Path, profile: bytes = b"", alpha: bool = False) -> Path:
    """Write a photo with 16 bits per channel."""
    values = np.random.default_rng(3).integers(0, 65536, (60, 80, 4), np.uint16)
    values = values if alpha else values[..., :3].copy()
    extra = ["unassalpha"] if alpha else None
    tifffile.imwrite(
        path, values, photometric="rgb", extrasamples=extra, iccprofile=profile or None
    )
    return path


@pytest.mark.parametrize("by", ["strokes", "network"])
@pytest.mark.parametrize("alpha", [True, False])
@pytest.mark.parametrize("profile", [b"", matrix_profile(ADOBE_RGB, 2.2)])
@pytest.mark.parametrize("ending", [".png", ".tif"])
def test_strength_zero_is_the_photo_bit_for_bit_also_at_16_bits(
    studio: Studio, tmp_path: Path, ending: str, profile: bytes, alpha: bool, by: str
) -> None:
    photo = read_photo(deep_file(tmp_path / "a.tif", profile, alpha), deep=True)
    style = "wave" if by == "network" else "starry-night"
    look = PhotoLook(style, 0.0, by=by)
    for bits in (8, 16):
        request = PhotoExport(tmp_path / f"b{ending}", photo, look, bits=bits)
        list(studio.export_photo(request))
        found = read_photo(request.path, deep=True)
        assert found.bits == bits
        assert found.profile == srgb_profile()
        assert np.array_equal(found.pixels, photo.pixels)
        if bits == 16:
            assert found.deep is not None
            assert photo.deep is not None
            assert np.array_equal(found.deep, photo.deep)
        if alpha:
            assert found.alpha is not None
            assert photo.alpha is not None
            assert np.array_equal(found.alpha, photo.alpha)


@pytest.mark.parametrize("by", ["strokes", "network"])
def test_kept_parts_of_a_deep_photo_keep_their_bits(
    studio: Studio, tmp_path: Path, by: str
) -> None:
    photo = read_photo(deep_file(tmp_path / "a.tif"), deep=True)
    labels = np.full((60, 80), PHOTO, np.uint8)
    labels[:, 40:] = KEEP
    look = PhotoLook("wave" if by == "network" else "starry-night", by=by)
    request = PhotoExport(tmp_path / "b.png", photo, look, labels=OverPhoto(labels), bits=16)
    list(studio.export_photo(request))
    found = read_photo(request.path, deep=True)
    assert found.deep is not None
    assert photo.deep is not None
    assert np.array_equal(found.deep[:, 40:], photo.deep[:, 40:])
    plain = replace(request, path=tmp_path / "c.png", bits=8)
    list(studio.export_photo(plain))
    assert np.abs(found.deep / 257 - read_photo(plain.path).pixels).max() < 1.1


def test_16_bits_are_refused_where_the_format_has_8(studio: Studio, tmp_path: Path) -> None:
    request = PhotoExport(tmp_path / "a.jpg", Photo(picture(60, 60)), PhotoLook("wave"), bits=16)
    with pytest.raises(EngineError, match="JPEG has 8 bits per channel, not 16"):
        next(studio.export_photo(request))


def test_transparency_stays_or_lies_on_white(studio: Studio, tmp_path: Path) -> None:
    alpha = np.full((60, 90), 255, np.uint8)
    alpha[:, :40] = 0
    photo, look = Photo(picture(60, 90), alpha), PhotoLook("night")
    for name in ("a.png", "a.jpg"):
        list(studio.export_photo(PhotoExport(tmp_path / name, photo, look, quality=100)))
    found = read_photo(tmp_path / "a.png")
    assert found.alpha is not None
    assert np.array_equal(found.alpha, alpha)
    assert np.array_equal(found.pixels, painted(studio, photo.pixels, look))
    assert read_photo(tmp_path / "a.jpg").pixels[:, :32].min() > 250


def test_the_file_has_provenance_and_camera_exif(studio: Studio, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[271] = "Kamera"
    look = PhotoLook("wave", 0.5)
    request = PhotoExport(
        tmp_path / "a.jpg", Photo(picture(30, 40)), look, camera=exif.tobytes(),
        provenance=Provenance("Daub 9.9", "wave", 0, look=look),
    )  # fmt: skip
    list(studio.export_photo(request))
    assert read_exif(read_photo(request.path).camera())[271] == "Kamera"
    with Image.open(request.path) as image:
        assert "strength 0.5" in image.getexif()[270]


def test_a_bad_export_request_is_rejected_before_any_work(studio: Studio, tmp_path: Path) -> None:
    photo = Photo(picture(30, 40))
    for name, style, sentence in (
        ("a.psd", "wave", "supported file extensions"),
        ("no/a.png", "wave", "cannot be written"),
        ("a.png", "sunflowers", "has not learnt the style sunflowers"),
    ):
        with pytest.raises(EngineError, match=sentence):
            list(studio.export_photo(PhotoExport(tmp_path / name, photo, PhotoLook(style))))
    assert list(tmp_path.iterdir()) == []


def test_the_studio_paints_windows_and_a_small_version(studio: Studio) -> None:
    photo, look = picture(90, 120), PhotoLook("night", seed=4)
    whole = painted(studio, photo, look)
    rects = [(0, 0, 50, 40), (50, 10, 120, 90)]
    for rect, pixels in studio.photo_windows(photo, look, rects):
        left, top, right, bottom = rect
        assert np.array_equal(pixels, whole[top:bottom, left:right])
    assert np.array_equal(studio.photo_small(photo, look), whole)  # it is small already
    assert not np.array_equal(whole, painted(studio, photo, PhotoLook("wave", seed=4)))
    assert studio.photo_styles() == ("wave", "night")


def test_without_weights_photos_are_one_sentence(tmp_path: Path) -> None:
    studio = Studio("cpu", "fp32", stylizer=tmp_path / "none.safetensors")
    with pytest.raises(EngineError, match=r"none\.safetensors does not exist"):
        studio.photo_small(picture(20, 20), PhotoLook("wave"))
