"""The style studio with real events: open a picture, scribble, see the map and a doodle, save."""

import shutil
from pathlib import Path

import numpy as np
import platformdirs
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.batch import teaching
from app.document.stroke import PointerSample
from app.document.style_project import read_facts, read_project
from app.editing.style_session import AREAS, MAP
from app.platform.settings import Settings
from app.platform.translation import tr
from app.window.main_window import MainWindow
from app.window.studio_controller import CONTINUE, DISCARD
from app.window.studio_window import StudioWindow
from engine.packs.style_pack import read_pack
from engine.studio import Studio, StyleInfo
from resources.materials import AVOID, UNMARKED
from tests.support import teaching_workers
from tests.support.fakes import FakeStudio
from tests.support.file_dialogs import drop, files
from tests.support.studio import (
    GROUND,
    IDS,
    SIDE,
    SKY,
    WATER,
    bands,
    click,
    mapped,
    opened,
    painting_file,
    scribble,
)

LONG = 120_000
"""Milliseconds: kernels are compiled when a painting is first painted."""


@pytest.fixture
def real(qtbot: QtBot, settings: Settings, tiny_pack: Path) -> MainWindow:
    """The main window with the real engine and a style of random weights."""
    settings.style = "tiny"
    window = MainWindow(lambda: Studio(folders=[tiny_pack.parent]), settings)
    qtbot.addWidget(window)
    window.resize(1200, 700)
    window.show()
    qtbot.waitUntil(lambda: window.session.document.style_id == "tiny", timeout=LONG)
    return window


@pytest.fixture(autouse=True)
def _own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def begin(qtbot: QtBot, window: MainWindow, path: Path) -> StudioWindow:
    before = window.studio.window
    window.studio.begin(path, path.name)
    return opened(qtbot, window, before)


def at(picture: np.ndarray, spot: tuple[float, float]) -> int:
    return int(picture[int(spot[1] * SIDE), int(spot[0] * SIDE)])


def test_scribbles_become_a_map_a_painting_and_a_style(
    qtbot: QtBot, real: MainWindow, tmp_path: Path
) -> None:
    studio = begin(qtbot, real, painting_file(tmp_path))
    session, painted = studio.session, list[float]()
    session.painted.connect(lambda trial: painted.append(trial.share))
    for key, spot in (("sky", SKY), ("water", WATER), ("ground", GROUND)):
        scribble(studio, IDS[key], spot)
    labels = mapped(qtbot, studio)
    assert [at(labels, spot) for spot in (SKY, WATER, GROUND)] == [
        IDS["sky"], IDS["water"], IDS["ground"]
    ]  # fmt: skip
    for key in ("sky", "water", "ground"):
        assert (labels == IDS[key]).mean() == pytest.approx(1 / 3, abs=0.06)
    assert session.shows == MAP
    assert "%" in studio.palette_panel.button(IDS["sky"]).hint.short
    qtbot.waitUntil(lambda: painted[-1:] == [1.0], timeout=LONG)
    blue = studio.trial.picture[:20].mean((0, 1))
    assert blue[2] > blue[0]  # the doodle's sky is painted with the picture's
    studio.form.lines["artist"].clear()
    QTest.keyClicks(studio.form.lines["artist"], "Nobody")
    studio.save_button.click()
    qtbot.waitUntil(lambda: "my-bay" in real.session.styles, timeout=LONG)
    style = real.session.styles["my-bay"]
    assert (style.title, style.artist) == ("My bay", "Nobody")
    assert style.problem is None
    assert style.starters
    assert not session.modified
    assert not studio.save_button.isEnabled()
    studio.view.messages.buttons[0].click()
    qtbot.waitUntil(lambda: real.session.document.style_id == "my-bay", timeout=LONG)


