"""Copying and pasting: paintings, pieces of doodle, files."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.widgets.clipboard import image_of, rgb_of
from app.window.main_window import MainWindow
from tests.support.drawings import PALETTE, scene
from tests.support.fakes import fake_paint
from tests.support.file_dialogs import (
    CTRL,
    SHIFT,
    files,
    import_dialog,
    picture_file,
)
from tests.support.hand import drag

FOREIGN = [(120, 190, 250), (60, 140, 60), (255, 240, 90), (90, 60, 30)]


@pytest.fixture(autouse=True)
def _clean_clipboard(qapp: QApplication) -> Iterator[None]:
    yield
    QGuiApplication.clipboard().clear()


def labels_of(window: MainWindow) -> np.ndarray:
    return window.session.document.labels.snapshot().array()


def painting_of(window: MainWindow) -> np.ndarray:
    document = window.session.document
    return fake_paint(labels_of(window), document.style_id, document.seed)


def copy(qtbot: QtBot, window: MainWindow, keys: Qt.KeyboardModifier) -> None:
    with qtbot.waitSignal(window.session.said, check_params_cb=lambda told: "Copied" in told):
        QTest.keyClick(window, Qt.Key.Key_C, keys)


def test_the_painting_is_copied(qtbot: QtBot, window: MainWindow) -> None:
    copy(qtbot, window, CTRL)
    image = QGuiApplication.clipboard().image()
    assert np.array_equal(rgb_of(image), painting_of(window))


def test_the_box_of_the_selection_is_copied(qtbot: QtBot, window: MainWindow) -> None:
    window.session.set_options(tool="lasso")
    drag(window.workspace.canvas, [(20, 30), (60, 30), (60, 80), (20, 80)])
    copy(qtbot, window, CTRL)
    copied = rgb_of(QGuiApplication.clipboard().image())
    assert np.array_equal(copied, painting_of(window)[30 : 30 + len(copied), 20:61])
    assert copied.shape[:2] == (51, 41)


def test_a_copied_doodle_is_pasted_as_one_step(qtbot: QtBot, window: MainWindow) -> None:
    drag(window.workspace.canvas, [(60, 40), (120, 40)])
    drawn = labels_of(window)
    copy(qtbot, window, CTRL | SHIFT)
    copied = rgb_of(QGuiApplication.clipboard().image())  # other programs get its colours
    assert np.array_equal(copied, PALETTE[drawn])
    window.session.clear()
    QTest.keyClick(window, Qt.Key.Key_V, CTRL)
    assert np.array_equal(labels_of(window), drawn)
    assert window.session.history.undo_text == "Paste"
    window.session.undo()
    assert (labels_of(window) == 0).all()


def test_a_copy_that_is_still_being_made_is_pasted(qtbot: QtBot, window: MainWindow) -> None:
    drag(window.workspace.canvas, [(60, 40), (120, 40)])
    drawn = labels_of(window)
    QGuiApplication.clipboard().setText("older")
    window.actions_by_id["copy.doodle"].trigger()
    window.session.clear()
    window.actions_by_id["paste"].trigger()
    qtbot.waitUntil(lambda: window.session.history.undo_text == "Paste")
    assert np.array_equal(labels_of(window), drawn)


def test_a_pasted_picture_is_asked_about(qtbot: QtBot, window: MainWindow) -> None:
    QGuiApplication.clipboard().setImage(image_of(scene(FOREIGN)))
    QTest.keyClick(window, Qt.Key.Key_V, CTRL)
    dialog = import_dialog(qtbot, window)
    assert len(dialog.choices) == 4
    dialog.reject()
    assert window.opening.dialog is None


def test_a_pasted_file_is_opened(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    path = picture_file(tmp_path / "a.png", PALETTE[np.full((30, 40), 5, np.uint8)])
    QGuiApplication.clipboard().setMimeData(files(path))
    QTest.keyClick(window, Qt.Key.Key_V, CTRL)
    qtbot.waitUntil(lambda: window.session.document.width == 40)


def test_nothing_to_paste(window: MainWindow) -> None:
    QGuiApplication.clipboard().setText("hello")
    QTest.keyClick(window, Qt.Key.Key_V, CTRL)
    assert "nothing on the clipboard" in window.workspace.messages.text


def test_images_go_there_and_back() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (7, 5, 3), np.uint8)
    assert np.array_equal(rgb_of(image_of(rgb)), rgb)
    clear = QImage(3, 2, QImage.Format.Format_ARGB32)
    clear.fill(0)
    assert (rgb_of(clear) == 255).all()
