"""Tests of every format, read back by other programs' readers."""

import io
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms

from engine.doodle.enlarge import EnlargedLabels
from engine.doodle.export import ExportRequest, export_steps, save_picture
from engine.errors import EngineError
from engine.formats import FORMATS, Provenance, find_format
from engine.formats.sheet import Sheet
from engine.requests import PhotoLook
from engine.studio import Studio
from engine.tiles import Window
from resources.colour_profiles import srgb_profile
from resources.materials import materials

MADE = Provenance("Daub 9.9", "tiny", 7, "Die Nächte & <Tage>", "nobody", 2, True)


def smooth(height: int, width: int, bits: int) -> np.ndarray:
    """Return a picture that uses every channel differently, (h, w, 3)."""
    rows, columns = np.mgrid[0:height, 0:width]
    wave = np.stack([np.sin(rows / 9), np.cos(columns / 7), np.sin((rows + columns) / 5)], -1)
    return ((wave + 1) / 2 * (2**bits - 1)).round().astype(np.uint16 if bits == 16 else np.uint8)


def write(path: Path, picture: np.ndarray, **options: object) -> None:
    bits = 8 * picture.dtype.itemsize
    request = ExportRequest(
        path, np.zeros(picture.shape[:2], np.uint8), "tiny", 7,
        bits=bits, provenance=MADE, **options,
    )  # fmt: skip
    shares = list(export_steps(request, lambda _, tile: picture[rows_of(tile)]))
    assert shares == sorted(shares)
    assert shares[-1] == 1


def rows_of(tile: Window) -> tuple[slice, slice]:
    return slice(tile.top, tile.bottom), slice(tile.left, tile.right)


def read(path: Path) -> np.ndarray:
    """Read it with OpenCV, at full depth."""
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)[..., ::-1]


@pytest.mark.parametrize("ending", [".png", ".tif"])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("size", [(1, 1), (256, 256), (300, 530), (513, 17)])
def test_lossless_formats_hold_every_bit(
    tmp_path: Path, ending: str, bits: int, size: tuple[int, int]
) -> None:
    path, picture = tmp_path / f"a{ending}", smooth(*size, bits)
    write(path, picture)
    assert read(path).dtype == picture.dtype
    assert np.array_equal(read(path), picture)
    if ending == ".tif":
        assert np.array_equal(tifffile.imread(path), picture)
    if bits == 8:
        with Image.open(path) as image:
            image.load()  # every checksum
            assert np.array_equal(np.asarray(image), picture)


@pytest.mark.parametrize("ending", [".jpg", ".webp"])
def test_lossy_formats_come_close_and_closer_with_quality(tmp_path: Path, ending: str) -> None:
    picture, sizes, far = smooth(120, 90, 8), [], []
    for quality in (30, 95):
        write(tmp_path / f"a{ending}", picture, quality=quality)
        sizes.append((tmp_path / f"a{ending}").stat().st_size)
        with Image.open(tmp_path / f"a{ending}") as image:
            assert (image.size, image.mode) == ((90, 120), "RGB")
            far.append(np.abs(np.asarray(image).astype(int) - picture).mean())
    assert sizes[0] < sizes[1]
    assert far[1] < far[0] < 12


NOTES = {
    ExifTags.Base.Make: "Kamera", ExifTags.Base.DateTime: "2026:07:01 12:00:00",
    ExifTags.IFD.Exif: {ExifTags.Base.FNumber: 2.8, ExifTags.Base.LensModel: "50 mm"},
    ExifTags.IFD.GPSInfo: {1: "N", 2: (52.0, 30.0, 0.0)},
}  # fmt: skip


