"""Sliders for the options of tools."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSlider

STEPS = 1000


@dataclass(frozen=True)
class Scale:
    """Maps a slider's position, 0-1, to a value and back."""

    to_value: Callable[[float], float]
    of_value: Callable[[float], float]

    @classmethod
    def even(cls, highest: float = 1.0) -> "Scale":
        """Return a linear scale from 0 to `highest`."""
        return cls(lambda position: position * highest, lambda value: value / highest)

    @classmethod
    def logarithmic(cls, lowest: float, highest: float) -> "Scale":
        """Return a logarithmic scale from `lowest` to `highest`, both above 0."""
        spread = math.log(highest / lowest)
        return cls(
            lambda position: lowest * math.exp(position * spread),
            lambda value: math.log(value / lowest) / spread,
        )


class ValueSlider(QSlider):
    """A slider for a number. `chosen` carries the number."""

    chosen = Signal(float)

    def __init__(self, width: int, scale: Scale) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._scale = scale
        self.setRange(0, STEPS)
        self.setFixedWidth(width)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.valueChanged.connect(lambda step: self.chosen.emit(scale.to_value(step / STEPS)))

    def show_value(self, value: float) -> None:
        """Show a number, without emitting `chosen`."""
        self.blockSignals(True)
        self.setValue(round(STEPS * self._scale.of_value(value)))
        self.blockSignals(False)
