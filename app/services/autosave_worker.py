"""Autosave seen from its thread: brings the newest work to the disk, and what was left back."""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

from app.document.document_state import UnsavedWork
from app.document.errors import DocumentError
from app.document.photo import Photo
from app.document.refined import Refined
from app.platform.errors import unexpected
from app.platform.translation import tr
from app.services.recoverable_work import RecoverableWork

if TYPE_CHECKING:
    from app.document.journal_file import JournalFile
    from app.services.journal_store import JournalStore

log = logging.getLogger("daub.autosave")

RETRY_MS = 5000

Packed = TypeVar("Packed", Refined, Photo, np.ndarray)


@dataclass(frozen=True, eq=False)
class Note:
    """What is to be on disk; without `work` nothing is. Later notes have higher numbers."""

    number: int
    work: UnsavedWork | None


class NoteSlot:
    """Room for one note: the newest one holds all that the ones before did."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._note: Note | None = None

    def put(self, note: Note) -> None:
        """Leave the newest note."""
        with self._lock:
            self._note = note

    def take(self) -> Note | None:
        """The newest note; None when it was taken before."""
        with self._lock:
            note, self._note = self._note, None
            return note


class AutosaveWorker(QObject):
    """Lives on the autosave's thread. Talks through signals.

    `written`: the note with this number, or a later one, is safely on disk with all it holds.
    `failed` carries a sentence, once until it works again (`mended`). `found` answers `scan`;
    `opened` answers `open` with the RecoverableWork and its UnsavedWork, `open_failed` with a
    sentence.
    """

    written = Signal(int)
    failed = Signal(str)
    mended = Signal()
    found = Signal(list)
    opened = Signal(object, object)
    open_failed = Signal(str)
    _go_on = Signal()

    def __init__(self, slot: NoteSlot, root: Path) -> None:
        super().__init__()
        self._slot, self._root = slot, root
        self._name = ""
        self._journal: JournalFile | None = None
        # What is not wholly on disk, and whether only its refined picture is not.
        self._wanted: Note | None = None
        self._saved = False
        self._strips: Iterator[None] | None = None
        self._picture: Refined | Photo | np.ndarray | None = None
        self._failing = self._postponed = False
        self._retry = QTimer(self)
        self._retry.setInterval(RETRY_MS)
        self._retry.timeout.connect(self._try_again)
        self._go_on.connect(self.serve, Qt.ConnectionType.QueuedConnection)

    @cached_property
    def _room(self) -> "JournalStore":
        # On this thread: what reads and writes journals takes longer to import than a frame.
        from app.services.journal_store import JournalStore

        return JournalStore(self._root)

    # -- writing ----------------------------------------------------------------------------

    @Slot()
    def serve(self) -> None:
        """Bring the newest note to the disk, then its picture; newer notes come in between."""
        if self._serve_once():
            self._go_on.emit()

    @Slot()
    def leave(self) -> None:
        """Write what is still to be written, let all journals go and end the thread."""
        self._retry.stop()
        while self._serve_once():
            pass
        self._drop_strips()
        if self._journal is not None:
            self._journal.close()
        self._room.release_all()
        QThread.currentThread().quit()

    def _serve_once(self) -> bool:
        """One piece of work; whether there is another to be done now."""
        note = self._slot.take()
        if note is not None:
            self._wanted, self._saved = note, False
        if self._wanted is None:
            return False
        try:
            if self._done(self._wanted):
                self._finish(self._wanted)
                return False
        except Exception as error:
            self._fail(error)
            return False
        return not (self._saved and self._postponed)

    def _done(self, note: Note) -> bool:
        """Take `note` one step further to the disk; whether it is wholly there."""
        work = note.work
        if work is None or not (work.unsaved or self._journal is not None):
            self._forget()
            return True
        if self._journal is None:
            self._name, self._journal = self._room.begin()
        if work.state.photo is not None and self._journal.lacks_photo(work):
            # Before all else: without its photo the work is nothing that could be gone on with.
            self._pack_strip(work.state.photo, self._journal.photo_steps)
        elif not self._saved:
            self._journal.save(work)
            self._saved = True
        elif not self._postponed:
            self._saved = self._pack_pictures(self._journal, work)
        lacks = self._journal.lacks_picture(work) or self._journal.lacks_underlay(work)
        return self._saved and not lacks

    def _pack_pictures(self, journal: "JournalFile", work: UnsavedWork) -> bool:
        """Go on with what is not needed to go on; False when the journal must tell of it."""
        if work.state.refined is not None and journal.lacks_picture(work):
            return self._pack_strip(work.state.refined, journal.picture_steps)
        if work.state.underlay is not None and journal.lacks_underlay(work):
            return self._pack_strip(work.state.underlay.pixels, journal.underlay_steps)
        return True

    def _pack_strip(self, picture: Packed, steps: Callable[[Packed], Iterator[None]]) -> bool:
        """Go on with a picture; False when it is on disk and the journal must tell of it."""
        if self._strips is None or self._picture is not picture:
            self._drop_strips()
            self._strips, self._picture = steps(picture), picture
        return next(self._strips, "the end") is None

    def _finish(self, note: Note) -> None:
        self._wanted = None
        self._drop_strips()
        self._retry.stop()
        if self._failing:
            self._failing = self._postponed = False
            self.mended.emit()
        self.written.emit(note.number)

    def _fail(self, error: Exception) -> None:
        # A picture that the disk has no room for is not begun anew with every stroke.
        self._postponed = self._saved
        self._drop_strips()
        self._retry.start()
        if not self._failing:
            self._failing = True
            self.failed.emit(self._sentence(error))

    @Slot()
    def _try_again(self) -> None:
        self._postponed = False
        self.serve()

    def _sentence(self, error: Exception) -> str:
        if isinstance(error, OSError):
            reason = error.strerror or str(error)
            return tr(
                "Autosave cannot write to {folder} ({reason}); painting goes on, and Daub tries "
                "again every few seconds.",
                folder=self._root, reason=reason,
            )  # fmt: skip
        log.error("autosave failed", exc_info=error)
        return unexpected(error)

    def _drop_strips(self) -> None:
        # Dropping the generator removes what it has written so far.
        self._strips = self._picture = None

    def _forget(self) -> None:
        if self._journal is not None:
            self._drop_strips()
            self._journal.close()
            self._room.remove(self._name)
            self._journal = None

    # -- what was left ----------------------------------------------------------------------

    @Slot()
    def scan(self) -> None:
        """Look for work that was left; `found` follows."""
        try:
            found = self._room.leftovers()
        except OSError as error:
            log.warning("%s cannot be searched: %s", self._root, error)
            found = []
        self.found.emit(found)

    @Slot(object)
    def open(self, leftover: RecoverableWork) -> None:
        """Bring the work back; `opened` or `open_failed` follows."""
        try:
            work = self._room.open(leftover)
        except (DocumentError, OSError) as error:
            log.warning("%s cannot be opened", leftover.name, exc_info=error)
            work = None
        if work is not None:
            self.opened.emit(leftover, work)
        else:
            self.open_failed.emit(
                tr("{path} cannot be read any more.", path=self._root / leftover.name)
            )

    @Slot(str)
    def remove(self, name: str) -> None:
        """Forget a journal for good."""
        self._room.remove(name)

    @Slot(str)
    def release(self, name: str) -> None:
        """Leave a journal for the next start."""
        self._room.release(name)
