"""The dialog of variations alone: cards, keys, progress."""

import numpy as np
import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.widgets.variations_dialog import Card, VariationsDialog

RED = np.full((48, 64, 3), (200, 10, 10), np.uint8)


@pytest.fixture
def dialog(qtbot: QtBot) -> VariationsDialog:
    cards = [Card(name, name == "two") for name in ("one", "two", "three", "four")]
    dialog = VariationsDialog("Variations", cards, QSize(128, 96), 2)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def spoken(dialog: VariationsDialog, row: int) -> str:
    return str(dialog.cards.item(row).data(Qt.ItemDataRole.AccessibleTextRole))


def shade(dialog: VariationsDialog, row: int) -> tuple[int, int, int]:
    """The colour on screen in the middle of a card's picture."""
    grid = dialog.cards
    rect = grid.visualItemRect(grid.item(row))
    colour = grid.viewport().grab().toImage().pixelColor(rect.center().x(), rect.top() + 30)
    return colour.red(), colour.green(), colour.blue()


def test_the_cards_stand_in_columns(dialog: VariationsDialog) -> None:
    rects = [dialog.cards.visualItemRect(dialog.cards.item(row)) for row in range(4)]
    assert rects[0].top() == rects[1].top() < rects[2].top() == rects[3].top()
    assert rects[0].left() == rects[2].left() < rects[1].left()


def test_the_keyboard_begins_on_the_current_card_and_goes_in_the_grid(
    dialog: VariationsDialog,
) -> None:
    chosen: list[int] = []
    dialog.chosen.connect(chosen.append)
    assert dialog.cards.currentRow() == 1
    assert spoken(dialog, 1).startswith("two (current)")
    QTest.keyClick(dialog.cards, Qt.Key.Key_Down)
    QTest.keyClick(dialog.cards, Qt.Key.Key_Left)
    QTest.keyClick(dialog.cards, Qt.Key.Key_Enter)
    assert chosen == [2]
    assert not dialog.isVisible()


def test_pictures_appear_and_their_progress_is_told(dialog: VariationsDialog) -> None:
    assert spoken(dialog, 0) == "one, Painting..."
    dialog.show_picture(0, RED, last=False)
    assert shade(dialog, 0) == (200, 10, 10)
    assert spoken(dialog, 0) == "one, Painting..."
    dialog.show_picture(0, 255 - RED, last=True)
    assert shade(dialog, 0) == (55, 245, 245)
    assert spoken(dialog, 0) == "one"
    assert dialog.progress.text() == "1 of 4 painted"
    assert not dialog.complete


def test_a_sheet_is_offered_when_all_is_painted(dialog: VariationsDialog) -> None:
    assert not dialog.sheet_button.isVisible()
    dialog.offer_sheet()
    assert dialog.sheet_button.isVisible()
    for row in range(3):
        dialog.show_picture(row, RED, last=True)
    assert not dialog.sheet_button.isEnabled()
    dialog.show_problem(3, "four is broken.")
    assert dialog.complete
    assert dialog.sheet_button.isEnabled()
    assert spoken(dialog, 3) == "four, four is broken."
    assert dialog.progress.text() == ""
