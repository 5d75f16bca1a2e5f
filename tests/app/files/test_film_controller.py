"""Films of how a painting was made: the dialog, the file, stopping and errors."""

from pathlib import Path

import av
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.document.film import RATE, FilmOptions
from app.services.film_worker import GAP
from app.widgets.film_dialog import FilmDialog
from app.window.main_window import MainWindow
from tests.support.fakes import HEIGHT, WIDTH, FakeStudio, fake_paint
from tests.support.hand import drag

SECONDS = 3


@pytest.fixture
def painted(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """A window with three strokes on the starter doodle, the last of them in another style."""
    canvas = window.workspace.canvas
    for number, material in enumerate((1, 5)):
        window.session.set_options(tool="brush", material=material, size=24, smoothing=0.0)
        drag(canvas, [(20, 20 + 30 * number), (90, 20 + 30 * number)])
    window.session.choose_style("other")
    drag(canvas, [(20, 90), (90, 90)])
    qtbot.waitUntil(lambda: not window.session.preview.busy)
    return window


def dialog_of(window: MainWindow) -> FilmDialog:
    window.actions_by_id["film"].trigger()
    dialog = window.filming.dialog
    assert isinstance(dialog, FilmDialog)
    return dialog


def filmed(qtbot: QtBot, window: MainWindow, path: Path, layout: str) -> list[np.ndarray]:
    """Export a film through the dialog and return its frames, (h, w, 3) uint8."""
    dialog = dialog_of(window)
    dialog.format_box.setCurrentIndex(dialog.format_box.findData(path.suffix))
    dialog.layout_box.setCurrentIndex(dialog.layout_box.findData(layout))
    dialog.size_box.setCurrentIndex(0)
    dialog.seconds.setValue(SECONDS)
    dialog.file.setText(str(path))
    with qtbot.waitSignal(window.session.films.written, timeout=20_000):
        QTest.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]


def near(frame: np.ndarray, picture: np.ndarray) -> bool:
    """Whether an encoded frame shows an enlarged picture, but for its edges."""
    scale = frame.shape[1] / picture.shape[1]
    rows, columns = (
        ((np.arange(length) + 0.5) / scale).astype(int).clip(0, size - 1)
        for length, size in zip(frame.shape[:2], picture.shape[:2], strict=True)
    )
    apart = np.abs(frame.astype(int) - picture[rows][:, columns]).max(2)
    return float((apart > 24).mean()) < 0.1


@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
def test_a_film_goes_from_the_first_doodle_to_the_painting(
    qtbot: QtBot, painted: MainWindow, tmp_path: Path, suffix: str
) -> None:
    document = painted.session.document
    frames = filmed(qtbot, painted, tmp_path / f"film{suffix}", "painting")
    with av.open(str(tmp_path / f"film{suffix}")) as film:
        assert film.duration == SECONDS * 10**6
    assert len(frames) == SECONDS * RATE or suffix == ".gif"
    assert max(frames[0].shape[:2]) == 480
    painted.session.history.go_to(0)
    qtbot.waitUntil(lambda: painted.session.history.at == 0)
    first = document.labels.snapshot().array()
    assert near(frames[0], fake_paint(first, "starry-night", document.seed))
    painted.session.history.go_to(4)
    qtbot.waitUntil(lambda: painted.session.history.at == 4)
    last = document.labels.snapshot().array()
    assert near(frames[-1], fake_paint(last, "other", document.seed))
    assert not near(frames[0], fake_paint(last, "other", document.seed))


def test_the_doodle_is_beside_or_below(qtbot: QtBot, painted: MainWindow, tmp_path: Path) -> None:
    beside = filmed(qtbot, painted, tmp_path / "a.mp4", "beside")[-1]
    below = filmed(qtbot, painted, tmp_path / "b.mp4", "below")[-1]
    width, height = 480, round(480 * HEIGHT / WIDTH / 2) * 2
    assert beside.shape[:2] == (height, 2 * width + GAP)
    assert below.shape[:2] == (2 * height + GAP, width)
    assert np.abs(beside[:, -width:].astype(int) - below[-height:]).mean() < 6


def test_a_stopped_film_leaves_no_file(
    qtbot: QtBot, painted: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    films = painted.session.films
    studio.hold()
    painted.filming._collect(FilmOptions(tmp_path / "film.mp4", 480, SECONDS))
    qtbot.waitUntil(lambda: films.busy)
    with qtbot.waitSignal(films.stopped):
        QTest.mouseClick(painted.filming.progress.stop_button, Qt.MouseButton.LeftButton)
        studio.let_go()
    assert not films.busy
    assert not [path for path in tmp_path.iterdir() if path.suffix in (".mp4", ".part")]
    assert "film.mp4" in painted.workspace.messages.text


def test_a_folder_that_vanished_is_named(qtbot: QtBot, painted: MainWindow, tmp_path: Path) -> None:
    missing = tmp_path / "gone" / "film.mp4"
    with qtbot.waitSignal(painted.session.films.problem):
        painted.filming._collect(FilmOptions(missing, 480, SECONDS))
    assert str(missing) in painted.workspace.messages.text


def test_the_dialog_replaces_no_file_unasked(painted: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"old")
    dialog = dialog_of(painted)
    dialog.file.setText(str(tmp_path / "film.mp4"))
    assert dialog.go.text() == "Replace"
    dialog.file.setText(str(tmp_path / "other.mp4"))
    assert dialog.go.text() == "Export"
    dialog.file.setText(str(tmp_path / "film.txt"))
    assert not dialog.go.isEnabled()
    dialog.reject()


def test_the_options_come_back(qtbot: QtBot, painted: MainWindow, tmp_path: Path) -> None:
    filmed(qtbot, painted, tmp_path / "a.gif", "below")
    answer = dialog_of(painted).answer()
    assert (answer.layout, answer.seconds, answer.longest) == ("below", SECONDS, 480)
    assert answer.path.suffix == ".gif"
    assert not answer.path.exists()
