"""A picture becomes a style for photos: from the gallery's button, and from a dropped photo."""

from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from app.document.label_map import LabelMap
from app.files.open_controller import AS_STYLE
from app.platform.translation import tr
from app.window.main_window import MainWindow
from engine.errors import EngineError
from tests.support.fakes import ADDED, FakeStudio
from tests.support.photo_documents import is_painted, photo_file, photo_pixels, settle, take


def add(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    """Choose a file in the dialog of the gallery's button."""
    window.actions_by_id["styles.add"].trigger()
    dialog = window.opening.dialog
    assert dialog is not None
    dialog.selectFile(str(path))
    dialog.accept()


def test_a_chosen_picture_paints_the_photo(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    document = take(qtbot, window, tmp_path)
    add(qtbot, window, photo_file(tmp_path, "mine.png"))
    qtbot.waitUntil(lambda: document.style_id == ADDED)
    settle(qtbot, window)
    assert is_painted(document)
    assert studio.added == [(tmp_path / "mine.png", "mine.png")]
    assert ADDED in window.session.styles
    window.session.undo()
    assert document.style_id == "starry-night"


def test_with_a_photo_by_the_network_it_says_what_is_needed(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    document = take(qtbot, window, tmp_path)
    window.session.photo_look.change(by="network")
    settle(qtbot, window)
    add(qtbot, window, photo_file(tmp_path, "mine.png"))
    qtbot.waitUntil(lambda: ADDED in window.session.styles)
    qtbot.waitUntil(lambda: "choose Paint with strokes." in window.workspace.messages.text)
    assert document.style_id != ADDED


def test_a_photo_that_was_dropped_becomes_a_style_and_leaves_the_canvas(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    document = take(qtbot, window, tmp_path)
    buttons = window.workspace.messages.buttons
    next(button for button in buttons if button.text() == tr(AS_STYLE)).click()
    qtbot.waitUntil(lambda: ADDED in window.session.styles)
    assert document.photo is None
    ((pixels, name),) = studio.added
    assert name == "IMG_1.png"
    assert np.array_equal(pixels, photo_pixels())


def test_it_paints_no_doodles(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    """The gallery marks it, and a doodle that replaces the photo gets another style."""
    document = take(qtbot, window, tmp_path)
    add(qtbot, window, photo_file(tmp_path, "mine.png"))
    qtbot.waitUntil(lambda: document.style_id == ADDED)
    settle(qtbot, window)
    window.session.import_doodle("doodle.png", LabelMap(60, 40))
    qtbot.waitUntil(lambda: document.style_id != ADDED)
    settle(qtbot, window)
    assert window.session.preview.whole
    told = window.workspace.messages.text
    assert "paints only photos. The Starry Night is used instead." in told
    assert "no map" in window.session.style_selection.unsupported(ADDED)
    assert ADDED not in window.session.style_selection.fitting


def test_a_picture_that_cannot_be_used_is_one_sentence(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    document = take(qtbot, window, tmp_path)
    studio.fail_once(EngineError("mine.png is too small."))
    add(qtbot, window, photo_file(tmp_path, "mine.png"))
    qtbot.waitUntil(lambda: "mine.png is too small." in window.workspace.messages.text)
    assert document.style_id == "starry-night"
