"""Everything around the canvas hidden, and shown again."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QToolBar, QWidget
from pytestqt.qtbot import QtBot

from app.platform.settings import Settings
from app.services.refine import RefineState
from app.window.main_window import MainWindow
from tests.support.fakes import FakeStudio
from tests.support.file_dialogs import drop, files
from tests.support.photo_documents import photo_file
from tests.support.refining import hold_in_tile
from tests.support.tools import KEYS, key


def surrounding(window: MainWindow) -> dict[str, bool]:
    """What is around the canvas, and whether it is shown."""
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    bars: list[QWidget] = [
        *window.findChildren(QToolBar, options=direct),
        *window.findChildren(QDockWidget, options=direct),
    ]
    shown = {widget.objectName(): not widget.isHidden() for widget in bars}
    return {**shown, "menu": window.menuBar().isVisible(), "status": window.status.isVisible()}


def test_the_key_hides_everything_and_shows_what_was_shown(window: MainWindow) -> None:
    window.actions_by_id["history"].setChecked(True)
    before = surrounding(window)
    assert before["history"]
    assert not before["photo"]
    width = window.workspace.width()
    key(window, Qt.Key.Key_F11, KEYS.ShiftModifier)
    assert not any(surrounding(window).values())
    assert "Shift+F11" in window.workspace.messages.text
    key(window, Qt.Key.Key_B)  # keys still act without their menus
    key(window, Qt.Key.Key_F11, KEYS.ShiftModifier)
    assert surrounding(window) == before
    assert window.workspace.width() == width


def test_escape_shows_the_panels(window: MainWindow) -> None:
    before = surrounding(window)
    window.actions_by_id["panels"].trigger()
    key(window, Qt.Key.Key_Escape)
    assert surrounding(window) == before
    assert not window.actions_by_id["panels"].isChecked()


def test_escape_shows_the_panels_and_does_not_cancel_refine(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    hold_in_tile(qtbot, window, studio, drafted=False)
    window.actions_by_id["panels"].trigger()
    key(window, Qt.Key.Key_Escape)
    assert not window.actions_by_id["panels"].isChecked()
    assert window.session.refine.state is RefineState.RUNNING
    studio.let_go()
    qtbot.waitUntil(lambda: not window.session.refine.active)


def test_a_photo_does_not_show_its_panel_while_panels_are_hidden(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.actions_by_id["panels"].trigger()
    drop(window, files(photo_file(tmp_path)))
    qtbot.waitUntil(lambda: window.session.document.photo is not None)
    assert not any(surrounding(window).values())
    window.actions_by_id["panels"].trigger()
    assert surrounding(window)["photo"]


def test_the_panel_of_a_photo_that_has_gone_stays_hidden(window: MainWindow) -> None:
    window.photo_controller.dock.show()  # as with a photo, which undo then takes away
    window.actions_by_id["panels"].trigger()
    window.actions_by_id["panels"].trigger()
    assert not surrounding(window)["photo"]


def test_the_next_window_starts_with_its_panels(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, settings: Settings
) -> None:
    before = surrounding(window)
    window.actions_by_id["panels"].trigger()
    window.close()
    following = MainWindow(studio, settings)
    qtbot.addWidget(following)
    following.show()
    assert surrounding(following) == before
