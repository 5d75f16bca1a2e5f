"""The look: dark colours, style sheet and icons, read from `resources/`."""

import tomllib
from functools import cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QStyleFactory

import resources

ICON_SIZES = (16, 20, 24, 32, 40, 48, 64)


@cache
def colours() -> dict[str, str]:
    """Named colours of the theme, e.g. ``colours()["accent"]``."""
    with resources.path("theme/dark.toml").open("rb") as file:
        return dict(tomllib.load(file))


def colour(name: str) -> QColor:
    """One colour of the theme."""
    return QColor(colours()[name])


def apply_theme(application: QApplication) -> None:
    """Dark palette and style sheet on top of Qt's own Fusion style, alike on every system."""
    application.setStyle(QStyleFactory.create("Fusion"))
    application.setPalette(_palette())
    sheet = resources.path("theme/dark.qss").read_text(encoding="utf-8")
    # Longest names first: @line must not eat the start of @line-strong.
    for name in sorted(colours(), key=len, reverse=True):
        sheet = sheet.replace(f"@{name}", colours()[name])
    sheet = sheet.replace("@icons", resources.path("icons").as_posix())
    application.setStyleSheet(sheet)


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
    """An icon of `resources/icons`, drawn in the theme's text colour."""
    svg = resources.path(f"icons/{name}.svg").read_text(encoding="utf-8")
    result = QIcon()
    modes = {
        (QIcon.Mode.Normal, QIcon.State.Off): "text",
        (QIcon.Mode.Disabled, QIcon.State.Off): "faint",
        (QIcon.Mode.Normal, QIcon.State.On): "accent",
        (QIcon.Mode.Active, QIcon.State.On): "accent",
        (QIcon.Mode.Selected, QIcon.State.On): "accent",
    }
    for (mode, state), tint in modes.items():
        data = QByteArray(svg.replace("currentColor", colours()[tint]).encode())
        for size in ICON_SIZES:
            result.addPixmap(_drawn(data, size), mode, state)
    return result


def app_icon() -> QIcon:
    """Daub's own icon."""
    return icon("daub")


def pixmap(name: str, size: int, ratio: float) -> QPixmap:
    """An icon as a picture of `size` logical pixels."""
    return icon(name).pixmap(QSize(size, size), ratio)


def _drawn(svg: QByteArray, size: int) -> QPixmap:
    picture = QPixmap(size, size)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    QSvgRenderer(svg).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return picture
