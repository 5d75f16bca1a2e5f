"""Variations and All styles in the window: what is painted, what is taken, and the sheet."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from app.document.brushwork import Brushwork
from app.document.document_state import DocumentState
from app.document.label_map import LabelMap
from app.platform.settings import Settings
from app.services.variations_worker import labels_within
from app.widgets import dialogs
from app.widgets.variations_dialog import VariationsDialog
from app.window.main_window import MainWindow
from app.window.variations_controller import NARROWEST, card_size
from engine.sheet import GAP
from engine.strokes import live
from tests.support.fakes import FakeStudio, fake_paint
from tests.support.photo_documents import take
from tests.support.waiting import round_trip

SHIFT = Qt.KeyboardModifier.ShiftModifier
STYLES = ["starry-night", "other", "third"]


@pytest.fixture
def painting(
    qtbot: QtBot, studio: FakeStudio, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> MainWindow:
    """A window whose variations have strokes; "third" has no painting."""
    monkeypatch.setattr(live, "ensure_compiled", lambda *_: True)
    window = MainWindow(studio, settings)
    qtbot.addWidget(window, before_close_func=lambda _: studio.let_go())
    window.show()
    qtbot.waitUntil(lambda: bool(studio.requests) and not window.session.preview.busy)
    known = window.session.style_selection.styles
    for style_id in ("starry-night", "other"):
        known[style_id] = replace(known[style_id], paints_by=("network", "strokes"))
    window.session.strokes.enable(True)
    return window


def opened(window: MainWindow, key: Qt.Key) -> VariationsDialog:
    window.activateWindow()
    QApplication.processEvents()
    QTest.keyClick(window, key, SHIFT)
    dialog = window.variations_controller.dialog
    assert dialog is not None
    return dialog


def complete(qtbot: QtBot, dialog: VariationsDialog) -> None:
    qtbot.waitUntil(lambda: dialog.complete)


def doodle(window: MainWindow) -> np.ndarray:
    return window.session.document.labels.snapshot().array()


def seeds(dialog: VariationsDialog) -> list[int]:
    grid = dialog.cards
    return [int(re.findall(r"\d+", grid.item(row).text())[0]) for row in range(grid.count())]


def test_six_seeds_are_painted_the_current_one_first(qtbot: QtBot, window: MainWindow) -> None:
    window.session.set_seed(77)
    dialog = opened(window, Qt.Key.Key_R)
    shown = seeds(dialog)
    assert shown[0] == 77
    assert len(set(shown)) == 6
    complete(qtbot, dialog)
    for row, seed in enumerate(shown):
        wanted = fake_paint(doodle(window), "starry-night", seed)
        assert (dialog.pictures[row] == wanted).all()


def test_enter_takes_a_seed_as_one_undo_step(qtbot: QtBot, window: MainWindow) -> None:
    before, steps = window.session.document.seed, len(window.session.history.steps)
    dialog = opened(window, Qt.Key.Key_R)
    complete(qtbot, dialog)
    wanted = seeds(dialog)[1]
    QTest.keyClick(dialog.cards, Qt.Key.Key_Right)
    QTest.keyClick(dialog.cards, Qt.Key.Key_Return)
    assert window.session.document.seed == wanted
    assert len(window.session.history.steps) == steps + 1
    assert window.variations_controller.dialog is None
    window.session.undo()
    assert window.session.document.seed == before


def test_escape_changes_nothing_and_stops_painting(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    before = window.session.document.state()
    studio.hold()
    dialog = opened(window, Qt.Key.Key_R)
    qtbot.waitUntil(studio.waiting.is_set)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    asked = len(studio.requests)
    studio.let_go()
    round_trip(qtbot, window.session.variations.worker)
    assert len(studio.requests) == asked, "the other seeds are not begun"
    assert window.session.document.seed == before.seed
    assert not window.session.history.can_undo
    assert window.variations_controller.dialog is None


def test_a_click_takes_a_style_as_one_undo_step(qtbot: QtBot, window: MainWindow) -> None:
    dialog = opened(window, Qt.Key.Key_G)
    complete(qtbot, dialog)
    grid = dialog.cards
    assert [grid.item(row).text() for row in range(grid.count())][2] == "The Third"
    assert grid.currentRow() == 0
    spot = grid.visualItemRect(grid.item(2)).center()
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(spot))
    assert window.session.document.style_id == "third"
    assert window.session.history.undo_text.endswith("The Third")
    window.session.undo()
    assert window.session.document.style_id == "starry-night"


def test_strokes_follow_the_network_where_a_style_has_them(
    qtbot: QtBot, painting: MainWindow, studio: FakeStudio
) -> None:
    came: list[tuple[int, bool]] = []
    painting.session.variations.painted.connect(lambda at, _, last: came.append((at, last)))
    dialog = opened(painting, Qt.Key.Key_G)
    complete(qtbot, dialog)
    assert came == [(0, False), (1, False), (2, True), (0, True), (1, True)]
    seed = painting.session.document.seed
    network = [fake_paint(doodle(painting), style, seed) for style in STYLES]
    assert (dialog.pictures[0] == 255 - network[0]).all()
    assert (dialog.pictures[2] == network[2]).all()
    assert [request.style_id for request in studio.stroked] == STYLES[:2]


def test_only_the_network_paints_when_strokes_are_off(
    qtbot: QtBot, painting: MainWindow, studio: FakeStudio
) -> None:
    painting.session.strokes.enable(False)
    complete(qtbot, opened(painting, Qt.Key.Key_R))
    assert not studio.stroked


def test_without_its_strokes_a_style_keeps_the_networks_picture(
    qtbot: QtBot, painting: MainWindow, studio: FakeStudio
) -> None:
    studio.strokeless.add("other")
    dialog = opened(painting, Qt.Key.Key_G)
    complete(qtbot, dialog)
    wanted = fake_paint(doodle(painting), "other", painting.session.document.seed)
    assert (dialog.pictures[1] == wanted).all()
    assert dialog.cards.item(1).toolTip() == "styles/other has no painting."


def test_a_broken_style_cannot_be_taken(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    studio.broken_styles.add("other")
    dialog = opened(window, Qt.Key.Key_G)
    complete(qtbot, dialog)
    assert sorted(dialog.pictures) == [0, 2]
    assert dialog.cards.item(1).toolTip() == "styles/other cannot be loaded."
    dialog.cards.setCurrentRow(1)
    QTest.keyClick(dialog.cards, Qt.Key.Key_Return)
    assert window.session.document.style_id == "starry-night"
    assert dialog.isVisible()


def test_a_photo_has_no_variations(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    assert window.actions_by_id["variations"].isEnabled()
    take(qtbot, window, tmp_path)
    for name in ("variations", "styles.all"):
        assert not window.actions_by_id[name].isEnabled()
        assert "Photos" in window.actions_by_id[name].toolTip()


def test_another_document_closes_the_dialog(window: MainWindow) -> None:
    opened(window, Qt.Key.Key_R)
    window.files.file.begun.emit()
    assert window.variations_controller.dialog is None


def test_another_doodle_on_the_canvas_closes_the_dialog(window: MainWindow) -> None:
    opened(window, Qt.Key.Key_R)
    window.session.import_doodle("Other", LabelMap(64, 48))
    assert window.variations_controller.dialog is None


# -- the sheet ------------------------------------------------------------------------------


def exported(qtbot: QtBot, window: MainWindow) -> None:
    dialog = opened(window, Qt.Key.Key_G)
    complete(qtbot, dialog)
    assert dialog.sheet_button.isVisible()
    dialog.sheet_button.click()
    qtbot.waitUntil(lambda: window.variations_controller.task is None)


def test_the_sheet_has_all_styles_and_is_named_after_the_document(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suggested: list[Path] = []

    def answer(_parent: object, suggestion: Path) -> Path:
        suggested.append(suggestion)
        return suggestion

    monkeypatch.setattr(dialogs, "ask_sheet_path", answer)
    window.settings.export_folder = str(tmp_path)
    window.files.file.path = tmp_path / "Harbour.ora"
    exported(qtbot, window)
    assert suggested == [tmp_path / "Harbour styles.png"]
    with Image.open(suggested[0]) as image:
        sheet = np.asarray(image.convert("RGB"))
        assert "one doodle in 3 styles" in image.text["Comment"]  # type: ignore[attr-defined]
    picture = fake_paint(doodle(window), "starry-night", window.session.document.seed)
    height, width = picture.shape[:2]
    assert sheet.shape[1] == 3 * (width + GAP) + GAP
    assert (sheet[GAP : GAP + height, GAP : GAP + width] == picture).all()
    caption = sheet[GAP + height : GAP + height + 22, GAP : GAP + width]
    assert caption.min() < 100 < caption.mean(), "black letters on white"


def test_an_existing_file_is_replaced_only_after_the_question(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.png"
    path.write_bytes(b"mine")
    monkeypatch.setattr(dialogs, "ask_sheet_path", lambda *_: path)
    monkeypatch.setattr(dialogs, "ask_replace", lambda *_: False)
    exported(qtbot, window)
    assert path.read_bytes() == b"mine"
    monkeypatch.setattr(dialogs, "ask_replace", lambda *_: True)
    exported(qtbot, window)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_sheet_that_cannot_be_written_is_told(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialogs, "ask_sheet_path", lambda *_: tmp_path / "sheet.doc")
    exported(qtbot, window)
    dialog = window.variations_controller.dialog  # covers the messages of the window
    assert dialog is not None
    assert "sheet.doc cannot be written" in dialog.note.text()
    assert dialog.note.isVisible()


@pytest.mark.parametrize(("answer", "replaced"), [("Replace", True), ("Cancel", False)])
def test_the_question_names_the_file(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, answer: str, replaced: bool
) -> None:
    asked: list[str] = []

    def press(box: QMessageBox) -> int:
        asked.append(box.text())
        buttons = {button.text().replace("&", ""): button for button in box.buttons()}
        buttons[answer].click()
        return 0

    monkeypatch.setattr(QMessageBox, "exec", press)
    assert dialogs.ask_replace(window, Path("mine.png")) is replaced
    assert asked == ["mine.png already exists. Replace it?"]


@pytest.mark.parametrize(("kind", "name"), [("PNG", "a.png"), ("JPEG", "a.jpg")])
def test_a_name_without_a_suffix_gets_that_of_the_chosen_format(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    def accept(dialog: QFileDialog) -> int:
        chosen = next(entry for entry in dialog.nameFilters() if entry.startswith(kind))
        dialog.filterSelected.emit(chosen)
        dialog.selectFile("a")
        return 1

    monkeypatch.setattr(QFileDialog, "exec", accept)
    assert dialogs.ask_sheet_path(window, tmp_path / "b.png") == tmp_path / name


# -- sizes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "small"), [((300, 200), (300, 200)), ((3000, 1500), (512, 256))])
def test_doodles_are_reduced_to_their_longer_side(
    shape: tuple[int, int], small: tuple[int, int]
) -> None:
    labels = np.zeros(shape, np.uint8)
    labels[:, shape[1] // 2 :] = 9
    reduced = labels_within(labels, 512)
    assert reduced.shape == small
    assert not reduced.flags.writeable
    assert (reduced[:, small[1] // 2 + 2 :] == 9).all()
    assert (reduced[:, : small[1] // 2 - 2] == 0).all()


def test_a_larger_canvas_is_shown_reduced_and_that_is_said(
    qtbot: QtBot, window: MainWindow
) -> None:
    assert not opened(window, Qt.Key.Key_R).note.isVisible()
    window.variations_controller.close()
    window.session.become(DocumentState(LabelMap(1024, 512).snapshot()))
    dialog = opened(window, Qt.Key.Key_R)
    assert "50 %" in dialog.note.text()
    complete(qtbot, dialog)
    assert dialog.pictures[0].shape == (256, 512, 3)


@pytest.mark.parametrize(
    ("size", "painted", "told"),
    [(0.5, 0.5, True), (1.0, 1.0, True), (2.0, 1.0, False), (3.0, 1.5, False)],
)
def test_strokes_have_the_size_of_the_document_reduced_like_its_doodle(
    qtbot: QtBot, painting: MainWindow, studio: FakeStudio, size: float, painted: float, told: bool
) -> None:
    state = DocumentState(LabelMap(1024, 512).snapshot(), brushwork=Brushwork(size))
    painting.session.become(state)
    dialog = opened(painting, Qt.Key.Key_R)
    complete(qtbot, dialog)
    assert [request.stroke for request in studio.stroked] == [painted] * 6
    assert bool(dialog.note.text()) == told


def test_cards_have_the_proportions_of_the_canvas() -> None:
    assert card_size(QSize(1024, 768), 288) == QSize(288, 216)
    assert card_size(QSize(100, 4000), 288) == QSize(NARROWEST, 288)
