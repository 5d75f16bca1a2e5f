"""The preferences dialog, built from the declarations in `app/platform/settings.py`."""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QStackedWidget,
    QStyledItemDelegate,
    QVBoxLayout,
    QWidget,
)

from app.platform.settings import PAGES, Setting, Settings, Shown, preferences
from app.platform.translation import tr
from app.widgets.number_box import NumberBox
from app.widgets.pen_curve import PenCurveEditor

WIDEST = 320


class PreferencesDialog(QDialog):
    """Edits the settings; every change is stored at once. `changed` carries a setting's name."""

    changed = Signal(str)

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Preferences"))
        self.settings = settings
        self.controls: dict[str, QWidget] = {}
        self._show: dict[str, Callable[[Any], None]] = {}
        self.pages, self._stack = QListWidget(), QStackedWidget()
        self._lay_out()
        self.show_settings()

    def show_settings(self) -> None:
        """Show the current settings, without emitting `changed`."""
        self.blockSignals(True)
        for name, show in self._show.items():
            show(getattr(self.settings, name))
        self.blockSignals(False)

    def set_devices(self, devices: Sequence[str]) -> None:
        """Set the available devices; the others are disabled."""
        box = self.controls["device"]
        assert isinstance(box, QComboBox)
        model = box.model()
        assert isinstance(model, QStandardItemModel)
        for row in range(box.count()):
            model.item(row).setEnabled(box.itemData(row) in ("auto", *devices))

    def restore_defaults(self) -> None:
        """Reset the settings of the current page to their defaults."""
        for setting in preferences(PAGES[self._stack.currentIndex()]):
            self._set(setting, setting.default)
        self.show_settings()

    # -- layout -----------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.pages.setObjectName("pages")
        self.pages.setAccessibleName(tr("Pages of the preferences"))
        self.pages.setFixedWidth(140)
        # Apply the style sheet before adding items, or their heights ignore it.
        self.pages.ensurePolished()
        for page in PAGES:
            self.pages.addItem(tr(page))
            self._stack.addWidget(self._page(page))
        self.pages.currentRowChanged.connect(self._stack.setCurrentIndex)
        self.pages.setCurrentRow(0)
        middle = QHBoxLayout()
        middle.setSpacing(24)
        middle.addWidget(self.pages)
        middle.addWidget(self._stack, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(16)
        layout.addLayout(middle, 1)
        layout.addWidget(self._buttons())
        self.resize(580, 520)

    def _page(self, name: str) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for setting in preferences(name):
            if setting.shown is not None:
                self._add_row(layout, setting, setting.shown)
        layout.addStretch(1)
        return page

    def _add_row(self, layout: QVBoxLayout, setting: Setting[Any], shown: Shown) -> None:
        control = self._control(setting, shown)
        control.setObjectName(setting.name)
        control.setAccessibleName(tr(shown.label))
        control.setAccessibleDescription(tr(shown.help))
        control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.controls[setting.name] = control
        if not isinstance(control, QCheckBox):
            label = QLabel(tr(shown.label))
            label.setBuddy(control)
            layout.addWidget(label)
            control.setMaximumWidth(WIDEST)
        layout.addWidget(control)
        layout.addWidget(_help(shown))
        layout.addSpacing(10)

    def _control(self, setting: Setting[Any], shown: Shown) -> QWidget:
        if isinstance(setting.default, bool):
            return self._check_box(setting, shown)
        if shown.choices:
            return self._choice(setting, shown)
        if shown.curve:
            return self._curve(setting)
        return self._number(setting, shown)

    def _check_box(self, setting: Setting[Any], shown: Shown) -> QCheckBox:
        box = QCheckBox(tr(shown.label))
        self._show[setting.name] = box.setChecked
        box.toggled.connect(lambda on: self._set(setting, on))
        return box

    def _choice(self, setting: Setting[Any], shown: Shown) -> QComboBox:
        box = QComboBox()
        # A combo box's own delegate ignores the style sheet.
        box.setItemDelegate(QStyledItemDelegate(box))
        for value, words in shown.choices:
            box.addItem(tr(words), value)
        self._show[setting.name] = lambda value: box.setCurrentIndex(box.findData(value))
        box.currentIndexChanged.connect(lambda _: self._set(setting, box.currentData()))
        return box

    def _number(self, setting: Setting[Any], shown: Shown) -> NumberBox:
        lowest, highest = _range(setting)
        box = NumberBox(int(lowest), int(highest), f" {shown.unit}" if shown.unit else "")
        box.setSpecialValueText(tr(shown.zero) if shown.zero else "")
        self._show[setting.name] = box.setValue
        box.valueChanged.connect(lambda value: self._set(setting, value))
        return box

    def _curve(self, setting: Setting[Any]) -> PenCurveEditor:
        editor = PenCurveEditor()
        self._show[setting.name] = editor.set_text
        editor.changed.connect(lambda text: self._set(setting, text))
        return editor

    def _buttons(self) -> QDialogButtonBox:
        kinds = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kinds.RestoreDefaults | kinds.Close)
        buttons.button(kinds.RestoreDefaults).setText(tr("&Restore this page"))
        buttons.button(kinds.Close).setText(tr("&Close"))
        buttons.button(kinds.Close).setDefault(True)
        buttons.button(kinds.RestoreDefaults).setAutoDefault(False)
        buttons.button(kinds.RestoreDefaults).clicked.connect(self.restore_defaults)
        buttons.rejected.connect(self.reject)
        return buttons

    def _set(self, setting: Setting[Any], value: object) -> None:
        if not self.signalsBlocked() and value != getattr(self.settings, setting.name):
            setattr(self.settings, setting.name, value)
            self.changed.emit(setting.name)


def _range(setting: Setting[Any]) -> tuple[float, float]:
    assert setting.lowest is not None
    assert setting.highest is not None
    return setting.lowest, setting.highest


def _help(shown: Shown) -> QLabel:
    words = tr(shown.help)
    label = QLabel(f"{words} {tr('Takes effect after a restart.')}" if shown.later else words)
    label.setProperty("role", "muted")
    label.setWordWrap(True)
    return label
