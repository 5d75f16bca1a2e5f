"""Which styles this document can be painted in, and what is done when one cannot be used."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from app.document.document import Change, Changed, Document
from app.editing.commands import CanvasCommand, SetCommand
from app.editing.history import History
from app.platform.translation import tr
from app.services.engine_worker import not_learnt
from app.services.preview import PreviewService, StyleInfo


class StyleSelection(QObject):
    """All styles by id, as the engine has listed them.

    `changed`: others than before are fitting now. `problem`: one sentence why another style is
    worn than the one that was wished for; `fell_back` follows when that is no step of the history.
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
        self._learnt: frozenset[str] | None = None
        preview.style_failed.connect(self._on_failed)
        preview.engine.worker.photo_styles_known.connect(self._on_learnt)
        document.subscribe(self._on_change)

    @property
    def usable(self) -> list[str]:
        """Ids of the styles whose packs are whole."""
        return [style.id for style in self.styles.values() if style.problem is None]

    @property
    def fitting(self) -> list[str]:
        """Those of them in which this very document can be painted."""
        return [style_id for style_id in self.usable if not self.unsupported(style_id)]

    def unsupported(self, style_id: str) -> str:
        """Why a whole pack does not fit this document, in a sentence; empty when it does."""
        if self._document.photo is None or self._learnt is None or style_id in self._learnt:
            return ""
        return not_learnt(style_id)

    def first_of(self, wishes: Sequence[str]) -> str:
        """The first that can be used of these, the one that is worn, and all; else empty."""
        usable = self.usable
        wishes = *wishes, self._document.style_id, *usable
        return next((style_id for style_id in wishes if style_id in usable), "")

    def _on_failed(self, style_id: str, sentence: str) -> None:
        misfit, newest = self.unsupported(style_id), self._history.newest
        if not misfit:
            self._failed.add(style_id)
        if isinstance(newest, SetCommand) and newest.value == style_id:
            self._history.reject()
        elif self._document.style_id == style_id:
            sentence = self._fall_back(sentence, for_photo=bool(misfit))
        self.problem.emit(sentence)

    def _fall_back(self, sentence: str, for_photo: bool) -> str:
        """Wear the first style that fits and has not failed; without one nothing is asked."""
        left = (style_id for style_id in self.fitting if style_id not in self._failed)
        other = next(left, "")
        step = self._step_of_photo() if for_photo else None
        old = self._document.style_id
        if step is not None:
            step.restyle(other)
        else:
            self._document.set_style(other)
            if for_photo:
                self._history.set_clean(None)
            self.fell_back.emit()
        if not for_photo or not other:
            return sentence
        return tr(
            "Photos cannot be painted in the style {style} yet, so this one is painted in {other}; "
            "daub train-stylizer teaches {style}.", style=old, other=self.styles[other].title,
        )  # fmt: skip

    def _step_of_photo(self) -> CanvasCommand | None:
        """The step that brought the photo, if the style is still the one from before it."""
        for step in self._history.done:
            if isinstance(step, CanvasCommand):
                return step
            if isinstance(step, SetCommand) and step.value in self.styles:
                return None
        return None

    def _on_learnt(self, ids: Sequence[str]) -> None:
        self._learnt = frozenset(ids)
        self.changed.emit()

    def _on_change(self, change: Change) -> None:
        if change.what is Changed.CANVAS:
            self.changed.emit()
