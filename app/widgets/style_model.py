"""The list model of the styles, with search and favourites."""

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any, Protocol, cast

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QPixmap

from app.platform.favourites import Favourites, key_of
from app.platform.style_order import StyleOrder
from app.platform.translation import is_english, tr
from resources.materials import materials

Index = QModelIndex | QPersistentModelIndex

THUMBNAIL = QSize(320, 240)
"""Size of cached thumbnails: twice the size on a card, for high-resolution screens."""


class StyleLike(Protocol):
    """What is shown of a style."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def artist(self) -> str: ...
    @property
    def year(self) -> str: ...
    @property
    def credit(self) -> str: ...
    @property
    def licence(self) -> str: ...
    @property
    def folder(self) -> Path: ...
    @property
    def thumbnail(self) -> Path | None: ...
    @property
    def starters(self) -> tuple[Path, ...]: ...
    @property
    def problem(self) -> str | None: ...
    @property
    def own(self) -> bool: ...
    @property
    def regions(self) -> Mapping[str, tuple[str, ...]]: ...


class Role(IntEnum):
    """Roles of the model besides Qt's own ones."""

    STYLE = Qt.ItemDataRole.UserRole
    NUMBER = Qt.ItemDataRole.UserRole + 1
    PROBLEM = Qt.ItemDataRole.UserRole + 2
    PLACE = Qt.ItemDataRole.UserRole + 3
    NOTE = Qt.ItemDataRole.UserRole + 4


