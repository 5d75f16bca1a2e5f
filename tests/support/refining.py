"""How tests start Refine and hold it."""

from pytestqt.qtbot import QtBot

from app.services.refine import RefineState
from app.window.main_window import MainWindow
from tests.support.fakes import FakeStudio


def begin(window: MainWindow) -> None:
    window.actions_by_id["refine"].trigger()


def refine(qtbot: QtBot, window: MainWindow) -> None:
    """A whole run."""
    begin(window)
    qtbot.waitUntil(lambda: not window.session.refine.active)


def hold_in_tile(qtbot: QtBot, window: MainWindow, studio: FakeStudio, drafted: bool) -> None:
    """A run that is inside of a tile that does not end; with a draft shown or still without."""
    if not drafted:
        studio.hold_refine()
    begin(window)
    if drafted:
        qtbot.waitUntil(lambda: window.session.refine.draft is not None)
        studio.hold_refine()
    qtbot.waitUntil(studio.in_tile.is_set)
    assert window.session.refine.state is RefineState.RUNNING
