"""Translation: all texts on screen go through `tr`, and German is complete."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTranslator
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QMenu,
    QPlainTextEdit,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItemIterator,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.document.film import LAYOUTS
from app.document.refined import QUALITIES, STROKES
from app.editing import photo_look
from app.files import open_controller
from app.files.document_file import UNTITLED
from app.platform import translation
from app.platform.settings import PAGES, Settings, declared
from app.platform.translation import LANGUAGES, speak, tr, translations
from app.services import refine
from app.services.export import formats
from app.tools import TOOLS
from app.widgets import (
    brush_details,
    export_dialog,
    log_viewer,
    new_canvas_dialog,
    photo_panel,
    refine_bar,
    status,
    style_form,
    tool_options,
)
from app.widgets.actions import MENUS, SPECS
from app.widgets.new_canvas_dialog import NewCanvasDialog, Template
from app.widgets.resize_dialog import ANCHORS
from app.widgets.workspace import PEEKED
from app.window import studio_controller, studio_window
from app.window.application import use_language
from app.window.canvas_controller import SIMPLE
from app.window.main_window import MainWindow
from app.window.onboarding import TIPS
from app.window.shortcuts import GESTURES, GESTURES_GROUP, OTHER_KEYS
from app.window.tutorial import END, STEPS
from resources.materials import named
from tests.support.fakes import FakeStudio
from tests.support.studio import bands, opened

APP = Path(__file__).parents[3] / "app"


@pytest.fixture(autouse=True)
def _english_again(qapp: QApplication) -> Iterator[None]:
    yield
    speak("en")
    for translator in qapp.findChildren(QTranslator):
        qapp.removeTranslator(translator)


def called() -> set[str]:
    """Every text that is given to `tr` as it is."""
    texts = set()
    for path in APP.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "tr":
                texts |= {n.value for n in node.args[:1] if isinstance(n, ast.Constant)}
    return texts


def tables() -> set[str]:
    """Every text that is declared in English and translated where it is shown."""
    shown = [setting.shown for setting in declared() if setting.shown is not None]
    return {
        *(text for spec in SPECS for text in (spec.text, spec.tip)),
        *(text for tool in TOOLS.values() for text in (tool.name, tool.tip)),
        *(text for gesture in GESTURES for text in gesture),
        *(text for text, _ in OTHER_KEYS),
        *(text for _, word, tip, _ in brush_details.ROWS for text in (word, tip)),
        *(tip for row in CHOICES for _, _, tip in row), tool_options.ROPE, tool_options.PRESSURE,
        tool_options.FOLLOW,
        *(text for tip in (*TIPS, *STEPS, END) for text in (tip.title, tip.text)),
        *(text for s in shown for text in (s.label, s.help, s.zero)),
        *(text for s in shown for _, text in s.choices),
        *(text for text, _, _ in new_canvas_dialog.PRESETS),
        *(material.name for material in named().values()),
        *open_controller.ANSWERS, *photo_look.NAMES.values(), *photo_panel.COLOUR_WORDS.values(),
        *photo_panel.BY_WORDS.values(),
        *(name.capitalize() for name in (*QUALITIES, *STROKES)),
        *(entry.name for entry in formats()),
        *MENUS, *PAGES, *LAYOUTS.values(), *log_viewer.LEVELS, *refine_bar.DEVICES.values(), *ABOUT,
        *(text for text, _ in SIMPLE.values()), *ANCHORS, *PEEKED.values(), refine.DONE,
        *refine.REASONS.values(), refine.STALE, status.HINT, "Other keys", GESTURES_GROUP, UNTITLED,
        export_dialog.ANEW, export_dialog.SAME, export_dialog.ENLARGED,
        export_dialog.NOT_PAINTED,
        *style_form.FIELDS.values(), *style_form.LICENCES, *studio_controller.ANSWERS,
        *(text for texts in style_form.SLIDERS.values() for text in texts),
        *(text for texts in studio_window.SHOWN.values() for text in texts),
    } - {""}  # fmt: skip


CHOICES = (
    tool_options.BRUSH_SHAPE_CHOICES, tool_options.FILL_CHOICES, tool_options.SELECT_CHOICES,
    tool_options.AREA_CHOICES, tool_options.COMB_CHOICES,
)  # fmt: skip

ABOUT = ("Python", "PyTorch", "Qt", "OpenCV", "Daub", "System", "Device")
"""What About lists versions of."""

SAME = {
    "Daub",
    "Python",
    "PyTorch",
    "Qt",
    "OpenCV",
    "Alt + click",
    "English",
    "Deutsch",
    "PNG",
    "JPEG",
    "WebP",
    "TIFF",
    "CC0",
    "CC BY 4.0",
    "CC BY-SA 4.0",
}
"""May be left out of a translation: names, and what nobody would say differently."""


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_a_translation_is_complete_and_holds_nothing_else(language: str) -> None:
    texts, known = called() | tables(), translations(language)
    missing = sorted(texts - known.keys() - SAME)
    lines = "\n".join(f'"{text}" = ""' for text in missing)
    assert not missing, f"resources/translations/{language}.toml has no\n{lines}"
    assert not known.keys() - texts, f"no longer used: {sorted(known.keys() - texts)}"
    assert all(known.values())


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_a_translation_keeps_values_keys_and_ends(language: str) -> None:
    for text, said in translations(language).items():
        assert sorted(re.findall(r"{\w+}", text)) == sorted(re.findall(r"{\w+}", said)), text
        assert ("&" in text.replace(" & ", "")) == ("&" in said.replace(" & ", "")), text
        assert text.endswith("...") == said.endswith("..."), text
        assert text.endswith(".") == said.endswith("."), text


def test_no_menu_uses_a_letter_twice() -> None:
    for language in LANGUAGES:
        speak(language)
        for title, ids in MENUS.items():
            specs = [spec for spec in SPECS if spec.id in ids]
            letters = re.findall(r"&(\w)", " ".join(tr(spec.text) for spec in specs).lower())
            assert len(letters) == len(set(letters)), f"{language}: {title} {letters}"
        titles = re.findall(r"&(\w)", " ".join(tr(title) for title in MENUS).lower())
        assert len(titles) == len(set(titles)), f"{language}: {titles}"


def test_values_go_into_the_translation() -> None:
    speak("de")
    assert tr("Seed {seed}", seed=7) == "Startwert 7"
    assert tr("no such text {x}", x=1) == "no such text 1"
    speak("en")
    assert tr("Seed {seed}", seed=7) == "Seed 7"


# -- in the window --------------------------------------------------------------------------


class _Marked(dict[str, str]):
    """A language in which every text is itself between marks."""

    def get(self, text: str, default: str) -> str:  # type: ignore[override]
        return f"«{text}»"


def shown_texts(root: QWidget) -> Iterator[tuple[str, str]]:
    """Yield texts that a user may read or hear: (where, text)."""
    for widget in (root, *root.findChildren(QWidget)):
        if isinstance(widget.parent(), QLineEdit | QDialogButtonBox):
            continue  # Qt's own buttons come with Qt's own words
        where = f"{type(widget).__name__} {widget.objectName()}"
        texts = [widget.windowTitle(), widget.toolTip(), widget.accessibleName()]
        texts += [widget.accessibleDescription(), widget.statusTip()]
        if isinstance(widget, QLabel | QAbstractButton):
            texts.append(widget.text())
        if isinstance(widget, QComboBox):
            texts += [widget.itemText(row) for row in range(widget.count())]
        if isinstance(widget, QLineEdit | QPlainTextEdit):
            texts.append(widget.placeholderText())
        if isinstance(widget, QTabWidget):
            texts += [widget.tabText(tab) for tab in range(widget.count())]
        if isinstance(widget, QListWidget) and widget.objectName() == "pages":
            texts += [widget.item(row).text() for row in range(widget.count())]
        if isinstance(widget, QTreeWidget):
            lines = QTreeWidgetItemIterator(widget)
            while lines.value() is not None:
                texts.append(lines.value().text(0))
                lines += 1
        if isinstance(widget, QMenu):
            texts.append(widget.title())
        yield from ((where, text) for text in texts)
    for action in root.findChildren(QAction):
        yield from ((f"action {action.objectName()}", t) for t in (action.text(), action.toolTip()))


FOREIGN = re.compile(
    r"The Starry Night|Another Night|The Third|Nobody|1889|Daub(\[\*\])?|Ctrl|Shift|Alt|Del|Esc"
    r"|F\d+|\bG\b|Fake|thread|px|ms|\d+|sky|mountain|MB|PySide\S*|starry-night|MIT"
)
"""Words of styles, keys, units and names that are not Daub's to translate."""


