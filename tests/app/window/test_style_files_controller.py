"""The menu of a style in the gallery, with the user's own styles on disk."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.platform.settings import Settings
from app.services import style_files
from app.window import style_files_controller
from app.window.main_window import MainWindow
from engine.errors import EngineError
from engine.packs.style_archive import read_archive
from tests.support.fakes import FakeStudio
from tests.support.gallery import index_of, shown
from tests.support.style_studio import StyleStudio, doodle_style

LEFT, PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def styles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    folder = tmp_path / "data" / "daub" / "styles"
    doodle_style(folder / "mine", "Rain in May")
    return folder


@pytest.fixture
def window(
    qtbot: QtBot, styles: Path, studio: FakeStudio, settings: Settings
) -> Iterator[MainWindow]:
    window = MainWindow(StyleStudio(studio.starter), settings)
    qtbot.addWidget(window)
    window.resize(1200, 700)
    window.show()
    qtbot.waitUntil(lambda: window.session.style is not None)
    QTest.keyClick(window, Qt.Key.Key_G)
    yield window
    window.style_files_controller.menu.close()


def menu(window: MainWindow, style_id: str, reason: str = "Mouse") -> dict[str, bool]:
    """Open the menu of a card; its actions, and whether each can be chosen."""
    cards = window.gallery.cards
    spot = cards.visualRect(index_of(window.gallery, style_id)).center()
    view = cards.viewport()
    kind = QContextMenuEvent.Reason[reason]
    QApplication.sendEvent(view, QContextMenuEvent(kind, spot, view.mapToGlobal(spot)))
    actions = window.style_files_controller.menu.actions()
    return {a.objectName(): a.isEnabled() for a in actions if not a.isSeparator()}


def choose(window: MainWindow, style_id: str, action: str) -> None:
    assert menu(window, style_id)[f"style.{action}"]
    opened = window.style_files_controller.menu
    found = next(a for a in opened.actions() if a.objectName() == f"style.{action}")
    QTest.mouseClick(opened, LEFT, PLAIN, opened.actionGeometry(found).center())


def test_only_ones_own_styles_can_be_changed(window: MainWindow) -> None:
    own = menu(window, "mine")
    assert own == dict.fromkeys(own, True) | {"style.up": False, "style.teach": False}
    other = menu(window, "starry-night")
    assert [name for name, possible in other.items() if not possible] == [
        "style.edit", "style.teach", "style.rename", "style.remove",
    ]  # fmt: skip
    broken = menu(window, "broken")
    assert not any(broken.values())


def test_the_menu_key_opens_it_from_the_search_field(window: MainWindow) -> None:
    gallery, opened = window.gallery, window.style_files_controller.menu
    assert gallery.search.hasFocus()
    QTest.keyClick(gallery.search, Qt.Key.Key_Down)
    reason = QContextMenuEvent.Reason.Keyboard
    QApplication.sendEvent(gallery.search, QContextMenuEvent(reason, QPoint(5, 5), QPoint(5, 5)))
    assert opened.isVisible()
    assert opened.actions()[0].objectName() == "style.edit"


def test_export(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, asked = tmp_path / "x.daubstyle", []
    monkeypatch.setattr(
        style_files_controller, "ask_style_path", lambda _, at: asked.append(at) or path
    )
    choose(window, "mine", "export")
    qtbot.waitUntil(lambda: "x.daubstyle" in window.workspace.messages.text)
    assert asked[0].name == "mine.daubstyle"
    assert read_archive(path).title == "Rain in May"


def test_rename(qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    window.session.choose_style("mine")
    monkeypatch.setattr(style_files_controller, "ask_title", lambda _, title: f"{title} 2")
    choose(window, "mine", "rename")
    qtbot.waitUntil(lambda: window.session.styles["mine"].title == "Rain in May 2")
    assert "Rain in May 2" in window.style_button.text()
    assert window.session.document.style_id == "mine"


def test_duplicate(qtbot: QtBot, window: MainWindow, styles: Path) -> None:
    choose(window, "mine", "duplicate")
    qtbot.waitUntil(lambda: "mine-2" in shown(window.gallery))
    assert (styles / "mine-2" / "generator.safetensors").exists()
    assert window.session.styles["mine-2"].title == "Rain in May (2)"


@pytest.mark.parametrize("trash", [True, False])
def test_remove(
    trash: bool,
    qtbot: QtBot,
    window: MainWindow,
    styles: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The document goes on in another style, and the pack is somewhere to be found."""
    window.session.choose_style("mine")
    weights = (styles / "mine" / "generator.safetensors").read_bytes()
    answers = [False, True]
    monkeypatch.setattr(style_files_controller, "ask_remove", lambda *_: answers.pop(0))
    if not trash:
        monkeypatch.setattr(style_files, "_to_trash", lambda _: False)
    choose(window, "mine", "remove")
    assert (styles / "mine").exists()
    choose(window, "mine", "remove")
    qtbot.waitUntil(lambda: "mine" not in window.session.styles)
    assert not (styles / "mine").exists()
    assert "mine" not in shown(window.gallery)
    qtbot.waitUntil(lambda: window.session.document.style_id == "starry-night")
    place = styles.parents[1] / "Trash" / "files" if trash else styles.with_name("removed-styles")
    assert (place / "mine" / "generator.safetensors").read_bytes() == weights
    qtbot.waitUntil(lambda: "Rain in May" in window.workspace.messages.text)
    window.session.undo()
    window.session.redo()
    assert window.session.document.style_id == "mine"  # as in a document that was saved with it
    qtbot.waitUntil(lambda: window.session.document.style_id in window.session.styles)
    qtbot.waitUntil(lambda: window.session.preview.whole)


