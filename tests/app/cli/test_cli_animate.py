"""``daub animate``: doodles become a film; stop and go on, refusals."""

import os
import signal
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app.cli import main as cli
from app.cli.animate import _source
from app.document import openraster
from app.document.brushwork import Brushwork
from app.document.directions import DirectionSnapshot
from app.document.document_state import DocumentState, SavedDocument
from app.document.label_map import LabelMap
from app.document.photo import Photo
from engine.image import save_doodle
from engine.studio import Studio
from engine.video.doodle_film import DoodleFilmRequest
from engine.video.files import open_clip
from engine.video.progress import UnfinishedFilm, folder_beside
from resources.materials import in_colours
from tests.app.cli.test_cli_strokes import painted_style  # noqa: F401
from tests.support.command_line import refused
from tests.support.directions import layer
from tests.support.scenes import scene

pytestmark = pytest.mark.usefixtures("painted_style")

TINY = "--style", "tiny"
QUICK = *TINY, "--seconds", "1", "--hold", "0.2", "--rate", "5"


@pytest.fixture
def doodles(tmp_path: Path) -> list[Path]:
    found = []
    for number, sun in enumerate([(30, 20), (90, 24), (130, 30)]):
        path = tmp_path / "doodles" / f"{number + 8}.png"
        path.parent.mkdir(exist_ok=True)
        save_doodle(path, scene(sun, 40 + 30 * number))
        found.append(path)
    return found


def document(path: Path, **fields: Any) -> Path:
    state = DocumentState(LabelMap.from_array(scene()).snapshot(), "tiny", 7)
    openraster.save(path, SavedDocument(replace(state, **fields)))
    return path


def run(*arguments: object) -> int:
    return cli.run(["animate", *map(str, arguments)])


def frames(path: Path) -> list[np.ndarray]:
    return [frame.pixels for frame in open_clip(path).frames()]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[DoodleFilmRequest]:
    """Requests that were made."""
    requests, film = [], Studio.doodle_film

    def kept(self: Studio, request: DoodleFilmRequest, doodles: Any) -> Any:
        requests.append(request)
        return film(self, request, doodles)

    monkeypatch.setattr(Studio, "doodle_film", kept)
    return requests


