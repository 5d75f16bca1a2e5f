import numpy as np
from pytestqt.qtbot import QtBot

from app.document.document import Document
from app.document.document_state import DocumentState
from app.document.label_map import LabelMap
from app.document.patch import Patch
from app.document.rect import Rect
from app.editing.commands import CanvasCommand, PaintCommand, SetCommand
from app.editing.history import History


def painted(document: Document, seed: int) -> PaintCommand:
    """Paint a stroke of incompressible noise."""
    before = document.labels.snapshot()
    noise = np.random.default_rng(seed).integers(0, 15, (64, 64)).astype(np.uint8)
    document.labels.write(Rect(0, 0, 64, 64), noise)
    patch = Patch.between(before, document.labels, Rect(0, 0, 64, 64))
    assert patch is not None
    return PaintCommand(document, patch, f"Stroke {seed}")


def test_history_keeps_its_budget_of_bytes(qtbot: QtBot) -> None:
    document, states = Document(LabelMap(64, 64)), []
    history = History(budget=12_000)
    for seed in range(20):
        history.push(painted(document, seed))
        states.append(document.labels.snapshot().array())
        qtbot.waitUntil(lambda: history.nbytes <= 12_000)
    steps = 0
    while history.can_undo:
        history.undo()
        steps += 1
        assert (document.labels.snapshot().array() == states[-1 - steps]).all()
    assert 1 <= steps < 10
    assert history.undo_text == ""
    while history.can_redo:
        history.redo()
    assert (document.labels.snapshot().array() == states[-1]).all()


def test_the_newest_step_stays_however_large(qtbot: QtBot) -> None:
    document = Document(LabelMap(64, 64))
    history = History(budget=1)
    history.push(painted(document, 1))
    assert history.can_undo
    history.undo()
    assert not document.labels.snapshot().array().any()


def test_new_canvas_of_another_size_can_be_undone(qtbot: QtBot) -> None:
    document, history = Document(LabelMap(64, 48, material=3)), History(10**6)
    state = DocumentState(LabelMap(100, 80, material=5).snapshot())
    history.push(CanvasCommand(document, state, "New canvas"))
    assert (document.width, document.labels.at(99, 79)) == (100, 5)
    history.undo()
    assert (document.width, document.height, document.labels.at(0, 0)) == (64, 48, 3)
    history.redo()
    assert (document.width, document.height) == (100, 80)


def test_a_rejected_step_is_removed(qtbot: QtBot) -> None:
    document, history = Document(LabelMap(8, 8), "a", seed=1), History(10**6)
    history.push(SetCommand(document, "Seed 2", document.set_seed, 1, 2))
    history.push(SetCommand(document, "Style: b", document.set_style, "a", "b"))
    assert history.undo_text == "Style: b"
    history.reject()
    assert document.style_id == "a"
    assert history.undo_text == "Seed 2"
    assert not history.can_redo
