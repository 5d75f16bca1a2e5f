"""``daub styles new``: a picture and scribbles become a pack."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.cli import main as cli
from engine.packs.style_info import style_info
from tests.support.command_line import refused

SKY, GROUND = (91, 155, 213), (138, 90, 52)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Write a picture of light over dark, and scribbles.png beside it."""
    pixels = np.random.default_rng(0).normal(0, 12, (96, 128, 3))
    pixels[:48] += (90, 140, 210)
    pixels[48:] += (110, 80, 50)
    path = tmp_path / "My Picture.png"
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
    strokes = np.zeros((96, 128, 4), np.uint8)
    strokes[20:24, 10:100] = (*SKY, 255)
    strokes[70:74, 10:100] = (*GROUND, 255)
    Image.fromarray(strokes).save(tmp_path / "scribbles.png")
    return path


def arguments(picture: Path, *more: object) -> list[str]:
    scribbles, out = picture.parent / "scribbles.png", picture.parent / "mine"
    given = ("styles", "new", picture, "--scribbles", scribbles, "-o", out, *more)
    return [str(each) for each in given]


def test_a_style_is_made(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(arguments(picture, "--artist", "Anna", "--strictness", "1")) == 0
    out = picture.parent / "mine"
    assert capsys.readouterr().out.startswith(f"{out}: My Picture, sky, ground; made in ")
    info = style_info(out)
    assert (info.title, info.artist, info.problem) == ("My Picture", "Anna", None)
    assert info.thumbnail is not None
    assert cli.run(["styles", str(out), "--check"]) == 0


def test_nothing_is_replaced_unasked(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(arguments(picture)) == 0
    before = {path: path.read_bytes() for path in (picture.parent / "mine").iterdir()}
    assert "--overwrite" in refused(capsys, *arguments(picture))
    assert {path: path.read_bytes() for path in before} == before
    assert cli.run(arguments(picture, "--title", "Other", "--overwrite")) == 0
    assert style_info(picture.parent / "mine").title == "Other"


def test_mistakes_are_told_in_one_sentence(
    picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = picture.parent
    command = ("styles", "new", picture, "-o")
    scribbles = ("--scribbles", folder / "scribbles.png")
    assert "--scribbles" in refused(capsys, *command, folder / "mine")
    assert "no stroke in a material" in refused(
        capsys, *command, folder / "mine", "--scribbles", picture
    )
    assert "lower-case letters" in refused(capsys, *command, folder / "My Style", *scribbles)
    assert "is an input" in refused(capsys, *command, folder, *scribbles)
    assert "absent.png" in refused(
        capsys, *command, folder / "mine", "--scribbles", folder / "absent.png"
    )
    assert sorted(path.name for path in folder.iterdir()) == ["My Picture.png", "scribbles.png"]


def test_styles_still_has_its_own_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["styles", "--help"]) == 0
    assert " new " in capsys.readouterr().out
    assert cli.run(["styles", "new", "--help"]) == 0
    assert "--scribbles" in capsys.readouterr().out
    assert cli.run(["styles"]) == 0
    assert "starry-night" in capsys.readouterr().out
