"""What the menu does with the selection."""

from collections.abc import Callable

from app.commands import PaintCommand
from app.document.document import Document
from app.document.patch import Patch
from app.document.selection import Selection
from app.hand import Hand
from app.history import History
from app.tools.ink import Ink
from app.tools.move import put_moved
from app.words import tr

# A copy made from the menu lies beside its original by this share of the canvas's longer side.
BESIDE = 1 / 48


class Selecting:
    """Changes the selection, or what is selected as one undo step."""

    def __init__(self, document: Document, history: History, hand: Hand) -> None:
        self._document, self._history, self._hand = document, history, hand

    def all(self) -> None:
        """Select the whole canvas."""
        self._document.set_selection(Selection.of_everything(self._document.bounds))

    def none(self) -> None:
        """Work everywhere again."""
        self._document.set_selection(None)

    def invert(self) -> None:
        """Select what is not selected."""
        self._change(Selection.inverted)

    def resize(self, steps: int) -> None:
        """Grow (+1) or shrink (-1) the selection by as many pixels as is set."""
        self._change(lambda selection: selection.grown(steps * self._hand.options.step))

    def clear(self) -> None:
        """Paint everything that is selected back to the background."""
        self._hand.end()
        document, ink = self._document, Ink(self._document)
        box = document.bounds if ink.selection is None else ink.selection.box
        ink.lay_here(box, None, document.background)
        self._remember(ink, tr("Clear"), "clear")

    def duplicate(self) -> None:
        """Put a copy of what is selected beside it, and select that."""
        self._hand.end()
        document, selection = self._document, self._document.selection
        if selection is not None:
            aside = max(1, round(max(document.width, document.height) * BESIDE))
            ink = Ink(document)
            put_moved(ink, (aside, aside), copy=True)
            document.set_selection(selection.moved(aside, aside))
            self._remember(ink, tr("Duplicate"), "copy")

    def _change(self, change: Callable[[Selection], Selection | None]) -> None:
        selection = self._document.selection
        if selection is not None:
            self._document.set_selection(change(selection))

    def _remember(self, ink: Ink, text: str, icon: str) -> None:
        patch = Patch.between(ink.before, self._document.labels, ink.touched)
        if patch is not None:
            selections = ink.selection, self._document.selection
            self._history.push(PaintCommand(self._document, patch, text, selections, icon))
