import logging
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from app.platform import errors
from app.platform.errors import ErrorHub, start_log
from app.platform.settings import Settings
from app.tools import LARGEST_BRUSH
from app.widgets.actions import SPECS
from app.widgets.sliders import Scale
from resources.materials import materials


def stored(path: Path) -> QSettings:
    return QSettings(str(path), QSettings.Format.IniFormat)


def test_settings_survive_a_restart_with_their_types(tmp_path: Path) -> None:
    path = tmp_path / "daub.ini"
    settings = Settings(stored(path))
    settings.brush_size, settings.smoothing, settings.pressure, settings.style = 7, 0.5, False, "x"
    settings.store.sync()
    again = Settings(stored(path))
    assert (again.brush_size, again.smoothing, again.pressure, again.style) == (7, 0.5, False, "x")
    again.pressure = True
    again.store.sync()
    assert Settings(stored(path)).pressure is True


def test_damaged_and_wild_settings_are_bent_into_range(tmp_path: Path) -> None:
    path = tmp_path / "daub.ini"
    path.write_text("[paint]\nsize=huge\nmaterial=900\nsmoothing=-3\n[canvas]\nwidth=99999\n")
    settings = Settings(stored(path))
    assert settings.brush_size == Settings.brush_size.default
    assert settings.material == 254
    assert settings.smoothing == 0.0
    assert settings.canvas_width == 8192


@pytest.fixture
def quiet_log() -> object:
    yield
    for handler in list(errors.log.handlers):
        handler.close()
        errors.log.removeHandler(handler)
    errors.log.setLevel(logging.NOTSET)


def test_an_uncaught_error_is_logged_and_said_in_one_sentence(
    qtbot: QtBot, tmp_path: Path, quiet_log: object
) -> None:
    path = start_log(tmp_path / "log")
    assert path is not None
    hub, before = ErrorHub(), sys.excepthook
    hub.install()
    try:
        with qtbot.waitSignal(hub.happened) as caught:
            thread = threading.Thread(target=lambda: {}["missing"])
            thread.start()
            thread.join()
    finally:
        hub.uninstall()
    assert sys.excepthook is before
    assert "KeyError: 'missing'" in caught.args[0]
    assert "\n" not in caught.args[0]
    assert "Traceback" in path.read_text()


def test_no_log_file_is_no_reason_not_to_paint(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert start_log(tmp_path / "file") is None


def test_action_ids_and_shortcuts_are_unique() -> None:
    ids = [spec.id for spec in SPECS]
    keys = [key for spec in SPECS for key in spec.shortcuts]
    assert len(set(ids)) == len(ids)
    assert len(set(keys)) == len(keys)


def test_size_slider_reaches_every_end() -> None:
    scale = Scale.logarithmic(1, LARGEST_BRUSH)
    assert [scale.to_value(way) for way in (0.0, 1.0)] == pytest.approx([1, 2048])
    for size in (1, 2, 64, 512, 2048):
        assert round(scale.to_value(scale.of_value(size))) == size
    assert len(materials()) <= 20  # the palette's keys: ten digits, with and without Shift
