"""Painting with strokes on the command line: choice of method, errors and output files."""

import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import tomli_w
from PIL import Image

from app.cli import main as cli
from engine.errors import EngineError
from engine.packs.region_map import save_region_map
from engine.strokes.from_painting import mapped_painting
from engine.strokes.maps import read_colour_map
from resources.materials import palette
from tests.support.command_line import own_style, refused
from tests.support.paintings import put_painting

HEIGHT, WIDTH = 96, 128
COLOURS = np.array([(60, 90, 180), (240, 210, 80), (80, 60, 120), (30, 60, 30)])

SLOWLY = """
import sys
from app.cli import main as cli
from engine import studio

usual = studio.Studio.strokes

def strokes(self, request):
    for step in usual(self, request):
        print("step", flush=True)
        yield step

studio.Studio.strokes = strokes
sys.exit(cli.run(sys.argv[1:]))
"""
"""``daub`` that says when it paints."""


def painting_of(regions: np.ndarray) -> np.ndarray:
    """Slanted strokes in the colour of every region, (H, W, 3) uint8."""
    rng = np.random.default_rng(0)
    height, width = regions.shape
    rows, columns = np.mgrid[:height, :width]
    grain = rng.integers(-40, 40, 64)[(rows + columns // 2) // 3 % 64]
    grain += rng.integers(-8, 8, (height, width))
    return (COLOURS[regions] + grain[..., None]).clip(0, 255).astype(np.uint8)


@pytest.fixture
def painted_style(tiny_pack: Path) -> Iterator[Path]:
    """Install the tiny pack with a painting in the user's pack folder."""
    regions = np.repeat(np.arange(4, dtype=np.uint8), WIDTH // 4)[None].repeat(HEIGHT, 0)
    save_region_map(tiny_pack / "regions.png", regions, [(0, 0, r) for r in range(4)], {})
    put_painting(tiny_pack, painting_of(regions), np.zeros(regions.shape, bool))
    with own_style(tiny_pack) as place:
        yield place


@pytest.fixture
def unpainted_style(tiny_pack: Path) -> Iterator[Path]:
    """The tiny pack without a painting."""
    with own_style(tiny_pack) as place:
        yield place


def without_network(style: Path) -> None:
    entries = tomllib.loads((style / "style.toml").read_text())
    del entries["generator"]
    (style / "style.toml").write_text(tomli_w.dumps(entries))
    (style / "generator.safetensors").unlink()


@pytest.fixture
def doodle(tmp_path: Path) -> Path:
    return write_doodle(tmp_path / "doodle.png", 48, 64)


def write_doodle(path: Path, height: int, width: int) -> Path:
    labels = np.zeros((height, width), np.uint8)
    labels[height // 2 :] = 4
    image = Image.fromarray(labels, "P")
    image.putpalette(palette().tobytes())
    image.save(path)
    return path


@pytest.fixture
def mapped(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A doodle, a painting and its map: red above blue, and green that the map lacks."""
    flat = np.array([(255, 0, 0), (0, 0, 255), (0, 255, 0)], np.uint8)
    regions = np.zeros((HEIGHT, WIDTH), np.uint8)
    regions[HEIGHT // 2 :] = 1
    wanted = np.zeros((48, 64), np.uint8)
    wanted[20:], wanted[2:18, 8:30] = 1, 2
    paths = tmp_path / "target.png", tmp_path / "monet.png", tmp_path / "map.png"
    pictures = flat[wanted], painting_of(regions), flat[regions]
    for path, picture in zip(paths, pictures, strict=True):
        Image.fromarray(picture).save(path)
    return paths


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def texts(path: Path) -> dict[str, str]:
    with Image.open(path) as image:
        return {key: value for key, value in image.info.items() if isinstance(value, str)}


def run(*arguments: object) -> int:
    return cli.run([str(argument) for argument in arguments])


# -- render -----------------------------------------------------------------------------------


def test_strokes_paint_where_there_is_a_painting(doodle, painted_style, capsys):
    out, again, other = (doodle.with_name(f"{name}.png") for name in ("out", "again", "other"))
    for path, seed in ((out, 7), (again, 7), (other, 8)):
        assert run("render", doodle, "--style", "tiny", "--seed", seed, "-o", path) == 0
    streams = capsys.readouterr()
    assert streams.err == ""
    said = streams.out.splitlines()[0]
    assert said.startswith(f"{out}: 64 x 48, Tiny, seed 7, painted in ")
    assert said.endswith(" s by strokes")
    assert out.read_bytes() == again.read_bytes()
    assert not np.array_equal(pixels(out), pixels(other))
    # What is copied is sky above and trees below, whose strokes are lighter and darker greys.
    for rows, colour in ((slice(16), COLOURS[0]), (slice(-16, None), COLOURS[3])):
        found = pixels(out)[rows].mean((0, 1))
        assert np.abs((found - found.mean()) - (colour - colour.mean())).max() < 12


def test_files_say_what_painted_them(doodle, painted_style):
    out = doodle.with_name("out.png")
    assert run("render", doodle, "--style", "tiny", "--strokes", 0.5, "-o", out) == 0
    found = texts(out)
    assert (found["daub:by"], found["daub:stroke"]) == ("strokes", "0.5")
    assert found["Comment"].endswith("style tiny (Tiny), seed 0, scale 1, by strokes, stroke 0.5")
    assert run("render", doodle, "--style", "tiny", "--by", "network", "-o", out) == 0
    found = texts(out)
    assert found["daub:by"] == "network"
    assert "daub:stroke" not in found
    assert run("render", doodle, "--style", "tiny", "--doodle", "-o", out) == 0
    assert "daub:by" not in texts(out)


def test_the_network_paints_where_strokes_cannot(doodle, unpainted_style, capsys):
    out = doodle.with_name("out.png")
    assert run("render", doodle, "--style", "tiny", "-o", out) == 0
    streams = capsys.readouterr()
    assert (
        streams.err == "daub: Tiny has no painting to copy strokes from, so the network was used.\n"
    )
    assert streams.out.endswith(" s\n")
    assert run("render", doodle, "--style", "tiny", "-o", out, "--by", "network") == 0
    assert capsys.readouterr().err == ""
    asked = "--style", "tiny", "-o", out
    assert "--upgrade" in refused(capsys, "render", doodle, *asked, "--by", "strokes")
    assert "--upgrade" in refused(capsys, "render", doodle, *asked, "--strokes", 2)


@pytest.mark.parametrize("stroke", [1.0, 2.0])
def test_a_scale_makes_the_same_picture_larger(doodle, painted_style, stroke):
    small, large = doodle.with_name("small.png"), doodle.with_name("large.tif")
    common = "render", doodle, "--style", "tiny", "--seed", 3, "--strokes", stroke
    assert run(*common, "-o", small) == 0
    assert run(*common, "-o", large, "--scale", 2, "--bits", 16) == 0
    found = cv2.imread(str(large), cv2.IMREAD_UNCHANGED)[..., ::-1]
    assert (found.shape, found.dtype) == ((96, 128, 3), np.uint16)
    shrunk = cv2.resize(found.astype(np.float32) / 257, (64, 48), interpolation=cv2.INTER_AREA)
    assert abs(shrunk - pixels(small)).mean() < 6
    if stroke == 1:
        other = doodle.with_name("other.png")
        assert run(*common, "-o", other, "--seed", 4) == 0
        assert abs(shrunk - pixels(other)).mean() > 12, "other pictures are not like it"


def test_sixteen_bits_round_to_the_eight(doodle, painted_style):
    eight, sixteen = doodle.with_name("8.png"), doodle.with_name("16.png")
    for out, bits in ((eight, 8), (sixteen, 16)):
        assert run("render", doodle, "--style", "tiny", "-o", out, "--bits", bits) == 0
    found = cv2.imread(str(sixteen), cv2.IMREAD_UNCHANGED)[..., ::-1]
    assert (np.rint(found / 257) == pixels(eight)).all()


def test_a_style_without_a_network_is_painted(doodle, painted_style, capsys):
    without_network(painted_style)
    out = doodle.with_name("out.jpg")
    common = "render", doodle, "--style", "tiny", "-o", out
    assert run(*common, "--scale", 3, "--quality", 20) == 0
    assert pixels(out).shape == (144, 192, 3)
    small = out.stat().st_size
    assert run(*common, "--scale", 3, "--quality", 95) == 0
    assert out.stat().st_size > 2 * small
    assert "not trained" in refused(capsys, *common, "--by", "network")
    assert run(*common[:-1], doodle.with_name("ids.png"), "--doodle") == 0


def test_what_render_refuses(doodle, painted_style, capsys):
    common = "render", doodle, "--style", "tiny", "-o", doodle.with_name("out.png")
    assert "--strokes" in refused(capsys, *common, "--strokes", 0)
    assert "--strokes" in refused(capsys, *common, "--strokes", 5)
    assert "--by" in refused(capsys, *common, "--by", "hand")
    assert "--by strokes" in refused(capsys, *common, "--by", "network", "--strokes", 2)
    (painted_style / "painting.webp").write_bytes(b"damaged")
    assert "painting.webp" in refused(capsys, *common)
    (painted_style / "style.toml").write_text("format = 2")
    assert "style.toml" in refused(capsys, *common)
    assert not doodle.with_name("out.png").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_stopped_it_leaves_no_file(tmp_path, painted_style):
    doodle, folder = write_doodle(tmp_path / "large.png", 1400, 1400), tmp_path / "out"
    folder.mkdir()
    command = [sys.executable, "-c", SLOWLY, "render", str(doodle), "--style", "tiny"]
    with subprocess.Popen(
        [*command, "-o", str(folder / "out.png")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ.copy(),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "step\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert list(folder.iterdir()) == []


# -- any painting with its map ---------------------------------------------------------------


def test_any_painting_paints_with_its_map(mapped, tmp_path, capsys):
    doodle, painting, painting_map = mapped
    out = tmp_path / "out.png"
    common = "render", doodle, "--from-painting", painting, "--map", painting_map, "-o", out
    assert run(*common, "--seed", 3, "--strokes", 0.5) == 0
    streams = capsys.readouterr()
    assert f"{out}: 64 x 48, after monet.png, seed 3, painted in " in streams.out
    (note,) = streams.err.splitlines()
    assert note.startswith(f"daub: {doodle}'s colour #00ff00 is not in {painting_map}; #")
    assert texts(out)["Comment"].endswith(
        ": after monet.png, seed 3, scale 1, by strokes, stroke 0.5"
    )
    plain = pixels(out)
    pair = f"light={painting},{doodle}"
    assert run(*common, "--seed", 3, "--strokes", 0.5, "--guide", f"{pair},255") == 0
    assert not np.array_equal(pixels(out), plain)
    assert run(*common, "--guide", pair) == 0


def test_what_any_painting_refuses(mapped, tmp_path, capsys):
    doodle, painting, painting_map = mapped
    out = tmp_path / "out.png"
    half = "render", doodle, "-o", out
    common = *half, "--from-painting", painting, "--map", painting_map
    assert "must be used together" in refused(capsys, *half, "--from-painting", painting)
    assert "must be used together" in refused(capsys, *half, "--map", painting_map)
    assert "--from-painting" in refused(capsys, *half, "--guide", "a=b.png,c.png")
    for wrong in ("a", "a=b.png", "=b.png,c.png", "a=b.png,", "a=b,c,d", "a=b,c,1,2", "a=b,c,1.5"):
        assert f"--guide {wrong} cannot be read" in refused(capsys, *common, "--guide", wrong)
    pair = f"light={painting},{doodle}"
    for weight in ("256", "-1"):
        assert "0 to 255" in refused(capsys, *common, "--guide", f"{pair},{weight}")
    assert "none.png does not exist" in refused(capsys, *common, "--guide", "a=none.png,b.png")
    assert "none.png does not exist" in refused(capsys, *half, "--from-painting", "none.png",
                                                "--map", painting_map)  # fmt: skip
    for option in (["--scale", 2], ["--bits", 16], ["--by", "strokes"], ["--style", "x"]):
        assert option[0] in refused(capsys, *common, *option)
    assert "--doodle" in refused(capsys, *common, "--doodle")
    narrow = tmp_path / "narrow.png"
    Image.fromarray(pixels(painting_map)[:, :70]).save(narrow)
    said = refused(capsys, *half, "--from-painting", painting, "--map", narrow)
    assert f"{narrow} is 70 x 96 pixels and {painting} 128 x 96" in said
    said = refused(capsys, *common, "--guide", f"light={painting},{narrow}")
    assert f"The guide light is 70 x 96 pixels and {doodle} 64 x 48" in said
    assert not out.exists()


def test_pictures_without_names_are_called_what_they_are(mapped):
    doodle, painting, painting_map = map(pixels, mapped)
    (note,) = mapped_painting(painting, painting_map, doodle).notes
    assert note.startswith("The doodle's colour #00ff00 is not in the map; #")
    with pytest.raises(EngineError, match=r"^The map is 70 x 96 pixels and the painting 128 x 96"):
        mapped_painting(painting, painting_map[:, :70], doodle)
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3)).astype(np.uint8)
    with pytest.raises(EngineError, match="but the map has none"):
        read_colour_map(noise)
    with pytest.raises(EngineError, match=r"but monet\.png has none"):
        read_colour_map(noise, name="monet.png")


# -- textures and sheets ------------------------------------------------------------------------


def test_a_texture_repeats_without_a_seam(painted_style, tmp_path, capsys):
    out = tmp_path / "out.png"
    common = "texture", "--style", "tiny", "--material", "sky", "-o", out
    assert run(*common, "--size", 96, "--by", "strokes", "--tile") == 0
    assert "sky of Tiny, seed 0, made in " in capsys.readouterr().out
    assert texts(out)["daub:by"] == "strokes"
    picture = pixels(out).astype(int)
    for axis in (0, 1):
        steps = np.abs(picture - np.roll(picture, 1, axis)).mean((1 - axis, 2))
        assert steps[0] <= steps[1:].max()
        assert steps[0] < 1.7 * np.median(steps[1:])


def test_what_textures_refuse(painted_style, tmp_path, capsys):
    common = "texture", "--style", "tiny", "--material", "sky", "-o", tmp_path / "out.png"
    strokes = *common, "--by", "strokes"
    assert "multiples of 16" in refused(capsys, *strokes, "--size", 100, "--tile")
    assert "size of 1 or less" in refused(capsys, *strokes, "--size", 96, "--tile", "--strokes", 2)
    assert "--quality" in refused(capsys, *strokes, "--quality", "best")
    assert "--tile" in refused(capsys, *common, "--tile")
    assert "--strokes" in refused(capsys, *common, "--strokes", 2)
    jelly = "texture", "--style", "tiny", "--material", "jelly", "-o", tmp_path / "out.png"
    assert "jelly" in refused(capsys, *jelly, "--by", "strokes")
    assert run(*strokes, "--size", 100, "--strokes", 2) == 0


def test_sheets_are_painted_by_strokes(doodle, painted_style, capsys):
    sheets = [doodle.with_name(f"{name}.png") for name in ("strokes", "network")]
    common = "sheet", doodle, doodle, "--style", "tiny", "--width", 60
    assert run(*common, "-o", sheets[0]) == 0
    assert capsys.readouterr().out == f"{sheets[0]}: 2 doodles in tiny by strokes\n"
    assert run(*common, "-o", sheets[1], "--by", "network") == 0
    assert not np.array_equal(*map(pixels, sheets))
