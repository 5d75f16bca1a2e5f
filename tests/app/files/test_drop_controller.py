"""Drops on the window, with real events: accepted, refused, and other files offered."""

import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QProcess, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app.batch import photo_batch
from app.batch.photo_tasks import BatchOptions, Outcome, Task
from app.files import drop_controller
from app.platform.theme import DARK, LIGHT, colours_of
from app.services.photo_painter import engine_look
from app.widgets import message_bar
from app.widgets.batch_dialog import BatchDialog
from app.widgets.clipboard import image_of, rgb_of
from app.window.application import create_application
from app.window.main_window import MainWindow
from engine.formats import told_by
from tests.support.file_dialogs import drop, files, picture_file
from tests.support.hand import drag
from tests.support.photo_documents import photo_file, photo_pixels, settle

CTRL = Qt.KeyboardModifier.ControlModifier
LEFT, PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def enter(window: MainWindow, mime: QMimeData) -> bool:
    event = QDragEnterEvent(QPoint(400, 300), Qt.DropAction.CopyAction, mime, LEFT, PLAIN)
    QApplication.sendEvent(window, event)
    return event.isAccepted()


def edge(window: MainWindow) -> str:
    """Return the visible colour at the left edge."""
    seen = rgb_of(window.grab().toImage())
    return "#" + bytes(seen[len(seen) // 2, 1]).hex()


def web(address: str) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl(address)])
    return mime


# -- while it hangs above the window ----------------------------------------------------------


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_the_window_is_framed_while_something_hangs_above_it(
    window: MainWindow, tmp_path: Path, theme: str
) -> None:
    create_application([], theme)
    try:
        frame, mime = window.drop_controller.frame, files(tmp_path / "a.jpg")
        assert not frame.isVisible()
        assert enter(window, mime)
        assert frame.isVisible()
        assert frame.geometry() == window.rect()
        accent = colours_of(theme)["accent"]
        assert edge(window) == accent
        QApplication.sendEvent(window, QDragLeaveEvent())
        assert not frame.isVisible()
        assert edge(window) != accent
        assert enter(window, mime)
        drop_event = QDropEvent(
            QPointF(400, 300), Qt.DropAction.CopyAction, mime, LEFT, PLAIN, QEvent.Type.Drop
        )
        QApplication.sendEvent(window, drop_event)
        assert not frame.isVisible()
    finally:
        create_application([], DARK)


def test_what_cannot_be_taken_is_refused_and_says_why(window: MainWindow) -> None:
    assert not enter(window, web("https://x.org/sea.jpg"))
    assert not window.drop_controller.frame.isVisible()
    assert "https://x.org/sea.jpg is a web address. Save" in window.workspace.messages.text
    mime = QMimeData()
    mime.setText("hello")
    assert not enter(window, mime)
    assert "no picture and no file" in window.workspace.messages.text


# -- from a browser ---------------------------------------------------------------------------


def test_a_picture_dragged_from_a_browser_is_painted(qtbot: QtBot, window: MainWindow) -> None:
    mime = web("https://x.org/pictures/sea.jpg")
    mime.setImageData(image_of(photo_pixels()))
    assert drop(window, mime)
    document = window.session.document
    qtbot.waitUntil(lambda: document.photo is not None)
    settle(qtbot, window)
    assert document.photo.name == "sea.jpg"
    assert np.array_equal(document.photo.pixels, photo_pixels())


def test_a_picture_that_cannot_be_read_is_one_sentence(window: MainWindow) -> None:
    mime = web("https://x.org/pictures/sea.jpg")
    mime.setData("image/jpeg", b"no picture")
    assert drop(window, mime)
    assert "sea.jpg cannot be read as a picture." in window.workspace.messages.text


def test_a_temporary_photo_may_go_as_soon_as_it_is_dropped(
    qtbot: QtBot, window: MainWindow
) -> None:
    passing, remembered = photo_file(Path(tempfile.gettempdir())), window.settings.import_folder
    drop(window, files(passing))
    passing.unlink()
    document = window.session.document
    qtbot.waitUntil(lambda: document.photo is not None)
    assert document.photo.name == passing.name
    assert window.files.file.path is None
    assert window.settings.import_folder == remembered


