"""Work on the whole canvas goes on on a thread; what must not come in between waits for its end."""

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from app.services.background_task import BackgroundTask

Made = TypeVar("Made")


class CanvasJobs(QObject):
    """Whether the canvas is being changed, and what was wished for meanwhile.

    `changed`: work begins or ends; `failed`: why nothing came of it, in a sentence; `dropped`:
    nothing came of it, whatever the reason.
    """

    changed = Signal()
    failed = Signal(str)
    dropped = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.busy = False
        self._chore: BackgroundTask | None = None
        self._waiting: list[Callable[[], object]] = []

    def begin(self, make: Callable[[], Made], use: Callable[[Made], object]) -> None:
        """Have a thread make what `use` puts in place then, or begins anew from another state.

        Nothing else may be under way, see `after`.
        """
        self._chore = BackgroundTask(make, self)
        self._chore.done.connect(lambda made: self._on_done(made, use))
        self._chore.failed.connect(self._on_failed)
        if not self.busy:
            self.busy = True
            self.changed.emit()
        self._chore.start()

    def after(self, then: Callable[[], object]) -> None:
        """Do this as soon as nothing is under way: now, or later."""
        if self.busy:
            self._waiting.append(then)
        else:
            then()

    def stop(self) -> None:
        """Return when nothing is under way; nothing comes of what was, nor of what waits."""
        self._waiting.clear()
        if self._chore is not None:
            self._chore.wait()

    def _on_done(self, made: Made, use: Callable[[Made], object]) -> None:
        self._let_go()
        use(made)
        if self._chore is None:
            self._end()

    def _on_failed(self, sentence: str) -> None:
        self._let_go()
        self.failed.emit(sentence)
        self.dropped.emit()
        self._end()

    def _let_go(self) -> None:
        if self._chore is not None:
            self._chore.wait()
            self._chore.deleteLater()
        self._chore = None

    def _end(self) -> None:
        self.busy = False
        self.changed.emit()
        while self._waiting and not self.busy:
            self._waiting.pop(0)()
