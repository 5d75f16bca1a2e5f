"""Run changes of the whole canvas on a background thread and queue actions until they end."""

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from app.services.background_task import BackgroundTask

Made = TypeVar("Made")


class CanvasJobs(QObject):
    """Runs one background task on the canvas at a time and queues later actions.

    `changed`: `busy` has changed; `failed`: a task failed, with a sentence that says why;
    `dropped`: a task had no result, for any reason.
    """

    changed = Signal()
    failed = Signal(str)
    dropped = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.busy = False
        self._task: BackgroundTask | None = None
        self._waiting: list[Callable[[], object]] = []

    def begin(self, make: Callable[[], Made], use: Callable[[Made], object]) -> None:
        """Call `make` on a background thread, then `use` with its result on this thread.

        `use` applies the result, or calls `begin` again if the document has changed meanwhile. No
        other task may be running, see `after`.
        """
        self._task = BackgroundTask(make, self)
        self._task.done.connect(lambda made: self._on_done(made, use))
        self._task.failed.connect(self._on_failed)
        if not self.busy:
            self.busy = True
            self.changed.emit()
        self._task.start()

    def after(self, then: Callable[[], object]) -> None:
        """Call `then` now, or when the running task has ended."""
        if self.busy:
            self._waiting.append(then)
        else:
            then()

    def stop(self) -> None:
        """Wait for the running task; clear the queue."""
        self._waiting.clear()
        if self._task is not None:
            self._task.wait()

    def _on_done(self, made: Made, use: Callable[[Made], object]) -> None:
        self._discard_task()
        use(made)
        if self._task is None:
            self._end()

    def _on_failed(self, sentence: str) -> None:
        self._discard_task()
        self.failed.emit(sentence)
        self.dropped.emit()
        self._end()

    def _discard_task(self) -> None:
        if self._task is not None:
            self._task.wait()
            self._task.deleteLater()
        self._task = None

    def _end(self) -> None:
        self.busy = False
        self.changed.emit()
        while self._waiting and not self.busy:
            self._waiting.pop(0)()