@pytest.mark.parametrize("size", [(31, 17), (8, 8)])
@pytest.mark.parametrize("ending", [".png", ".jpg", ".webp", ".tif"])
def test_camera_exif_is_written_with_the_provenance(
    tmp_path: Path, ending: str, size: tuple[int, int]
) -> None:
    exif, path, picture = Image.Exif(), tmp_path / f"a{ending}", smooth(*size, 8)
    exif.update(NOTES)
    kind = find_format(path)
    with path.open("wb") as file:
        writer = kind.open(file, Sheet(size[1], size[0], provenance=MADE, camera=exif.tobytes()))
        writer.write(picture)
        writer.close()
    with Image.open(path) as image:
        assert image.size == size[::-1]
        found = image.getexif()
        own, place = found.get_ifd(ExifTags.IFD.Exif), found.get_ifd(ExifTags.IFD.GPSInfo)
        assert found[ExifTags.Base.Make] == "Kamera"
        assert found[ExifTags.Base.DateTime] == "2026:07:01 12:00:00"
        if ending != ".png":
            assert found[ExifTags.Base.Software] == MADE.maker
    assert (float(own[ExifTags.Base.FNumber]), own[ExifTags.Base.LensModel]) == (2.8, "50 mm")
    assert (place[1], [float(part) for part in place[2]]) == ("N", [52, 30, 0])
    if ending in (".png", ".tif"):
        assert np.array_equal(read(path), picture)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("ending", [".png", ".webp", ".tif"])
def test_what_is_transparent_stays_so(tmp_path: Path, ending: str, bits: int) -> None:
    path, picture = tmp_path / f"a{ending}", np.dstack([smooth(30, 40, bits)] * 2)[..., :4]
    kind = find_format(path)
    if bits not in kind.depths:
        return
    assert kind.has_alpha
    with path.open("wb") as file:
        writer = kind.open(file, Sheet(40, 30, bits, 100, alpha=True))
        writer.write(picture[:13])
        writer.write(picture[13:])
        writer.close()
    if bits == 8:
        with Image.open(path) as image:
            assert image.mode == "RGBA"
            assert np.array_equal(
                np.asarray(image)[picture[..., 3] > 0], picture[picture[..., 3] > 0]
            )
    else:
        found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[..., [2, 1, 0, 3]]
        assert np.array_equal(found, picture)


def test_a_painted_photo_says_how_it_was_painted() -> None:
    look = PhotoLook("tiny", 0.8, "wave", 0.25, 2.0, "luminance", 7)
    made = Provenance("Daub 9.9", "tiny", 7, look=look)
    assert made.sentence.endswith(
        "seed 7, scale 1, strength 0.8, stroke 2, colours luminance, second wave, blend 0.25"
    )
    assert made.texts()["daub:blend"] == "0.25"
    assert "daub:second" not in Provenance("Daub", "tiny", 7, look=PhotoLook("tiny")).texts()


def test_a_painted_doodle_says_what_painted_it() -> None:
    by_strokes = Provenance("Daub 9.9", "tiny", 7, by="strokes", stroke=0.5)
    assert by_strokes.sentence.endswith("style tiny, seed 7, scale 1, by strokes, stroke 0.5")
    assert by_strokes.texts()["daub:by"] == "strokes"
    assert b'daub:by="strokes" daub:stroke="0.5"' in by_strokes.xmp()
    by_network = Provenance("Daub 9.9", "tiny", 7, by="network")
    assert by_network.sentence.endswith("scale 1, by network")
    assert "daub:stroke" not in by_network.texts()
    assert "daub:by" not in MADE.texts()
    without_pack = Provenance("Daub 9.9", "", 7, "monet.jpg", by="strokes")
    assert without_pack.sentence.startswith("Made with Daub 9.9: after monet.jpg, seed 7")
    assert "daub:style" not in without_pack.texts()


def test_pictures_have_the_quality_that_was_asked_for(tmp_path: Path) -> None:
    sizes = []
    for quality in (20, 92, 98):
        save_picture(tmp_path / "a.jpg", smooth(90, 120, 8), quality=quality)
        sizes.append((tmp_path / "a.jpg").stat().st_size)
    assert sizes == sorted(sizes)
    save_picture(tmp_path / "a.jpg", smooth(90, 120, 8))
    assert (tmp_path / "a.jpg").stat().st_size == sizes[1]


