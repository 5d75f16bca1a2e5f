"""UI thread side of autosave: sends every finished step to the autosave worker."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, QThread, QTimer, Signal

from app.document.document import Change, Changed, Document
from app.document.document_state import Stamp, UnsavedWork
from app.document.refined import Refined
from app.document.undo_steps import Place
from app.platform.settings import Settings
from app.platform.translation import tr
from app.services.autosave_worker import AutosaveWorker, Note, NoteSlot
from app.services.recoverable_work import RecoverableWork


@dataclass(frozen=True)
class Scene:
    """State that the document itself does not hold.

    `style_id`: the style to paint in; `path`, `stamp`: the document's file and its stamp;
    `painting`: whether a drag is in progress; `place`: of the state in the undo history.
    """

    style_id: str
    path: Path | None
    stamp: Stamp | None
    painting: bool
    place: Place


KEPT = frozenset(Changed) - {Changed.PAINTING, Changed.SELECTION}


class AutosaveService(QObject):
    """Keeps a journal of the document while it differs from its file, without blocking.

    It observes the document. A change is recorded after the event that made it was handled, and
    never during a drag; an undo step at once, see `note_step`. Signals: `found` carries the list of
    RecoverableWork of earlier sessions, newest first; `opened` answers `open` with the
    RecoverableWork and its UnsavedWork; `said` and `problem` carry a message for the user.
    """

    found = Signal(list)
    opened = Signal(object, object)
    said = Signal(str)
    problem = Signal(str)
    _wake = Signal()
    _scan = Signal()
    _open = Signal(object)
    _remove = Signal(str)
    _release = Signal(str)
    _leave = Signal()

    def __init__(
        self,
        document: Document,
        settings: Settings,
        scene: Callable[[], Scene],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._settings, self._scene = document, settings, scene
        self._slot, self._thread = NoteSlot(), QThread(self)
        self._thread.setObjectName("autosave")
        self._worker: AutosaveWorker | None = None
        self._steps = 0
        self._pending = self._stepped = False
        self._refined: Refined | None = None
        # The doodle without the drag that is in progress.
        self._labels = document.labels.snapshot()
        self._directions = document.state().directions
        # Names of the recovered journal that will be continued, and of the one that is.
        self._recovered = self._continued = ""
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._on_soon)
        document.subscribe(self._on_change)

    def start(self, root: Path) -> None:
        """Start to keep a journal in the folder `root`, and search it for older journals."""
        worker = self._worker = AutosaveWorker(self._slot, root)
        worker.moveToThread(self._thread)
        worker.failed.connect(self.problem)
        worker.mended.connect(self._on_mended)
        worker.found.connect(self._on_found)
        worker.opened.connect(self.opened)
        worker.open_failed.connect(self.problem)
        for signal, slot in (
            (self._wake, worker.serve), (self._scan, worker.scan), (self._open, worker.open),
            (self._remove, worker.remove), (self._release, worker.release),
            (self._leave, worker.leave),
        ):  # fmt: skip
            signal.connect(slot)
        self._thread.start()
        self._pending = True
        self._on_soon()
        self.scan()

    def stop(self, keep: bool) -> None:
        """Join the thread. With `keep`, leave the journal for the next start, else delete it."""
        if self._worker is None:
            return
        if not keep:
            self._put(None)
            if self._recovered:
                self._remove.emit(self._recovered)
        elif self._pending:
            self._note()
        self._soon.stop()
        self._leave.emit()
        self._thread.wait()
        self._worker = None

    def note(self) -> None:
        """Record the document's state as soon as no drag is in progress."""
        self._pending = True
        self.rest()

    def rest(self) -> None:
        """Record a pending change unless a drag is in progress; call it at the end of a drag."""
        if self._worker is not None and self._pending and not self._scene().painting:
            self._soon.start()

    def note_step(self) -> None:
        """Record the document's state now, after a change of the undo history."""
        if self._worker is not None:
            self._note()

    # -- recovery ---------------------------------------------------------------------------

    def scan(self) -> None:
        """Search for work of earlier sessions; emits `found` later."""
        self._scan.emit()

    def open(self, leftover: RecoverableWork) -> None:
        """Read the recoverable work; emits `opened` or `problem` later."""
        self._open.emit(leftover)

    def adopt(self, leftover: RecoverableWork, work: UnsavedWork) -> None:
        """Take over recovered work: its journal is continued."""
        self._steps, self._stepped, self._recovered = work.steps, False, leftover.name
        self.note_step()

    def discard(self, leftover: RecoverableWork) -> None:
        """Delete the recoverable work."""
        self._remove.emit(leftover.name)

    def postpone(self, leftover: RecoverableWork) -> None:
        """Keep the recoverable work for the next start."""
        self._release.emit(leftover.name)

    # -- events -----------------------------------------------------------------------------

    def _on_change(self, change: Change) -> None:
        if change.what in KEPT and not self._is_draft(change):
            if change.what is not Changed.MODIFIED:
                self._stepped = True
            elif not self._document.modified:
                self._steps, self._stepped = 0, False
            self.note()

    def _is_draft(self, change: Change) -> bool:
        """Return whether only the draft of Refine changed, which is not part of the document."""
        known, self._refined = self._refined, self._document.refined
        return change.what is Changed.REFINED and known is self._refined

    def _on_soon(self) -> None:
        if self._pending and not self._scene().painting:
            self._note()

    def _note(self) -> None:
        """Record the document's state, without a drag in progress."""
        document, scene = self._document, self._scene()
        state = replace(document.state(), style_id=scene.style_id)
        if scene.painting and not _paints(scene.place):
            if state.labels.bounds != self._labels.bounds:
                return
            state = replace(state, labels=self._labels, directions=self._directions)
        else:
            self._labels, self._directions = state.labels, state.directions
            self._pending = False
        self._steps, self._stepped = self._steps + self._stepped, False
        work = UnsavedWork(
            state,
            scene.path,
            document.modified,
            self._steps,
            time.time(),
            scene.stamp,
            place=scene.place,
        )
        self._put(work if self._settings.autosave else None)

    def _put(self, work: UnsavedWork | None) -> None:
        if work is None:
            self._slot.put(Note())
        else:
            self._slot.put(Note((work,), self._recovered))
            self._continued, self._recovered = self._recovered or self._continued, ""
        self._wake.emit()

    def _on_found(self, leftovers: list[RecoverableWork]) -> None:
        adopted = self._recovered, self._continued
        self.found.emit([one for one in leftovers if one.name not in adopted])

    def _on_mended(self) -> None:
        self.said.emit(tr("Autosave works again."))


def _paints(place: Place) -> bool:
    """Return whether a state was reached by a step that changes only the doodle."""
    return place.step is not None and not place.step.before and not place.step.canvas
