"""The Canvas menu: every command is one undo step that changes all parts of the document."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from app.document import openraster
from app.document.canvas_transform import (
    EDGES,
    Transform,
    cropped_to,
    edge_material,
    flipped_across,
    flipped_down,
    laid_on,
    scaled_to,
    turned_left,
    turned_right,
)
from app.document.document import Document
from app.document.document_state import DocumentState, SavedDocument
from app.document.label_map import LabelMap
from app.document.picture import PictureSnapshot
from app.document.rect import Rect
from app.document.refined import Refined
from app.document.selection import Selection
from app.widgets.resize_dialog import ResizeDialog
from app.window.main_window import MainWindow
from tests.support.canvas import Array, labels_of, select, texts
from tests.support.fakes import HEIGHT, WIDTH, FakeStudio, fake_paint
from tests.support.hand import drag, press, release
from tests.support.refining import hold_in_tile, refine


def choose(qtbot: QtBot, window: MainWindow, name: str, steps: int = 1) -> None:
    before = len(texts(window))
    window.actions_by_id[name].trigger()
    qtbot.waitUntil(lambda: len(texts(window)) == before + steps)
    qtbot.waitUntil(lambda: not window.session.preview.busy)


MOVES: dict[str, Callable[[Array], Array]] = {
    "canvas.flip_across": lambda pixels: pixels[:, ::-1],
    "canvas.flip_down": lambda pixels: pixels[::-1],
    "canvas.turn_left": np.rot90,
    "canvas.turn_right": lambda pixels: np.rot90(pixels, -1),
    "canvas.crop": lambda pixels: pixels[30:110, 40:200],
}


@pytest.mark.parametrize("name", MOVES)
def test_a_transform_changes_all_layers_and_undo_restores_them(
    qtbot: QtBot, window: MainWindow, name: str
) -> None:
    document, session, move_it = window.session.document, window.session, MOVES[name]
    refine(qtbot, window)
    mask = select(window, Rect(40, 30, 200, 110))
    drag(window.workspace.canvas, [(60, 60), (80, 60)])
    qtbot.waitUntil(lambda: not session.preview.busy)
    labels, painting, seed = labels_of(window), document.painting, document.seed
    refined = document.refined
    assert refined is not None
    choose(qtbot, window, name)
    assert (labels_of(window) == move_it(labels)).all()
    assert document.seed == seed
    assert document.refined is not None
    assert (document.refined.pixels == move_it(refined.pixels)).all()
    assert (document.refined.labels.array() == move_it(refined.labels.array())).all()
    assert document.shows_refined
    assert document.selection is not None
    assert (document.selection.mask == move_it(mask)).all()
    height, width = move_it(mask).shape
    assert window.status.canvas.text() == f"{width} × {height}"
    session.undo()
    qtbot.waitUntil(lambda: not session.preview.busy)
    assert (labels_of(window) == labels).all()
    assert document.refined is refined
    assert document.selection is not None
    assert (document.selection.mask == mask).all()
    assert (document.painting == painting).all()
    session.redo()
    assert (labels_of(window) == move_it(labels)).all()


def test_crop_needs_a_selection(window: MainWindow) -> None:
    crop = window.actions_by_id["canvas.crop"]
    assert not crop.isEnabled()
    window.session.selection_commands.all()
    assert crop.isEnabled()
    window.session.selection_commands.none()
    assert not crop.isEnabled()


def test_what_is_painted_meanwhile_is_not_lost(qtbot: QtBot, window: MainWindow) -> None:
    canvas = window.workspace.canvas
    press(canvas, (40, 40))
    window.actions_by_id["canvas.flip_down"].trigger()  # ends the stroke so far
    release(canvas, (60, 40))
    drag(canvas, [(100, 40), (140, 40)])
    qtbot.waitUntil(lambda: "Flip vertically" in texts(window))
    after = labels_of(window)
    assert after[HEIGHT - 1 - 40, 120] == 4
    assert after[HEIGHT - 1 - 40, 40] == 4
    assert texts(window) == ["Brush: Tree", "Brush: Tree", "Flip vertically"]


def resize(
    qtbot: QtBot,
    window: MainWindow,
    monkeypatch: pytest.MonkeyPatch,
    fill: Callable[[ResizeDialog], object],
) -> None:
    def fill_in(dialog: ResizeDialog) -> int:
        fill(dialog)
        return 1

    monkeypatch.setattr(ResizeDialog, "exec", fill_in)
    choose(qtbot, window, "canvas.resize")


def test_extending_keeps_the_doodle_at_its_anchor(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, before = window.session.document, labels_of(window)
    refine(qtbot, window)
    refined = document.painting

    def fill(dialog: ResizeDialog) -> None:
        dialog.extend.click()
        dialog.width_box.setValue(WIDTH + 50)
        dialog.height_box.setValue(HEIGHT + 30)
        dialog.anchors.button(2).click()  # top right
        dialog.filling.setCurrentIndex(dialog.filling.findData(9))

    resize(qtbot, window, monkeypatch, fill)
    after = labels_of(window)
    assert after.shape == (HEIGHT + 30, WIDTH + 50)
    assert (after[:HEIGHT, 50:] == before).all()
    assert (after[HEIGHT:] == 9).all()
    assert (after[:, :50] == 9).all()
    # The refined picture stays where it was, away from the new edge; that is painted live.
    preview = fake_paint(after, document.style_id, document.seed)
    assert (document.painting[:, :50] == preview[:, :50]).all()
    assert (document.painting[:20, -20:] == refined[:20, -20:]).all()


def test_scaling_keeps_the_proportions_and_tells_what_it_drops(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    refine(qtbot, window)
    notes = []

    def fill(dialog: ResizeDialog) -> None:
        assert not dialog.filling.isEnabled()
        dialog.height_box.setValue(2 * HEIGHT)
        assert dialog.width_box.value() == 2 * WIDTH
        notes.append(dialog._note.text())

    resize(qtbot, window, monkeypatch, fill)
    assert notes[0].endswith("The refined picture is removed; undo restores it.")
    assert window.session.document.labels.at(2 * 195, 2 * 35) == 2
    assert window.session.document.refined is None
    assert window.session.history.undo_text == f"Scale to {2 * WIDTH} × {2 * HEIGHT}"
    window.session.undo()
    assert window.session.document.shows_refined


def test_the_picture_of_a_running_refine_is_kept_before_the_canvas_turns(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, slow_refine: None
) -> None:
    hold_in_tile(qtbot, window, studio, drafted=True)
    choose(qtbot, window, "canvas.turn_right", steps=2)
    assert texts(window) == ["Refine", "Rotate right"]
    assert window.session.document.refined is not None


# -- plain arithmetic -----------------------------------------------------------------------


def state(width: int, height: int, seed: int) -> DocumentState:
    rng = np.random.default_rng(seed)
    labels = LabelMap.from_array(rng.integers(0, 15, (height, width)).astype(np.uint8)).snapshot()
    pixels = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    mask = rng.integers(0, 2, (height, width)).astype(bool)
    mask[0, 0] = True
    refined = Refined(pixels, labels, "a", 1)
    return DocumentState(
        labels, "a", refined=refined, selection=Selection.of_mask(mask),
        preview=PictureSnapshot.from_array(pixels),
    )  # fmt: skip


def chained(one: DocumentState, *transforms: Transform) -> DocumentState:
    for transform in transforms:
        one = transform(one)
    return one


def painted(one: DocumentState) -> np.ndarray:
    assert one.preview is not None
    return one.preview.array()


BACK: list[tuple[Transform, ...]] = [
    (flipped_across, flipped_across),
    (flipped_down, flipped_down),
    (turned_left, turned_right),
    (turned_left, turned_left, flipped_across, flipped_down),
]


@given(st.integers(1, 600), st.integers(1, 300), st.integers(0, 9), st.sampled_from(BACK))
def test_there_and_back(width: int, height: int, seed: int, way: tuple[Transform, ...]) -> None:
    before = state(width, height, seed)
    after = chained(before, *way)
    assert (after.labels.array() == before.labels.array()).all()
    assert (painted(after) == painted(before)).all()
    assert after.refined is not None
    assert before.refined is not None
    assert (after.refined.pixels == before.refined.pixels).all()
    assert after.selection is not None
    assert before.selection is not None
    assert (after.selection.mask == before.selection.mask).all()


@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 200), st.integers(0, 200))
def test_what_is_added_can_be_cut_off(width: int, height: int, left: int, top: int) -> None:
    before = state(width, height, 1)
    box = Rect.of_size(width, height).moved(left, top)
    after = chained(before, laid_on(width + 200, height + 200, left, top, 7), cropped_to(box))
    assert (after.labels.array() == before.labels.array()).all()
    assert after.selection is not None
    assert before.selection is not None
    assert (after.selection.mask == before.selection.mask).all()


def test_edges_are_extended() -> None:
    labels = np.array([[1, 2], [3, 4]], np.uint8)
    done = laid_on(4, 3, 1, 0, EDGES)(DocumentState(LabelMap.from_array(labels).snapshot()))
    assert done.labels.array().tolist() == [[1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]
    assert done.selection is None


def test_scaled_selection_and_edge() -> None:
    document = Document(LabelMap(40, 30, material=6))
    document.labels.write(Rect(5, 5, 30, 20), np.full((15, 25), 2, np.uint8))
    assert edge_material(document.labels.snapshot()) == 6
    mask = np.zeros((30, 40), bool)
    mask[10:20, 10:30] = True
    document.set_selection(Selection(mask))
    done = scaled_to(80, 60)(document.state(preview=True))
    assert done.selection is not None
    assert abs(int(done.selection.mask.sum()) - 4 * 200) < 60


def test_an_extended_refined_picture_is_saved_and_read(tmp_path: Path) -> None:
    extended = chained(state(60, 40, 3), laid_on(100, 80, 20, 10, 7))
    path = tmp_path / "extended.ora"
    refined = extended.refined
    openraster.save(path, SavedDocument(extended))
    found = openraster.load(path)
    assert isinstance(found, SavedDocument)
    assert found.state.refined is not None
    assert refined is not None
    assert (found.state.refined.labels.array() == refined.labels.array()).all()


def test_a_failed_canvas_job_cancels_the_pending_close(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_state: DocumentState) -> DocumentState:
        raise MemoryError

    window.canvas_controller.change("canvas.crop", "Crop", fails)
    window.close()
    qtbot.waitUntil(lambda: not window.session.canvas_jobs.busy)
    assert "not enough memory" in window.workspace.messages.text
    drag(window.workspace.canvas, [(40, 40)])
    window.session.undo()
    assert window.isVisible()


def test_a_canvas_job_does_not_reach_the_next_document(qtbot: QtBot, window: MainWindow) -> None:
    window.actions_by_id["canvas.flip_across"].trigger()
    window.session.new_canvas(50, 40)
    qtbot.waitUntil(lambda: "Flip horizontally was cancelled" in window.workspace.messages.text)
    assert texts(window) == []
    choose(qtbot, window, "canvas.turn_left")
    assert window.session.document.width == 40
