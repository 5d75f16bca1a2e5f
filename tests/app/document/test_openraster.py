"""Document files, read by Daub and by an independent OpenRaster reader."""

import errno
import io
import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from app.document import openraster
from app.document.document_state import SavedDocument
from app.document.errors import DocumentError
from app.document.foreign_openraster import Foreign
from app.document.openraster import load, read_foreign, save
from resources import files
from resources.materials import materials
from tests.support.mutate import png_chunk
from tests.support.paper import contents, entries_of, painting_of, png, same, write_zip

HARMLESS = [HealthCheck.function_scoped_fixture]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "painting.ora"


def loaded(path: Path) -> SavedDocument:
    found = load(path)
    assert isinstance(found, SavedDocument)
    return found


def test_another_reader_finds_layers_and_merged_image(path: Path) -> None:
    document = contents(600, 300)
    save(path, document)
    content = path.read_bytes()
    # The type can be told from the first bytes: a stored first entry without extra fields.
    assert content[30:54] == b"mimetypeimage/openraster"
    assert content[8:10] == b"\0\0"
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        image = ElementTree.fromstring(archive.read("stack.xml"))
        assert (image.tag, image.get("w"), image.get("h")) == ("image", "600", "300")
        layers = image.findall("stack/layer")
        assert [layer.get("name") for layer in layers] == ["Painting", "Doodle"]
        pictures = [
            Image.open(io.BytesIO(archive.read(layer.get("src") or ""))) for layer in layers
        ]
        merged = Image.open(io.BytesIO(archive.read("mergedimage.png")))
        thumbnail = Image.open(io.BytesIO(archive.read("Thumbnails/thumbnail.png")))
    painting, doodle = (np.asarray(picture) for picture in pictures)
    assert painting_of(document) is not None
    assert (painting == painting_of(document)).all()
    assert (np.asarray(merged) == painting_of(document)).all()
    palette = np.array([material.rgb for material in materials()])
    assert (doodle == palette[document.state.labels.array()]).all()
    assert thumbnail.size == (256, 128)


sizes = st.integers(1, 300)


@settings(max_examples=25, suppress_health_check=HARMLESS)
@given(sizes, sizes, st.integers(0, 2**31 - 2), st.booleans(), st.booleans())
def test_a_saved_document_is_restored(
    path: Path, width: int, height: int, seed: int, painted: bool, refined: bool
) -> None:
    document = contents(width, height, seed, painted, refined)
    save(path, document)
    assert same(loaded(path), document)


def test_the_same_document_gives_the_same_file(path: Path) -> None:
    save(path, contents())
    first = path.read_bytes()
    save(path, contents())
    assert path.read_bytes() == first


def test_an_unpainted_document_shows_its_doodle_to_others(path: Path) -> None:
    document = contents(painted=False)
    save(path, document)
    palette = np.array([material.rgb for material in materials()])
    assert (read_foreign(path).pixels == palette[document.state.labels.array()]).all()


def change(path: Path, **changes: object) -> None:
    entries = entries_of(path)
    entries["daub/document.json"] = json.dumps(
        {**json.loads(entries["daub/document.json"]), **changes}
    ).encode()
    write_zip(path, entries)


def test_unknown_keys_are_ignored(path: Path) -> None:
    save(path, contents())
    change(path, weather="fine")
    assert same(loaded(path), contents())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": 3}, "by a newer version of Daub (format 3"),
        ({"format": 0}, "damaged (format)"),
        ({"seed": -1}, "damaged (seed)"),
        ({"seed": True}, "damaged (seed)"),
        ({"style": {"id": 7}}, "damaged (style.id)"),
        ({"painted": "yes"}, "damaged (painted)"),
    ],
)
def test_invalid_entries(path: Path, changes: dict[str, object], words: str) -> None:
    save(path, contents())
    change(path, **changes)
    assert words in sentence(path)


def sentence(path: Path) -> str:
    with pytest.raises(DocumentError) as caught:
        load(path)
    text = str(caught.value)
    assert str(path) in text
    assert text.endswith(".")
    assert "\n" not in text
    return text


