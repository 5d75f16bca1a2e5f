"""All tools with real mouse and keyboard events."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.editing.tool_options_store import stored_options
from app.tools import TOOLS
from app.widgets.symmetry_guides import AxisHandle
from app.window.main_window import MainWindow
from tests.support.fakes import HEIGHT, WIDTH, starter_labels
from tests.support.hand import click, drag, move, press, release
from tests.support.tools import KEYS, choose, key, labels_of, steps

BOX = [(40.0, 30.0), (80.0, 60.0), (120.0, 90.0)]


@pytest.mark.parametrize(
    ("which", "keys", "tool"),
    [
        (Qt.Key.Key_L, KEYS.NoModifier, "line"), (Qt.Key.Key_U, KEYS.NoModifier, "rectangle"),
        (Qt.Key.Key_O, KEYS.NoModifier, "ellipse"), (Qt.Key.Key_P, KEYS.NoModifier, "polygon"),
        (Qt.Key.Key_S, KEYS.ShiftModifier, "marquee"), (Qt.Key.Key_V, KEYS.NoModifier, "move"),
        (Qt.Key.Key_S, KEYS.NoModifier, "lasso"), (Qt.Key.Key_F, KEYS.NoModifier, "fill"),
        (Qt.Key.Key_W, KEYS.NoModifier, "direction"),
    ],
)  # fmt: skip
def test_every_tool_has_a_key(
    window: MainWindow, which: Qt.Key, keys: Qt.KeyboardModifier, tool: str
) -> None:
    key(window, which, keys)
    assert window.session.options.tool == tool
    assert window.actions_by_id[f"tool.{tool}"].isChecked()


def test_no_two_actions_share_a_key(window: MainWindow) -> None:
    keys = [sequence.toString() for action in window.actions() for sequence in action.shortcuts()]
    keys += [window.palette_panel.button(index).key for index in range(15)]
    assert sorted(keys) == sorted(set(keys))


@pytest.mark.parametrize(
    ("tool", "inside", "outside"),
    [
        ("rectangle", (42, 32), (38, 32)), ("ellipse", (80, 60), (42, 32)),
        ("line", (60, 45), (60, 60)),
    ],
)  # fmt: skip
def test_shapes_show_while_dragged_and_are_one_step(
    window: MainWindow, tool: str, inside: tuple[int, int], outside: tuple[int, int]
) -> None:
    choose(window, tool)
    canvas, document = window.workspace.canvas, window.session.document
    press(canvas, BOX[0])
    move(canvas, (200, 170))
    move(canvas, BOX[2])
    assert document.labels.at(*inside) == 4
    assert document.labels.at(*outside) != 4
    assert not window.session.history.can_undo
    release(canvas, BOX[2])
    assert document.labels.at(*inside) == 4
    assert steps(window) == 1
    assert window.session.history.undo_text == f"{TOOLS[tool].name}: Tree"
    window.session.undo()
    assert (labels_of(window) == starter_labels()).all()


@pytest.mark.parametrize("tool", sorted(TOOLS))
def test_escape_cancels_the_gesture(window: MainWindow, tool: str) -> None:
    window.session.selection_commands.all()
    before = window.session.document.selection
    choose(window, tool)
    canvas = window.workspace.canvas
    press(canvas, BOX[0])
    move(canvas, BOX[1])
    key(window, Qt.Key.Key_Escape)
    assert not window.session.tool_controller.busy
    move(canvas, BOX[2])
    release(canvas, BOX[2])
    assert (labels_of(window) == starter_labels()).all()
    assert not window.session.history.can_undo
    assert window.session.document.selection is before
    choose(window, "brush")
    drag(canvas, BOX)
    assert steps(window) == 1


def test_escape_stops_refine_when_no_gesture_is_under_way(window: MainWindow) -> None:
    choose(window, "rectangle")
    cancelled = []
    window.actions_by_id["refine.cancel"].setEnabled(True)
    window.actions_by_id["refine.cancel"].triggered.connect(lambda: cancelled.append(1))
    canvas = window.workspace.canvas
    press(canvas, BOX[0])
    key(window, Qt.Key.Key_Escape)
    release(canvas, BOX[0])
    assert not cancelled
    key(window, Qt.Key.Key_Escape)
    assert cancelled


@pytest.mark.parametrize("end", ["double click", "enter", "first corner"])
def test_a_polygon_of_clicks(window: MainWindow, end: str) -> None:
    choose(window, "polygon")
    canvas, document = window.workspace.canvas, window.session.document
    for corner in ((40, 20), (120, 20), (200, 160)):
        click(canvas, corner)
    move(canvas, (120, 90))
    click(canvas, (120, 90))
    assert document.labels.at(100, 30) == 4
    assert not window.session.history.can_undo
    if end == "double click":
        click(canvas, (120, 90))
    elif end == "enter":
        key(window, Qt.Key.Key_Return)
    else:
        click(canvas, (41, 21))
    assert not window.session.tool_controller.busy
    assert document.labels.at(100, 30) == 4
    assert document.labels.at(60, 80) != 4
    assert steps(window) == 1


def test_backspace_removes_a_corner(window: MainWindow) -> None:
    choose(window, "polygon")
    canvas, document, hand = (
        window.workspace.canvas,
        window.session.document,
        window.session.tool_controller,
    )
    for corner in ((20, 20), (60, 20), (60, 80)):
        click(canvas, corner)
    move(canvas, (20, 80))
    assert document.labels.at(40, 50) == 4
    key(window, Qt.Key.Key_Backspace)
    key(window, Qt.Key.Key_Z, KEYS.ControlModifier)
    assert hand.busy
    assert document.labels.at(40, 50) != 4
    key(window, Qt.Key.Key_Backspace)
    assert not hand.busy
    assert (labels_of(window) == starter_labels()).all()
    assert not window.session.history.can_undo


def test_a_polygon_ends_with_another_tool(window: MainWindow) -> None:
    choose(window, "polygon")
    for corner in ((20, 20), (60, 20), (60, 80)):
        click(window.workspace.canvas, corner)
    key(window, Qt.Key.Key_B)
    assert window.session.document.labels.at(50, 30) == 4
    assert steps(window) == 1


def test_outlines_are_as_wide_as_the_brush(window: MainWindow) -> None:
    choose(window, "rectangle", filled=False, size=8)
    assert window.workspace.link.brush_size == 8
    drag(window.workspace.canvas, [(40, 20), (140, 80)])
    row = labels_of(window)[50]
    assert np.flatnonzero(row == 4).tolist() == [*range(36, 44), *range(136, 144)]
    window.session.set_options(filled=True)
    assert window.workspace.link.brush_size == 0


def test_the_eraser_paints_the_chosen_background(window: MainWindow) -> None:
    session, canvas = window.session, window.workspace.canvas
    window.palette_panel.menu_of(9).actions()[0].trigger()
    assert session.document.background == 9
    assert session.history.undo_text == "Background: Water"
    assert window.palette_panel.button(9).accessibleDescription() == "Background"
    choose(window, "eraser", size=20)
    click(canvas, (60, 40))
    assert session.document.labels.at(60, 40) == 9
    key(window, Qt.Key.Key_Delete)
    assert (labels_of(window) == 9).all()
    for _ in range(3):
        session.undo()
    assert session.document.background == 0
    session.set_options(material=5)
    key(window, Qt.Key.Key_X, KEYS.ShiftModifier)
    assert session.document.background == 5


def test_x_swaps_the_last_two_materials(window: MainWindow) -> None:
    choose(window, "brush", material=3)
    window.palette_panel.button(7).click()
    key(window, Qt.Key.Key_X)
    assert window.session.options.material == 3
    key(window, Qt.Key.Key_X)
    assert window.session.options.material == 7
    choose(window, "eraser", material=7)
    key(window, Qt.Key.Key_X)
    assert (window.session.options.tool, window.session.options.material) == ("brush", 3)


def test_alt_picks_with_every_tool_that_paints(window: MainWindow) -> None:
    canvas = window.workspace.canvas
    for tool in ("brush", "line", "rectangle", "ellipse", "polygon", "fill"):
        choose(window, tool)
        drag(canvas, [(60, 30), (195, 35)], KEYS.AltModifier)
        assert window.session.options.material == 2
        assert (labels_of(window) == starter_labels()).all()


def test_fill_everywhere(window: MainWindow) -> None:
    session, canvas = window.session, window.workspace.canvas
    choose(window, "rectangle", material=3)
    drag(canvas, [(100, 0), (110, HEIGHT)])
    choose(window, "fill", material=9)
    window.options_bar.choices["connected"].button(False).click()
    click(canvas, (5, 5))
    assert not (labels_of(window) == 0).any()
    session.undo()
    click(canvas, (5, 5), KEYS.ShiftModifier)
    assert (labels_of(window) == 0).any()
    assert session.document.labels.at(5, 5) == 9


@pytest.mark.parametrize("tool", ["brush", "eraser", "line", "rectangle", "ellipse", "fill"])
def test_painting_with_symmetry(window: MainWindow, tool: str) -> None:
    canvas, session = window.workspace.canvas, window.session
    session.selection_commands.clear()
    choose(window, "brush", material=6, size=60, brush="round")
    key(window, Qt.Key.Key_H)
    assert window.actions_by_id["symmetry.left_right"].isChecked()
    drag(canvas, [(30, 100), (90, 60)])
    choose(window, tool, size=21, brush="ragged")
    drag(canvas, [(50, 80), (70, 70), (60, 110)])
    after = labels_of(window)
    assert (after == after[:, ::-1]).all()
    assert len(np.unique(after)) > 1
    assert steps(window) == 3
    key(window, Qt.Key.Key_H)
    drag(canvas, [(20, 20), (30, 40)])
    after = labels_of(window)
    assert tool in ("fill", "eraser") or (after != after[:, ::-1]).any()


def test_the_axis_is_shown_and_can_be_moved(qtbot: QtBot, window: MainWindow) -> None:
    canvas, session = window.workspace.canvas, window.session
    before = canvas.grab().toImage()
    window.actions_by_id["symmetry.left_right"].trigger()
    x, y = canvas.viewport().to_widget(WIDTH / 2, HEIGHT / 4)
    after = canvas.grab().toImage()
    assert before.pixel(round(x), round(y)) != after.pixel(round(x), round(y))
    handles = [handle for handle in canvas.findChildren(AxisHandle) if handle.isVisible()]
    assert len(handles) == 1
    handle, middle = handles[0], QPoint(10, 10)
    scale = canvas.viewport().scale
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=middle)
    QTest.mouseMove(handle, middle + QPoint(round(-40 * scale), 3))
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=middle)
    assert session.tool_controller.symmetry.x == pytest.approx(WIDTH - 80, abs=3)
    choose(window, "rectangle")
    drag(canvas, [(20, 20), (30, 30)])
    axis = session.tool_controller.symmetry.x
    assert (labels_of(window)[20:30, axis - 30 : axis - 20] == 4).all()
    QTest.keyClick(handle, Qt.Key.Key_Right)
    assert session.tool_controller.symmetry.x == axis + 1
    QTest.mouseDClick(handle, Qt.MouseButton.LeftButton, pos=middle)
    assert session.tool_controller.symmetry.x == WIDTH
    session.new_canvas(64, 48)
    assert session.tool_controller.symmetry.x == 64
    assert session.tool_controller.symmetry.left_right


def test_outlines_are_shown_during_a_drag(window: MainWindow) -> None:
    canvas = window.workspace.canvas
    choose(window, "lasso")
    before = canvas.grab().toImage()
    press(canvas, (20, 20))
    move(canvas, (120, 20))
    x, y = canvas.viewport().to_widget(70, 20)
    assert canvas.grab().toImage().pixel(round(x), round(y)) != before.pixel(round(x), round(y))
    move(canvas, (120, 60))
    release(canvas, (120, 60))
    assert window.session.document.selection is not None


def shown(window: MainWindow) -> set[str]:
    bar = window.options_bar
    parts = {
        "size": bar.size_slider, "smoothing": bar.smoothing, "rope": bar.rope, "step": bar.step_box,
        "pressure": bar.pressure, "details": bar.details, **bar.choices,
    }  # fmt: skip
    return {name for name, part in parts.items() if part.isVisible()}


@pytest.mark.parametrize(
    ("tool", "expected"),
    [
        ("brush", {"size", "brush", "details", "smoothing", "rope", "pressure"}),
        ("line", {"size", "brush", "details"}), ("rectangle", {"filled"}),
        ("fill", {"connected"}), ("lasso", {"select", "step"}), ("move", set()),
    ],
)  # fmt: skip
def test_only_options_that_matter_are_shown(
    qtbot: QtBot, window: MainWindow, tool: str, expected: set[str]
) -> None:
    window.resize(1600, 700)
    choose(window, tool)
    qtbot.waitUntil(lambda: shown(window) == expected)


def test_options_are_remembered(window: MainWindow) -> None:
    bar = window.options_bar
    choose(window, "brush")
    bar.choices["brush"].button("ragged").click()
    bar.details.slider("spacing").setValue(250)
    bar.details.slider("gamma").setValue(1000)
    bar.rope.click()
    window.session.set_options(tool="ellipse")
    bar.choices["filled"].button(False).click()
    window.close()
    settings = window.settings
    assert (settings.brush, settings.spacing, settings.rope) == ("ragged", 0.5, True)
    assert settings.gamma == pytest.approx(4)
    assert settings.filled is False
    assert stored_options(settings) == window.session.options
    settings.brush, settings.tool, settings.select = "hairy", "spray", "?"
    restored = stored_options(settings)
    assert (restored.brush, restored.tool, restored.select) == ("round", "brush", "replace")
