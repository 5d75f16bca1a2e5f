"""Actions during a change of the whole canvas are queued and run afterwards."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.document.canvas_transform import flipped_across
from app.document.document_state import DocumentState
from app.document.rect import Rect
from app.editing import selection_commands
from app.files import unsaved_guard
from app.widgets.dialogs import Answer
from app.window.main_window import MainWindow
from tests.support.canvas import labels_of, select, texts
from tests.support.fakes import starter_labels
from tests.support.file_dialogs import drop, files
from tests.support.hand import drag
from tests.support.photo_documents import photo_file

CTRL = Qt.KeyboardModifier.ControlModifier
FLIP = "Flip horizontally"


class Flip:
    """A flip of the canvas that blocks until it is released."""

    def __init__(self, qtbot: QtBot, window: MainWindow) -> None:
        self._qtbot, self._window = qtbot, window
        self._go = threading.Event()

    def __call__(self, state: DocumentState) -> DocumentState:
        assert self._go.wait(20)
        return flipped_across(state)

    def begin(self) -> None:
        self._window.canvas_controller.change("canvas.flip_across", FLIP, self)
        assert self._window.session.canvas_jobs.busy

    def let_go(self) -> None:
        self._go.set()
        self._qtbot.waitUntil(lambda: not self._window.session.canvas_jobs.busy)


@pytest.fixture
def flip(qtbot: QtBot, window: MainWindow) -> Iterator[Flip]:
    flip = Flip(qtbot, window)
    yield flip
    flip._go.set()


@pytest.fixture
def asked(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Record the undo steps at each question about unsaved changes; answer Cancel."""
    asked: list[list[str]] = []

    def ask(*_: object) -> Answer:
        asked.append(texts(window))
        return Answer.CANCEL

    monkeypatch.setattr(unsaved_guard, "ask_changed", ask)
    window.session.history.set_clean(window.session.history.step)
    return asked


def test_closing_waits_for_the_canvas_and_then_asks(
    qtbot: QtBot, window: MainWindow, asked: list[list[str]]
) -> None:
    window.actions_by_id["canvas.flip_across"].trigger()
    window.close()
    assert window.isVisible()
    assert "will close when" in window.workspace.messages.text
    qtbot.waitUntil(lambda: bool(asked))
    assert asked == [[FLIP]]
    assert window.isVisible()
    window.session.undo()
    window.close()
    assert not window.isVisible()


def test_another_document_waits_for_the_canvas_and_then_asks(
    qtbot: QtBot, window: MainWindow, asked: list[list[str]]
) -> None:
    window.actions_by_id["canvas.flip_across"].trigger()
    begun: list[int] = []
    window.files.guard.when_safe(lambda: begun.append(1))
    assert not asked, "nothing has changed yet"
    qtbot.waitUntil(lambda: bool(asked))
    assert asked == [[FLIP]]
    assert not begun
    window.session.undo()
    window.files.guard.when_safe(lambda: begun.append(2))
    assert begun == [2], "at once: what was wished for before is over"