def test_a_saved_style_is_taught_from_the_studio(
    qtbot: QtBot, real: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teaching, "work", teaching_workers.pretending)
    studio = begin(qtbot, real, painting_file(tmp_path))
    scribble(studio, IDS["sky"], SKY)
    scribble(studio, IDS["ground"], GROUND)
    assert not studio.teach_button.isEnabled()
    studio.save_button.click()
    qtbot.waitUntil(lambda: "my-bay" in real.session.styles, timeout=LONG)
    qtbot.waitUntil(studio.teach_button.isEnabled)
    studio.teach_button.click()
    service, run = real.teaching.service, tmp_path / "data" / "daub" / "teaching" / "my-bay"
    assert service.state is not None
    assert service.state.style_id == "my-bay"
    qtbot.waitUntil(lambda: teaching_workers.counted(run) > 2, timeout=LONG)
    [process] = teaching_workers.teachers()
    scribble(studio, IDS["water"], WATER)
    assert not studio.teach_button.isEnabled()
    studio.save_button.click()  # the style has changed, so another process goes on with it
    qtbot.waitUntil(lambda: not process.is_alive(), timeout=LONG)
    count = teaching_workers.counted(run)
    qtbot.waitUntil(lambda: teaching_workers.counted(run) > count, timeout=LONG)


def test_saving_again_updates_the_style_and_a_new_one_gets_its_own_folder(
    qtbot: QtBot, real: MainWindow, tmp_path: Path
) -> None:
    path = painting_file(tmp_path)
    studio = begin(qtbot, real, path)
    scribble(studio, IDS["sky"], SKY)
    studio.save_button.click()
    qtbot.waitUntil(lambda: "my-bay" in real.session.styles, timeout=LONG)
    folder = real.session.styles["my-bay"].folder
    assert [region.materials for region in read_pack(folder).region] == [("sky",)]
    studio.view.messages.buttons[0].click()
    qtbot.waitUntil(lambda: real.session.document.style_id == "my-bay", timeout=LONG)
    scribble(studio, IDS["ground"], GROUND)
    assert studio.session.modified
    with qtbot.waitSignal(real.session.preview.run_begun, timeout=LONG):
        studio.save_button.click()  # the painting in this style is painted again
    assert len(read_pack(folder).region) == 2
    qtbot.waitUntil(lambda: not studio.session.modified)
    content = (folder / "style.toml").read_bytes()
    other = begin(qtbot, real, path)
    scribble(other, IDS["water"], SKY)
    other.save_button.click()
    qtbot.waitUntil(lambda: "my-bay-2" in real.session.styles, timeout=LONG)
    assert (folder / "style.toml").read_bytes() == content


