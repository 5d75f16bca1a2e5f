"""Style files: what is exported comes back, and nothing hostile is written."""

import random
import re
import stat
import struct
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from engine.errors import EngineError
from engine.packs import own_styles, style_archive
from engine.packs.style_archive import MOST_FILES, read_archive
from engine.packs.style_pack import read_pack
from engine.requests import PhotoLook
from engine.studio import OverPhoto, Studio
from resources.materials import PHOTO
from resources.style_files import MIME_TYPE
from tests.support.mutate import ROUNDS, bounded, damaged
from tests.support.style_files import contents, picture_style, style_file, with_hashes, write_zip

Files = dict[str, bytes]


@pytest.fixture
def styles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's styles, an empty folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    folder = tmp_path / "data" / "daub" / "styles"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def studio(styles: Path) -> Studio:
    return Studio("cpu")


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return style_file(tmp_path / "mine.daubstyle")


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refusal(studio: Studio, path: Path, styles: Path) -> str:
    """Try to import the file; it is one sentence that names the file, and nothing is written."""
    before = sorted(styles.parent.rglob("*"))
    with pytest.raises(EngineError) as refused, bounded():
        studio.import_style(studio.read_archive(path))
    sentence = str(refused.value)
    assert str(path) in sentence
    assert ".part" not in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert sorted(styles.parent.rglob("*")) == before
    return sentence


def test_what_is_exported_comes_back(studio: Studio, styles: Path, tmp_path: Path) -> None:
    folder, out = picture_style(styles), tmp_path / "x.daubstyle"
    (folder / "notes.txt").write_text("not for others")
    studio.export_style("mine", out)
    before = bytes_in(folder)
    del before["notes.txt"]
    studio.set_style_aside("mine")
    found = studio.read_archive(out)
    assert (found.id, found.title, found.licence) == ("mine", "mine", "unknown")
    assert found.credit == "Brush strokes of mine.png"
    info = studio.import_style(found)
    assert info.folder == styles / "mine"
    assert info.own
    assert info.problem is None
    assert bytes_in(styles / "mine") == before
    assert [path.name for path in styles.iterdir()] == ["mine"]


