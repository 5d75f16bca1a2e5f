"""The bar above the canvas: what the tool is set to."""

import math

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolBar, QToolButton, QWidget

from app.theme import icon
from app.tools import TOOLS, ToolOptions
from app.widgets.number_box import NumberBox
from resources.materials import materials

LARGEST = 512
FINENESS = 1000


class ToolOptionsBar(QToolBar):
    """Size, smoothing and pressure. `changed` carries the one option that was set."""

    changed = Signal(dict)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Tool options", parent)
        self.setObjectName("options")
        self.setMovable(False)
        self.setIconSize(QSize(20, 20))
        self._now = CurrentTool()
        self._size, self._size_box = _slider(130), NumberBox(1, LARGEST, " px")
        self._smoothing = _slider(90)
        self._pressure = QToolButton()
        self._build()
        self._connect()

    def show_options(self, options: ToolOptions) -> None:
        """Show what the tool is set to, without telling it back."""
        for widget in (self._size, self._size_box, self._smoothing, self._pressure):
            widget.blockSignals(True)
        self._size.setValue(slider_of_size(options.size))
        self._size_box.setValue(options.size)
        self._smoothing.setValue(round(options.smoothing * FINENESS))
        self._pressure.setChecked(options.pressure)
        self._now.show_options(options)
        has_size = TOOLS[options.tool].has_size
        for widget in (self._size, self._size_box, self._smoothing, self._pressure):
            widget.blockSignals(False)
            widget.setEnabled(has_size)

    def _build(self) -> None:
        size_tip = "Size of the brush on the canvas  ([ and ])"
        smoothing_tip = "Smoothing: how steadily the brush follows the hand"
        self._size_box.setFixedWidth(70)
        self._size.setToolTip(size_tip)
        self._size_box.setToolTip(size_tip)
        self._smoothing.setToolTip(smoothing_tip)
        self._pressure.setIcon(icon("pressure"))
        self._pressure.setCheckable(True)
        self._pressure.setToolTip("Pen pressure changes the size")
        self.addWidget(self._now)
        self.addSeparator()
        self.addWidget(caption("Size"))
        self.addWidget(self._size)
        self.addWidget(self._size_box)
        self.addSeparator()
        self.addWidget(caption("Smoothing"))
        self.addWidget(self._smoothing)
        self.addWidget(self._pressure)

    def _connect(self) -> None:
        self._size.valueChanged.connect(
            lambda value: self.changed.emit({"size": size_of_slider(value)})
        )
        self._size_box.valueChanged.connect(lambda value: self.changed.emit({"size": value}))
        self._smoothing.valueChanged.connect(
            lambda value: self.changed.emit({"smoothing": value / FINENESS})
        )
        self._pressure.toggled.connect(lambda on: self.changed.emit({"pressure": on}))


class CurrentTool(QWidget):
    """What the next touch will do: the tool's name and the material it paints."""

    def __init__(self) -> None:
        super().__init__()
        self._chip, self._text = QLabel(), QLabel()
        self._chip.setFixedSize(26, 20)
        self._text.setFixedWidth(140)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 0, 4, 0)
        layout.setSpacing(9)
        layout.addWidget(self._chip)
        layout.addWidget(self._text)

    def show_options(self, options: ToolOptions) -> None:
        """Show these options."""
        tool = TOOLS[options.tool]
        material = materials()[options.material if tool.paints_material else 0]
        paints = tool.paints_material or tool.has_size
        shade = material.colour if paints else "transparent"
        self._chip.setStyleSheet(f"background: {shade}; border-radius: 4px;")
        self._text.setText(f"{tool.name}: {material.name}" if paints else tool.name)


def size_of_slider(value: int) -> int:
    """Slider position to brush size; equal steps feel equal, so the scale is logarithmic."""
    return round(LARGEST ** (value / FINENESS))


def slider_of_size(size: int) -> int:
    """Brush size to slider position."""
    return round(FINENESS * math.log(size) / math.log(LARGEST))


def _slider(width: int) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(0, FINENESS)
    slider.setFixedWidth(width)
    slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return slider


def caption(text: str) -> QLabel:
    """A word beside a control."""
    label = QLabel(text)
    label.setProperty("role", "muted")
    label.setContentsMargins(6, 0, 4, 0)
    return label
