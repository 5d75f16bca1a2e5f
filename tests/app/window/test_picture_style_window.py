"""A picture becomes a style for photos, if nothing is marked on it in the style studio."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.document.label_map import LabelMap
from app.files.open_controller import AS_STYLE
from app.platform.translation import tr
from app.window.main_window import MainWindow
from app.window.studio_window import StudioWindow
from engine.errors import EngineError
from tests.support.fakes import ADDED, FakeStudio
from tests.support.photo_documents import is_painted, photo_file, photo_pixels, settle, take
from tests.support.studio import opened


@pytest.fixture(autouse=True)
def _own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def choose(qtbot: QtBot, window: MainWindow, path: Path) -> StudioWindow:
    """Choose a file in the dialog of the gallery's button."""
    window.actions_by_id["styles.add"].trigger()
    qtbot.waitUntil(lambda: window.studio.dialog is not None)
    dialog = window.studio.dialog
    assert dialog is not None
    line = dialog.findChild(QLineEdit)
    assert isinstance(line, QLineEdit)
    line.setText(str(path))
    dialog.accept()
    return opened(qtbot, window)


def add(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    """Save a style without marks, and paint with it."""
    studio = choose(qtbot, window, path)
    studio.save_button.click()
    qtbot.waitUntil(lambda: bool(studio.session.style_id))
    studio.view.messages.buttons[0].click()


def test_a_chosen_picture_paints_the_photo(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    document = take(qtbot, window, tmp_path)
    add(qtbot, window, photo_file(tmp_path, "mine.png"))
    qtbot.waitUntil(lambda: document.style_id == ADDED)
    settle(qtbot, window)
    assert is_painted(document)
    ((pixels, name),) = studio.added
    assert name == "Mine"
    assert np.array_equal(pixels, photo_pixels())
    assert studio.forgotten == [ADDED]
    window.session.undo()
    assert document.style_id == "starry-night"


def test_a_photo_that_was_dropped_becomes_a_style_and_leaves_the_canvas(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    document = take(qtbot, window, tmp_path)
    buttons = window.workspace.messages.buttons
    next(button for button in buttons if button.text() == tr(AS_STYLE)).click()
    opened_studio = opened(qtbot, window)
    assert document.photo is None
    assert opened_studio.session.name == "IMG_1.png"
    assert np.array_equal(opened_studio.session.picture, photo_pixels())


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


def test_a_style_that_cannot_be_written_is_one_sentence(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    made = choose(qtbot, window, photo_file(tmp_path, "mine.png"))
    studio.fail_once(EngineError("styles is not writable."))
    made.save_button.click()
    qtbot.waitUntil(lambda: "styles is not writable." in made.view.messages.text)
    assert not made.session.style_id
    assert made.save_button.isEnabled()
