"""Keys pressed in the middle of a stroke: the stroke goes on, and what would harm it waits."""

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeySequence
from pytestqt.qtbot import QtBot

from app.widgets.actions import SPECS
from app.widgets.gesture_keys import GestureKeys
from app.widgets.palette import shortcut_of
from app.window.main_window import MainWindow
from resources.materials import materials
from tests.support.fakes import starter_labels
from tests.support.hand import Pen, click, mouse, move, press, release
from tests.support.tools import choose, key, labels_of, steps

DIALOGS = frozenset(
    {
        "new", "open", "save", "save.as", "import", "export", "preferences", "canvas.resize",
        "shortcuts", "quit",
    }
)  # fmt: skip
KEYS = [
    *(keys for spec in SPECS if spec.id != "undo" for keys in spec.shortcuts if keys != "Esc"),
    *(shortcut_of(material.id) for material in materials()),
    "F5", "Return", "Enter", "Backspace", "Space", "Alt+F",
]  # fmt: skip


def strike(window: MainWindow, keys: str) -> None:
    """Press and release a combination of keys."""
    combination = QKeySequence(keys)[0]
    key(window, combination.key(), combination.keyboardModifiers())


def stroke_with(window: MainWindow, keys: str) -> bool:
    """Whether a stroke in whose middle keys are pressed is what it is without them."""
    canvas, tools, link = window.workspace.canvas, window.session.tool_controller, window.workspace
    scale, angle, mirrored = link.link.scale, link.link.angle, link.link.mirrored
    press(canvas, (40, 40))
    move(canvas, (90, 40))
    strike(window, keys)
    unharmed = tools.busy and canvas.isVisible()
    unharmed &= (link.link.scale, link.link.angle, link.link.mirrored) == (scale, angle, mirrored)
    move(canvas, (140, 40))
    release(canvas, (140, 40))
    painted = labels_of(window)
    unharmed &= not tools.busy and bool((painted[40, 41:140] == 4).all())
    return unharmed & bool((painted[:30] == starter_labels()[:30]).all())


def test_no_key_harms_a_stroke(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GestureKeys, "catch_up", lambda _: None)  # dialogs would wait for answers
    for action_id in DIALOGS:
        window.actions_by_id[action_id].triggered.disconnect()
    session, harmful = window.session, []
    session.selection_commands.all()
    session.set_options(size=16)
    for keys in KEYS:
        choose(window, "brush", size=16)
        before = session.history.at
        if not stroke_with(window, keys) or session.history.at != before + 1:
            harmful.append(keys)
        session.history.undo()
    assert harmful == []


def test_keys_of_tools_materials_and_size_act_on_the_next_stroke(window: MainWindow) -> None:
    canvas, session = window.workspace.canvas, window.session
    choose(window, "eraser", size=16)
    choose(window, "brush", size=16)
    press(canvas, (40, 40))
    for keys in ("E", "0", "]", "F"):
        strike(window, keys)
    options = session.options
    assert (options.tool, options.material, options.size) == ("fill", 9, 18)
    release(canvas, (90, 40))
    assert session.history.undo_text == "Brush: Tree"
    assert (labels_of(window)[40, 41:90] == 4).all()
    click(canvas, (5, 100))
    assert session.history.undo_text == "Fill: Water"


def test_other_actions_wait_for_the_end_of_the_stroke(qtbot: QtBot, window: MainWindow) -> None:
    canvas, seed = window.workspace.canvas, window.session.document.seed
    press(canvas, (40, 40))
    for keys in ("F4", "R", "R"):
        strike(window, keys)
    assert canvas.isVisible()
    assert window.session.document.seed == seed
    release(canvas, (90, 40))
    qtbot.waitUntil(lambda: not canvas.isVisible())
    assert window.session.document.seed != seed
    assert steps(window) == 2  # the stroke and one seed
    strike(window, "F2")
    assert canvas.isVisible()


@pytest.mark.parametrize("action_id", sorted(DIALOGS))
def test_dialogs_wait_for_the_end_of_the_stroke(
    qtbot: QtBot, window: MainWindow, action_id: str
) -> None:
    canvas, action = window.workspace.canvas, window.actions_by_id[action_id]
    action.triggered.disconnect()
    asked: list[bool] = []
    action.triggered.connect(lambda: asked.append(True))
    pen = Pen()
    pen.send(canvas, QEvent.Type.TabletPress, (40, 40), 1.0)
    strike(window, action.shortcut().toString())
    assert not asked
    pen.send(canvas, QEvent.Type.TabletRelease, (40, 40), 0.0)
    qtbot.waitUntil(lambda: bool(asked))
    assert len(asked) == 1


def test_undo_during_a_stroke_takes_back_that_stroke_only(window: MainWindow) -> None:
    canvas = window.workspace.canvas
    choose(window, "brush")
    click(canvas, (20, 20))
    before = labels_of(window)
    press(canvas, (40, 40))
    move(canvas, (90, 40))
    strike(window, "Ctrl+Z")
    move(canvas, (140, 40))
    release(canvas, (140, 40))
    assert (labels_of(window) == before).all()
    assert window.session.history.can_undo


def test_a_polygon_whose_tool_was_left_ends_with_the_click(window: MainWindow) -> None:
    canvas, tools = window.workspace.canvas, window.session.tool_controller
    choose(window, "polygon")
    for corner in ((20, 20), (60, 20)):
        click(canvas, corner)
    press(canvas, (60, 80))
    strike(window, "B")
    assert tools.busy
    release(canvas, (60, 80))
    assert not tools.busy
    assert window.session.document.labels.at(50, 30) == 4


def test_keys_act_again_when_the_release_got_lost(window: MainWindow) -> None:
    """For example because a dialog of the system took the pointer away."""
    tools = window.session.tool_controller
    press(window.workspace.canvas, (40, 40))
    move(window.workspace.painting, (90, 40))  # moved with no button down
    assert not tools.dragging
    strike(window, "F4")
    assert not window.workspace.canvas.isVisible()


def test_another_button_does_not_interrupt_a_stroke(window: MainWindow) -> None:
    canvas, middle = window.workspace.canvas, Qt.MouseButton.MiddleButton
    choose(window, "brush", size=16)
    press(canvas, (40, 40))
    mouse(canvas, QEvent.Type.MouseButtonPress, (40, 40), middle)
    move(canvas, (90, 40))
    mouse(canvas, QEvent.Type.MouseButtonRelease, (90, 40), middle)
    release(canvas, (140, 40))
    assert (labels_of(window)[40, 41:140] == 4).all()
    assert not window.session.tool_controller.busy
