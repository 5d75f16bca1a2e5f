"""Work that takes too long for the UI thread and has nothing to do with the engine."""

import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.platform.errors import unexpected
from app.platform.translation import tr


class BackgroundTask(QObject):
    """One piece of work on a thread of its own; `done` carries its result, `failed` a sentence.

    Both arrive on the thread that made the chore. Who owns it waits for it before letting it go.
    """

    done = Signal(object)
    failed = Signal(str)

    def __init__(self, work: Callable[[], Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = threading.Thread(target=self._run, args=(work,), name="chore")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wait(self) -> None:
        """Return when the work is done; its signal may still be on its way."""
        self._thread.join()

    def _run(self, work: Callable[[], Any]) -> None:
        try:
            result = work()
        except MemoryError:
            self.failed.emit(tr("There is not enough memory for this."))
        except Exception as error:
            self.failed.emit(unexpected(error))
        else:
            self.done.emit(result)
