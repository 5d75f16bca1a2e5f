"""Films of how a painting was made: the dialog, the file, stopping and errors."""

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.document.export_options import ExportOptions
from app.document.film import RATE, FilmOptions
from app.document.label_map import LabelMap
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


def start(window: MainWindow, path: Path) -> None:
    window.filming._collect(FilmOptions(path, 480, SECONDS, "painting"))


def test_closing_waits_for_the_film(
    qtbot: QtBot, painted: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    painted.session.document.set_modified(False)
    studio.hold()
    start(painted, tmp_path / "film.mp4")
    painted.close()  # while the states are collected
    assert painted.isVisible()
    assert "when the export is finished" in painted.workspace.messages.text
    studio.let_go()
    qtbot.waitUntil(lambda: not painted.isVisible(), timeout=20_000)
    with av.open(str(tmp_path / "film.mp4")) as film:
        assert film.streams.video[0].frames == SECONDS * RATE


def test_closing_waits_for_film_and_export(
    qtbot: QtBot, painted: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    painted.session.document.set_modified(False)
    studio.hold()
    start(painted, tmp_path / "film.mp4")
    painted.session.export(ExportOptions(tmp_path / "out.png"))
    painted.close()
    studio.let_go()
    qtbot.waitUntil(lambda: not painted.isVisible(), timeout=20_000)
    assert (tmp_path / "film.mp4").exists()
    assert (tmp_path / "out.png").exists()


def test_closing_twice_while_states_are_collected_begins_no_film(
    qtbot: QtBot, painted: MainWindow, tmp_path: Path
) -> None:
    painted.session.document.set_modified(False)
    start(painted, tmp_path / "film.mp4")
    painted.close()
    painted.close()
    assert not painted.isVisible()
    QTest.qWait(50)
    assert not painted.session.films.busy
    assert not (tmp_path / "film.mp4").exists()


def test_a_film_is_of_the_document_it_was_begun_for(
    qtbot: QtBot, painted: MainWindow, tmp_path: Path
) -> None:
    session, path = painted.session, tmp_path / "film.mp4"
    labels, seed = session.document.labels.snapshot().array(), session.document.seed
    start(painted, path)
    session.history.clear()
    session.document.replace_canvas(
        replace(session.document.state(), labels=LabelMap(64, 200, material=9).snapshot())
    )
    with qtbot.waitSignal(session.films.written, timeout=20_000):
        pass
    with av.open(str(path)) as film:
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert near(frames[-1], fake_paint(labels, "other", seed))
    assert not near(frames[0], fake_paint(labels, "other", seed))


def test_a_removed_style_is_replaced_by_the_last_one(
    qtbot: QtBot, painted: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    session = painted.session
    del session.styles["starry-night"]
    frames = filmed(qtbot, painted, tmp_path / "film.mp4", "painting")
    session.history.go_to(0)
    qtbot.waitUntil(lambda: session.history.at == 0)
    first = session.document.labels.snapshot().array()
    assert near(frames[0], fake_paint(first, "other", session.document.seed))


def test_any_text_may_stand_for_the_file(painted: MainWindow, tmp_path: Path) -> None:
    dialog = dialog_of(painted)
    (tmp_path / "folder.mp4").mkdir()
    for text in ("", "/", "~nobody-here/a.mp4", "x" * 300 + ".mp4", str(tmp_path / "folder.mp4")):
        dialog.file.setText(text)
        dialog.format_box.activated.emit(0)
        dialog.answer()
        assert not dialog.go.isEnabled()
        assert dialog.note.text().endswith(".")
    dialog.reject()


def test_unknown_stored_options_are_replaced(painted: MainWindow) -> None:
    painted.settings.film_size, painted.settings.film_layout = 1, "above"
    answer = dialog_of(painted).answer()
    assert (answer.longest, answer.layout) == (480, "painting")
