"""The one slot between the window and the engine's thread: the newest wish wins."""

import threading
from dataclasses import dataclass, replace

from app.document.document_state import DocumentState
from app.document.rect import NOWHERE, Rect
from engine.requests import PreviewRequest

Dirty = Rect | None
"""Canvas pixels to paint anew; None is everything, NOWHERE nothing."""

# Larger changes, a fill for example, do not hold up the next dab.
DAB_AREA = 512 * 512


@dataclass(frozen=True)
class PreviewJob:
    """A frozen wish for new pixels, holding everything that is needed to fulfil it.

    `rough`: a photo may be shown unsharp at first, for what is seen is nothing better. `narrow`:
    only the dirty pixels themselves are wanted, not those around them that they change a little.
    """

    serial: int
    state: DocumentState
    dirty: Dirty
    focus: Rect | None = None
    rough: bool = True
    narrow: bool = False

    @property
    def is_dab(self) -> bool:
        """Small enough that its own pixels are painted before anything else, uninterrupted."""
        return self.dirty is not None and 0 < self.dirty.area <= DAB_AREA

    def request(self) -> PreviewRequest:
        """The same for the engine; lays the tiles out as one array, so not on the UI thread."""
        state = self.state
        return PreviewRequest(
            self.serial, state.style_id, state.labels.array(), state.seed, self.dirty, self.focus
        )


def joined(one: Dirty, other: Dirty) -> Dirty:
    """What is dirty when both are; everything absorbs all."""
    return None if one is None or other is None else one.union(other)


def _joined_jobs(older: PreviewJob, newer: PreviewJob) -> PreviewJob:
    """The newer job with the older one's share of the canvas, and its dabs in focus too."""
    focus = newer.focus
    if older.dirty is not None and older.focus is not None and focus is not None:
        focus = focus.union(older.focus)
    return replace(newer, dirty=joined(older.dirty, newer.dirty), focus=focus)


class Mailbox:
    """One slot. A newer job replaces the waiting one but takes over what that had to repaint.

    What was begun and not finished - interrupted or failed - is owed: it is handed out again when
    nothing newer waits, or together with the next large job. So nothing is ever left stale, and a
    dab goes before all that.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: PreviewJob | None = None
        self._last: PreviewJob | None = None
        self._begun: Dirty = NOWHERE
        self._owed: Dirty = NOWHERE

    @property
    def waiting(self) -> bool:
        """A newer job is there."""
        return self._waiting is not None

    @property
    def pending(self) -> bool:
        """`take` has something to hand out."""
        with self._lock:
            return self._waiting is not None or joined(self._owed, self._begun) != NOWHERE

    def post(self, job: PreviewJob) -> bool:
        """Leave the newest job; True when the slot was empty, so that the worker must be woken."""
        with self._lock:
            older, self._waiting = self._waiting, job
            if older is not None:
                self._waiting = _joined_jobs(older, job)
            return older is None

    def take(self) -> PreviewJob | None:
        """The newest job, or what is owed of the last one; None when all is done."""
        with self._lock:
            self._owed = joined(self._owed, self._begun)
            self._begun = NOWHERE
            job, self._waiting = self._waiting, None
            if job is not None:
                self._last = job
            return self._begin(job)

    def settle(self) -> bool:
        """The job last taken was painted to its end; True when nothing else is owed."""
        with self._lock:
            self._begun = NOWHERE
            return self._owed == NOWHERE

    def _begin(self, job: PreviewJob | None) -> PreviewJob | None:
        if job is None and self._last is not None and self._owed != NOWHERE:
            job = replace(self._last, dirty=NOWHERE, focus=None)
        if job is None:
            return None
        if not job.is_dab:
            job = replace(job, dirty=joined(self._owed, job.dirty))
            self._owed = NOWHERE
        self._begun = job.dirty
        return job
