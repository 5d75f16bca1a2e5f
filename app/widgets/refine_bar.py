"""The Refine toolbar: options and progress."""

from collections.abc import Sequence
from typing import TypeVar

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QSlider,
    QStyledItemDelegate,
    QToolBar,
    QToolButton,
    QWidget,
)

from app.document.refined import QUALITIES, STROKES, RefineOptions
from app.platform.translation import tr
from app.widgets.tool_options import caption

Control = TypeVar("Control", QComboBox, QSlider)

STEPS = 100
DEVICES = {"auto": "Automatic", "cuda": "GPU", "cpu": "CPU"}


class RefineBar(QToolBar):
    """Shows the options of Refine, or its progress while it runs.

    `changed` carries the changed option and its value.
    """

    changed = Signal(dict)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Refine"), parent)
        self.setObjectName("refine")
        self.setMovable(False)
        self.setIconSize(QSize(18, 18))
        self.quality = _choice(tr("Quality"), tr("Higher quality takes longer"))
        self.strength = _slider(
            tr("Strength"),
            tr("A lower strength keeps more of the preview's colours"),
        )
        self.detail = _slider(
            tr("Detail"), tr("Left: emphasise large shapes; right: fine brushwork")
        )
        self.content = _slider(
            tr("Photo"), tr("How closely Refine follows the content of the photo")
        )
        self.strokes = _choice(tr("Strokes"), tr("Fine strokes are half as large"))
        self.selected_only = QCheckBox(tr("Selection only"))
        self.device = _choice(tr("Device"), tr("Device that Refine runs on"))
        self.progress, self.time_left = QProgressBar(), QLabel()
        self._option_actions: list[QAction] = []
        self._photo_actions: list[QAction] = []
        self._has_photo = self._is_working = False
        self._progress_actions: list[QAction] = []

    def build(self, refine: QAction, pause: QAction, cancel: QAction, compare: QAction) -> None:
        """Lay out the toolbar with the window's actions."""
        self._set_up()
        self._option_actions = [self.addWidget(_button(refine, "refineButton"))]
        for control in (self.quality, self.strength, self.detail, self.strokes, self.device):
            self._option_actions += self._captioned(control)
            if control is self.detail:
                self._photo_actions = self._captioned(self.content)
        self._selected_only_action = self.addWidget(self.selected_only)
        self._option_actions.append(self._selected_only_action)
        progress = (_button(pause), _button(cancel), self.progress, self.time_left)
        self._progress_actions = [self.addWidget(widget) for widget in progress]
        gap = QWidget()
        gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._option_actions.append(self.addWidget(gap))
        self.addWidget(_button(compare))
        self._connect()
        self.set_working(False)

    def show_options(self, options: RefineOptions) -> None:
        """Show options, without emitting `changed`."""
        self.blockSignals(True)
        self.quality.setCurrentIndex(self.quality.findData(options.quality))
        self.strength.setValue(round(options.strength * STEPS))
        self.detail.setValue(round(options.detail * STEPS))
        self.content.setValue(round(options.content * STEPS))
        self.strokes.setCurrentIndex(self.strokes.findData(options.strokes))
        self.selected_only.setChecked(options.selected_only)
        self.device.setCurrentIndex(max(0, self.device.findData(options.device)))
        self.blockSignals(False)

    def set_devices(self, devices: Sequence[str]) -> None:
        """Set the devices to choose from, besides "Automatic"."""
        self.device.clear()
        for device in ("auto", *devices):
            self.device.addItem(tr(DEVICES.get(device, device)), device)

    def set_selection(self, exists: bool) -> None:
        """Enable or disable "Selection only"."""
        # Qt resets the check box to its action's state when it is shown, so set the action.
        self._selected_only_action.setEnabled(exists)

    def set_photo(self, exists: bool) -> None:
        """Show or hide the option that only photos have."""
        self._has_photo = exists
        for action in self._photo_actions:
            action.setVisible(exists and not self._is_working)

    def set_working(self, working: bool, state: str = "") -> None:
        """Switch between progress, from 0, and options; a `state` replaces the time left."""
        if working and not self._is_working:
            self.progress.setValue(0)
        self._is_working = working
        for action in self._option_actions:
            action.setVisible(not working)
        self.set_photo(self._has_photo)
        for action in self._progress_actions:
            action.setVisible(working)
        if state:
            self.time_left.setText(state)

    def set_progress(self, share: float, time_left: str, loss: float) -> None:
        """Show the share done, 0-1, the time left as text, and, as a tooltip, the loss."""
        self.progress.setValue(round(share * self.progress.maximum()))
        self.time_left.setText(time_left)
        tip = tr(
            "Loss {loss}: difference between picture and style; lower is closer",
            loss=f"{loss:.2f}".replace("-", "−"),
        )
        self.progress.setToolTip(tip if share else "")

    def _captioned(self, control: QWidget) -> list[QAction]:
        return [self.addWidget(caption(control.accessibleName())), self.addWidget(control)]

    def _set_up(self) -> None:
        for quality in QUALITIES:
            self.quality.addItem(tr(quality.capitalize()), quality)
        for strokes in STROKES:
            self.strokes.addItem(tr(strokes.capitalize()), strokes)
        self.set_devices(())
        self.selected_only.setAccessibleName(tr("Selection only"))
        self.selected_only.setToolTip(tr("Refine only the selected part"))
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(tr("Progress of Refine"))
        self.time_left.setMinimumWidth(150)

    def _connect(self) -> None:
        for name in ("quality", "strokes", "device"):
            box: QComboBox = getattr(self, name)
            box.activated.connect(
                lambda _, name=name, box=box: self.changed.emit({name: box.currentData()})
            )
        for name in ("strength", "detail", "content"):
            slider: QSlider = getattr(self, name)
            slider.valueChanged.connect(
                lambda value, name=name: self.changed.emit({name: value / STEPS})
            )
        self.selected_only.toggled.connect(lambda on: self.changed.emit({"selected_only": on}))


def _choice(name: str, tip: str) -> QComboBox:
    box = QComboBox()
    # A combo box's own delegate ignores the style sheet.
    box.setItemDelegate(QStyledItemDelegate(box))
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return _named(box, name, tip)


def _slider(name: str, tip: str) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(0, STEPS)
    slider.setPageStep(STEPS // 10)
    slider.setFixedWidth(80)
    return _named(slider, name, tip)


def _named(widget: Control, name: str, tip: str) -> Control:
    widget.setAccessibleName(name)
    widget.setToolTip(tip)
    # Focus with the Tab key only, so that a click leaves the keyboard focus on the canvas.
    widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return widget


def _button(action: QAction, name: str = "") -> QToolButton:
    button = QToolButton()
    button.setObjectName(name)
    button.setDefaultAction(action)
    styles = Qt.ToolButtonStyle
    # Icons have the text colour, which does not fit the accented button.
    button.setToolButtonStyle(
        styles.ToolButtonTextOnly if name else styles.ToolButtonTextBesideIcon
    )
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
