"""Autosave and recovery in the window, after a simulated crash."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from app.document import journal_file
from app.document.document_state import DocumentState, UnsavedWork
from app.document.journal_file import NAME, JournalFile, read_journal
from app.document.label_map import LabelMap
from app.document.refined import Refined
from app.files import file_controller, unsaved_guard
from app.platform.settings import Settings
from app.services import autosave_worker
from app.services.journal_store import JournalStore, thumbnail
from app.services.recoverable_work import RecoverableWork
from app.widgets.dialogs import Answer
from app.widgets.recovery_dialog import RecoveryDialog
from app.window.main_window import MainWindow
from resources.materials import materials
from tests.support.fakes import HEIGHT, FakeStudio
from tests.support.hand import drag, move, press, release
from tests.support.refining import refine
from tests.support.waiting import round_trip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journals"


@pytest.fixture
def kept(window: MainWindow, root: Path) -> MainWindow:
    """The window, with autosave."""
    window.recovery.begin(root)
    return window


OpenWindow = Callable[[], MainWindow]


@pytest.fixture
def open_window(qtbot: QtBot, studio: FakeStudio, settings: Settings, root: Path) -> OpenWindow:
    """Start Daub as after a crash, without waiting."""

    def opened() -> MainWindow:
        window = MainWindow(FakeStudio(studio.starter), settings)
        qtbot.addWidget(window)
        window.show()
        window.recovery.begin(root)
        return window

    return opened


def labels_of(window: MainWindow) -> np.ndarray:
    return window.session.document.labels.snapshot().array()


def steps_of(window: MainWindow) -> tuple[object, ...]:
    """The undo steps and the place in them."""
    history = window.session.history
    return history.steps, history.at, history.forgotten


def folders(root: Path) -> list[Path]:
    return [path for path in root.glob("*") if path.is_dir()]


def on_disk(root: Path) -> UnsavedWork | None:
    told = [read_journal(folder) for folder in folders(root)]
    assert len(told) <= 1
    return told[0].work if told and told[0] is not None else None


def steps_on_disk(root: Path) -> int:
    work = on_disk(root)
    return work.steps if work is not None else 0


def holds(root: Path, window: MainWindow) -> bool:
    work, document = on_disk(root), window.session.document
    if work is None:
        return False
    state = work.state
    told = state.style_id, state.seed, state.labels.bounds
    return told == (document.style_id, document.seed, document.bounds) and bool(
        (state.labels.array() == labels_of(window)).all()
    )


def come_to_rest(qtbot: QtBot, window: MainWindow) -> None:
    """Wait until all changes are recorded and the autosave thread has taken the note."""
    autosave = window.recovery.autosave
    qtbot.waitUntil(lambda: not autosave._soon.isActive())
    assert autosave._worker is not None
    round_trip(qtbot, autosave._worker)


def crash(window: MainWindow) -> None:
    """Simulate a crash of the window; its thread must not outlive the test."""
    window.recovery.stop(keep=True)
    window.close()


def leave_work(root: Path, name: str, material: int = 3, time: float = 1e9) -> np.ndarray:
    """Write a journal as after a crash and return its labels."""
    labels = LabelMap(100, 80, material).snapshot()
    state = DocumentState(labels, "other", 17)
    leave(root, name, UnsavedWork(state, Path(f"/home/{name}.ora"), True, 5, time))
    return labels.array()


def leave(root: Path, name: str, work: UnsavedWork) -> None:
    # Beside the root, for a window that looks for leftovers clears half ones away.
    file = JournalFile(root.parent / name)
    file.save(work)
    file.close()
    root.mkdir(exist_ok=True)
    (root.parent / name).rename(root / name)


def dialog_of(qtbot: QtBot, window: MainWindow) -> RecoveryDialog:
    qtbot.waitUntil(lambda: window.recovery.dialog is not None)
    dialog = window.recovery.dialog
    assert dialog is not None
    return dialog


def click(box: RecoveryDialog | QMessageBox, text: str) -> None:
    buttons = box.findChildren(QPushButton)
    QTest.mouseClick(next(one for one in buttons if text in one.text()), Qt.MouseButton.LeftButton)


# -- writing --------------------------------------------------------------------------------


def test_every_step_is_on_disk_soon(qtbot: QtBot, kept: MainWindow, root: Path) -> None:
    session, canvas = kept.session, kept.workspace.canvas
    drag(canvas, [(200, 150)])
    steps = [
        lambda: drag(canvas, [(60, 40), (120, 90)]),
        session.undo,
        session.redo,
        lambda: session.set_seed(77),
        lambda: session.choose_style("other"),
        lambda: drag(canvas, [(60, 150), (200, 150)]),
        session.clear,
        session.undo,
    ]
    qtbot.waitUntil(lambda: holds(root, kept), timeout=1000)
    for step in steps:
        step()
        qtbot.waitUntil(lambda: holds(root, kept), timeout=1000)
    work = on_disk(root)
    assert work is not None
    assert work.unsaved
    assert work.steps == 1 + len(steps)


def test_nothing_is_written_before_there_is_something_to_lose(
    qtbot: QtBot, kept: MainWindow, root: Path
) -> None:
    kept.session.set_options(size=99)
    kept.actions_by_id["zoom.in"].trigger()
    come_to_rest(qtbot, kept)
    assert folders(root) == []


def test_half_a_stroke_is_not_noted(qtbot: QtBot, kept: MainWindow, root: Path) -> None:
    canvas = kept.workspace.canvas
    drag(canvas, [(60, 40), (90, 40)])
    qtbot.waitUntil(lambda: holds(root, kept))
    before = labels_of(kept)
    press(canvas, (60, 120))
    move(canvas, (90, 120))
    come_to_rest(qtbot, kept)
    work = on_disk(root)
    assert work is not None
    assert (work.state.labels.array() == before).all()
    release(canvas, (150, 120))
    qtbot.waitUntil(lambda: holds(root, kept), timeout=1000)


def test_a_clean_close_leaves_nothing(qtbot: QtBot, kept: MainWindow, root: Path) -> None:
    drag(kept.workspace.canvas, [(60, 40)])
    qtbot.waitUntil(lambda: holds(root, kept))
    kept.close()
    assert list(root.iterdir()) == []


def test_a_stroke_just_before_the_end_is_kept(kept: MainWindow, root: Path) -> None:
    drag(kept.workspace.canvas, [(60, 40)])
    crash(kept)
    assert holds(root, kept)


def test_autosave_can_be_switched_off(qtbot: QtBot, kept: MainWindow, root: Path) -> None:
    drag(kept.workspace.canvas, [(60, 40)])
    qtbot.waitUntil(lambda: holds(root, kept))
    kept.settings.autosave = False
    drag(kept.workspace.canvas, [(90, 40)])
    qtbot.waitUntil(lambda: list(root.iterdir()) == [])
    kept.settings.autosave = True
    drag(kept.workspace.canvas, [(120, 40)])
    qtbot.waitUntil(lambda: holds(root, kept))


def test_a_new_canvas_begins_anew(qtbot: QtBot, kept: MainWindow, root: Path) -> None:
    drag(kept.workspace.canvas, [(60, 40)])
    qtbot.waitUntil(lambda: holds(root, kept))
    kept.files.file.take_new(300, 500, None, "")
    drag(kept.workspace.canvas, [(60, 300), (200, 400)])
    qtbot.waitUntil(lambda: holds(root, kept), timeout=1000)
    work = on_disk(root)
    assert work is not None
    assert (work.state.labels.height, work.unsaved, work.path) == (500, True, None)


def test_saved_work_is_not_offered(
    qtbot: QtBot, kept: MainWindow, root: Path, tmp_path: Path, open_window: OpenWindow
) -> None:
    path = tmp_path / "village.ora"
    drag(kept.workspace.canvas, [(60, 40)])
    with qtbot.waitSignal(kept.files.file.saved):
        kept.files.file.save(path)
    drag(kept.workspace.canvas, [(90, 40)])
    qtbot.waitUntil(lambda: holds(root, kept))
    work = on_disk(root)
    assert work is not None
    assert (work.path, work.steps, work.unsaved) == (path, 1, True)
    with qtbot.waitSignal(kept.files.file.saved):
        kept.files.file.save(path)
    crash(kept)
    again = open_window()
    qtbot.waitUntil(lambda: list(root.iterdir()) == [])
    assert again.recovery.dialog is None


# -- disks that fail ------------------------------------------------------------------------


def test_a_full_disk_is_told_once_and_painting_goes_on(
    qtbot: QtBot, window: MainWindow, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(autosave_worker, "RETRY_MS", 20)
    window.recovery.begin(root)
    problems, attempts = list[str](), list[int]()
    window.session.problem.connect(problems.append)
    write = journal_file._write

    def full(file: int, data: bytes) -> None:
        attempts.append(file)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def try_again() -> None:
        tried = len(attempts)
        qtbot.waitUntil(lambda: len(attempts) > tried)

    monkeypatch.setattr(journal_file, "_write", full)
    for x in range(40, 200, 30):
        drag(window.workspace.canvas, [(x, 40)])
        try_again()
    for _ in range(3):
        try_again()
    come_to_rest(qtbot, window)
    reason = f"Autosave cannot write to {root} (No space left on device)"
    again = "Daub will try again every few seconds."
    assert problems == [f"{reason}. {again}"]
    assert window.workspace.messages.text == problems[0]
    with qtbot.waitSignal(window.session.said) as said:
        monkeypatch.setattr(journal_file, "_write", write)
    assert said.args == ["Autosave works again."]
    assert holds(root, window)


def test_a_state_folder_that_cannot_be(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    window.recovery.begin(tmp_path / "file" / "journals")
    with qtbot.waitSignal(window.session.problem) as told:
        drag(window.workspace.canvas, [(60, 40)])
    assert "Autosave cannot write to" in told.args[0]
    assert "Not a directory" in told.args[0]
    assert window.session.history.can_undo


def test_a_picture_that_fails_does_not_keep_strokes_from_the_disk(
    qtbot: QtBot, kept: MainWindow, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[object] = []

    def steps(self: JournalFile, refined: object) -> object:
        begun.append(refined)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(JournalFile, "picture_steps", steps)
    with qtbot.waitSignal(kept.session.problem):
        refine(qtbot, kept)
    for x in (40, 80, 120):
        drag(kept.workspace.canvas, [(x, 40)])
        qtbot.waitUntil(lambda: holds(root, kept), timeout=1000)
    assert len(begun) == 1  # the disk is given time


# -- recovering -----------------------------------------------------------------------------


def test_recovering_brings_all_of_it_back(
    qtbot: QtBot, kept: MainWindow, root: Path, open_window: OpenWindow
) -> None:
    drag(kept.workspace.canvas, [(60, 40), (120, 90)])
    qtbot.waitUntil(lambda: holds(root, kept))
    kept.session.set_seed(77)
    kept.session.set_background(4)
    refine(qtbot, kept)
    refined = kept.session.document.refined
    qtbot.waitUntil(lambda: steps_on_disk(root) == 4)
    drag(kept.workspace.canvas, [(200, 150)])
    assert refined is not None
    crash(kept)
    window = open_window()
    dialog = dialog_of(qtbot, window)
    assert isinstance(dialog.current, RecoverableWork)
    assert (dialog.current.steps, dialog.current.refined) == (5, True)
    click(dialog, "Recover")
    document = window.session.document
    qtbot.waitUntil(lambda: document.modified)
    assert (document.seed, document.background) == (77, 4)
    assert (labels_of(window) == labels_of(kept)).all()
    assert window.isWindowModified()
    assert window.windowTitle() == "Untitled[*] - Daub"
    assert steps_of(window) == steps_of(kept)
    assert document.refined is not None
    assert (document.refined.pixels == refined.pixels).all()
    assert (document.refined.labels.array() == refined.labels.array()).all()
    qtbot.waitUntil(lambda: document.shows_refined and not window.session.preview.busy)
    # The spot that was painted after Refine shows the live preview, and the rest is refined.
    assert (document.painting == kept.session.document.painting).all()


def test_the_stroke_size_is_recovered(
    qtbot: QtBot, kept: MainWindow, root: Path, open_window: OpenWindow
) -> None:
    kept.session.stroke_size.change(2.5)
    crash(kept)  # before the pause that makes it an undo step
    window = open_window()
    click(dialog_of(qtbot, window), "Recover")
    document = window.session.document
    qtbot.waitUntil(lambda: document.modified)
    assert document.brushwork.stroke == 2.5
    assert window.styles.stroke_box.slider.value() > 750


# -- the undo history -----------------------------------------------------------------------


def walk(window: MainWindow) -> list[tuple[object, ...]]:
    """The document after each step of its history; leaves it where it was."""
    session, history, looks = window.session, window.session.history, []
    document, at = session.document, history.at
    for there in range(len(history.steps) + 1):
        session.go_to(there)
        history.arrive()
        looks.append((
            labels_of(window).tobytes(), document.bounds, document.style_id, document.seed,
            document.background, document.refined and document.refined.pixels.tobytes(),
        ))  # fmt: skip
    session.go_to(at)
    history.arrive()
    return looks


def recover(qtbot: QtBot, open_window: OpenWindow) -> MainWindow:
    window = open_window()
    click(dialog_of(qtbot, window), "Recover")
    qtbot.waitUntil(lambda: window.session.document.modified)
    qtbot.waitUntil(lambda: window.session.preview.whole and not window.session.preview.busy)
    return window


def paint_a_story(qtbot: QtBot, window: MainWindow) -> None:
    session, canvas = window.session, window.workspace.canvas
    drag(canvas, [(60, 40), (120, 90)])
    session.set_seed(77)
    drag(canvas, [(20, 40), (120, 20)])
    session.choose_style("other")
    session.set_background(4)
    refine(qtbot, window)
    session.clear()
    session.set_options(material=2)
    drag(canvas, [(200, 150)])
    session.undo()
    session.undo()


def test_the_undo_history_comes_back(
    qtbot: QtBot, kept: MainWindow, root: Path, open_window: OpenWindow
) -> None:
    kept.actions_by_id["history"].trigger()
    paint_a_story(qtbot, kept)
    crash(kept)
    window = recover(qtbot, open_window)
    assert steps_of(window) == steps_of(kept)
    assert len(window.session.history.steps) == 8
    assert window.session.history.at == 6
    assert walk(window) == walk(kept)
    assert window.history_panel.model().rowCount() == 9
    assert window.actions_by_id["redo"].text() == kept.actions_by_id["redo"].text()
    # And once more, after a crash of the window that recovered it.
    window.session.redo()
    drag(window.workspace.canvas, [(90, 90)])
    crash(window)
    third = recover(qtbot, open_window)
    assert steps_of(third) == steps_of(window)
    assert walk(third) == walk(window)


def test_a_slider_moved_is_a_step_of_its_own_value(
    qtbot: QtBot, kept: MainWindow, root: Path, open_window: OpenWindow
) -> None:
    drag(kept.workspace.canvas, [(60, 40)])
    for size in (1.5, 2.0, 2.5):  # each is recorded before the slider rests
        kept.session.stroke_size.change(size)
        come_to_rest(qtbot, kept)
    kept.session.stroke_size.settle()
    crash(kept)
    window = recover(qtbot, open_window)
    assert steps_of(window) == steps_of(kept)
    document, sizes = window.session.document, [2.5]
    for step in (window.session.undo, window.session.redo):
        step()
        sizes.append(document.brushwork.stroke)
    assert sizes == [2.5, 1.0, 2.5]


def test_undo_to_what_was_saved_is_not_a_change(
    qtbot: QtBot, kept: MainWindow, root: Path, open_window: OpenWindow, tmp_path: Path
) -> None:
    drag(kept.workspace.canvas, [(60, 40)])
    with qtbot.waitSignal(kept.files.file.saved):
        kept.files.file.save(tmp_path / "village.ora")
    drag(kept.workspace.canvas, [(90, 40)])
    crash(kept)
    window = recover(qtbot, open_window)
    window.session.undo()
    assert not window.isWindowModified()
    window.session.undo()
    assert window.isWindowModified()
    window.session.redo()
    assert not window.isWindowModified()
    # Saved again, the journal is clean and is not offered.
    come_to_rest(qtbot, window)
    crash(window)
    again = open_window()
    come_to_rest(qtbot, again)
    assert again.recovery.dialog is None


def test_steps_of_one_event_are_told_apart(
    qtbot: QtBot, kept: MainWindow, root: Path, open_window: OpenWindow
) -> None:
    canvas, session = kept.workspace.canvas, kept.session
    drag(canvas, [(60, 40)])
    press(canvas, (60, 120))
    move(canvas, (90, 120))
    session.choose_style("other")  # ends the drag: two steps at once
    release(canvas, (90, 120))
    crash(kept)
    window = recover(qtbot, open_window)
    assert steps_of(window) == steps_of(kept)
    assert len(window.session.history.steps) == 3
    assert walk(window) == walk(kept)


def test_directions_of_a_drag_are_no_part_of_a_step_that_comes_meanwhile(
    qtbot: QtBot, kept: MainWindow, root: Path, open_window: OpenWindow
) -> None:
    canvas, session = kept.workspace.canvas, kept.session
    drag(canvas, [(60, 40)])
    session.set_options(tool="direction", size=20)
    press(canvas, (60, 120))
    move(canvas, (90, 120))
    move(canvas, (150, 120))
    state = session.document.state()
    assert state.directions is not None
    pixels = np.full((*state.labels.array().shape, 3), 9, np.uint8)
    pixels.flags.writeable = False
    session.refine.finished.emit(Refined(pixels, state.labels, state.style_id, state.seed))
    assert session.tool_controller.busy
    crash(kept)
    window = recover(qtbot, open_window)
    assert [step.text for step in window.session.history.steps] == ["Brush: Tree", "Refine"]
    assert window.session.document.state().directions is None, "of a drag that never ended"


def test_a_picture_of_refine_that_comes_during_a_drag_is_a_step_of_its_own(
    qtbot: QtBot, kept: MainWindow, root: Path, open_window: OpenWindow
) -> None:
    canvas, session = kept.workspace.canvas, kept.session
    drag(canvas, [(60, 40)])
    press(canvas, (60, 120))
    move(canvas, (90, 120))
    labels, state = session.document.labels.snapshot(), session.document.state()
    pixels = np.full((*labels.array().shape, 3), 9, np.uint8)
    pixels.flags.writeable = False
    session.refine.finished.emit(Refined(pixels, labels, state.style_id, state.seed))
    assert session.tool_controller.busy
    move(canvas, (150, 120))
    release(canvas, (200, 120))
    crash(kept)
    window = recover(qtbot, open_window)
    assert steps_of(window) == steps_of(kept)
    assert len(window.session.history.steps) == 3
    assert walk(window) == walk(kept)


def test_a_document_opened_later_has_its_own_history(
    qtbot: QtBot, kept: MainWindow, root: Path, open_window: OpenWindow
) -> None:
    drag(kept.workspace.canvas, [(60, 40)])
    drag(kept.workspace.canvas, [(90, 40)])
    qtbot.waitUntil(lambda: holds(root, kept))
    kept.files.file.take_new(300, 500, None, "")
    drag(kept.workspace.canvas, [(60, 300), (200, 400)])
    crash(kept)
    window = recover(qtbot, open_window)
    assert steps_of(window) == steps_of(kept)
    assert len(window.session.history.steps) == 1
    assert walk(window) == walk(kept)


@pytest.mark.parametrize("closed", [True, False])
def test_without_autosave_a_recovered_journal_stays_until_the_window_closes(
    qtbot: QtBot, kept: MainWindow, root: Path, open_window: OpenWindow, closed: bool
) -> None:
    drag(kept.workspace.canvas, [(60, 40)])
    crash(kept)
    kept.settings.autosave = False
    (journal,) = (path / NAME for path in folders(root))
    before = journal.read_bytes()
    window = recover(qtbot, open_window)
    drag(window.workspace.canvas, [(90, 40)])
    come_to_rest(qtbot, window)
    assert journal.read_bytes() == before
    window.actions_by_id["recover"].trigger()  # it is not offered a second time
    come_to_rest(qtbot, window)
    assert window.recovery.dialog is None
    if closed:
        window.close()
        assert list(root.iterdir()) == []
    else:
        crash(window)
        assert journal.read_bytes() == before


def test_autosave_that_is_switched_on_continues_a_recovered_journal(
    qtbot: QtBot, kept: MainWindow, root: Path, open_window: OpenWindow
) -> None:
    drag(kept.workspace.canvas, [(60, 40)])
    crash(kept)
    kept.settings.autosave = False
    window = recover(qtbot, open_window)
    window.settings.autosave = True
    drag(window.workspace.canvas, [(90, 40)])
    crash(window)
    again = recover(qtbot, open_window)
    assert steps_of(again) == steps_of(window)
    assert len(again.session.history.steps) == 2
    assert walk(again) == walk(window)


def test_recovered_work_that_is_discarded_leaves_nothing(
    qtbot: QtBot, kept: MainWindow, root: Path, open_window: OpenWindow
) -> None:
    drag(kept.workspace.canvas, [(60, 40)])
    crash(kept)
    window = recover(qtbot, open_window)
    come_to_rest(qtbot, window)
    window.close()
    assert list(root.iterdir()) == []


@pytest.mark.parametrize("changed", [False, True])
def test_the_first_save_of_recovered_work_knows_its_file(
    qtbot: QtBot, kept: MainWindow, root: Path, open_window: OpenWindow, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, changed: bool,
) -> None:  # fmt: skip
    path, asked = tmp_path / "harbour.ora", []
    with qtbot.waitSignal(kept.files.file.saved):
        kept.files.file.save(path)
    drag(kept.workspace.canvas, [(60, 40), (120, 90)])
    qtbot.waitUntil(lambda: holds(root, kept))
    crash(kept)
    if changed:
        path.write_bytes(path.read_bytes() + b"theirs")
    window = open_window()
    click(dialog_of(qtbot, window), "Recover")
    qtbot.waitUntil(lambda: window.session.document.modified)
    qtbot.waitUntil(lambda: window.session.preview.whole and not window.session.preview.busy)
    assert window.files.file.path == path
    monkeypatch.setattr(
        file_controller, "ask_overwrite", lambda *_: asked.append(1) or Answer.CANCEL
    )
    window.actions_by_id["save"].trigger()
    qtbot.waitUntil(lambda: not window.files.file.saving)
    assert bool(asked) is changed
    assert window.isWindowModified() is changed


def test_a_recovered_journal_is_continued_when_the_disk_allows(
    qtbot: QtBot, root: Path, open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = leave_work(root, "old")
    window = open_window()
    dialog, write = dialog_of(qtbot, window), journal_file._write
    before = (root / "old" / NAME).read_bytes()

    def full(file: int, data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(journal_file, "_write", full)
    with qtbot.waitSignal(window.session.problem):
        click(dialog, "Recover")
    assert (root / "old" / NAME).read_bytes() == before
    monkeypatch.setattr(journal_file, "_write", write)
    drag(window.workspace.canvas, [(50, 40)])
    qtbot.waitUntil(lambda: holds(root, window))
    assert [path.name for path in folders(root)] == ["old"]
    window.session.undo()
    assert (labels_of(window) == labels).all()
    work = on_disk(root)
    assert work is not None
    assert work.path == Path("/home/old.ora")


def test_work_at_hand_is_not_lost_to_recovered_work(
    qtbot: QtBot, kept: MainWindow, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels, answers = leave_work(root, "old"), [Answer.CANCEL, Answer.DISCARD]
    monkeypatch.setattr(unsaved_guard, "ask_changed", lambda *_: answers.pop(0))
    drag(kept.workspace.canvas, [(60, 40)])
    before, document = labels_of(kept), kept.session.document
    kept.actions_by_id["recover"].trigger()
    click(dialog_of(qtbot, kept), "Recover")
    qtbot.waitUntil(lambda: len(answers) == 1)
    assert (labels_of(kept) == before).all()
    kept.actions_by_id["recover"].trigger()  # it is still there
    click(dialog_of(qtbot, kept), "Recover")
    qtbot.waitUntil(lambda: document.width == 100)
    assert (labels_of(kept) == labels).all()
    assert (document.style_id, document.seed) == ("other", 17)
    assert kept.windowTitle() == "old.ora[*] - Daub"
    qtbot.waitUntil(lambda: [path.name for path in folders(root)] == ["old"])
    assert holds(root, kept)
    monkeypatch.setattr(unsaved_guard, "ask_changed", lambda *_: Answer.DISCARD)


def test_work_is_recovered_while_the_engine_still_starts(
    qtbot: QtBot, studio: FakeStudio, settings: Settings, root: Path
) -> None:
    labels, slow = leave_work(root, "old"), FakeStudio(studio.starter)
    slow.hold()

    def late() -> FakeStudio:
        slow._brake()
        return slow()

    window = MainWindow(late, settings)
    qtbot.addWidget(window, before_close_func=lambda _: slow.let_go())
    window.show()
    window.recovery.begin(root)
    click(dialog_of(qtbot, window), "Recover")
    qtbot.waitUntil(lambda: window.session.document.seed == 17)
    slow.let_go()
    qtbot.waitUntil(lambda: window.session.preview.whole)
    assert (labels_of(window) == labels).all()
    assert window.session.document.style_id == "other"
    assert slow.requests[-1].style_id == "other"
    assert window.session.document.modified


def test_a_style_that_is_no_longer_there_gives_way(
    qtbot: QtBot, kept: MainWindow, root: Path
) -> None:
    leave(root, "old", UnsavedWork(DocumentState(LabelMap(50, 40, 3).snapshot(), "broken", 4)))
    kept.actions_by_id["recover"].trigger()
    with qtbot.waitSignal(kept.files.file.said) as said:
        click(dialog_of(qtbot, kept), "Recover")
    assert "The style broken is not available" in said.args[0]
    qtbot.waitUntil(lambda: kept.session.preview.whole)
    assert kept.session.document.style_id == "starry-night"


def test_later_asks_again_and_discard_asks_first(
    qtbot: QtBot, root: Path, open_window: OpenWindow
) -> None:
    leave_work(root, "older", time=1e9)
    leave_work(root, "newer", time=2e9)
    window = open_window()
    dialog = dialog_of(qtbot, window)
    assert dialog.list.count() == 2
    assert dialog.current.path == Path("/home/newer.ora")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert window.recovery.dialog is None
    window.actions_by_id["recover"].trigger()
    dialog = dialog_of(qtbot, window)
    QTest.keyClick(dialog.list, Qt.Key.Key_Down)
    assert dialog.current.path == Path("/home/older.ora")
    click(dialog, "Discard")
    click(dialog.findChildren(QMessageBox)[0], "Keep")
    assert dialog.list.count() == 2
    click(dialog, "Discard")
    click(next(box for box in dialog.findChildren(QMessageBox) if box.isVisible()), "Discard")
    qtbot.waitUntil(lambda: [path.name for path in folders(root)] == ["newer"])
    assert [dialog.list.count(), dialog.current.path] == [1, Path("/home/newer.ora")]
    window.close()
    assert [path.name for path in root.iterdir()] == ["newer"]  # and it is locked no more


def test_asking_in_vain_gets_an_answer(qtbot: QtBot, kept: MainWindow) -> None:
    with qtbot.waitSignal(kept.session.said) as said:
        kept.actions_by_id["recover"].trigger()
    assert said.args == ["There is no unsaved work to recover."]
    assert kept.recovery.dialog is None


def test_painting_goes_on_beside_the_question(
    qtbot: QtBot, root: Path, open_window: OpenWindow
) -> None:
    leave_work(root, "old")
    window = open_window()
    dialog = dialog_of(qtbot, window)
    assert not dialog.isModal()
    qtbot.waitUntil(lambda: bool(window.session.document.style_id))
    drag(window.workspace.canvas, [(60, 40)])
    assert window.session.document.labels.at(60, 40) == 4


def test_two_daubs_do_not_take_each_others_work(
    qtbot: QtBot, kept: MainWindow, root: Path, open_window: OpenWindow
) -> None:
    drag(kept.workspace.canvas, [(60, 40)])
    qtbot.waitUntil(lambda: holds(root, kept))
    mine = folders(root)
    second = open_window()
    with qtbot.waitSignal(second.session.said) as said:
        second.actions_by_id["recover"].trigger()
    assert said.args == ["There is no unsaved work to recover."]
    drag(second.workspace.canvas, [(90, 40)])
    qtbot.waitUntil(lambda: len(folders(root)) == 2)
    second.close()
    assert folders(root) == mine


def test_what_cannot_be_read_is_left_alone_or_cleared_away(root: Path) -> None:
    leave_work(root, "whole")
    for name, content in (("empty", b""), ("torn", b"\1\2\3")):
        (root / name).mkdir()
        (root / name / NAME).write_bytes(content)
    (root / "nothing").mkdir()
    for name in ("gone", "whole"):  # empty ones, as a power cut leaves them
        (root / f"{name}.lock").write_text("")
    room = JournalStore(root)
    assert [one.name for one in room.leftovers()] == ["whole"]
    room.release_all()
    assert [path.name for path in root.iterdir()] == ["whole"]


def test_thumbnails_are_small_and_in_the_palettes_colours() -> None:
    labels = LabelMap(4000, 1000, 6)
    picture = thumbnail(labels.snapshot())
    assert picture.shape == (72, 288, 3)
    assert tuple(picture[30, 30]) == materials()[6].rgb
    assert thumbnail(LabelMap(HEIGHT, 16384).snapshot()).shape[1] >= 1
