"""What is dropped on the window, by real events: shown, taken, refused, and the rest offered."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.application import create_application
from app.main_window import MainWindow
from app.theme import DARK, LIGHT, colours_of
from app.widgets.clipboard import image_of, rgb_of
from tests.app.hand import drag
from tests.app.test_exchange import drop, files
from tests.app.test_photo_window import photo_file, photo_pixels, settle

CTRL = Qt.KeyboardModifier.ControlModifier
LEFT, PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def enter(window: MainWindow, mime: QMimeData) -> bool:
    event = QDragEnterEvent(QPoint(400, 300), Qt.DropAction.CopyAction, mime, LEFT, PLAIN)
    QApplication.sendEvent(window, event)
    return event.isAccepted()


def edge(window: MainWindow) -> str:
    """The colour at the left edge of what is seen."""
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
        frame, mime = window.drops.frame, files(tmp_path / "a.jpg")
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
    assert not window.drops.frame.isVisible()
    assert "https://x.org/sea.jpg is a web address; save" in window.workspace.messages.text
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
    assert str(window.files.recent.paths).count("daub-") == 0


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
