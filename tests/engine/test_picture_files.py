"""Tests of reading photos from cameras, phones and programs, and of damaged ones."""

import io
import random
import struct
import warnings
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
import tifffile
from PIL import ExifTags, Image, ImageCms, ImageOps

from engine.errors import EngineError
from engine.formats.camera import read_exif
from engine.picture_files import Photo, open_foreign, read_photo
from resources.colour_depth import eight_bits
from resources.colour_profiles import ADOBE_RGB, DISPLAY_P3, in_srgb, matrix_profile, srgb_profile
from tests.support.mutate import ROUNDS, bounded, damaged, damaged_png

Tag, IFD = ExifTags.Base, ExifTags.IFD


def scene(height: int = 48, width: int = 64) -> np.ndarray:
    """Return colours that differ at every corner, (h, w, 3) uint8."""
    rows, columns = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    return (np.stack([rows, columns, 1 - rows * columns], -1) * 255).round().astype(np.uint8)


def notes(**first: object) -> Image.Exif:
    """Return EXIF data as a camera writes it."""
    exif = Image.Exif()
    exif.update({Tag[name]: value for name, value in first.items()})
    exif[IFD.Exif] = {Tag.ExposureTime: 0.01, Tag.MakerNote: b"secret", Tag.ExifImageWidth: 9}
    exif[IFD.GPSInfo] = {1: "N", 2: (52.0, 30.0, 0.0)}
    return exif


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp"])
def test_a_photo_is_upright(tmp_path: Path, turn: int, name: str) -> None:
    upright = scene()
    lying = Image.fromarray(upright)
    back = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}
    exif = Image.Exif()
    exif[Tag.Orientation] = back[turn]
    lying.info["exif"] = exif.tobytes()
    lying = ImageOps.exif_transpose(lying)
    exif[Tag.Orientation] = turn
    lying.save(tmp_path / name, exif=exif, **({"lossless": True} if name == "a.webp" else {}))
    assert np.array_equal(read_photo(tmp_path / name).pixels, upright)


def test_a_large_photo_is_read_smaller_and_looks_the_same(tmp_path: Path) -> None:
    Image.fromarray(scene(900, 1200)).save(tmp_path / "a.jpg", quality=95)
    small = read_photo(tmp_path / "a.jpg", 120).pixels
    assert small.shape == (90, 120, 3)
    assert np.abs(small.astype(int) - scene(90, 120)).mean() < 2
    assert read_photo(tmp_path / "a.jpg", 5000).pixels.shape == (900, 1200, 3)


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif"])
def test_transparency_comes_along(tmp_path: Path, name: str) -> None:
    alpha = np.linspace(0, 255, 48 * 64).reshape(48, 64).astype(np.uint8)
    picture = Image.fromarray(np.dstack([scene(), alpha]))
    picture.save(tmp_path / name, **({"lossless": True, "exact": True} if "webp" in name else {}))
    photo = read_photo(tmp_path / name)
    assert np.array_equal(photo.pixels, scene())
    assert photo.alpha is not None
    assert np.array_equal(photo.alpha, alpha)
    assert open_foreign(tmp_path / name, 100)[0, 0].tolist() == [255] * 3
    picture.putalpha(255)
    picture.save(tmp_path / name)
    assert read_photo(tmp_path / name).alpha is None


@pytest.mark.parametrize("layout", ["rgb", "rgba", "grey", "white is zero", "planes", "zlib"])
def test_sixteen_bits_are_rounded_or_refused(tmp_path: Path, layout: str) -> None:
    deep = np.random.default_rng(0).integers(0, 65536, (20, 30, 4), np.uint16)
    path, rgb = tmp_path / "a.tif", deep[..., :3]
    grey = {"grey": "minisblack", "white is zero": "miniswhite"}
    if layout in grey:
        tifffile.imwrite(path, rgb[..., 0], photometric=grey[layout])
    elif layout == "rgba":
        tifffile.imwrite(path, deep, photometric="rgb", extrasamples=["unassalpha"])
    elif layout == "planes":
        tifffile.imwrite(path, rgb.transpose(2, 0, 1).copy(), photometric="rgb", planarconfig=2)
        with pytest.raises(EngineError, match=r"a\.tif cannot be read"):
            read_photo(path)
        return
    else:
        tifffile.imwrite(path, rgb, photometric="rgb", compression={"zlib": "zlib"}.get(layout))
    photo, wanted = read_photo(path), rgb / 257
    if layout in grey:
        wanted = wanted[..., :1] if layout == "grey" else 255 - wanted[..., :1]
    assert photo.bits == 16
    assert photo.deep is None
    assert np.abs(photo.pixels - wanted).max() < 1
    fine = read_photo(path, deep=True)
    assert fine.deep is not None
    told = deep if layout == "rgba" else np.rint(wanted * 257).astype(np.uint16)
    assert np.array_equal(fine.deep, np.broadcast_to(told, fine.deep.shape))
    assert np.array_equal(fine.pixels, photo.pixels)


