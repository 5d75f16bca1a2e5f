"""The style gallery under mouse and keys."""

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from app.platform.favourites import Favourites
from app.platform.settings import Settings
from app.widgets.gallery import Gallery
from app.widgets.style_card import star_box
from app.widgets.style_model import picture_of, style_at
from app.window.main_window import MainWindow
from engine.studio import Studio
from tests.conftest import write_pack
from tests.support.fakes import FakeStudio, fake_paint
from tests.support.gallery import index_of, shown
from tests.support.hand import drag
from tests.support.waiting import round_trip

LEFT, NONE, PLAIN = (
    Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
)  # fmt: skip


@pytest.fixture
def gallery(window: MainWindow) -> Gallery:
    """The gallery, opened with its key."""
    QTest.keyClick(window, Qt.Key.Key_G)
    assert window.gallery.isVisible()
    return window.gallery


def hover(gallery: Gallery, style_id: str) -> None:
    view = gallery.cards.viewport()
    spot = QPointF(gallery.cards.visualRect(index_of(gallery, style_id)).center())
    move = QMouseEvent(QEvent.Type.MouseMove, spot, view.mapToGlobal(spot), NONE, NONE, PLAIN)
    QApplication.sendEvent(view, move)


def click(gallery: Gallery, style_id: str, star: bool = False) -> None:
    card = gallery.cards.visualRect(index_of(gallery, style_id))
    spot = star_box(card).center() if star else card.center()
    QTest.mouseClick(gallery.cards.viewport(), LEFT, PLAIN, spot)


def leave(gallery: Gallery) -> None:
    QApplication.sendEvent(gallery.cards, QEvent(QEvent.Type.Leave))


def on_screen(window: MainWindow) -> tuple[int, int, int]:
    """The painting's view at a spot of grass."""
    view = window.workspace.painting
    left, top = view.viewport().to_widget(100, 150)
    colour = view.grab().toImage().pixelColor(round(left), round(top))
    return colour.red(), colour.green(), colour.blue()


def grass(style_id: str) -> tuple[int, ...]:
    return tuple(fake_paint(np.full((1, 1), 6, np.uint8), style_id, 1)[0, 0].tolist())


def test_it_opens_and_closes(window: MainWindow, gallery: Gallery) -> None:
    assert window.style_button.isChecked()
    assert gallery.search.hasFocus()
    QTest.keyClick(gallery.search, Qt.Key.Key_Escape)
    assert not gallery.isVisible()
    assert not window.style_button.isChecked()
    QTest.mouseClick(window.style_button, LEFT)
    assert gallery.isVisible()
    assert gallery.geometry().right() < window.workspace.width() // 2
    QTest.keyClick(window.workspace.canvas, Qt.Key.Key_Escape)  # the pointer was on the canvas
    assert not gallery.isVisible()
    window.actions_by_id["gallery"].trigger()
    gallery.close_button.click()
    assert not gallery.isVisible()
    assert not window.actions_by_id["gallery"].isChecked()


def test_escape_closes_it_before_it_stops_refine(
    qtbot: QtBot, window: MainWindow, gallery: Gallery, studio: FakeStudio
) -> None:
    studio.hold_refine()
    window.session.begin_refine()
    qtbot.waitUntil(studio.in_tile.is_set)
    QTest.keyClick(gallery.search, Qt.Key.Key_Escape)
    assert not gallery.isVisible()
    assert window.session.refine.active
    window.session.refine.discard()
    studio.let_go()
    qtbot.waitUntil(lambda: not window.session.refine.active)


def test_painting_goes_on_beside_it_and_closes_it(window: MainWindow, gallery: Gallery) -> None:
    drag(window.workspace.painting, [(200, 40), (230, 40)])
    assert not gallery.isVisible()
    assert window.session.document.labels.at(210, 40) == 4


