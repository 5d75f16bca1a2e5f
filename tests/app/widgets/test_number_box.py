"""Number boxes take what is typed, and the nearest limit for what is beyond."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.widgets.number_box import NumberBox


@pytest.mark.parametrize(
    ("typed", "value"), [("9999", 512), ("513", 512), ("0", 1), ("77", 77), ("", 40), ("x", 40)]
)
def test_what_is_typed(qtbot: QtBot, typed: str, value: int) -> None:
    box = NumberBox(1, 512, " px")
    qtbot.addWidget(box)
    box.setValue(40)
    box.selectAll()
    if typed:
        QTest.keyClicks(box, typed)
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert box.value() == value
    assert box.text() == f"{value} px"
