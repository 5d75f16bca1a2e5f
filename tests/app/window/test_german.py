"""With German chosen, no English name of a material or of a style's region is on the screen."""

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QTranslator
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.document.colour_quantization import ForeignColours
from app.platform.settings import Settings
from app.platform.translation import speak
from app.widgets.import_dialog import ImportDialog
from app.widgets.paint_as_dialog import Choice, Lender, PaintAsDialog
from app.widgets.resize_dialog import ResizeDialog
from app.window.application import use_language
from app.window.main_window import MainWindow
from engine.studio import StyleInfo
from resources.materials import materials, materials_by_id
from tests.support.fakes import FakeStudio
from tests.support.hand import drag, move

REGIONS = {
    "gorse": ("field", "sun"),
    "cliff": ("rock", "ground", "building"),
    "boat": ("boat",),
    "lagoon": ("water", "figure"),
}
SERVED = {key: region for region, keys in REGIONS.items() for key in keys} | {"sky": "boat"}
FIELD, ROCK, GROUND, SKY = 7, 10, 11, 0


class RegionStudio(FakeStudio):
    """A studio whose styles have regions with English names of their own."""

    def _info(self, style_id: str, title: str, problem: str | None) -> StyleInfo:
        info = super()._info(style_id, title, problem)
        return replace(info, regions=REGIONS, served=info.served | SERVED)


@pytest.fixture
def window(
    qtbot: QtBot, qapp: QApplication, studio: FakeStudio, settings: Settings
) -> Iterator[MainWindow]:
    """The window in German."""
    settings.language = "de"
    use_language(qapp, settings.language)
    window = MainWindow(RegionStudio(studio.starter), settings)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window.session.style is not None)
    qtbot.waitUntil(lambda: not window.session.preview.busy)
    yield window
    speak("en")
    for translator in qapp.findChildren(QTranslator):
        qapp.removeTranslator(translator)


def english_names(texts: Iterator[str]) -> set[tuple[str, str]]:
    """The English names among texts, each with its text."""
    names = {*REGIONS, *(material.name for material in materials_by_id().values())}
    names |= {material.key for material in materials()}
    wanted = re.compile(rf"\b({'|'.join(map(re.escape, sorted(names)))})\b")
    return {(found, text) for text in texts for found in wanted.findall(text)}


def texts_of(root: QWidget) -> Iterator[str]:
    """Every text that a widget and its children show or speak."""
    for widget in (root, *root.findChildren(QWidget)):
        yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription())
        if isinstance(widget, QLabel | QAbstractButton):
            yield widget.text()
        if isinstance(widget, QComboBox):
            yield from (widget.itemText(row) for row in range(widget.count()))


def history_texts(window: MainWindow) -> Iterator[str]:
    """The undo steps as the history panel lists them."""
    model = window.history_panel.model()
    return (model.index(row, 0).data() for row in range(model.rowCount()))


def test_the_palette_is_german(window: MainWindow) -> None:
    palette = window.palette_panel
    assert english_names(texts_of(palette)) == set()
    assert "Erde: gemalt als Fels" in palette.button(GROUND).toolTip()
    assert palette.button(SKY).accessibleDescription().startswith("als Boot")
    # "cliff" and "gorse" are the style's own rock and field.
    for material in (ROCK, FIELD):
        assert "gemalt als" not in palette.button(material).toolTip()


def test_the_gallery_is_german(window: MainWindow) -> None:
    window.gallery.show()
    assert english_names(texts_of(window.gallery)) == set()
    assert "Gebäude" in window.gallery.details.text
    window.gallery.search.setText("fels")
    assert window.gallery.filter.rowCount() > 0


def test_status_bar_tool_bars_and_history_are_german(window: MainWindow) -> None:
    canvas, session = window.workspace.canvas, window.session
    window.actions_by_id["history"].trigger()
    for material in materials():
        session.set_options(material=material.id)
        move(canvas, (100, 30))
        drag(canvas, [(100, 30)])
        move(canvas, (100, 30))
        assert english_names(texts_of(window)) == set()
        assert english_names(history_texts(window)) == set()
    session.set_options(material=GROUND)
    drag(canvas, [(100, 30)])
    move(canvas, (100, 30))
    assert window.status.material.text() == "Erde: gemalt als Fels"
    session.set_background(GROUND)
    assert english_names(texts_of(window)) == set()
    assert english_names(history_texts(window)) == set()
    assert "Hintergrund: Erde" in list(history_texts(window))


def test_dialogs_are_german(window: MainWindow) -> None:
    usual, names = Choice("starry-night", "gorse"), dict.fromkeys(REGIONS, "Wasser")
    here = Lender("starry-night", "Dieses Gemälde", names)
    paint_as = PaintAsDialog("Himmel", [here], usual, None, window)
    assert english_names(texts_of(paint_as)) == set()
    dialog = ResizeDialog(300, 200, SKY, False, window)
    assert english_names(texts_of(dialog)) == set()
    colours = np.array([[0, 0, 255], [0, 255, 0]], np.uint8)
    index = np.arange(64).reshape(8, 8) % 2
    foreign = ForeignColours(index.astype(np.uint8), colours, np.array([0.5, 0.5]), True)
    small = colours[index]
    imported = ImportDialog("bild.png", small, foreign, True, window)
    assert english_names(texts_of(imported)) == set()
    assert imported.choices[0].itemText(SKY) == "Himmel"