def test_moved_by_the_menu_and_keys(window: MainWindow, settings: Settings) -> None:
    gallery = window.gallery
    assert shown(gallery) == ["mine", "starry-night", "other", "third", "broken"]
    choose(window, "mine", "down")
    assert shown(gallery) == ["starry-night", "mine", "other", "third", "broken"]
    assert gallery.isVisible()
    gallery.cards.setCurrentIndex(index_of(gallery, "third"))
    for key, expected in (
        (Qt.Key.Key_Down, ["starry-night", "mine", "other", "third", "broken"]),
        (Qt.Key.Key_Up, ["starry-night", "mine", "third", "other", "broken"]),
        (Qt.Key.Key_Down, ["starry-night", "mine", "other", "third", "broken"]),
    ):
        QTest.keyClick(gallery.search, key, ALT)
        assert shown(gallery) == expected
        assert gallery.cards.currentIndex() == index_of(gallery, "third")
    kept = [style for style in settings.style_order.split(",") if style != "broken"]
    assert kept == ["starry-night", "mine", "other", "third"]


def drag(window: MainWindow, style_id: str, to: QPoint) -> None:
    cards = window.gallery.cards
    start = cards.visualRect(index_of(window.gallery, style_id)).center()
    QTest.mousePress(cards.viewport(), LEFT, PLAIN, start)
    QTest.mouseMove(cards.viewport(), (start + to) / 2)
    QTest.mouseMove(cards.viewport(), to)
    QTest.mouseRelease(cards.viewport(), LEFT, PLAIN, to)


def test_moved_by_dragging(window: MainWindow) -> None:
    gallery = window.gallery
    card = gallery.cards.visualRect(index_of(gallery, "mine"))
    drag(window, "third", card.center() - QPoint(30, 0))
    assert shown(gallery) == ["third", "mine", "starry-night", "other", "broken"]
    card = gallery.cards.visualRect(index_of(gallery, "other"))
    drag(window, "third", card.center() + QPoint(30, 0))
    assert shown(gallery) == ["mine", "starry-night", "other", "third", "broken"]
    assert gallery.isVisible()  # nothing was chosen
    assert window.session.document.style_id == "starry-night"
    drag(window, "mine", QPoint(-300, 20))  # let go outside: not moved
    assert shown(gallery) == ["mine", "starry-night", "other", "third", "broken"]
    drag(window, "mine", gallery.cards.visualRect(index_of(gallery, "mine")).center())
    assert window.session.document.style_id == "mine"  # not dragged, so it is a click


def test_favourites_keep_their_numbers(window: MainWindow) -> None:
    gallery = window.gallery
    for style in ("third", "mine"):
        window.favourites.toggle(style)
    gallery.favourites_only.click()
    assert shown(gallery) == ["third", "mine"]
    card = gallery.cards.visualRect(index_of(gallery, "third"))
    drag(window, "mine", card.center() - QPoint(30, 0))
    assert shown(gallery) == ["third", "mine"]
    assert not menu(window, "third")["style.down"]


def test_found_styles_are_not_moved(window: MainWindow) -> None:
    gallery = window.gallery
    QTest.keyClicks(gallery.search, "nobody")
    assert not menu(window, "other")["style.down"]
    gallery.search.clear()
    assert menu(window, "other")["style.down"]


def test_the_order_is_kept(
    qtbot: QtBot, window: MainWindow, styles: Path, settings: Settings
) -> None:
    choose(window, "other", "up")
    again = MainWindow(StyleStudio(None), settings)
    qtbot.addWidget(again)
    again.show()
    qtbot.waitUntil(lambda: bool(again.session.styles))
    assert shown(again.gallery) == ["mine", "other", "starry-night", "third", "broken"]


def test_a_style_that_cannot_be_removed_stays(
    qtbot: QtBot, window: MainWindow, styles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.session.choose_style("mine")
    monkeypatch.setattr(style_files_controller, "ask_remove", lambda *_: True)
    refused = Mock(side_effect=EngineError("It cannot be moved."))
    monkeypatch.setattr(style_files, "_to_trash", refused)
    choose(window, "mine", "remove")
    qtbot.waitUntil(lambda: "It cannot be moved." in window.workspace.messages.text)
    assert "mine" in shown(window.gallery)
    assert not window.session.style_selection._removed
    window.session.choose_style("mine")
    qtbot.waitUntil(lambda: window.session.preview.whole)
    assert window.session.document.style_id == "mine"


def test_a_photo_leaves_a_removed_second_style(window: MainWindow) -> None:
    document = window.session.document
    document.set_look(replace(document.look, second="mine", blend=0.5))
    window.session.style_selection.leave("other")
    assert document.look.second == "mine"
    window.session.style_selection.leave("mine")
    assert (document.look.second, document.look.blend) == (None, 0.0)
