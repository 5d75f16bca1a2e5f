"""The window's side of autosave: notes every finished step for the journal, and what came back."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, QThread, QTimer, Signal

from app.document.document import Change, Changed, Document
from app.document.document_state import Stamp, UnsavedWork
from app.document.refined import Refined
from app.platform.settings import Settings
from app.platform.translation import tr
from app.services.autosave_worker import AutosaveWorker, Note, NoteSlot
from app.services.recoverable_work import RecoverableWork


@dataclass(frozen=True)
class Scene:
    """What the document does not know of itself: the style it is to be painted in, its file and the
    stamp of that, and whether a drag is under way.
    """

    style_id: str
    path: Path | None
    stamp: Stamp | None
    painting: bool


KEPT = frozenset(Changed) - {Changed.PAINTING, Changed.SELECTION}


class AutosaveService(QObject):
    """Keeps a journal of the document while it differs from its file. Nothing here ever waits.

    It listens to the document by itself; a step is noted when the event that made it is over, and
    not in the middle of a drag. `found` carries what earlier Daubs have left, newest first;
    `opened` answers `open` with the RecoverableWork and its UnsavedWork.
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
        self._number = self._steps = 0
        self._pending = self._stepped = False
        self._refined: Refined | None = None
        self._replaced: list[tuple[int, RecoverableWork]] = []
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._on_soon)
        document.subscribe(self._on_change)

    def start(self, root: Path) -> None:
        """Keep a journal in this folder from now on, and look for those that were left there."""
        worker = self._worker = AutosaveWorker(self._slot, root)
        worker.moveToThread(self._thread)
        worker.written.connect(self._on_written)
        worker.failed.connect(self.problem)
        worker.mended.connect(self._on_mended)
        worker.found.connect(self._on_found)
        worker.opened.connect(self.opened)
        worker.open_failed.connect(self.problem)
        for wish, answer in (
            (self._wake, worker.serve), (self._scan, worker.scan), (self._open, worker.open),
            (self._remove, worker.remove), (self._release, worker.release),
            (self._leave, worker.leave),
        ):  # fmt: skip
            wish.connect(answer)
        self._thread.start()
        self.scan()

    def stop(self, keep: bool) -> None:
        """Join the thread; `keep` the journal for the next start, or forget it for good."""
        if self._worker is None:
            return
        if not keep:
            self._put(None)
            for _, leftover in self._replaced:
                self.discard(leftover)
        elif self._pending:
            self._note()
        self._soon.stop()
        self._leave.emit()
        self._thread.wait()
        self._worker = None

    def note(self) -> None:
        """Something has changed, or will have when the hand rests."""
        self._pending = True
        self.rest()

    def rest(self) -> None:
        """The hand may rest now."""
        if self._worker is not None and self._pending and not self._scene().painting:
            self._soon.start()

    # -- what was left ----------------------------------------------------------------------

    def scan(self) -> None:
        """Look for what was left; `found` follows."""
        self._scan.emit()

    def open(self, leftover: RecoverableWork) -> None:
        """Bring the work back; `opened` follows."""
        self._open.emit(leftover)

    def adopt(self, leftover: RecoverableWork, work: UnsavedWork) -> None:
        """The document is this work now: its old journal goes when the new one is on disk."""
        self._steps = work.steps
        self._replaced.append((self._number + 1, leftover))
        self.note()

    def discard(self, leftover: RecoverableWork) -> None:
        """Forget it for good."""
        self._remove.emit(leftover.name)

    def postpone(self, leftover: RecoverableWork) -> None:
        """Leave it for the next start."""
        self._release.emit(leftover.name)

    # -- what happens -----------------------------------------------------------------------

    def _on_change(self, change: Change) -> None:
        if change.what in KEPT and not self._is_draft(change):
            if change.what is not Changed.MODIFIED:
                self._stepped = True
            elif not self._document.modified:
                self._steps, self._stepped = 0, False
            self.note()

    def _is_draft(self, change: Change) -> bool:
        """A draft of Refine came or went: what the document keeps is still the same."""
        known, self._refined = self._refined, self._document.refined
        return change.what is Changed.REFINED and known is self._refined

    def _on_soon(self) -> None:
        if not self._scene().painting:
            self._note()

    def _note(self) -> None:
        self._pending = False
        document, scene = self._document, self._scene()
        self._steps, self._stepped = self._steps + self._stepped, False
        work = UnsavedWork(
            replace(document.state(), style_id=scene.style_id), scene.path, document.modified,
            self._steps, time.time(), scene.stamp,
        )  # fmt: skip
        self._put(work if self._settings.autosave else None)

    def _put(self, work: UnsavedWork | None) -> None:
        self._number += 1
        self._slot.put(Note(self._number, work))
        self._wake.emit()

    def _on_found(self, leftovers: list[RecoverableWork]) -> None:
        adopted = {leftover.name for _, leftover in self._replaced}
        self.found.emit([one for one in leftovers if one.name not in adopted])

    def _on_mended(self) -> None:
        self.said.emit(tr("Autosave works again."))

    def _on_written(self, number: int) -> None:
        if not self._settings.autosave:
            return
        for adopted, leftover in list(self._replaced):
            if adopted <= number:
                self._replaced.remove((adopted, leftover))
                self.discard(leftover)
