"""Run work without the engine that takes too long for the UI thread."""

import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.platform.errors import unexpected
from app.platform.translation import tr
from engine.errors import EngineError


class BackgroundTask(QObject):
    """One function that runs on its own thread.

    `done` carries its result, `failed` an error sentence. Both arrive on the thread that created
    the task. The owner must call `wait` before it drops the task.
    """

    done = Signal(object)
    failed = Signal(str)

    def __init__(self, work: Callable[[], Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = threading.Thread(target=self._run, args=(work,), name="task")

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wait(self) -> None:
        """Block until the work is done; its signal may still be queued."""
        self._thread.join()

    def _run(self, work: Callable[[], Any]) -> None:
        try:
            result = work()
        except EngineError as error:
            self.failed.emit(str(error))
        except MemoryError:
            self.failed.emit(tr("There is not enough memory for this."))
        except Exception as error:
            self.failed.emit(unexpected(error))
        else:
            self.done.emit(result)
