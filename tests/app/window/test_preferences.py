"""The preferences: built from the declarations, stored at once, applied at once."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from app.document.label_map import LabelMap
from app.platform.settings import PAGES, UPGRADES, VERSION, Settings, declared, preferences
from app.platform.theme import DARK, apply_theme, colours_of
from app.services.engine_worker import EngineSettings
from app.widgets.number_box import NumberBox
from app.widgets.pen_curve import PenCurveEditor
from app.widgets.preferences_dialog import PreferencesDialog
from app.window.main_window import MainWindow
from engine.studio import EngineError
from tests.support.fakes import FakeStudio
from tests.support.hand import move, press, release
from tests.support.waiting import round_trip


def opened(window: MainWindow) -> PreferencesDialog:
    QTest.keyClick(window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    dialog = window.findChild(PreferencesDialog)
    assert dialog is not None
    assert dialog.isVisible()
    return dialog


def test_every_declared_preference_has_a_named_control(window: MainWindow) -> None:
    dialog = opened(window)
    shown = {setting.name for page in PAGES for setting in preferences(page)}
    assert {"device", "precision", "threads", "preview_pace", "autosave", "theme"} <= shown
    assert {"undo_megabytes", "pen_curve", "language"} <= shown
    assert set(dialog.controls) == shown
    for name, control in dialog.controls.items():
        assert control.accessibleName(), name
        assert control.accessibleDescription(), name
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, name
    assert {s.name for s in declared() if s.shown is not None} == shown


def turned(control: QWidget) -> None:
    """Another value than the one that is shown."""
    if isinstance(control, QCheckBox):
        control.click()
    elif isinstance(control, QComboBox):
        control.setCurrentIndex((control.currentIndex() + 1) % control.count())
    elif isinstance(control, NumberBox | PenCurveEditor):
        QTest.keyClick(control, Qt.Key.Key_Up)


def test_each_control_sets_its_setting_and_can_be_set_back(
    qapp: QApplication, window: MainWindow
) -> None:
    dialog = opened(window)
    told: list[str] = []
    dialog.changed.connect(told.append)
    for page in range(len(PAGES)):
        dialog.pages.setCurrentRow(page)
        names = [setting.name for setting in preferences(PAGES[page])]
        before = {name: getattr(Settings, name).default for name in names}
        dialog.restore_defaults()
        told.clear()
        for name in names:
            turned(dialog.controls[name])
            assert getattr(window.settings, name) != before[name], name
        assert told == names
        dialog.restore_defaults()
        assert {name: getattr(window.settings, name) for name in names} == before
    apply_theme(qapp, DARK)


def test_the_dialog_works_without_a_mouse(window: MainWindow) -> None:
    dialog = opened(window)
    dialog.pages.setFocus()
    QTest.keyClick(dialog.pages, Qt.Key.Key_End)
    assert dialog.pages.currentRow() == len(PAGES) - 1
    control = dialog.controls["autosave"]
    control.setFocus()
    QTest.keyClick(control, Qt.Key.Key_Space)
    assert window.settings.autosave is False
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_the_theme_changes_at_once(qapp: QApplication, window: MainWindow) -> None:
    choose(opened(window), "theme", "light")
    try:
        assert colours_of("light")["panel"] in qapp.styleSheet()
    finally:
        apply_theme(qapp, DARK)


def test_the_engine_moves_without_a_restart(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    dialog = opened(window)
    asked = len(studio.requests)
    choose(dialog, "precision", "bf16")
    qtbot.waitUntil(lambda: len(studio.requests) > asked)
    assert studio.wishes == [("auto", "bf16", 0)]
    assert studio.requests[-1].dirty is None
    qtbot.waitUntil(lambda: window.status.device.text() == "Fake, bf16")


def test_a_device_that_is_gone_leaves_the_engine_as_it_was(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    studio.refused = EngineError("This machine has no GPU that torch can use.")
    with qtbot.waitSignal(window.session.problem) as said:
        window.session.preview.configure(EngineSettings("cuda"))
    assert "no GPU" in said.args[0]
    press(window.workspace.canvas, (60, 40))
    release(window.workspace.canvas, (60, 40))
    qtbot.waitUntil(lambda: not window.session.preview.busy)


def test_the_engine_starts_with_the_stored_settings(
    qtbot: QtBot, studio: FakeStudio, settings: Settings
) -> None:
    settings.device, settings.threads = "cpu", 3
    window = MainWindow(studio, settings)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: bool(studio.requests))
    assert studio.wishes == [("cpu", "auto", 3)]


def test_only_devices_that_are_there_can_be_chosen(window: MainWindow) -> None:
    dialog = opened(window)
    dialog.set_devices(["cpu"])
    box = dialog.controls["device"]
    assert isinstance(box, QComboBox)
    flags = [box.model().index(row, 0).flags() for row in range(3)]
    assert [bool(flag & Qt.ItemFlag.ItemIsEnabled) for flag in flags] == [True, False, True]


def test_the_preview_may_wait_for_the_end_of_a_stroke(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio
) -> None:
    choose(opened(window), "preview_pace", "stroke")
    asked, canvas = len(studio.requests), window.workspace.canvas
    press(canvas, (40, 40))
    for x in range(50, 150, 10):
        move(canvas, (x, 40))
    round_trip(qtbot, window.session.preview.engine.worker)
    assert len(studio.requests) == asked
    assert not window.session.preview.busy
    release(canvas, (150, 40))
    qtbot.waitUntil(lambda: not window.session.preview.busy)
    left, _, right, _ = studio.requests[-1].dirty
    # Directions have cells of 4 pixels.
    assert (left, right) == pytest.approx((24, 166), abs=4)
    painting = window.session.document.painting
    assert (painting[40, 50] == painting[40, 149]).all()


def test_less_memory_for_undo_counts_at_once(window: MainWindow) -> None:
    session = window.session
    chance = np.random.default_rng(0)
    for _ in range(16):  # noise, for tiles of one material are one and the same
        noise = chance.integers(0, 15, (300, 300)).astype(np.uint8)
        session.import_doodle("noise", LabelMap.from_array(noise))
    assert session.history.nbytes > 2**20
    window.settings.undo_megabytes = 1
    window.preferences_controller.apply("undo_megabytes")
    assert 0 < session.history.nbytes <= 2**20
    assert session.history.can_undo


def choose(dialog: PreferencesDialog, name: str, value: str) -> None:
    box = dialog.controls[name]
    assert isinstance(box, QComboBox)
    box.setCurrentIndex(box.findData(value))


# -- upgrades -------------------------------------------------------------------------------


def test_there_is_an_upgrade_from_every_version() -> None:
    assert sorted(UPGRADES) == list(range(1, VERSION))


def test_settings_of_the_first_daub_are_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "old.ini"
    path.write_text("[undo]\nmegabytes=77\n[paint]\nsize=33\n")
    settings = Settings(QSettings(str(path), QSettings.Format.IniFormat))
    assert (settings.undo_megabytes, settings.brush_size) == (77, 33)
    settings.store.sync()
    written = path.read_text()
    assert f"version={VERSION}" in written
    assert "[undo]" not in written
    settings.undo_megabytes = 88
    assert Settings(settings.store).undo_megabytes == 88


@pytest.mark.parametrize("version", ["99", "-4", "none", "0"])
def test_settings_of_a_later_or_damaged_version_are_read_as_far_as_possible(
    tmp_path: Path, version: str
) -> None:
    path = tmp_path / "daub.ini"
    path.write_text(f"[paint]\nsize=33\n[settings]\nversion={version}\n")
    settings = Settings(QSettings(str(path), QSettings.Format.IniFormat))
    assert settings.brush_size == 33
    assert str(settings.store.value("settings/version")) == (
        version if version == "99" else str(VERSION)
    )


def test_an_unknown_choice_reads_as_the_default(tmp_path: Path) -> None:
    path = tmp_path / "daub.ini"
    path.write_text("[look]\ntheme=purple\n[engine]\ndevice=abacus\n")
    settings = Settings(QSettings(str(path), QSettings.Format.IniFormat))
    assert (settings.theme, settings.device) == ("dark", "auto")
