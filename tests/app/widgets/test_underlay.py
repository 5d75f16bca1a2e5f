"""The underlay: it is part of the document, in files and through every change."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.document.canvas_transform import (
    Transform,
    cropped_to,
    flipped_across,
    flipped_down,
    laid_on,
    scaled_to,
    turned_left,
    turned_right,
)
from app.document.document_state import DocumentState, SavedDocument
from app.document.journal_file import read_journal
from app.document.label_map import LabelMap
from app.document.openraster import load, save
from app.document.rect import Rect
from app.document.underlay import Underlay
from app.files import unsaved_guard
from app.services.journal_store import JournalStore
from app.widgets.clipboard import rgb_of
from app.widgets.dialogs import Answer
from app.widgets.import_dialog import ImportDialog
from app.widgets.new_canvas_dialog import NewCanvasDialog
from app.window.main_window import MainWindow
from tests.support.fakes import HEIGHT, WIDTH, FakeStudio
from tests.support.hand import drag
from tests.support.paper import contents
from tests.support.waiting import round_trip

SIZE = Rect.of_size(300, 200)


def photo(height: int = 60, width: int = 90) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


@pytest.fixture
def traced(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> MainWindow:
    """The window, with a picture to trace that came as a file."""
    path = tmp_path / "harbour.png"
    Image.fromarray(photo()).save(path)
    window.opening.open(path)
    qtbot.waitUntil(lambda: window.session.document.photo is not None, timeout=30_000)
    window.workspace.messages.buttons[0].click()  # something else than to paint it
    qtbot.waitUntil(lambda: window.opening.dialog is not None, timeout=30_000)
    dialog = window.opening.dialog
    assert isinstance(dialog, ImportDialog)
    dialog.as_underlay.click()
    dialog.accept()
    assert window.session.document.underlay is not None
    return window


def canvas_of(window: MainWindow) -> np.ndarray:
    return rgb_of(window.workspace.canvas.grab().toImage())


def test_tracing_is_a_step(traced: MainWindow) -> None:
    bar, document = traced.workspace.underlay_bar, traced.session.document
    under, shown = document.underlay, canvas_of(traced)
    assert traced.isWindowModified()
    assert bar.isVisible()
    traced.session.undo()
    assert document.underlay is None
    assert not bar.isVisible()
    assert not np.array_equal(canvas_of(traced), shown)
    traced.session.redo()
    assert document.underlay is under
    assert np.array_equal(canvas_of(traced), shown)
    QTest.mouseClick(bar._remove, Qt.MouseButton.LeftButton)
    assert document.underlay is None
    traced.session.undo()
    assert document.underlay is under


def test_it_is_saved_and_comes_back(
    qtbot: QtBot, traced: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, document = tmp_path / "traced.ora", traced.session.document
    traced.workspace.underlay_bar.slider.setValue(73)
    under = document.underlay
    assert under is not None
    with qtbot.waitSignal(traced.files.file.saved):
        traced.files.file.save(path)
    shown = canvas_of(traced)
    monkeypatch.setattr(NewCanvasDialog, "exec", lambda _: 1)
    traced.actions_by_id["new"].trigger()
    assert document.underlay is None
    assert not traced.workspace.underlay_bar.isVisible()
    traced.workspace.underlay_bar.slider.setValue(20)
    monkeypatch.setattr(unsaved_guard, "ask_changed", lambda *_: Answer.DISCARD)
    with qtbot.waitSignal(traced.files.file.opened):
        traced.opening.open(path)
    again = document.underlay
    assert again is not None
    assert np.array_equal(again.pixels, under.pixels)
    assert (again.left, again.top, again.width) == (under.left, under.top, under.width)
    assert traced.workspace.underlay_bar.slider.value() == 73
    assert np.array_equal(canvas_of(traced), shown)
    assert not traced.isWindowModified()


def test_opening_another_document_takes_it_away(
    qtbot: QtBot, traced: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path / "plain.ora", contents())
    monkeypatch.setattr(unsaved_guard, "ask_changed", lambda *_: Answer.DISCARD)
    with qtbot.waitSignal(traced.files.file.opened):
        traced.opening.open(tmp_path / "plain.ora")
    assert traced.session.document.underlay is None
    assert not traced.workspace.underlay_bar.isVisible()


def test_other_programs_find_a_hidden_layer(tmp_path: Path) -> None:
    path, labels = tmp_path / "traced.ora", LabelMap(300, 200).snapshot()
    under = Underlay.fitted(photo(100, 100), SIZE)
    state = DocumentState(labels, "starry-night", 1, underlay=under)
    save(path, SavedDocument(state, opacity=0.4))
    with zipfile.ZipFile(path) as archive:
        layers = ElementTree.fromstring(archive.read("stack.xml")).findall("stack/layer")
        layer = layers[-1]
        with archive.open(layer.get("src", "")) as file, Image.open(file) as image:
            seen = np.asarray(image)
    assert [each.get("name") for each in layers] == ["Painting", "Doodle", "Underlay"]
    assert (layer.get("visibility"), layer.get("opacity")) == ("hidden", "0.4")
    assert (layer.get("x"), layer.get("y")) == ("50", "0")
    doubled = np.asarray(Image.fromarray(photo(100, 100)).resize((200, 200), Image.BILINEAR))
    assert seen.shape == (200, 200, 3)
    assert np.abs(seen.astype(int) - doubled).max() <= 2
    found = load(path)
    assert isinstance(found, SavedDocument)
    assert found.opacity == 0.4


def test_the_journal_holds_its_pixels_once(
    qtbot: QtBot, traced: MainWindow, tmp_path: Path
) -> None:
    root = tmp_path / "journals"
    traced.recovery.begin(root)
    under, autosave = traced.session.document.underlay, traced.recovery.autosave
    assert under is not None
    for row in (40, 60, 80):
        drag(traced.workspace.canvas, [(30, row), (90, row)])
        qtbot.waitUntil(lambda: len(list(root.glob("*/underlay-*"))) == 1)
        round_trip(qtbot, autosave._worker)
    (journal,) = (path for path in root.glob("*") if path.is_dir())
    assert read_journal(journal).underlay is not None
    assert [path.name for path in journal.glob("underlay-*")] == ["underlay-1"]
    traced.recovery.stop(keep=True)
    room = JournalStore(root)
    (left,) = room.leftovers()
    work = room.open(left)
    room.release_all()
    assert work is not None
    assert work.state.underlay is not None
    assert np.array_equal(work.state.underlay.pixels, under.pixels)
    assert work.state.underlay.top == under.top
    assert (work.state.labels.array() == traced.session.document.labels.array()).all()


TRANSFORMS: dict[str, tuple[Transform, Callable[[np.ndarray], np.ndarray]]] = {
    "across": (flipped_across, lambda pixels: pixels[:, ::-1]),
    "down": (flipped_down, lambda pixels: pixels[::-1]),
    "left": (turned_left, np.rot90),
    "right": (turned_right, lambda pixels: np.rot90(pixels, -1)),
    "crop": (cropped_to(Rect(100, 40, 250, 160)), lambda pixels: pixels[40:160, 100:250]),
    "extend": (
        laid_on(340, 240, 30, 10, 0),
        lambda pixels: np.pad(pixels, ((10, 30), (30, 10), (0, 0))),
    ),
    "double": (scaled_to(600, 400), lambda pixels: pixels.repeat(2, 0).repeat(2, 1)),
    "wider": (scaled_to(600, 200), lambda pixels: pixels.repeat(2, 1)),
}  # fmt: skip


@pytest.mark.parametrize("name", TRANSFORMS)
def test_it_is_transformed_with_the_canvas(name: str) -> None:
    transform, move = TRANSFORMS[name]
    smooth = np.asarray(Image.fromarray(photo(4, 5)).resize((80, 60), Image.BICUBIC))
    under = Underlay(smooth, 60, 20, 160, 120)
    labels = LabelMap(300, 200).snapshot()
    moved = transform(DocumentState(labels, underlay=under))
    assert moved.underlay is not None
    expected = move(laid(under, SIZE)).astype(int)
    found = laid(moved.underlay, moved.labels.bounds)
    assert found.shape == expected.shape
    assert np.abs(found - expected).mean() < 1.5


def laid(underlay: Underlay, canvas: Rect) -> np.ndarray:
    """H x W x 3: the canvas with nothing but the underlay."""
    pixels = np.zeros((canvas.height, canvas.width, 3), np.uint8)
    place, part = underlay.on_canvas(canvas)
    pixels[place.slices] = part
    return pixels


def test_a_turned_canvas_takes_it_along_in_one_step(qtbot: QtBot, traced: MainWindow) -> None:
    document, session = traced.session.document, traced.session
    before = document.underlay
    traced.actions_by_id["canvas.turn_left"].trigger()
    qtbot.waitUntil(lambda: document.width == HEIGHT)
    assert document.underlay is not None
    assert document.underlay.pixels.shape == (90, 60, 3)
    session.undo()
    assert document.width == WIDTH
    assert document.underlay is before


def test_a_large_one_is_shown_whole(qtbot: QtBot, window: MainWindow) -> None:
    white = np.full((2048, 2048, 3), 255, np.uint8)
    window.workspace.underlay_bar.slider.setValue(100)
    window.session.set_underlay(Underlay.fitted(white, window.session.document.bounds))
    qtbot.waitUntil(lambda: not window.workspace.behind)
    view = window.workspace.canvas.viewport()
    shown = canvas_of(window)
    for x in (WIDTH // 2 - 80, WIDTH // 2 + 80):
        for y in (10, HEIGHT - 10):
            across, down = view.to_widget(x, y)
            assert (shown[int(down), int(across)] == 255).all()


def test_a_dab_does_not_change_it(traced: MainWindow, studio: FakeStudio) -> None:
    under = traced.session.document.underlay
    drag(traced.workspace.canvas, [(30, 40), (90, 40)])
    traced.session.undo()
    assert traced.session.document.underlay is under
