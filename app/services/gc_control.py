"""Run cyclic garbage collection on the UI thread only.

Python collects on any thread that allocates. On the engine thread this could destroy widgets and
timers of the UI thread, which crashes Qt.
"""

import gc

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 500

# Importing torch creates many objects and no garbage; collections would only delay it.
IMPORT_MS = 30_000


# So many new objects at once come from the import of a library, as numba's with the first strokes.
IMPORTED = 10_000


class UiCollector(QObject):
    """Replaces Python's automatic collection by a timer between `start` and `stop`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was_enabled = gc.isenabled()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.collect)

    def start(self) -> None:
        """Disable automatic collection and start the timer."""
        self._was_enabled = gc.isenabled()
        gc.disable()
        gc.freeze()
        self._timer.start(IMPORT_MS)

    def spare(self) -> None:
        """Exclude all present objects, among them torch's 200,000, from further collections."""
        gc.freeze()
        self._timer.start(INTERVAL_MS)

    def stop(self) -> None:
        """Restore automatic collection; call it after the engine thread has ended."""
        self._timer.stop()
        gc.unfreeze()
        if self._was_enabled:
            gc.enable()

    def collect(self) -> None:
        """Collect the oldest generation whose threshold is exceeded.

        Exclude what an import has created instead: collecting it would take 50 ms.
        """
        counts, limits = gc.get_count(), gc.get_threshold()
        if counts[0] > IMPORTED:
            gc.freeze()
            return
        due = [generation for generation in range(3) if counts[generation] > limits[generation]]
        if due:
            gc.collect(due[-1])
