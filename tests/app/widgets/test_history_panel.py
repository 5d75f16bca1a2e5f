"""The history panel: steps are shown, marked and chosen by a click."""

from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDockWidget
from pytestqt.qtbot import QtBot

from app.document.document import Change, Document
from app.document.label_map import LabelMap
from app.document.patch import Patch
from app.document.stroke import PointerSample
from app.editing import history as history_module
from app.editing.commands import PaintCommand
from app.editing.history import History
from app.platform.settings import Settings
from app.tools import TOOLS, Ink, ToolOptions
from app.window.main_window import MainWindow
from tests.support.fakes import FakeStudio
from tests.support.hand import drag

Role = Qt.ItemDataRole


@pytest.fixture
def shown(window: MainWindow) -> MainWindow:
    window.actions_by_id["history"].trigger()
    return window


def rows(window: MainWindow) -> list[str]:
    model = window.history_panel.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def click(window: MainWindow, row: int) -> None:
    panel = window.history_panel
    spot = panel.visualRect(panel.model().index(row, 0)).center()
    QTest.mouseClick(panel.viewport(), Qt.MouseButton.LeftButton, pos=spot)


def test_hidden_until_asked_for_and_remembered(
    qtbot: QtBot, window: MainWindow, settings: Settings, studio: FakeStudio
) -> None:
    assert not window.history_panel.isVisible()
    QTest.keyClick(window, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    assert window.history_panel.isVisible()
    window.close()
    again = MainWindow(studio, settings)
    qtbot.addWidget(again)
    again.show()
    assert again.history_panel.isVisible()
    assert again.actions_by_id["history"].isChecked()
    again.findChild(QDockWidget, "history").close()
    assert not again.actions_by_id["history"].isChecked()


def test_a_seed_chosen_during_a_jump_comes_after_it(window: MainWindow) -> None:
    session = window.session
    first = session.document.seed
    session.set_seed(5)
    session.go_to(0)
    session.set_seed(9)
    assert session.document.seed == 9
    session.undo()
    assert session.document.seed == first


def test_a_click_goes_there_and_back(qtbot: QtBot, shown: MainWindow) -> None:
    session, canvas = shown.session, shown.workspace.canvas
    states = [session.document.labels.array()]
    for place in range(4):
        drag(canvas, [(40 + 40 * place, 40), (50 + 40 * place, 60)])
        states.append(session.document.labels.array())
    session.set_seed(9)
    assert rows(shown) == ["Initial state", *["Brush: Tree"] * 4, "Seed 9"]
    for row in (2, 5, 0, 4, 1):
        click(shown, row)
        qtbot.waitUntil(lambda row=row: session.history.at == row)
        assert (session.document.labels.array() == states[min(row, 4)]).all()
        assert session.document.seed == (9 if row == 5 else 1)
        assert shown.history_panel.currentIndex().row() == row
    qtbot.waitUntil(lambda: not session.preview.busy)
    undone = shown.history_panel.model().index(3, 0)
    assert undone.data(Role.AccessibleTextRole) == "Brush: Tree, undone"
    drag(canvas, [(100, 100)])
    assert rows(shown) == ["Initial state", "Brush: Tree", "Brush: Tree"]


def stroke(document: Document, seed: int) -> PaintCommand | None:
    """A dab of the size that the brush begins with, somewhere."""
    rng = np.random.default_rng(seed)
    ink = Ink(document)
    x, y = rng.integers(0, document.width), rng.integers(0, document.height)
    options = ToolOptions("brush", int(rng.integers(0, 15)), 48)
    TOOLS["brush"].begin(ink, options, PointerSample(float(x), float(y))).finish()
    patch = Patch.between(ink.before, document.labels, ink.touched)
    return PaintCommand(document, patch, "Brush") if patch is not None else None


def test_a_thousand_dabs_fit_the_budget_and_are_walked_in_slices(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = count()  # a millisecond later whenever it is looked at
    ticking = SimpleNamespace(perf_counter=lambda: next(clock) / 1000)
    monkeypatch.setattr(history_module, "time", ticking)
    document = Document(LabelMap(1024, 768))
    history = History(budget=256 * 2**20)
    for seed in range(1100):
        command = stroke(document, seed)
        if command is not None:
            history.push(command)
    painted, steps = document.labels.array(), len(history.steps)
    assert steps > 1000
    assert history.forgotten == 0
    assert history.nbytes < 2 * 2**20
    told: list[Change] = []
    document.subscribe(told.append)
    at = [steps]
    history.changed.connect(lambda: at.append(history.at))
    history.go_to(0)
    assert at == [steps]  # each slice is a turn of the event loop
    qtbot.waitUntil(lambda: history.at == 0)
    assert max(-np.diff(at)) <= 1000 * history_module.SLICE
    assert len(told) < steps / 2
    assert not document.labels.array().any()
    history.go_to(steps)
    history.arrive()
    assert (document.labels.array() == painted).all()


def test_forgotten_steps_are_counted_and_not_offered(qtbot: QtBot, shown: MainWindow) -> None:
    shown.session.history.set_budget(1)
    for place in range(3):
        drag(shown.workspace.canvas, [(40 + 40 * place, 40), (50 + 40 * place, 60)])
    assert rows(shown) == ["2 earlier steps", "Brush: Tree"]
    click(shown, 0)
    qtbot.waitUntil(lambda: not shown.session.history.can_undo)
    assert shown.session.document.labels.at(45, 50) == 4
