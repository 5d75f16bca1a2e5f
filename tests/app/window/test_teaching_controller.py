"""Teaching a style its network with real processes: menu, pause, restart, cancel, and the end."""

import json
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.batch import teaching as batch
from app.batch.teaching import Lesson
from app.platform.settings import Settings
from app.services import teaching as service_module
from app.services.teaching import (
    PICTURES,
    TeachingPictures,
    TeachingState,
    can_be_taught,
)
from app.widgets.style_model import Role
from app.window.main_window import MainWindow
from engine.doodle.generator import Generator
from engine.packs.marked_style import write_style
from engine.packs.pack_writer import update_toml
from engine.packs.style_pack import read_generator, read_pack
from engine.training import teaching
from engine.training.checkpoint import load_checkpoint
from resources.style_details import StyleDetails
from tests.support import teaching_workers
from tests.support.fakes import FakeStudio
from tests.support.gallery import index_of
from tests.support.studio import IDS, bands
from tests.support.style_studio import StyleStudio
from tests.support.teaching_workers import counted, teachers

LONG = 120_000
"""Milliseconds: a process imports torch and compiles kernels."""

LEFT, PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "daub"


@pytest.fixture
def folder(data: Path) -> Path:
    """The user's style of three bands, which paints by strokes only and borrows from no style."""
    folder = data / "styles" / "bay"
    rows = np.repeat([IDS["sky"], IDS["water"], IDS["ground"]], 32).astype(np.uint8)
    write_style(folder, bands(), rows[:, None].repeat(96, 1), StyleDetails("Bay"))
    others = IDS.keys() - {"sky", "water", "ground"}
    update_toml(folder, {"borrow": {key: {"region": "ground"} for key in sorted(others)}})
    return folder


@pytest.fixture
def run(data: Path) -> Path:
    return data / "teaching" / "bay"


def opened(qtbot: QtBot, studio: FakeStudio, settings: Settings) -> MainWindow:
    window = MainWindow(StyleStudio(studio.starter), settings)
    qtbot.addWidget(window)
    window.resize(1200, 700)
    window.show()
    window.teaching.offer()  # as `application.run` does
    qtbot.waitUntil(lambda: window.session.style is not None)
    return window


@pytest.fixture
def window(
    qtbot: QtBot, folder: Path, studio: FakeStudio, settings: Settings
) -> Iterator[MainWindow]:
    window = opened(qtbot, studio, settings)
    yield window
    window.style_files_controller.menu.close()


def teach(window: MainWindow, style_id: str = "bay") -> None:
    """Choose the action in the menu of a style's card."""
    QTest.keyClick(window, Qt.Key.Key_G)
    cards = window.gallery.cards
    spot, view = cards.visualRect(index_of(window.gallery, style_id)).center(), cards.viewport()
    kind = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(view, QContextMenuEvent(kind, spot, view.mapToGlobal(spot)))
    menu = window.style_files_controller.menu
    found = next(one for one in menu.actions() if one.objectName() == "style.teach")
    assert found.isEnabled()
    QTest.mouseClick(menu, LEFT, PLAIN, menu.actionGeometry(found).center())


def begin(
    qtbot: QtBot,
    window: MainWindow,
    monkeypatch: pytest.MonkeyPatch,
    worker: Callable[[Connection, Lesson], None] = teaching_workers.pretending,
) -> None:
    """Begin a lesson with a process that is never done, and wait until it trains."""
    monkeypatch.setattr(batch, "work", worker)
    teach(window)
    wait_for_steps(qtbot, window)


def wait_for_steps(qtbot: QtBot, window: MainWindow) -> None:
    """Wait until a process tells that it trains."""
    service = window.teaching.service
    qtbot.waitUntil(
        lambda: service.state is not None and service.state.seconds_left is not None
        and service.state.share > batch.SHARES["step"][0],
        timeout=LONG,
    )  # fmt: skip


def wait_for_end(qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not teachers(), timeout=LONG)


def step_of(run: Path) -> int:
    return int(load_checkpoint(run / "checkpoint.safetensors")[1]["step"])


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def note(window: MainWindow, style_id: str = "bay") -> str:
    return index_of(window.gallery, style_id).data(Role.NOTE)