def test_broken_packs_come_last_with_their_reason(window: MainWindow, gallery: Gallery) -> None:
    assert shown(gallery) == ["starry-night", "other", "third", "broken"]
    broken = index_of(gallery, "broken")
    assert not broken.flags() & Qt.ItemFlag.ItemIsEnabled
    assert "lists 4 regions" in broken.data(Qt.ItemDataRole.ToolTipRole)
    assert "lists 4 regions" in broken.data(Qt.ItemDataRole.AccessibleTextRole)
    hover(gallery, "broken")
    assert "lists 4 regions" in gallery.details.text
    click(gallery, "broken")
    click(gallery, "broken", star=True)
    assert gallery.isVisible()
    assert window.session.document.style_id == "starry-night"
    assert window.favourites.ids == ()


def test_a_click_chooses_in_one_step(window: MainWindow, gallery: Gallery) -> None:
    click(gallery, "other")
    assert not gallery.isVisible()
    assert window.session.document.style_id == "other"
    assert window.session.history.undo_text == "Style: Another Night"
    assert "Another Night" in window.workspace.painting_title.note
    assert "Another Night" in window.style_button.text()
    window.session.undo()
    assert window.session.document.style_id == "starry-night"
    assert not window.session.history.can_undo
    assert "Starry" in window.style_button.text()


def test_arrows_and_enter_choose(window: MainWindow, gallery: Gallery) -> None:
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Down):
        QTest.keyClick(gallery.search, key)
    index = gallery.cards.currentIndex()
    assert style_at(index).title in gallery.details.text
    gallery.cards.setFocus()
    QTest.keyClick(gallery.cards, Qt.Key.Key_Left)
    gallery.cards.setCurrentIndex(index_of(gallery, "starry-night"))
    QTest.keyClick(gallery.cards, Qt.Key.Key_Right)
    QTest.keyClick(gallery.cards, Qt.Key.Key_Return)
    assert window.session.document.style_id == "other"
    assert not gallery.isVisible()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("third", ["third"]),
        ("NOBODY 1889", ["starry-night", "other", "third", "broken"]),
        ("lagoon", ["other"]),
        ("boat", ["other"]),
        ("another third", []),
        ("water", []),  # not what its region is first of all for
    ],
)
def test_search(window: MainWindow, gallery: Gallery, words: str, found: list[str]) -> None:
    QTest.keyClicks(gallery.search, words)
    assert shown(gallery) == found
    assert window.session.options.material == 4  # typed digits are no shortcuts


def test_enter_takes_the_first_that_was_found(window: MainWindow, gallery: Gallery) -> None:
    QTest.keyClicks(gallery.search, "third")
    QTest.keyClick(gallery.search, Qt.Key.Key_Return)
    assert window.session.document.style_id == "third"
    window.actions_by_id["gallery"].trigger()
    assert len(shown(gallery)) == 4


def test_enter_with_nothing_found_does_nothing(window: MainWindow, gallery: Gallery) -> None:
    QTest.keyClicks(gallery.search, "zzz")
    QTest.keyClick(gallery.search, Qt.Key.Key_Return)
    QTest.keyClick(gallery.search, Qt.Key.Key_Down)
    assert gallery.isVisible()
    assert not window.session.history.can_undo


def test_hovering_shows_the_doodle_in_that_style(
    qtbot: QtBot, window: MainWindow, gallery: Gallery, studio: FakeStudio
) -> None:
    before, asked = window.session.document.painting.copy(), len(studio.requests)
    hover(gallery, "other")
    assert "Another Night" in gallery.details.text
    assert len(studio.requests) == asked  # the pointer may only be passing
    qtbot.waitUntil(lambda: on_screen(window) == grass("other"))
    assert "Another Night" in window.workspace.painting_title.note
    assert (window.session.document.painting == before).all()
    asked = len(studio.requests)
    leave(gallery)
    assert on_screen(window) == grass("starry-night")
    assert "Starry Night" in window.workspace.painting_title.note
    assert "Starry Night" in gallery.details.text
    round_trip(qtbot, window.session.preview.engine.worker)
    assert len(studio.requests) == asked
    assert not window.session.history.can_undo


