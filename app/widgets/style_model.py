"""The styles as a list to look at: what is known of each, and which of them are wanted."""

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
from app.platform.translation import is_english, tr
from resources.materials import materials

Index = QModelIndex | QPersistentModelIndex

THUMBNAIL = QSize(320, 240)
"""Kept size of a thumbnail: twice what a card shows, for screens with small pixels."""


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
    def regions(self) -> Mapping[str, tuple[str, ...]]: ...


class Role(IntEnum):
    """What the model tells besides Qt's own roles."""

    STYLE = Qt.ItemDataRole.UserRole
    NUMBER = Qt.ItemDataRole.UserRole + 1
    PROBLEM = Qt.ItemDataRole.UserRole + 2


class StyleModel(QAbstractListModel):
    """All style packs, those that cannot be used at the end and disabled."""

    def __init__(self, favourites: Favourites, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._favourites = favourites
        self._styles: list[StyleLike] = []
        self._failed: dict[str, str] = {}
        self._misfits: Mapping[str, str] = {}
        favourites.changed.connect(self._tell)

    def set_styles(self, styles: Sequence[StyleLike]) -> None:
        """List these styles."""
        self.beginResetModel()
        self._styles = sorted(styles, key=lambda style: style.problem is not None)
        self.endResetModel()

    def set_problem(self, style_id: str, problem: str) -> None:
        """This style has turned out to be unusable."""
        self._failed[style_id] = problem
        self._tell()

    def set_misfits(self, misfits: Mapping[str, str]) -> None:
        """These styles, with the reasons why, are unusable for as long as this is so."""
        if misfits != self._misfits:
            self._misfits = misfits
            self._tell()

    def problem(self, style: StyleLike) -> str:
        """Why a style cannot be used, in a sentence; empty when it can."""
        misfit = self._misfits.get(style.id, "")
        return style.problem or self._failed.get(style.id, misfit)

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
            Qt.ItemDataRole.AccessibleTextRole: lambda: self._spoken(style),
            Role.STYLE: lambda: style,
            Role.NUMBER: lambda: self._favourites.number(style.id),
            Role.PROBLEM: lambda: self.problem(style),
        }
        return values[role]() if role in values else None

    def _spoken(self, style: StyleLike) -> str:
        number = self._favourites.number(style.id)
        key = f", {key_of(number)}" if key_of(number) else ""
        favourite = ", " + tr("favourite") + key if number else ""
        problem = self.problem(style)
        return f"{by_line(style)}{favourite}" if not problem else f"{style.title}: {problem}"

    def _tell(self) -> None:
        if self._styles:
            self.dataChanged.emit(self.index(0), self.index(len(self._styles) - 1))


class StyleFilter(QSortFilterProxyModel):
    """The styles that answer a search; or the favourites only, by their number."""

    def __init__(self, model: StyleModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words: list[str] = []
        self._favourites_only = False
        self.setSourceModel(model)
        self.setDynamicSortFilter(True)
        self.sort(0)

    def set_search(self, text: str) -> None:
        """Only styles in which every word occurs."""
        self._words = text.casefold().split()
        self.invalidate()

    def set_favourites_only(self, only: bool) -> None:
        """Only favourites, or all."""
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

    def _place(self, index: Index) -> tuple[bool, int, int]:
        number = index.data(Role.NUMBER) if self._favourites_only else 0
        return bool(index.data(Role.PROBLEM)), number, index.row()


def style_at(index: Index) -> StyleLike:
    """The style in a row of either model."""
    return cast(StyleLike, index.data(Role.STYLE))


def by_line(style: StyleLike) -> str:
    """Title, artist and year, as far as they are known."""
    return ", ".join(filter(None, (style.title, style.artist, style.year)))


def searched_text(style: StyleLike) -> str:
    """What a search looks at: the names, the regions and what each region is first of all for."""
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
    """The thumbnail, else the starter doodle, filling THUMBNAIL; null when there is neither."""
    path = style.thumbnail or next(iter(style.starters), None)
    return QPixmap() if path is None else _picture(path)


@cache
def _picture(path: Path) -> QPixmap:
    return filling(QPixmap(str(path)), THUMBNAIL)


def filling(picture: QPixmap, size: QSize) -> QPixmap:
    """The picture's middle, scaled to fill that size; a null picture stays null."""
    if picture.isNull():
        return picture
    whole = picture.scaled(
        size,
        Qt.AspectRatioMode.KeepAspectRatioByExpanding,
        Qt.TransformationMode.SmoothTransformation,
    )
    left, top = (whole.width() - size.width()) // 2, (whole.height() - size.height()) // 2
    return whole.copy(left, top, size.width(), size.height())