def test_a_style_that_ships_can_be_passed_on(studio: Studio, styles: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.daubstyle"
    studio.export_style("starry-night", out)
    found = studio.read_archive(out)
    assert found.picture is not None
    assert max(found.picture.shape) <= style_archive.LARGEST_PREVIEW
    assert studio.clash(found.id) == "other"
    info = studio.import_style(found, replace_own=True)
    assert (info.id, info.title) == ("starry-night-2", "The Starry Night (2)")
    assert info.paints_by == ("network", "strokes")
    assert studio.describe("starry-night").own is False


def test_the_desktop_knows_it_by_its_beginning(good: Path) -> None:
    assert good.read_bytes()[30:].startswith(b"mimetype" + MIME_TYPE.encode())


def test_exports_of_one_pack_are_equal(good: Path, tmp_path: Path) -> None:
    again = style_file(tmp_path / "again.daubstyle")
    assert again.read_bytes() == good.read_bytes()


def test_a_taken_id_gets_a_number_or_replaces_ones_own(
    studio: Studio, styles: Path, good: Path, tmp_path: Path
) -> None:
    first = studio.import_style(studio.read_archive(good))
    old = bytes_in(first.folder)
    other = studio.read_archive(style_file(tmp_path / "other.daubstyle", seed=1))
    assert studio.clash(other.id) == "own"
    second = studio.import_style(other)
    assert (second.id, second.title) == ("mine-2", "mine (2)")
    assert read_pack(second.folder).painting == read_pack(tmp_path / "source-other/mine").painting
    replaced = studio.import_style(other, replace_own=True)
    assert replaced.folder == first.folder
    assert bytes_in(replaced.folder) == contents_of_pack(tmp_path / "other.daubstyle")
    assert bytes_in(styles.with_name("removed-styles") / "mine") == old


def contents_of_pack(path: Path) -> Files:
    files = contents(path)
    return {name: files[name] for name in files if name not in ("mimetype", "manifest.json")}


def test_a_folder_that_is_no_style_keeps_its_name(studio: Studio, styles: Path, good: Path) -> None:
    (styles / "mine").mkdir()
    (styles / "mine" / "notes.txt").write_text("the user's")
    found = studio.read_archive(good)
    assert studio.clash("mine") == "other"
    assert studio.import_style(found, replace_own=True).id == "mine-2"
    assert (styles / "mine" / "notes.txt").read_text() == "the user's"


def test_a_failed_replacement_leaves_the_old_style(
    studio: Studio, styles: Path, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = studio.read_archive(good)
    old = bytes_in(studio.import_style(archive).folder)
    rename = Path.rename

    def fail(path: Path, target: Path) -> Path:
        if ".part" in str(path):
            raise OSError(28, "No space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(EngineError, match="No space left"):
        studio.import_style(archive, replace_own=True)
    assert bytes_in(styles / "mine") == old
    assert [path.name for path in styles.iterdir()] == ["mine"]


def test_a_changed_style_is_loaded_again(studio: Studio, good: Path, tmp_path: Path) -> None:
    """Replaced while it is in use: the next painting is of the new one."""
    studio.import_style(studio.read_archive(good))
    before = studio.load_style("mine").edition
    other = studio.read_archive(style_file(tmp_path / "other.daubstyle", seed=1))
    studio.import_style(other, replace_own=True)
    assert studio.load_style("mine").edition != before
    studio.set_style_aside("mine")
    with pytest.raises(EngineError, match="There is no style mine"):
        studio.load_style("mine")


def test_rename_duplicate_and_remove(studio: Studio, styles: Path) -> None:
    picture_style(styles)
    studio.rename_style("mine", "  Rain   in May ")
    assert studio.describe("mine").title == "Rain in May"
    copy = studio.duplicate_style("mine")
    assert (copy.id, copy.title, copy.own) == ("mine-2", "Rain in May (2)", True)
    for title in ("", " ", "a" * 121, "a\0b"):
        with pytest.raises(EngineError, match="title"):
            studio.rename_style("mine", title)
    first = studio.set_style_aside("mine")
    picture_style(styles)
    second = studio.set_style_aside("mine")
    assert [first.name, second.name] == ["mine", "mine-2"]
    assert [info.id for info in studio.styles() if info.own] == ["mine-2"]
    for change in (studio.set_style_aside, lambda style: studio.rename_style(style, "x")):
        with pytest.raises(EngineError, match="not your own"):
            change("starry-night")


def test_left_over_temporary_folders_are_cleared(
    studio: Studio, styles: Path, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (styles / ".daub-1-2.part" / "mine").mkdir(parents=True)
    studio.import_style(studio.read_archive(good))
    assert (styles / ".daub-1-2.part").exists()  # of a Daub that may be running
    monkeypatch.setattr(own_styles, "STALE_SECONDS", -1)
    studio.duplicate_style("mine")
    assert sorted(path.name for path in styles.iterdir()) == ["mine", "mine-2"]


# -- hostile files ------------------------------------------------------------------------------


def renamed(old: str, new: str) -> Callable[[Files], Files]:
    return lambda files: with_hashes({(new if n == old else n): c for n, c in files.items()})


def added(name: str, content: bytes = b"x") -> Callable[[Files], Files]:
    return lambda files: with_hashes({**files, name: content})


def without(name: str) -> Callable[[Files], Files]:
    return lambda files: {n: content for n, content in files.items() if n != name}


def changed(name: str, old: bytes, new: bytes) -> Callable[[Files], Files]:
    return lambda files: {**files, name: files[name].replace(old, new)}


def retold(old: str, new: str) -> Callable[[Files], Files]:
    """Change style.toml, with the right hash."""
    return lambda files: with_hashes(changed("style.toml", old.encode(), new.encode())(files))


HOSTILE: dict[str, tuple[Callable[[Files], Files], str]] = {
    "escape": (added("../up.png"), "not a name"),
    "escape by backslash": (added("..\\up.png"), "not a name"),
    "absolute": (added("/tmp/up.png"), "not a name"),
    "drive": (added("C:up.png"), "not a name"),
    "stream": (added("style.toml:x"), "not a name"),
    "hidden": (added(".bashrc"), "not a name"),
    "folder": (added("sub/"), "not a name"),
    "below a folder": (added("sub/a.png"), "not a name"),
    "strange": (added("a\n.png"), "strange name"),
    "case": (added("Style.toml"), "twice"),
    "device": (added("nul.png"), "device"),
    "unknown": (added("virus.png"), "does not belong"),
    "script": (added("run.sh"), "does not belong"),
    "program as painting": (
        lambda files: renamed("painting.webp", "p.exe")(retold("painting.webp", "p.exe")(files)),
        "does not belong",
    ),
    "mimetype as file": (retold("painting.webp", "mimetype"), "does not belong|manifest|missing"),
    "not in manifest": (lambda files: {**files, "starter.png": b"x"}, "not in its manifest"),
    "no manifest": (without("manifest.json"), "manifest.json is missing"),
    "no toml": (lambda files: with_hashes(without("style.toml")(files)), "style.toml is missing"),
    "painting missing": (
        lambda files: with_hashes(without("painting.webp")(files)), "painting.webp\" is missing",
    ),
    "file missing": (without("map.png"), "map.png\" is missing"),
    "wrong hash": (changed("style.toml", b"unknown", b"MIT    "), "was changed"),
    "painting changed": (lambda files: {**files, "painting.webp": b"x"}, "was changed"),
    "other painting": (
        lambda files: with_hashes({**files, "painting.webp": b"RIFF"}), "sha256 differs"
    ),
    "other id": (retold('id = "mine"', 'id = "starry-night"'), "invalid id"),
    "device id": (
        lambda files: retold('id = "mine"', 'id = "nul"')(
            changed("manifest.json", b'"mine"', b'"nul"')(files)
        ),
        "invalid id",
    ),
    "no style": (retold("format = 2", "format = "), "style.toml cannot be read"),
    "newer style": (retold("format = 2", "format = 9"), "format 9"),
    "newer file": (changed("manifest.json", b'"format": 1', b'"format": 2'), "newer version"),
    "manifest no json": (lambda files: {**files, "manifest.json": b"{"}, "damaged"),
    "manifest a list": (lambda files: {**files, "manifest.json": b"[" * 9999}, "damaged"),
    "long title": (retold('title = "mine"', f'title = "{"x" * 1001}"'), "too long"),
    "borrows from nobody": (
        retold("[painting]", '[borrow]\nsky = "nobody"\n\n[painting]'), "nobody, which does not"
    ),
    "starter bomb": (
        lambda files: with_hashes({**files, "starter.png": png_of(16000, 16000)}),
        "starter.png is 16000 x 16000 pixels",
    ),
    "thumbnail bomb": (
        lambda files: with_hashes({**files, "thumbnail.png": png_of(5000, 5000)}), "pixels"
    ),
}  # fmt: skip


def png_of(width: int, height: int) -> bytes:
    content = BytesIO()
    Image.new("1", (width, height)).save(content, "PNG")
    return content.getvalue()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_content_is_refused(name: str, studio: Studio, styles: Path, good: Path) -> None:
    change, told = HOSTILE[name]
    path = write_zip(good.with_name("bad.daubstyle"), change(contents(good)))
    assert re.search(told, refusal(studio, path, styles))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name(studio: Studio, styles: Path, good: Path) -> None:
    with zipfile.ZipFile(good, "a") as archive:
        archive.writestr("style.toml", b"x")
    assert "twice" in refusal(studio, good, styles)


@pytest.mark.parametrize(
    ("mode", "told"),
    [(stat.S_IFLNK | 0o777, "link"), (stat.S_IFIFO, "no file"), (0o755, "program")],
)
def test_links_and_programs(mode: int, told: str, studio: Studio, styles: Path, good: Path) -> None:
    entry = zipfile.ZipInfo("thumbnail2.png")
    entry.external_attr = mode << 16
    with zipfile.ZipFile(good, "a") as archive:
        archive.writestr(entry, b"/etc/passwd")
    assert told in refusal(studio, good, styles)


def test_bombs(studio: Studio, styles: Path, good: Path, tmp_path: Path) -> None:
    files = contents(good)
    zeros = bytes(style_archive.LARGEST_FILE + 1)
    path = write_zip(tmp_path / "one.daubstyle", with_hashes({**files, "starter.png": zeros}))
    assert "too large" in refusal(studio, path, styles)
    five = {f"starter{number}.png": zeros[:-1] for number in range(5)}
    path = write_zip(tmp_path / "sum.daubstyle", with_hashes({**files, **five}))
    assert "more than 128 MB" in refusal(studio, path, styles)
    many = {f"starter{number}.png": b"" for number in range(MOST_FILES)}
    path = write_zip(tmp_path / "many.daubstyle", with_hashes({**files, **many}))
    assert "too many files" in refusal(studio, path, styles)
    path = write_zip(tmp_path / "long.daubstyle", {**files, "manifest.json": bytes(2**16 + 1)})
    assert "too large" in refusal(studio, path, styles)


def test_a_size_that_lies(studio: Studio, styles: Path, good: Path) -> None:
    """The directory declares a few bytes for 30 MB of zeros."""
    files = with_hashes({**contents(good), "starter.png": bytes(30_000_000)})
    content = bytearray(write_zip(good, files).read_bytes())
    place = content.rindex(b"starter.png") - 46 + 24
    assert struct.unpack_from("<L", content, place) == (30_000_000,)
    struct.pack_into("<L", content, place, 10)
    good.write_bytes(content)
    refusal(studio, good, styles)


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\3\4" + bytes(50), b"no zip at all"])
def test_no_zips(content: bytes, studio: Studio, styles: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.daubstyle"
    path.write_bytes(content)
    assert "not a style file" in refusal(studio, path, styles)


def test_encrypted(studio: Studio, styles: Path, good: Path) -> None:
    content = bytearray(good.read_bytes())
    place = content.index(b"PK\1\2")
    content[place + 8] |= 1
    good.write_bytes(content)
    assert "encrypted" in refusal(studio, good, styles)


def test_absent_and_folder(studio: Studio, styles: Path, tmp_path: Path) -> None:
    assert "does not exist" in refusal(studio, tmp_path / "absent.daubstyle", styles)
    (tmp_path / "dir.daubstyle").mkdir()
    assert "folder" in refusal(studio, tmp_path / "dir.daubstyle", styles)


def test_a_file_that_changes_after_it_was_shown(
    studio: Studio, styles: Path, good: Path, tmp_path: Path
) -> None:
    shown = studio.read_archive(good)
    style_file(tmp_path / "other.daubstyle", seed=1).replace(good)
    with pytest.raises(EngineError, match="changed meanwhile"):
        studio.import_style(shown)
    assert list(styles.iterdir()) == []


def test_damage_by_chance(studio: Studio, styles: Path, good: Path) -> None:
    content, refused = good.read_bytes(), 0
    for number in range(ROUNDS // 3):
        chance = random.Random(number)
        bad = damaged(content, chance)
        good.write_bytes(bad)
        if bad == content:
            continue
        told = ""
        try:
            with bounded():
                archive = read_archive(good)
        except EngineError as error:
            told = str(error)
        if told:
            assert str(good) in told
            refused += 1
        else:  # what is read is what was exported
            assert archive.title == "mine"
    assert refused > ROUNDS / 6
    assert list(styles.iterdir()) == []


def entries() -> Iterator[st.SearchStrategy[object]]:
    yield st.text(max_size=20)
    yield st.sampled_from(["style.toml", "manifest.json", "../x", "/x", "starter.png", "map.png"])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.dictionaries(
        st.one_of(*entries()).filter(lambda name: "\0" not in name and name.isascii()),
        st.binary(max_size=60),
        max_size=5,
    )
)
def test_any_zip_is_refused_in_one_sentence(
    files: Files, studio: Studio, styles: Path, tmp_path: Path
) -> None:
    refusal(studio, write_zip(tmp_path / "any.daubstyle", files), styles)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(min_size=1, max_size=30), content=st.binary(max_size=60))
def test_no_other_file_gets_in(
    name: str, content: bytes, studio: Studio, styles: Path, good: Path
) -> None:
    """A file with any name, in the manifest, in a style file that is good otherwise."""
    files = contents(good)
    if name.casefold() not in {known.casefold() for known in files}:
        path = write_zip(good.with_name("more.daubstyle"), with_hashes({**files, name: content}))
        refusal(studio, path, styles)


def test_the_picture_is_the_thumbnail(good: Path, tmp_path: Path) -> None:
    picture = read_archive(good).picture
    assert picture is not None
    with Image.open(tmp_path / "source-mine/mine/thumbnail.png") as thumbnail:
        assert np.array_equal(picture, np.asarray(thumbnail))


@pytest.mark.parametrize(
    ("line", "told"), [("credit", "too long"), ("title", "too long"), ("id", "invalid id")]
)
def test_what_could_not_be_imported_is_not_exported(
    line: str, told: str, studio: Studio, styles: Path, good: Path
) -> None:
    name = "con" if line == "id" else "other"
    folder = picture_style(styles, "other").rename(styles / name)
    text = "con" if line == "id" else "a" * 1001
    toml = folder / "style.toml"
    changed = re.sub(f"^{line} = .*$", f'{line} = "{text}"', toml.read_text(), flags=re.MULTILINE)
    toml.write_text(changed)
    before = good.read_bytes()
    with pytest.raises(EngineError, match=f"cannot be exported: its .*{told}"):
        studio.export_style(name, good)
    assert good.read_bytes() == before


def test_a_new_id_is_short_enough_for_export() -> None:
    taken = ["a" * 80]
    for _ in range(12):
        taken.append(own_styles.free_id("a" * 80, taken))
    assert len(set(taken)) == 13
    assert max(map(len, taken)) == 80
    assert own_styles.free_id("b", taken) == "b"


def test_a_photo_is_painted_anew_when_its_style_was_replaced(
    studio: Studio, good: Path, tmp_path: Path
) -> None:
    """As in a window: the same photo, look and doodle again."""
    photo = np.random.default_rng(3).integers(0, 256, (96, 96, 3)).astype(np.uint8)
    labels = np.full((96, 96), PHOTO, np.uint8)
    labels[20:70, 20:70] = 1
    look = PhotoLook("mine", by="strokes")

    def painted() -> tuple[np.ndarray, np.ndarray]:
        ((_, picture),) = studio.photo_windows(photo, look, [(0, 0, 96, 96)])
        for _ in studio.material_steps(OverPhoto(labels), look, {}):
            pass
        return picture, studio.materials_shown((20, 20, 70, 70)).copy()

    studio.import_style(studio.read_archive(good))
    before, source = painted(), studio.photo_source(look)
    for old, new in zip(before, painted(), strict=True):
        assert np.array_equal(old, new)
    other = style_file(tmp_path / "other.daubstyle", seed=1)
    studio.import_style(studio.read_archive(other), replace_own=True)
    for old, new in zip(before, painted(), strict=True):
        assert not np.array_equal(old, new)
    assert studio.photo_source(look) != source
    second = PhotoLook("starry-night", by="strokes", second="mine", blend=0.5)
    assert studio.photo_source(second) != studio.photo_source(PhotoLook("starry-night"))
