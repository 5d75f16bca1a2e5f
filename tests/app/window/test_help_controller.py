"""Help > Guide and Help > Tutorial."""

from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot

from app.platform import guide as guide_module
from app.widgets.actions import MENUS
from app.window import help_controller
from app.window.main_window import MainWindow
from app.window.tutorial import END, STEPS
from tests.support.fakes import FakeStudio
from tests.support.hand import drag
from tests.support.refining import refine


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Path]:
    """The local files that the browser was asked for; pages are written to a folder of the test."""
    files: list[Path] = []

    def browser(address: QUrl) -> bool:
        files.append(Path(address.toLocalFile()))
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", browser)
    monkeypatch.setattr(guide_module, "BUILD", tmp_path / "guide")
    return files


def test_the_guide_opens_from_a_local_file(
    qtbot: QtBot, window: MainWindow, opened: list[Path]
) -> None:
    assert {"guide", "tutorial"} < set(MENUS["&Help"])
    window.actions_by_id["guide"].trigger()
    qtbot.waitUntil(lambda: bool(opened))
    (page,) = opened
    assert page.name == "start.html"
    assert "First steps" in page.read_text("utf-8")


def test_without_a_browser_the_message_names_the_file(
    qtbot: QtBot, window: MainWindow, opened: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _address: False)
    window.actions_by_id["guide"].trigger()
    qtbot.waitUntil(lambda: "start.html" in window.workspace.messages.text)


def test_a_full_disk_is_a_message(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> Path:
        raise OSError("No space left on device")

    monkeypatch.setattr(help_controller, "guide", full)
    window.actions_by_id["guide"].trigger()
    qtbot.waitUntil(lambda: "No space left" in window.workspace.messages.text)


def begin(window: MainWindow) -> None:
    window.actions_by_id["tutorial"].trigger()
    assert window.tutorial.current == STEPS[0]


def test_each_step_waits_until_the_user_has_done_it(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, tmp_path: Path
) -> None:
    tutorial, session = window.tutorial, window.session
    begin(window)
    assert tutorial.card.isVisible()
    assert "1" in tutorial.card.title
    assert (session.document.width, session.document.height) == (1024, 768)
    session.set_options(size=33)
    assert tutorial.current == STEPS[0], "that was no material"
    session.tool_controller.choose_material(2)
    assert tutorial.current == STEPS[1]
    session.selection_commands.all()
    session.selection_commands.none()
    assert tutorial.current == STEPS[1], "that was not paint"
    drag(window.workspace.canvas, [(500, 300), (560, 300)])
    assert tutorial.current == STEPS[2]
    session.choose_style("other")
    assert tutorial.current == STEPS[3]
    refine(qtbot, window)
    assert tutorial.current == STEPS[4]
    session.exports.started.emit(tmp_path / "first.png")
    assert tutorial.current == END
    assert tutorial.card.no_more.isHidden()
    tutorial.card.ok.click()
    assert tutorial.current is None
    assert tutorial.card.isHidden()


def test_steps_can_be_skipped_and_it_can_be_ended_and_replayed(window: MainWindow) -> None:
    tutorial = window.tutorial
    begin(window)
    for step in (*STEPS[1:], END):
        tutorial.card.ok.click()
        assert tutorial.current == step
    begin(window)
    tutorial.card.no_more.click()
    assert tutorial.current is None
    assert tutorial.card.isHidden()
    window.session.tool_controller.choose_material(5)
    assert tutorial.card.isHidden()
    begin(window)


def test_tips_wait_until_the_tutorial_is_over(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.window.onboarding.PAUSE_MS", 1)
    tips = window.preferences_controller.onboarding
    window.settings.tips = True
    window.preferences_controller.apply("tips")
    assert tips.card.isVisible()
    begin(window)
    assert not tips.card.isVisible()
    tips.begin()
    tips.show_next()
    assert not tips.card.isVisible()
    window.tutorial.end()
    qtbot.waitUntil(tips.card.isVisible)
