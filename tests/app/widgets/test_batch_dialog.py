"""The photos of a batch: thumbnails, of which only the newest are kept, and warnings."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.widgets import batch_dialog
from app.widgets.batch_dialog import SIDE, BatchDialog

RED = np.full((SIDE, SIDE, 3), (200, 0, 0), np.uint8)
PATHS = [Path(f"/in/{number}.png") for number in range(6)]


@pytest.fixture
def dialog(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> BatchDialog:
    monkeypatch.setattr(batch_dialog, "MOST_PICTURES", 3)
    parent = QWidget()
    qtbot.addWidget(parent)
    return BatchDialog(PATHS, Path("/out"), parent)


def seen(dialog: BatchDialog, row: int) -> QImage:
    return dialog.list.item(row).icon().pixmap(SIDE, SIDE).toImage()


def pictured(dialog: BatchDialog) -> list[int]:
    """Return the rows that show a picture."""
    corners = [seen(dialog, row).pixelColor(40, 40) for row in range(len(PATHS))]
    return [row for row, colour in enumerate(corners) if colour.saturation() > 40]


def test_photos_without_a_picture_share_one_icon(dialog: BatchDialog) -> None:
    keys = {dialog.list.item(row).icon().cacheKey() for row in range(len(PATHS))}
    assert len(keys) == 1


def test_the_newest_paintings_are_kept(dialog: BatchDialog) -> None:
    for path in PATHS:
        dialog.show_photo(path, RED, False)
    assert pictured(dialog) == [0, 1, 2]
    for path in PATHS[:5]:
        dialog.show_photo(path, RED, True)
    assert pictured(dialog) == [2, 3, 4]


def test_a_photo_that_failed_has_a_warning_above_it(dialog: BatchDialog) -> None:
    dialog.show_photo(PATHS[0], RED, False)
    plain = [seen(dialog, 0), seen(dialog, 1)]
    for path in PATHS[:2]:
        dialog.show_problem(path, "It cannot be read.")
    assert [seen(dialog, 0) != plain[0], seen(dialog, 1) != plain[1]] == [True, True]
    assert pictured(dialog) == [0]
    warned = seen(dialog, 1)
    dialog.show_photo(PATHS[1], RED, False)
    for path in PATHS[2:5]:
        dialog.show_photo(path, RED, True)
    assert pictured(dialog) == [2, 3, 4]
    assert seen(dialog, 1) == warned, "the warning stays when the picture goes"
