"""UI thread side of Refine: starts a run, reports its progress and handles its result."""

import time
from collections.abc import Callable
from enum import Enum, auto
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.document.document import Change, Changed, Document
from app.document.rect import Rect
from app.document.refined import Refined, RefineOptions
from app.platform.time_left import FIRST_GUESS, time_left
from app.platform.translation import tr
from app.services.preview import PreviewService
from app.services.refine_worker import Outcome, RefineJob

if TYPE_CHECKING:
    from engine.studio import RefineStep

DONE = "The refined picture is finished. Keeping it discards redo steps."
LONG, SHORT = 120, 30
"""Seconds: a run longer than LONG is announced, with the size that takes SHORT."""

STALE = "Changed areas show the live preview. Refine again to update them."

REASONS = {
    Changed.STYLE: "Refine was stopped because the style has changed.",
    Changed.SEED: "Refine was stopped because the seed has changed.",
    Changed.LOOK: "Refine was stopped because the photo look has changed.",
    Changed.BRUSHWORK: "Refine was stopped because the strokes have changed.",
    Changed.CANVAS: "Refine was stopped because the canvas has changed.",
}


class RefineState(Enum):
    """State of Refine; WAITING means that the live preview is not complete yet."""

    IDLE = auto()
    WAITING = auto()
    RUNNING = auto()
    PAUSED = auto()
    STOPPING = auto()


