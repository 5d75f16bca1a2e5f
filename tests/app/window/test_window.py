"""The window with real mouse, pen and keyboard events."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.widgets.new_canvas_dialog import NewCanvas, NewCanvasDialog, templates
from app.widgets.picture_view import PictureView
from app.window.main_window import MainWindow
from resources.materials import materials
from tests.support.fakes import HEIGHT, WIDTH, FakeStudio
from tests.support.hand import LEFT, Pen, drag, mouse, move, press, release


def doodle_of(window: MainWindow) -> np.ndarray:
    """Return labels and directions in one array."""
    turned = window.session.document.directions.snapshot().array()
    return np.concatenate([labels_of(window).ravel(), turned.ravel()])


def labels_of(window: MainWindow) -> np.ndarray:
    return window.session.document.labels.snapshot().array()


def colour_at(view: PictureView, x: float, y: float) -> tuple[int, int, int]:
    """What is on screen at a canvas point, away from the brush outline."""
    spot = view.viewport().to_widget(x, y)
    colour = QColor(view.grab().toImage().pixel(round(spot[0]), round(spot[1])))
    return colour.red(), colour.green(), colour.blue()


def colour_on_screen(view: PictureView, x: float, y: float) -> tuple[int, int, int]:
    """What the last frame left on the (offscreen) screen, without drawing anything anew."""
    window = view.window()
    screen = window.screen().grabWindow(window.winId()).toImage()
    left, top = view.viewport().to_widget(x, y)
    spot = view.mapTo(window, QPoint(round(left), round(top)))
    colour = QColor(screen.pixel(spot))
    return colour.red(), colour.green(), colour.blue()


def painted_rows(window: MainWindow, column: int, material: int = 4) -> int:
    return int((labels_of(window)[:, column] == material).sum())


def test_a_mouse_stroke_paints_the_chosen_material(window: MainWindow) -> None:
    drag(window.workspace.canvas, [(60, 40), (90, 40), (120, 40)])
    assert abs(painted_rows(window, 90) - 32) <= 1
    assert window.session.history.undo_text == "Brush: Tree"


def test_the_doodle_shows_in_the_same_frame(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    canvas = window.workspace.canvas
    assert colour_at(canvas, 100, 40) == materials()[0].rgb
    studio.hold()
    painting = colour_at(window.workspace.painting, 100, 40)
    assert colour_on_screen(canvas, 100, 40) == materials()[0].rgb
    press(canvas, (100, 40))
    qtbot.waitSignal(canvas.frame_shown).wait()
    assert colour_on_screen(canvas, 100, 40) == materials()[4].rgb
    assert colour_on_screen(window.workspace.painting, 100, 40) == painting
    studio.let_go()
    qtbot.waitUntil(lambda: colour_at(window.workspace.painting, 100, 40) != painting)
    release(canvas, (100, 40))


def test_the_pens_pressure_changes_the_width(window: MainWindow) -> None:
    pen, canvas = Pen(), window.workspace.canvas
    assert pen.send(canvas, QEvent.Type.TabletMove, (50, 30), 0.0)  # hovering paints nothing
    assert painted_rows(window, 50) == 0
    pen.drag(canvas, [(40, 30), (80, 30), (120, 30)], 0.2)
    thin = painted_rows(window, 80)
    pen.drag(canvas, [(40, 70), (80, 70), (120, 70)], 1.0)
    assert 0 < thin < 16
    assert abs(painted_rows(window, 80) - thin - 32) <= 1
    window.session.set_options(pressure=False)
    window.session.clear()
    pen.drag(canvas, [(40, 30), (80, 30), (120, 30)], 0.2)
    assert abs(painted_rows(window, 80) - 32) <= 1


def test_the_eraser_end_of_the_pen_erases(window: MainWindow) -> None:
    canvas = window.workspace.canvas
    drag(canvas, [(60, 40), (120, 40)])
    Pen(eraser=True).drag(canvas, [(60, 40), (120, 40)], 1.0)
    assert painted_rows(window, 90) == 0
    assert window.session.history.undo_text == "Eraser"
    assert window.session.options.tool == "brush"


def test_one_drag_is_one_step(window: MainWindow) -> None:
    start = labels_of(window)
    drag(window.workspace.canvas, [(20 + 6 * i, 40) for i in range(30)])
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (labels_of(window) == start).all()
    assert not window.session.history.can_undo


points = st.tuples(st.floats(-30, WIDTH + 30), st.floats(-30, HEIGHT + 30))
edits = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["brush", "eraser", "fill"]),
            st.integers(0, 14),
            st.integers(1, 120),
            st.lists(points, min_size=1, max_size=5),
        ),
        st.just(("clear",)),
    ),
    min_size=1,
    max_size=6,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(edits)
def test_undo_and_redo_restore_every_state(window: MainWindow, story: list[tuple]) -> None:
    session = window.session
    session.history.clear()
    states = [doodle_of(window)]
    for edit in story:
        if edit[0] == "clear":
            session.clear()
        else:
            tool, material, size, path = edit
            session.set_options(tool=tool, material=material, size=size)
            drag(window.workspace.canvas, path)
        if (doodle_of(window) != states[-1]).any():
            states.append(doodle_of(window))
    for state in reversed(states[:-1]):
        session.undo()
        assert (doodle_of(window) == state).all()
    assert not session.history.can_undo
    for state in states[1:]:
        session.redo()
        assert (doodle_of(window) == state).all()
    assert not session.history.can_redo


def test_undo_in_the_middle_of_a_drag(window: MainWindow) -> None:
    start, canvas = labels_of(window), window.workspace.canvas
    press(canvas, (40, 40))
    move(canvas, (90, 40))
    window.session.undo()
    assert (labels_of(window) == start).all()
    move(canvas, (140, 40))
    release(canvas, (190, 40))
    assert (labels_of(window) == start).all()
    window.session.redo()
    assert painted_rows(window, 70) > 0


def test_fill_fills_the_sky_but_not_the_moon(window: MainWindow) -> None:
    window.session.set_options(tool="fill", material=9)
    before = labels_of(window)
    drag(window.workspace.canvas, [(5, 5)])
    after = labels_of(window)
    assert (after[before == 0] == 9).all()
    assert (after[before != 0] == before[before != 0]).all()
    assert window.session.history.undo_text == "Fill: Water"


def test_keys(qtbot: QtBot, window: MainWindow) -> None:
    session, shift = window.session, Qt.KeyboardModifier.ShiftModifier
    window.activateWindow()
    keys = [
        (Qt.Key.Key_3, 2), (Qt.Key.Key_0, 9), (Qt.Key.Key_1, 0),
    ]  # fmt: skip
    for key, material in keys:
        QTest.keyClick(window, key)
        assert session.options.material == material
    QTest.keyClick(window, Qt.Key.Key_2, shift)
    assert session.options.material == 11
    size = session.options.size
    QTest.keyClick(window, Qt.Key.Key_BracketRight)
    assert session.options.size > size
    QTest.keyClick(window, Qt.Key.Key_BracketLeft)
    QTest.keyClick(window, Qt.Key.Key_E)
    assert session.options.tool == "eraser"
    assert window.palette_panel.button(11).isChecked()
    QTest.keyClick(window, Qt.Key.Key_5)
    assert (session.options.tool, session.options.material) == ("brush", 4)
    seed = session.document.seed
    QTest.keyClick(window, Qt.Key.Key_R)
    assert session.document.seed != seed
    assert window.seed_box.value() == session.document.seed
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.document.seed == seed


def test_wheel_zooms_both_views_at_the_cursor(window: MainWindow) -> None:
    canvas, painting = window.workspace.canvas, window.workspace.painting
    spot = QPointF(*canvas.viewport().to_widget(200, 50))
    wheel = QWheelEvent(
        spot, canvas.mapToGlobal(spot), QPoint(), QPoint(0, 360), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    before = canvas.viewport().scale
    QApplication.sendEvent(canvas, wheel)
    assert canvas.viewport().scale == pytest.approx(before * 1.2**3)
    assert canvas.viewport().to_canvas(spot.x(), spot.y()) == pytest.approx((200, 50))
    middles = [
        view.viewport().to_canvas(view.width() / 2, view.height() / 2)
        for view in (canvas, painting)
    ]
    assert middles[0] == pytest.approx(middles[1])
    assert painting.viewport().scale == canvas.viewport().scale
    assert window.status.zoom.text() == f"{canvas.viewport().scale * 100:.0f} %"
    window.actions_by_id["zoom.actual"].trigger()
    assert canvas.viewport().scale == 1
    window.actions_by_id["zoom.fit"].trigger()
    assert canvas.viewport().scale == pytest.approx(before)


def test_space_and_middle_button_pan_and_do_not_paint(window: MainWindow) -> None:
    canvas, start = window.workspace.canvas, labels_of(window)
    window.workspace.link.zoom(3)
    before = canvas.viewport()
    QTest.keyPress(canvas, Qt.Key.Key_Space)
    drag(canvas, [(100, 80), (110, 90)])
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    panned = canvas.viewport()
    assert (panned.x, panned.y) == pytest.approx((before.x - 10, before.y - 10))
    mouse(canvas, QEvent.Type.MouseButtonPress, (100, 80), Qt.MouseButton.MiddleButton)
    move(canvas, (90, 70))
    mouse(canvas, QEvent.Type.MouseButtonRelease, (100, 80), Qt.MouseButton.MiddleButton)
    assert canvas.viewport().x > panned.x
    assert (labels_of(window) == start).all()
    drag(canvas, [(100, 30)])
    assert (labels_of(window) != start).any()


def test_alt_click_picks_the_material(window: MainWindow) -> None:
    keys, start = Qt.KeyboardModifier.AltModifier, labels_of(window)
    mouse(window.workspace.canvas, QEvent.Type.MouseButtonPress, (195, 35), LEFT, keys)
    mouse(window.workspace.canvas, QEvent.Type.MouseButtonRelease, (195, 35), LEFT, keys)
    assert window.session.options.material == 2
    assert (labels_of(window) == start).all()


def test_view_modes(qtbot: QtBot, window: MainWindow) -> None:
    space, canvas = window.workspace, window.workspace.canvas
    doodle, painting = colour_at(canvas, 100, 40), colour_at(space.painting, 100, 40)
    window.actions_by_id["view.overlay"].trigger()
    window.opacity.setValue(50)
    assert canvas.isVisible()
    assert not space.painting.isVisible()
    mixed = colour_at(canvas, 100, 40)
    assert mixed == pytest.approx(
        [(a + b) / 2 for a, b in zip(doodle, painting, strict=True)], abs=2
    )
    window.opacity.setValue(100)
    assert colour_at(canvas, 100, 40) == painting
    window.actions_by_id["view.painting"].trigger()
    assert not canvas.isVisible()
    drag(space.painting, [(100, 40)])  # the brush works on the painting, too
    assert window.session.document.labels.at(100, 40) == 4
    window.actions_by_id["view.side"].trigger()
    assert canvas.isVisible()
    assert space.painting.isVisible()


def test_the_palette_shows_what_the_style_paints_instead(window: MainWindow) -> None:
    rock, tree = window.palette_panel.button(10), window.palette_panel.button(4)
    assert "Rock: painted as mountain" in rock.toolTip()
    assert "painted as" not in tree.toolTip()
    assert tree.accessibleDescription() == ""
    QTest.mouseClick(rock, LEFT)
    assert window.session.options.material == 10


def test_options_bar_and_session_agree(qtbot: QtBot, window: MainWindow) -> None:
    bar = window.options_bar
    bar.size_box.setValue(77)
    assert window.session.options.size == 77
    assert window.workspace.link.brush_size == 77
    window.session.set_options(tool="fill")
    qtbot.waitUntil(lambda: not bar.size_slider.isVisible())
    assert window.workspace.link.brush_size == 0


def test_new_canvas_dialog(window: MainWindow) -> None:
    choice = templates(list(window.session.styles.values()), "other")
    dialog = NewCanvasDialog(300, 200, choice, window)
    names = [dialog.beginnings.item(row).text() for row in range(dialog.beginnings.count())]
    assert names == ["Plain sky", "Another Night", "The Starry Night", "The Third"]
    assert dialog.answer() == NewCanvas(300, 200, None, "")
    dialog.width_box.setValue(99_999)
    QTest.keyClick(dialog.beginnings, Qt.Key.Key_Right)
    QTest.keyClick(dialog.beginnings, Qt.Key.Key_Right)
    assert dialog.answer() == NewCanvas(8192, 200, choice[2].starter, "starry-night")
    dialog._preset.activated.emit(dialog._preset.count() - 2)
    dialog._preset.setCurrentIndex(0)
    dialog._preset.activated.emit(0)
    assert (dialog.answer().width, dialog.answer().height) == (1024, 768)


def test_new_canvas_from_the_starter(qtbot: QtBot, window: MainWindow) -> None:
    starter = window.session.style.starters[0]
    window.session.new_canvas(2 * WIDTH, 2 * HEIGHT, starter)
    assert window.session.document.labels.at(2 * 195, 2 * 35) == 2
    assert window.status.canvas.text() == f"{2 * WIDTH} × {2 * HEIGHT}"
    assert not window.session.history.can_undo
    assert not window.session.document.modified


def test_every_action_has_a_tooltip_with_its_shortcut(window: MainWindow) -> None:
    for action in window.actions():
        assert action.toolTip()
        if not action.shortcut().isEmpty():
            assert action.shortcut().toString() in action.toolTip()


def test_window_remembers_its_tools(window: MainWindow) -> None:
    window.session.set_options(size=99, material=7, smoothing=0.5)
    window.close()
    stored = window.settings
    assert (stored.brush_size, stored.material, stored.smoothing) == (99, 7, 0.5)