def test_webp_at_full_quality_is_lossless(tmp_path: Path) -> None:
    write(tmp_path / "a.webp", smooth(40, 50, 8), quality=100)
    with Image.open(tmp_path / "a.webp") as image:
        assert np.array_equal(np.asarray(image), smooth(40, 50, 8))


@pytest.mark.parametrize("ending", [".png", ".jpg", ".webp", ".tif"])
def test_files_say_what_they_are_and_that_they_are_srgb(tmp_path: Path, ending: str) -> None:
    write(tmp_path / f"a{ending}", smooth(20, 30, 8))
    with Image.open(tmp_path / f"a{ending}") as image:
        assert image.info["icc_profile"] == srgb_profile()
        if ending == ".png":
            assert image.text["daub:style"] == "tiny"
            assert image.text["daub:refined"] == "yes"
            assert "Die Nächte & <Tage>" in image.text["Comment"]
            return
        exif, xmp = image.getexif(), ElementTree.fromstring(image.info["xmp"])
    assert exif[305] == "Daub 9.9"
    assert "style tiny" in exif[270]
    facts = next(xmp.iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")).attrib
    told = {key.rpartition("}")[2]: text for key, text in facts.items()}
    assert (told["seed"], told["scale"], told["refined"]) == ("7", "2", "yes")
    assert "Die Nächte & <Tage>" in "".join(xmp.itertext())


def test_the_profile_is_srgb_and_the_same_every_day() -> None:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))
    assert "sRGB" in ImageCms.getProfileDescription(profile)
    assert srgb_profile()[24:36] == bytes(12)


def test_the_doodle_as_colours_and_as_ids(tmp_path: Path) -> None:
    labels = np.repeat(np.arange(15, dtype=np.uint8), 4)[None].repeat(9, 0)
    for kind in ("doodle", "ids"):
        request = ExportRequest(tmp_path / f"{kind}.png", labels, "", 0, 3, kind)
        list(export_steps(request, lambda *_: pytest.fail("nothing is to be painted")))
    large = EnlargedLabels(labels, 3)
    wanted = large.window(large.bounds)
    palette = np.array([material.rgb for material in materials()], np.uint8)
    with Image.open(tmp_path / "ids.png") as image:
        assert image.mode == "P"
        assert np.array_equal(np.asarray(image), wanted)
        assert np.array_equal(np.asarray(image.convert("RGB")), palette[wanted])
    assert np.array_equal(read(tmp_path / "doodle.png"), palette[wanted])


@pytest.mark.parametrize("bits", [8, 16])
def test_a_stream_equals_the_picture_at_once(tmp_path: Path, tiny_pack: Path, bits: int) -> None:
    studio = Studio("cpu", "fp32", [tiny_pack.parent])
    labels = np.random.default_rng(1).integers(0, 5, (12, 20), np.uint8).repeat(9, 0).repeat(8, 1)
    whole = studio.render(labels, "tiny", 5, 3)
    list(studio.export(ExportRequest(tmp_path / "a.png", labels, "tiny", 5, 3, bits=bits)))
    got = read(tmp_path / "a.png")
    if bits == 8:
        assert np.array_equal(got, whole)
    else:
        assert (got % 257 != 0).mean() > 0.9  # not eight bits made wider
        assert np.abs(got / 257 - whole).max() <= 0.51


def test_a_refined_picture_is_laid_over_what_is_painted(tmp_path: Path) -> None:
    labels, refined = np.zeros((300, 40), np.uint8), np.full((300, 40, 3), 200, np.uint8)
    share = np.zeros((300, 40), np.uint8)
    share[100:140], share[140:] = 51, 255
    painted: list[Window] = []

    def paint(_: EnlargedLabels, tile: Window) -> np.ndarray:
        painted.append(tile)
        return np.full((tile.height, tile.width, 3), 100, np.uint8)

    request = ExportRequest(
        tmp_path / "a.png", labels, "", 0, refined=refined, share=share
    )  # fmt: skip
    list(export_steps(request, paint))
    rows = read(tmp_path / "a.png")[:, 0, 0]
    assert (rows[:100] == 200).all()
    assert (rows[100:140] == 180).all()
    assert (rows[140:] == 100).all()
    with pytest.raises(EngineError, match="cannot be enlarged"):
        next(export_steps(ExportRequest(request.path, labels, "", 0, 2, refined=refined), paint))


