"""A photo in the window, with real events: drop, masks, photo look, comparison, export."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDragEnterEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.document.brushwork import Meaning
from app.document.document_state import SavedDocument
from app.document.export_options import ExportOptions
from app.document.openraster import load
from app.document.photo import PhotoLook
from app.services import import_service, photo_painter
from app.services.photo_painter import TILE, engine_look
from app.widgets.clipboard import image_of, mime_of
from app.window import painting_progress
from app.window.main_window import MainWindow
from engine.studio import EngineError, OverPhoto, PaintedBy
from resources.materials import KEEP, PHOTO, in_colours
from tests.support.drawings import PALETTE
from tests.support.fakes import HEIGHT, WIDTH, FakeStudio, fake_paint, fake_stylize
from tests.support.file_dialogs import drop, export_dialog, files, import_dialog, picture_file
from tests.support.hand import drag
from tests.support.photo_documents import (
    PHOTO_HEIGHT,
    PHOTO_WIDTH,
    choose,
    is_painted,
    photo_file,
    photo_pixels,
    settle,
    take,
)

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
WATER, TREE = 9, 4


def press_slider(window: MainWindow, name: str, values: list[float]) -> None:
    """Take the handle, go through the values, let go."""
    slider = getattr(window.photo_controller.panel, name)
    slider.setSliderDown(True)
    for value in values:
        slider.setValue(round(value * slider.maximum()))
    slider.setSliderDown(False)
    slider.sliderReleased.emit()


# -- coming in ----------------------------------------------------------------------------------


def test_a_dropped_photo_is_painted_at_once_in_one_step(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    document = take(qtbot, window, tmp_path)
    assert window.opening.dialog is None
    assert (document.width, document.height) == (PHOTO_WIDTH, PHOTO_HEIGHT)
    assert is_painted(document)
    assert [step.text for step in window.session.history.steps] == ["Photo IMG_1.png"]
    window.session.undo()
    assert document.photo is None
    assert (document.width, document.background) == (WIDTH, 0)
    settle(qtbot, window)
    labels = document.labels.snapshot().array()
    assert np.array_equal(document.painting, fake_paint(labels, document.style_id, document.seed))
    window.session.redo()
    settle(qtbot, window)
    assert is_painted(document)


def test_a_small_version_is_painted_first_and_the_visible_part_next(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    studio.hold()
    drop(window, files(photo_file(tmp_path)))
    document = window.session.document
    qtbot.waitUntil(studio.waiting.is_set)
    small = fake_stylize(photo_pixels()[::4, ::4], studio.photo_look[-1])
    coarse = cv2.resize(small, (PHOTO_WIDTH, PHOTO_HEIGHT), interpolation=cv2.INTER_CUBIC)
    qtbot.waitUntil(lambda: np.array_equal(document.painting, coarse))
    studio.let_go()
    settle(qtbot, window)
    assert is_painted(document)
    left, top, right, bottom = studio.windows[0]
    assert (left, top) == (0, 0), "the middle of the view lies in this tile"
    assert max(right - left, bottom - top) == TILE


def test_progress_is_shown_until_a_photo_is_painted(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(painting_progress, "MOMENT", 0.0)
    monkeypatch.setattr(photo_painter, "TILE", 128)
    progress, document = window.painting_progress.widget, window.session.document

    def hold_when_a_tile_is_sharp(share: float, _seconds: float) -> None:
        if 0 < share < 1:
            studio.hold()

    window.session.preview.progressed.connect(hold_when_a_tile_is_sharp)
    drop(window, files(photo_file(tmp_path)))
    qtbot.waitUntil(lambda: progress.bar.value() > 0)
    assert progress.bar.value() < progress.bar.maximum()
    assert not progress.isHidden()
    assert "painted" not in window.workspace.messages.text
    window.session.preview.progressed.disconnect(hold_when_a_tile_is_sharp)
    studio.let_go()
    settle(qtbot, window)
    assert progress.isHidden()
    assert is_painted(document)


def test_the_network_is_read_while_the_photo_is_still_above_the_window(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    plain, button = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    mime, spot = files(photo_file(tmp_path)), QPoint(400, 300)
    enter = QDragEnterEvent(spot, Qt.DropAction.CopyAction, mime, button, plain)
    QApplication.sendEvent(window, enter)
    qtbot.waitUntil(lambda: studio.awaited == 1)
    assert not studio.photo_look


def test_until_it_is_painted_the_photo_itself_is_seen(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    window.session.document.set_style("")  # as if the engine was not there yet
    window.session.document.set_modified(False)
    drop(window, files(photo_file(tmp_path)))
    document = window.session.document
    qtbot.waitUntil(lambda: document.photo is not None)
    assert np.array_equal(document.painting, photo_pixels())


def test_a_photo_larger_than_a_canvas_is_made_smaller_and_says_so(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_service, "LONGEST", 350)
    document = take(qtbot, window, tmp_path)
    assert (document.width, document.height) == (350, 300)
    assert "350 × 300" in window.workspace.messages.text
    assert is_painted(document)


def test_a_drawing_is_still_asked_about(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    drawing = PALETTE[np.random.default_rng(0).integers(0, 4, (10, 12))].repeat(20, 0).repeat(20, 1)
    drawing[:40, :40] = (1, 2, 3)
    drop(window, files(picture_file(tmp_path / "a.png", drawing)))
    dialog = import_dialog(qtbot, window)
    assert not dialog.traces
    assert window.session.document.photo is None


@pytest.mark.parametrize("answer", ["New painting", "Replace"])
def test_over_a_doodle_it_is_asked_where_the_photo_goes(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, answer: str
) -> None:
    drag(window.workspace.canvas, [(50, 50), (90, 90)])
    before = window.session.document.labels.snapshot().array()
    drop(window, files(photo_file(tmp_path)))
    messages, document = window.workspace.messages, window.session.document
    qtbot.waitUntil(lambda: "IMG_1.png" in messages.text)
    assert document.photo is None
    next(button for button in messages.buttons if button.text() == answer).click()
    qtbot.waitUntil(lambda: document.photo is not None)
    settle(qtbot, window)
    assert is_painted(document)
    assert document.background == PHOTO
    assert window.session.history.can_undo == (answer == "Replace")
    if answer == "Replace":
        window.session.undo()
        assert np.array_equal(document.labels.snapshot().array(), before)
    assert document.modified


def test_closing_the_question_leaves_everything(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    drag(window.workspace.canvas, [(50, 50), (90, 90)])
    drop(window, files(photo_file(tmp_path)))
    messages = window.workspace.messages
    qtbot.waitUntil(lambda: bool(messages.buttons))
    messages._close()
    assert not messages.isVisible()
    assert window.session.document.photo is None


def test_a_pasted_picture_is_painted(qtbot: QtBot, window: MainWindow) -> None:
    QGuiApplication.clipboard().setMimeData(mime_of(image_of(photo_pixels()), None))
    QTest.keyClick(window, Qt.Key.Key_V, CTRL)
    document = window.session.document
    qtbot.waitUntil(lambda: document.photo is not None)
    settle(qtbot, window)
    assert is_painted(document)
    QGuiApplication.clipboard().clear()


def test_file_open_takes_photos(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = photo_file(tmp_path)
    monkeypatch.setattr("app.files.open_controller.ask_open_path", lambda *_: path)
    QTest.keyClick(window, Qt.Key.Key_O, CTRL)
    qtbot.waitUntil(lambda: window.session.document.photo is not None)


def test_a_photo_that_cannot_be_read_is_one_sentence(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    path = photo_file(tmp_path)
    path.write_bytes(path.read_bytes()[:5000])
    drop(window, files(path))
    qtbot.waitUntil(lambda: "IMG_1.png" in window.workspace.messages.text)
    assert window.session.document.photo is None


def test_a_photo_on_its_way_does_not_reach_the_next_document(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    drag(window.workspace.canvas, [(50, 50), (90, 90)])
    drop(window, files(photo_file(tmp_path)))
    messages = window.workspace.messages
    qtbot.waitUntil(lambda: bool(messages.buttons))
    window.files.file.take_new(64, 48, None, "")
    assert not messages.buttons
    assert window.session.document.photo is None


# -- masks --------------------------------------------------------------------------------------


def test_what_is_kept_is_the_photo_and_only_its_part_is_mixed_anew(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    document = take(qtbot, window, tmp_path)
    painted, looks = list(studio.windows), len(studio.photo_look)
    choose(window, KEEP)
    drag(window.workspace.canvas, [(300, 300), (380, 320)])
    settle(qtbot, window)
    kept = document.labels.snapshot().array() == KEEP
    assert kept.sum() > 1000
    assert np.array_equal(document.painting[kept], photo_pixels()[kept])
    assert is_painted(document)
    assert (studio.windows, len(studio.photo_look)) == (painted, looks), "nothing is restyled again"
    assert not studio.covers


def test_a_dab_goes_before_what_is_still_to_become_sharp(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    studio.hold()
    drop(window, files(photo_file(tmp_path)))
    document = window.session.document
    qtbot.waitUntil(studio.waiting.is_set)
    qtbot.waitUntil(lambda: document.photo is not None and (document.painting != 44).any())
    choose(window, KEEP)
    drag(window.workspace.canvas, [(500, 500), (560, 520)])
    studio.waiting.clear()
    studio._go.set()
    studio.hold()
    kept = document.labels.snapshot().array() == KEEP
    qtbot.waitUntil(lambda: np.array_equal(document.painting[kept], photo_pixels()[kept]))
    assert len(studio.windows) < 4, "most of it is still to come"
    studio.let_go()
    settle(qtbot, window)
    assert is_painted(document)
    assert len(studio.windows) == len(set(studio.windows)), "nothing is restyled twice"


def test_a_material_is_painted_over_the_photo_and_erased_again(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    document = take(qtbot, window, tmp_path)
    bare = document.painting
    choose(window, WATER, 60)
    drag(window.workspace.canvas, [(200, 200), (260, 240)])
    settle(qtbot, window)
    assert is_painted(document)
    assert studio.covers
    middle = document.painting[210, 215]
    as_water = fake_paint(np.full((1, 1), WATER, np.uint8), document.style_id, document.seed)
    assert middle.tolist() == (255 - as_water[0, 0]).tolist(), "strokes have replaced the network"
    window.session.set_options(tool="eraser", size=400)
    drag(window.workspace.canvas, [(200, 200), (260, 240)])
    settle(qtbot, window)
    assert (document.labels.snapshot().array() == PHOTO).all()
    assert np.array_equal(document.painting, bare)


def test_materials_are_painted_as_the_photo_is_and_as_chosen(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    document = take(qtbot, window, tmp_path)
    choose(window, WATER, 60)
    drag(window.workspace.canvas, [(200, 200), (260, 240)])
    settle(qtbot, window)
    style, asked = document.style_id, len(studio.covers)
    window.session.set_meaning(WATER, Meaning(style, WATER, "other", "sky"))
    settle(qtbot, window)
    assert is_painted(document)
    assert studio.material_strokes[-1][2] == {WATER: PaintedBy("other", "sky")}
    assert studio.cover_meanings[-1] == {WATER: PaintedBy("other", "sky")}
    assert len(studio.covers) > asked
    window.session.photo_look.change(by="network")
    settle(qtbot, window)
    count = len(studio.material_strokes)
    assert is_painted(document)
    drag(window.workspace.canvas, [(400, 300), (420, 310)])
    settle(qtbot, window)
    assert is_painted(document)
    assert len(studio.material_strokes) == count


def test_another_strength_leaves_the_strokes_of_materials_alone(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    document = take(qtbot, window, tmp_path)
    choose(window, WATER, 60)
    drag(window.workspace.canvas, [(200, 200), (260, 240)])
    settle(qtbot, window)
    covers = list(studio.covers)
    window.session.photo_look.change(strength=0.5)
    settle(qtbot, window)
    assert is_painted(document)
    assert studio.covers == covers, "the network does not paint them in between"


def test_materials_over_the_photo_follow_the_style(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    document = take(qtbot, window, tmp_path)
    choose(window, TREE, 60)
    drag(window.workspace.canvas, [(200, 200), (600, 500)])
    window.session.choose_style("other")
    settle(qtbot, window)
    assert is_painted(document)
    window.session.undo()
    window.session.undo()
    settle(qtbot, window)
    assert is_painted(document)


def test_the_palette_has_photo_and_keep_only_with_a_photo(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    palette = window.palette_panel
    assert not palette.button(KEEP).isVisible()
    QTest.keyClick(window, Qt.Key.Key_ParenRight, SHIFT)
    take(qtbot, window, tmp_path)
    assert palette.button(KEEP).isVisible()
    assert palette.button(PHOTO).isVisible()
    QTest.mouseClick(palette.button(KEEP), Qt.MouseButton.LeftButton)
    assert window.session.options.material == KEEP
    drag(window.workspace.canvas, [(20, 20), (30, 30)])
    assert window.session.history.undo_text == "Brush: Keep"
    window.session.undo()
    window.session.undo()
    assert not palette.button(KEEP).isVisible()
    assert window.session.options.material < 15, "a doodle cannot be painted with it"


def test_the_doodle_shows_the_photo_below_it(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    document = take(qtbot, window, tmp_path)
    space = window.workspace
    seen = space._read_doodle(document.bounds, 1)[..., 2::-1]
    assert np.array_equal(seen, photo_pixels())
    choose(window, KEEP, 100)
    drag(space.canvas, [(300, 300), (340, 300)])
    seen = space._read_doodle(document.bounds, 1)[..., 2::-1]
    kept = document.labels.snapshot().array() == KEEP
    assert np.array_equal(seen[~kept], photo_pixels()[~kept])
    assert (seen[kept] != photo_pixels()[kept]).any(-1).all()
    part = space._read_doodle(document.bounds._replace(left=301, top=295, bottom=310), 1)
    assert np.array_equal(part[..., 2::-1], seen[295:310, 301:]), "stripes meet between parts"


# -- the look -----------------------------------------------------------------------------------


def test_the_panel_is_there_only_for_a_photo(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    assert not window.photo_controller.dock.isVisible()
    take(qtbot, window, tmp_path)
    assert window.photo_controller.dock.isVisible()
    window.session.undo()
    assert not window.photo_controller.dock.isVisible()


@pytest.mark.parametrize(
    ("name", "way", "look"),
    [
        ("strength", 0.25, PhotoLook(strength=0.25)),
        ("stroke", 0.0, PhotoLook(stroke=0.5)),
        ("stroke", 1.0, PhotoLook(stroke=4.0)),
    ],
)
def test_a_drag_of_a_slider_is_one_step_and_is_painted_meanwhile(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path, name: str, way: float,
    look: PhotoLook,
) -> None:  # fmt: skip
    document = take(qtbot, window, tmp_path)
    steps = window.session.history.at
    slider = getattr(window.photo_controller.panel, name)
    slider.setSliderDown(True)
    slider.setValue(round(0.7 * slider.maximum()))
    settle(qtbot, window)
    assert is_painted(document), "before the slider is let go"
    assert window.session.history.at == steps
    press_slider(window, name, [0.5, 0.4, way])
    assert document.look == look
    assert window.session.history.at == steps + 1
    settle(qtbot, window)
    assert is_painted(document)
    QTest.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert document.look == PhotoLook()
    assert slider.value() == round(slider._scale.of_value(getattr(PhotoLook(), name)) * 1000)
    settle(qtbot, window)
    assert is_painted(document)


def test_at_no_strength_there_is_the_photo(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    document = take(qtbot, window, tmp_path)
    press_slider(window, "strength", [0.0])
    settle(qtbot, window)
    assert np.array_equal(document.painting, photo_pixels())


def test_a_second_style_is_blended_in_and_taken_out(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    document, panel = take(qtbot, window, tmp_path), window.photo_controller.panel
    assert not panel.blend.isEnabled()
    assert panel.second.findData("broken") < 0
    panel.second.setCurrentIndex(panel.second.findData("other"))
    panel.second.activated.emit(panel.second.currentIndex())
    assert document.look == PhotoLook(second="other", blend=0.5)
    press_slider(window, "blend", [0.9])
    settle(qtbot, window)
    assert document.look == PhotoLook(second="other", blend=0.9)
    assert is_painted(document)
    panel.second.setCurrentIndex(0)
    panel.second.activated.emit(0)
    assert document.look == PhotoLook()
    assert [step.text for step in window.session.history.steps[1:]] == [
        "Photo: Second style", "Photo: Blend", "Photo: Second style",
    ]  # fmt: skip


def test_keys_and_wheel_make_one_step_when_they_rest(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    take(qtbot, window, tmp_path)
    slider, history = window.photo_controller.panel.strength, window.session.history
    slider.setFocus()
    for _ in range(3):
        QTest.keyClick(slider, Qt.Key.Key_PageDown)
    assert history.at == 1
    qtbot.waitUntil(lambda: history.at == 2)
    window.session.undo()
    assert window.session.document.look == PhotoLook()


def test_a_change_that_has_not_rested_is_a_step_before_the_next(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    take(qtbot, window, tmp_path)
    window.photo_controller.panel.strength.setValue(500)
    window.photo_controller.panel.stroke.setValue(1000)
    choose(window, KEEP)
    drag(window.workspace.canvas, [(20, 20), (30, 30)])
    assert [step.text for step in window.session.history.steps[1:]] == [
        "Photo: Strength", "Photo: Stroke size", "Brush: Keep",
    ]  # fmt: skip
    window.photo_controller.panel.strength.setValue(100)
    QTest.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert window.session.document.look.strength == 0.5


def test_style_and_seed_repaint_the_photo(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    document = take(qtbot, window, tmp_path)
    window.session.choose_style("third")
    settle(qtbot, window)
    assert is_painted(document)
    QTest.keyClick(window, Qt.Key.Key_R)
    settle(qtbot, window)
    assert studio.photo_look[-1].seed == document.seed
    assert is_painted(document)


def test_the_gallery_sketches_the_photo(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    document = take(qtbot, window, tmp_path)
    choose(window, KEEP, 200)
    drag(window.workspace.canvas, [(350, 300), (352, 300)])
    settle(qtbot, window)
    shown: list[np.ndarray] = []
    window.session.sketch.painted.connect(lambda _style, pixels: shown.append(pixels))
    window.session.sketch.show("other")
    qtbot.waitUntil(lambda: bool(shown))
    look = engine_look(document.look, "other", document.seed)
    styled = fake_stylize(photo_pixels()[::4, ::4], look)
    assert shown[0].shape == styled.shape
    assert np.array_equal(shown[0][:20], styled[:20])
    middle = (
        shown[0][75, 87].astype(int)
        - cv2.resize(photo_pixels(), styled.shape[1::-1], interpolation=cv2.INTER_AREA)[75, 87]
    )
    assert np.abs(middle).max() <= 1, "kept in the sketch, too"
    window.session.choose_style("other")
    settle(qtbot, window)
    assert is_painted(document)


def test_a_style_that_the_network_has_not_learnt_is_one_sentence(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    document = take(qtbot, window, tmp_path)
    window.session.photo_look.change(by="network")
    window.session.photo_look.settle()
    studio.unlearnt = {"third"}
    window.session.choose_style("third")
    qtbot.waitUntil(lambda: "Train the photo network" in window.workspace.messages.text)
    settle(qtbot, window)
    assert document.style_id == "starry-night"
    assert window.session.history.at == 2, "the step is gone"
    assert is_painted(document)


def test_a_photo_that_cannot_be_painted_is_one_sentence(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    document = take(qtbot, window, tmp_path)
    studio.fail_once(EngineError("The weights are gone."))
    window.session.choose_style("third")
    qtbot.waitUntil(lambda: "The weights are gone." in window.workspace.messages.text)
    settle(qtbot, window)
    window.session.choose_style("other")
    settle(qtbot, window)
    assert is_painted(document)


def test_without_the_network_it_is_one_sentence_and_doodles_go_on(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def damaged(_by: str) -> tuple[str, ...]:
        raise EngineError("stylizer.safetensors cannot be read.")

    monkeypatch.setattr(studio, "photo_styles", damaged)
    told: list[str] = []
    window.session.problem.connect(told.append)
    drop(window, files(photo_file(tmp_path)))
    document = window.session.document
    qtbot.waitUntil(lambda: bool(told))
    settle(qtbot, window)
    assert told == ["stylizer.safetensors cannot be read."]
    assert document.style_id == "starry-night"
    assert np.array_equal(document.painting, photo_pixels()), "the photo is seen meanwhile"
    window.session.undo()
    settle(qtbot, window)
    labels = document.labels.snapshot().array()
    assert np.array_equal(document.painting, fake_paint(labels, "starry-night", document.seed))
    window.session.redo()
    monkeypatch.setattr(studio, "photo_styles", lambda _by: ("starry-night", "other"))
    window.session.choose_style("other")
    settle(qtbot, window)
    assert is_painted(document)


def test_only_styles_that_the_network_has_learnt_are_blended_in(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    studio.unlearnt = {"third"}
    take(qtbot, window, tmp_path)
    second = window.photo_controller.panel.second
    assert second.findData("third") < 0
    assert second.findData("other") > 0


def test_what_was_done_since_the_photo_came_is_not_taken_back_for_a_doodle(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    document = take(qtbot, window, tmp_path)
    choose(window, KEEP)
    drag(window.workspace.canvas, [(100, 100), (180, 120)])
    steps = [step.text for step in window.session.history.steps]
    button = next(b for b in window.workspace.messages.buttons if b.text() == "Doodle or trace...")
    button.click()
    assert [step.text for step in window.session.history.steps] == steps
    assert window.session.history.at == 2
    assert (document.labels.snapshot().array() == KEEP).any()
    import_dialog(qtbot, window).reject()


# -- looking, keeping ---------------------------------------------------------------------------


def test_compare_shows_the_photo(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    compare = window.actions_by_id["compare"]
    assert not compare.isEnabled()
    document = take(qtbot, window, tmp_path)
    assert compare.isEnabled()
    compare.trigger()
    before = window.workspace._before
    assert before is not None
    assert np.array_equal(before._read(document.bounds, 1)[..., 2::-1], photo_pixels())
    window.session.undo()
    assert not compare.isChecked()
    assert window.workspace._before is None


def test_a_saved_photo_opens_to_the_same_picture(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    document, path = take(qtbot, window, tmp_path), tmp_path / "a.ora"
    choose(window, KEEP)
    drag(window.workspace.canvas, [(100, 100), (180, 120)])
    choose(window, WATER)
    drag(window.workspace.canvas, [(400, 100), (480, 120)])
    press_slider(window, "strength", [0.6])
    settle(qtbot, window)
    seen = document.painting
    with qtbot.waitSignal(window.files.file.saved):
        window.files.file.save(path)
    assert not document.modified
    saved = load(path)
    assert isinstance(saved, SavedDocument)
    assert saved.state.look == PhotoLook(0.6)
    assert saved.state.preview is not None
    assert np.array_equal(saved.state.preview.array(), seen)
    window.files.file.take_new(64, 48, None, "")
    assert document.photo is None
    window.opening.open(path)
    qtbot.waitUntil(lambda: document.photo is not None)
    assert np.array_equal(document.painting, seen), "no rough picture comes in between"
    settle(qtbot, window)
    assert np.array_equal(document.painting, seen)
    assert window.photo_controller.panel.strength.value() == 600
    assert not document.modified


def test_the_canvas_turns_with_its_photo(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    document = take(qtbot, window, tmp_path)
    window.actions_by_id["canvas.turn_left"].trigger()
    qtbot.waitUntil(lambda: document.width == PHOTO_HEIGHT)
    assert document.photo is not None
    assert np.array_equal(document.photo.pixels, np.rot90(photo_pixels()))
    settle(qtbot, window)
    assert is_painted(document)
    window.session.undo()
    settle(qtbot, window)
    assert is_painted(document)


def test_work_on_a_photo_is_recovered(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    window.recovery.begin(tmp_path / "journals")
    document = take(qtbot, window, tmp_path)
    choose(window, KEEP)
    drag(window.workspace.canvas, [(100, 100), (180, 120)])
    press_slider(window, "stroke", [1.0])
    autosave, room = window.recovery.autosave, tmp_path / "journals"
    qtbot.waitUntil(lambda: bool(list(room.glob("*/photo-1"))))
    labels, photo = document.labels.snapshot().array(), document.photo
    window.recovery.stop(keep=True)
    assert autosave._worker is None
    from app.services.journal_store import JournalStore

    rooms = JournalStore(room)
    work = rooms.open(rooms.leftovers()[0])
    rooms.release_all()
    assert work is not None
    assert np.array_equal(work.state.labels.array(), labels)
    window.files.file.take_recovered(work)
    settle(qtbot, window)
    assert document.photo is not None
    assert photo is not None
    assert np.array_equal(document.photo.pixels, photo.pixels)
    assert document.look == replace(PhotoLook(), stroke=4.0)
    assert document.background == PHOTO
    assert is_painted(document)


def test_a_dropped_photo_needs_no_place(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    """Whatever the canvas was, it is the photo's size afterwards, and fits into the view."""
    assert (window.session.document.width, window.session.document.height) == (WIDTH, HEIGHT)
    document = take(qtbot, window, tmp_path)
    visible = window.workspace.visible_canvas()
    assert visible.clipped(document.bounds) == document.bounds