@pytest.mark.parametrize("turn", range(1, 9))
def test_sixteen_bits_are_upright_and_reduced_like_eight(tmp_path: Path, turn: int) -> None:
    path = tmp_path / "a.tif"
    tags = [(int(Tag.Orientation), 3, 1, turn, True)]
    values = scene(60, 80).astype(np.uint16) * 257
    tifffile.imwrite(path, values, photometric="rgb", extratags=tags)
    Image.fromarray(scene(60, 80)).save(tmp_path / "b.tif", tiffinfo={int(Tag.Orientation): turn})
    fine, plain = read_photo(path, deep=True), read_photo(tmp_path / "b.tif")
    assert fine.deep is not None
    assert np.array_equal(fine.deep, plain.pixels.astype(np.uint16) * 257)
    small = read_photo(path, 40, deep=True)
    assert small.deep is not None
    assert small.deep.shape == read_photo(tmp_path / "b.tif", 40).pixels.shape
    assert np.array_equal(eight_bits(small.deep), small.pixels)


def test_the_transparent_colour_of_a_deep_png_is_its_alpha(tmp_path: Path) -> None:
    values = np.arange(12 * 12, dtype=np.uint16).reshape(12, 12) * 400
    Image.fromarray(values).save(tmp_path / "a.png", transparency=4000)
    photo = read_photo(tmp_path / "a.png", deep=True)
    assert photo.deep is not None
    assert np.array_equal(photo.deep[..., 0], values)
    assert np.array_equal(photo.deep[..., 3] == 0, values == 4000)


def test_files_of_8_bits_have_no_deep_colours(tmp_path: Path) -> None:
    for name in ("a.png", "a.tif", "a.jpg"):
        Image.fromarray(scene()).save(tmp_path / name)
        assert read_photo(tmp_path / name, deep=True).deep is None


def test_deep_colours_become_srgb_by_the_profile(tmp_path: Path) -> None:
    profile = matrix_profile(ADOBE_RGB, 563 / 256)
    values = scene().astype(np.uint16) * 40 + 30_091  # in the middle, where rounding counts little
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb", iccprofile=profile)
    fine, rounded = read_photo(tmp_path / "a.tif", deep=True), read_photo(tmp_path / "a.tif")
    assert fine.deep is not None
    assert fine.profile == profile
    assert np.abs(fine.deep / 257 - rounded.pixels).max() < 1.6
    assert np.array_equal(eight_bits(fine.deep), fine.pixels)


def test_colours_with_a_profile_of_tables_are_rounded(tmp_path: Path) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    tables = lab.replace(b"Lab ", b"RGB ", 1)
    tifffile.imwrite(
        tmp_path / "a.tif", scene().astype(np.uint16), photometric="rgb", iccprofile=tables
    )
    assert read_photo(tmp_path / "a.tif", deep=True).deep is None


def test_a_png_of_sixteen_bits_says_so(tmp_path: Path) -> None:
    Image.fromarray(np.full((16, 16), 257 * 7, np.uint16)).save(tmp_path / "a.png")
    photo = read_photo(tmp_path / "a.png")
    assert (photo.bits, photo.pixels.shape) == (16, (16, 16, 3))
    assert (photo.pixels == 7).all()


