"""Tool bars in small windows: everything stays visible."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QToolBar, QToolButton
from pytestqt.qtbot import QtBot

from app.platform.settings import Settings
from app.platform.translation import speak
from app.tools import TOOLS
from app.window.main_window import MainWindow
from tests.support.fakes import FakeStudio
from tests.support.tools import choose


@pytest.fixture(params=["en", "de"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    speak(request.param)
    yield request.param
    speak("en")


def overflowing(window: MainWindow) -> list[str]:
    """The bars that have hidden something behind their button."""
    bars = window.findChildren(QToolBar)
    buttons = {bar: bar.findChild(QToolButton, "qt_toolbar_ext_button") for bar in bars}
    return [bar.objectName() for bar, button in buttons.items() if button.isVisible()]


@pytest.mark.parametrize("size", [(1280, 720), (1440, 900)])
def test_every_tool_and_view_fits(
    qtbot: QtBot, language: str, studio: FakeStudio, settings: Settings, size: tuple[int, int]
) -> None:
    window = MainWindow(studio, settings)
    qtbot.addWidget(window)
    window.resize(*size)
    window.show()
    qtbot.waitUntil(lambda: bool(studio.requests) and not window.session.preview.busy)
    window.refine_bar.set_photo(True)
    for mode in ("side", "overlay", "painting"):
        window.set_view_mode(mode)
        for tool in sorted(TOOLS):
            choose(window, tool, filled=False)
            QApplication.processEvents()  # the layout is made anew
            assert overflowing(window) == [], (tool, mode)


def test_a_wide_window_has_its_captions_again(qtbot: QtBot, window: MainWindow) -> None:
    bar = window.options_bar
    window.resize(1100, 720)
    qtbot.waitUntil(lambda: bar.level > 0)
    window.resize(2000, 900)
    qtbot.waitUntil(lambda: bar.level == 0)