def untranslated(root: QWidget) -> set[tuple[str, str]]:
    left = set()
    for where, text in shown_texts(root):
        rest = re.sub("<.*?>", "", text)
        while re.search(r"«[^«»]*»", rest):
            rest = re.sub(r"«[^«»]*»", "", rest)
        rest = FOREIGN.sub("", rest)
        if re.search(r"[A-Za-z]{2,}", rest) and not where.startswith(QT_OWN):
            left.add((where, text))
    return left


# Qt translates what it brings itself.
QT_OWN = ("QAbstractButton qt_", "QToolButton qt_", "QTabBar", "QMenu ", "action _q_")


def test_every_word_in_the_window_can_be_translated(
    qtbot: QtBot, studio: FakeStudio, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(translation, "_texts", _Marked())
    window = MainWindow(studio, settings)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: bool(studio.requests) and not window.session.preview.busy)
    window.session.clear()
    window.session.set_seed(5)
    for name in ("preferences", "shortcuts", "log", "export", "variations", "styles.all"):
        window.actions_by_id[name].trigger()
    NewCanvasDialog(300, 200, [Template(tr("Plain sky"))], window)
    window.studio.begin(bands(), "42.png")
    opened(qtbot, window)
    assert untranslated(window) == set()


def test_daub_speaks_german(
    qtbot: QtBot, qapp: QApplication, studio: FakeStudio, settings: Settings
) -> None:
    use_language(qapp, "de")
    window = MainWindow(studio, settings)
    qtbot.addWidget(window)
    assert window.menuBar().actions()[0].text() == "&Datei"
    assert window.palette_panel.button(4).text() == "Baum"
    window.session.set_seed(7)
    assert window.actions_by_id["undo"].text() == "Rückgängig Startwert 7"
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    assert buttons.buttons()[0].text().replace("&", "") == "Abbrechen"
