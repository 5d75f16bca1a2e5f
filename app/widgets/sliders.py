"""Sliders for the options of tools."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSlider

FINENESS = 1000


@dataclass(frozen=True)
class Scale:
    """How a slider's way from 0 to 1 becomes a value, and back."""

    to_value: Callable[[float], float]
    of_value: Callable[[float], float]

    @classmethod
    def even(cls, highest: float = 1.0) -> "Scale":
        """From 0 to `highest`."""
        return cls(lambda way: way * highest, lambda value: value / highest)

    @classmethod
    def logarithmic(cls, lowest: float, highest: float) -> "Scale":
        """Equal steps feel equal: each multiplies."""
        spread = math.log(highest / lowest)
        return cls(
            lambda way: lowest * math.exp(way * spread),
            lambda value: math.log(value / lowest) / spread,
        )


class ValueSlider(QSlider):
    """A slider for a number. `chosen` carries it."""

    chosen = Signal(float)

    def __init__(self, width: int, scale: Scale) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._scale = scale
        self.setRange(0, FINENESS)
        self.setFixedWidth(width)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.valueChanged.connect(lambda way: self.chosen.emit(scale.to_value(way / FINENESS)))

    def show_value(self, value: float) -> None:
        """Show a number without telling it back."""
        self.blockSignals(True)
        self.setValue(round(FINENESS * self._scale.of_value(value)))
        self.blockSignals(False)