def test_the_style_in_use_and_a_late_sketch_are_not_shown(
    qtbot: QtBot, window: MainWindow, gallery: Gallery, studio: FakeStudio
) -> None:
    asked, engine = len(studio.requests), window.session.preview.engine.worker
    with qtbot.waitSignal(gallery._rest.timeout):
        hover(gallery, "starry-night")
    round_trip(qtbot, engine)
    assert len(studio.requests) == asked
    studio.hold()
    hover(gallery, "other")
    qtbot.waitUntil(studio.waiting.is_set)
    gallery.hide()
    studio.let_go()
    round_trip(qtbot, engine)
    assert on_screen(window) == grass("starry-night")


def test_overlay_shows_the_sketch_too(qtbot: QtBot, window: MainWindow, gallery: Gallery) -> None:
    window.set_view_mode("overlay")
    window.opacity.setValue(100)
    canvas = window.workspace.canvas
    hover(gallery, "third")

    def colour() -> tuple[int, int, int]:
        left, top = canvas.viewport().to_widget(100, 150)
        pixel = canvas.grab().toImage().pixelColor(round(left), round(top))
        return pixel.red(), pixel.green(), pixel.blue()

    qtbot.waitUntil(lambda: colour() == grass("third"))
    leave(gallery)
    assert colour() == grass("starry-night")


def test_favourites_have_a_star_a_key_and_an_order(
    window: MainWindow, gallery: Gallery, settings: Settings
) -> None:
    for style in ("third", "starry-night", "other", "starry-night"):
        click(gallery, style, star=True)
    assert gallery.isVisible()  # a star chooses nothing
    assert window.session.document.style_id == "starry-night"
    assert Favourites(settings).ids == ("third", "other")
    spoken = index_of(gallery, "third").data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "The Third, Nobody, 1889, favourite, Alt+1"
    gallery.favourites_only.click()
    assert shown(gallery) == ["third", "other"]
    gallery.hide()
    QTest.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    assert window.session.document.style_id == "other"
    QTest.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    assert window.session.document.style_id == "third"
    QTest.keyClick(window, Qt.Key.Key_3, Qt.KeyboardModifier.AltModifier)
    assert window.session.document.style_id == "third"
    assert window.actions_by_id["favourite.2"].text() == "Another Night"
    assert not window.actions_by_id["favourite.3"].isVisible()


def test_after_a_star_the_keyboard_searches_and_after_closing_it_paints(
    window: MainWindow, gallery: Gallery
) -> None:
    click(gallery, "other", star=True)
    assert window.focusWidget() is gallery.search
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_M)
    assert gallery.search.text() == "m"
    assert not window.actions_by_id["mirror"].isChecked()
    gallery.close_button.click()
    assert window.focusWidget() is window.workspace.canvas


