"""Going back and forth in the history, without losing what Refine is at."""

from collections.abc import Callable

from app.editing.history import History
from app.platform.translation import tr
from app.services.refine import RefineService


class UndoGuard:
    """Undo, redo and jumps; asks first when one would lose the picture of a run of Refine."""

    def __init__(self, history: History, refine: RefineService) -> None:
        self._history, self._refine = history, refine
        self._wish: Callable[[], None] | None = None
        refine.decided.connect(self._forget)
        refine.hesitates = lambda: history.can_redo

    def undo(self) -> None:
        """Take the last step back."""
        self._go(self._history.at - 1, self._history.undo)

    def redo(self) -> None:
        """Make the last undone step again."""
        self._go(self._history.at + 1, self._history.redo)

    def go_to(self, at: int) -> None:
        """Undo or redo until `at` of the history's steps are done."""
        self._go(at, lambda: self._history.go_to(at))

    def decide(self, keep: bool) -> None:
        """The painter's answer: keep the picture of the run as a step, or discard it and go."""
        wish, self._wish = self._wish, None
        if keep:
            self._refine.keep()
            return
        self._refine.discard()
        if wish is not None:
            wish()

    def _go(self, at: int, move: Callable[[], None]) -> None:
        if self._refine.draft is None or not self._history.repaints(at):
            move()
        else:
            self._wish = move
            self._refine.ask(tr("The refined picture is not kept yet."))

    def _forget(self) -> None:
        self._wish = None
