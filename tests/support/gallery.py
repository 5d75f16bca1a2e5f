"""Cards of the gallery by style."""

from PySide6.QtCore import QModelIndex

from app.widgets.gallery import Gallery
from app.widgets.style_model import style_at


def shown(gallery: Gallery) -> list[str]:
    rows = range(gallery.filter.rowCount())
    return [style_at(gallery.filter.index(row, 0)).id for row in rows]


def index_of(gallery: Gallery, style_id: str) -> QModelIndex:
    return gallery.filter.index(shown(gallery).index(style_id), 0)
