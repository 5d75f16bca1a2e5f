"""Tests of the conversion of colours and bit depths to sRGB with 8 bits."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from engine.formats.camera import camera_exif, read_exif
from engine.photo.pixels import Enlarging
from engine.picture_files import read_photo
from engine.tiles import Window
from resources.colour_profiles import DISPLAY_P3, grey_profile, matrix_profile

P3_CHUNK = struct.pack(
    ">8I", *(round(1e5 * v) for v in (0.3127, 0.329, *(v for point in DISPLAY_P3 for v in point)))
)


def write(path: Path, image: Image.Image, **chunks: bytes) -> Path:
    """Write a PNG with these chunks after its header."""
    image.save(path)
    content = path.read_bytes()
    extra = b""
    for name, data in chunks.items():
        body = name.encode() + data
        extra += struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    path.write_bytes(content[:33] + extra + content[33:])
    return path


def read(path: Path) -> list[int]:
    return [int(value) for value in read_photo(path).pixels[4, 4]]


COLOUR = Image.new("RGB", (8, 8), (200, 100, 50))


@pytest.mark.parametrize(
    ("chunks", "wanted"),
    [
        ({"gAMA": struct.pack(">I", 45455), "cHRM": P3_CHUNK}, (216, 93, 24)),
        ({"cICP": bytes([12, 13, 0, 1])}, (215, 93, 31)),
        ({"cICP": bytes([1, 13, 0, 1]), "gAMA": struct.pack(">I", 100000)}, (200, 100, 50)),
        ({"gAMA": struct.pack(">I", 45455)}, (200, 100, 50)),
        ({"gAMA": bytes(4)}, (200, 100, 50)),
        ({"sRGB": b"\0", "gAMA": struct.pack(">I", 100000)}, (200, 100, 50)),
    ],
)
def test_chunks_of_png(tmp_path: Path, chunks: dict[str, bytes], wanted: tuple[int, ...]) -> None:
    found = read(write(tmp_path / "a.png", COLOUR, **chunks))
    assert np.abs(np.subtract(found, wanted)).max() <= 1


def test_linear_grey(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", Image.new("L", (8, 8), 55), gAMA=struct.pack(">I", 100000))
    assert read(path) == [128] * 3


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_the_profile_of_grey_with_and_without_alpha(tmp_path: Path, mode: str) -> None:
    image = (
        Image.new("LA", (8, 8), (55, 90)).convert(mode)
        if mode == "L"
        else Image.new("LA", (8, 8), (55, 90))
    )
    image.save(tmp_path / "a.png", icc_profile=grey_profile(1.0))
    assert read(tmp_path / "a.png") == [128] * 3
    alpha = read_photo(tmp_path / "a.png").alpha
    assert (alpha is None) if mode == "L" else (alpha is not None and alpha[0, 0] == 90)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize("channels", [3, 4])
def test_sixteen_bits_are_rounded(tmp_path: Path, name: str, channels: int) -> None:
    cv2.imwrite(str(tmp_path / name), np.full((8, 9, channels), round(20.8 * 257), np.uint16))
    assert read(tmp_path / name) == [21] * 3


def test_deep_grey_keeps_its_transparency(tmp_path: Path) -> None:
    grey = np.full((8, 8), 40000, np.uint16)
    grey[:4] = 7
    Image.fromarray(grey).save(tmp_path / "a.png")
    write(tmp_path / "b.png", Image.open(tmp_path / "a.png"), tRNS=struct.pack(">H", 7))
    photo = read_photo(tmp_path / "b.png")
    assert photo.alpha is not None
    assert photo.alpha[3:5, 0].tolist() == [0, 255]
    assert photo.pixels[5, 0, 0] == 156


def test_32_bits_are_scaled(tmp_path: Path) -> None:
    values = np.array([[20, 128, 248]], np.uint32) * np.uint32(0x01010101)
    import tifffile

    tifffile.imwrite(tmp_path / "a.tif", np.repeat(values, 4, 0), photometric="minisblack")
    assert read_photo(tmp_path / "a.tif").pixels[0, :, 0].tolist() == [20, 128, 248]


def test_long_text_is_not_an_error(tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "x" * 3_000_000, zip=True)
    COLOUR.save(tmp_path / "a.png", pnginfo=info)
    assert read(tmp_path / "a.png") == [200, 100, 50]


@pytest.mark.parametrize("full", [(33_000, 40), (40, 33_000)])
def test_enlarging_beyond_what_opencv_knows(full: tuple[int, int]) -> None:
    work = full[0] // 2, full[1] // 2
    part = np.random.default_rng(0).integers(0, 256, (work[1], work[0], 3), np.uint8)
    enlarging, whole = Enlarging(work, full), Window(0, 0, *full)
    large = enlarging.window(part, enlarging.needed(whole), whole)
    rect = Window(full[0] // 2 - 9, full[1] // 2 - 9, full[0] // 2 + 9, full[1] // 2 + 9)
    needed = enlarging.needed(rect)
    piece = part[needed.top : needed.bottom, needed.left : needed.right]
    seen = large[rect.top : rect.bottom, rect.left : rect.right]
    assert large.shape == (full[1], full[0], 3)
    assert np.array_equal(seen, enlarging.window(piece, needed, rect))


def test_umlauts_of_a_camera_are_kept() -> None:
    exif = Image.Exif()
    text = "© 2024 Jürgen".encode()
    exif[0x8298] = text
    kept = camera_exif(read_exif(exif.tobytes()))
    assert text in kept
    assert text in camera_exif(read_exif(kept))


def test_a_profile_of_p3_with_srgb_curve() -> None:
    assert len(matrix_profile(DISPLAY_P3, 0.0)) > 8000