def test_undo_and_redo_of_a_flip(window: MainWindow, flip: Flip) -> None:
    flip.begin()
    QTest.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert texts(window) == []
    flip.let_go()
    history = window.session.history
    assert (texts(window), history.at) == ([FLIP], 0)
    assert np.array_equal(labels_of(window), starter_labels())
    QTest.keyClick(window, Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert np.array_equal(labels_of(window), starter_labels()[:, ::-1])


def test_a_jump_in_the_history_waits(window: MainWindow, flip: Flip) -> None:
    drag(window.workspace.canvas, [(50, 50), (90, 90)])
    flip.begin()
    window.history_panel.chosen.emit(0)
    flip.let_go()
    window.session.history.arrive()
    assert texts(window) == ["Brush: Tree", FLIP]
    assert np.array_equal(labels_of(window), starter_labels())


def test_the_next_canvas_change_is_queued(qtbot: QtBot, window: MainWindow, flip: Flip) -> None:
    flip.begin()
    window.actions_by_id["canvas.turn_left"].trigger()
    flip._go.set()
    qtbot.waitUntil(lambda: texts(window) == [FLIP, "Rotate left"])
    assert np.array_equal(labels_of(window), np.rot90(starter_labels()[:, ::-1]))


def test_a_dropped_photo_takes_the_place_of_the_flipped_doodle(
    qtbot: QtBot, window: MainWindow, flip: Flip, tmp_path: Path
) -> None:
    flip.begin()
    drop(window, files(photo_file(tmp_path)))
    qtbot.waitUntil(lambda: bool(window.session.canvas_jobs._waiting))
    assert window.session.document.photo is None
    flip.let_go()
    messages = window.workspace.messages
    assert "IMG_1.png" in messages.text, "there is a doodle now, so it is asked"
    next(button for button in messages.buttons if button.text() == "Replace").click()
    assert texts(window) == [FLIP, "Photo IMG_1.png"]
    window.session.undo()
    assert np.array_equal(labels_of(window), starter_labels()[:, ::-1])


def test_a_photo_accepted_meanwhile_does_not_drop_the_flip(
    qtbot: QtBot, window: MainWindow, flip: Flip, tmp_path: Path
) -> None:
    drag(window.workspace.canvas, [(50, 50), (90, 90)])
    drop(window, files(photo_file(tmp_path)))
    messages = window.workspace.messages
    qtbot.waitUntil(lambda: bool(messages.buttons))
    flip.begin()
    next(button for button in messages.buttons if button.text() == "Replace").click()
    flip.let_go()
    assert texts(window) == ["Brush: Tree", FLIP, "Photo IMG_1.png"]


def test_what_is_pasted_lies_on_the_flipped_canvas(
    qtbot: QtBot, window: MainWindow, flip: Flip
) -> None:
    window.actions_by_id["copy.doodle"].trigger()
    qtbot.waitUntil(lambda: "Copied" in window.workspace.messages.text)
    flip.begin()
    QTest.keyClick(window, Qt.Key.Key_V, CTRL)
    flip.let_go()
    QGuiApplication.clipboard().clear()
    assert texts(window) == [FLIP, "Paste"]
    assert np.array_equal(labels_of(window), starter_labels())


def test_a_photo_that_waits_does_not_reach_the_next_document(
    qtbot: QtBot, window: MainWindow, flip: Flip, tmp_path: Path
) -> None:
    flip.begin()
    window.files.guard.when_safe(lambda: window.files.file.take_new(50, 40, None, ""))
    drop(window, files(photo_file(tmp_path)))
    qtbot.waitUntil(lambda: len(window.session.canvas_jobs._waiting) == 2)
    flip.let_go()
    document = window.session.document
    assert (document.width, document.photo) == (50, None)
    assert "was not imported" in window.workspace.messages.text
    assert not window.workspace.messages.buttons


def test_a_large_copy_is_made_while_painting_continues(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, make, session = threading.Event(), selection_commands._duplicated, window.session

    def slow(*what: Any) -> object:
        assert go.wait(20)
        return make(*what)

    monkeypatch.setattr(selection_commands, "LARGEST_LIVE", 100)
    monkeypatch.setattr(selection_commands, "_duplicated", slow)
    before = starter_labels()
    select(window, Rect(180, 20, 210, 50))  # the moon
    QTest.keyClick(window, Qt.Key.Key_J, CTRL)
    drag(window.workspace.canvas, [(184, 30), (186, 30)])
    go.set()
    qtbot.waitUntil(lambda: texts(window) == ["Brush: Tree", "Duplicate"])
    after = labels_of(window)
    assert (after[20:50, 180:210] == 4).any(), "what was painted meanwhile is there"
    assert np.array_equal(after[25:55, 185:215][25:, 25:], after[20:50, 180:210][25:, 25:])
    assert session.document.selection is not None
    assert session.document.selection.box == Rect(185, 25, 215, 55)
    go.clear()
    QTest.keyClick(window, Qt.Key.Key_J, CTRL)
    QTest.keyClick(window, Qt.Key.Key_Z, CTRL)
    go.set()
    qtbot.waitUntil(lambda: not session.canvas_jobs.busy)
    assert session.history.redo_text == "Duplicate"
    assert np.array_equal(labels_of(window), after)
    session.undo()
    session.undo()
    assert np.array_equal(labels_of(window), before)


def new(window: MainWindow) -> None:
    window.actions_by_id["new"].trigger()


def other(window: MainWindow) -> None:
    window.files.guard.when_safe(lambda: window.session.new_canvas(50, 40))


def close(window: MainWindow) -> None:
    window.close()


@pytest.mark.parametrize(
    "wishes",
    [(new, close), (close, new), (other, new), (close, close)],
    ids=lambda wishes: "-".join(wish.__name__ for wish in wishes),
)
def test_closing_twice_asks_once(
    window: MainWindow, flip: Flip, asked: list[list[str]],
    wishes: tuple[Callable[[MainWindow], None], ...],
) -> None:  # fmt: skip
    flip.begin()
    for wish in wishes:
        wish(window)
    flip.let_go()
    assert asked == [[FLIP]]
    assert window.isVisible()
    assert window.session.document.width != 50
    window.session.undo()  # so that the window closes without a question


def test_queued_actions_run_before_the_window_closes(
    window: MainWindow, flip: Flip, asked: list[list[str]]
) -> None:
    flip.begin()
    QTest.keyClick(window, Qt.Key.Key_Z, CTRL)
    window.close()
    flip.let_go()
    assert not asked, "all that was changed was taken back"
    assert not window.isVisible()


def test_opening_another_document_cancels_closing(
    qtbot: QtBot, window: MainWindow, flip: Flip
) -> None:
    flip.begin()
    window.close()
    other(window)
    flip.let_go()
    assert window.isVisible()
    assert window.session.document.width == 50
    window.canvas_controller.change("canvas.turn_left", "Rotate left", flip)
    flip.let_go()
    assert window.isVisible(), "what is forgotten does not close it later"
