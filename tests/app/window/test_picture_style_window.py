"""A picture becomes a style for photos, if nothing is marked on it in the style studio."""

import threading
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from app.document.label_map import LabelMap
from app.files.drop_controller import MOST_STYLES
from app.files.open_controller import AS_STYLE
from app.platform.translation import tr
from app.widgets.clipboard import image_of
from app.window.main_window import MainWindow
from app.window.studio_window import StudioWindow
from engine.errors import EngineError
from engine.requests import StyleInfo
from tests.support.fakes import ADDED, FakeStudio
from tests.support.file_dialogs import drop, files
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
    assert studio.forgotten == 1
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


def on_gallery(window: MainWindow) -> QPoint:
    """Open the gallery; return a place on it."""
    window.actions_by_id["gallery"].setChecked(True)
    gallery = window.styles.gallery
    return gallery.mapTo(window, gallery.rect().center())


def test_pictures_dropped_on_the_gallery_become_styles(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    document = take(qtbot, window, tmp_path)
    photo = document.photo
    given = [photo_file(tmp_path, name) for name in ("one.png", "two.png")]
    assert drop(window, files(*given), on_gallery(window))
    qtbot.waitUntil(lambda: "2 pictures are styles" in window.workspace.messages.text)
    assert studio.added == [(path, path.name) for path in given]
    assert document.photo is photo, "nothing is opened"
    qtbot.waitUntil(lambda: document.style_id == ADDED)
    assert window.styles.gallery.isVisible()
    settle(qtbot, window)


def test_pictures_dropped_beside_the_gallery_are_opened(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    place = on_gallery(window)
    place.setX(window.width() - 40)
    assert drop(window, files(photo_file(tmp_path)), place)
    qtbot.waitUntil(lambda: window.session.document.photo is not None)
    assert not studio.added
    settle(qtbot, window)


def test_the_gallery_is_framed_while_pictures_hang_above_it(
    window: MainWindow, tmp_path: Path
) -> None:
    place, mime = on_gallery(window), files(photo_file(tmp_path))
    frames = window.drop_controller.frame, window.drop_controller.style_frame
    action, button = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    plain = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window, QDragEnterEvent(place, action, mime, button, plain))
    assert [frame.isVisible() for frame in frames] == [False, True]
    assert frames[1].text == "Drop to add styles"
    assert frames[1].size() == window.styles.gallery.size()
    aside = QPoint(window.width() - 40, place.y())
    QApplication.sendEvent(window, QDragMoveEvent(aside, action, mime, button, plain))
    assert [frame.isVisible() for frame in frames] == [True, False]
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert [frame.isVisible() for frame in frames] == [False, False]
    assert not window.styles.gallery.search.acceptDrops()


def test_bad_files_among_the_pictures_are_one_sentence(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    given = [photo_file(tmp_path, f"{name}.png") for name in "abc"]
    place = on_gallery(window)
    settle(qtbot, window)
    for name in "ab":
        studio.fail_once(EngineError(f"{tmp_path / name}.png is too small."))
    assert drop(window, files(*given), place)
    messages = window.workspace.messages
    qtbot.waitUntil(lambda: "2 files cannot be styles. a.png is too small." in messages.text)
    assert "is a style for photos now." in messages.text
    assert studio.added == [(given[2], "c.png")]


def test_the_pictures_of_a_folder_become_styles(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    place, messages = on_gallery(window), window.workspace.messages
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").touch()
    assert drop(window, files(tmp_path / "in"), place)
    qtbot.waitUntil(lambda: "These files contain no picture." in messages.text)
    picture = photo_file(tmp_path / "in", "mine.png")
    assert drop(window, files(tmp_path / "in"), place)
    qtbot.waitUntil(lambda: studio.added == [(picture, "mine.png")])


def test_a_picture_without_a_file_opens_the_studio(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    mime = QMimeData()
    mime.setImageData(image_of(photo_pixels()))
    assert drop(window, mime, on_gallery(window))
    assert np.array_equal(opened(qtbot, window).session.picture, photo_pixels())
    assert not studio.added


def test_many_pictures_are_asked_about_first(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    place, messages = on_gallery(window), window.workspace.messages
    settle(qtbot, window)
    (tmp_path / "in").mkdir()
    given = [photo_file(tmp_path / "in", f"{number:02}.png") for number in range(MOST_STYLES + 1)]
    for answer in ("No", "Add"):
        assert drop(window, files(tmp_path / "in"), place)
        qtbot.waitUntil(lambda: bool(messages.buttons))
        assert messages.text == "Add 13 pictures to the styles?"
        assert not studio.added
        next(button for button in messages.buttons if button.text() == answer).click()
    qtbot.waitUntil(lambda: studio.added == [(path, path.name) for path in given])
    qtbot.waitUntil(lambda: "13 pictures are styles" in messages.text)


def test_the_window_paints_on_between_pictures(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    """A doodle is painted before the second of two pictures is a style."""
    settle(qtbot, window)
    painted, added, before = list[bool](), studio.add_picture, len(studio.requests)
    begun, go = threading.Event(), threading.Event()

    def slow(picture: Path | np.ndarray, name: str) -> StyleInfo:
        painted.append(len(studio.requests) > before)
        begun.set()
        assert go.wait(10)
        return added(picture, name)

    studio.add_picture = slow  # type: ignore[method-assign]
    window.session.add_styles([(photo_pixels(), "one.png"), (photo_pixels(), "two.png")])
    qtbot.waitUntil(begun.is_set)
    window.session.preview.repaint()
    go.set()
    qtbot.waitUntil(lambda: len(studio.added) == 2)
    assert painted == [False, True]
