"""Cards of the gallery by style."""

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QTest

from app.widgets.gallery import Gallery
from app.widgets.style_model import style_at
from app.window.main_window import MainWindow


@pytest.fixture
def gallery(window: MainWindow) -> Gallery:
    """The gallery, opened with its key."""
    QTest.keyClick(window, Qt.Key.Key_G)
    assert window.gallery.isVisible()
    return window.gallery


def shown(gallery: Gallery) -> list[str]:
    rows = range(gallery.filter.rowCount())
    return [style_at(gallery.filter.index(row, 0)).id for row in rows]


def index_of(gallery: Gallery, style_id: str) -> QModelIndex:
    return gallery.filter.index(shown(gallery).index(style_id), 0)
