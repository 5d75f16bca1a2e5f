"""Fixtures of the window's tests: a fake studio, settings of its own, and no thread left behind."""

import gc
import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import engine.studio  # noqa: F401 - torch before Qt, see app.launch

import pytest  # isort: skip
from PySide6.QtCore import QSettings, QThread  # isort: skip
from PySide6.QtWidgets import QApplication  # isort: skip
from pytestqt.qtbot import QtBot  # isort: skip

from app.files import unsaved_guard
from app.platform.settings import Settings
from app.widgets.dialogs import Answer
from app.window.application import Application, create_application
from app.window.main_window import MainWindow
from engine.studio import save_doodle
from tests.support.fakes import HEIGHT, WIDTH, FakeStudio, ThreadWatch, starter_labels


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        # What the offscreen platform cannot do is no fault of ours.
        item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support", extend=True))


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    return Application


@pytest.fixture(scope="session", autouse=True)
def _dressed(qapp: QApplication) -> None:
    create_application([])


@pytest.fixture(autouse=True)
def thread_watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadWatch]:
    """Fails a test that leaves a QThread running."""
    watch = ThreadWatch()
    start = QThread.start

    def noted_start(thread: QThread, *args: object) -> None:
        watch.note(thread)
        start(thread, *args)

    monkeypatch.setattr(QThread, "start", noted_start)
    yield watch
    left = watch.running()
    for thread in left:
        thread.quit()
        thread.wait(2000)
    assert not left, f"{len(left)} threads were left running"


@pytest.fixture(autouse=True)
def _own_temporary_folder(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test's own files are no temporary ones, though pytest has them in the system's folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))


@pytest.fixture(autouse=True)
def _collector_as_it_was() -> Iterator[None]:
    """Opening a window leaves Python's collector of garbage off."""
    yield
    gc.enable()


@pytest.fixture(autouse=True)
def _nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window that a test leaves with changes closes without a question."""
    monkeypatch.setattr(unsaved_guard, "ask_changed", lambda *_: Answer.DISCARD)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    store = QSettings(str(tmp_path / "daub.ini"), QSettings.Format.IniFormat)
    settings = Settings(store)
    settings.canvas_width, settings.canvas_height = WIDTH, HEIGHT
    settings.brush_size, settings.smoothing, settings.material = 32, 0.0, 4
    settings.tips = False
    settings.paint_with = "network"
    return settings


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[FakeStudio]:
    path = tmp_path / "starter.png"
    save_doodle(path, starter_labels())
    studio = FakeStudio(path)
    yield studio
    studio.let_go()


@pytest.fixture
def slow_refine(studio: FakeStudio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles that take long enough to be stopped between the first picture and the last."""
    tile = studio._tile

    def slow(between: Callable[[], None]) -> None:
        time.sleep(0.03)
        tile(between)

    monkeypatch.setattr(studio, "_tile", slow)


@pytest.fixture
def window(qtbot: QtBot, studio: FakeStudio, settings: Settings) -> MainWindow:
    """The main window on a fake studio, with its first painting finished."""
    window = MainWindow(studio, settings)
    # A test that failed with the brake on must not hang when its window is closed.
    qtbot.addWidget(window, before_close_func=lambda _: studio.let_go())
    window.resize(1200, 700)
    window.show()
    qtbot.waitUntil(lambda: bool(studio.requests) and not window.session.preview.busy)
    return window
