"""The menu commands for the selection."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from app.document.document import Document
from app.document.label_map import LabelMap, LabelSnapshot
from app.document.patch import Patch
from app.document.selection import Selection
from app.editing.canvas_jobs import CanvasJobs
from app.editing.commands import PaintCommand
from app.editing.history import History
from app.editing.tool_controller import ToolController
from app.platform.translation import tr
from app.tools.ink import Ink
from app.tools.move import put_moved
from app.tools.shape import LARGEST_LIVE

# Offset of a duplicate from its original, as a share of the canvas's longer side.
BESIDE = 1 / 48


@dataclass(frozen=True, eq=False)
class _Copy:
    """The patch that pastes a duplicate (None for no change), and the selection afterwards."""

    patch: Patch | None
    selection: Selection | None


class SelectionCommands:
    """Changes the selection, or the selected part of the doodle as one undo step."""

    def __init__(
        self, document: Document, history: History, tools: ToolController, jobs: CanvasJobs
    ) -> None:
        self._document, self._history, self._tools, self._jobs = document, history, tools, jobs

    def all(self) -> None:
        """Select the whole canvas."""
        self._document.set_selection(Selection.of_everything(self._document.bounds))

    def none(self) -> None:
        """Deselect, so that tools work on the whole canvas."""
        self._document.set_selection(None)

    def invert(self) -> None:
        """Invert the selection."""
        self._change(Selection.inverted)

    def resize(self, steps: int) -> None:
        """Grow (+1) or shrink (-1) the selection by the `step` of the tool options, in pixels."""
        self._change(lambda selection: selection.grown(steps * self._tools.options.step))

    def clear(self) -> None:
        """Fill the selection, or the canvas without one, with the background material."""
        self._tools.end()
        document, ink = self._document, Ink(self._document)
        box = document.bounds if ink.selection is None else ink.selection.box
        ink.lay_here(box, None, document.background)
        self._remember(ink, tr("Clear"), "clear")

    def duplicate(self) -> None:
        """Paste a copy of the selected part beside it, and select the copy."""
        self._jobs.after(self._duplicate)

    def _duplicate(self) -> None:
        self._tools.end()
        doodle, selection = self._document.labels.snapshot(), self._document.selection
        if selection is None:
            return
        make = partial(_duplicated, doodle, selection)
        if selection.box.area <= LARGEST_LIVE:
            self._put_copy(doodle, selection, make())
        else:
            self._jobs.begin(make, partial(self._put_copy, doodle, selection))

    def _put_copy(self, doodle: LabelSnapshot, selection: Selection, copy: "_Copy") -> None:
        self._tools.end()
        document, labels = self._document, self._document.labels
        if document.selection is not selection or not labels.shares_all(doodle):
            self._duplicate()  # keep what was painted meanwhile
            return
        if copy.patch is not None:
            document.redo_patch(copy.patch)
        document.set_selection(copy.selection)
        if copy.patch is not None:
            selections, text = (selection, copy.selection), tr("Duplicate")
            self._history.push(PaintCommand(document, copy.patch, text, selections, "copy"))

    def _change(self, change: Callable[[Selection], Selection | None]) -> None:
        selection = self._document.selection
        if selection is not None:
            self._document.set_selection(change(selection))

    def _remember(self, ink: Ink, text: str, icon: str) -> None:
        patch = ink.patch()
        if patch is not None:
            selections = ink.selection, self._document.selection
            self._history.push(PaintCommand(self._document, patch, text, selections, icon))


def _duplicated(doodle: LabelSnapshot, selection: Selection) -> _Copy:
    """Return the duplicate of the selected part. Slow on a large canvas."""
    aside = max(1, round(max(doodle.width, doodle.height) * BESIDE))
    document = Document(LabelMap.from_snapshot(doodle))
    document.set_selection(selection)
    ink = Ink(document)
    put_moved(ink, (aside, aside), copy=True)
    patch = ink.patch()
    return _Copy(patch, selection.moved(aside, aside))