def test_a_heic_photo_is_read(tmp_path: Path) -> None:
    pillow_heif.register_heif_opener()
    Image.fromarray(scene()).save(tmp_path / "a.jpg", "HEIF", quality=95, exif=notes(Make="Phone"))
    photo = read_photo(tmp_path / "a.jpg")  # whatever its name says
    assert np.abs(photo.pixels.astype(int) - scene()).mean() < 4
    assert read_exif(photo.camera())[Tag.Make] == "Phone"


def test_without_its_library_a_heic_photo_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x1cftypheic" + bytes(100))
    with pytest.raises(EngineError, match=r"a\.heic cannot be read|a\.heic is not"):
        read_photo(tmp_path / "a.heic")
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    with pytest.raises(EngineError, match=r"a\.heic is a HEIC photo; pillow-heif"):
        read_photo(tmp_path / "a.heic")


# -- colours ----------------------------------------------------------------------------------


def linear(code: np.ndarray) -> np.ndarray:
    share = code / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def code(light: np.ndarray) -> np.ndarray:
    light = light.clip(0, 1)
    return 255 * np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def to_xyz(primaries: tuple) -> np.ndarray:
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
    return columns * np.linalg.solve(columns, [0.9505, 1, 1.0891])


SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))


@pytest.mark.parametrize("primaries", [ADOBE_RGB, DISPLAY_P3])
def test_wide_colours_become_srgb_by_the_formula(tmp_path: Path, primaries: tuple) -> None:
    calm = (scene() // 3 + 80).astype(np.uint8)  # inside sRGB, where no clipping plays a part
    profile = matrix_profile(primaries, 2.2)
    Image.fromarray(calm).save(tmp_path / "a.png", icc_profile=profile)
    gamma = round(2.2 * 256) / 256
    light = (calm / 255) ** gamma @ (np.linalg.inv(to_xyz(SRGB)) @ to_xyz(primaries)).T
    photo = read_photo(tmp_path / "a.png")
    assert np.abs(photo.pixels - code(light)).max() < 2
    assert np.abs(photo.pixels.astype(int) - calm).max() > 5
    assert photo.profile == profile


def test_adobe_rgb_is_recognised_without_a_profile(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[IFD.Exif] = {Tag.ColorSpace: 0xFFFF, IFD.Interop: {1: "R03"}}
    flat = np.full((16, 16, 3), (90, 160, 90), np.uint8)
    Image.fromarray(flat).save(tmp_path / "a.jpg", exif=exif, quality=100)
    told = matrix_profile(ADOBE_RGB, 563 / 256)
    Image.fromarray(flat).save(tmp_path / "b.jpg", icc_profile=told, quality=100)
    meant = read_photo(tmp_path / "a.jpg").pixels
    assert np.array_equal(meant, read_photo(tmp_path / "b.jpg").pixels)
    assert meant[0, 0, 0] < 70


def test_srgb_itself_stays_bit_for_bit(tmp_path: Path) -> None:
    Image.fromarray(scene()).save(tmp_path / "a.png", icc_profile=srgb_profile())
    assert np.array_equal(read_photo(tmp_path / "a.png").pixels, scene())


def test_a_grey_photo_with_a_profile_of_its_own(tmp_path: Path) -> None:
    grey = np.repeat(np.arange(256, dtype=np.uint8)[None], 16, 0)
    Image.fromarray(grey).save(tmp_path / "a.png")
    assert np.array_equal(read_photo(tmp_path / "a.png").pixels[0, :, 1], grey[0])
    Image.fromarray(grey).save(tmp_path / "b.png", icc_profile=grey_profile(1.5))
    light = read_photo(tmp_path / "b.png").pixels[0, :, 0]
    assert np.abs(light - code((np.arange(256) / 255) ** 1.5)).max() < 3


def grey_profile(gamma: float) -> bytes:
    """Return a grey profile: the RGB one with another signature and one curve."""
    profile = matrix_profile(ADOBE_RGB, gamma)
    return profile.replace(b"mntrRGB ", b"mntrGRAY").replace(b"rTRC", b"kTRC")


@pytest.mark.parametrize("name", ["a.jpg", "a.tif"])
def test_cmyk_becomes_rgb(tmp_path: Path, name: str) -> None:
    inks = np.zeros((16, 64, 4), np.uint8)
    inks[:, :16, 0] = inks[:, 16:32, 1] = inks[:, 32:48, 2] = inks[:, 48:, 3] = 255
    Image.fromarray(inks, "CMYK").save(
        tmp_path / name, **({"quality": 100} if "jpg" in name else {})
    )
    got = read_photo(tmp_path / name).pixels[8, 8::16].astype(int)
    assert np.abs(got - [[0, 255, 255], [255, 0, 255], [255, 255, 0], [0, 0, 0]]).max() < 6


def test_a_profile_that_is_damaged_or_of_other_colours_does_not_count(tmp_path: Path) -> None:
    for profile in (b"nonsense", matrix_profile(ADOBE_RGB, 2.2)[:200], grey_profile(1.0)):
        Image.fromarray(scene()).save(tmp_path / "a.png", icc_profile=profile)
        assert np.array_equal(read_photo(tmp_path / "a.png").pixels, scene())


def test_lab_is_read(tmp_path: Path) -> None:
    lab = np.full((16, 16, 3), (128, 0, 0), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", lab, photometric="cielab")
    assert np.abs(read_photo(tmp_path / "a.tif").pixels.astype(int) - 119).max() < 4
    assert in_srgb(Image.new("L", (1, 1), 9), b"").mode == "RGB"


# -- the camera's notes -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif"])
def test_exif_is_kept_without_location_and_outdated_tags(tmp_path: Path, name: str) -> None:
    exif = notes(Make="Kamera", Orientation=6, Copyright="A. Painter")
    Image.fromarray(scene()).save(tmp_path / name, exif=exif.tobytes())
    photo = read_photo(tmp_path / name)
    kept = read_exif(photo.camera())
    assert (kept[Tag.Make], kept[Tag.Copyright], kept[Tag.Orientation]) == (
        "Kamera",
        "A. Painter",
        1,
    )
    own = kept.get_ifd(IFD.Exif)
    assert float(own[Tag.ExposureTime]) == 0.01
    assert not {Tag.MakerNote, Tag.ExifImageWidth} & set(own)
    assert not kept.get_ifd(IFD.GPSInfo)
    assert read_exif(photo.camera(place=True)).get_ifd(IFD.GPSInfo)[1] == "N"


def test_a_photo_without_exif_has_none(tmp_path: Path) -> None:
    Image.fromarray(scene()).save(tmp_path / "a.tif")
    photo = read_photo(tmp_path / "a.tif")
    assert photo.camera() == photo.camera(place=True) == b""
    assert len(read_exif(b"")) == 0


# -- what cannot be read ----------------------------------------------------------------------


def test_a_photo_that_ends_in_the_middle_is_one_sentence(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    for kind, name in (("JPEG", "a.jpg"), ("PNG", "a.png"), ("WEBP", "a.webp"), ("TIFF", "a.tif")):
        whole = io.BytesIO()
        Image.fromarray(noise).save(whole, kind)
        (tmp_path / name).write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
        with pytest.raises(EngineError, match=name) as caught:
            read_photo(tmp_path / name)
        assert "\n" not in str(caught.value)
    for name in ("none.jpg", "."):
        with pytest.raises(EngineError):
            read_photo(tmp_path / name)


def test_a_photo_of_very_many_pixels_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    Image.new("1", (16000, 16000)).save(tmp_path / "bomb.png")
    with (
        pytest.raises(EngineError, match="16000 x 16000 pixels; Daub opens up to 128 mega"),
        bounded(),
    ):
        read_photo(tmp_path / "bomb.png")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "HEIF", "BMP", "GIF"])
def test_damaged_photos(tmp_path: Path, kind: str) -> None:
    pillow_heif.register_heif_opener()
    whole, path, seen = io.BytesIO(), tmp_path / "bad.jpg", Counter[str]()
    extra = {} if kind in ("BMP", "GIF") else {"exif": notes(Make="K", Orientation=6).tobytes()}
    if kind != "HEIF":
        extra["icc_profile"] = matrix_profile(DISPLAY_P3, 2.2)
    Image.fromarray(scene(24, 20)).save(whole, kind, **extra)
    for number in range(ROUNDS // 6):
        chance = random.Random(number)
        damage = damaged_png if kind == "PNG" and number % 2 else damaged
        path.write_bytes(damage(whole.getvalue(), chance))
        with warnings.catch_warnings(), bounded():
            warnings.simplefilter("ignore")  # Pillow warns of much that it can read all the same
            seen[outcome(path)] += 1
    assert seen["refused"] > ROUNDS / 120, seen


def outcome(path: Path) -> str:
    """Return the result of reading it."""
    sentence = ""
    try:
        photo = read_photo(path, 64)
    except EngineError as error:
        sentence = str(error)
    if sentence:
        assert str(path) in sentence
        assert "\n" not in sentence
        return "refused"
    assert isinstance(photo, Photo)
    assert max(photo.pixels.shape[:2]) <= 64
    assert not photo.pixels.flags.writeable
    return "read"


def test_the_profile_we_make_is_one_that_others_can_read() -> None:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(matrix_profile(SRGB, 2.2)))
    assert profile.profile.xcolor_space.strip() == "RGB"
    assert profile.profile.red_colorant[0] == pytest.approx((0.436, 0.222, 0.014), abs=0.002)


def test_grey_with_associated_alpha_is_divided_by_it(tmp_path: Path) -> None:
    path = tmp_path / "grey.tif"
    pixels = np.full((4, 4, 2), (100, 128), np.uint8)
    Image.fromarray(pixels, "LA").save(path)
    unassociated = bytes.fromhex("5201 0300 01000000 0200")  # the tag ExtraSamples
    content = path.read_bytes()
    assert content.count(unassociated) == 1
    path.write_bytes(content.replace(unassociated, unassociated[:-2] + b"\1\0"))
    photo = read_photo(path)
    assert photo.alpha is not None
    assert (photo.pixels == 199).all()  # 100 * 255 / 128
    assert (photo.alpha == 128).all()


def test_signed_integers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "signed.tif"
    Image.fromarray(np.full((4, 4), -5, np.int32)).save(path)
    with pytest.raises(EngineError, match=r"signed\.tif cannot be read: "):
        read_photo(path)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_the_transparent_grey_of_few_bits(tmp_path: Path, bits: int) -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    path, row = tmp_path / "grey.png", bytes([0, 0b00011011])
    head = struct.pack(">IIBBBBB", 8 // bits, 1, bits, 0, 0, 0, 0)
    parts = chunk(b"IHDR", head), chunk(b"tRNS", b"\0\1"), chunk(b"IDAT", zlib.compress(row))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b""))
    values = [0b00011011 >> place & 2**bits - 1 for place in range(8 - bits, -1, -bits)]
    alpha = read_photo(path).alpha
    assert (alpha is None) == (1 not in values)
    if alpha is not None:
        assert alpha[0].tolist() == [0 if value == 1 else 255 for value in values]


def test_outside_of_a_gifs_first_frame_is_transparent(tmp_path: Path) -> None:
    path = tmp_path / "frame.gif"
    Image.fromarray(np.full((20, 30, 3), (200, 40, 10), np.uint8)).quantize(4).save(path)
    content = path.read_bytes()
    path.write_bytes(content[:6] + struct.pack("<HH", 40, 25) + content[10:])  # a larger picture
    photo = read_photo(path)
    assert photo.alpha is not None
    assert photo.alpha.shape == (25, 40)
    assert (photo.alpha[:20, :30] == 255).all()
    assert (photo.pixels[:20, :30] == (200, 40, 10)).all()
    assert photo.alpha.sum() == 255 * 20 * 30


def test_alpha_of_a_reduced_photo_rounds_like_its_sixteen_bits(tmp_path: Path) -> None:
    """Otherwise a saved document would not take them for the same photo."""
    deep = np.random.default_rng(0).integers(0, 65536, (40, 300, 4), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", deep, photometric="rgb", extrasamples=["unassalpha"])
    for longest in (0, 200):
        photo = read_photo(tmp_path / "a.tif", longest, deep=True)
        assert photo.deep is not None
        assert photo.alpha is not None
        assert np.array_equal(eight_bits(photo.deep), np.dstack([photo.pixels, photo.alpha]))
