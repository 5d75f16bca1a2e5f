"""Save, Open and New in the window: real keys, real threads, real files."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from app import __main__
from app.document import openraster
from app.document.document_state import SavedDocument
from app.document.openraster import load
from app.files import file_controller, open_controller, unsaved_guard
from app.files.recent_files import MOST_RECENT, RecentFiles
from app.platform.settings import Settings
from app.widgets.dialogs import Answer, ask_changed, ask_overwrite
from app.widgets.new_canvas_dialog import NewCanvasDialog
from app.window import application, launch
from app.window.application import Application
from app.window.main_window import MainWindow
from engine import picture_files
from engine.image import save_png
from engine.studio import Studio
from resources.materials import materials
from tests.support.fakes import HEIGHT, WIDTH, FakeStudio, fake_paint
from tests.support.hand import drag, move, press, release
from tests.support.paper import contents, painting_of, png, same, with_state, write_zip
from tests.support.refining import hold_in_tile, refine

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "harbour.ora"


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[Answer]:
    """Answers of the user to "Save the changes?", one by one, then always "discard"."""
    waiting: list[Answer] = []
    monkeypatch.setattr(
        unsaved_guard, "ask_changed", lambda *_: waiting.pop(0) if waiting else Answer.DISCARD
    )
    yield waiting
    monkeypatch.undo()
    assert not waiting, "fewer questions were asked than expected"


def name_it(monkeypatch: pytest.MonkeyPatch, path: Path | None) -> None:
    """Let file dialogs return this path."""
    monkeypatch.setattr(file_controller, "ask_save_path", lambda *_: path)
    monkeypatch.setattr(open_controller, "ask_open_path", lambda *_: path)


def stroke(window: MainWindow, row: int = 40) -> None:
    drag(window.workspace.canvas, [(30, row), (90, row)])


def settle(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: not window.session.preview.busy and not window.files.file.saving)


def save(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    with qtbot.waitSignal(window.files.file.saved):
        window.files.file.save(path)


def open_file(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    with qtbot.waitSignal(window.files.file.opened):
        window.opening.open(path)
    settle(qtbot, window)


def labels_of(window: MainWindow) -> np.ndarray:
    return window.session.document.labels.snapshot().array()


def loaded(path: Path) -> SavedDocument:
    found = load(path)
    assert isinstance(found, SavedDocument)
    return found


def test_save_asks_for_a_name_once(
    qtbot: QtBot, window: MainWindow, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert window.windowTitle() == "Untitled[*] - Daub"
    stroke(window)
    assert window.isWindowModified()
    name_it(monkeypatch, path)
    QTest.keyClick(window, Qt.Key.Key_S, CONTROL)
    qtbot.waitUntil(path.exists)
    settle(qtbot, window)
    assert window.windowTitle() == "harbour.ora[*] - Daub"
    assert not window.isWindowModified()
    assert window.workspace.messages.text == "Saved harbour.ora."
    name_it(monkeypatch, None)
    stroke(window, 90)
    with qtbot.waitSignal(window.files.file.saved):
        QTest.keyClick(window, Qt.Key.Key_S, CONTROL)
    assert (loaded(path).state.labels.array() == labels_of(window)).all()


def test_the_mark_follows_undo_to_the_saved_step(
    qtbot: QtBot, window: MainWindow, path: Path
) -> None:
    stroke(window)
    save(qtbot, window, path)
    stroke(window, 90)
    assert window.isWindowModified()
    window.session.undo()
    assert not window.isWindowModified()
    window.session.undo()
    assert window.isWindowModified()
    window.session.redo()
    assert not window.isWindowModified()
    window.session.undo()
    stroke(window, 120)  # the saved step cannot be reached any more
    assert window.isWindowModified()
    window.session.undo()
    assert window.isWindowModified()


def test_a_drag_that_paints_nothing_changes_nothing(window: MainWindow) -> None:
    window.session.set_options(material=0, follow=False)
    stroke(window)
    assert not window.isWindowModified()
    window.session.set_options(follow=True)
    stroke(window)
    assert window.isWindowModified(), "the direction of the pen is new"


def test_a_gesture_that_is_given_up_changes_nothing(window: MainWindow) -> None:
    press(window.workspace.canvas, (40, 40))
    assert window.isWindowModified()
    window.session.tool_controller.drop()
    assert not window.isWindowModified()


def test_reopening_shows_the_same_picture(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    session, document = window.session, window.session.document
    session.choose_style("other")
    session.set_seed(7)
    refine(qtbot, window)
    stroke(window)  # a part of the refined picture is stale now
    settle(qtbot, window)
    labels, painting = labels_of(window), document.painting.copy()
    assert document.layer is not None
    assert document.layer.stale.any()
    assert not document.layer.stale.all()
    save(qtbot, window, path)
    window.files.file.take_new(40, 30, None, "third")
    assert document.style_id == "third"
    assert (window.windowTitle(), session.history.can_undo) == ("Untitled[*] - Daub", False)
    open_file(qtbot, window, path)
    assert (document.style_id, document.seed) == ("other", 7)
    assert (labels_of(window) == labels).all()
    assert (document.painting == painting).all()
    assert window.windowTitle() == "harbour.ora[*] - Daub"
    assert not window.isWindowModified()
    assert not session.history.can_undo
    stroke(window, 120)
    session.undo()
    settle(qtbot, window)
    assert (document.painting == painting).all()
    assert not window.isWindowModified()


def test_the_engine_paints_an_opened_document_as_before(
    qtbot: QtBot, settings: Settings, tiny_pack: Path, path: Path
) -> None:
    settings.style = "tiny"
    window = MainWindow(partial(Studio, "cpu", "fp32", [tiny_pack.parent]), settings)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window.session.preview.whole, timeout=60_000)
    window.session.set_seed(11)
    for row in (20, 60, 110):
        stroke(window, row)
    settle(qtbot, window)
    painting = window.session.document.painting.copy()
    save(qtbot, window, path)
    assert (painting_of(loaded(path)) == painting).all()
    window.files.file.take_new(64, 64, None, "")
    open_file(qtbot, window, path)
    assert (window.session.document.painting == painting).all()
    assert "edition" not in window.workspace.messages.text
    assert loaded(path).style_hash == window.session.style.edition != ""


def test_an_unsettled_painting_is_saved_whole(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, path: Path
) -> None:
    studio.hold()
    stroke(window)
    window.files.file.save(path)
    assert "as soon as the painting is finished" in window.workspace.messages.text
    stroke(window, 90)
    qtbot.waitUntil(studio.waiting.is_set)
    assert not path.exists()
    with qtbot.waitSignal(window.files.file.saved):
        studio.let_go()
    found = loaded(path)
    assert (
        painting_of(found)
        == fake_paint(found.state.labels.array(), found.state.style_id, found.state.seed)
    ).all()
    assert (found.state.labels.array() == labels_of(window)).all()
    assert not window.isWindowModified()


def test_what_is_painted_while_it_is_written_is_not_called_saved(
    qtbot: QtBot, window: MainWindow, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = labels_of(window)
    window.files.file.save(path)  # copied by now, and on its way to the thread
    stroke(window)
    settle(qtbot, window)
    assert window.isWindowModified()
    assert (loaded(path).state.labels.array() == before).all()
    window.session.undo()
    assert not window.isWindowModified()


def test_half_a_stroke_that_was_saved_is_no_step(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, path: Path
) -> None:
    canvas = window.workspace.canvas
    studio.hold()
    window.session.set_seed(3)
    window.files.file.save(path)  # waits for the painting
    press(canvas, (30, 40))
    move(canvas, (60, 40))
    studio.let_go()
    settle(qtbot, window)
    half = loaded(path).state.labels.array()
    assert (half == labels_of(window)).all()
    release(canvas, (90, 40))
    window.session.undo()
    assert (half != labels_of(window)).any()
    assert window.isWindowModified()


def test_a_draft_is_not_saved_but_what_was_left_undecided_is(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, slow_refine: None, path: Path
) -> None:
    hold_in_tile(qtbot, window, studio, drafted=True)
    save(qtbot, window, path)
    found = loaded(path)
    assert found.state.refined is None
    assert (painting_of(found) == window.session.document.preview).all()
    window.actions_by_id["refine.cancel"].trigger()
    studio.let_go()
    qtbot.waitUntil(lambda: not window.session.refine.active)
    save(qtbot, window, path)
    found = loaded(path)
    assert found.state.refined is not None
    assert (painting_of(found) == window.session.document.painting).all()
    assert window.session.history.undo_text == "Refine"


def test_without_an_engine_the_doodle_is_saved(
    qtbot: QtBot, settings: Settings, path: Path
) -> None:
    def broken() -> Studio:
        raise RuntimeError("no engine today")

    window = MainWindow(broken, settings)
    qtbot.addWidget(window)
    window.show()
    stroke(window)
    save(qtbot, window, path)
    found = loaded(path)
    assert painting_of(found) is None
    assert found.state.style_id == "starry-night"
    assert (found.state.labels.array() == labels_of(window)).all()


# -- questions ------------------------------------------------------------------------------


def test_cancel_keeps_the_window(
    qtbot: QtBot, window: MainWindow, answers: list[Answer], path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    stroke(window)
    labels = labels_of(window)
    openraster.save(path, contents())
    answers += [Answer.CANCEL] * 3
    window.close()
    assert window.isVisible()
    name_it(monkeypatch, path)
    with qtbot.waitSignal(window.files.file.opened):
        QTest.keyClick(window, Qt.Key.Key_O, CONTROL)
    QTest.keyClick(window, Qt.Key.Key_N, CONTROL)
    assert (labels_of(window) == labels).all()
    assert window.isWindowModified()
    answers.append(Answer.DISCARD)
    window.close()
    assert not window.isVisible()


def test_one_question_at_a_time(
    qtbot: QtBot, window: MainWindow, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    def ask(*_: object) -> Answer:
        nonlocal asked
        asked += 1
        with qtbot.waitSignal(window.files.file.opened):  # as under a real dialog
            window.opening.open(path)
        window.close()
        return Answer.DISCARD

    openraster.save(path, contents())
    stroke(window)
    monkeypatch.setattr(unsaved_guard, "ask_changed", ask)
    open_file(qtbot, window, path)
    assert asked == 1
    assert window.isVisible()
    assert window.windowTitle() == "harbour.ora[*] - Daub"


@pytest.mark.parametrize("running", [True, False])
def test_an_undecided_picture_of_refine_is_asked_about(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, slow_refine: None, path: Path,
    answers: list[Answer], running: bool,
) -> None:  # fmt: skip
    save(qtbot, window, path)
    hold_in_tile(qtbot, window, studio, drafted=True)
    if not running:
        window.actions_by_id["refine.cancel"].trigger()
        studio.let_go()
        qtbot.waitUntil(lambda: not window.session.refine.active)
    assert not window.isWindowModified()
    answers.append(Answer.CANCEL)
    window.close()
    assert window.isVisible()
    assert window.session.refine.draft is not None
    assert window.session.refine.active is running
    answers.append(Answer.SAVE)
    window.close()
    studio.let_go()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert loaded(path).state.refined is not None


def test_save_and_close(
    qtbot: QtBot, window: MainWindow, answers: list[Answer], path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    stroke(window)
    labels = labels_of(window)
    name_it(monkeypatch, None)
    answers.append(Answer.SAVE)
    window.close()  # but then no name is given
    assert window.isVisible()
    name_it(monkeypatch, path)
    answers.append(Answer.SAVE)
    window.close()
    assert window.isVisible()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert (loaded(path).state.labels.array() == labels).all()


def test_closing_waits_for_what_is_being_saved(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, path: Path
) -> None:
    studio.hold()
    window.session.set_seed(3)
    window.files.file.save(path)
    window.close()
    assert window.isVisible()
    assert "closes as soon as" in window.workspace.messages.text
    studio.let_go()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert loaded(path).state.seed == 3


def test_save_before_opening_another(
    qtbot: QtBot, window: MainWindow, answers: list[Answer], path: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.ora"
    openraster.save(other, contents())
    save(qtbot, window, path)
    stroke(window)
    labels = labels_of(window)
    answers.append(Answer.SAVE)
    open_file(qtbot, window, other)
    assert window.windowTitle() == "other.ora[*] - Daub"
    assert (loaded(path).state.labels.array() == labels).all()


def test_painting_on_while_a_file_is_read_is_not_lost(
    qtbot: QtBot, window: MainWindow, answers: list[Answer], path: Path
) -> None:
    openraster.save(path, contents())
    answers.append(Answer.CANCEL)
    with qtbot.waitSignal(window.files.file.opened):
        window.opening.open(path)
        stroke(window)
    assert window.session.document.width == WIDTH
    assert window.windowTitle() == "Untitled[*] - Daub"


def answer_with(button: str, seen: list[str]) -> None:
    """Press this button of the box that is about to be shown."""

    def press_it() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        seen.append(box.text())
        buttons = {each.text().replace("&", ""): each for each in box.findChildren(QPushButton)}
        QTest.mouseClick(buttons[button], Qt.MouseButton.LeftButton)

    QTimer.singleShot(50, press_it)


@pytest.mark.parametrize(
    ("button", "answer"),
    [("Save", Answer.SAVE), ("Discard", Answer.DISCARD), ("Cancel", Answer.CANCEL)],
)
def test_the_question_before_work_is_lost(window: MainWindow, button: str, answer: Answer) -> None:
    seen: list[str] = []
    answer_with(button, seen)
    assert ask_changed(window, "harbour.ora") is answer
    assert seen == ["Save the changes to harbour.ora?"]


@pytest.mark.parametrize(
    ("button", "answer"),
    [
        ("Overwrite", Answer.OVERWRITE), ("Save as...", Answer.SAVE_AS),
        ("Cancel", Answer.CANCEL),
    ],
)  # fmt: skip
def test_the_question_before_others_work_is_lost(
    window: MainWindow, button: str, answer: Answer
) -> None:
    seen: list[str] = []
    answer_with(button, seen)
    assert ask_overwrite(window, Path("harbour.ora")) is answer
    assert "changed by another program" in seen[0]


# -- what goes wrong ------------------------------------------------------------------------


def problem_of(window: MainWindow) -> str:
    messages = window.workspace.messages
    assert messages.property("level") == "error"
    return messages.text


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 200 kB, where the tests may make one; else such a writer."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("only root may mount a small file system; a failing writer is tested, too")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(path: Path) -> None:
    """Fill the disk."""
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass


def test_a_full_disk(qtbot: QtBot, window: MainWindow, small_disk: Path) -> None:
    path = small_disk / "harbour.ora"
    save(qtbot, window, path)
    before = path.read_bytes()
    fill(small_disk / "filling")
    stroke(window)
    with qtbot.waitSignal(window.files.file.failed):
        window.files.save()
    assert problem_of(window) == f"{path} cannot be saved: no space left on device."
    assert window.isWindowModified()
    assert path.read_bytes() == before
    assert sorted(entry.name for entry in small_disk.iterdir()) == ["filling", "harbour.ora"]
    (small_disk / "filling").unlink()
    save(qtbot, window, path)
    assert not window.isWindowModified()


def test_a_read_only_disk(qtbot: QtBot, window: MainWindow, small_disk: Path) -> None:
    path = small_disk / "harbour.ora"
    save(qtbot, window, path)
    before = path.read_bytes()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    stroke(window)
    with qtbot.waitSignal(window.files.file.failed):
        window.files.save()
    assert "cannot be saved: it is write-protected." in problem_of(window)
    assert path.read_bytes() == before


def test_a_vanished_folder(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    stroke(window)
    place = path.parent / "drive" / path.name
    with qtbot.waitSignal(window.files.file.failed):
        window.files.file.save(place)
    assert problem_of(window) == (
        f"{place} cannot be saved: the folder {place.parent} no longer exists."
    )
    assert window.isWindowModified()
    assert window.windowTitle() == "Untitled[*] - Daub"


def test_a_failed_save_does_not_close_the_window(
    qtbot: QtBot, window: MainWindow, answers: list[Answer], path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    stroke(window)
    name_it(monkeypatch, path.parent / "drive" / "a.ora")
    answers.append(Answer.SAVE)
    with qtbot.waitSignal(window.files.file.failed):
        window.close()
    assert window.isVisible()
    save(qtbot, window, path)
    assert window.isVisible()


@pytest.mark.parametrize("answer", [Answer.OVERWRITE, Answer.SAVE_AS, Answer.CANCEL])
def test_a_file_that_somebody_else_has_changed(
    qtbot: QtBot, window: MainWindow, path: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    save(qtbot, window, path)
    path.write_bytes(b"theirs")
    stroke(window)
    monkeypatch.setattr(file_controller, "ask_overwrite", lambda *_: answer)
    elsewhere = path.with_name("mine.ora")
    name_it(monkeypatch, elsewhere)
    with qtbot.waitSignal(window.files.file.conflicted):
        window.files.save()
    settle(qtbot, window)
    assert window.isWindowModified() == (answer is Answer.CANCEL)
    assert (path.read_bytes() == b"theirs") == (answer is not Answer.OVERWRITE)
    assert elsewhere.exists() == (answer is Answer.SAVE_AS)


def test_looking_at_others_changes_does_not_allow_to_save_over_them(
    qtbot: QtBot, window: MainWindow, answers: list[Answer], path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    save(qtbot, window, path)
    stroke(window)
    openraster.save(path, contents())
    theirs = path.read_bytes()
    answers.append(Answer.CANCEL)
    open_file(qtbot, window, path)
    monkeypatch.setattr(file_controller, "ask_overwrite", lambda *_: Answer.CANCEL)
    with qtbot.waitSignal(window.files.file.conflicted):
        window.files.save()
    assert path.read_bytes() == theirs
    open_file(qtbot, window, path)  # and to go on with them does
    stroke(window)
    save(qtbot, window, path)


def test_a_name_without_its_ending_takes_no_other_files_place(
    qtbot: QtBot, window: MainWindow, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(b"theirs")
    name_it(monkeypatch, path.with_suffix(""))
    asked: list[Path] = []
    monkeypatch.setattr(
        file_controller, "ask_overwrite", lambda _window, name: asked.append(name) or Answer.CANCEL
    )
    with qtbot.waitSignal(window.files.file.conflicted):
        QTest.keyClick(window, Qt.Key.Key_S, CONTROL | SHIFT)
    assert asked == [path]
    assert path.read_bytes() == b"theirs"


def test_a_damaged_file_leaves_all_as_it_is(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    path.write_bytes(b"PK\3\4" + os.urandom(400))
    stroke(window)
    window.session.history.set_clean(window.session.history.step)
    with qtbot.waitSignal(window.files.file.failed):
        window.opening.open(path)
    assert problem_of(window) == f"{path} cannot be opened: it is not an OpenRaster file."
    assert window.session.history.undo_text == "Brush: Tree"
    assert window.windowTitle() == "Untitled[*] - Daub"


# -- opening --------------------------------------------------------------------------------


def krita_file(path: Path) -> bytes:
    """Another program's file, 40 x 30 and all moon; its bytes."""
    yellow = png(np.full((30, 40, 3), materials()[2].rgb, np.uint8))
    write_zip(path, {"mergedimage.png": yellow})
    return path.read_bytes()


