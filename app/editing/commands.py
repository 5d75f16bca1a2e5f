"""Commands that change the document, as undo steps."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
from PySide6.QtGui import QUndoCommand

from app.document.document import Document
from app.document.document_state import DocumentState
from app.document.patch import Patch
from app.document.refined import Refined
from app.document.selection import Selection
from app.document.underlay import Underlay
from app.document.undo_steps import CANVAS
from app.platform.translation import tr

Selections = tuple[Selection | None, Selection | None]

FIELDS = {
    "set_style": "style_id", "set_seed": "seed", "set_background": "background",
    "set_look": "look", "set_brushwork": "brushwork",
}  # fmt: skip
"""Fields of DocumentState by the methods of Document that a SetCommand calls."""

_serials = count(1)


def new_serial() -> int:
    """Return a number that is unique among all undo steps."""
    return next(_serials)


class DocumentCommand(QUndoCommand):
    """Base class of undo steps.

    `icon`: file name of an icon for this kind of step; `serial`: a number unique among all steps;
    `repaints`: whether the step changes style, seed or canvas, which makes a picture that Refine is
    working on useless; `skips`: whether the next undo or redo changes nothing, because the document
    is there already.
    """

    repaints = False

    def __init__(self, document: Document, text: str, icon: str) -> None:
        super().__init__(text)
        self.document = document
        self.icon = icon
        self.serial = new_serial()
        self.skips = False

    def undo(self) -> None:
        """Undo the step; called by QUndoStack."""
        if not self._skip():
            self.revert()

    def redo(self) -> None:
        """Redo the step; called by QUndoStack, also when the step is pushed."""
        if not self._skip():
            self.apply()

    def _skip(self) -> bool:
        skips, self.skips = self.skips, False
        return skips

    def revert(self) -> None:
        """Restore the document from before the step."""
        raise NotImplementedError

    def apply(self) -> None:
        """Change the document as the step does."""
        raise NotImplementedError

    def before(self) -> dict[str, Any] | None:
        """Return what the step has replaced: fields of DocumentState, without the labels.

        None if that is not known.
        """
        return {}

    def held(self) -> Iterator[bytes | np.ndarray]:
        """Yield the blocks of memory of this step; other steps may share them."""
        return iter(())

    def tidy(self) -> bool:
        """Compress some of the step's memory. Return False if there is nothing left to do."""
        return False

    def release(self) -> None:
        """Free the step's memory. The history never undoes or redoes it afterwards."""


class PaintCommand(DocumentCommand):
    """An edit of the doodle that has already been applied when it is pushed.

    `selections`: the selections before and after it; if they differ, undo and redo restore them.
    """

    def __init__(
        self,
        document: Document,
        patch: Patch,
        text: str,
        selections: Selections = (None, None),
        icon: str = "brush",
    ) -> None:
        super().__init__(document, text, icon)
        self.patch: Patch | None = patch
        self._selections = selections if selections[0] is not selections[1] else None
        self.skips = True

    def held(self) -> Iterator[bytes | np.ndarray]:
        if self.patch is not None:
            yield from self.patch.held()
        for side in self._selections or ():
            if side is not None:
                yield side.mask

    def tidy(self) -> bool:
        return self.patch is not None and self.patch.pack()

    def release(self) -> None:
        self.patch = self._selections = None

    def revert(self) -> None:
        if self.patch is not None:
            self.document.undo_patch(self.patch)
            self._select(0)

    def apply(self) -> None:
        if self.patch is not None:
            self.document.redo_patch(self.patch)
            self._select(1)

    def _select(self, side: int) -> None:
        if self._selections is not None:
            self.document.set_selection(self._selections[side])


class SetCommand(DocumentCommand):
    """Sets one property of the document: style, seed, background, look or brushwork."""

    def __init__(
        self,
        document: Document,
        text: str,
        setter: Callable[..., None],
        old: object,
        new: object,
        icon: str = "dice",
        repaints: bool = True,
    ) -> None:
        super().__init__(document, text, icon)
        self.repaints = repaints
        self._setter, self._old = setter, old
        self.value = new

    def before(self) -> dict[str, Any] | None:
        field = FIELDS.get(getattr(self._setter, "__name__", ""))
        return {field: self._old} if field is not None else None

    def revert(self) -> None:
        self._setter(self._old)

    def apply(self) -> None:
        self._setter(self.value)


