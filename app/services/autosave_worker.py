"""Autosave worker: writes the newest work to disk and reads recoverable work."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

from app.document.document_state import UnsavedWork
from app.document.errors import DocumentError
from app.platform.errors import unexpected
from app.platform.translation import tr
from app.services.recoverable_work import RecoverableWork

if TYPE_CHECKING:
    from app.document.journal_file import JournalFile
    from app.document.journal_pictures import StoredPicture
    from app.services.journal_store import JournalStore

log = logging.getLogger("daub.autosave")

RETRY_MS = 5000

# States that wait for the disk, one for each undo step; of more, the oldest are dropped.
MOST_WAITING = 100


@dataclass(frozen=True, eq=False)
class Note:
    """States to write to disk, oldest first; without `works` the journal is deleted.

    `continues`: name of the journal that was recovered and holds what led to them.
    """

    works: tuple[UnsavedWork, ...] = ()
    continues: str = ""

    def followed_by(self, newer: "Note") -> "Note":
        """Return this note, which is not on disk, and a newer one as one note."""
        if newer.continues:
            return newer
        works = self.works if newer.works else ()
        for work in newer.works:
            if works and not _stepped(works[-1]) and not _stepped(work):
                works = works[:-1]
            works = (*works, work)[-MOST_WAITING:]
        return Note(works, self.continues)


def _stepped(work: UnsavedWork) -> bool:
    return work.place is not None and work.place.step is not None


class NoteSlot:
    """A slot for one note; a newer note is joined with an older one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._note: Note | None = None

    def put(self, note: Note) -> None:
        """Put a note into the slot."""
        with self._lock:
            self._note = note if self._note is None else self._note.followed_by(note)

    def take(self) -> Note | None:
        """Remove and return the note; None if it was already taken."""
        with self._lock:
            note, self._note = self._note, None
            return note


class AutosaveWorker(QObject):
    """Lives on the autosave thread and reports through signals.

    `failed` carries an error sentence, only once until writing works again (`mended`). `found`
    answers `scan`; `opened` answers `open` with the RecoverableWork and its UnsavedWork,
    `open_failed` with an error sentence.
    """

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
        # The note that is not completely on disk, and whether only its pictures are missing.
        self._wanted: Note | None = None
        self._saved = False
        # The state before the first change, while there is no journal.
        self._first: UnsavedWork | None = None
        self._strips: Iterator[None] | None = None
        self._picture: StoredPicture | None = None
        self._failing = self._postponed = False
        self._retry = QTimer(self)
        self._retry.setInterval(RETRY_MS)
        self._retry.timeout.connect(self._try_again)
        self._go_on.connect(self.serve, Qt.ConnectionType.QueuedConnection)

    @cached_property
    def _store(self) -> "JournalStore":
        # Imported on this thread, because the import takes longer than a frame.
        from app.services.journal_store import JournalStore

        return JournalStore(self._root)

    # -- writing ----------------------------------------------------------------------------

    @Slot()
    def serve(self) -> None:
        """Write the note, then its pictures; newer notes are served in between."""
        if self._serve_once():
            self._go_on.emit()

    @Slot()
    def leave(self) -> None:
        """Write everything that is pending, release all journals and end the thread."""
        self._retry.stop()
        while self._serve_once():
            pass
        self._drop_strips()
        if self._journal is not None:
            self._journal.close()
        self._store.release_all()
        QThread.currentThread().quit()

    def _serve_once(self) -> bool:
        """Do one piece of work and return whether more can be done now."""
        self._take()
        if self._wanted is None:
            return False
        try:
            if self._done(self._wanted):
                self._finish()
                return False
        except Exception as error:
            self._fail(error)
            return False
        return not (self._saved and self._postponed)

    def _take(self) -> None:
        """Take a new note, if there is one. What is not on disk becomes a part of it."""
        note = self._slot.take()
        if note is not None:
            waits = self._wanted is not None and not self._saved
            self._wanted = self._wanted.followed_by(note) if waits and self._wanted else note
            self._saved = False

    def _done(self, note: Note) -> bool:
        """Write the next part of `note` and return whether it is completely on disk."""
        if not note.works:
            self._forget(note.continues)
            return True
        if not self._ready_for(note):
            self._first = note.works[-1]
            return True
        assert self._journal is not None
        journal, newest = self._journal, note.works[-1]
        photo = newest.state.photo
        if photo is not None and newest.unsaved and journal.pictures.lacks(photo):
            # The photo comes first, because the work cannot be continued without it.
            self._pack_strip(photo, journal)
        elif not self._saved:
            journal.save(*([self._first] if self._first is not None else []), *note.works)
            self._first, self._saved = None, True
        elif not self._postponed and (picture := journal.pictures.lacking()) is not None:
            self._pack_strip(picture, journal)
        return self._saved and journal.pictures.lacking() is None

    def _ready_for(self, note: Note) -> bool:
        """Return whether the note belongs in a journal, and create or continue one."""
        if note.continues and note.continues != self._name:
            journal = self._store.resume(note.continues)
            self._forget()
            self._name, self._journal = note.continues, journal
        if self._journal is None:
            if not any(work.unsaved for work in note.works):
                return False
            self._name, self._journal = self._store.begin()
        return True

    def _pack_strip(self, picture: "StoredPicture", journal: "JournalFile") -> None:
        """Write the next part of a picture."""
        if self._strips is None or self._picture is not picture:
            self._drop_strips()
            self._strips, self._picture = journal.picture_steps(picture), picture
        next(self._strips, None)

    def _finish(self) -> None:
        self._wanted = None
        self._drop_strips()
        self._retry.stop()
        if self._failing:
            self._failing = self._postponed = False
            self.mended.emit()

    def _fail(self, error: Exception) -> None:
        # If the picture does not fit on the disk, do not start it again with every stroke.
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
                "Autosave cannot write to {folder} ({reason}). Daub will try again every few "
                "seconds.",
                folder=self._root, reason=reason,
            )  # fmt: skip
        log.error("autosave failed", exc_info=error)
        return unexpected(error)

    def _drop_strips(self) -> None:
        # Closing the generator deletes the unfinished file.
        self._strips = self._picture = None

    def _forget(self, other: str = "") -> None:
        """Delete the journal, and another one by its name."""
        if self._journal is not None:
            self._drop_strips()
            self._journal.close()
            self._store.remove(self._name)
            self._name, self._journal = "", None
        if other:
            self._store.remove(other)
        self._first = None

    # -- recovery ---------------------------------------------------------------------------

    @Slot()
    def scan(self) -> None:
        """Search for recoverable work and emit `found`."""
        try:
            found = self._store.leftovers()
        except OSError as error:
            log.warning("%s cannot be searched: %s", self._root, error)
            found = []
        self.found.emit(found)

    @Slot(object)
    def open(self, leftover: RecoverableWork) -> None:
        """Read the recoverable work and emit `opened` or `open_failed`."""
        try:
            work = self._store.open(leftover)
        except (DocumentError, OSError) as error:
            log.warning("%s cannot be opened", leftover.name, exc_info=error)
            work = None
        if work is not None:
            self.opened.emit(leftover, work)
        else:
            self.open_failed.emit(
                tr("{path} can no longer be read.", path=self._root / leftover.name)
            )

    @Slot(str)
    def remove(self, name: str) -> None:
        """Delete a journal."""
        self._store.remove(name)

    @Slot(str)
    def release(self, name: str) -> None:
        """Unlock a journal and keep it for the next start."""
        self._store.release(name)
