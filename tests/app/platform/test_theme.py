"""Both themes: readable, complete, and applied without a restart."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QPalette
from PySide6.QtWidgets import QApplication

import resources
from app.platform import theme
from app.platform.theme import DARK, LIGHT, apply_theme, colours_of, icon

WORDS = {
    "text": ("panel", "field", "raised", "hover", "deep", "accent-dim", "danger-dim", "info-dim"),
    "muted": ("panel", "field", "hover", "accent-dim"),
    "on-accent": ("accent", "accent-bright", "muted"),
    "danger": ("panel",),
    "accent": ("panel", "field"),
}
SIGNS = {"accent": ("accent-dim", "hover")}
PAIRS = [(front, back) for front, backs in WORDS.items() for back in backs]


@pytest.fixture(autouse=True)
def _dark_again(qapp: QApplication) -> object:
    yield
    apply_theme(qapp, DARK)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = [value / 255 for value in QColor(colour).getRgb()[:3]]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in channels]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_what_wcag_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("name", [DARK, LIGHT])
def test_words_can_be_read(name: str, pair: tuple[str, str]) -> None:
    colours = colours_of(name)
    assert contrast(colours[pair[0]], colours[pair[1]]) >= 4.5


@pytest.mark.parametrize("name", [DARK, LIGHT])
def test_signs_can_be_seen(name: str) -> None:
    colours = colours_of(name)
    for front, backs in SIGNS.items():
        for back in backs:
            assert contrast(colours[front], colours[back]) >= 3


def test_both_themes_name_the_same_colours() -> None:
    assert colours_of(DARK).keys() == colours_of(LIGHT).keys()


def ink(shown: QIcon, state: QIcon.State = QIcon.State.Off) -> str:
    """The colour that an icon is drawn in."""
    image = shown.pixmap(QSize(32, 32), 1.0, QIcon.Mode.Normal, state).toImage()
    found = [image.pixelColor(x, y) for x in range(32) for y in range(32)]
    return max(found, key=QColor.alpha).name()


def test_icons_and_palette_follow_the_theme(qapp: QApplication) -> None:
    shown = QIcon(icon("stop"))  # a copy, as an action holds it
    for name in (LIGHT, DARK):
        apply_theme(qapp, name)
        assert ink(shown) == colours_of(name)["text"]
        assert ink(shown, QIcon.State.On) == colours_of(name)["accent"]
        window = qapp.palette().color(QPalette.ColorRole.Window)
        assert window.name() == colours_of(name)["panel"]
        assert colours_of(name)["panel"] in qapp.styleSheet()
        assert "@" not in qapp.styleSheet()


def test_every_picture_of_the_sheet_exists(qapp: QApplication) -> None:
    for name in (LIGHT, DARK):
        apply_theme(qapp, name)
        for part in qapp.styleSheet().split('url("')[1:]:
            assert theme.resources.ROOT.joinpath(part.split('"')[0]).is_file()


def test_the_sheet_is_read_from_any_folder(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "Für alle" / "Daub (1)"
    shutil.copytree(resources.ROOT, folder)
    monkeypatch.setattr(resources, "ROOT", folder)
    apply_theme(qapp, LIGHT)  # Qt warns about a sheet that it cannot read, which fails a test
    assert str(folder) in qapp.styleSheet()
