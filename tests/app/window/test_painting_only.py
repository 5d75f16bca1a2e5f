"""The view of only the painting: tools work on it, and what they do is seen at once."""

import numpy as np
import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.widgets.picture_view import PictureView
from app.window.main_window import MainWindow
from resources.materials import materials
from tests.support.fakes import FakeStudio
from tests.support.hand import drag, move, press, release

Point = tuple[int, int]
MATERIAL = 2
SPOT, FAR = (60, 60), (200, 120)


@pytest.fixture
def view(qtbot: QtBot, window: MainWindow) -> PictureView:
    """The painting alone, with nothing left to paint."""
    window.set_view_mode("painting")
    window.session.set_options(tool="brush", material=MATERIAL, size=30, smoothing=0.0)
    settle(qtbot, window)
    return window.workspace.painting


def settle(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: not window.session.preview.busy and not window.workspace.behind)


def seen(view: PictureView, at: Point) -> np.ndarray:
    """The colour on screen at a canvas point, without the brush outline around it."""
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    x, y = view.viewport().to_widget(at[0] + 0.5, at[1] + 0.5)
    colour = image.pixelColor(int(x), int(y))
    return np.array([colour.red(), colour.green(), colour.blue()], int)


def painted(window: MainWindow, at: Point) -> np.ndarray:
    return window.session.document.painting[at[1], at[0]].astype(int)


def inked(window: MainWindow, before: np.ndarray) -> np.ndarray:
    """The material's colour as it is shown over a colour of the painting."""
    return (np.array(materials()[MATERIAL].rgb, int) * 3 + before) // 4


def close(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.abs(one - other).max() <= 6)


def test_a_stroke_is_seen_before_the_network_has_answered(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, view: PictureView
) -> None:
    before = painted(window, SPOT)
    assert close(seen(view, SPOT), before)
    studio.hold()
    press(view, SPOT)
    move(view, (90, 60))
    assert window.session.document.labels.at(*SPOT) == MATERIAL
    assert close(seen(view, SPOT), inked(window, before))
    assert close(seen(view, FAR), painted(window, FAR))
    studio.let_go()
    settle(qtbot, window)
    assert close(seen(view, SPOT), painted(window, SPOT)), "the painting takes its place"
    assert not close(painted(window, SPOT), before)
    release(view, (90, 60))
    settle(qtbot, window)


def test_what_is_newer_than_a_patch_stays_inked(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, view: PictureView
) -> None:
    before = painted(window, FAR)
    studio.hold()
    press(view, SPOT)
    qtbot.waitUntil(studio.waiting.is_set)
    labels, document = window.session.document.labels.snapshot(), window.session.document
    for x in (FAR[0], FAR[0] + 20, FAR[0] + 40):  # the stroke follows with a lag
        move(view, (x, FAR[1]))
    window.session.preview.patched.emit(document.bounds, labels)  # of the first dab alone
    assert close(seen(view, SPOT), painted(window, SPOT))
    assert close(seen(view, FAR), inked(window, before))
    studio.let_go()
    release(view, FAR)
    settle(qtbot, window)
    assert close(seen(view, FAR), painted(window, FAR))


def test_a_cancelled_stroke_and_an_undone_one_leave_no_ink(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, view: PictureView
) -> None:
    before = painted(window, SPOT)
    studio.hold()
    press(view, SPOT)
    window.session.tool_controller.drop()
    assert close(seen(view, SPOT), before)
    drag(view, [SPOT, (90, 60)])
    assert not close(seen(view, SPOT), before)
    window.session.undo()
    assert close(seen(view, SPOT), before)
    studio.let_go()
    settle(qtbot, window)
    assert close(seen(view, SPOT), before)


def test_beside_the_doodle_the_painting_shows_no_ink(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, view: PictureView
) -> None:
    window.set_view_mode("side")
    settle(qtbot, window)
    before = painted(window, SPOT)
    studio.hold()
    drag(view, [SPOT, (90, 60)])
    assert close(seen(view, SPOT), before)
    studio.let_go()
    settle(qtbot, window)


def test_the_keys_stay_with_the_painting_when_the_gallery_closes(
    qtbot: QtBot, window: MainWindow, view: PictureView
) -> None:
    window.gallery.show()
    window.gallery.hide()
    qtbot.waitUntil(lambda: window.focusWidget() is view)
