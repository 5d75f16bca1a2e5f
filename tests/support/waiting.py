"""How a test waits before it says that nothing came: for the other thread, not for time to pass."""

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot
from pytestqt.qtbot import QtBot


class _Messenger(QObject):
    """Goes through the events of another thread, and comes back through those of this one."""

    _sent = Signal()

    def __init__(self, thread: QThread) -> None:
        super().__init__()
        self.returned = False
        self._home = self.thread()
        self._sent.connect(self._arrive, Qt.ConnectionType.QueuedConnection)
        self.moveToThread(thread)
        self._sent.emit()

    @Slot()
    def _arrive(self) -> None:
        if QThread.currentThread() == self._home:
            self.returned = True
        else:
            self.moveToThread(self._home)
            self._sent.emit()


def round_trip(qtbot: QtBot, worker: QObject) -> None:
    """Return when the worker's thread has done what it was asked for, and that was heard here.

    Twice there and back: what it asks of itself (`_go_on`) lies behind the first messenger.
    """
    for _ in range(2):
        messenger = _Messenger(worker.thread())
        qtbot.waitUntil(lambda sent=messenger: sent.returned)
