"""Tests of the dialog that asks what paints a material."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QColorDialog
from pytestqt.qtbot import QtBot

from app.widgets.paint_as_dialog import Choice, Lender, PaintAsDialog

LENDERS = [
    Lender("here", "This painting", {"sky": "sky", "sea": "sea"}),
    Lender("other", "Other painting", {"wave": "wave"}),
]
USUAL = Choice("other", "wave")


def shown(qtbot: QtBot, current: Choice | None = None) -> tuple[PaintAsDialog, list[Choice | None]]:
    """The dialog, and what it asks for."""
    dialog, asked = PaintAsDialog("Water", LENDERS, USUAL, current), []
    qtbot.addWidget(dialog)
    dialog.chosen.connect(asked.append)
    dialog.show()
    return dialog, asked


def test_the_keyboard_goes_from_region_to_region(qtbot: QtBot) -> None:
    dialog, asked = shown(qtbot)
    assert dialog.answer() is None
    for _ in range(3):
        QTest.keyClick(dialog.list, Qt.Key.Key_Down)
    assert asked == [Choice("here", "sky"), Choice("here", "sea"), Choice("other", "wave")]
    QTest.keyClick(dialog.list, Qt.Key.Key_Home)
    assert asked[-1] is None
    assert dialog.list.currentItem().text() == "As the style does"


def test_a_tint_may_colour_any_of_them(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    dialog, asked = shown(qtbot)
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_: QColor("#203040"))
    dialog.colour.click()
    assert dialog.tint.isChecked()
    assert asked == [Choice("other", "wave", "#203040")], "what the style says, tinted"
    QTest.keyClick(dialog.list, Qt.Key.Key_Down)
    assert asked[-1] == Choice("here", "sky", "#203040")
    dialog.tint.click()
    assert asked[-1] == Choice("here", "sky")
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_: QColor())
    dialog.colour.click()
    assert len(asked) == 3, "the colour dialog was closed without a choice"


@pytest.mark.parametrize(
    ("current", "row"),
    [
        (None, "As the style does"),
        (Choice("here", "sea"), "sea"),
        (Choice("here", "sea", "#112233"), "sea"),
        (Choice("other", "wave", "#112233"), "As the style does"),
        (Choice("gone", "sky"), "As the style does"),
    ],
)
def test_it_opens_with_what_is_chosen(qtbot: QtBot, current: Choice | None, row: str) -> None:
    dialog, asked = shown(qtbot, current)
    assert dialog.list.currentItem().text() == row
    assert dialog.tint.isChecked() == bool(current and current.tint)
    assert asked == []


def test_pictures_come_later(qtbot: QtBot) -> None:
    dialog, _ = shown(qtbot)
    item = dialog._items[0]
    size = dialog.list.iconSize()
    dialog.set_pictures("here", {"sky": np.full((48, 72, 3), 200, np.uint8)})
    colour = item.icon().pixmap(size).toImage().pixelColor(30, 20)
    assert colour.name() == "#c8c8c8"
    assert dialog._items[2].icon().pixmap(size).toImage().pixelColor(30, 20).alpha() == 0
