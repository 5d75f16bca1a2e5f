"""The command line: bad input gives one sentence and exit code 2, good input a picture."""

import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import platformdirs
import pytest
import tifffile
from PIL import Image

from app import __version__
from app.cli import main as cli
from engine import studio
from engine.formats import told_by
from engine.refine import run as refining
from resources.materials import KEEP, PHOTO, in_colours, materials
from tests.support.command_line import refused


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def huge_png(path: Path, side: int = 60_000) -> Path:
    """A well-formed header of a picture that must never be decoded."""
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    body = png_chunk(b"IDAT", zlib.compress(bytes(1000)))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + body + png_chunk(b"IEND", b"")
    )
    return path


def indexed_png(path: Path, width: int = 64, height: int = 48) -> Path:
    labels = np.zeros((height, width), np.uint8)
    labels[height // 2 :] = 4
    image = Image.fromarray(labels, "P")
    image.putpalette(in_colours(np.arange(256, dtype=np.uint8)).tobytes())
    image.save(path)
    return path


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.fixture
def doodle(tmp_path: Path) -> Path:
    return indexed_png(tmp_path / "doodle.png")


def test_missing_doodle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sentence = refused(capsys, "render", tmp_path / "none.png", "-o", tmp_path / "out.png")
    assert "none.png" in sentence
    assert list(tmp_path.iterdir()) == []


def test_text_named_png(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = tmp_path / "text.png"
    text.write_text("not a picture")
    assert "text.png" in refused(capsys, "render", text, "-o", tmp_path / "out.png")
    assert list(tmp_path.iterdir()) == [text]


def test_huge_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    huge = huge_png(tmp_path / "huge.png")
    sentence = refused(capsys, "render", huge, "-o", tmp_path / "out.png")
    assert "60000 x 60000" in sentence
    assert list(tmp_path.iterdir()) == [huge]


def test_huge_scale(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    large = indexed_png(tmp_path / "large.png", 2000, 1500)
    sentence = refused(capsys, "render", large, "-o", tmp_path / "out.png", "--scale", 16)
    assert "32000 x 24000" in sentence


def test_unknown_style(doodle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = doodle.with_name("out.png")
    assert "no-such" in refused(capsys, "render", doodle, "--style", "no-such", "-o", out)
    assert not out.exists()


def test_output_in_missing_folder(doodle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = doodle.parent / "no" / "out.png"
    assert str(out.parent) in refused(capsys, "render", doodle, "-o", out)


def test_output_is_folder(doodle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = doodle.with_name("folder.png")
    folder.mkdir()
    assert "folder" in refused(capsys, "render", doodle, "-o", folder)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("link", [Path.symlink_to, Path.hardlink_to, None])
@pytest.mark.parametrize("command", ["render", "sheet", "refine"])
def test_a_doodle_is_never_painted_over(command, link, doodle, capsys) -> None:
    out, before = doodle, doodle.read_bytes()
    if link is not None:
        out = doodle.with_name("link.png")
        link(out, doodle)
    told = refused(capsys, command, doodle, "-o", out, "--overwrite")
    assert f"{out} would replace {doodle}, which is an input" in told
    assert doodle.read_bytes() == before


def test_a_file_that_is_no_painting_is_replaced_only_when_asked(doodle, own_style, capsys) -> None:
    out = doodle.with_name("out.png")
    shutil.copy(doodle, out)
    common = "render", doodle, "--style", own_style, "-o", out
    assert "already exists. Use --overwrite to replace it" in refused(capsys, *common)
    assert out.read_bytes() == doodle.read_bytes()
    assert cli.run([*map(str, common), "--overwrite"]) == 0
    first = out.read_bytes()
    assert first != doodle.read_bytes()
    assert cli.run([*map(str, common), "--seed", "3"]) == 0
    assert out.read_bytes() != first


@pytest.mark.parametrize("command", ["render", "sheet", "refine", "texture"])
def test_what_a_style_is_painted_from_is_never_replaced(command, doodle, own_style, capsys) -> None:
    pack = Path(platformdirs.user_data_dir("daub", appauthor=False)) / "styles" / own_style
    regions, look = pack / "regions.png", pack / "look.png"
    shutil.copy(doodle, regions)
    given = ["--material", "sky", "--size", 16] if command == "texture" else [doodle]
    options = command, *given, "--style", own_style, "-o"
    told = refused(capsys, *options, regions, "--overwrite")
    assert f"{regions} would replace {regions}, which is an input" in told
    assert regions.read_bytes() == doodle.read_bytes()
    if command == "render":
        assert cli.run([*map(str, options), str(look)]) == 0
        assert cli.run([*map(str, options), str(look)]) == 0


@pytest.mark.parametrize("answer", [True, False])
def test_somebody_at_a_terminal_is_asked(answer, doodle, own_style, monkeypatch, capsys) -> None:
    out = doodle.with_name("out.png")
    shutil.copy(doodle, out)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr("typer.confirm", lambda *_, **__: answer)
    assert cli.run(["render", str(doodle), "--style", own_style, "-o", str(out)]) == 2 - 2 * answer
    assert (out.read_bytes() == doodle.read_bytes()) is not answer


def test_output_is_no_png(doodle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ".png" in refused(capsys, "render", doodle, "-o", doodle.with_name("out.psd"))


@pytest.fixture
def own_style(tiny_pack: Path) -> Iterator[str]:
    """Install the tiny pack in the user's pack folder."""
    place = Path(platformdirs.user_data_dir("daub", appauthor=False)) / "styles" / "tiny"
    shutil.copytree(tiny_pack, place)
    yield "tiny"
    shutil.rmtree(place)


def test_render(doodle: Path, own_style: str) -> None:
    out = doodle.with_name("out.png")
    again = doodle.with_name("again.png")
    for path in (out, again):
        arguments = ["render", str(doodle), "--style", own_style, "--seed", "7", "--scale", "2"]
        assert cli.run([*arguments, "-o", str(path)]) == 0
    with Image.open(out) as picture:
        assert picture.size == (128, 96)
        assert "seed 7" in picture.info["Comment"]
    assert out.read_bytes() == again.read_bytes()


def test_render_writes_what_the_ending_says(doodle: Path, own_style: str) -> None:
    common = ["render", str(doodle), "--style", own_style, "-o"]
    deep, small = doodle.with_name("out.tif"), doodle.with_name("out.jpg")
    assert cli.run([*common, str(deep), "--bits", "16"]) == 0
    assert cli.run([*common, str(small), "--scale", "3", "--quality", "80"]) == 0
    assert (tifffile.imread(deep) % 257 != 0).any()
    with Image.open(small) as picture:
        assert (picture.format, picture.size) == ("JPEG", (192, 144))
        assert f"Daub {__version__}" in picture.getexif()[305]


def test_render_writes_the_doodle(doodle: Path, own_style: str) -> None:
    out = doodle.with_name("out.png")
    arguments = ["render", str(doodle), "--style", own_style, "--doodle", "--scale", "2"]
    assert cli.run([*arguments, "-o", str(out)]) == 0
    assert np.array_equal(pixels(out), pixels(doodle).repeat(2, 0).repeat(2, 1))


def test_sixteen_bits_in_a_jpeg(
    doodle: Path, own_style: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = doodle.with_name("out.jpg")
    sentence = refused(
        capsys, "render", doodle, "--style", own_style, "-o", out, "--bits", 16
    )  # fmt: skip
    assert "JPEG has 8 bits" in sentence
    assert not out.exists()


def test_render_rgb_doodle(tmp_path: Path, own_style: str) -> None:
    """A picture in palette colours paints the same as the indexed PNG of ids."""
    indexed = indexed_png(tmp_path / "indexed.png")
    labels = pixels(indexed)
    palette = np.array([material.rgb for material in materials()], np.uint8)
    Image.fromarray(palette[labels]).save(tmp_path / "rgb.png")
    for name in ("indexed", "rgb"):
        doodle, out = str(tmp_path / f"{name}.png"), str(tmp_path / f"{name}-out.png")
        assert cli.run(["render", doodle, "--style", own_style, "-o", out]) == 0
    first, second = (pixels(tmp_path / f"{name}-out.png") for name in ("indexed", "rgb"))
    assert np.array_equal(first, second)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a folder that refuses everybody")
def test_unwritable_output(
    doodle: Path, own_style: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = Path("/proc/out.png")
    assert str(out) in refused(capsys, "render", doodle, "--style", own_style, "-o", out)


@pytest.mark.parametrize(
    "arguments",
    [["render"], ["no-such-command"], ["render", "a.png", "-o", "b.png", "--seed", "-1"]],
    ids=["missing argument", "unknown command", "seed below 0"],
)
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert "--help" in refused(capsys, *arguments)


def test_out_of_memory(
    doodle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def exhausted(*_: object) -> np.ndarray:
        raise MemoryError

    monkeypatch.setattr(studio, "read_doodle_file", exhausted)
    assert "memory" in refused(capsys, "render", doodle, "-o", doodle.with_name("out.png"))


def test_version_without_engine() -> None:
    """``daub --version`` and ``--help`` must not wait for torch or Qt."""
    code = (
        "import sys; from app import start; assert start.run(['--version']) == 0;"
        "assert start.run(['--help']) == 0; assert not {'torch', 'PySide6'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"daub {__version__}" in done.stdout
    assert "render" in done.stdout


def test_a_sheet_holds_every_doodle(tmp_path, capsys):
    for name in ("a.png", "b.png"):
        indexed_png(tmp_path / name, 60, 40)
    sheet = tmp_path / "sheet.png"
    doodles = [str(tmp_path / "a.png"), str(tmp_path / "b.png"), "--by", "network"]
    assert cli.run(["sheet", *doodles, "-o", str(sheet), "--columns", "2", "--width", "60"]) == 0
    assert "2 doodles" in capsys.readouterr().out
    assert told_by(sheet) == "Made with Daub: doodles in starry-night"
    with Image.open(sheet) as image:
        assert image.width == 2 * (60 + 8)


def test_refine_and_texture(refinable_pack, doodle, tmp_path, monkeypatch, capsys):
    weights = refinable_pack.parent / "descriptor.safetensors"
    user = Path(platformdirs.user_data_dir("daub", appauthor=False)) / "styles"
    shutil.copytree(refinable_pack, user / "tiny")
    monkeypatch.setitem(refining.QUALITIES, "quick", {0: 2})
    options = ["--style", "tiny", "--quality", "quick", "--descriptor", str(weights)]
    picture = tmp_path / "refined.png"
    try:
        assert cli.run(["refine", str(doodle), "-o", str(picture), *options]) == 0
        assert pixels(picture).shape == (48, 64, 3)
        arguments = ["texture", "--material", "sky", "--size", "40", "-o", str(picture), *options]
        assert cli.run(arguments) == 0
        assert pixels(picture).shape == (40, 40, 3)
        photo = tmp_path / "photo.jpg"
        Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 56, 3), np.uint8)).save(
            photo
        )
        guided = [str(photo), "-o", str(picture), "--content", "0.6", *options]
        assert cli.run(["refine", *guided]) == 0
        assert pixels(picture).shape == (40, 56, 3)
        mask = tmp_path / "mask.png"
        labels = np.full((20, 28), PHOTO, np.uint8)
        labels[:, :14], labels[:, 20:] = KEEP, 4
        image = Image.fromarray(labels)
        image.putpalette(in_colours(np.arange(256, dtype=np.uint8)).tobytes())
        image.save(mask)
        unmasked = pixels(picture)
        assert cli.run(["refine", *guided, "--mask", str(mask)]) == 0
        assert np.array_equal(pixels(picture)[:, :28], studio.read_photo(photo).pixels[:, :28])
        assert not np.array_equal(pixels(picture)[:, 40:], unmasked[:, 40:])
        capsys.readouterr()
        assert "content" in refused(capsys, "refine", *guided, "--content", "2")
        assert "56 x 40" in refused(capsys, "refine", *guided, "--mask", doodle)
        lone = ["refine", photo, "-o", picture, "--mask", mask]
        assert "--content" in refused(capsys, *lone)
        wrong = ["--style", "tiny", "--descriptor", str(weights), "-o", str(picture)]
        capsys.readouterr()
        assert "quality" in refused(capsys, "refine", doodle, *wrong, "--quality", "superb")
        assert "strokes" in refused(capsys, "refine", doodle, *wrong, "--strokes", "3")
        assert "jelly" in refused(capsys, "texture", "--material", "jelly", *wrong)
    finally:
        shutil.rmtree(user / "tiny")
