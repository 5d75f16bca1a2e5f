"""The states before the steps of a history are found without changing the document."""

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.document.brushwork import Brushwork
from app.document.document import Document
from app.document.document_state import DocumentState
from app.document.label_map import LabelMap
from app.document.patch import Patch
from app.document.rect import Rect
from app.editing.commands import CanvasCommand, PaintCommand, SetCommand
from app.editing.history import History
from app.editing.past_states import StateCollector, past_states


def paint(document: Document, history: History, rect: Rect, material: int) -> None:
    before = document.labels.snapshot()
    document.labels.write(rect, np.full((rect.height, rect.width), material, np.uint8))
    patch = Patch.between(before, document.labels, rect)
    assert patch is not None
    history.push(PaintCommand(document, patch, "Paint"))


def test_every_state_comes_back_whatever_the_step_was(qtbot: QtBot) -> None:
    document, history = Document(LabelMap(200, 150), seed=3), History(10**8)
    document.set_style("first")
    states = [document.state()]

    def note() -> None:
        states.append(document.state())

    paint(document, history, Rect(10, 10, 90, 60), 4)
    note()
    history.push(SetCommand(document, "Seed", document.set_seed, 3, 9))
    note()
    history.push(SetCommand(document, "Style", document.set_style, "first", "second"))
    note()
    old = document.brushwork
    history.push(SetCommand(document, "", document.set_brushwork, old, Brushwork(2.0)))
    note()
    larger = replace(document.state(), labels=LabelMap(300, 100, material=5).snapshot())
    history.push(CanvasCommand(document, larger, "Resize"))
    note()
    paint(document, history, Rect(200, 20, 280, 90), 7)
    note()
    now = document.state()
    found = list(past_states(now, history.done))[::-1]
    assert document.state().same_canvas(now)
    assert len(found) == len(states)
    for ours, theirs in zip(found, states, strict=True):
        assert ours.doodle.same(theirs.doodle)
        facts = [
            (state.style_id, state.seed, state.brushwork, state.background)
            for state in (ours, theirs)
        ]
        assert facts[0] == facts[1]


def test_states_are_collected_beside_the_event_loop(qtbot: QtBot) -> None:
    document = Document(LabelMap(64, 64))
    states = [replace(document.state(), seed=seed) for seed in range(500)]
    parent = QObject()
    collector = StateCollector(iter(states), range(0, 500, 2), parent)
    with qtbot.waitSignal(collector.collected) as found:
        pass
    seeds = [state.seed for state in found.args[0]]
    assert seeds == [499, *range(498, -1, -2)]
    assert isinstance(found.args[0][0], DocumentState)


def test_a_history_that_is_cleared_meanwhile_keeps_its_states() -> None:
    document, history = Document(LabelMap(200, 150)), History(10**8)
    first = document.state()
    for material in range(1, 6):
        paint(document, history, Rect(10, 10, 90, 60), material)
    states = past_states(document.state(), history.done)
    next(states)
    history.clear()
    document.replace_canvas(replace(first, labels=LabelMap(64, 64).snapshot()))
    *_, oldest = states
    assert oldest.doodle.same(first.doodle)


def test_a_step_that_is_released_meanwhile_changes_nothing() -> None:
    document, history = Document(LabelMap(200, 150)), History(10**8)
    for material in range(1, 6):
        paint(document, history, Rect(10, 10, 90, 60), material)
    states = past_states(document.state(), history.done)
    next(states)
    history.set_budget(1)
    assert all(state.labels.bounds == document.bounds for state in states)


def test_many_large_states_are_thinned_out_evenly(qtbot: QtBot) -> None:
    labels = np.zeros((256, 512), np.uint8)
    states = [
        DocumentState(LabelMap.from_array(labels + seed).snapshot(), seed=seed)
        for seed in range(100)
    ]
    parent = QObject()
    collector = StateCollector(iter(states), range(100), parent, budget=40 * labels.nbytes)
    with qtbot.waitSignal(collector.collected) as found:
        pass
    seeds = [state.seed for state in found.args[0]]
    assert seeds == [99, *range(96, -1, -4)]