def test_a_temporary_painting_is_never_saved_over(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    drag(window.workspace.canvas, [(50, 50), (90, 90)])
    passing = Path(tempfile.gettempdir()) / "from archive.ora"
    with qtbot.waitSignal(window.files.file.saved):
        window.files.file.save(passing)
    window.session.clear()
    window.settings.folder = str(tmp_path)
    labels = window.session.document.labels
    cleared = labels.snapshot().array()
    drop(window, files(passing))
    passing.unlink()
    qtbot.waitUntil(
        lambda: not np.array_equal(window.session.document.labels.snapshot().array(), cleared)
    )
    assert window.files.file.path is None
    assert window.session.document.modified
    assert window.settings.folder == str(tmp_path)
    assert str(window.opening.recent.paths).count("daub-") == 0


def test_a_pasted_address_says_why_not(window: MainWindow) -> None:
    QGuiApplication.clipboard().setMimeData(web("https://x.org/sea.jpg"))
    QTest.keyClick(window, Qt.Key.Key_V, CTRL)
    assert "is a web address" in window.workspace.messages.text
    QGuiApplication.clipboard().clear()


def test_a_file_that_is_not_there_is_named(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    for name in ("gone.jpg", "gone.ora"):
        drop(window, files(tmp_path / name))
        path = str(tmp_path / name)
        qtbot.waitUntil(
            lambda path=path: f"{path} does not exist" in window.workspace.messages.text
        )


# -- several --------------------------------------------------------------------------------


def press(window: MainWindow, answer: str) -> None:
    buttons = window.workspace.messages.buttons
    next(button for button in buttons if button.text() == answer).click()


def asked(qtbot: QtBot, window: MainWindow, words: str) -> None:
    messages = window.workspace.messages
    qtbot.waitUntil(lambda: words in messages.text and bool(messages.buttons))


def choose_folder(window: MainWindow, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    press(window, "Choose a folder...")
    dialog = window.batch.dialog
    assert isinstance(dialog, QFileDialog)
    dialog.setDirectory(str(folder.parent))
    dialog.selectFile(str(folder))
    dialog.accept()


def photos(folder: Path, *names: str) -> list[Path]:
    folder.mkdir(exist_ok=True)
    return [photo_file(folder, name) for name in names]


class Batch:
    """Stands in for the worker processes: records requests and waits until `go` is set."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []
        self.wishes: list[BatchOptions] = []
        self.bad: set[str] = set()
        self.go = threading.Event()
        self.go.set()

    def __call__(
        self,
        tasks: Sequence[Task],
        wish: BatchOptions,
        workers: int,
        unwanted: Callable[[], bool],
        paused: Callable[[], bool],
    ) -> Iterator[Outcome]:
        self.tasks += tasks
        self.wishes.append(wish)
        for task in tasks:
            while not (self.go.wait(0.01) and not paused()) and not unwanted():
                pass
            if unwanted():
                return
            bad = task.source.name in self.bad
            if not bad:
                picture_file(task.target, photo_pixels(60, 50) // 2)
            yield Outcome(task, f"{task.source} cannot be read." if bad else "")


@pytest.fixture
def batch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Batch]:
    fake = Batch()
    monkeypatch.setattr(photo_batch, "paint_all", lambda *given: _generator(fake(*given)))
    yield fake
    fake.go.set()


def _generator(outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    yield from outcomes


def test_the_first_of_several_photos_is_opened_and_the_others_are_painted(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, batch: Batch
) -> None:
    given = photos(tmp_path / "in", "c.png", "a.png", "b.png")
    assert drop(window, files(*given))
    asked(qtbot, window, "Paint the other 2 photos too?")
    document = window.session.document
    assert document.photo.name == "c.png"
    window.session.photo_look.change(strength=0.5)
    batch.go.clear()
    choose_folder(window, tmp_path / "out")
    progress = window.batch.progress
    qtbot.waitUntil(lambda: bool(batch.wishes))
    assert progress.isVisible()
    qtbot.waitUntil(lambda: progress.time_left.text().startswith("0 of 2, "))
    batch.go.set()
    asked(qtbot, window, f"Painted 2 of 2 photos into {tmp_path / 'out'}.")
    assert not progress.isVisible()
    names = [(task.source, task.target) for task in batch.tasks]
    assert names == [(path, tmp_path / "out" / path.name) for path in given[1:]]
    look = batch.wishes[0].look
    assert look.strength == 0.5
    assert look == engine_look(document.look, document.style_id, document.seed)


def test_several_pasted_files_are_taken_alike(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    QGuiApplication.clipboard().setMimeData(files(*photos(tmp_path / "in", "a.png", "b.png")))
    QTest.keyClick(window, Qt.Key.Key_V, CTRL)
    asked(qtbot, window, "Paint the other photo too?")
    assert window.session.document.photo.name == "a.png"
    QGuiApplication.clipboard().clear()


def test_files_that_were_looked_through_as_the_window_closed_are_not_opened(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(window.opening, "open", lambda path, lent=False: opened.append(path))
    drop(window, files(*photos(tmp_path / "in", "a.png", "b.png")))
    assert window.close()  # all is found by then; the signal of it is still on its way
    QApplication.processEvents()
    assert not opened


def test_photos_that_are_only_lent_may_be_gone_before_the_answer(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, batch: Batch
) -> None:
    lent = photos(Path(tempfile.gettempdir()), "a.png", "b.png")
    drop(window, files(*lent))
    for path in lent:
        path.unlink()
    asked(qtbot, window, "Paint the other photo too?")
    choose_folder(window, tmp_path / "out")
    asked(qtbot, window, "1 of 1 photos")
    assert [task.target for task in batch.tasks] == [tmp_path / "out" / "b.png"]


def test_the_photos_of_a_folder_keep_their_places(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, batch: Batch
) -> None:
    folder = tmp_path / "in"
    photos(folder, "2.png", "1.png")
    (folder / "notes.txt").touch()
    photos(folder / "deep", "3.png")
    drop(window, files(folder))
    asked(qtbot, window, "Also found: 2 photos, 1 other file. Paint the photos too?")
    assert window.session.document.photo.name == "1.png"
    (tmp_path / "out" / "deep").mkdir(parents=True)
    choose_folder(window, tmp_path / "out")
    asked(qtbot, window, "2 of 2 photos")
    targets = [task.target.relative_to(tmp_path / "out").as_posix() for task in batch.tasks]
    assert targets == ["2.png", "deep/3.png"]


def test_nothing_is_replaced_and_what_is_not_painted_is_listed(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, batch: Batch
) -> None:
    given = photos(tmp_path / "in", "a.png", "b.png", "bad.png", "d.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "b.png").write_bytes(b"mine")
    batch.bad.add("bad.png")
    drop(window, files(*given))
    asked(qtbot, window, "other 3 photos")
    choose_folder(window, tmp_path / "out")
    asked(qtbot, window, "1 of 3 photos")
    window.batch.photos.close()
    press(window, "Show problems")
    assert window.batch.photos.isVisible()
    said = window.batch.photos.problems.toPlainText()
    target = tmp_path / "out" / "b.png"
    assert f"b.png was not painted because {target} already exists." in said
    assert f"{given[2]} cannot be read." in said
    assert (tmp_path / "out" / "b.png").read_bytes() == b"mine"


def test_photos_are_never_painted_over(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, batch: Batch
) -> None:
    given = photos(tmp_path / "in", "a.png", "b.png")
    before = given[1].read_bytes()
    drop(window, files(*given))
    asked(qtbot, window, "Paint the other photo too?")
    choose_folder(window, tmp_path / "in")
    messages = window.workspace.messages
    qtbot.waitUntil(lambda: "is an input. Choose another" in messages.text)
    assert given[1].read_bytes() == before
    assert not batch.tasks


def test_a_batch_can_be_stopped(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, batch: Batch
) -> None:
    batch.go.clear()
    drop(window, files(*photos(tmp_path / "in", "a.png", "b.png", "c.png")))
    asked(qtbot, window, "other 2 photos")
    choose_folder(window, tmp_path / "out")
    qtbot.waitUntil(lambda: bool(batch.wishes))
    window.batch.ask([], [])
    assert "Photos are already being painted" in window.workspace.messages.text
    QTest.mouseClick(window.batch.progress.stop_button, LEFT)
    asked(qtbot, window, "Stopped. Painted 0 of 2 photos")
    assert not list((tmp_path / "out").iterdir())


def test_a_batch_shows_its_photos_and_can_be_paused(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, batch: Batch
) -> None:
    batch.go.clear()
    given = photos(tmp_path / "in", "a.png", "b.png", "c.png", "bad.png")
    batch.bad.add("bad.png")
    drop(window, files(*given))
    asked(qtbot, window, "other 3 photos")
    choose_folder(window, tmp_path / "out")
    shown, controller = window.batch.photos, window.batch
    assert shown.isVisible()
    assert [shown.list.item(row).text() for row in range(3)] == ["b.png", "c.png", "bad.png"]
    qtbot.waitUntil(lambda: bool(batch.wishes))
    qtbot.waitUntil(lambda: brightest(shown, 0) > 0, timeout=10_000)
    dim = brightest(shown, 0)
    QTest.mouseClick(shown.pause_button, LEFT)
    assert controller.service.paused
    assert controller.pause_button.toolTip() == shown.pause_button.text() == "Continue"
    assert shown.words.text() == "0 of 3, paused"
    batch.go.set()
    assert not list((tmp_path / "out").iterdir())
    shown.close()
    assert controller.service.wanted, "closing stops nothing"
    QTest.mouseClick(controller.show_button, LEFT)
    assert shown.isVisible()
    QTest.mouseClick(controller.pause_button, LEFT)
    assert shown.pause_button.text() == "Pause"
    asked(qtbot, window, "Painted 2 of 3 photos")
    assert brightest(shown, 0) > dim, "the painting is seen in full"
    assert "bad.png cannot be read." in shown.problems.toPlainText()
    assert shown.problems.isVisible()
    assert "Painted 2 of 3" in shown.words.text()
    assert not shown.pause_button.isEnabled()
    shown.close()


def brightest(shown: BatchDialog, row: int) -> int:
    """Return the largest opacity in the middle of a thumbnail of the list, if it has colours."""
    image = shown.list.item(row).icon().pixmap(224, 224).toImage()
    colours = [image.pixelColor(x, 112) for x in range(60, 160, 7)]
    coloured = [colour for colour in colours if colour.saturation() > 40]
    return max((colour.alpha() for colour in coloured), default=0)


def test_closing_asks_while_photos_are_being_painted(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, batch: Batch
) -> None:
    batch.go.clear()
    drop(window, files(*photos(tmp_path / "in", "a.png", "b.png")))
    asked(qtbot, window, "other photo")
    choose_folder(window, tmp_path / "out")
    qtbot.waitUntil(lambda: bool(batch.wishes))
    window.close()
    assert window.isVisible()
    press(window, "Continue painting")
    assert window.batch.service.wanted
    window.close()
    press(window, "Stop and close")
    assert not window.isVisible()
    assert not window.batch.service.busy


@pytest.mark.parametrize("answer", ["New painting", "Replace"])
def test_where_the_first_one_goes_is_asked_first(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(message_bar, "INFO_SECONDS", 0)
    drag(window.workspace.canvas, [(50, 50), (90, 90)])
    drop(window, files(*photos(tmp_path / "in", "a.png", "b.png")))
    asked(qtbot, window, "Open a.png as a new painting")
    press(window, answer)
    qtbot.waitUntil(lambda: window.session.document.photo is not None)
    asked(qtbot, window, "Paint the other photo too?")
    press(window, "No")
    assert window.batch.dialog is None


def test_other_paintings_open_in_windows_of_their_own(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / f"{number}.ora" for number in range(3)]
    for path in paths:
        with qtbot.waitSignal(window.files.file.saved):
            window.files.file.save(path)
    opened: list[list[str]] = []
    monkeypatch.setattr(QProcess, "startDetached", lambda *given: opened.append(given[1]))
    drop(window, files(*paths))
    asked(qtbot, window, "Open the other 2 paintings, each in its own window?")
    assert window.files.file.path == paths[0]
    press(window, "Open")
    assert [given[-2:] for given in opened] == [["--new-window", str(path)] for path in paths[1:]]


def test_no_more_windows_than_memory_bears(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(drop_controller, "open_window", opened.append)
    paths = [tmp_path / f"{number:02}.ora" for number in range(20)]
    for path in paths:
        path.write_bytes(b"no painting")
    drop(window, files(*paths))
    asked(qtbot, window, "Open 8 of the other 19 paintings")
    press(window, "Open")
    assert opened == paths[1:9]


def test_several_files_of_other_kinds_say_why_not(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    messages = window.workspace.messages
    notes = [tmp_path / "a.txt", tmp_path / "b.txt"]
    drop(window, files(*notes))
    qtbot.waitUntil(lambda: f"{notes[0]} does not exist. {notes[1]} does not" in messages.text)
    for path in notes:
        path.touch()
    drop(window, files(*notes))
    qtbot.waitUntil(lambda: "contain no picture and no painting" in messages.text)
    drop(window, files(photo_file(tmp_path), *notes))
    qtbot.waitUntil(lambda: "Neither a picture nor a painting: 2 other files." in messages.text)


def test_the_real_batch_paints_two_photos(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paint with the included pack and network in a separate process."""
    given = [tmp_path / "in" / name for name in ("a.png", "b.png")]
    given[0].parent.mkdir()
    for path in given:
        picture_file(path, photo_pixels(48, 40))
    (tmp_path / "out").mkdir()
    with qtbot.waitSignal(window.batch.service.ended, timeout=240_000) as done:
        window.batch.begin(given, given, tmp_path / "out")
    assert (done.args[0].done, done.args[0].problems) == (2, ())
    for path in given:
        painted = tmp_path / "out" / path.name
        assert ", photo " in told_by(painted)
        with Image.open(painted) as image:
            assert image.size == (48, 40)
    with qtbot.waitSignal(window.batch.service.ended, timeout=240_000) as again:
        window.batch.begin(given, given, tmp_path / "out")
    assert again.args[0].done == 2, "they are there already"
