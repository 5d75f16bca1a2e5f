"""Live strokes on the UI thread: ask for them when the pen rests, and show what comes."""

import math
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QThread, QTimer, Signal

from app.document.brushwork import BROADEST, stroke_text
from app.document.document import Change, Changed, Document
from app.document.rect import NOWHERE, Rect
from app.document.selection import Selection
from app.platform.time_left import time_left
from app.platform.translation import tr
from app.services.painted_steps import Painted, PaintedSteps
from app.services.preview import PreviewService, StyleInfo
from app.services.strokes_worker import (
    Reroll,
    StrokesJob,
    StrokesSlot,
    StrokesWorker,
    key_of,
)

if TYPE_CHECKING:
    from engine.strokes.painter import StrokeMatches

LARGEST = 4096 * 4096
"""Pixels of the largest canvas for strokes: they take about 80 bytes a pixel."""

REST_MS = 80
"""The pen rests when the doodle has not changed for so long."""

MOMENT = 1.0
"""Seconds after which progress is shown."""

REACH = 36
"""Canvas pixels around a change that strokes may paint anew (``MARGIN`` of the synthesis)."""

NETWORK_REACH = 12
"""Canvas pixels around a change where the network's picture shows until strokes are there.

Both are for strokes of size 1 or less; for larger ones see `reach` and `network_reach`.
"""

PAINTED_FROM = (
    Changed.LABELS, Changed.DIRECTIONS, Changed.STYLE, Changed.SEED, Changed.BRUSHWORK,
    Changed.CANVAS,
)  # fmt: skip
"""What strokes depend on."""

FOLLOWS = 1.2
"""Seconds: strokes of another size that take longer are dropped when the size changes again."""