# -- going out ----------------------------------------------------------------------------------


def export(qtbot: QtBot, window: MainWindow, wish: ExportOptions) -> np.ndarray:
    with qtbot.waitSignal(window.session.exports.written):
        window.session.export(wish)
    return cv2.imread(str(wish.path), cv2.IMREAD_UNCHANGED)


def test_an_export_is_what_is_seen_and_tells_its_look(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    document = take(qtbot, window, tmp_path)
    for material, y in ((KEEP, 100), (WATER, 400)):
        choose(window, material, 60)
        drag(window.workspace.canvas, [(100, y), (180, y + 20)])
    press_slider(window, "strength", [0.6])
    settle(qtbot, window)
    written = export(qtbot, window, ExportOptions(tmp_path / "out.png", bits=16))
    assert np.array_equal(written[..., ::-1], document.painting)
    with Image.open(tmp_path / "out.png") as image:
        assert image.text["daub:strength"] == "0.6"
    large = export(qtbot, window, ExportOptions(tmp_path / "large.png", scale=2))
    assert large.shape == (2 * PHOTO_HEIGHT, 2 * PHOTO_WIDTH, 3)
    doodle = export(qtbot, window, ExportOptions(tmp_path / "doodle.png", "doodle"))
    assert np.array_equal(doodle[..., ::-1], in_colours(document.labels.snapshot().array()))
    assert len(studio.photo_exports) == 2


def test_a_photo_of_16_bits_is_exported_with_them(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 65536, (PHOTO_HEIGHT, PHOTO_WIDTH, 3)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "IMG_1.tif", values, photometric="rgb")
    assert drop(window, files(tmp_path / "IMG_1.tif"))
    document = window.session.document
    qtbot.waitUntil(lambda: document.photo is not None)
    settle(qtbot, window)
    window.settings.export_folder = str(tmp_path)
    choose(window, KEEP, 60)
    drag(window.workspace.canvas, [(100, 100), (180, 120)])
    settle(qtbot, window)
    dialog = export_dialog(window)
    assert dialog.bits.currentData() == 16
    wish = dialog.answer()
    with qtbot.waitSignal(window.session.exports.written):
        dialog.accept()
    written = cv2.imread(str(wish.path), cv2.IMREAD_UNCHANGED)[..., ::-1]
    assert written.dtype == np.uint16
    over = OverPhoto(document.labels.snapshot().array())
    wholly = over.kept(over.bounds) == 255
    assert wholly.sum() > 1000
    assert np.array_equal(written[wholly], values[wholly])
    assert studio.photo_exports[-1].bits == 16
    assert window.settings.export_bits == 8, "that of doodles"


def test_transparency_and_the_cameras_notes_go_along(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    clear = np.full((PHOTO_HEIGHT, PHOTO_WIDTH), 255, np.uint8)
    clear[:100] = 0
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = "Box camera"
    path = tmp_path / "IMG_1.png"
    Image.fromarray(np.dstack([photo_pixels(), clear])).save(path, exif=exif)
    drop(window, files(path))
    document = window.session.document
    qtbot.waitUntil(lambda: document.photo is not None)
    settle(qtbot, window)
    window.settings.export_folder = str(tmp_path)
    dialogs = []
    for keeps in (True, False):
        dialog = export_dialog(window)
        assert dialog.camera.isVisible()
        assert not dialog.bits.isEnabled()
        dialog.camera.setChecked(keeps)
        dialogs.append(dialog.answer())
        with qtbot.waitSignal(window.session.exports.written):
            dialog.accept()
        with Image.open(dialogs[-1].path) as image:
            assert image.mode == "RGBA"
            assert np.array_equal(np.asarray(image)[..., 3], clear)
            assert image.getexif().get(ExifTags.Base.Model) == ("Box camera" if keeps else None)
    assert [wish.path.name for wish in dialogs] == [
        "IMG_1 starry-night.png", "IMG_1 starry-night 2.png",
    ]  # fmt: skip
    assert window.settings.export_camera is False
