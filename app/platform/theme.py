"""Dark and light theme: colours, style sheet and icons from `resources/`."""

import tomllib
from functools import cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QStyleFactory

import resources

DARK, LIGHT = "dark", "light"
SYSTEM = "system"

_in_use = [DARK]


@cache
def colours_of(theme: str) -> dict[str, str]:
    """Return the colours of a theme by name, e.g. ``colours_of("dark")["accent"]``."""
    with resources.path(f"theme/{theme}.toml").open("rb") as file:
        return dict(tomllib.load(file))


def colours() -> dict[str, str]:
    """Return the colours of the current theme by name."""
    return colours_of(_in_use[0])


def colour(name: str) -> QColor:
    """Return a colour of the current theme; call it for every drawing, as the theme may change."""
    return QColor(colours()[name])


def apply_theme(application: QApplication, wish: str = DARK) -> None:
    """Apply a theme's palette and style sheet to Qt's Fusion style, equal on every system.

    `wish`: DARK, LIGHT, or SYSTEM to follow the system's colour scheme.
    """
    schemes, hints = Qt.ColorScheme, application.styleHints()
    # System dialogs and title bars follow this.
    hints.setColorScheme({DARK: schemes.Dark, LIGHT: schemes.Light}.get(wish, schemes.Unknown))
    light = wish == LIGHT or (wish == SYSTEM and hints.colorScheme() == schemes.Light)
    _in_use[0] = LIGHT if light else DARK
    application.setStyle(QStyleFactory.create("Fusion"))
    application.setPalette(_palette())
    application.setStyleSheet(_style_sheet())


def _style_sheet() -> str:
    sheet = resources.path("theme/theme.qss").read_text(encoding="utf-8")
    # Longest names first, because @line is a prefix of @line-strong.
    for name in sorted(colours(), key=len, reverse=True):
        sheet = sheet.replace(f"@{name}", colours()[name])
    sheet = sheet.replace("@icons", resources.path("icons").as_posix())
    return sheet.replace("@theme", _in_use[0])


def _palette() -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    names = {
        role.Window: "panel", role.WindowText: "text", role.Base: "field", role.Text: "text",
        role.AlternateBase: "panel", role.Button: "raised", role.ButtonText: "text",
        role.BrightText: "danger", role.Highlight: "accent", role.HighlightedText: "on-accent",
        role.ToolTipBase: "raised", role.ToolTipText: "text", role.PlaceholderText: "muted",
        role.Link: "accent", role.LinkVisited: "accent", role.Light: "line", role.Mid: "line",
        role.Midlight: "line", role.Dark: "deep", role.Shadow: "deep", role.Accent: "accent",
    }  # fmt: skip
    for which, name in names.items():
        palette.setColor(which, colour(name))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, colour("faint"))
    return palette


@cache
def icon(name: str) -> QIcon:
    """Return an icon of `resources/icons`, drawn in the text colour of the current theme."""
    return QIcon(_engine(name))


class _ThemedIcon(QIconEngine):
    """Draws an SVG at the requested size in the colours of the current theme."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._svg = resources.path(f"icons/{name}.svg").read_text(encoding="utf-8")

    def clone(self) -> QIconEngine:
        return _kept(_ThemedIcon(self._name))

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        self._renderer(mode, state).render(painter, QRectF(rect))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        picture = QPixmap(size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        side = min(size.width(), size.height())
        corner = QPoint((size.width() - side) // 2, (size.height() - side) // 2)
        self.paint(painter, QRect(corner, QSize(side, side)), mode, state)
        painter.end()
        return picture

    def _renderer(self, mode: QIcon.Mode, state: QIcon.State) -> QSvgRenderer:
        tint = "faint" if mode == QIcon.Mode.Disabled else "text"
        if state == QIcon.State.On and mode != QIcon.Mode.Disabled:
            tint = "accent"
        shade = colours()[tint]
        return QSvgRenderer(QByteArray(self._svg.replace("currentColor", shade).encode()))


_engines: list[QIconEngine] = []


def _kept(engine: QIconEngine) -> QIconEngine:
    """Keep a reference to an icon engine: C++ owns it, but its Python object must stay alive."""
    _engines.append(engine)
    return engine


def _engine(name: str) -> QIconEngine:
    return _kept(_ThemedIcon(name))


def app_icon() -> QIcon:
    """Return the application icon."""
    return icon("daub")


def pixmap(name: str, size: int, ratio: float) -> QPixmap:
    """Return an icon as a pixmap of `size` logical pixels at the device pixel ratio `ratio`."""
    return icon(name).pixmap(QSize(size, size), ratio)