class StrokesService(QObject):
    """Replaces the network's picture by the painting's own brush strokes.

    The network answers every change at once; strokes follow when the pen rests. At a step of the
    history whose painting is kept, exactly that painting comes back. `reachable`: returns the
    serials of the history's steps. `problem` says why a style has no strokes here. `busy_changed`:
    strokes are being painted. `progressed`: share done and time left, when that takes longer than a
    moment. `flow_changed`: which way strokes run, h x w x 2 uint8 over the whole canvas, coded as
    directions; None while that is unknown.
    """

    problem = Signal(str)
    busy_changed = Signal(bool)
    progressed = Signal(float, str)
    enabled_changed = Signal(bool)
    flow_changed = Signal(object)
    _serve = Signal()
    _want_matches = Signal(object, object)
    _leave = Signal()

    def __init__(
        self, document: Document, preview: PreviewService, enabled: bool, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._document, self._preview, self._enabled = document, preview, enabled
        self._styles: dict[str, StyleInfo] = {}
        self._failed: set[str] = set()
        self._serial = self._canvas = 0
        self._busy = self._wants_whole = False
        self._began, self._whole, self._asked_pixels = 0.0, False, 1.0
        self._seconds_per_pixel: float | None = None
        # Where the doodle changed since strokes were asked for, and what was asked for, by serial.
        self._changed = NOWHERE
        self._asked: dict[int, Rect] = {}
        self._valid_from = 0
        self.reachable: Callable[[], set[int]] = set
        self._painted = PaintedSteps()
        self._step: int | None = None  # None while the doodle is ahead of the history
        self._job = 0  # what painted the current picture
        self._rerolled: Selection | None = None  # while it gets other strokes
        self._slot = StrokesSlot()
        self.worker = StrokesWorker(self._slot)
        self._thread = QThread(self)
        self._thread.setObjectName("strokes")
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._connect()

    def _connect(self) -> None:
        self.worker.moveToThread(self._thread)
        self._thread.started.connect(self.worker.start)
        self._serve.connect(self.worker.serve)
        self._want_matches.connect(self.worker.hand_over)
        self._leave.connect(self.worker.leave)
        self.worker.painted.connect(self._on_painted)
        self.worker.flowed.connect(self._on_flowed)
        self.worker.rerolled.connect(self._on_rerolled)
        self.worker.failed.connect(self._on_failed)
        self.worker.advanced.connect(self._on_advanced)
        self._rest.timeout.connect(self.rest)
        self._preview.overlay = self
        self._preview.styles_listed.connect(self._on_styles)
        self._preview.settled.connect(self._on_settled)
        self._document.subscribe(self._on_change)

    @property
    def enabled(self) -> bool:
        """Whether strokes are wanted where a style has them."""
        return self._enabled

    @property
    def unavailable(self) -> str:
        """Why this document cannot be painted with strokes, in a sentence; empty if it can."""
        return self._hindrance or self._too_large(self._document.brushwork.stroke)

    @property
    def size_problem(self) -> str:
        """Why the size of the strokes cannot be chosen, in a sentence; empty if it can."""
        if not self._enabled:
            return tr("Strokes are switched off.")
        return self._hindrance or self._too_large(BROADEST)

    @property
    def _hindrance(self) -> str:
        """Why strokes of no size can be painted, whatever the size of the canvas."""
        document = self._document
        style = self._styles.get(document.style_id)
        if document.photo is not None:
            return tr("The Photo panel says what paints a photo.")
        if style is None or "strokes" not in style.paints_by:
            return tr("This style has no painting, so it has no strokes.")
        if style.id in self._failed:
            return tr("The strokes of this style cannot be painted here.")
        return ""

    def _too_large(self, stroke: float) -> str:
        """Why strokes of a size cannot be painted on a canvas of this size; empty if they can."""
        smallest = math.sqrt(self._document.bounds.area / LARGEST)
        if smallest <= max(1.0, stroke):
            return ""
        if smallest > BROADEST:
            return tr("This canvas is too large for strokes.")
        size = stroke_text(math.ceil(smallest * 4) / 4)
        return tr("This canvas is too large for strokes smaller than size {size}.", size=size)

    @property
    def reach(self) -> int:
        """Canvas pixels around a change that strokes of the document's size may paint anew."""
        stroke = round(self._document.brushwork.stroke * 16) / 16  # as the engine rounds it
        # Two more, as what is matched is rounded to whole pixels, and these reach their neighbours.
        return REACH if stroke <= 1 else math.ceil((REACH + 2) * stroke)

    @property
    def network_reach(self) -> int:
        """Canvas pixels around a change where the network's picture shows for now."""
        return math.ceil(NETWORK_REACH * max(1.0, self._document.brushwork.stroke))

    @property
    def active(self) -> bool:
        """Whether this document is painted with strokes."""
        return self._enabled and not self.unavailable

    @property
    def busy(self) -> bool:
        """Whether strokes are being painted, or will be when network and pen have come to rest."""
        failed = not (self._preview.busy or self._preview.whole)  # strokes would wait for ever
        coming = not failed if self._wants_whole else not self._changed.empty
        return self.active and (self._busy or coming)

    def matches(self) -> "Future[StrokeMatches | None]":
        """Return what the painting was copied from, when the strokes thread has copied that.

        None if it does not know, for example of a picture that came with a document, or is busy.
        """
        matches: Future[StrokeMatches | None] = Future()
        if self._thread.isRunning() and not self.busy:
            self._want_matches.emit(matches, key_of(self._document.state(), self._canvas))
        else:
            matches.set_result(None)
        return matches

    def _seconds(self, pixels: int) -> float | None:
        """Return the estimated seconds to paint so many pixels; None if unknown."""
        pace = self._seconds_per_pixel
        return self._matched(pixels) * pace if pace is not None else None

    def _matched(self, pixels: int) -> float:
        """Return how many pixels are matched to paint so many: larger strokes are enlarged."""
        return pixels / max(1.0, self._document.brushwork.stroke) ** 2

    def enable(self, enabled: bool) -> None:
        """Paint with strokes, or with the network only."""
        if enabled == self._enabled:
            return
        self._enabled = enabled
        self.enabled_changed.emit(enabled)
        if not enabled:
            self._preview.repaint()  # first: a Refine that waits starts when nothing is busy
        self._forget()
        self._painted.clear()
        if self.active:
            self._ask_whole()
        else:
            self.flow_changed.emit(None)

    def repaint(self) -> None:
        """Paint the whole canvas anew."""
        if self.active:
            self._painted.clear()
            self._forget(wants_whole=True)
            if not (self._preview.whole or self._preview.busy):
                self._preview.repaint()  # it was stopped or has failed; strokes follow
            self._ask_whole()
        else:
            self._preview.repaint()

    @property
    def rerolling(self) -> bool:
        """Whether a part is being painted with other strokes."""
        return self._rerolled is not None

    def reroll(self, selection: Selection, seed: int) -> None:
        """Paint the selected pixels with strokes of another seed; no other pixel changes."""
        if not self.active or self._wants_whole:
            return
        self._rest.stop()
        changed, self._changed, self._rerolled = self._changed, NOWHERE, selection
        self._ask(changed, Reroll(selection, seed))

    def ask_for(self, rect: Rect) -> None:
        """Paint the strokes in a rectangle again when the pen rests."""
        self._changed = self._changed.union(rect)
        self._rest.start()

    def rest(self) -> None:
        """The pen rests: ask for strokes where the doodle has changed."""
        self._rest.stop()
        nothing = self._wants_whole or self._changed.empty or not self.active
        if nothing or self.rerolling:  # a newer job would stop it: its end asks
            return
        changed, self._changed = self._changed, NOWHERE
        self._ask(changed)

    def at_step(self, step: int) -> None:
        """Show the painting that was here at this step of the history, if it is kept.

        Call this whenever the document is at a step, with no gesture in progress.
        """
        self._step = step
        settled = not (self._busy or self._wants_whole) and self._changed.empty
        if step not in self._painted or not self.active:
            self._keep()
        elif not (settled and self._painted.shows(step, self._job)):
            self._go_back(step)

    def network_part(self, rect: Rect) -> Rect:
        """The part of a rectangle where the network's picture may show: no strokes lie there."""
        if not self.active or self._wants_whole:
            return rect
        fresh = self._changed.union(self._asked_from(0))
        return rect.clipped(fresh.grown(self.network_reach)) if not fresh.empty else NOWHERE

    def stop(self) -> None:
        """Join the thread."""
        self._rest.stop()
        self.worker.closing.set()
        if self._thread.isRunning():
            self._leave.emit()
            self._thread.wait()

    # -- the steps of the history -----------------------------------------------------------

    def _keep(self) -> None:
        """Keep the painting for the current step, if it is finished."""
        wanted = self._busy or self._wants_whole or not self._changed.empty
        if self._step is None or wanted or not self.active:
            return
        picture = self._document.preview_snapshot()
        self._painted.keep(self._step, Painted(picture, self._job, self._canvas), self.reachable())

    def _go_back(self, step: int) -> None:
        """Show a kept painting at once, and have the thread return to what painted it."""
        picture, self._job, self._canvas = self._painted.take(step)
        self._document.restore_preview(picture)
        self._drop()
        self._post(NOWHERE, self._job)
        self._set_busy(False)

    # -- asking -----------------------------------------------------------------------------

    def _ask_whole(self) -> None:
        self._wants_whole = True
        if not self._preview.busy:
            self._on_settled()

    def _ask(self, changed: Rect | None, reroll: Reroll | None = None) -> None:
        self._began, self._whole = 0.0, changed is None
        self._asked_pixels = self._matched(self._document.bounds.area)
        self._serial += 1
        if changed is None:
            self._asked.clear()
            self._valid_from = self._serial
        self._asked[self._serial] = self._document.bounds if changed is None else changed
        self._post(changed, reroll=reroll)
        self._set_busy(True)

    def _asked_from(self, serial: int) -> Rect:
        """The box of what jobs from this serial on were asked for and is not there yet."""
        boxes = (box for number, box in self._asked.items() if number >= serial)
        return reduce(Rect.union, boxes, NOWHERE)

    def _post(
        self, changed: Rect | None, base: int | None = None, reroll: Reroll | None = None
    ) -> None:
        # Where the thread has no painting yet, it paints the whole canvas even for a dab.
        owed = self._asked_from(0)
        near = None if owed.empty else owed.grown(self.reach)
        whole = owed == self._document.bounds
        job = StrokesJob(
            self._serial,
            self._document.state(),
            changed,
            folders={style.id: style.folder for style in self._styles.values()},
            canvas=self._canvas,
            focus=self._preview.view if whole else near,
            base=base,
            kept=self._painted.jobs,
            reroll=reroll,
        )
        self._slot.post(job)
        if not self.worker.closing.is_set():  # a jump in the history may still be going on
            self._thread.start()
            self._serve.emit()

    def _forget(self, wants_whole: bool = False) -> None:
        """Drop all requests. `wants_whole`: the whole canvas will be asked for next."""
        self._drop(wants_whole)
        self._set_busy(False)

    def _drop(self, wants_whole: bool = False) -> None:
        self._serial += 1
        self._valid_from, self._changed = self._serial, NOWHERE
        self._asked.clear()
        self._wants_whole, self._rerolled = wants_whole, None
        self._rest.stop()

    def _set_busy(self, busy: bool) -> None:
        if busy != self._busy:
            self._busy = busy
            self.busy_changed.emit(busy)

    # -- what happens -----------------------------------------------------------------------

    def _on_styles(self, styles: list[StyleInfo]) -> None:
        self._styles = {style.id: style for style in styles}
        self._failed.clear()  # those that have failed may be others now

    def _on_change(self, change: Change) -> None:
        if change.what in PAINTED_FROM:
            self._step = None
        if change.what in (Changed.LABELS, Changed.DIRECTIONS):
            self._changed = self._changed.union(change.rect)
            self._rest.start()
        elif change.what in (Changed.STYLE, Changed.SEED, Changed.CANVAS):
            self.flow_changed.emit(None)
            # A picture that came with a document stays until something changes.
            self._forget(wants_whole=self.active and not self._document.stands_in)
            self._job = self._serial  # no job has painted what comes with a document
            if change.what is Changed.CANVAS:
                self._canvas = self._serial
        elif change.what is Changed.BRUSHWORK:
            self._on_brushwork()

    def _on_brushwork(self) -> None:
        """Ask for other strokes; what is nearly there is shown before, as a slider is dragged."""
        if not self.active:
            if self._enabled and not self._hindrance:  # too large for strokes of this size
                self._forget()
                self._preview.repaint()
            return
        seconds = self._seconds(self._document.bounds.area)
        if self._busy and self._whole and seconds is not None and seconds < FOLLOWS:
            self._wants_whole = True  # when that is done
        else:
            self._forget()
            self._ask_whole()

    def _on_settled(self) -> None:
        if self._wants_whole and self.active:
            self._wants_whole = False
            self._changed = NOWHERE
            self._ask(None)

    def _on_painted(self, serial: int, rect: Rect, pixels: np.ndarray, done: bool) -> None:
        if serial < self._valid_from or not self.active:
            return
        boxes = (box for number, box in self._asked.items() if number <= serial)
        asked = reduce(Rect.union, boxes, NOWHERE)
        if asked.empty:
            return  # a kept painting is shown; the thread only makes up for its own
        shown = rect.clipped(asked.grown(self.reach)).clipped(self._document.bounds)
        self._show(shown, pixels[shown.slices_in(rect)], self._asked_from(serial + 1))
        if done:
            if self._whole:
                seconds = time.monotonic() - self._began
                self._seconds_per_pixel = seconds / self._asked_pixels
            self._finish(serial)

    def _on_rerolled(self, serial: int, rect: Rect, pixels: np.ndarray, done: bool) -> None:
        if serial != self._serial or self._rerolled is None or not self.active:
            return
        mask, mixed = self._rerolled.mask[rect.slices], self._document.read_preview(rect)
        mixed[mask] = pixels[mask]
        self._show(rect, mixed, NOWHERE)
        if done:
            self._rerolled = None
            self._finish(serial)
            self.rest()

    def _show(self, rect: Rect, pixels: np.ndarray, asked: Rect) -> None:
        """Show strokes, except where the network's picture is newer: in `asked` and `_changed`."""
        newer = self._changed.union(asked)
        for part in rect.minus(newer if newer.empty else newer.grown(self.network_reach)):
            self._document.merge_painting(part, pixels[part.slices_in(rect)])

    def _finish(self, serial: int) -> None:
        """What was asked for up to this job is there."""
        self._job = serial
        self._asked = {number: box for number, box in self._asked.items() if number > serial}
        if self._asked or not self._busy:
            return
        self._busy = False
        self._keep()
        self.busy_changed.emit(False)
        if self._wants_whole:
            self._ask_whole()

    def _on_flowed(self, serial: int, flow: np.ndarray | None) -> None:
        if serial == self._serial and self.active:
            self.flow_changed.emit(flow)

    def _on_advanced(self, serial: int, share: float) -> None:
        if serial != self._serial or not self._busy:
            return
        now = time.monotonic()
        if not self._began:
            self._began = now  # what came before this first step was preparation
        elif now - self._began > MOMENT:
            self.progressed.emit(share, time_left(now - self._began, share))

    def _on_failed(self, serial: int, sentence: str) -> None:
        if serial != self._serial:
            return
        self._failed.add(self._document.style_id)
        self._painted.clear()
        self._preview.repaint()
        self._forget()
        self.problem.emit(sentence)
