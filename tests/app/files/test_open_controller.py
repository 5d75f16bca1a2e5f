"""Opening pictures: drawings, photos to trace, what cannot be read."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QColorSpace, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app.document.export_options import ExportOptions
from app.services.import_service import SHORTEST
from app.widgets.clipboard import image_of, rgb_of
from app.window.main_window import MainWindow
from tests.support.drawings import PALETTE, scene
from tests.support.fakes import WIDTH
from tests.support.file_dialogs import (
    CTRL,
    SHIFT,
    drop,
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


def test_a_dropped_doodle_is_taken_as_it_is(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    before = labels_of(window)
    ids = np.random.default_rng(0).integers(0, 15, (50, 70), np.uint8)
    assert drop(window, files(picture_file(tmp_path / "mine.png", PALETTE[ids])))
    qtbot.waitUntil(lambda: window.session.document.width == 70)
    assert np.array_equal(labels_of(window), ids)
    assert window.session.history.undo_text == "Import mine.png"
    window.session.undo()
    assert np.array_equal(labels_of(window), before)
    assert not window.session.history.can_undo


def test_an_exported_doodle_comes_back(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    drag(window.workspace.canvas, [(60, 40), (120, 90)])
    before = labels_of(window)
    for kind in ("ids", "doodle"):
        path = tmp_path / f"{kind}.png"
        with qtbot.waitSignal(window.session.exports.written):
            window.session.export(ExportOptions(path, kind))
        window.session.clear()
        window.opening.open(path)
        qtbot.waitUntil(lambda: window.session.history.undo_text.startswith("Import"))
        assert np.array_equal(labels_of(window), before)


def test_foreign_colours_are_asked_about(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    drop(window, files(picture_file(tmp_path / "a.png", scene(FOREIGN))))
    dialog = import_dialog(qtbot, window)
    assert not dialog.traces
    assert len(dialog.choices) == 4
    before = dialog.preview.pixmap().toImage()
    dialog.choices[0].setCurrentIndex(9)
    chosen = dialog.chosen()
    assert dialog.preview.pixmap().toImage() != before
    dialog.accept()
    qtbot.waitUntil(lambda: window.session.document.width == 200)
    assert window.session.document.labels.at(3, 3) == 9
    assert set(np.unique(labels_of(window))) == set(chosen)
    window.session.undo()
    assert window.session.document.width == WIDTH


def test_a_photo_is_offered_to_be_traced(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    before, bar = labels_of(window), window.workspace.underlay_bar
    photo = np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8)
    photo[:, :, 0] = 255
    drop(window, files(picture_file(tmp_path / "photo.png", photo)))
    qtbot.waitUntil(lambda: window.session.document.photo is not None)
    window.workspace.messages.buttons[0].click()
    dialog = import_dialog(qtbot, window)
    assert dialog.traces
    plain = rgb_of(window.workspace.canvas.grab().toImage())
    dialog.accept()
    assert bar.isVisible()
    traced = rgb_of(window.workspace.canvas.grab().toImage())
    assert not np.array_equal(traced, plain)
    bar.slider.setValue(100)
    strong = rgb_of(window.workspace.canvas.grab().toImage())
    assert strong[..., 0].mean() > traced[..., 0].mean() > plain[..., 0].mean()
    assert window.settings.underlay_opacity == 1.0
    QTest.mouseClick(bar.shown, Qt.MouseButton.LeftButton)
    assert np.array_equal(rgb_of(window.workspace.canvas.grab().toImage()), plain)
    QTest.mouseClick(bar._remove, Qt.MouseButton.LeftButton)
    assert not bar.isVisible()
    assert np.array_equal(labels_of(window), before)
    window.session.undo()
    assert bar.isVisible()


def test_the_menu_asks_for_a_file(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    path = picture_file(tmp_path / "a.png", PALETTE[np.full((30, 40), 5, np.uint8)])
    QTest.keyClick(window, Qt.Key.Key_I, CTRL | SHIFT)
    dialog = window.opening.dialog
    assert isinstance(dialog, QFileDialog)
    dialog.setDirectory(str(tmp_path))
    dialog.selectFile(str(path))
    dialog.accept()
    qtbot.waitUntil(lambda: window.session.document.width == 40)
    assert window.settings.import_folder == str(tmp_path)


def test_what_is_no_picture_is_not_taken(window: MainWindow) -> None:
    mime = QMimeData()
    mime.setText("hello")
    assert not drop(window, mime)


def test_a_file_that_cannot_be_opened_does_not_change_where_to_save(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.settings.folder = before = str(tmp_path)
    (tmp_path / "downloads").mkdir()
    bad = tmp_path / "downloads" / "bad.ora"
    bad.write_bytes(b"no document")
    with qtbot.waitSignal(window.files.file.failed):
        drop(window, files(bad))
    assert window.settings.folder == before


@pytest.mark.parametrize("colours", [PALETTE, FOREIGN])
def test_nothing_comes_of_a_picture_once_the_window_is_closed(
    window: MainWindow, tmp_path: Path, colours: object
) -> None:
    rgb = np.array(colours, np.uint8)[np.random.default_rng(0).integers(0, 4, (40, 50))]
    window.opening.open(picture_file(tmp_path / "late.png", rgb))
    window.opening.imports._pool.submit(lambda: None).result()
    assert window.close()  # it has been looked at; the signal of it is still on its way
    QApplication.processEvents()
    window.opening.open(tmp_path / "late.png")
    assert window.opening.dialog is None
    assert window.session.document.width == WIDTH


def broken(kind: str, path: Path) -> Path:
    good = picture_file(path, PALETTE[np.random.default_rng(0).integers(0, 15, (64, 64))])
    content = good.read_bytes()
    bad = {
        "truncated": content[: len(content) // 2],
        "text": b"not a picture at all",
        "empty": b"",
        "giant": content[:16] + b"\x00\x00\xff\xff\x00\x00\xff\xff" + content[24:],
        "flipped": content[:60] + bytes(value ^ 255 for value in content[60:300]) + content[300:],
    }
    good.write_bytes(bad[kind])
    return good


@pytest.mark.parametrize("kind", ["truncated", "text", "empty", "giant", "flipped"])
def test_a_damaged_picture_is_one_sentence(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, kind: str
) -> None:
    before = labels_of(window)
    drop(window, files(broken(kind, tmp_path / "bad.png")))
    qtbot.waitUntil(lambda: "bad.png" in window.workspace.messages.text)
    assert window.opening.dialog is None
    assert np.array_equal(labels_of(window), before)


def test_a_missing_and_a_tiny_picture_are_one_sentence(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.opening.open(tmp_path / "gone.png")
    qtbot.waitUntil(lambda: "gone.png does not exist" in window.workspace.messages.text)
    small = picture_file(tmp_path / "small.png", np.zeros((SHORTEST - 1, 40, 3), np.uint8))
    window.opening.open(small)
    qtbot.waitUntil(lambda: "small.png is too small" in window.workspace.messages.text)


def test_grey_ids_are_taken_in_as_a_doodle(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    labels = np.zeros((40, 60), np.uint8)
    labels[20:] = 6
    Image.fromarray(labels).save(tmp_path / "labels.png")
    window.opening.open(tmp_path / "labels.png")
    document = window.session.document
    qtbot.waitUntil(lambda: (document.width, document.height) == (60, 40))
    assert np.array_equal(document.labels.array(), labels)


def test_what_is_clear_in_a_doodle_is_background(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    rgba = np.zeros((40, 60, 4), np.uint8)
    rgba[20:, :, :3], rgba[20:, :, 3] = PALETTE[6], 255
    Image.fromarray(rgba).save(tmp_path / "clear.png")
    window.opening.open(tmp_path / "clear.png")
    document = window.session.document
    qtbot.waitUntil(lambda: (document.width, document.height) == (60, 40))
    assert np.unique(document.labels.array()).tolist() == [0, 6]


def test_a_pasted_picture_is_in_srgb() -> None:
    image = image_of(np.full((4, 4, 3), (200, 100, 50), np.uint8))
    image.setColorSpace(QColorSpace(QColorSpace.NamedColorSpace.DisplayP3))
    assert np.abs(rgb_of(image)[0, 0].astype(int) - (215, 93, 31)).max() <= 1
