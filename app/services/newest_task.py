"""Run a function on a thread of its own with the newest value only."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.services.engine_worker import sentence
from app.services.thread_priority import give_way


class NewestTask(QObject):
    """Calls `work` on a thread of its own with the value posted last; others are dropped.

    `work` returns an iterator; `came` carries what it yields. A newer value, or `stop`, ends it at
    its next step. `failed` carries an error sentence. `idle` is emitted when nothing is left to do.
    `finishes`: `stop` waits until the last value is done. The thread starts with the first value.
    """

    came = Signal(object)
    failed = Signal(str)
    idle = Signal()

    def __init__(
        self,
        name: str,
        work: Callable[[Any], Iterator[Any]],
        parent: QObject | None = None,
        finishes: bool = False,
    ) -> None:
        super().__init__(parent)
        self._work, self._finishes = work, finishes
        self._changed = threading.Condition()
        self._values: list[Any] = []
        self._working = self._closing = False
        self._thread = threading.Thread(target=self._run, name=name)

    @property
    def busy(self) -> bool:
        """Whether a value waits or is worked on; its last result may still be queued."""
        return self._working or bool(self._values)

    @property
    def overtaken(self) -> bool:
        """Whether the value that is worked on is not wanted any more; for any thread."""
        return bool(self._values) or (self._closing and not self._finishes)

    def post(self, value: Any) -> None:
        """Work on this value next, in place of one that waits."""
        with self._changed:
            if self._closing:
                return
            self._values = [value]
            self._changed.notify()
        if self._thread.ident is None:
            self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it."""
        with self._changed:
            self._closing = True
            if not self._finishes:
                self._values.clear()
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        give_way()
        while True:
            with self._changed:
                self._working = False
                if not self._values and not self._closing:
                    self.idle.emit()
                while not self._values and not self._closing:
                    self._changed.wait()
                if not self._values:
                    return
                value = self._values.pop()
                self._working = True
            self._do(value)

    def _do(self, value: Any) -> None:
        try:
            for result in self._work(value):
                self.came.emit(result)
                if self.overtaken:
                    return  # the iterator is closed
        except Exception as error:
            self.failed.emit(sentence(error))
