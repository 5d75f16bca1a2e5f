"""What a slider changes takes effect at once and becomes one undo step."""

import pytest
from pytestqt.qtbot import QtBot

from app.document.brushwork import Meaning
from app.document.document import Document
from app.document.label_map import LabelMap
from app.editing import settling
from app.editing.history import History
from app.editing.photo_look import PhotoLookController
from app.editing.stroke_size import StrokeSizeController


@pytest.fixture
def document() -> Document:
    return Document(LabelMap(8, 8))


def texts(history: History) -> list[str]:
    return [step.text for step in history.steps]


def test_changes_of_one_value_are_one_step_after_a_pause(
    qtbot: QtBot, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "REST_MS", 20)
    history = History(10**6)
    size = StrokeSizeController(document, history)
    for stroke in (1.4, 2.2, 3.1):
        size.change(stroke)
    assert document.brushwork.stroke == 3.0
    assert not history.can_undo
    qtbot.waitUntil(lambda: history.can_undo)
    assert texts(history) == ["Stroke size 3"]
    history.undo()
    assert document.brushwork.stroke == 1.0
    history.redo()
    assert document.brushwork.stroke == 3.0


def test_changes_of_different_parts_are_different_steps(document: Document) -> None:
    history = History(10**6)
    look = PhotoLookController(document, history)
    look.change(strength=0.5)
    look.change(strength=0.4)
    look.change(stroke=2.0)
    look.settle()
    assert texts(history) == ["Photo: Strength", "Photo: Stroke size"]
    history.undo()
    assert (document.look.strength, document.look.stroke) == (0.4, 1.0)
    history.undo()
    assert document.look.strength != 0.4


def test_a_value_that_comes_back_is_no_step(document: Document) -> None:
    history = History(10**6)
    size = StrokeSizeController(document, history)
    size.change(2.0)
    size.change(1.02)
    size.settle()
    assert document.brushwork.stroke == 1.0
    assert not history.can_undo


def test_the_size_leaves_the_meanings_of_materials(document: Document) -> None:
    water = Meaning("starry-night", 9, "starry-night-over-the-rhone", "water")
    document.set_brushwork(type(document.brushwork)(1.0, (water,)))
    StrokeSizeController(document, History(10**6)).change(2.0)
    assert document.brushwork.meanings == (water,)