class RefineCommand(DocumentCommand):
    """Sets the refined picture of the document; `old` is the state before, if not the current."""

    def __init__(
        self, document: Document, refined: Refined, old: DocumentState | None = None
    ) -> None:
        super().__init__(document, tr("Refine"), "refine")
        self._old = (old or document.state()).refined
        self._new: Refined | None = refined

    def before(self) -> dict[str, Any] | None:
        return {"refined": self._old}

    def held(self) -> Iterator[bytes | np.ndarray]:
        yield from _pieces(self._old)
        yield from _pieces(self._new)

    def release(self) -> None:
        self._old = self._new = None

    def revert(self) -> None:
        if self._new is not None:
            self.document.set_refined(self._old)

    def apply(self) -> None:
        if self._new is not None:
            self.document.set_refined(self._new)


class UnderlayCommand(DocumentCommand):
    """Sets the picture to trace of the document, or removes it.

    `old` is the state before, if not the current.
    """

    def __init__(
        self, document: Document, underlay: Underlay | None, old: DocumentState | None = None
    ) -> None:
        text = tr("Underlay") if underlay is not None else tr("Remove the underlay")
        super().__init__(document, text, "eye")
        self._sides = ((old or document.state()).underlay, underlay)

    def before(self) -> dict[str, Any] | None:
        return {"underlay": self._sides[0]}

    def held(self) -> Iterator[bytes | np.ndarray]:
        yield from (side.pixels for side in self._sides if side is not None)

    def release(self) -> None:
        self._sides = (None, None)

    def revert(self) -> None:
        self.document.set_underlay(self._sides[0])

    def apply(self) -> None:
        self.document.set_underlay(self._sides[1])


class CanvasCommand(DocumentCommand):
    """Replaces the canvas, of any size, with everything on it.

    The preview of `state` is shown until the new canvas is painted. Style, seed and look of the
    document do not change, unless `restyle` is called. `old` is the state before, if not the
    current; `restyles`: the styles of both states belong to the step.
    """

    repaints = True

    def __init__(
        self, document: Document, state: DocumentState, text: str, icon: str = "new",
        old: DocumentState | None = None, restyles: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(document, text, icon)
        self._old: DocumentState | None = old or document.state()
        self._new: DocumentState | None = replace(state, preview=None)
        self._preview = state.preview
        self._restyles = restyles

    def before(self) -> dict[str, Any] | None:
        fields = (*CANVAS, "style_id") if self._restyles else CANVAS
        return {name: getattr(self._old, name) for name in fields} if self._old else None

    def held(self) -> Iterator[bytes | np.ndarray]:
        for state in (self._old, self._new):
            if state is not None:
                yield from state.labels.tiles
                if state.directions is not None:
                    yield from state.directions.tiles
                yield from _pieces(state.refined)
                if state.selection is not None:
                    yield state.selection.mask
                if state.photo is not None:
                    yield from state.photo.planes
                if state.underlay is not None:
                    yield state.underlay.pixels

    def release(self) -> None:
        self._old = self._new = self._preview = None

    def restyle(self, style_id: str) -> None:
        """Set another style for the new canvas, as a part of this step."""
        if self._old is not None and self._new is not None:
            self._old = replace(self._old, style_id=self.document.style_id)
            self._new = replace(self._new, style_id=style_id)
            self._restyles = True
        self.document.set_style(style_id)

    def revert(self) -> None:
        self._lay(self._old)

    def apply(self) -> None:
        self._lay(self._new)

    def _lay(self, state: DocumentState | None) -> None:
        preview, self._preview = self._preview, None
        if state is not None:
            if state.photo is not None:  # first, as the old style may not support photos
                self._set_style(state)
            self.document.replace_canvas(replace(state, preview=preview))
            if state.background != self.document.background:
                self.document.set_background(state.background)
            self._set_style(state)

    def _set_style(self, state: DocumentState) -> None:
        if self._restyles and state.style_id != self.document.style_id:
            self.document.set_style(state.style_id)


def _pieces(refined: Refined | None) -> Iterator[np.ndarray]:
    if refined is not None:
        yield refined.pixels
        yield from refined.labels.tiles
        if refined.directions is not None:
            yield from refined.directions.tiles
