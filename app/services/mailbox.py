"""Slot for the newest preview job between the UI thread and the engine thread."""

import threading
from dataclasses import dataclass, replace

from app.document.document_state import DocumentState
from app.document.rect import NOWHERE, Rect
from app.services.meanings import meanings_of
from engine.requests import PreviewRequest

Dirty = Rect | None
"""Canvas pixels to repaint; None is everything, NOWHERE nothing."""

# A larger change, for example a fill, can be interrupted by the next dab.
DAB_AREA = 512 * 512


@dataclass(frozen=True)
class PreviewJob:
    """A frozen request for new pixels, with everything that is needed to paint them.

    `serial`: increases with every job; `dirty`: what to repaint; `focus`: paint near this first;
    `rough`: a photo may be shown blurred at first, because nothing better is on screen; `narrow`:
    paint only the dirty pixels themselves, not those around them that they change a little; `run`:
    serial of the last job for the whole canvas.
    """

    serial: int
    state: DocumentState
    dirty: Dirty
    focus: Rect | None = None
    rough: bool = True
    narrow: bool = False
    run: int = 0

    @property
    def is_dab(self) -> bool:
        """Whether the dirty rectangle is so small that it is painted without interruption."""
        return self.dirty is not None and 0 < self.dirty.area <= DAB_AREA

    def request(self) -> PreviewRequest:
        """Return the request for the engine; joins the tiles, which is slow for the UI thread."""
        state = self.state
        return PreviewRequest(
            self.serial, state.style_id, state.labels.array(), state.seed, self.dirty, self.focus,
            meanings=meanings_of(state),
            directions=state.direction_cells,
        )  # fmt: skip


def joined(one: Dirty, other: Dirty) -> Dirty:
    """Return the union of two dirty rectangles; None (everything) if either is None."""
    return None if one is None or other is None else one.union(other)


def _joined_jobs(older: PreviewJob, newer: PreviewJob) -> PreviewJob:
    """Return the newer job with the dirty rectangles of both, and with the focus of both."""
    focus = newer.focus
    if older.dirty is not None and older.focus is not None and focus is not None:
        focus = focus.union(older.focus)
    return replace(newer, dirty=joined(older.dirty, newer.dirty), focus=focus)


class Mailbox:
    """A slot for one job. A newer job replaces the waiting one and takes over its dirty rectangle.

    Work that was interrupted or has failed is handed out again when no newer job waits, or together
    with the next large job. So no pixel stays outdated, and dabs come first.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: PreviewJob | None = None
        self._last: PreviewJob | None = None
        self._begun: Dirty = NOWHERE
        self._unfinished: Dirty = NOWHERE

    @property
    def waiting(self) -> bool:
        """Whether a newer job is waiting."""
        return self._waiting is not None

    @property
    def pending(self) -> bool:
        """Whether `take` would return a job."""
        with self._lock:
            return self._waiting is not None or joined(self._unfinished, self._begun) != NOWHERE

    def post(self, job: PreviewJob) -> bool:
        """Store the newest job; return whether the slot was empty and the worker must be woken."""
        with self._lock:
            older, self._waiting = self._waiting, job
            if older is not None:
                self._waiting = _joined_jobs(older, job)
            return older is None

    def take(self) -> PreviewJob | None:
        """Remove and return the newest job, or a job for unfinished work; None if all is done."""
        with self._lock:
            self._unfinished = joined(self._unfinished, self._begun)
            self._begun = NOWHERE
            job, self._waiting = self._waiting, None
            if job is not None:
                self._last = job
            return self._begin(job)

    def give_up(self) -> None:
        """Drop the job last taken and all unfinished work."""
        with self._lock:
            self._begun = self._unfinished = NOWHERE

    def settle(self) -> bool:
        """Mark the job last taken as complete; return whether no unfinished work is left."""
        with self._lock:
            self._begun = NOWHERE
            return self._unfinished == NOWHERE

    def _begin(self, job: PreviewJob | None) -> PreviewJob | None:
        if job is None and self._last is not None and self._unfinished != NOWHERE:
            job = replace(self._last, dirty=NOWHERE, focus=None)
        if job is None:
            return None
        if not job.is_dab:
            job = replace(job, dirty=joined(self._unfinished, job.dirty))
            self._unfinished = NOWHERE
        self._begun = job.dirty
        return job