def test_a_style_is_taught_and_its_document_is_painted_by_the_network(
    qtbot: QtBot,
    window: MainWindow,
    folder: Path,
    run: Path,
    studio: FakeStudio,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batch, "work", teaching_workers.brief)
    window.session.choose_style("bay")
    qtbot.waitUntil(lambda: window.session.preview.whole)
    seen, repainted = list[TeachingPictures](), list[int]()
    window.teaching.service.pictured.connect(seen.append)
    window.session.preview.run_begun.connect(lambda *_: repainted.append(1))
    assert window.session.styles["bay"].paints_by == ("strokes",)
    teach(window)
    assert not window.gallery.isVisible()
    dialog = window.teaching.dialog
    assert dialog is not None
    assert dialog.isVisible()
    assert window.teaching.progress.isVisible()
    qtbot.waitUntil(lambda: "is learning" in note(window), timeout=LONG)
    qtbot.waitUntil(lambda: not dialog.by_network.pixmap().isNull(), timeout=LONG)
    assert not dialog.by_strokes.pixmap().isNull()
    qtbot.waitUntil(lambda: "its own network" in window.workspace.messages.text, timeout=LONG)
    assert isinstance(read_generator(folder, read_pack(folder)), Generator)
    qtbot.waitUntil(lambda: window.session.styles["bay"].paints_by == ("network", "strokes"))
    qtbot.waitUntil(lambda: bool(repainted))
    assert note(window) == "its network is ready"
    assert not dialog.isVisible()
    assert window.teaching.progress.isHidden()
    qtbot.waitUntil(lambda: not run.exists())
    assert (
        len({picture.by_network.tobytes() for picture in seen if picture.by_network is not None})
        > 1
    )