class RefineService(QObject):
    """Runs Refine, one run at a time, and shows its pictures as the document's draft.

    Signals: `state_changed` carries the RefineState; `progressed` the share of the work done (0-1),
    the remaining time in words and the loss; `finished` the Refined picture to keep; `asked` a
    question to answer with `keep` or `discard`; `decided` follows the answer; `said` and `problem`
    carry a message for the user. `hesitates`: a callback that returns whether to ask before
    the picture of a complete run is kept.
    """

    state_changed = Signal(object)
    progressed = Signal(float, str, float)
    finished = Signal(object)
    asked = Signal(str)
    decided = Signal()
    said = Signal(str)
    problem = Signal(str)

    def __init__(
        self, document: Document, preview: PreviewService, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.draft: Refined | None = None
        self.state = RefineState.IDLE
        self._document, self._preview, self._engine = document, preview, preview.engine
        self._options = RefineOptions()
        self._run = 0
        self._job: RefineJob | None = None
        self._clock = _Clock()
        self._told_stale = self._told_long = False
        self._why = ""
        self.hesitates: Callable[[], bool] = lambda: False
        preview.busy_changed.connect(self.look_up)
        self._engine.refiner.stepped.connect(self._on_step)
        self._engine.refiner.ended.connect(self._on_ended)
        document.subscribe(self._on_change)

    @property
    def active(self) -> bool:
        """Whether a run is requested or in progress."""
        return self.state is not RefineState.IDLE

    # -- commands ---------------------------------------------------------------------------

    def begin(self, options: RefineOptions) -> None:
        """Start a run as soon as the live preview is complete; keeps an undecided draft."""
        if self.active:
            return
        if not self._document.style_id:
            self.problem.emit(tr("There is no painting to refine yet."))
            return
        self.keep()
        self._options = options
        self._enter(RefineState.WAITING)
        if not (self._preview.whole or self._preview.busy):
            self._preview.repaint()  # the last preview failed
        self.look_up()

    def look_up(self) -> None:
        """Start the run that waits, if the live preview has its strokes or will not get any."""
        overlay = self._preview.overlay
        behind = self._preview.busy or (overlay is not None and overlay.busy)
        if behind or self.state is not RefineState.WAITING:
            return
        if self._preview.whole:
            self._launch()
        else:
            self._enter(RefineState.IDLE)
            self.problem.emit(tr("Nothing was refined because the preview is not complete."))

    def toggle_pause(self) -> None:
        """Pause or resume the run."""
        pause = self.state is RefineState.RUNNING
        if pause or self.state is RefineState.PAUSED:
            self._engine.pause_refine(pause)
            self._enter(RefineState.PAUSED if pause else RefineState.RUNNING)

    def stop(self) -> None:
        """Stop the run; emits `asked` when the engine has stopped, if there is a draft."""
        if self.state is RefineState.WAITING:
            self._enter(RefineState.IDLE)
        elif self.state in (RefineState.RUNNING, RefineState.PAUSED):
            self._enter(RefineState.STOPPING)
            self._engine.stop_refine(self._run)

    def ask(self, why: str) -> None:
        """Ask the user whether to keep the draft; stops an active run first.

        `why`: a sentence that precedes the question.
        """
        if self.active:
            self._why = why
            self.stop()
        elif self.draft is not None:
            self.asked.emit(f"{why} {tr('Keep the refined picture so far?')}")

    def keep(self) -> None:
        """Emit the draft as `finished`; stops an active run."""
        draft = self.draft
        self._abandon()
        if draft is not None:
            self.finished.emit(draft)
        self._document.set_draft(None)

    def discard(self) -> None:
        """Discard the draft; stops an active run."""
        self._abandon()
        self._document.set_draft(None)

    # -- events -----------------------------------------------------------------------------

    def _launch(self) -> None:
        document, selection = self._document, self._document.selection
        only = self._options.selected_only and selection is not None
        # A selection is refined within the picture on screen, the whole canvas from the preview.
        start = document.painting_snapshot() if only else document.preview_snapshot()
        self._run += 1
        mask = selection.mask if only and selection is not None else None
        self._job = RefineJob(self._run, document.state(), start, mask, self._options)
        self._clock, self._told_stale, self._told_long = _Clock(), False, False
        self._enter(RefineState.RUNNING)
        self.progressed.emit(0.0, time_left(0, 0), 0.0)
        self._engine.refine(self._job)

    def _on_step(self, run: int, step: "RefineStep") -> None:
        if self._job is None or run != self._job.run:
            return
        if step.note:
            self.said.emit(step.note)
        if step.image is not None:
            self._show(self._job, step.image)
        if self.state is RefineState.RUNNING:  # else "paused" or "stopping" must stay visible
            words = time_left(self._clock.seconds, step.share)
            self.progressed.emit(step.share, words, step.loss)
            self._tell_long(step.share)

    def _show(self, job: RefineJob, image: np.ndarray) -> None:
        state = job.state
        self.draft = Refined(
            image, state.labels, state.style_id, state.seed, state.photo_look, state.brushwork,
            directions=state.directions,
        )  # fmt: skip
        self._document.set_draft(self.draft)
        self._tell_stale()

    def _on_ended(self, run: int, outcome: Outcome, problem: str) -> None:
        abandoned = self._job is None or run != self._job.run
        why, self._why = self._why, ""
        self._job = None
        self._enter(RefineState.IDLE)
        if abandoned:
            return
        if self.draft is None:
            if problem:
                self.problem.emit(problem)
            elif outcome is not Outcome.FINISHED:
                self.said.emit(tr("Refine was stopped before it had a better picture."))
        elif outcome is not Outcome.FINISHED:
            self.ask(problem or why or tr("Stopped."))
        elif why or self.hesitates():
            self.asked.emit(f"{why or tr(DONE)} {tr('Keep it?')}")
        else:
            self.keep()

    def _on_change(self, change: Change) -> None:
        if change.what in REASONS and (self.active or self.draft is not None):
            if self.active:
                self.said.emit(tr(REASONS[change.what]))
            self.discard()
        elif change.what in (Changed.LABELS, Changed.DIRECTIONS):
            self._tell_stale()

    def _abandon(self) -> None:
        """Stop the run, ignore its further results and drop the draft."""
        self.stop()
        self._job = self.draft = None
        self.decided.emit()

    def _tell_stale(self) -> None:
        layer = self._document.layer
        if not self._told_stale and layer is not None and not layer.whole:
            self._told_stale = True
            self.said.emit(tr(STALE))

    def _tell_long(self, share: float) -> None:
        """Say once how long the run takes and what would be quicker, if it takes minutes."""
        if self._told_long or share < FIRST_GUESS:
            return
        self._told_long, seconds = True, self._clock.seconds / share
        if seconds > LONG:
            width, height = quicker_size(self._document.bounds, seconds)
            self.said.emit(
                tr(
                    "Refine takes about {minutes} min at this size. "
                    "{width} × {height} pixels would take {seconds} s.",
                    minutes=round(seconds / 60), width=width, height=height, seconds=SHORT,
                )
            )  # fmt: skip

    def _enter(self, state: RefineState) -> None:
        if state is not self.state:
            self.state = state
            self._clock.run(state is RefineState.RUNNING)
            self.state_changed.emit(state)


class _Clock:
    """A stopwatch that can be paused."""

    def __init__(self) -> None:
        self._counted, self._since = 0.0, time.monotonic()
        self._runs = True

    @property
    def seconds(self) -> float:
        return self._counted + (time.monotonic() - self._since if self._runs else 0.0)

    def run(self, runs: bool) -> None:
        self._counted, self._since, self._runs = self.seconds, time.monotonic(), runs


def quicker_size(canvas: Rect, seconds: float) -> tuple[int, int]:
    """Return the canvas size, in tens of pixels, at which SHORT seconds do instead of `seconds`."""
    factor = (SHORT / seconds) ** 0.5
    sides = canvas.width, canvas.height
    width, height = (max(10, round(side * factor / 10) * 10) for side in sides)
    return width, height
