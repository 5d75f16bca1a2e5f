"""Work on the whole canvas goes on on a thread; what must not come in between waits for its end."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal


class CanvasWork(QObject):
    """Whether the canvas is being changed, and what was wished for meanwhile.

    `changed`: work begins or ends; `dropped`: nothing came of it.
    """

    changed = Signal()
    dropped = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.busy = False
        self._waiting: list[Callable[[], object]] = []

    def begin(self) -> None:
        """The canvas is being changed."""
        self.busy = True
        self.changed.emit()

    def end(self) -> None:
        """It is as it was wished for, or as it was; what waits comes now, in its order."""
        self.busy = False
        self.changed.emit()
        while self._waiting and not self.busy:
            self._waiting.pop(0)()

    def after(self, then: Callable[[], object]) -> None:
        """Do this as soon as nothing is under way: now, or later."""
        if self.busy:
            self._waiting.append(then)
        else:
            then()

    def forget(self) -> None:
        """Nothing comes of what waits: the window closes."""
        self._waiting.clear()
