"""The toolbar, the divider and the keys of Refine."""

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.platform.settings import Settings
from app.services.refine import RefineState
from app.widgets.divider import Divider
from app.window.main_window import MainWindow
from tests.support.fakes import FakeStudio
from tests.support.hand import LEFT, PLAIN, drag
from tests.support.refining import hold_in_tile, refine

PRESS, MOVE = QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove
RELEASE = QEvent.Type.MouseButtonRelease


def pull(divider: Divider, kind: QEvent.Type, dx: float) -> None:
    """A mouse event `dx` pixels beside the divider's middle."""
    spot = QPointF(divider.rect().center()) + QPointF(dx, 0)
    event = QMouseEvent(kind, spot, divider.mapToGlobal(spot), LEFT, LEFT, PLAIN)
    QApplication.sendEvent(divider, event)


def test_the_bar_shows_options_or_progress(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    bar = window.refine_bar
    assert bar.quality.isVisible()
    assert not bar.progress.isVisible()
    hold_in_tile(qtbot, window, studio, drafted=False)
    qtbot.waitUntil(bar.progress.isVisible)
    assert not bar.quality.isVisible()
    assert not window.actions_by_id["refine"].isEnabled()
    studio.let_go()
    qtbot.waitUntil(lambda: not window.session.refine.active)
    assert bar.progress.value() == bar.progress.maximum()
    assert bar.progress.toolTip().startswith("Loss −1.00")
    qtbot.waitUntil(bar.quality.isVisible)


def test_the_next_run_does_not_begin_with_the_progress_of_the_last(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    bar = window.refine_bar
    refine(qtbot, window)
    assert bar.progress.value() == bar.progress.maximum()
    studio.hold()
    window.session.reroll()
    window.session.begin_refine()
    assert window.session.refine.state is RefineState.WAITING
    assert bar.progress.value() == 0
    studio.let_go()
    qtbot.waitUntil(lambda: not window.session.refine.active)


def test_options_reach_the_engine_and_are_remembered(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, settings: Settings
) -> None:
    bar = window.refine_bar
    assert [bar.device.itemData(i) for i in range(bar.device.count())] == ["auto", "cuda", "cpu"]
    for box, value in ((bar.quality, "best"), (bar.strokes, "fine"), (bar.device, "cpu")):
        box.setCurrentIndex(box.findData(value))
        box.activated.emit(box.currentIndex())
    bar.strength.setValue(40)
    bar.detail.setValue(90)
    refine(qtbot, window)
    (request,) = studio.refined
    assert (request.quality, request.strokes, request.device) == ("best", 0.5, "cpu")
    assert (request.strength, request.detail) == (0.4, 0.9)
    window.close()
    again = MainWindow(FakeStudio(), settings)
    qtbot.addWidget(again)
    assert again.session.refine_options == window.session.refine_options
    assert again.refine_bar.quality.currentData() == "best"
    again.show()
    qtbot.waitUntil(lambda: again.refine_bar.device.count() == 3)
    assert again.refine_bar.device.currentData() == "cpu"


def test_a_missing_device_falls_back_to_automatic(
    qtbot: QtBot, studio: FakeStudio, settings: Settings
) -> None:
    settings.refine_device = "other"
    window = MainWindow(studio, settings)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window.refine_bar.device.count() == 3)
    assert window.session.refine_options.device == "auto"
    assert window.refine_bar.device.currentData() == "auto"


def test_every_control_of_the_bar_has_a_name_and_takes_the_keyboard(window: MainWindow) -> None:
    bar = window.refine_bar
    controls = (bar.quality, bar.strength, bar.detail, bar.strokes, bar.device, bar.selected_only)
    for control in controls:
        assert control.accessibleName()
        assert control.toolTip()
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_keys(qtbot: QtBot, window: MainWindow, studio: FakeStudio) -> None:
    window.activateWindow()
    for key, modifier in (
        (Qt.Key.Key_F9, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier),
    ):
        studio.hold_refine()
        QTest.keyClick(window, key, modifier)
        qtbot.waitUntil(studio.in_tile.is_set)
        QTest.keyClick(window, Qt.Key.Key_Escape)
        qtbot.waitUntil(lambda: not window.session.refine.active)
    assert len(studio.refined) == 2


def test_the_divider_shows_the_preview_on_its_left(qtbot: QtBot, window: MainWindow) -> None:
    refine(qtbot, window)
    view, document = window.workspace.painting, window.session.document
    QTest.keyClick(window, Qt.Key.Key_C)
    assert view.divider.isVisible()
    spots = {x: view.viewport().to_widget(x, 150) for x in (60, 200)}
    shown = view.grab().toImage()
    ratio = shown.devicePixelRatio()

    def colour(x: int) -> list[int]:
        pixel = shown.pixelColor(*(round(value * ratio) for value in spots[x]))
        return [pixel.red(), pixel.green(), pixel.blue()]

    assert colour(60) == document.preview[150, 60].tolist()
    assert (
        colour(200) == document.painting[150, 200].tolist() != document.preview[150, 200].tolist()
    )
    line = view.divider.line
    for kind, dx in ((PRESS, 0), (MOVE, -150), (RELEASE, -150)):
        pull(view.divider, kind, dx)
    assert view.divider.line == pytest.approx(line - 150, abs=1)
    drag(view, [(60, 60), (80, 60)])  # the brush goes on working beside it
    assert document.labels.at(70, 60) == 4
    window.actions_by_id["view.overlay"].trigger()
    assert not view.divider.isVisible()


def test_divider_keys(qtbot: QtBot, window: MainWindow) -> None:
    refine(qtbot, window)
    window.actions_by_id["compare"].trigger()
    divider = window.workspace.painting.divider
    share = divider.share
    QTest.keyClick(divider, Qt.Key.Key_Left)
    assert divider.share == pytest.approx(share - 0.02)
    QTest.keyClick(divider, Qt.Key.Key_Right)
    assert divider.share == pytest.approx(share)
