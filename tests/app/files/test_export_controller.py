"""Export: the dialog, the file, cancelling, and closing the window during an export."""

import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.document.export_options import ExportOptions
from app.widgets.export_dialog import duration, unused
from app.widgets.import_dialog import percentage
from app.window.main_window import MainWindow
from engine.studio import EngineError
from resources.materials import materials
from tests.support.fakes import HEIGHT, WIDTH, FakeStudio, fake_paint
from tests.support.file_dialogs import (
    CTRL,
    export_dialog,
)
from tests.support.hand import drag
from tests.support.refining import refine


@pytest.fixture(autouse=True)
def _clean_clipboard(qapp: QApplication) -> Iterator[None]:
    yield
    QGuiApplication.clipboard().clear()


def labels_of(window: MainWindow) -> np.ndarray:
    return window.session.document.labels.snapshot().array()


def painting_of(window: MainWindow) -> np.ndarray:
    document = window.session.document
    return fake_paint(labels_of(window), document.style_id, document.seed)


def read(path: Path) -> np.ndarray:
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[..., ::-1]


def export(qtbot: QtBot, window: MainWindow, wish: ExportOptions) -> np.ndarray:
    with qtbot.waitSignal(window.session.exports.written):
        window.session.export(wish)
    return read(wish.path)


