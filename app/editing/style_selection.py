"""Track which styles can paint the document, and fall back to another when one fails."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from app.document.document import Change, Changed, Document
from app.editing.commands import CanvasCommand, SetCommand
from app.editing.history import History
from app.platform.translation import tr
from app.services.engine_worker import not_learnt, only_photos
from app.services.preview import PreviewService, StyleInfo


class StyleSelection(QObject):
    """The styles that the engine has listed, and which of them can paint the document.

    `styles`: all styles by id. `changed`: `fitting` has changed. `problem`: a sentence that says
    why the chosen style is not used; `fell_back`: the style was changed without an undo step.
    """

    changed = Signal()
    problem = Signal(str)
    fell_back = Signal()

    def __init__(
        self, document: Document, history: History, preview: PreviewService, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.styles: dict[str, StyleInfo] = {}
        self._document, self._history = document, history
        self._failed: set[str] = set()
        self._removed: set[str] = set()
        self._photo_styles: frozenset[str] | None = None
        preview.style_failed.connect(self._on_failed)
        preview.engine.worker.photo_styles_known.connect(self._on_photo_styles)
        document.subscribe(self._on_change)

    @property
    def usable(self) -> list[str]:
        """Ids of the styles with a valid style pack."""
        return [style.id for style in self.styles.values() if style.problem is None]

    @property
    def fitting(self) -> list[str]:
        """Ids of the usable styles that support this document."""
        return [style_id for style_id in self.usable if not self.unsupported(style_id)]

    def unsupported(self, style_id: str) -> str:
        """Return a sentence that says why a style cannot paint this document; empty if it can."""
        return self._misfit(style_id, self._document.photo is not None)

    def _misfit(self, style_id: str, over_photo: bool) -> str:
        style, known = self.styles.get(style_id), self._photo_styles
        if not over_photo:
            fits = style is None or style.problem is not None or style.paints_doodles
            return "" if fits else only_photos(style_id)
        if known is None or style_id in known:
            return ""
        return not_learnt(style_id, self._document.look.by)

    def first_of(self, wanted: Sequence[str], over_photo: bool) -> str:
        """Return the first style of `wanted` that can paint a photo, or a doodle.

        Else the current one or any; empty if there is none.
        """
        usable = [style_id for style_id in self.usable if not self._misfit(style_id, over_photo)]
        wanted = *wanted, self._document.style_id, *usable
        return next((style_id for style_id in wanted if style_id in usable), "")

    def set_styles(self, styles: Sequence[StyleInfo]) -> None:
        """Set the styles that the engine has listed; those that have failed may be others now."""
        self._failed.clear()
        self.styles = {style.id: style for style in styles}
        self._removed -= self.styles.keys()

    def leave(self, style_id: str) -> None:
        """Use another style from now on, because this one is being removed."""
        self._removed.add(style_id)
        if self._document.look.second == style_id:
            self._document.set_look(replace(self._document.look, second=None, blend=0.0))
        if self._document.style_id == style_id:
            self._fall_back("", "")

    def _on_failed(self, style_id: str, sentence: str) -> None:
        if style_id in self._removed and self._document.style_id != style_id:
            return  # the engine was painting in it when it was removed
        misfit, newest = self.unsupported(style_id), self._history.newest
        if not misfit:
            self._failed.add(style_id)
        if isinstance(newest, SetCommand) and newest.value == style_id:
            self._history.reject()
        elif self._document.style_id == style_id:
            sentence = self._fall_back(sentence, misfit)
        self.problem.emit(sentence)

    def _fall_back(self, sentence: str, misfit: str) -> str:
        """Set the first fitting style that has not failed; return a sentence for the user.

        `misfit`: why no document of this kind can be painted in the style; empty if it has failed.
        """
        unusable = self._failed | self._removed
        left = (style_id for style_id in self.fitting if style_id not in unusable)
        other = next(left, "")
        step = self._step_of_canvas() if misfit else None
        if step is not None:
            step.restyle(other)
            if step is self._history.newest:
                self._history.renew()
        else:
            self._document.set_style(other)
            if misfit:
                self._history.set_clean(None)
            self.fell_back.emit()
        if not misfit or not other:
            return sentence
        return tr("{why} {other} is used instead.", why=misfit, other=self.styles[other].title)

    def _step_of_canvas(self) -> CanvasCommand | None:
        """Return the step that added or replaced a photo; None if the style was changed after it.

        The style that fits the new canvas is a part of it.
        """
        for step in self._history.done:
            if isinstance(step, CanvasCommand):
                return step
            if isinstance(step, SetCommand) and step.value in self.styles:
                return None
        return None

    def _on_photo_styles(self, ids: Sequence[str]) -> None:
        self._photo_styles = frozenset(ids)
        self.changed.emit()

    def _on_change(self, change: Change) -> None:
        if change.what is Changed.CANVAS:
            self.changed.emit()
