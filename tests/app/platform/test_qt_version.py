"""Faults of the installed Qt for Python that would end every long session."""

import sys

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal there")
def test_calls_that_return_nothing_keep_none_alive(qtbot: QtBot) -> None:
    """PySide6 6.12.0 took a reference from None each time; Python aborts when the last is gone."""
    timer = QTimer()
    before = sys.getrefcount(None)
    for _ in range(500):
        timer.setInterval(3)
    assert sys.getrefcount(None) - before > -250