def giant_png(*sizes: tuple[int, int], colour_type: int = 2) -> bytes:
    """Return a PNG with headers of large sizes and little data."""
    heads = [(b"IHDR", struct.pack(">IIBBBBB", *size, 8, colour_type, 0, 0, 0)) for size in sizes]
    chunks = [*heads, (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(png_chunk, chunks))


GREY = np.zeros((40, 60), np.uint8)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("daub/labels.png", giant_png((60_000, 60_000)), "60000 x 60000 pixels, and sides must"),
        (
            "daub/labels.png", giant_png((60, 40), (60_000, 60_000), colour_type=0),
            "daub/labels.png is damaged",
        ),
        (
            "daub/labels.png", giant_png((60, 40), (9_000, 9_000), colour_type=0),
            "daub/labels.png is damaged",
        ),
        (
            "daub/labels.png", giant_png((8192, 8192), colour_type=0),
            "daub/labels.png is damaged",
        ),
        ("daub/labels.png", png(GREY + 15), "has the unknown material 15"),
        ("daub/labels.png", png(GREY)[:60], "daub/labels.png is damaged"),
        ("daub/labels.png", b"GIF89a" + bytes(100), "is not a PNG"),
        ("daub/labels.png", png(np.zeros((40, 60, 3), np.uint8)), "wrong pixel format"),
        ("data/painting.png", giant_png((8192, 8192)), "is 8192 x 8192 pixels, but the doodle"),
        ("data/painting.png", png(GREY), "wrong pixel format"),
        ("daub/refined-labels.png", png(GREY[:, :30]), "30 x 40 pixels, but the doodle is 60 x"),
        ("daub/document.json", b"{" * 50_000, "daub/document.json is damaged (top level)"),
        ("daub/document.json", b" " * 2**20, "is too large"),
    ],
)  # fmt: skip
def test_entries_that_were_tampered_with(path: Path, name: str, content: bytes, words: str) -> None:
    save(path, contents())
    write_zip(path, {**entries_of(path), name: content})
    assert words in sentence(path)


@pytest.mark.parametrize("name", ["daub/labels.png", "data/painting.png", "daub/refined.png"])
def test_missing_entries(path: Path, name: str) -> None:
    save(path, contents())
    entries = entries_of(path)
    del entries[name]
    write_zip(path, entries)
    assert f"{name} is missing" in sentence(path)


def test_files_that_are_not_openraster(tmp_path: Path, path: Path) -> None:
    assert "does not exist" in sentence(path)
    path.write_bytes(b"")
    assert "is not an OpenRaster file" in sentence(path)
    path.write_bytes(png(GREY))
    assert "is not an OpenRaster file" in sentence(path)
    write_zip(path, {f"{number}": b"" for number in range(1001)})
    assert "too many files" in sentence(path)
    write_zip(path, {"mergedimage.png": png(GREY)}, zipfile.ZIP_LZMA)
    assert "compression method that OpenRaster does not support" in sentence(path)


# -- other programs' files ------------------------------------------------------------------

RED, BLUE = (255, 0, 0, 255), (0, 0, 255, 255)


def filled(colour: tuple[int, ...], width: int, height: int) -> bytes:
    return png(np.full((height, width, len(colour)), colour, np.uint8))


def stacked(path: Path, xml: str, **layers: bytes) -> Path:
    entries = {f"data/{name}.png": content for name, content in layers.items()}
    return write_zip(path, {"mimetype": b"image/openraster", "stack.xml": xml.encode(), **entries})


def test_transparent_pixels_of_the_merged_image_become_white(path: Path) -> None:
    pixels = np.zeros((10, 20, 4), np.uint8)
    pixels[:5] = RED
    write_zip(path, {"mergedimage.png": png(pixels)})
    found = load(path)
    assert isinstance(found, Foreign)
    picture = found.pixels
    assert picture.shape == (10, 20, 3)
    assert (picture[:5] == RED[:3]).all()
    assert (picture[5:] == 255).all()


def test_layers_are_composed(path: Path) -> None:
    stacked(
        path,
        """<image w="20" h="10"><stack>
             <layer src="data/red.png" x="-5" y="8" opacity="0.5"/>
             <layer src="data/red.png" visibility="hidden"/>
             <stack opacity="1"><layer src="data/blue.png" x="0" y="0" unknown="1"/></stack>
           </stack></image>""",
        red=filled(RED, 10, 10),
        blue=filled(BLUE, 15, 10),
    )
    picture = read_foreign(path).pixels
    assert (picture[0, 0] == BLUE[:3]).all()
    assert (picture[0, 16] == 255).all()
    assert abs(picture[9, 0].astype(int) - (128, 0, 127)).max() <= 1
    assert (picture[9, 5] == BLUE[:3]).all()


def test_sixteen_bits_and_palettes_are_read(path: Path) -> None:
    image = Image.fromarray(np.full((8, 9, 3), (10, 200, 30), np.uint8)).quantize(4)
    encoded = io.BytesIO()
    image.save(encoded, "PNG")
    write_zip(path, {"mergedimage.png": encoded.getvalue()})
    assert (read_foreign(path).pixels == (10, 200, 30)).all()
    encoded = io.BytesIO()
    Image.fromarray(np.full((8, 9), 51400, np.uint16)).save(encoded, "PNG")
    write_zip(path, {"mergedimage.png": encoded.getvalue()})
    assert (read_foreign(path).pixels == 200).all()


LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 30))


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        (f'<!DOCTYPE image [<!ENTITY l0 "ha">{LAUGHS}]><image>&l29;</image>', "damaged"),
        ('<!DOCTYPE i [<!ENTITY x SYSTEM "file:///etc/passwd">]><image>&x;</image>', "damaged"),
        ("<stack>" * 40_000, "damaged"),
        ("<image" + ' a="1"' * 200_000, "is too large"),
        ("not xml", "damaged"),
        ('<image w="10" h="10"><stack><layer src="../../etc/passwd"/></stack></image>', "missing"),
        ('<image w="10" h="10"><stack><layer/></stack></image>', "a layer is missing"),
        ('<image w="90000" h="10"/>', "is 90000 x 10 pixels"),
        ('<image w="nan" h="10"/>', "invalid w"),
        ('<image w="9" h="9"><stack><layer x="1e300" src="data/a.png"/></stack></image>', "x"),
        (
            '<image w="9" h="9">' + '<layer src="data/giant.png"/>' * 9 + "</image>",
            "too many layers",
        ),
    ],
)
def test_hostile_stacks(path: Path, xml: str, words: str) -> None:
    stacked(path, xml, a=filled(RED, 2, 2), giant=giant_png((8192, 8192)))
    assert words in sentence(path)


# -- writing --------------------------------------------------------------------------------


class FullDisk:
    """Accepts a number of bytes, then reports a full disk."""

    def __init__(self, file: BinaryIO, room: int) -> None:
        self._file, self._room = file, room

    def write(self, content: bytes) -> int:
        self._room -= len(content)
        if self._room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._file.write(content)

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)


@settings(max_examples=20, suppress_health_check=HARMLESS)
@given(st.floats(0, 0.99))
def test_a_full_disk_leaves_the_old_file_intact(
    monkeypatch: pytest.MonkeyPatch, path: Path, share: float
) -> None:
    save(path, contents())
    before, room = path.read_bytes(), int(path.stat().st_size * share)
    write = openraster.write
    with monkeypatch.context() as patch:
        patch.setattr(openraster, "write", lambda file, what: write(FullDisk(file, room), what))
        with pytest.raises(DocumentError, match=r"painting\.ora cannot be saved: no space left"):
            save(path, contents(seed=2))
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_power_cut_before_the_move_leaves_the_old_file_intact(
    monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    save(path, contents())
    before = path.read_bytes()
    monkeypatch.setattr(files.os, "replace", lambda *_: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        save(path, contents(seed=2))
    assert path.read_bytes() == before


def test_a_missing_folder_and_a_name_that_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"the folder .*gone no longer exists"):
        save(tmp_path / "gone" / "a.ora", contents())
    (tmp_path / "b.ora").mkdir()
    with pytest.raises(DocumentError, match=r"b\.ora cannot be saved: is a directory"):
        save(tmp_path / "b.ora", contents())
    assert [entry.name for entry in tmp_path.iterdir()] == ["b.ora"]


def test_a_write_protected_file_stays(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    save(path, contents())
    before = path.read_bytes()
    # Root may write everything, so it is asked, not tried.
    monkeypatch.setattr(files.os, "access", lambda *_: False)
    with pytest.raises(DocumentError, match="cannot be saved: it is write-protected"):
        save(path, contents(seed=2))
    assert path.read_bytes() == before


def test_links_and_permissions_stay(tmp_path: Path, path: Path) -> None:
    save(path, contents())
    path.chmod(0o640)
    link = tmp_path / "link.ora"
    link.symlink_to(path)
    save(link, contents(seed=2))
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert same(loaded(path), contents(seed=2))


def test_a_document_without_directions_has_no_entry_for_them(path: Path) -> None:
    save(path, contents(seed=2))
    assert openraster.DIRECTIONS not in entries_of(path)
    assert loaded(path).state.directions is None


def test_directions_are_one_small_picture(path: Path) -> None:
    save(path, contents(61, 40, seed=1))
    picture = Image.open(io.BytesIO(entries_of(path)[openraster.DIRECTIONS]))
    assert (picture.mode, picture.size) == ("RGB", (16, 10))


@pytest.mark.parametrize(
    ("pixels", "why"),
    [
        (np.zeros((40, 60, 3), np.uint8), "the doodle has 15 x 10 directions"),
        (np.zeros((10, 15), np.uint8), "wrong pixel format"),
    ],
)
def test_directions_that_do_not_fit_are_refused(path: Path, pixels: np.ndarray, why: str) -> None:
    save(path, contents(seed=1))
    entries = entries_of(path)
    write_zip(path, {**entries, openraster.DIRECTIONS: png(pixels)})
    with pytest.raises(DocumentError, match=why):
        load(path)


def test_zeros_in_directions_are_harmless(path: Path) -> None:
    save(path, contents(seed=1))
    entries = entries_of(path)
    write_zip(path, {**entries, openraster.DIRECTIONS: png(np.zeros((10, 15, 3), np.uint8))})
    turned = loaded(path).state.directions
    assert turned is not None
    assert (turned.array() == 1).all()
