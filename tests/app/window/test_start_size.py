"""How large the window is when it opens for the first time."""

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.platform.settings import Settings
from app.window import application
from app.window.main_window import MainWindow
from app.window.start_size import place
from tests.support.fakes import FakeStudio


@pytest.mark.parametrize(("width", "height"), [(1920, 1040), (2560, 1400), (1440, 860)])
def test_a_large_screen_is_nearly_filled(
    qtbot: QtBot, studio: FakeStudio, settings: Settings, width: int, height: int
) -> None:
    window, free = MainWindow(studio, settings), QRect(10, 20, width, height)
    qtbot.addWidget(window)
    place(window, free)
    assert free.contains(window.geometry())
    assert window.width() / width == pytest.approx(0.9, abs=0.01)
    assert window.height() / height == pytest.approx(0.9, abs=0.01)
    assert not window.isMaximized()


@pytest.mark.parametrize("width", [1280, 1366])
def test_a_small_screen_is_filled(
    qtbot: QtBot, studio: FakeStudio, settings: Settings, width: int
) -> None:
    window = MainWindow(studio, settings)
    qtbot.addWidget(window)
    place(window, QRect(0, 0, width, 728))
    assert window.isMaximized()


@pytest.mark.parametrize("again", [False, True])
def test_only_the_first_start_chooses_the_size(
    qtbot: QtBot, studio: FakeStudio, settings: Settings, monkeypatch: pytest.MonkeyPatch,
    again: bool,
) -> None:  # fmt: skip
    placed: list[QWidget] = []
    monkeypatch.setattr(application, "place", lambda window, _free: placed.append(window))
    if again:
        earlier = QWidget()
        qtbot.addWidget(earlier)
        settings.geometry = earlier.saveGeometry()
    window = MainWindow(studio, settings)
    qtbot.addWidget(window)
    application.show(window)
    assert window.isVisible()
    assert placed == ([] if again else [window])
