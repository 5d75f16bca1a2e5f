"""Sliders for the options of tools."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSlider

from app.document.brushwork import BROADEST, FINEST
from app.platform.translation import tr

STEPS = 1000
STOP = 30
"""Steps on both sides of a stop where a drag stays at it."""


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
    def around_one(cls, lowest: float, highest: float) -> "Scale":
        """Return a scale with 1 in the middle, logarithmic on both sides of it."""
        below, above = 2 * math.log(1 / lowest), 2 * math.log(highest)
        return cls(
            lambda position: math.exp((position - 0.5) * (below if position < 0.5 else above)),
            lambda value: 0.5 + math.log(value) / (below if value < 1 else above),
        )

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
        self.valueChanged.connect(self._choose)

    def _choose(self, step: int) -> None:
        self.chosen.emit(self._scale.to_value(step / STEPS))

    def show_value(self, value: float) -> None:
        """Show a number, without emitting `chosen`."""
        self.blockSignals(True)
        self.setValue(round(STEPS * self._scale.of_value(value)))
        self.blockSignals(False)


class StrokeSlider(ValueSlider):
    """A slider for the size of strokes; a drag stays at 1, in the middle, for some pixels."""

    def __init__(self, width: int) -> None:
        super().__init__(width, Scale.around_one(FINEST, BROADEST))
        self.setSingleStep(STEPS // 40)
        self.setPageStep(STEPS // 8)
        self.setAccessibleName(tr("Stroke size"))

    def _choose(self, step: int) -> None:
        if self.isSliderDown() and abs(step - STEPS // 2) <= STOP:
            self.show_value(1.0)
            self.chosen.emit(1.0)
        else:
            super()._choose(step)
