"""The bar under the painting: what Refine is set to, and how far it is."""

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

FINENESS = 100
DEVICES = {"auto": "Automatic", "cuda": "GPU", "cpu": "CPU"}


class RefineBar(QToolBar):
    """Options while Refine rests, progress while it works. `changed` carries the one option set."""

    changed = Signal(dict)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Refine"), parent)
        self.setObjectName("refine")
        self.setMovable(False)
        self.setIconSize(QSize(18, 18))
        self.quality = _choice(tr("Quality"), tr("How long Refine works on the picture"))
        self.strength = _slider(
            tr("Strength"),
            tr(
                "At full strength only the style counts; below that the colours of the preview hold"
            ),
        )
        self.detail = _slider(
            tr("Detail"), tr("Left: large forms pull more; right: fine brushwork does")
        )
        self.content = _slider(
            tr("Photo"), tr("How much of the photo's things stays; with less, strokes are freer")
        )
        self.strokes = _choice(tr("Strokes"), tr("Fine strokes are half as large"))
        self.selected_only = QCheckBox(tr("Selection only"))
        self.device = _choice(tr("Device"), tr("What Refine runs on"))
        self.progress, self.time_left, self.loss = QProgressBar(), QLabel(), QLabel()
        self._resting: list[QAction] = []
        self._of_photo: list[QAction] = []
        self._has_photo = self._works = False
        self._working: list[QAction] = []

    def build(self, refine: QAction, pause: QAction, cancel: QAction, compare: QAction) -> None:
        """Lay the bar out around the window's actions."""
        self._dress()
        self._resting = [self.addWidget(_button(refine, "refineButton"))]
        for control in (self.quality, self.strength, self.detail, self.strokes, self.device):
            self._resting += self._captioned(control)
            if control is self.detail:
                self._of_photo = self._captioned(self.content)
        self._selected_only_action = self.addWidget(self.selected_only)
        self._resting.append(self._selected_only_action)
        working = (_button(pause), _button(cancel), self.progress, self.time_left, self.loss)
        self._working = [self.addWidget(widget) for widget in working]
        gap = QWidget()
        gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._resting.append(self.addWidget(gap))
        self.addWidget(_button(compare))
        self._connect()
        self.set_working(False)

    def show_options(self, options: RefineOptions) -> None:
        """Show what Refine is set to, without telling it back."""
        self.blockSignals(True)
        self.quality.setCurrentIndex(self.quality.findData(options.quality))
        self.strength.setValue(round(options.strength * FINENESS))
        self.detail.setValue(round(options.detail * FINENESS))
        self.content.setValue(round(options.content * FINENESS))
        self.strokes.setCurrentIndex(self.strokes.findData(options.strokes))
        self.selected_only.setChecked(options.selected_only)
        self.device.setCurrentIndex(max(0, self.device.findData(options.device)))
        self.blockSignals(False)

    def set_devices(self, devices: Sequence[str]) -> None:
        """Offer these devices besides the automatic choice."""
        self.device.clear()
        for device in ("auto", *devices):
            self.device.addItem(tr(DEVICES.get(device, device)), device)

    def set_selection(self, exists: bool) -> None:
        """Whether anything is selected."""
        # Not the check box itself: Qt gives it the action's state each time that is shown.
        self._selected_only_action.setEnabled(exists)

    def set_photo(self, exists: bool) -> None:
        """Whether a photo is what is refined."""
        self._has_photo = exists
        for action in self._of_photo:
            action.setVisible(exists and not self._works)

    def set_working(self, working: bool, state: str = "") -> None:
        """Show progress instead of options; `state` stands in for the time left."""
        self._works = working
        for action in self._resting:
            action.setVisible(not working)
        self.set_photo(self._has_photo)
        for action in self._working:
            action.setVisible(working)
        if state:
            self.time_left.setText(state)

    def set_progress(self, share: float, time_left: str, loss: float) -> None:
        """How far Refine is, 0-1, and what the picture's loss is."""
        self.progress.setValue(round(share * self.progress.maximum()))
        self.time_left.setText(time_left)
        self.loss.setText(tr("loss {loss}", loss=f"{loss:.2f}".replace("-", "−")) if share else "")

    def _captioned(self, control: QWidget) -> list[QAction]:
        return [self.addWidget(caption(control.accessibleName())), self.addWidget(control)]

    def _dress(self) -> None:
        for quality in QUALITIES:
            self.quality.addItem(tr(quality.capitalize()), quality)
        for strokes in STROKES:
            self.strokes.addItem(tr(strokes.capitalize()), strokes)
        self.set_devices(())
        self.selected_only.setAccessibleName(tr("Selection only"))
        self.selected_only.setToolTip(tr("Leave alone what is not selected"))
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(tr("Progress of Refine"))
        self.time_left.setMinimumWidth(150)
        self.loss.setMinimumWidth(80)
        self.loss.setProperty("role", "muted")
        self.loss.setToolTip(
            tr("How far the picture is from the painter's manner; lower is nearer")
        )

    def _connect(self) -> None:
        for name in ("quality", "strokes", "device"):
            box: QComboBox = getattr(self, name)
            box.activated.connect(
                lambda _, name=name, box=box: self.changed.emit({name: box.currentData()})
            )
        for name in ("strength", "detail", "content"):
            slider: QSlider = getattr(self, name)
            slider.valueChanged.connect(
                lambda value, name=name: self.changed.emit({name: value / FINENESS})
            )
        self.selected_only.toggled.connect(lambda on: self.changed.emit({"selected_only": on}))


def _choice(name: str, tip: str) -> QComboBox:
    box = QComboBox()
    # The plain delegate obeys the style sheet; a combo box's own one does not.
    box.setItemDelegate(QStyledItemDelegate(box))
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return _named(box, name, tip)


def _slider(name: str, tip: str) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(0, FINENESS)
    slider.setPageStep(FINENESS // 10)
    slider.setFixedWidth(100)
    return _named(slider, name, tip)


def _named(widget: Control, name: str, tip: str) -> Control:
    widget.setAccessibleName(name)
    widget.setToolTip(tip)
    # With the Tab key only: after a click the keyboard stays with the canvas.
    widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return widget


def _button(action: QAction, name: str = "") -> QToolButton:
    button = QToolButton()
    button.setObjectName(name)
    button.setDefaultAction(action)
    styles = Qt.ToolButtonStyle
    # Icons come in the colour of text, which is not that of the accented button.
    button.setToolButtonStyle(
        styles.ToolButtonTextOnly if name else styles.ToolButtonTextBesideIcon
    )
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
