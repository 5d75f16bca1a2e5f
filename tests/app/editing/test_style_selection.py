"""A style that can paint doodles but is missing in the photo network."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow
from tests.support.canvas import labels_of, texts
from tests.support.fakes import FakeStudio, fake_paint
from tests.support.file_dialogs import drop, files
from tests.support.gallery import index_of
from tests.support.photo_documents import is_painted, photo_file, settle, take

ENABLED = Qt.ItemFlag.ItemIsEnabled


@pytest.fixture(autouse=True)
def _third_is_not_learnt(studio: FakeStudio) -> None:
    studio.unlearnt = {"third"}


def drop_photo(qtbot: QtBot, window: MainWindow, folder: Path, answer: str) -> None:
    """Drop a photo on a doodle in the third style."""
    window.session.choose_style("third")
    settle(qtbot, window)
    drop(window, files(photo_file(folder)))
    messages, document = window.workspace.messages, window.session.document
    qtbot.waitUntil(lambda: bool(messages.buttons))
    next(button for button in messages.buttons if button.text() == answer).click()
    qtbot.waitUntil(lambda: document.photo is not None and document.style_id != "third")
    settle(qtbot, window)


def test_dropping_a_photo_changes_the_style_in_the_same_step(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    drop_photo(qtbot, window, tmp_path, "Replace")
    session, document = window.session, window.session.document
    told = window.workspace.messages.text
    assert "has no painting" in told
    assert "The Starry Night is used instead." in told
    assert texts(window) == ["Style: The Third", "Photo IMG_1.png"]
    assert is_painted(document)
    session.undo()
    settle(qtbot, window)
    assert (document.style_id, document.photo) == ("third", None)
    doodle = fake_paint(labels_of(window), "third", document.seed)
    assert np.array_equal(document.painting, doodle)
    window.workspace.messages._close()
    session.redo()
    settle(qtbot, window)
    assert is_painted(document)
    assert document.style_id == "starry-night"
    assert not window.workspace.messages.isVisible(), "it was not asked for in the third style"
    session.undo()
    session.undo()
    settle(qtbot, window)
    assert not document.modified


def test_a_new_painting_of_a_photo_is_in_another_style(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    drop_photo(qtbot, window, tmp_path, "New painting")
    assert is_painted(window.session.document)
    assert texts(window) == []
    assert window.session.document.modified


def test_the_gallery_offers_it_again_when_the_photo_is_gone(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    take(qtbot, window, tmp_path)
    settle(qtbot, window)
    card = index_of(window.gallery, "third")
    assert not card.flags() & ENABLED
    assert "has no painting" in card.data(Qt.ItemDataRole.ToolTipRole)
    window.session.undo()
    assert index_of(window.gallery, "third").flags() & ENABLED


def test_its_shortcut_says_why_not_and_surprise_skips_it(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.favourites.toggle("third")
    document = take(qtbot, window, tmp_path)
    settle(qtbot, window)
    window.actions_by_id["favourite.1"].trigger()
    assert "has no painting" in window.workspace.messages.text
    for _ in range(8):
        window.actions_by_id["surprise"].trigger()
        assert document.style_id in ("starry-night", "other")
    assert "Style: The Third" not in texts(window)