def test_an_export_is_the_painting_and_holds_its_recipe(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.session.set_seed(42)
    picture = export(qtbot, window, ExportOptions(tmp_path / "out.png"))
    assert np.array_equal(picture, painting_of(window))
    with Image.open(tmp_path / "out.png") as image:
        assert (image.text["daub:seed"], image.text["daub:style"]) == ("42", "starry-night")
        assert image.text["Software"].startswith("Daub ")
    assert "out.png" in window.workspace.messages.text


def test_the_dialog_exports_what_is_filled_in(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    window.settings.export_folder = str(tmp_path)
    dialog = export_dialog(window)
    assert dialog.answer().path == tmp_path / "starry-night.png"
    dialog.format_box.setCurrentIndex(3)
    dialog.format_box.activated.emit(3)
    assert dialog.answer().path == tmp_path / "starry-night.tif"
    dialog.bits.setCurrentIndex(1)
    dialog.bits.activated.emit(1)
    dialog.scale.setValue(2)
    assert f"{2 * WIDTH} × {2 * HEIGHT}" in dialog._scale_text.text()
    assert "strokes keep their size in pixels" in dialog.note.text()
    with qtbot.waitSignal(window.session.exports.written):
        QTest.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    picture = read(tmp_path / "starry-night.tif")
    assert (picture.shape, picture.dtype) == ((2 * HEIGHT, 2 * WIDTH, 3), np.uint16)
    assert studio.exports[-1].provenance is not None
    assert studio.exports[-1].provenance.scale == 2
    again = export_dialog(window)
    assert (again.answer().format, again.answer().bits) == ("tiff", 16)
    assert again.answer().path == tmp_path / "starry-night 2.tif"
    again.reject()


def test_the_dialog_says_what_cannot_be(window: MainWindow, tmp_path: Path) -> None:
    window.settings.export_folder = str(tmp_path)
    dialog = export_dialog(window)
    assert dialog.go.isEnabled()
    dialog.file.setText(str(tmp_path / "nowhere" / "a.png"))
    assert not dialog.go.isEnabled()
    assert "does not exist" in dialog.note.text()
    dialog.file.setText(str(tmp_path / "a.jpg"))
    assert "must end in .png" in dialog.note.text()
    (tmp_path / "a.png").touch()
    dialog.file.setText(str(tmp_path / "a.png"))
    assert dialog.go.isEnabled()
    assert dialog.go.text() == "Replace"
    dialog.reject()


def test_quality_is_there_only_where_there_is_some(window: MainWindow) -> None:
    dialog = export_dialog(window)
    assert not dialog.quality.isVisible()
    dialog.format_box.setCurrentIndex(1)
    dialog.format_box.activated.emit(1)
    assert dialog.quality.isVisible()
    assert not dialog.bits.isEnabled()
    dialog.reject()


def test_the_refined_picture_is_exported_as_it_is_shown(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    refine(qtbot, window)
    drag(window.workspace.canvas, [(40, 40), (60, 40)])
    qtbot.waitUntil(lambda: not window.session.preview.busy)
    shown = window.session.document.painting.copy()
    assert not np.array_equal(shown, painting_of(window))
    wish = ExportOptions(tmp_path / "out.png", bits=16)
    picture = export(qtbot, window, wish)
    assert picture.dtype == np.uint8  # more would be made up
    assert np.array_equal(picture, shown)
    with Image.open(wish.path) as image:
        assert image.text["daub:refined"] == "yes"
    live = export(qtbot, window, ExportOptions(tmp_path / "live.png", refined=False))
    assert np.array_equal(live, painting_of(window))


def test_the_dialog_says_what_a_scale_and_its_depth_are(qtbot: QtBot, window: MainWindow) -> None:
    refine(qtbot, window)
    dialog = export_dialog(window)
    assert dialog.refined.isVisible()
    assert dialog.answer().refined
    assert not dialog.bits.isEnabled()
    assert "refined picture has 8 bits" in dialog.bits.toolTip()
    assert "refined picture has 8 bits" in dialog.note.text()
    dialog.scale.setValue(3)
    assert "same picture, larger" in dialog.note.text()
    assert dialog.answer().refined
    assert dialog.bits.isEnabled()
    assert not dialog.bits.toolTip()
    dialog.refined.setChecked(False)
    assert "strokes keep their size in pixels" in dialog.note.text()
    dialog.format_box.setCurrentIndex(1)
    dialog.format_box.activated.emit(1)
    assert dialog.bits.toolTip() == "JPEG has 8 bits per channel."
    dialog.format_box.setCurrentIndex(4)
    dialog.format_box.activated.emit(4)
    assert not dialog.refined.isEnabled()
    assert "holds the doodle" in dialog.refined.toolTip()
    dialog.reject()


def test_an_export_paints_what_the_preview_could_not(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    studio.fail_once(EngineError("The network is torn."))
    window.session.set_seed(9)
    qtbot.waitUntil(lambda: not window.session.preview.busy)
    assert not window.session.preview.whole
    picture = export(qtbot, window, ExportOptions(tmp_path / "out.png"))
    assert np.array_equal(picture, painting_of(window))


def test_painting_goes_on_and_the_export_is_of_before(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    before = painting_of(window)
    studio.hold()
    window.session.export(ExportOptions(tmp_path / "out.png"))
    qtbot.waitUntil(studio.waiting.is_set)
    drag(window.workspace.canvas, [(60, 40), (120, 40)])
    assert window.exporting.progress.isVisible()
    with qtbot.waitSignal(window.session.exports.written):
        studio.let_go()
    assert np.array_equal(read(tmp_path / "out.png"), before)
    assert not np.array_equal(painting_of(window), before)
    assert not window.exporting.progress.isVisible()


def test_previews_come_between_the_tiles(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    asked = len(studio.requests)
    window.session.export(ExportOptions(tmp_path / "out.png", scale=8))
    qtbot.waitUntil(lambda: window.exporting.progress.bar.value() > 0)
    drag(window.workspace.canvas, [(60, 40), (120, 40)])
    qtbot.waitUntil(lambda: len(studio.requests) > asked and not window.session.preview.busy)
    assert window.session.exports.busy
    with qtbot.waitSignal(window.session.exports.written, timeout=20000):
        pass


@pytest.mark.parametrize("fails", [False, True])
def test_a_slow_disk_holds_up_no_dab(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, fails: bool,
) -> None:  # fmt: skip
    syncing, synced = threading.Event(), threading.Event()

    def slow_disk(_: int) -> None:
        syncing.set()
        synced.wait(20)
        if fails:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("resources.files.os.fsync", slow_disk)
    window.session.export(ExportOptions(tmp_path / "out.jpg"))
    qtbot.waitUntil(syncing.is_set)
    drag(window.workspace.canvas, [(60, 40), (120, 40)])
    qtbot.waitUntil(lambda: not window.session.preview.busy)
    assert window.session.exports.busy
    synced.set()
    qtbot.waitUntil(lambda: not window.session.exports.busy)
    assert (tmp_path / "out.jpg").exists() != fails
    assert ("No space left" in window.workspace.messages.text) == fails


def test_stopping_leaves_no_file(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    studio.hold()
    window.session.export(ExportOptions(folder / "out.png", scale=4))
    qtbot.waitUntil(studio.waiting.is_set)
    QTest.mouseClick(window.exporting.progress.stop_button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(window.session.exports.stopped):
        studio.let_go()
    assert not list(folder.iterdir())
    assert "was stopped" in window.workspace.messages.text


def test_a_second_export_waits_for_the_painters_word(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    studio.hold()
    window.session.export(ExportOptions(tmp_path / "one.png"))
    window.session.export(ExportOptions(tmp_path / "two.png"))
    assert "one.png is still being exported" in window.workspace.messages.text
    QTest.keyClick(window, Qt.Key.Key_E, CTRL)
    assert window.exporting.dialog is None
    with qtbot.waitSignal(window.session.exports.written):
        studio.let_go()
    assert not (tmp_path / "two.png").exists()


def test_an_unwritable_export_is_one_sentence(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.session.export(ExportOptions(tmp_path / "missing" / "out.png"))
    qtbot.waitUntil(lambda: "cannot be written" in window.workspace.messages.text)
    assert not window.session.exports.busy


def test_closing_waits_for_the_picture_to_be_written(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    studio.hold()
    window.session.export(ExportOptions(tmp_path / "out.png"))
    window.close()
    assert window.isVisible()
    studio.let_go()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert (tmp_path / "out.png").exists()


def test_a_stopped_export_takes_the_wish_to_close_along(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.session.export(ExportOptions(tmp_path / "out.png", scale=8))
    qtbot.waitUntil(lambda: window.exporting.progress.bar.value() > 0)
    window.close()
    with qtbot.waitSignal(window.session.exports.stopped):
        window.session.exports.stop()
    with qtbot.waitSignal(window.session.exports.ended):
        window.session.export(ExportOptions(tmp_path / "other.png"))
    assert (tmp_path / "other.png").exists()
    assert window.isVisible()


def test_closing_twice_gives_it_up(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    window.session.export(ExportOptions(folder / "out.png", scale=8))
    qtbot.waitUntil(lambda: window.exporting.progress.bar.value() > 0)
    window.close()
    window.close()
    assert not window.isVisible()
    assert not list(folder.iterdir())


def test_a_free_name(tmp_path: Path) -> None:
    assert unused(tmp_path / "a.png") == tmp_path / "a.png"
    for name in ("a.png", "a 2.png"):
        (tmp_path / name).touch()
    assert unused(tmp_path / "a.png") == tmp_path / "a 3.png"
    assert unused(tmp_path / "a 2.png") == tmp_path / "a 3.png"


def test_a_document_gives_its_exports_its_name(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.settings.export_folder = str(tmp_path)
    assert Path(export_dialog(window).file.text()) == tmp_path / "starry-night.png"
    window.exporting.close()
    with qtbot.waitSignal(window.files.file.saved):
        window.files.file.save(tmp_path / "harbour 2.ora")
    assert Path(export_dialog(window).file.text()) == tmp_path / "harbour 2.png"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "a moment"), (7, "about 7 s"), (44, "about 40 s"), (170, "about 3 min")],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_percentages() -> None:
    assert (percentage(0.5), percentage(0.001)) == ("50 %", "< 1 %")
    assert len(materials()) == 15