def test_an_unfinished_export_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    picture = smooth(600, 300, 8)
    steps = export_steps(
        ExportRequest(path, np.zeros((600, 300), np.uint8), "", 0),
        lambda _, tile: picture[rows_of(tile)],
    )
    for _ in range(4):
        next(steps)
    assert len(list(tmp_path.iterdir())) == 2
    steps.close()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_a_failure_while_painting_leaves_no_file(tmp_path: Path) -> None:
    def fail(*_: object) -> np.ndarray:
        raise EngineError("The network is torn.")

    request = ExportRequest(tmp_path / "a.tif", np.zeros((60, 30), np.uint8), "", 0)
    with pytest.raises(EngineError, match="torn"):
        list(export_steps(request, fail))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("a.jpg", {"bits": 16}, "JPEG has 8 bits per channel, not 16"),
        ("a.psd", {}, "extensions are .png, .jpg"),
        ("a.jpg", {"format": "ids"}, "files end in .png"),
        ("no/a.png", {}, "cannot be written"),
        ("a.webp", {"scale": 512}, "WebP allows up to 16383"),
        ("a.jpg", {"scale": 512}, "JPEG allows up to 144 megapixels"),
        ("a.png", {"scale": 600}, "cannot be painted"),
    ],
)
def test_what_cannot_be_written_is_one_sentence(
    tmp_path: Path, name: str, options: dict, sentence: str
) -> None:
    request = ExportRequest(tmp_path / name, np.zeros((32, 32), np.uint8), "", 0, **options)
    with pytest.raises(EngineError, match=sentence):
        next(export_steps(request, lambda *_: pytest.fail("nothing is to be painted")))
    assert not list(tmp_path.iterdir())


def test_formats_by_ending_and_id() -> None:
    for entry in FORMATS:
        assert find_format(Path(f"a{entry.extensions[0]}"), entry.id) is entry
    assert find_format(Path("A.JPEG")).id == "jpeg"
    assert find_format(Path("a.png")).id == "png"


def test_a_picture_that_is_there_already_is_written_by_its_ending(tmp_path: Path) -> None:
    picture = smooth(30, 20, 8)
    save_picture(tmp_path / "a.tiff", picture, MADE)
    assert np.array_equal(read(tmp_path / "a.tiff"), picture)


@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.data())
def test_a_window_of_enlarged_labels_is_that_part_of_the_whole(
    seed: int, scale: int, data: st.DataObject
) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, (9, 12), np.uint8).repeat(3, 0).repeat(2, 1)
    large = EnlargedLabels(labels, scale)
    height, width = large.shape
    whole = np.pad(large.window(large.bounds), 40, mode="edge")
    left, top = data.draw(st.integers(-40, width - 1)), data.draw(st.integers(-40, height - 1))
    right = data.draw(st.integers(left + 1, width + 40))
    bottom = data.draw(st.integers(top + 1, height + 40))
    wanted = whole[40 + top : 40 + bottom, 40 + left : 40 + right]
    assert np.array_equal(large.window(Window(left, top, right, bottom)), wanted)


def test_enlarged_borders_are_slopes_and_thin_lines_stay() -> None:
    labels = np.zeros((40, 120), np.uint8)
    for column in range(120):
        labels[5 + column // 8 :, column] = 1  # a slope of 1 in 8
    labels[2] = 2
    labels[1, 50] = 3
    large = EnlargedLabels(labels, 8)
    big = large.window(large.bounds)
    assert set(np.unique(big)) == {0, 1, 2, 3}
    assert (big == 2).sum() == pytest.approx(64 * (labels == 2).sum(), rel=0.35)
    edge = (big[40:] == 1).argmax(0)[100:-100]
    assert np.abs(np.diff(edge)).max() <= 3  # plain enlarging has steps of 8
    assert EnlargedLabels(labels).window(Window(0, 0, 120, 40)).tolist() == labels.tolist()
