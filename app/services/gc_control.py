"""Cyclic garbage is collected on the UI thread only.

Python collects on whichever thread happens to allocate. On the engine's thread that would destroy
widgets and timers which belong to the UI thread, and Qt crashes on that sooner or later.
"""

import gc

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 500

# Importing torch makes many objects and no garbage: searching them would hold window and import up.
IMPORT_MS = 30_000


class UiCollector(QObject):
    """Between `start` and `stop` does on a timer what Python would do by itself."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was_enabled = gc.isenabled()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.collect)

    def start(self) -> None:
        """Take over."""
        self._was_enabled = gc.isenabled()
        gc.disable()
        gc.freeze()
        self._timer.start(IMPORT_MS)

    def spare(self) -> None:
        """Torch is there: its 200,000 objects, and what else exists by now, are never searched."""
        gc.freeze()
        self._timer.start(INTERVAL_MS)

    def stop(self) -> None:
        """Hand back; the other thread has ended."""
        self._timer.stop()
        gc.unfreeze()
        if self._was_enabled:
            gc.enable()

    def collect(self) -> None:
        """Collect the oldest generation that is due."""
        counts, limits = gc.get_count(), gc.get_threshold()
        due = [generation for generation in range(3) if counts[generation] > limits[generation]]
        if due:
            gc.collect(due[-1])