@pytest.mark.parametrize("dropped", [False, True])
def test_another_programs_file_becomes_a_document_without_a_name(
    qtbot: QtBot, window: MainWindow, answers: list[Answer], path: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, dropped: bool,
) -> None:  # fmt: skip
    mine = tmp_path / "mine.ora"
    save(qtbot, window, mine)
    stroke(window)
    labels, theirs = labels_of(window), krita_file(path)
    answers.append(Answer.SAVE)
    name_it(monkeypatch, path)
    if dropped:
        window.opening.open(path)
    else:
        QTest.keyClick(window, Qt.Key.Key_O, CONTROL)
    document = window.session.document
    qtbot.waitUntil(lambda: document.width == 40)
    settle(qtbot, window)
    assert (labels_of(window) == 2).all()
    assert (loaded(mine).state.labels.array() == labels).all()
    assert window.windowTitle() == "Untitled[*] - Daub"
    assert window.isWindowModified()
    assert not window.session.history.can_undo
    name_it(monkeypatch, tmp_path / "new.ora")
    with qtbot.waitSignal(window.files.file.saved):
        QTest.keyClick(window, Qt.Key.Key_S, CONTROL)
    assert loaded(tmp_path / "new.ora").state.labels.width == 40
    assert (loaded(mine).state.labels.array() == labels).all()
    assert path.read_bytes() == theirs


