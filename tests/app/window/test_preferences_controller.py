"""The shortcuts dialog, tips, About, the log, and letters on materials."""

import logging
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from app.document.label_map import LabelMap
from app.platform import diagnostics, errors
from app.platform.settings import Settings
from app.widgets import material_labels
from app.widgets.about_dialog import AboutDialog
from app.widgets.actions import SPECS, plain
from app.widgets.log_viewer import LogViewer, at_least, log_tail
from app.widgets.material_labels import area_spots, thinned, thinning
from app.widgets.shortcuts_sheet import ShortcutsSheet
from app.window.main_window import MainWindow
from app.window.onboarding import TIPS
from app.window.shortcuts import GESTURES, key_entries
from resources.materials import materials
from tests.support.hand import LEFT, drag

ROOT = Path(__file__).parents[3]


def opened(window: MainWindow, action: str, kind: type[QDialog]) -> QDialog:
    window.actions_by_id[action].trigger()
    found = window.findChildren(kind)[-1]
    assert found.isVisible()
    assert not found.isModal()
    return found


def shown_entries(sheet: ShortcutsSheet) -> list[str]:
    """The lines between the headings, as far as the search has left them."""
    headings = [sheet.tree.topLevelItem(row) for row in range(sheet.tree.topLevelItemCount())]
    lines = [heading.child(row) for heading in headings for row in range(heading.childCount())]
    return [line.text(0) for line in lines if not line.isHidden()]


def test_help_shows_the_tips_again(window: MainWindow) -> None:
    window.settings.tips = False
    window.settings.tips_seen = " ".join(tip.id for tip in TIPS)
    window.actions_by_id["tips"].trigger()
    tips = window.preferences_controller.onboarding
    assert tips.current == TIPS[0]
    assert tips.card.isVisible()
    assert window.settings.tips


def test_help_copies_the_diagnostics(window: MainWindow) -> None:
    window.actions_by_id["diagnostics"].trigger()
    assert QGuiApplication.clipboard().text() == window.preferences_controller.report()
    assert window.workspace.messages.text == "Copied the diagnostics."


# -- keys -----------------------------------------------------------------------------------


def test_the_sheet_lists_every_key_and_gesture() -> None:
    entries = key_entries()
    told = {(entry.text, key) for entry in entries for key in entry.keys.split(", ")}
    for spec in SPECS:
        for keys in spec.shortcuts:
            assert (plain(spec.text), keys.replace("Delete", "Del")) in told
    assert ("Tree", "5") in told
    assert {entry.text for entry in entries} >= {text for text, _ in GESTURES}
    assert all(entry.keys for entry in entries)


def test_f1_opens_the_sheet_and_typing_searches_it(window: MainWindow) -> None:
    QTest.keyClick(window, Qt.Key.Key_F1)
    sheet = window.findChild(ShortcutsSheet)
    assert sheet is not None
    sheet.search.setFocus()
    QTest.keyClicks(sheet.search, "undo ctrl")
    assert shown_entries(sheet) == ["Undo"]
    QTest.keyClicks(sheet.search, " xyz")
    assert shown_entries(sheet) == []
    assert not sheet._none.isHidden()
    sheet.search.clear()
    assert len(shown_entries(sheet)) == len(key_entries())
    QTest.keyClick(sheet.search, Qt.Key.Key_Escape)
    assert not sheet.isVisible()


# -- tips -----------------------------------------------------------------------------------


