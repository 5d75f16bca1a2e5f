"""The command line: a folder in place of a file, or the reverse, gives one error sentence."""

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.platform.output_guard import check_place
from engine.errors import EngineError
from engine.formats import to_look_at, told_by
from engine.image import save_doodle
from tests.support.command_line import refused


@pytest.fixture
def doodle(tmp_path: Path) -> Path:
    path = tmp_path / "doodle.png"
    save_doodle(path, np.zeros((48, 64), np.uint8))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "folder.png"
    path.mkdir()
    return path


@pytest.mark.parametrize("command", ["render", "sheet", "refine"])
def test_a_folder_is_no_doodle(command, folder, capsys) -> None:
    told = refused(capsys, command, folder, "-o", folder.with_name("out.png"))
    assert told == f"daub: {folder} is a folder, not a picture.\n"


def test_folders_for_the_other_pictures(doodle, folder, capsys) -> None:
    out = doodle.with_name("out.png")
    sentence = f"{folder} is a folder, not a picture"
    for given, other in ((doodle, folder), (folder, doodle)):
        pair = "--from-painting", given, "--map", other
        assert sentence in refused(capsys, "render", doodle, *pair, "-o", out)
    mask = "--content", "0.5", "--mask", folder
    assert sentence in refused(capsys, "refine", doodle, *mask, "-o", out)
    guide = "--guide", f"light={folder},{doodle}"
    pair = "--from-painting", doodle, "--map", doodle
    assert sentence in refused(capsys, "render", doodle, *pair, *guide, "-o", out)


def test_files_where_folders_must_be(doodle, tmp_path, capsys) -> None:
    place = doodle.with_name("notes.txt")
    place.write_text("mine")
    for out in (place, place / "inside"):
        told = refused(capsys, "stylize", doodle, "-o", out)
        assert f"{place} is not a folder" in told
    for place in (doodle, doodle / "a" / "b"):
        with pytest.raises(EngineError, match=r"doodle\.png is not a folder"):
            check_place(place)
    check_place(tmp_path / "a" / "b")


def test_warnings_of_pillow_are_not_shown(tmp_path) -> None:
    damaged = tmp_path / "damaged.jpg"
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<HHHII", 9, 0x010E, 2, 500, 400)
    Image.new("RGB", (32, 24)).save(damaged, exif=exif)
    script = "import sys; from engine.picture_files import read_photo; read_photo(sys.argv[1])"
    command = [sys.executable, "-c", script, str(damaged)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    shown = script.replace("; read", "; import warnings; warnings.resetwarnings(); read")
    command = [sys.executable, "-c", shown, str(damaged)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Warning" in done.stderr


def test_very_large_paintings_are_known_as_daubs(tmp_path) -> None:
    path = tmp_path / "large.png"
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", 16384, 16384, 8, 2, 0, 0, 0)),
        (b"tEXt", b"Comment\0" + to_look_at("a test").sentence.encode()),
        (b"IDAT", zlib.compress(bytes(1000))),
        (b"IEND", b""),
    ]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(packed(*chunk) for chunk in chunks))
    assert told_by(path) == "Made with Daub: a test"


def packed(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_folders_for_weights_and_files_for_styles(doodle, folder, tiny_pack, capsys) -> None:
    out, paint = doodle.with_name("out.png"), ["refine", doodle, "--descriptor"]
    told = refused(capsys, *paint, folder, "-o", out)
    assert told == f"daub: {folder} is a folder, not a file.\n"
    told = refused(capsys, *paint, folder / "none", "-o", out)
    assert told == f"daub: {folder / 'none'} does not exist.\n"
    told = refused(capsys, "stylize", doodle, "-o", out, "--weights", folder)
    assert told == f"daub: {folder} is a folder, not a file.\n"
    told = refused(capsys, "styles", doodle, "--measure")
    assert told == f"daub: {doodle / 'style.toml'} does not exist.\n"
    upgrade = "styles", tiny_pack, "--upgrade", "--paintings"
    told = refused(capsys, *upgrade, doodle)
    assert told == f"daub: {doodle} is a file, not the folder of paintings.\n"
    page = "styles", tiny_pack, "--page", doodle.with_name("page.md"), "--doodles"
    assert refused(capsys, *page, doodle) == f"daub: {doodle} is not a folder.\n"
    (tiny_pack / "polygons.json").mkdir()
    told = refused(capsys, *upgrade, folder)
    assert told == f"daub: {tiny_pack / 'polygons.json'} is a folder, not a file.\n"