def test_the_keyboard_makes_favourites(window: MainWindow, gallery: Gallery) -> None:
    QTest.keyClicks(gallery.search, "third")
    for expected in (("third",), ()):
        QTest.keyClick(gallery.search, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
        assert window.favourites.ids == expected


def test_a_favourites_key_while_its_card_is_looked_at(
    qtbot: QtBot, window: MainWindow, gallery: Gallery
) -> None:
    click(gallery, "other", star=True)
    hover(gallery, "other")
    qtbot.waitUntil(lambda: on_screen(window) == grass("other"))
    QTest.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    assert window.workspace.painting_title.note == "after Another Night, Nobody, 1889"
    window.session.undo()  # the card is still under the pointer
    qtbot.waitUntil(lambda: on_screen(window) == grass("other"))
    assert window.session.document.style_id == "starry-night"
    assert window.workspace.painting_title.note.startswith("preview: ")


def test_a_missing_favourite_keeps_its_number(settings: Settings) -> None:
    settings.favourites = "a,gone,b"
    favourites = Favourites(settings)
    assert [favourites.number(style) for style in ("a", "b", "c")] == [1, 3, 0]
    assert favourites.numbered(4) == ""


def test_a_style_that_does_not_load_is_marked(
    qtbot: QtBot, window: MainWindow, gallery: Gallery, studio: FakeStudio
) -> None:
    studio.broken_styles.add("other")
    hover(gallery, "third")
    qtbot.waitUntil(lambda: on_screen(window) == grass("third"))
    hover(gallery, "other")
    qtbot.waitUntil(lambda: "cannot be loaded" in gallery.details.text)
    assert shown(gallery)[-2:] == ["other", "broken"]
    assert on_screen(window) == grass("starry-night")


def test_a_note_stands_on_a_card_instead_of_artist_and_year(gallery: Gallery) -> None:
    view, index = gallery.cards.viewport(), index_of(gallery, "other")
    card = gallery.cards.visualRect(index)
    before = view.grab(card).toImage()
    told = Qt.ItemDataRole.AccessibleTextRole
    plain = index.data(told)
    gallery.set_notes({"other": "is learning, 42 %"})
    assert view.grab(card).toImage() != before
    assert index.data(told) == f"{plain}, is learning, 42 %"
    gallery.set_notes({})
    assert view.grab(card).toImage() == before


def test_surprise_takes_another_usable_style(window: MainWindow) -> None:
    before = {window.session.document.style_id}
    for _ in range(8):
        window.actions_by_id["surprise"].trigger()
        assert window.session.document.style_id not in before
        before = {window.session.document.style_id}
        assert before <= {"starry-night", "other", "third"}


def test_every_control_has_a_name(window: MainWindow, gallery: Gallery) -> None:
    buttons = gallery.findChildren(QToolButton, options=Qt.FindChildOption.FindDirectChildrenOnly)
    assert len(buttons) == 4
    controls = [*buttons, gallery.search, gallery.cards, gallery]
    names = [control.accessibleName() for control in (*controls, window.style_button)]
    assert all(names)
    assert len(set(names)) == len(names)


def test_with_the_real_studio(qtbot: QtBot, tmp_path: Path, settings: Settings) -> None:
    folder = tmp_path / "styles"
    for name in ("tiny", "other"):
        write_pack(folder / name)
    style = "starry-night"
    settings.style = style
    window = MainWindow(partial(Studio, "cpu", "fp32", [folder]), settings)
    qtbot.addWidget(window)
    window.resize(1200, 700)
    window.show()
    session, preview = window.session, window.session.preview
    qtbot.waitUntil(lambda: session.document.style_id == style and not preview.busy, timeout=60_000)
    before = session.document.painting.copy()
    window.actions_by_id["gallery"].trigger()
    with qtbot.waitSignal(session.sketch.painted, timeout=30_000) as sketch:
        hover(window.gallery, "tiny")
    click(window.gallery, "tiny")
    assert (session.document.painting == sketch.args[1]).all()  # the canvas is that small
    qtbot.waitUntil(lambda: not preview.busy, timeout=30_000)
    labels = session.document.labels.snapshot().array()
    wanted = Studio("cpu", "fp32", [folder]).render(labels, "tiny", session.document.seed)
    assert (session.document.painting == wanted).all()
    session.undo()
    qtbot.waitUntil(lambda: not preview.busy, timeout=30_000)
    assert (session.document.painting == before).all()


def test_a_replaced_thumbnail_is_shown(tmp_path: Path, studio: FakeStudio) -> None:
    """A style that was imported again under its name has another picture."""
    path, seen = tmp_path / "thumbnail.png", []
    info = replace(studio._info("other", "Other", None), thumbnail=path)
    for number, colour in enumerate([(255, 0, 0), (0, 0, 255)]):
        Image.new("RGB", (8, 6), colour).save(path)
        os.utime(path, (number, number))
        pixel = picture_of(info).toImage().pixelColor(4, 3)
        seen.append((pixel.red(), pixel.green(), pixel.blue()))
    assert seen == [(255, 0, 0), (0, 0, 255)]
    path.unlink()
    assert picture_of(info).isNull()