def test_what_cannot_be_read_of_another_programs_file_is_said(
    qtbot: QtBot, window: MainWindow, path: Path
) -> None:
    yellow = png(np.full((30, 40, 3), materials()[2].rgb, np.uint8))
    xml = b"""<image w="40" h="30"><stack>
        <layer src="v.svg"/><layer src="yellow.png"/></stack></image>"""
    write_zip(path, {"stack.xml": xml, "v.svg": b"<svg/>", "yellow.png": yellow})
    with qtbot.waitSignal(window.files.file.said) as said:
        window.opening.open(path)
    assert said.args == ["Parts of harbour.ora cannot be read and were left out: v.svg."]
    qtbot.waitUntil(lambda: window.session.document.width == 40)
    settle(qtbot, window)


def test_work_at_hand_is_not_lost_to_another_programs_file(
    qtbot: QtBot, window: MainWindow, answers: list[Answer], path: Path
) -> None:
    krita_file(path)
    stroke(window)
    labels = labels_of(window)
    answers.append(Answer.CANCEL)
    window.opening.open(path)
    qtbot.waitUntil(lambda: not answers)  # it was asked
    assert (labels_of(window) == labels).all()
    assert window.session.history.undo_text == "Brush: Tree"


def test_a_picture_on_its_way_does_not_reach_the_next_document(
    qtbot: QtBot, window: MainWindow, path: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    reading, go_on = threading.Event(), threading.Event()
    said: list[str] = []
    window.session.said.connect(said.append)

    def slow(_path: Path, _longest: int, deep: bool = False) -> picture_files.Photo:
        reading.set()
        assert go_on.wait(20)
        return picture_files.Photo(np.full((30, 40, 3), materials()[2].rgb, np.uint8))

    monkeypatch.setattr(picture_files, "read_photo", slow)
    openraster.save(path, contents())
    save_png(tmp_path / "slow.png", np.full((30, 40, 3), 200, np.uint8))
    window.opening.open(tmp_path / "slow.png")
    assert reading.wait(20)
    open_file(qtbot, window, path)
    go_on.set()
    assert any("was not imported" in sentence for sentence in said)
    for _ in range(2):  # it would be looked at first, and then made a doodle
        window.opening.imports._pool.submit(lambda: None).result()
        QApplication.processEvents()
    assert window.windowTitle() == "harbour.ora[*] - Daub"
    assert (labels_of(window) == contents().state.labels.array()).all()
    assert not window.session.history.can_undo


@pytest.mark.parametrize("foreign", [True, False])
def test_what_was_read_as_the_window_closed_is_not_heard(
    qtbot: QtBot, window: MainWindow, path: Path, monkeypatch: pytest.MonkeyPatch, foreign: bool
) -> None:
    if foreign:
        krita_file(path)
    else:
        openraster.save(path, contents())
    asked: list[object] = []
    monkeypatch.setattr(
        unsaved_guard, "ask_changed", lambda *_: asked.append("changes") or Answer.DISCARD
    )
    stroke(window)
    settle(qtbot, window)
    window.opening.open(path)
    assert window.close()  # the file is read to its end; the signal of it is still on its way
    QApplication.processEvents()
    assert asked == ["changes"]
    assert (window.session.document.width, window.opening.dialog) == (WIDTH, None)


def test_a_question_about_a_picture_ends_with_its_document(
    qtbot: QtBot, window: MainWindow, path: Path
) -> None:
    openraster.save(path, contents())
    plain = np.full((30, 40, 3), (1, 2, 3), np.uint8)
    window.opening.imports.take("plain", lambda: plain)
    qtbot.waitUntil(lambda: window.opening.dialog is not None)
    open_file(qtbot, window, path)
    assert window.opening.dialog is None
    assert (labels_of(window) == contents().state.labels.array()).all()


def test_a_style_that_is_not_here(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    openraster.save(path, contents())
    change = loaded(path)
    gone = with_state(change, style_id="gone", seed=5, background=0)
    openraster.save(path, replace(gone, style_hash=""))
    open_file(qtbot, window, path)
    assert window.session.document.style_id == "starry-night"
    assert "style gone is not available" in window.workspace.messages.text
    assert window.isWindowModified()  # saving would change the file
    assert window.session.document.refined is not None


def test_another_edition_of_a_style_is_mentioned(
    qtbot: QtBot, window: MainWindow, path: Path
) -> None:
    openraster.save(path, contents())
    open_file(qtbot, window, path)
    assert window.workspace.messages.text == (
        "harbour.ora was made with another edition of The Starry Night."
    )
    assert not window.isWindowModified()


def test_a_document_opened_before_the_engine_is_there(
    qtbot: QtBot, studio: FakeStudio, settings: Settings, path: Path
) -> None:
    document = contents(90, 70, painted=True, refined=False)
    other = replace(with_state(document, style_id="other", seed=9, background=0), style_hash="")
    openraster.save(path, other)
    window = MainWindow(studio, settings)
    qtbot.addWidget(window)
    window.opening.open(path)
    qtbot.waitUntil(lambda: window.session.document.width == 90)
    assert (window.session.document.painting == painting_of(document)).all()
    window.show()
    qtbot.waitUntil(lambda: window.session.preview.whole)
    now = window.session.document
    assert (now.style_id, now.seed, now.width) == ("other", 9, 90)
    assert (now.painting == fake_paint(other.state.labels.array(), "other", 9)).all()
    assert not window.isWindowModified()
    assert window.windowTitle() == "harbour.ora[*] - Daub"
    save(qtbot, window, path)
    saved = loaded(path)
    assert (painting_of(saved) == now.painting).all()
    assert same(saved, with_state(other, preview=saved.state.preview))


def test_new_takes_a_template_with_its_style(qtbot: QtBot, window: MainWindow) -> None:
    def fill_in() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, NewCanvasDialog)
        dialog.width_box.setValue(2 * WIDTH)
        dialog.height_box.setValue(2 * HEIGHT)
        rows = dialog.beginnings.findItems("Another Night", Qt.MatchFlag.MatchExactly)
        dialog.beginnings.setCurrentItem(rows[0])
        dialog.done(QDialog.DialogCode.Accepted)

    QTimer.singleShot(50, fill_in)
    QTest.keyClick(window, Qt.Key.Key_N, CONTROL)
    settle(qtbot, window)
    document = window.session.document
    assert (document.width, document.style_id) == (2 * WIDTH, "other")
    assert document.labels.at(2 * 195, 2 * 35) == 2
    assert not window.isWindowModified()


def test_new_in_the_middle_of_a_drag(qtbot: QtBot, window: MainWindow) -> None:
    canvas = window.workspace.canvas
    press(canvas, (40, 40))
    window.files.file.take_new(50, 40, None, "")
    move(canvas, (30, 30))
    release(canvas, (30, 30))
    assert not labels_of(window).any()
    assert not window.isWindowModified()


# -- recent files and the command line ------------------------------------------------------


def recent_texts(window: MainWindow) -> list[str]:
    menu = window.actions_by_id["recent"].menu()
    return [action.text() for action in menu.actions() if not action.isSeparator()]


def test_recent_files(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    assert not window.actions_by_id["recent"].isEnabled()
    names = [path.with_name(f"a&b {number}.ora") for number in range(12)]
    for name in names:
        save(qtbot, window, name)
    texts = recent_texts(window)
    assert texts[0] == "&1  a&&b 11.ora"
    assert len(texts) == MOST_RECENT + 1
    again = RecentFiles(window.settings)
    assert again.paths == names[:1:-1]
    names[5].unlink()
    row = next(text for text in texts if "b 5" in text)
    menu = window.actions_by_id["recent"].menu()
    next(action for action in menu.actions() if action.text() == row).trigger()
    assert problem_of(window).startswith(f"{names[5]} no longer exists")
    assert not any("b 5" in text for text in recent_texts(window))
    with qtbot.waitSignal(window.files.file.opened):
        menu.actions()[3].trigger()
    assert window.files.file.path == names[8]
    assert window.opening.recent.paths[0] == names[8]
    menu.actions()[-1].trigger()
    assert recent_texts(window) == ["Clear this list"]


@pytest.mark.parametrize("stored", ["", "{", "7", '["/a.ora", 7, null]', "[" * 100_000])
def test_a_damaged_list_of_recent_files(settings: Settings, stored: str) -> None:
    settings.recent_files = stored
    assert RecentFiles(settings).paths in ([], [Path("/a.ora")])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["a b.ORA"], Path("a b.ORA")), (["--open", "x.zip"], Path("x.zip")), ([], None),
    ],
)  # fmt: skip
def test_a_file_on_the_command_line(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], expected: Path | None
) -> None:
    opened: list[Path | None] = []

    def window(painting: Path | None, *_wishes: bool) -> int:
        opened.append(painting)
        return 0

    monkeypatch.setattr(launch, "open_window", window)
    monkeypatch.setattr(launch, "has_display", lambda: True)
    monkeypatch.setattr(sys, "argv", ["daub", *arguments])
    with pytest.raises(SystemExit) as left:
        __main__.main()
    assert left.value.code == 0
    assert opened == [expected]


def test_a_file_that_macos_hands_over_is_opened(
    qtbot: QtBot, window: MainWindow, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openraster.save(path, contents())

    def loop() -> int:
        with qtbot.waitSignal(window.files.file.opened):
            QApplication.sendEvent(QApplication.instance(), QFileOpenEvent(str(path)))
        return 0

    monkeypatch.setattr(application, "MainWindow", lambda *_: window)
    monkeypatch.setattr(application, "journal_folder", lambda: tmp_path / "journals")
    monkeypatch.setattr(application, "start_log", lambda: None)
    monkeypatch.setattr(Application, "exec", lambda _: loop())
    assert application.run([], window.session.preview.engine, window.settings) == 0
    assert window.windowTitle() == "harbour.ora[*] - Daub"
