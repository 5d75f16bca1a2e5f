"""Style files that are dropped, opened or passed on by another Daub: shown, asked about, taken."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox, QLabel
from pytestqt.qtbot import QtBot

from app.platform.settings import Settings
from app.widgets.style_import_dialog import StyleImportDialog
from app.window.application import receive
from app.window.main_window import MainWindow
from engine.packs.style_archive import write_archive
from tests.support.fakes import FakeStudio
from tests.support.file_dialogs import drop, files
from tests.support.style_files import style_file, write_zip
from tests.support.style_studio import StyleStudio, doodle_style


@pytest.fixture
def styles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "daub" / "styles"


@pytest.fixture
def window(qtbot: QtBot, styles: Path, studio: FakeStudio, settings: Settings) -> MainWindow:
    window = MainWindow(StyleStudio(studio.starter), settings)
    qtbot.addWidget(window)
    window.resize(1200, 700)
    window.show()
    qtbot.waitUntil(lambda: window.session.style is not None)
    return window


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = doodle_style(tmp_path / "made" / "mine", "Rain <b>in</b> May")
    path = tmp_path / "rain.daubstyle"
    write_archive(folder, path, lambda style_id: folder.parent / style_id)
    return path


def dialog_of(qtbot: QtBot, window: MainWindow) -> StyleImportDialog:
    qtbot.waitUntil(lambda: window.opening.styles.dialog is not None)
    dialog = window.opening.styles.dialog
    assert dialog is not None
    return dialog


def press(dialog: StyleImportDialog, kind: QDialogButtonBox.StandardButton) -> None:
    box = dialog.findChild(QDialogButtonBox)
    assert box is not None
    QTest.mouseClick(box.button(kind), Qt.MouseButton.LeftButton)


OK, CANCEL = QDialogButtonBox.StandardButton.Ok, QDialogButtonBox.StandardButton.Cancel


def test_a_dropped_style_is_shown_then_imported_and_used(
    qtbot: QtBot, window: MainWindow, styles: Path, file: Path
) -> None:
    assert drop(window, files(file))
    dialog = dialog_of(qtbot, window)
    texts = [label.text() for label in dialog.findChildren(QLabel)]
    assert {"Rain <b>in</b> May", "Nobody, 2026", "made by a test", "MIT"} <= set(texts)
    formats = {label.textFormat() for label in dialog.findChildren(QLabel) if "<b>" in label.text()}
    assert formats == {Qt.TextFormat.PlainText}
    assert not styles.exists()
    press(dialog, OK)
    qtbot.waitUntil(lambda: "mine" in window.session.styles)
    assert (styles / "mine" / "style.toml").exists()
    assert window.session.document.style_id == "starry-night"
    qtbot.waitUntil(lambda: [b.text() for b in window.workspace.messages.buttons] == ["Use it"])
    shown = window.workspace.messages.findChildren(QLabel)
    assert [x.textFormat() for x in shown if "<b>" in x.text()] == [Qt.TextFormat.PlainText]
    window.workspace.messages.buttons[0].click()
    assert window.session.document.style_id == "mine"
    assert window.session.history.undo_text == "Style: Rain <b>in</b> May"


def test_cancel_writes_nothing(qtbot: QtBot, window: MainWindow, styles: Path, file: Path) -> None:
    window.opening.open(file)
    press(dialog_of(qtbot, window), CANCEL)
    assert window.opening.styles.dialog is None
    assert not styles.exists()


def test_a_file_opened_with_daub_waits_for_the_engine(
    qtbot: QtBot, styles: Path, studio: FakeStudio, settings: Settings, file: Path
) -> None:
    window = MainWindow(StyleStudio(studio.starter), settings)
    qtbot.addWidget(window)
    window.opening.open(file)
    window.show()
    dialog = dialog_of(qtbot, window)
    assert window.session.styles
    dialog.reject()


def test_a_second_daub_passes_it_on(qtbot: QtBot, window: MainWindow, file: Path) -> None:
    receive(window, file, "")
    dialog_of(qtbot, window).reject()


def test_a_taken_id(
    qtbot: QtBot, window: MainWindow, styles: Path, file: Path, tmp_path: Path
) -> None:
    for answer in ("first", "keep", "replace"):
        window.opening.open(file)
        dialog = dialog_of(qtbot, window)
        shown = [button.isVisible() for button in (dialog.keep_both, dialog.replace)]
        assert shown == ([False, False] if answer == "first" else [True, True])
        if answer == "replace":
            dialog.replace.click()
        with qtbot.waitSignal(window.session.style_files.imported) as imported:
            press(dialog, OK)
        assert imported.args is not None
        assert imported.args[1] == (answer == "replace")
    assert sorted(path.name for path in styles.iterdir()) == ["mine", "mine-2"]
    assert (styles.with_name("removed-styles") / "mine").is_dir()
    assert window.session.styles["mine-2"].title == "Rain <b>in</b> May (2)"


def test_several_at_once_are_asked_about_one_by_one(
    qtbot: QtBot, window: MainWindow, file: Path, tmp_path: Path
) -> None:
    other = style_file(tmp_path / "other.daubstyle")
    assert drop(window, files(file, other))
    first = dialog_of(qtbot, window)
    press(first, OK)
    qtbot.waitUntil(lambda: window.opening.styles.dialog not in (None, first))
    press(dialog_of(qtbot, window), OK)
    qtbot.waitUntil(lambda: "mine-2" in window.session.styles)
    assert window.session.styles["mine-2"].title == "mine (2)"


def test_a_bad_file_is_one_sentence(
    qtbot: QtBot, window: MainWindow, styles: Path, tmp_path: Path
) -> None:
    path = write_zip(tmp_path / "bad.daubstyle", {"../x": b"x"})
    window.opening.open(path)
    qtbot.waitUntil(lambda: str(path) in window.workspace.messages.text)
    assert window.opening.styles.dialog is None
    assert not styles.exists()


def test_a_replaced_style_paints_again(
    qtbot: QtBot, window: MainWindow, styles: Path, file: Path
) -> None:
    window.opening.open(file)
    press(dialog_of(qtbot, window), OK)
    qtbot.waitUntil(lambda: "mine" in window.session.styles)
    window.session.choose_style("mine")
    qtbot.waitUntil(lambda: window.session.preview.whole)
    painted = window.session.preview.whole
    assert painted
    window.opening.open(file)
    dialog = dialog_of(qtbot, window)
    dialog.replace.click()
    with qtbot.waitSignal(window.session.preview.settled):
        press(dialog, OK)
    assert window.session.document.style_id == "mine"


def test_a_text_of_many_lines_leaves_the_buttons_on_the_screen(
    qtbot: QtBot, window: MainWindow, styles: Path, tmp_path: Path
) -> None:
    folder = doodle_style(tmp_path / "made" / "mine", "a\n" * 400)
    write_archive(folder, tmp_path / "lines.daubstyle", lambda style_id: folder.parent / style_id)
    window.opening.open(tmp_path / "lines.daubstyle")
    dialog = dialog_of(qtbot, window)
    assert dialog.height() < window.height()
    press(dialog, CANCEL)


def test_a_style_that_failed_can_be_chosen_again_when_it_was_replaced(
    qtbot: QtBot, window: MainWindow, studio: FakeStudio, styles: Path, file: Path
) -> None:
    window.opening.open(file)
    press(dialog_of(qtbot, window), OK)
    qtbot.waitUntil(lambda: "mine" in window.session.styles)
    gallery, style = window.gallery, window.session.styles["mine"]
    gallery.set_problem("mine", "It is damaged.")
    assert gallery.model.problem(style)
    window.opening.open(file)
    dialog = dialog_of(qtbot, window)
    dialog.replace.click()
    with qtbot.waitSignal(window.session.styles_changed):
        press(dialog, OK)
    assert not gallery.model.problem(style)
