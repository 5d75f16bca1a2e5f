"""Connects the dialogs of variations and of all styles with the session."""

import random
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtWidgets import QMainWindow

from app.document.brushwork import reduced_stroke
from app.document.document import Change, Changed
from app.editing.session import RANDOM_SEEDS, Session
from app.files.document_file import DocumentFile
from app.files.export_controller import export_folder
from app.platform.translation import tr
from app.services.background_task import BackgroundTask
from app.services.variations import write_sheet
from app.services.variations_worker import Variation
from app.widgets.actions import Actions, with_shortcut
from app.widgets.message_bar import MessageBar
from app.widgets.style_model import by_line

if TYPE_CHECKING:
    from app.widgets.variations_dialog import VariationsDialog

SEEDS, SEED_COLUMNS = 6, 3
SEED_LONGEST, STYLE_LONGEST = 512, 384
"""Longer side of the pictures, in pixels of the doodle that is painted."""

SEED_CARD, STYLE_CARD = 288, 208
"""Longer side of the pictures on the cards, in pixels of the window."""

STYLE_COLUMNS = 4
NARROWEST = 72
"""Shorter side of a picture on a card; the captions need this space."""

ACTIONS = ("variations", "styles.all")


class VariationsController(QObject):
    """Shows the doodle in other seeds, or in all styles, and takes the one that is chosen.

    `dialog`: the open dialog, or None. `task`: the sheet that is being written, or None.
    """

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        file: DocumentFile,
        actions: Actions,
        messages: MessageBar,
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._file = window, session, file
        self._actions, self._messages = actions, messages
        self._tips = {name: actions[name].statusTip() for name in ACTIONS}
        self.dialog: VariationsDialog | None = None
        self.task: BackgroundTask | None = None
        self._path = Path()
        session.variations.painted.connect(self._on_painted)
        session.variations.failed.connect(self._on_failed)
        session.document.subscribe(self._on_document)
        file.begun.connect(self.close)
        self._show_possible()

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return the action handlers by action id."""
        return {"variations": self.show_seeds, "styles.all": self.show_styles}

    def show_seeds(self) -> None:
        """Show the document in its own seed and in five fresh ones."""
        document = self._session.document
        fresh = (seed for seed in random.sample(RANDOM_SEEDS, SEEDS) if seed != document.seed)
        seeds = (document.seed, *islice(fresh, SEEDS - 1))
        cards = [(tr("Seed {seed}", seed=seed), seed == document.seed) for seed in seeds]
        dialog = self._opened(tr("Variations"), cards, SEED_LONGEST, SEED_CARD, SEED_COLUMNS)
        dialog.chosen.connect(lambda index: self._session.set_seed(seeds[index]))
        style_id = document.style_id
        wanted = [self._variation(style_id, seed) for seed in seeds]
        self._session.variations.begin(wanted, SEED_LONGEST)

    def show_styles(self) -> None:
        """Show the document in every style that can paint it."""
        session, document = self._session, self._session.document
        ids = session.style_selection.fitting
        cards = [(session.styles[style].title, style == document.style_id) for style in ids]
        dialog = self._opened(tr("All styles"), cards, STYLE_LONGEST, STYLE_CARD, STYLE_COLUMNS)
        dialog.chosen.connect(lambda index: session.choose_style(ids[index]))
        dialog.offer_sheet()
        lines = [by_line(session.styles[style]) for style in ids]
        dialog.sheet_wanted.connect(lambda: self._ask_sheet(lines))
        wanted = [self._variation(style, document.seed) for style in ids]
        session.variations.begin(wanted, STYLE_LONGEST)

    def close(self) -> None:
        """Close the dialog, because another document or dialog replaces it."""
        if self.dialog is not None:
            self.dialog.reject()

    def stop(self) -> None:
        """Wait for a sheet that is being written; called when the window closes."""
        self.close()
        if self.task is not None:
            self.task.wait()

    # -- the dialog -------------------------------------------------------------------------

    def _opened(
        self, title: str, cards: Sequence[tuple[str, bool]], longest: int, side: int, columns: int
    ) -> "VariationsDialog":
        from app.widgets.variations_dialog import Card, VariationsDialog

        self.close()
        self._session.tool_controller.end()
        document = self._session.document
        canvas = QSize(document.width, document.height)
        dialog = self.dialog = VariationsDialog(
            title, [Card(*card) for card in cards], card_size(canvas, side), columns, self._window
        )
        dialog.set_note(self._note(min(1.0, longest / max(document.width, document.height))))
        dialog.finished.connect(self._forget)
        dialog.open()
        return dialog

    def _forget(self) -> None:
        self._session.variations.end()
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None

    def _note(self, factor: float) -> str:
        """Return what differs from the painting on screen; the doodle is scaled by `factor`."""
        stroke = self._session.document.brushwork.stroke
        shown = reduced_stroke(stroke, factor) if self._session.strokes.enabled else stroke
        if shown <= stroke * factor:
            return ""
        return tr(
            "Painted at {percent} % of the size, so brush strokes look larger here.",
            percent=max(1, round(100 * factor)),
        )

    def _variation(self, style_id: str, seed: int) -> Variation:
        paints_by = self._session.styles[style_id].paints_by
        return Variation(style_id, seed, self._session.strokes.enabled and "strokes" in paints_by)

    def _on_painted(self, index: int, pixels: np.ndarray, last: bool) -> None:
        if self.dialog is not None:
            self.dialog.show_picture(index, pixels, last)

    def _on_failed(self, index: int, sentence: str) -> None:
        if self.dialog is not None:
            self.dialog.show_problem(index, sentence)

    # -- whether it is possible -------------------------------------------------------------

    def _on_document(self, change: Change) -> None:
        if change.what is Changed.CANVAS:
            self.close()  # the pictures show another doodle
        if change.what in (Changed.CANVAS, Changed.STYLE):
            self._show_possible()

    def _show_possible(self) -> None:
        document = self._session.document
        photo = document.photo is not None
        why = tr("Photos have no variations; the gallery shows them in other styles.")
        for name in ACTIONS:
            action = self._actions[name]
            action.setEnabled(not photo and bool(document.style_id))
            action.setToolTip(with_shortcut(why if photo else self._tips[name], action))

    # -- the sheet --------------------------------------------------------------------------

    def _ask_sheet(self, captions: Sequence[str]) -> None:
        """Ask for a file and write the pictures that are painted."""
        from app.widgets.dialogs import ask_replace, ask_sheet_path
        from app.widgets.export_dialog import unused

        dialog = self.dialog
        if dialog is None or self.task is not None:
            return
        path = ask_sheet_path(dialog, unused(self._suggestion()))
        if path is None or (path.exists() and not ask_replace(dialog, path)):
            return
        rows = sorted(dialog.pictures)
        pictures, told = [dialog.pictures[row] for row in rows], [captions[row] for row in rows]
        what = f"one doodle in {len(rows)} styles"
        self._session.settings.export_folder, self._path = str(path.parent), path
        task = self.task = BackgroundTask(
            lambda: write_sheet(path, pictures, told, STYLE_COLUMNS, what), self
        )
        task.done.connect(self._on_written)
        task.failed.connect(self._on_written)
        task.start()

    def _suggestion(self) -> Path:
        name = Path(self._file.name).stem
        return export_folder(self._session.settings) / f"{tr('{name} styles', name=name)}.png"

    def _on_written(self, problem: str) -> None:
        self._end_task()
        said = problem or tr("Saved {name}.", name=self._path.name)
        if self.dialog is not None:
            self.dialog.set_note(said)  # it covers the window's messages
        elif problem:
            self._messages.warn(said)
        else:
            self._messages.say(said)

    def _end_task(self) -> None:
        if self.task is not None:
            self.task.wait()
            self.task.deleteLater()
            self.task = None


def card_size(canvas: QSize, longest: int) -> QSize:
    """Return the size of a picture on a card: the canvas's proportions, but never very narrow."""
    size = canvas.scaled(longest, longest, Qt.AspectRatioMode.KeepAspectRatio)
    return size.expandedTo(QSize(NARROWEST, NARROWEST))
