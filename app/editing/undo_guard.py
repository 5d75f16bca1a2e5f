"""Undo and redo without losing the picture that Refine is making."""

from collections.abc import Callable

from app.editing.history import History
from app.platform.translation import tr
from app.services.refine import RefineService


class UndoGuard:
    """Undoes, redoes and jumps; asks first if that would discard a picture of Refine."""

    def __init__(self, history: History, refine: RefineService) -> None:
        self._history, self._refine = history, refine
        self._pending: Callable[[], None] | None = None
        refine.decided.connect(self._forget)
        refine.hesitates = lambda: history.can_redo

    def undo(self) -> None:
        """Undo the last step."""
        self._go(self._history.at - 1, self._history.undo)

    def redo(self) -> None:
        """Redo the last undone step."""
        self._go(self._history.at + 1, self._history.redo)

    def go_to(self, at: int) -> None:
        """Undo or redo until `at` of the history's steps are done."""
        self._go(at, lambda: self._history.go_to(at))

    def decide(self, keep: bool) -> None:
        """Handle the user's answer: keep the picture as a step, or discard it and continue."""
        pending, self._pending = self._pending, None
        if keep:
            self._refine.keep()
            return
        self._refine.discard()
        if pending is not None:
            pending()

    def _go(self, at: int, move: Callable[[], None]) -> None:
        if self._refine.draft is None or not self._history.repaints(at):
            move()
        else:
            self._pending = move
            self._refine.ask(tr("The refined picture is not kept yet."))

    def _forget(self) -> None:
        self._pending = None
