"""Undo and redo during a run of Refine: nothing is lost without a question."""

import pytest
from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow
from tests.support.fakes import FakeStudio, fake_paint
from tests.support.hand import drag
from tests.support.refining import hold_in_tile


@pytest.mark.parametrize("answer", ["Keep", "Discard"])
def test_undoing_the_seed_in_the_middle_of_a_run_asks_about_its_picture(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, slow_refine: None, answer: str
) -> None:
    session, messages = window.session, window.workspace.messages
    session.set_seed(9)
    hold_in_tile(qtbot, window, studio, drafted=True)
    draft = session.document.painting.copy()
    session.undo()
    qtbot.waitUntil(lambda: bool(messages.buttons))
    assert not session.refine.active
    assert session.document.seed == 9
    assert messages.text == "The refined picture is not kept yet. Keep the refined picture so far?"
    next(button for button in messages.buttons if button.text() == answer).click()
    qtbot.waitUntil(lambda: not session.preview.busy)
    if answer == "Keep":
        assert session.history.undo_text == "Refine"
        assert (session.document.painting == draft).all()
    else:
        assert session.document.seed == 1
        assert (
            session.document.painting
            == fake_paint(session.document.labels.array(), session.document.style_id, 1)
        ).all()
        assert session.history.can_redo


def test_a_run_that_ends_leaves_redo_alone_until_it_is_kept(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, slow_refine: None
) -> None:
    session, messages = window.session, window.workspace.messages
    drag(window.workspace.canvas, [(40, 40), (80, 40)])
    hold_in_tile(qtbot, window, studio, drafted=True)
    session.undo()
    studio.let_go()
    qtbot.waitUntil(lambda: not session.refine.active)
    assert session.history.redo_text == "Brush: Tree"
    assert messages.text.startswith("The refined picture is finished. Keeping it discards redo")
    session.redo()
    session.undo()
    messages.buttons[0].click()
    assert session.history.undo_text == "Refine"
    assert not session.history.can_redo
