"""The start: the window opens first, then the engine starts."""

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.platform.settings import Settings
from app.window.main_window import MainWindow
from tests.support.fakes import FakeStudio


def test_the_engine_starts_behind_the_first_frame(
    qtbot: QtBot, studio: FakeStudio, settings: Settings
) -> None:
    window = MainWindow(studio, settings)
    qtbot.addWidget(window)
    frames: list[bool] = []
    window.workspace.frame_shown.connect(lambda: frames.append(window._started))
    window.show()
    assert not window._started
    qtbot.waitSignal(window.appeared).wait()
    assert frames[0] is False
    qtbot.waitUntil(lambda: bool(studio.requests))


def test_a_window_that_was_closed_at_once_starts_nothing(
    qtbot: QtBot, studio: FakeStudio, settings: Settings
) -> None:
    window = MainWindow(studio, settings)
    qtbot.addWidget(window)
    window.show()
    window.close()
    window.start()
    assert studio.thread is None


def test_a_window_from_a_screen_that_is_gone_comes_back(
    qtbot: QtBot, studio: FakeStudio, settings: Settings
) -> None:
    away = QWidget()
    qtbot.addWidget(away)
    away.setGeometry(9000, 7000, 640, 480)
    settings.geometry = away.saveGeometry()
    window = MainWindow(studio, settings)
    qtbot.addWidget(window)
    screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
    assert not any(screen.intersects(away.geometry()) for screen in screens)
    assert any(screen.contains(window.geometry().center()) for screen in screens)