class StyleModel(QAbstractListModel):
    """All style packs; unusable ones are at the end and disabled."""

    def __init__(
        self, favourites: Favourites, order: StyleOrder, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._favourites, self._order = favourites, order
        self._styles: list[StyleLike] = []
        self._failed: dict[str, str] = {}
        self._misfits: Mapping[str, str] = {}
        self._notes: Mapping[str, str] = {}
        favourites.changed.connect(self._emit_changed)
        order.changed.connect(self._emit_changed)

    def set_styles(self, styles: Sequence[StyleLike]) -> None:
        """Set the styles to list; those that have failed may be others now."""
        self.beginResetModel()
        self._failed.clear()
        self._styles = sorted(styles, key=lambda style: style.problem is not None)
        self.endResetModel()

    def set_problem(self, style_id: str, problem: str) -> None:
        """Mark a style as unusable for the given reason."""
        self._failed[style_id] = problem
        self._emit_changed()

    def set_misfits(self, misfits: Mapping[str, str]) -> None:
        """Set the styles that the document cannot use: style id -> reason."""
        if misfits != self._misfits:
            self._misfits = misfits
            self._emit_changed()

    def set_notes(self, notes: Mapping[str, str]) -> None:
        """Set what is noted on cards instead of artist and year: style id -> a few words."""
        if notes != self._notes:
            self._notes = dict(notes)
            self._emit_changed()

    def problem(self, style: StyleLike) -> str:
        """Return why a style is unusable, in a sentence; empty if it is usable."""
        misfit = self._misfits.get(style.id, "")
        return style.problem or self._failed.get(style.id, misfit)

    def ordered_ids(self) -> list[str]:
        """Return the ids of all styles in the user's order."""
        styles = sorted(self._styles, key=lambda style: self._order.place(style.id))
        return [style.id for style in styles]

    def rowCount(self, parent: Index | None = None) -> int:
        return len(self._styles)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.problem(self._styles[index.row()]):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        style = self._styles[index.row()]
        values: dict[int, Callable[[], object]] = {
            Qt.ItemDataRole.DisplayRole: lambda: style.title,
            Qt.ItemDataRole.DecorationRole: lambda: picture_of(style),
            Qt.ItemDataRole.ToolTipRole: lambda: self.problem(style) or None,
            Qt.ItemDataRole.AccessibleTextRole: lambda: self._accessible_text(style),
            Role.STYLE: lambda: style,
            Role.NUMBER: lambda: self._favourites.number(style.id),
            Role.PROBLEM: lambda: self.problem(style),
            Role.PLACE: lambda: self._order.place(style.id),
            Role.NOTE: lambda: self._notes.get(style.id, ""),
        }
        return values[role]() if role in values else None

    def _accessible_text(self, style: StyleLike) -> str:
        number = self._favourites.number(style.id)
        key = f", {key_of(number)}" if key_of(number) else ""
        favourite = ", " + tr("favourite") + key if number else ""
        problem, note = self.problem(style), self._notes.get(style.id, "")
        if problem:
            return f"{style.title}: {problem}"
        return f"{by_line(style)}{favourite}{', ' if note else ''}{note}"

    def _emit_changed(self) -> None:
        if self._styles:
            self.dataChanged.emit(self.index(0), self.index(len(self._styles) - 1))


class StyleFilter(QSortFilterProxyModel):
    """Filters the styles by a search, or to the favourites in the order of their numbers."""

    def __init__(self, model: StyleModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words: list[str] = []
        self._favourites_only = False
        self.setSourceModel(model)
        self.setDynamicSortFilter(True)
        self.sort(0)

    def set_search(self, text: str) -> None:
        """Accept only styles whose text contains every word."""
        self._words = text.casefold().split()
        self.invalidate()

    def set_favourites_only(self, only: bool) -> None:
        """Accept only favourites, or all styles."""
        self._favourites_only = only
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        index = self.sourceModel().index(row, 0)
        text = searched_text(style_at(index))
        if self._favourites_only and not index.data(Role.NUMBER):
            return False
        return all(word in text for word in self._words)

    def lessThan(self, left: Index, right: Index) -> bool:
        return self._place(left) < self._place(right)

    def _place(self, index: Index) -> tuple[bool, int, int, int]:
        number = index.data(Role.NUMBER) if self._favourites_only else 0
        return bool(index.data(Role.PROBLEM)), number, index.data(Role.PLACE), index.row()


def style_at(index: Index) -> StyleLike:
    """Return the style in a row of either model."""
    return cast(StyleLike, index.data(Role.STYLE))


def by_line(style: StyleLike) -> str:
    """Return title, artist and year, as far as they are known."""
    return ", ".join(filter(None, (style.title, style.artist, style.year)))


def searched_text(style: StyleLike) -> str:
    """Return the text that a search looks in: title, artist, year, regions, main materials."""
    names = {material.key: tr(material.name) for material in materials()}
    main = [names[keys[0]] for keys in style.regions.values() if keys]
    return " ".join((by_line(style), *style.regions, *main)).casefold()


def region_name(region: str, regions: Mapping[str, tuple[str, ...]]) -> str:
    """Return a region's name for the screen.

    Style packs name their regions in English. In other languages the first material of the region
    stands for it; the result is empty for a region without a known material.
    """
    if is_english():
        return region
    names = {material.key: tr(material.name) for material in materials()}
    return next((names[key] for key in regions.get(region, (region,)) if key in names), "")


def picture_of(style: StyleLike) -> QPixmap:
    """Return the thumbnail, else the starter doodle, filling THUMBNAIL; else a null picture."""
    path = style.thumbnail or next(iter(style.starters), None)
    try:
        return QPixmap() if path is None else _picture(path, path.stat().st_mtime_ns)
    except OSError:
        return QPixmap()


@cache
def _picture(path: Path, _changed: int) -> QPixmap:
    """Return the picture of a file that was changed at this time."""
    return filling(QPixmap(str(path)), THUMBNAIL)


def filling(picture: QPixmap, size: QSize) -> QPixmap:
    """Scale a picture to fill a size and crop it around the centre; null stays null."""
    if picture.isNull():
        return picture
    whole = picture.scaled(
        size,
        Qt.AspectRatioMode.KeepAspectRatioByExpanding,
        Qt.TransformationMode.SmoothTransformation,
    )
    left, top = (whole.width() - size.width()) // 2, (whole.height() - size.height()) // 2
    return whole.copy(left, top, size.width(), size.height())
