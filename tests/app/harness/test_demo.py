"""The demo replays a recording in the real window, worker thread and generator."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

import resources
from app import start
from app.harness import demo
from app.platform.output_guard import is_ours
from app.window.launch import has_display
from engine.studio import EngineError

SMALL = demo.Recording(
    "small", 160, 120, "starry-night", 3,
    (
        demo.Stroke("brush", 4, 40, ((20.0, 100.0), (60.0, 100.0), (150.0, 90.0))),
        demo.Stroke("brush", 2, 30, ((120.0, 30.0),)),
    ),
)  # fmt: skip


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def test_recording_in_the_package() -> None:
    recording = demo.load_recording(resources.path("demo_doodle.json"))
    assert 15 <= len(recording.strokes) <= 25
    assert {stroke.tool for stroke in recording.strokes} == {"brush"}
    assert len({stroke.material for stroke in recording.strokes}) >= 7


def test_damaged_recording(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.json"
    damaged.write_text('{"strokes": [{"tool": "brush"}]}')
    with pytest.raises(EngineError, match=r"damaged\.json"):
        demo.load_recording(damaged)


def test_demo_writes_painting_window_and_film(tmp_path: Path, qtbot: QtBot) -> None:
    film = tmp_path / "film.webp"
    result = demo.run(tmp_path / "out", film, SMALL)
    painting = pixels(result.painting)
    assert painting.shape == (120, 160, 3)
    assert painting.std() > 5
    assert pixels(result.window).shape[1] > 800
    with Image.open(film) as frames:
        assert frames.n_frames >= 2
    assert all(is_ours(path) for path in (result.painting, result.window, film))
    assert len(result.latencies) >= 3
    assert "dab to pixels" in demo.report(result)


def test_demo_repeats_itself(tmp_path: Path, qtbot: QtBot) -> None:
    """The same strokes and seed give the same painting, whatever the timing was."""
    first, second = (
        pixels(demo.run(tmp_path / name, recording=SMALL).painting) for name in ("first", "second")
    )
    assert np.array_equal(first, second)


def test_unknown_style(tmp_path: Path, qtbot: QtBot) -> None:
    with pytest.raises(EngineError, match="no-such-style"):
        demo.run(tmp_path, recording=replace(SMALL, style="no-such-style"))


def test_unwritable_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert start.run(["--demo", "--demo-out", str(tmp_path / "file" / "out")]) == 2
    assert f"{tmp_path / 'file'} is not a folder" in capsys.readouterr().err


@pytest.mark.parametrize("ending", [".webp", ".GIF"])
def test_films_are_known_as_daubs(ending: str, tmp_path: Path) -> None:
    film = tmp_path / f"film{ending}"
    demo.save_film([Image.new("RGB", (40, 30), colour) for colour in ("red", "blue")], film)
    assert is_ours(film)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Folders that the demo was allowed to use."""
    folders: list[Path] = []
    monkeypatch.setattr(demo, "run", lambda folder, _: folders.append(folder))
    monkeypatch.setattr(demo, "report", lambda _: "done")
    return folders


def test_the_demo_replaces_nothing_of_others(
    ran: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, film = tmp_path / "out", tmp_path / "film.webp"
    out.mkdir()
    options = ["--demo", "--demo-out", str(out), "--animation", str(film)]
    for path in (*demo.files(out), film):
        Image.new("RGB", (8, 8)).save(path)
        assert start.run(options) == 2
        told = capsys.readouterr().err
        assert told == f"daub: {path} already exists. Use --overwrite to replace it.\n"
        assert start.run([*options, "--overwrite"]) == 0
        path.unlink()
    demo.save_film([Image.new("RGB", (8, 8))] * 2, film)
    assert start.run(options) == 0
    assert ran == [out] * 4


def test_no_film_has_another_ending_or_is_a_folder(
    ran: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "film.gif"
    folder.mkdir()
    for film, told in ((folder, "it is a folder"), (tmp_path / "film.mp4", ".webp or .gif")):
        assert start.run(["--demo-out", str(tmp_path), "--animation", str(film)]) == 2
        assert told in capsys.readouterr().err
    assert ran == []


@pytest.mark.skipif(sys.platform != "linux", reason="only X11 and Wayland can be absent")
def test_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert not has_display()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert has_display()


def started_without_display(*arguments: str) -> subprocess.CompletedProcess[str]:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        env=environment, capture_output=True, text=True, check=False,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="only X11 and Wayland can be absent")
def test_start_without_display_runs_the_demo(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    done = started_without_display("--demo-out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "no display" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only X11 and Wayland can be absent")
def test_a_file_without_display_is_refused(tmp_path: Path) -> None:
    done = started_without_display(str(tmp_path / "missing.ora"), "--demo-out", str(tmp_path))
    assert done.returncode == 2
    assert "missing.ora cannot be shown: there is no display" in done.stderr
    assert list(tmp_path.iterdir()) == []
