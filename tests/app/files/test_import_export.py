"""Pictures in and out of the window: export, import, clipboard, drag and drop, by real events."""

import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QColorSpace, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app.document.export_options import ExportWish
from app.services.import_service import SHORTEST
from app.widgets.clipboard import image_of, rgb_of
from app.widgets.export_dialog import duration, unused
from app.widgets.import_dialog import percentage
from app.window.main_window import MainWindow
from engine.studio import EngineError
from resources.materials import materials
from tests.support.drawings import PALETTE, scene
from tests.support.fakes import HEIGHT, WIDTH, FakeStudio, fake_paint
from tests.support.file_dialogs import (
    CTRL,
    SHIFT,
    drop,
    export_dialog,
    files,
    import_dialog,
    picture_file,
)
from tests.support.hand import drag
from tests.support.refining import refine

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


def read(path: Path) -> np.ndarray:
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[..., ::-1]


def export(qtbot: QtBot, window: MainWindow, wish: ExportWish) -> np.ndarray:
    with qtbot.waitSignal(window.session.exports.written):
        window.session.export(wish)
    return read(wish.path)


# -- export -------------------------------------------------------------------------------------


def test_an_export_is_the_painting_and_holds_its_recipe(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.session.set_seed(42)
    picture = export(qtbot, window, ExportWish(tmp_path / "out.png"))
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
    assert "strokes stay as large in pixels" in dialog.note.text()
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
    assert "There is no folder" in dialog.note.text()
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
    wish = ExportWish(tmp_path / "out.png", bits=16)
    picture = export(qtbot, window, wish)
    assert picture.dtype == np.uint8  # more would be made up
    assert np.array_equal(picture, shown)
    with Image.open(wish.path) as image:
        assert image.text["daub:refined"] == "yes"
    live = export(qtbot, window, ExportWish(tmp_path / "live.png", refined=False))
    assert np.array_equal(live, painting_of(window))


def test_the_dialog_says_that_a_refined_picture_has_one_size(
    qtbot: QtBot, window: MainWindow
) -> None:
    refine(qtbot, window)
    dialog = export_dialog(window)
    assert dialog.refined.isVisible()
    assert dialog.answer().refined
    dialog.scale.setValue(3)
    assert "one size only" in dialog.note.text()
    assert not dialog.answer().refined
    dialog.reject()


def test_an_export_paints_what_the_preview_could_not(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    studio.fail_once(EngineError("The network is torn."))
    window.session.set_seed(9)
    qtbot.waitUntil(lambda: not window.session.preview.busy)
    assert not window.session.preview.whole
    picture = export(qtbot, window, ExportWish(tmp_path / "out.png"))
    assert np.array_equal(picture, painting_of(window))


def test_painting_goes_on_and_the_export_is_of_before(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    before = painting_of(window)
    studio.hold()
    window.session.export(ExportWish(tmp_path / "out.png"))
    qtbot.waitUntil(studio.waiting.is_set)
    drag(window.workspace.canvas, [(60, 40), (120, 40)])
    assert window.exchange.progress.isVisible()
    with qtbot.waitSignal(window.session.exports.written):
        studio.let_go()
    assert np.array_equal(read(tmp_path / "out.png"), before)
    assert not np.array_equal(painting_of(window), before)
    assert not window.exchange.progress.isVisible()


def test_previews_come_between_the_tiles(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    asked = len(studio.requests)
    window.session.export(ExportWish(tmp_path / "out.png", scale=8))
    qtbot.waitUntil(lambda: window.exchange.progress.bar.value() > 0)
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
    window.session.export(ExportWish(tmp_path / "out.jpg"))
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
    window.session.export(ExportWish(folder / "out.png", scale=4))
    qtbot.waitUntil(studio.waiting.is_set)
    QTest.mouseClick(window.exchange.progress.stop_button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(window.session.exports.stopped):
        studio.let_go()
    assert not list(folder.iterdir())
    assert "was stopped" in window.workspace.messages.text


def test_a_second_export_waits_for_the_painters_word(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    studio.hold()
    window.session.export(ExportWish(tmp_path / "one.png"))
    window.session.export(ExportWish(tmp_path / "two.png"))
    assert "one.png is still being written" in window.workspace.messages.text
    QTest.keyClick(window, Qt.Key.Key_E, CTRL)
    assert window.exchange.dialog is None
    with qtbot.waitSignal(window.session.exports.written):
        studio.let_go()
    assert not (tmp_path / "two.png").exists()


def test_an_unwritable_export_is_one_sentence(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.session.export(ExportWish(tmp_path / "missing" / "out.png"))
    qtbot.waitUntil(lambda: "cannot be written" in window.workspace.messages.text)
    assert not window.session.exports.busy


def test_closing_waits_for_the_picture_to_be_written(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    studio.hold()
    window.session.export(ExportWish(tmp_path / "out.png"))
    window.close()
    assert window.isVisible()
    studio.let_go()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert (tmp_path / "out.png").exists()


def test_a_stopped_export_takes_the_wish_to_close_along(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.session.export(ExportWish(tmp_path / "out.png", scale=8))
    qtbot.waitUntil(lambda: window.exchange.progress.bar.value() > 0)
    window.close()
    with qtbot.waitSignal(window.session.exports.stopped):
        window.session.exports.stop()
    with qtbot.waitSignal(window.session.exports.ended):
        window.session.export(ExportWish(tmp_path / "other.png"))
    assert (tmp_path / "other.png").exists()
    assert window.isVisible()


def test_closing_twice_gives_it_up(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    window.session.export(ExportWish(folder / "out.png", scale=8))
    qtbot.waitUntil(lambda: window.exchange.progress.bar.value() > 0)
    window.close()
    window.close()
    assert not window.isVisible()
    assert not list(folder.iterdir())


# -- import -------------------------------------------------------------------------------------


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
            window.session.export(ExportWish(path, kind))
        window.session.clear()
        window.exchange.open_file(path)
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
    dialog = window.exchange.dialog
    assert isinstance(dialog, QFileDialog)
    dialog.setDirectory(str(tmp_path))
    dialog.selectFile(str(path))
    dialog.accept()
    qtbot.waitUntil(lambda: window.session.document.width == 40)
    assert window.settings.import_folder == str(tmp_path)


def test_another_ending_has_its_own_opener(window: MainWindow, tmp_path: Path) -> None:
    opened: list[Path] = []
    window.exchange.openers[".xyz"] = opened.append
    drop(window, files(tmp_path / "a.XYZ"))
    assert opened == [tmp_path / "a.XYZ"]


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
    window.exchange.open_file(picture_file(tmp_path / "late.png", rgb))
    window.exchange.arrivals._pool.submit(lambda: None).result()
    assert window.close()  # it has been looked at; the signal of it is still on its way
    QApplication.processEvents()
    window.exchange.open_file(tmp_path / "late.png")
    assert window.exchange.dialog is None
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
    assert window.exchange.dialog is None
    assert np.array_equal(labels_of(window), before)


def test_a_missing_and_a_tiny_picture_are_one_sentence(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.exchange.open_file(tmp_path / "gone.png")
    qtbot.waitUntil(lambda: "gone.png does not exist" in window.workspace.messages.text)
    small = picture_file(tmp_path / "small.png", np.zeros((SHORTEST - 1, 40, 3), np.uint8))
    window.exchange.open_file(small)
    qtbot.waitUntil(lambda: "small.png is only" in window.workspace.messages.text)


# -- clipboard ----------------------------------------------------------------------------------


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
    assert window.exchange.dialog is None


def test_a_pasted_file_is_opened(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    path = picture_file(tmp_path / "a.png", PALETTE[np.full((30, 40), 5, np.uint8)])
    QGuiApplication.clipboard().setMimeData(files(path))
    QTest.keyClick(window, Qt.Key.Key_V, CTRL)
    qtbot.waitUntil(lambda: window.session.document.width == 40)


def test_nothing_to_paste(window: MainWindow) -> None:
    QGuiApplication.clipboard().setText("hello")
    QTest.keyClick(window, Qt.Key.Key_V, CTRL)
    assert "nothing on the clipboard" in window.workspace.messages.text


# -- small parts --------------------------------------------------------------------------------


def test_images_go_there_and_back() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (7, 5, 3), np.uint8)
    assert np.array_equal(rgb_of(image_of(rgb)), rgb)
    clear = QImage(3, 2, QImage.Format.Format_ARGB32)
    clear.fill(0)
    assert (rgb_of(clear) == 255).all()


def test_a_free_name(tmp_path: Path) -> None:
    assert unused(tmp_path / "a.png") == tmp_path / "a.png"
    for name in ("a.png", "a 2.png"):
        (tmp_path / name).touch()
    assert unused(tmp_path / "a.png") == tmp_path / "a 3.png"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "a moment"), (7, "about 7 s"), (44, "about 40 s"), (170, "about 3 min")],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_percentages() -> None:
    assert (percentage(0.5), percentage(0.001)) == ("50 %", "< 1 %")
    assert len(materials()) == 15


def test_grey_ids_are_taken_in_as_a_doodle(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    labels = np.zeros((40, 60), np.uint8)
    labels[20:] = 6
    Image.fromarray(labels).save(tmp_path / "labels.png")
    window.exchange.open_file(tmp_path / "labels.png")
    document = window.session.document
    qtbot.waitUntil(lambda: (document.width, document.height) == (60, 40))
    assert np.array_equal(document.labels.array(), labels)


def test_what_is_clear_in_a_doodle_is_background(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    rgba = np.zeros((40, 60, 4), np.uint8)
    rgba[20:, :, :3], rgba[20:, :, 3] = PALETTE[6], 255
    Image.fromarray(rgba).save(tmp_path / "clear.png")
    window.exchange.open_file(tmp_path / "clear.png")
    document = window.session.document
    qtbot.waitUntil(lambda: (document.width, document.height) == (60, 40))
    assert np.unique(document.labels.array()).tolist() == [0, 6]


def test_a_pasted_picture_is_in_srgb() -> None:
    image = image_of(np.full((4, 4, 3), (200, 100, 50), np.uint8))
    image.setColorSpace(QColorSpace(QColorSpace.NamedColorSpace.DisplayP3))
    assert np.abs(rgb_of(image)[0, 0].astype(int) - (215, 93, 31)).max() <= 1
