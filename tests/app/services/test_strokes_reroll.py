"""Other strokes for the selected part of the picture."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.document.rect import Rect
from app.document.refined import Refined
from app.document.selection import Selection
from app.window.main_window import MainWindow
from tests.app.services import test_strokes
from tests.app.services.test_strokes import settle, shown
from tests.app.services.test_strokes_undo import dab, live, resize, rest
from tests.support.fakes import FakeStudio
from tests.support.hand import drag

painting, styles = test_strokes.painting, test_strokes.styles  # fixtures

LOOP = [(60, 50), (180, 60), (150, 150), (70, 130)]


@pytest.fixture
def mask(painting: MainWindow) -> np.ndarray:
    """A selection of four corners, as H x W bool; select it."""
    document = painting.session.document
    selection = Selection.of_loop(LOOP, document.bounds)
    assert selection is not None
    document.set_selection(selection)
    return selection.mask


def again(qtbot: QtBot, window: MainWindow) -> np.ndarray:
    """Press the key, and return the picture that comes."""
    at = window.session.history.at
    QTest.keyClick(window, Qt.Key.Key_F5, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: window.session.history.at == at + 1)
    settle(qtbot, window)
    return shown(window)


def test_only_the_selection_gets_other_strokes_each_time(
    qtbot: QtBot, painting: MainWindow, mask: np.ndarray
) -> None:
    pictures = [shown(painting)]
    for _ in range(3):
        pictures.append(again(qtbot, painting))
        assert (pictures[-1][~mask] == pictures[0][~mask]).all(), "bit for bit"
        changed = (pictures[-1][mask] != pictures[-2][mask]).any(-1)
        assert changed.mean() > 0.4
    assert painting.session.history.steps[-1].text == "Other strokes"
    rest(qtbot, painting)
    assert (live(painting) == pictures[-1]).all()


@pytest.mark.parametrize("stroke", [1.25, 2.5])
def test_strokes_of_another_size(
    qtbot: QtBot, painting: MainWindow, mask: np.ndarray, stroke: float
) -> None:
    resize(painting, stroke)
    settle(qtbot, painting)
    before = shown(painting)
    again(qtbot, painting)
    now = again(qtbot, painting)
    assert (now[~mask] == before[~mask]).all(), "bit for bit"
    assert (now[mask] != before[mask]).any(-1).mean() > 0.3
    painting.session.undo()
    painting.session.undo()
    assert (shown(painting) == before).all()


def test_undo_and_redo_are_exact(qtbot: QtBot, painting: MainWindow, mask: np.ndarray) -> None:
    pictures = [shown(painting), again(qtbot, painting), again(qtbot, painting)]
    session = painting.session
    for go, at in ((session.undo, 1), (session.undo, 0), (session.redo, 1), (session.redo, 2)):
        go()
        assert (shown(painting) == pictures[at]).all()
        rest(qtbot, painting)
        assert (shown(painting) == pictures[at]).all()
        assert (live(painting) == pictures[at]).all()


def test_undo_while_it_is_painted(qtbot: QtBot, painting: MainWindow, mask: np.ndarray) -> None:
    before = shown(painting)
    painting.actions_by_id["repaint.selection"].trigger()
    assert painting.session.strokes.rerolling
    painting.actions_by_id["repaint.selection"].trigger()
    assert painting.session.history.at == 1, "one after the other"
    painting.session.undo()
    assert not painting.session.strokes.busy
    rest(qtbot, painting)
    assert (shown(painting) == before).all()
    assert (live(painting) == before).all()
    painting.session.redo()
    settle(qtbot, painting)
    now = shown(painting)
    assert (now[mask] != before[mask]).any()
    assert (now[~mask] == before[~mask]).all()


def test_it_waits_for_the_strokes_of_a_dab(
    qtbot: QtBot, painting: MainWindow, mask: np.ndarray
) -> None:
    dab(painting, [(100, 90), (110, 92)])
    painting.actions_by_id["repaint.selection"].trigger()
    assert painting.session.history.at == 1
    qtbot.waitUntil(lambda: painting.session.history.at == 2)
    settle(qtbot, painting)
    rerolled = shown(painting)
    painting.session.undo()
    between = shown(painting)
    assert (between[~mask] == rerolled[~mask]).all()
    painting.session.undo()
    painting.session.redo()
    assert (shown(painting) == between).all()


def test_an_undo_before_it_has_begun_cancels_it(
    qtbot: QtBot, painting: MainWindow, mask: np.ndarray
) -> None:
    session, before = painting.session, shown(painting)
    for change in (
        lambda: dab(painting, [(100, 90), (110, 92)]),
        lambda: session.set_seed(9),
    ):
        change()
        painting.actions_by_id["repaint.selection"].trigger()
        session.undo()
        rest(qtbot, painting)
        assert (shown(painting) == before).all()
        assert (session.history.at, len(session.history.steps)) == (0, 1)


def test_a_dab_meanwhile_is_painted_afterwards(
    qtbot: QtBot, painting: MainWindow, mask: np.ndarray
) -> None:
    before = shown(painting)
    painting.actions_by_id["repaint.selection"].trigger()
    painting.session.set_options(tool="brush", material=5, size=8)
    painting.session.document.set_selection(None)
    drag(painting.workspace.canvas, [(20, 20), (24, 20)])
    settle(qtbot, painting)
    now = shown(painting)
    assert (now[mask] != before[mask]).any(-1).mean() > 0.4
    assert (now[18:22, 20:24] != before[18:22, 20:24]).any()
    rest(qtbot, painting)
    assert (live(painting) == now).all()


def test_it_survives_dabs_nearby_and_repaint_is_canonical(
    qtbot: QtBot, painting: MainWindow, mask: np.ndarray
) -> None:
    canonical, rerolled = shown(painting), again(qtbot, painting)
    painting.session.document.set_selection(None)
    dab(painting, [(238, 172), (240, 172)], 4)
    settle(qtbot, painting)
    now = shown(painting)
    assert (now[mask] == rerolled[mask]).all()
    painting.session.undo()
    assert (shown(painting) == rerolled).all()
    painting.actions_by_id["repaint"].trigger()
    settle(qtbot, painting)
    assert (shown(painting) == canonical).all()


def test_the_document_keeps_it(
    qtbot: QtBot, painting: MainWindow, mask: np.ndarray, tmp_path: Path
) -> None:
    rerolled, path = again(qtbot, painting), tmp_path / "night.ora"
    assert painting.session.document.modified
    with qtbot.waitSignal(painting.files.file.saved):
        painting.files.file.save(path)
    painting.files.file.take_new(64, 48, None, "")
    settle(qtbot, painting)
    painting.opening.open(path)
    qtbot.waitUntil(lambda: painting.session.document.width == rerolled.shape[1])
    settle(qtbot, painting)
    assert (shown(painting) == rerolled).all()


def test_on_an_opened_painting(qtbot: QtBot, painting: MainWindow, mask: np.ndarray) -> None:
    session, document = painting.session, painting.session.document
    document.merge_painting(Rect(0, 0, 90, 90), np.full((90, 90, 3), 9, np.uint8))
    session.become(document.state(preview=True))
    settle(qtbot, painting)
    before = shown(painting)
    now = again(qtbot, painting)
    assert (now[~mask] == before[~mask]).all(), "the thread's own picture is not shown"
    assert (now[mask] != before[mask]).any()
    session.undo()
    assert (shown(painting) == before).all()


def test_without_memory_undo_paints_the_part_again(
    qtbot: QtBot, painting: MainWindow, mask: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = painting.session
    monkeypatch.setattr(session.strokes._painted._versions, "_budget", 0)
    before, rerolled = shown(painting), again(qtbot, painting)
    session.undo()
    settle(qtbot, painting)
    undone = shown(painting)
    assert (undone[mask] != rerolled[mask]).any()
    far = np.ones(mask.shape, bool)
    far[Selection(mask).box.grown(40).clipped(session.document.bounds).slices] = False
    assert (undone[far] == before[far]).all()
    session.redo()
    settle(qtbot, painting)
    assert (shown(painting)[mask] != undone[mask]).any()


def test_a_step_that_is_forgotten_frees_its_selection(
    qtbot: QtBot, painting: MainWindow, mask: np.ndarray
) -> None:
    history, document = painting.session.history, painting.session.document
    again(qtbot, painting)
    document.set_selection(Selection.of_mask(~mask))
    again(qtbot, painting)
    assert history.nbytes == 2 * mask.nbytes
    history.set_budget(0)
    assert history.nbytes == mask.nbytes, "only the newest step is left"


def test_where_it_is_not_possible_the_action_says_why(
    qtbot: QtBot, painting: MainWindow, mask: np.ndarray
) -> None:
    action, document = painting.actions_by_id["repaint.selection"], painting.session.document
    selection = document.selection
    assert action.isEnabled()
    assert "other strokes" in action.toolTip()
    document.set_selection(None)
    assert not action.isEnabled()
    assert "Select a part" in action.toolTip()
    document.set_selection(selection)
    painting.actions_by_id["strokes"].setChecked(False)
    assert not action.isEnabled()
    assert "Paint with strokes" in action.toolTip()
    painting.actions_by_id["strokes"].setChecked(True)
    settle(qtbot, painting)
    assert action.isEnabled()
    pixels = shown(painting)
    pixels.flags.writeable = False
    labels = document.labels.snapshot()
    document.set_refined(Refined(pixels, labels, document.style_id, document.seed))
    assert not action.isEnabled()
    assert "refined picture" in action.toolTip()
    painting.session.selection_reroll.begin()
    assert painting.session.history.at == 0


def test_a_style_without_a_painting(window: MainWindow, studio: FakeStudio) -> None:
    document = window.session.document
    document.set_selection(Selection.of_everything(document.bounds))
    assert not window.actions_by_id["repaint.selection"].isEnabled()
    assert "no painting" in window.actions_by_id["repaint.selection"].toolTip()
