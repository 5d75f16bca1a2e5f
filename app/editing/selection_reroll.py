"""Paint the selected part of the picture with other strokes, as an undo step."""

import random
from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import QObject, Qt

from app.document.document import Document
from app.document.selection import Selection
from app.editing.commands import DocumentCommand
from app.editing.history import History
from app.editing.tool_controller import ToolController
from app.platform.translation import tr
from app.services.strokes import StrokesService

SEEDS = range(1, 2**31)


class RerollCommand(DocumentCommand):
    """Paints a selection with strokes of another seed; the doodle does not change.

    Undo and redo usually bring kept pixels back (`StrokesService.at_step`). Where none are kept,
    the part is painted again.
    """

    def __init__(
        self, document: Document, strokes: StrokesService, selection: Selection, seed: int
    ) -> None:
        super().__init__(document, tr("Other strokes"), "strokes")
        self._strokes, self._seed = strokes, seed
        self._selection: Selection | None = selection

    def held(self) -> Iterator[bytes | np.ndarray]:
        if self._selection is not None:
            yield self._selection.mask

    def release(self) -> None:
        self._selection = None

    def revert(self) -> None:
        if self._selection is not None:
            self._strokes.ask_for(self._selection.box)

    def apply(self) -> None:
        if self._selection is not None:
            self._strokes.reroll(self._selection, self._seed)


class SelectionReroll(QObject):
    """Paints the selection differently once all strokes asked for before are there."""

    def __init__(
        self,
        document: Document,
        history: History,
        tools: ToolController,
        strokes: StrokesService,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._document, self._history = document, history
        self._tools, self._strokes = tools, strokes
        self._wanted = False
        history.changed.connect(self._forget)
        # Queued: it is also emitted during an undo, when no step may be added.
        strokes.busy_changed.connect(self._look, Qt.ConnectionType.QueuedConnection)

    @property
    def unavailable(self) -> str:
        """Why the selection cannot be painted differently, in a sentence; empty if it can."""
        if self._document.selection is None:
            return tr("Select a part of the picture first.")
        if self._strokes.unavailable:
            return self._strokes.unavailable
        if not self._strokes.enabled:
            return tr("This needs strokes: choose Paint with strokes.")
        if self._document.shows_refined:
            return tr("The refined picture covers the strokes.")
        return ""

    def begin(self) -> None:
        """Paint the selection with other strokes, each time different ones."""
        self._tools.end()
        # The step before must have its own strokes, which undo then brings back.
        self._wanted = not self._strokes.rerolling
        self._look()

    def _forget(self) -> None:
        self._wanted = False

    def _look(self) -> None:
        if not self._wanted or self._strokes.busy:
            return
        self._wanted = False
        selection = self._document.selection
        if selection is not None and not self.unavailable:
            seed = random.choice(SEEDS)
            self._history.push(RerollCommand(self._document, self._strokes, selection, seed))
