"""The history panel: the list of undo and redo steps."""

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QListView, QWidget

from app.platform.theme import colour, icon
from app.platform.translation import tr

_Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole


class _Steps(QAbstractListModel):
    """The list model: row 0 is the initial state, row n the state after step n."""

    def __init__(self) -> None:
        super().__init__()
        self._steps: list[tuple[str, str]] = []
        self._at = 0
        self._beginning = ""

    def show(self, steps: Sequence[tuple[str, str]], at: int, beginning: str) -> None:
        self.beginResetModel()
        self._steps, self._at, self._beginning = list(steps), at, beginning
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else 1 + len(self._steps)

    def data(self, index: _Index, role: int = Role.DisplayRole) -> object:
        row = index.row()
        text, picture = self._steps[row - 1] if row else (self._beginning, "daub")
        if role == Role.DisplayRole:
            return text
        if role == Role.DecorationRole:
            return icon(picture)
        if role == Role.ForegroundRole:
            return self._shade(row)
        if role == Role.AccessibleTextRole:
            return text if row <= self._at else tr("{step}, undone", step=text)
        return None

    def _shade(self, row: int) -> QColor:
        return colour("faint" if row > self._at else "text")


class HistoryPanel(QListView):
    """Shows undo and redo steps; a click goes to a step. `chosen` carries the row, 0 to n."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("history")
        self.setAccessibleName(tr("History"))
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._model = _Steps()
        self.setModel(self._model)
        self.clicked.connect(lambda index: self.chosen.emit(index.row()))
        self.activated.connect(lambda index: self.chosen.emit(index.row()))

    def show_steps(self, steps: Sequence[tuple[str, str]], at: int, forgotten: int) -> None:
        """Show steps as (text, icon name); the first `at` are done, `forgotten` were discarded."""
        earlier = tr("{count} earlier steps", count=forgotten)
        beginning = earlier if forgotten else tr("Initial state")
        self._model.show(steps, at, beginning)
        here = self._model.index(at)
        self.setCurrentIndex(here)
        self.scrollTo(here)