@pytest.fixture
def beginner(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    """A window that shows its first tip."""
    monkeypatch.setattr("app.window.onboarding.PAUSE_MS", 1)
    window.settings.tips = True
    window.preferences_controller.apply("tips")
    return window


def test_tips_come_one_after_the_other_and_never_again(qtbot: QtBot, beginner: MainWindow) -> None:
    tips, seen = beginner.preferences_controller.onboarding, []
    for _ in TIPS:
        assert tips.card.isVisible()
        assert tips.current is not None
        assert tips.card.text == tips.current.text
        seen.append(tips.current)
        with qtbot.waitSignal(tips._timer.timeout):
            QTest.mouseClick(tips.card.ok, LEFT)
    assert seen == list(TIPS)
    assert not tips.card.isVisible()
    again = Settings(beginner.settings.store)
    assert set(again.tips_seen.split()) == {tip.id for tip in TIPS}
    with qtbot.waitSignal(tips._timer.timeout):
        tips.begin()
    assert not tips.card.isVisible()


def test_doing_what_a_tip_says_is_enough(qtbot: QtBot, beginner: MainWindow) -> None:
    tips = beginner.preferences_controller.onboarding
    assert tips.current is TIPS[0]
    beginner.actions_by_id["gallery"].trigger()
    beginner.gallery.hide()
    drag(beginner.workspace.canvas, [(60, 40), (90, 40)])
    qtbot.waitUntil(lambda: tips.current is not None and tips.current.id == "refine")


def test_no_more_tips(qtbot: QtBot, beginner: MainWindow) -> None:
    QTest.mouseClick(beginner.preferences_controller.onboarding.card.no_more, LEFT)
    assert not beginner.preferences_controller.onboarding.card.isVisible()
    assert beginner.settings.tips is False


def test_a_card_stays_in_its_corner(beginner: MainWindow) -> None:
    card, space = beginner.preferences_controller.onboarding.card, beginner.workspace
    beginner.resize(1000, 640)
    assert space.rect().contains(card.geometry())
    assert space.width() - card.geometry().right() < 20


# -- about and the log ----------------------------------------------------------------------


def test_the_parts_are_what_daub_depends_on() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = {entry.split(">")[0].split("=")[0].split("[")[0] for entry in project["dependencies"]}
    assert set(diagnostics.PARTS) == names


def test_every_part_has_a_version_and_a_licence() -> None:
    parts = diagnostics.parts()
    assert len(parts) == len(diagnostics.PARTS)
    for part in parts:
        assert part.version
        assert part.licence, part.name
    words = {part.name: part.words() for part in parts}
    assert "Permission is hereby granted" in words["rich"]


def test_about_tells_versions_and_licences_and_copies_diagnostics(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(
        "app.window.preferences_controller.log_tail", lambda _: f"line in {tmp_path}/x\n" * 150
    )
    window.settings.export_folder = str(tmp_path / "private")
    about = opened(window, "about", AboutDialog)
    assert isinstance(about, AboutDialog)
    row = diagnostics.PARTS.index("rich")
    about.list.setCurrentRow(row)
    assert about.licence.toPlainText().startswith("MIT")
    QTest.mouseClick(about.copy, LEFT)
    told = QGuiApplication.clipboard().text()
    for word in ("Daub: ", "PyTorch: ", "Qt: 6", "Python: 3", "OpenCV: ", "Device: Fake, 1 thread"):
        assert word in told
    assert "paint/size = 32" in told
    assert "private" not in told
    assert str(tmp_path) not in told
    assert told.count("line in ~/x") == 100


@pytest.fixture
def log_folder(tmp_path: Path) -> Path:
    """A folder with a log that is being written."""
    folder = tmp_path / "log"
    assert errors.start_log(folder) is not None
    yield folder
    for handler in list(errors.log.handlers):
        handler.close()
        errors.log.removeHandler(handler)
    errors.log.setLevel(logging.NOTSET)


def test_the_viewer_follows_the_log(qtbot: QtBot, log_folder: Path) -> None:
    viewer = LogViewer(log_folder)
    qtbot.addWidget(viewer)
    viewer.show()
    assert viewer.text.toPlainText() == ""
    errors.log.warning("the disk is nearly full")
    qtbot.waitUntil(lambda: "nearly full" in viewer.text.toPlainText())
    try:
        raise ValueError("no such thing")
    except ValueError:
        errors.log.exception("it failed")
    qtbot.waitUntil(lambda: "it failed" in viewer.text.toPlainText())
    viewer.level.setCurrentIndex(2)
    shown = viewer.text.toPlainText()
    assert "nearly full" not in shown
    assert "ValueError: no such thing" in shown
    viewer.hide()
    assert not viewer._timer.isActive()


def test_a_long_log_shows_its_end(tmp_path: Path) -> None:
    (tmp_path / errors.LOG_FILE).write_text("x" * 99 + "\n" + "last line\n" * 60_000)
    tail = log_tail(tmp_path)
    assert len(tail) <= 256 * 1024
    assert set(tail.splitlines()) == {"last line"}
    assert log_tail(tmp_path / "nowhere") == ""


def test_levels() -> None:
    log = "1 2 INFO a: x\n1 2 ERROR b: y\n trace\n1 2 WARNING c: z"
    assert at_least(log, 0) == log
    assert at_least(log, 1).splitlines() == ["1 2 ERROR b: y", " trace", "1 2 WARNING c: z"]
    assert at_least(log, 2).splitlines() == ["1 2 ERROR b: y", " trace"]


# -- letters --------------------------------------------------------------------------------


def test_no_two_materials_share_a_letter() -> None:
    assert len({material.letter for material in materials()}) == len(materials())


def test_every_area_has_one_spot_inside_it() -> None:
    labels = np.zeros((60, 80), np.uint8)
    labels[10:30, 10:30] = 4
    labels[10:30, 50:70] = 4
    labels[40:42, 5:6] = 9  # too small for a letter
    spots = area_spots(labels)
    assert sorted(spot.material for spot in spots) == [0, 4, 4]
    for spot in spots:
        assert labels[int(spot.y), int(spot.x)] == spot.material
        assert spot.reach >= (9 if spot.material == 4 else 1)


@pytest.mark.parametrize("size", [(100, 80), (700, 300), (3000, 513), (256, 256), (257, 8)])
def test_thinned_out_is_every_nth_pixel(size: tuple[int, int]) -> None:
    width, height = size
    labels = np.random.default_rng(0).integers(0, 15, (height, width)).astype(np.uint8)
    step = thinning(width, height)
    thin = thinned(LabelMap.from_array(labels).snapshot(), step)
    assert (thin == labels[::step, ::step]).all()
    assert max(thin.shape) <= material_labels.LONGEST_SIDE


def test_letters_appear_on_swatches_and_doodle(qtbot: QtBot, window: MainWindow) -> None:
    swatch, canvas = window.palette_panel.button(4), window.workspace.canvas
    before = swatch.grab().toImage(), canvas.grab().toImage()
    window.settings.swatch_letters = window.settings.doodle_letters = True
    window.preferences_controller.apply("swatch_letters")
    after = swatch.grab().toImage(), canvas.grab().toImage()
    assert before[0] != after[0]
    assert before[1] != after[1]
    with qtbot.waitSignal(window.preferences_controller._letters.changed):
        drag(canvas, [(60, 40), (90, 40)])  # the letters follow the doodle
    assert 4 in {spot.material for spot in window.preferences_controller._letters._spots}