def test_pause_ends_the_process_and_continue_goes_on(
    qtbot: QtBot, window: MainWindow, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(qtbot, window, monkeypatch)
    dialog = window.teaching.dialog
    assert dialog is not None
    dialog.pause_button.click()
    assert (dialog.words.text(), dialog.pause_button.text()) == ("paused", "Continue")
    wait_for_end(qtbot)
    count = counted(run)
    assert count >= 1
    assert note(window) == "is paused at 50 %"
    window.teaching.pause_button.click()
    wait_for_steps(qtbot, window)
    assert counted(run) > count
    assert dialog.pause_button.text() == "Pause"
    assert note(window) == "is learning, 50 %"


def test_cancel_asks_and_leaves_the_style_as_it_is(
    qtbot: QtBot, window: MainWindow, folder: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(folder)
    begin(qtbot, window, monkeypatch)
    dialog, messages = window.teaching.dialog, window.workspace.messages
    assert dialog is not None
    dialog.cancel_button.click()
    messages.buttons[1].click()
    assert window.teaching.service.busy
    dialog.cancel_button.click()
    messages.buttons[0].click()
    assert not window.teaching.service.busy
    assert not dialog.isVisible()
    wait_for_end(qtbot)
    qtbot.waitUntil(lambda: not run.exists())
    assert content(folder) == before
    assert note(window) == ""


def test_the_next_start_goes_on(
    qtbot: QtBot,
    window: MainWindow,
    run: Path,
    studio: FakeStudio,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin(qtbot, window, monkeypatch, teaching_workers.endless)
    window.close()
    assert not teachers()
    step = step_of(run)
    assert step >= 1
    again = opened(qtbot, studio, settings)
    qtbot.waitUntil(lambda: again.teaching.service.busy)
    assert "goes on" in again.workspace.messages.text
    assert again.teaching.progress.isVisible()
    wait_for_steps(qtbot, again)
    again.close()
    assert step_of(run) > step


def test_what_was_paused_is_paused_at_the_next_start(
    qtbot: QtBot,
    window: MainWindow,
    run: Path,
    studio: FakeStudio,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin(qtbot, window, monkeypatch)
    window.teaching.pause_button.click()
    window.close()
    count = counted(run)
    for name in PICTURES:
        Image.fromarray(bands()).save(run / name)
    again = opened(qtbot, studio, settings)
    qtbot.waitUntil(lambda: again.teaching.service.busy)
    state = again.teaching.service.state
    assert state == TeachingState("bay", 0.5, paused=True)
    assert not teachers()
    assert note(again) == "is paused at 50 %"
    again.teaching.show_button.click()
    dialog = again.teaching.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: not dialog.by_network.pixmap().isNull())
    assert counted(run) == count
    dialog.pause_button.click()
    wait_for_steps(qtbot, again)
    assert counted(run) > count


def test_a_process_that_is_killed_pauses_and_its_checkpoint_is_used(
    qtbot: QtBot, window: MainWindow, folder: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(folder)
    begin(qtbot, window, monkeypatch, teaching_workers.endless)
    qtbot.waitUntil(lambda: (run / "checkpoint.safetensors").exists(), timeout=LONG)
    [process] = teachers()
    process.kill()
    service = window.teaching.service
    qtbot.waitUntil(lambda: service.state is not None and service.state.paused, timeout=LONG)
    assert "has ended" in window.workspace.messages.text
    assert content(folder) == before
    step = step_of(run)
    window.teaching.pause_button.click()
    wait_for_steps(qtbot, window)
    window.close()
    assert step_of(run) > step


def test_a_style_that_is_removed_is_not_taught_any_more(
    qtbot: QtBot, window: MainWindow, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(qtbot, window, monkeypatch)
    window.session.remove_style("bay", "Bay")
    qtbot.waitUntil(lambda: not window.teaching.service.busy)
    wait_for_end(qtbot)
    qtbot.waitUntil(lambda: not run.exists())


def test_one_style_at_a_time_and_one_daub(
    qtbot: QtBot,
    window: MainWindow,
    studio: FakeStudio,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin(qtbot, window, monkeypatch)
    window.session.style_files.duplicate("bay")
    qtbot.waitUntil(lambda: "bay-2" in window.session.styles)
    window.teaching.teach("bay-2")
    assert "Bay is being taught" in window.workspace.messages.text
    second = opened(qtbot, studio, settings)
    assert not second.teaching.service.busy
    second.teaching.teach("bay-2")
    assert "Another window" in second.workspace.messages.text
    assert not second.teaching.service.busy
    window.teaching.service.forget()
    qtbot.waitUntil(lambda: window.teaching.service._lock is None)
    second.teaching.teach("bay-2")
    assert second.teaching.service.busy


def test_a_network_that_does_not_fit_is_refused(
    qtbot: QtBot, window: MainWindow, folder: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The style was given other materials elsewhere while its network learned."""
    before = content(folder)
    begin(qtbot, window, monkeypatch)
    said = {"paints": [["grass", "grass"]], "training": {}, "targets": {}}
    (run / teaching.RESULT).write_text(json.dumps(said))
    for name in (teaching.NETWORK, teaching.TARGETS):
        (run / name).write_bytes(b"")
    window.teaching.service.learned.emit("bay", run)
    qtbot.waitUntil(lambda: "must be taught again" in window.workspace.messages.text)
    assert content(folder) == before
    state = window.teaching.service.state
    assert state is not None
    assert state.paused
    assert run.exists()


def test_the_end_of_another_lesson_leaves_this_one_alone(
    qtbot: QtBot, window: MainWindow, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one was cancelled while its network was put into its style."""
    begin(qtbot, window, monkeypatch)
    window.session.style_files.taught.emit("starry-night")
    window.session.style_files.refused.emit("starry-night", "It cannot be written.")
    state = window.teaching.service.state
    assert state is not None
    assert (state.style_id, state.paused) == ("bay", False)
    assert note(window, "starry-night") == "its network is ready"
    assert run.exists()


def test_a_style_that_is_imported_again_is_learned_anew(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its network would paint the picture that it had."""
    begin(qtbot, window, monkeypatch)
    [before] = teachers()
    style = window.session.styles["bay"]
    window.session.style_files.imported.emit(style, True)
    qtbot.waitUntil(lambda: before not in teachers(), timeout=LONG)
    qtbot.waitUntil(lambda: bool(teachers()), timeout=LONG)
    assert window.teaching.service.busy


def test_no_process_is_left_behind_by_an_error(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(qtbot, window, monkeypatch)

    def failing(*_: object) -> tuple[int, ...]:
        raise OSError("The disk has gone.")

    monkeypatch.setattr(service_module, "_seen", failing)
    wait_for_end(qtbot)


def test_pictures_are_where_the_engine_paints_them() -> None:
    assert (teaching.BY_STROKES, teaching.BY_NETWORK) == PICTURES


def test_only_ones_own_styles_with_strokes_are_taught(window: MainWindow) -> None:
    for style_id in ("starry-night", "bay"):
        possible = can_be_taught(window.session.styles[style_id])
        assert possible == (style_id == "bay")
    window.teaching.teach("starry-night")
    assert not window.teaching.service.busy