@pytest.mark.parametrize("ending", ["mp4", "webm", "webp", "gif"])
def test_doodles_become_a_film(
    tmp_path: Path, doodles: list[Path], ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / f"out.{ending}"
    assert run(*doodles, *QUICK, "-o", out) == 0
    assert "by strokes, 11 frames painted" in capsys.readouterr().out
    found = frames(out)
    assert len(found) == 3 + 2 * 4
    assert found[0].shape == (96, 160, 3)
    assert not np.array_equal(found[0], found[5])
    assert sorted(path.name for path in tmp_path.glob("*o*")) == ["doodles", out.name]


def test_a_loop_is_a_way_longer(tmp_path: Path, doodles: list[Path]) -> None:
    out = tmp_path / "f" / "%d.png"
    assert run(*doodles, *QUICK, "--loop", "-o", out) == 0
    assert len(list(out.parent.iterdir())) == 3 + 3 * 4


@pytest.mark.parametrize("name", ["%d.png", ""])
def test_numbered_doodles_are_the_frames(tmp_path: Path, doodles: list[Path], name: str) -> None:
    out = tmp_path / "out.mkv"
    assert run(doodles[0].parent / name, *TINY, "-o", out) == 0
    assert len(frames(out)) == 3
    assert open_clip(out).info.rate == 25
    assert run(doodles[0].parent / name, *QUICK, "--overwrite", "-o", out) == 0
    assert len(frames(out)) == 11


def test_a_clip_of_doodles(tmp_path: Path, doodles: list[Path]) -> None:
    pictures = []
    for path in doodles:
        with Image.open(path) as image:
            pictures.append(image.convert("RGB"))
    clip, out = tmp_path / "clip.gif", tmp_path / "out.mkv"
    pictures[0].save(clip, save_all=True, append_images=pictures[1:], duration=100)
    assert run(clip, *TINY, "-o", out) == 0
    assert len(frames(out)) == 3
    assert open_clip(out).info.rate == 10


def test_one_doodle_boils(tmp_path: Path, doodles: list[Path]) -> None:
    out = tmp_path / "o.mkv"
    assert run(doodles[0], *TINY, "--boil", 2, "--rate", 4, "--hold", 1, "-o", out) == 0
    found = [frame.astype(int) for frame in frames(out)]
    assert np.abs(found[0] - found[1]).mean() < 1
    assert np.abs(found[1] - found[2]).mean() > 5


def test_documents_bring_their_style_directions_and_strokes(
    tmp_path: Path, asked: list[DoodleFilmRequest]
) -> None:
    cells = DirectionSnapshot.of_array(layer((96, 160), 0.5))
    pair = [
        document(tmp_path / "a.ora", directions=cells, brushwork=Brushwork(1.5)),
        document(tmp_path / "b.ora"),
    ]
    timing = "--seconds", "1", "--rate", "4"
    assert run(*pair, *timing, "-o", tmp_path / "o.gif") == 0
    look = asked[0].look
    assert (look.style, look.seed, look.stroke) == ("tiny", 7, 1.5)
    assert len(frames(tmp_path / "o.gif")) == 7
    assert run(*pair, *timing, "--strokes", 0.5, "--seed", 1, "-o", tmp_path / "p.gif") == 0
    look = asked[1].look
    assert (look.seed, look.stroke) == (1, 0.5)
    one, other = frames(tmp_path / "o.gif"), frames(tmp_path / "p.gif")
    assert not np.array_equal(one[0], other[0])


def test_documents_of_other_programs_are_read_by_their_colours(tmp_path: Path) -> None:
    own, foreign = document(tmp_path / "own.ora"), tmp_path / "foreign.ora"
    with zipfile.ZipFile(own) as archive, zipfile.ZipFile(foreign, "w") as copy:
        for name in archive.namelist():
            if not name.startswith("daub/"):
                content = archive.read(name)
                copy.writestr(name, content.replace(b"data/painting.png", b"data/doodle.png"))
    found = list(_source([own, foreign], None).read())
    assert np.array_equal(found[1].labels, scene())
    assert np.array_equal(found[0].labels, scene())
    assert _source([foreign], None).document() is None


def test_documents_with_a_photo_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = Photo("p.jpg", np.zeros((96, 160, 3), np.uint8))
    pair = document(tmp_path / "a.ora"), document(tmp_path / "b.ora", photo=photo)
    told = refused(capsys, "animate", *pair, "-o", tmp_path / "o.mp4")
    assert "b.ora has a photo" in told
    damaged = tmp_path / "c.ora"
    damaged.write_bytes(b"PK")
    told = refused(capsys, "animate", pair[0], damaged, "-o", tmp_path / "o.mp4")
    assert "c.ora" in told


def test_a_smaller_film_and_the_network(tmp_path: Path, doodles: list[Path]) -> None:
    out = tmp_path / "out.mkv"
    assert run(*doodles[:2], *QUICK, "--by", "network", "--longest", 80, "-o", out) == 0
    found = frames(out)
    assert len(found) == 6
    assert found[0].shape == (48, 80, 3)


def test_a_killed_run_goes_on_at_the_next_frame(
    tmp_path: Path, doodles: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    whole, out = tmp_path / "whole.mkv", tmp_path / "out.mkv"
    command = [*map(str, doodles[:2]), *QUICK, "--loop"]
    assert run(*command, "-o", whole) == 0
    code = (
        "import os, signal, sys\n"
        "from engine.video import progress\n"
        "add = progress.UnfinishedFilm.add\n"
        "def stop(self, *arguments):\n"
        "    add(self, *arguments)\n"
        "    if self.done == 7:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "progress.UnfinishedFilm.add = stop\n"
        "from app.cli import main\n"
        f"sys.exit(main.run({['animate', *command, '-o', str(out)]}))\n"
    )
    if os.name == "posix":
        killed = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
        assert killed.returncode == -signal.SIGKILL
        assert not out.exists()
        capsys.readouterr()
        assert run(*command, "-o", out) == 0
        assert "3 frames painted" in capsys.readouterr().out
        assert all(map(np.array_equal, frames(out), frames(whole)))


def test_a_changed_doodle_is_refused_until_begun_anew(
    tmp_path: Path, doodles: list[Path], capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    out, add = tmp_path / "out.mkv", UnfinishedFilm.add

    def stopping(film: UnfinishedFilm, *arguments: Any) -> None:
        add(film, *arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(UnfinishedFilm, "add", stopping)
    assert run(*doodles, *QUICK, "-o", out) == 130
    assert "Run the same command to continue" in capsys.readouterr().err
    assert run(*doodles, *QUICK, "--again", "-o", out) == 130
    assert "Run the same command without --again to continue" in capsys.readouterr().err
    assert not out.exists()
    assert folder_beside(out).exists()
    monkeypatch.setattr(UnfinishedFilm, "add", add)
    Image.fromarray(in_colours(scene((60, 30)))).save(doodles[2])
    assert "--again" in refused(capsys, "animate", *doodles, *QUICK, "-o", out)
    assert run(*doodles, *QUICK, "--again", "-o", out) == 0
    assert len(frames(out)) == 11


def test_refusals_are_one_sentence(
    tmp_path: Path, doodles: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    out, folder = tmp_path / "o.mp4", tmp_path / "empty"
    folder.mkdir()
    small = tmp_path / "small.png"
    save_doodle(small, scene()[:50])

    def sentence(*arguments: object, to: Path = out) -> str:
        return refused(capsys, "animate", *arguments, "-o", to)

    assert "does not exist" in sentence(tmp_path / "no.png", doodles[0], *TINY)
    assert "does not exist" in sentence(tmp_path / "no.ora", doodles[0])
    assert "small.png is 160 x 50 pixels, but" in sentence(doodles[0], small, *TINY)
    assert "two doodles or more" in sentence(doodles[0], *TINY)
    assert "has no doodles" in sentence(folder)
    assert "names no doodles" in sentence(folder / "%d.png")
    assert "suffix of a film" in sentence(*doodles, *TINY, to=tmp_path / "o.avi")
    assert "no style" in sentence(*doodles, "--style", "nobody")
    assert "Only strokes can boil" in sentence(*doodles, *TINY, "--by", "network", "--boil", 2)
    assert "--strokes" in sentence(*doodles, *TINY, "--by", "network", "--strokes", 2)
    assert "would lie among" in sentence(doodles[0].parent, to=doodles[0].parent / "o.gif")
    linked = doodles[0].parent / ".." / doodles[0].parent.name / "o.gif"
    assert "would lie among" in sentence(doodles[0].parent, to=linked)
    assert "is an input" in sentence(*doodles, "--overwrite", to=doodles[1])
    assert "--seconds" in sentence(*doodles, *TINY, "--seconds", "nan")
    clip = tmp_path / "broken.mp4"
    clip.write_bytes(b"no clip")
    assert "is not a clip" in sentence(clip)
    out.write_text("mine")
    assert "already exists" in sentence(*doodles)
    assert out.read_text() == "mine"
    left = {path.name for path in tmp_path.iterdir()} - {"styles"}
    assert left == {"broken.mp4", "doodles", "empty", "o.mp4", "small.png"}