def test_areas_are_named_by_clicking_on_them(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    studio = begin(qtbot, window, painting_file(tmp_path))
    session = studio.session
    assert session.shows == AREAS
    areas = session.proposal
    assert areas is not None
    click(studio, IDS["water"], WATER)
    labels = session.document.labels.snapshot().array()
    assert np.array_equal(labels == IDS["water"], areas == at(areas, WATER))
    assert session.shows == AREAS  # the other areas can still be seen and named
    for number in np.unique(areas):
        rows, columns = np.nonzero(areas == number)
        click(studio, IDS["sky"], ((columns[0] + 0.5) / SIDE, (rows[0] + 0.5) / SIDE))
    assert session.shows == MAP
    session.undo()
    assert (session.document.labels.snapshot().array() == UNMARKED).any()


def test_what_is_avoided_and_erased(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    studio = begin(qtbot, window, painting_file(tmp_path))
    scribble(studio, AVOID, GROUND)
    qtbot.waitUntil(lambda: studio.session.classified)
    assert studio.session.map_labels is None  # there is nothing to paint with yet
    studio.session.undo()
    scribble(studio, IDS["sky"], SKY)
    scribble(studio, AVOID, GROUND)
    assert at(mapped(qtbot, studio), GROUND) == AVOID
    assert studio.session.tools.options.material == AVOID
    studio.session.tools.pick(PointerSample(SIDE / 2, SIDE * SKY[1], 1.0, 0.0))
    assert studio.session.tools.options.material == IDS["sky"]
    assert studio.session.history.undo_text == "Brush: Avoid"
    studio.session.undo()
    assert at(mapped(qtbot, studio), GROUND) == IDS["sky"]
    studio.session.undo()
    qtbot.waitUntil(lambda: studio.session.classified)
    assert studio.session.map_labels is None


def test_a_copy_of_a_style_can_be_edited(qtbot: QtBot, real: MainWindow, tmp_path: Path) -> None:
    studio = begin(qtbot, real, painting_file(tmp_path))
    scribble(studio, IDS["sky"], SKY)
    scribble(studio, IDS["ground"], GROUND)
    studio.save_button.click()
    qtbot.waitUntil(lambda: "my-bay" in real.session.styles, timeout=LONG)
    style = real.session.styles["my-bay"]
    menu_entry(real, style, "style.edit.copy").trigger()
    copied = opened(qtbot, real, studio)
    assert copied.session.details.title == "My bay (copy)"
    assert at(mapped(qtbot, copied), GROUND) == IDS["ground"]
    copied.save_button.click()
    qtbot.waitUntil(lambda: "my-bay-copy" in real.session.styles, timeout=LONG)
    menu_entry(real, style, "style.edit").trigger()
    again = opened(qtbot, real, copied)
    assert again.session.style_id == "my-bay"
    # The scribbles, not the map that they became.
    assert (again.session.document.labels.snapshot().array() == UNMARKED).any()


def test_a_picture_dropped_on_the_gallery_opens_the_studio(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.actions_by_id["gallery"].trigger()
    place = window.gallery.mapTo(window, window.gallery.rect().center())
    assert drop(window, files(painting_file(tmp_path)), place)
    studio = opened(qtbot, window)
    assert studio.session.details.title == "My bay"
    assert np.array_equal(studio.session.picture, bands())


def test_a_picture_that_is_too_small_is_one_sentence(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.studio.begin(np.zeros((20, 90, 3), np.uint8), "tiny.png")
    qtbot.waitUntil(lambda: "tiny.png is 90 x 20 pixels" in window.workspace.messages.text)
    assert window.studio.window is None


def test_the_studio_opens_again_with_the_last_scribble(
    qtbot: QtBot, studio: FakeStudio, settings: Settings, window: MainWindow, tmp_path: Path
) -> None:
    """The project is on disk after every step; what holds it open ends with the process."""
    first = begin(qtbot, window, painting_file(tmp_path))
    scribble(first, IDS["sky"], SKY)
    scribble(first, IDS["ground"], GROUND)
    qtbot.waitUntil(lambda: not first.session.autosave.busy)
    marks = first.session.document.labels.snapshot().array()
    killed = tmp_path / "killed"  # what would be left if the process ended now
    shutil.copytree(first.session.folder, killed)
    assert np.array_equal(read_project(killed).labels, marks)
    window.studio.offer()
    qtbot.waitUntil(lambda: not window.studio.busy)
    assert not window.workspace.messages.isVisible()  # it is open here
    first.close()
    window.actions_by_id["styles.add"].trigger()
    answer(qtbot, window, CONTINUE)
    again = opened(qtbot, window)
    assert np.array_equal(again.session.document.labels.snapshot().array(), marks)
    assert again.session.folder == first.session.folder
    again.close()
    window.studio.offer()
    answer(qtbot, window, DISCARD)
    assert not again.session.folder.exists()


def test_nothing_is_kept_of_a_picture_without_marks(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    studio = begin(qtbot, window, painting_file(tmp_path))
    studio.close()
    root = Path(platformdirs.user_data_dir("daub", appauthor=False)) / "studio"
    assert not list(root.glob("*/"))


def test_a_style_without_marks_paints_photos(
    qtbot: QtBot, real: MainWindow, tmp_path: Path
) -> None:
    studio = begin(qtbot, real, painting_file(tmp_path))
    studio.save_button.click()
    qtbot.waitUntil(lambda: "my-bay" in real.session.styles, timeout=LONG)
    assert not real.session.styles["my-bay"].paints_doodles
    qtbot.waitUntil(lambda: not studio.session.autosave.busy)
    assert read_facts(studio.session.folder).saved


def menu_entry(window: MainWindow, style: StyleInfo, name: str) -> QAction:
    window.gallery.menu_wanted.emit(style, QPoint())
    menu = window.style_files_controller.menu
    menu.hide()
    (entry,) = (action for action in menu.actions() if action.objectName() == name)
    return entry


def answer(qtbot: QtBot, window: MainWindow, text: str) -> None:
    buttons = lambda: {each.text(): each for each in window.workspace.messages.buttons}  # noqa: E731
    qtbot.waitUntil(lambda: tr(text) in buttons())
    buttons()[tr(text)].click()
