"""Run one long job at a time on a thread; it can be paused and stopped."""

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.platform.time_left import WorkClock


class PausableJobs(QObject):
    """Base of the services that paint photos and clips in the background.

    `ended` carries the result of a job, after which the next one may begin.
    """

    ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._unwanted, self._paused = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._looking: threading.Thread | None = None
        self._clock = WorkClock()
        self.ended.connect(self._join)

    @property
    def busy(self) -> bool:
        """Whether a job is running; it may still run for a moment after `stop`."""
        return self._thread is not None

    @property
    def wanted(self) -> bool:
        """Whether a job is running and was not stopped."""
        return self.busy and not self._unwanted.is_set()

    @property
    def paused(self) -> bool:
        """Whether the job waits for `pause(False)`; what was begun is still completed."""
        return self._paused.is_set()

    def pause(self, wanted: bool) -> None:
        """Begin no further photo or frame, or continue."""
        if not self.busy or wanted == self.paused:
            return
        self._clock.rest(wanted)
        if wanted:
            self._paused.set()
        else:
            self._paused.clear()
        self.tell()

    def stop(self) -> None:
        """Stop the job; `ended` follows."""
        self._unwanted.set()

    def tell(self) -> None:
        """Emit the progress."""
        raise NotImplementedError

    def wait(self) -> None:
        """Stop the job and block until all threads have ended."""
        self.stop()
        self._join()
        if self._looking is not None:
            self._looking.join()

    def _start(self, work: Callable[[], None], name: str) -> None:
        """Run `work`, which must emit `ended` at its end, on a thread of this name."""
        self._unwanted.clear()
        self._paused.clear()
        self._clock = WorkClock()
        self._thread = threading.Thread(target=work, name=name)
        self._thread.start()

    def _join(self) -> None:
        if self._thread is not None:
            self._thread.join()
            self._thread = None
