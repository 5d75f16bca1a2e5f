"""Autosave worker: writes the newest work to disk and reads recoverable work."""

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
    """A state to write to disk; without `work` the journal is deleted. Numbers increase."""

    number: int
    work: UnsavedWork | None


class NoteSlot:
    """A slot for one note; a newer note replaces an older one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._note: Note | None = None

    def put(self, note: Note) -> None:
        """Replace the note in the slot."""
        with self._lock:
            self._note = note

    def take(self) -> Note | None:
        """Remove and return the newest note; None if it was already taken."""
        with self._lock:
            note, self._note = self._note, None
            return note


class AutosaveWorker(QObject):
    """Lives on the autosave thread and reports through signals.

    `written`: the note with this number, or a later one, is completely on disk. `failed` carries an
    error sentence, only once until writing works again (`mended`). `found` answers `scan`;
    `opened` answers `open` with the RecoverableWork and its UnsavedWork, `open_failed` with an
    error sentence.
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
        # The note that is not completely on disk, and whether only its pictures are missing.
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
    def _store(self) -> "JournalStore":
        # Imported on this thread, because the import takes longer than a frame.
        from app.services.journal_store import JournalStore

        return JournalStore(self._root)

    # -- writing ----------------------------------------------------------------------------

    @Slot()
    def serve(self) -> None:
        """Write the newest note, then its pictures; newer notes are served in between."""
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
        """Write the next part of `note` and return whether it is completely on disk."""
        work = note.work
        if work is None or not (work.unsaved or self._journal is not None):
            self._forget()
            return True
        if self._journal is None:
            self._name, self._journal = self._store.begin()
        if work.state.photo is not None and self._journal.lacks_photo(work):
            # The photo comes first, because the work cannot be continued without it.
            self._pack_strip(work.state.photo, self._journal.photo_steps)
        elif not self._saved:
            self._journal.save(work)
            self._saved = True
        elif not self._postponed:
            self._saved = self._pack_pictures(self._journal, work)
        lacks = self._journal.lacks_picture(work) or self._journal.lacks_underlay(work)
        return self._saved and not lacks

    def _pack_pictures(self, journal: "JournalFile", work: UnsavedWork) -> bool:
        """Continue with the pictures that recovery can do without.

        Return False when a picture is complete, so that the journal must be saved again.
        """
        if work.state.refined is not None and journal.lacks_picture(work):
            return self._pack_strip(work.state.refined, journal.picture_steps)
        if work.state.underlay is not None and journal.lacks_underlay(work):
            return self._pack_strip(work.state.underlay.pixels, journal.underlay_steps)
        return True

    def _pack_strip(self, picture: Packed, steps: Callable[[Packed], Iterator[None]]) -> bool:
        """Write the next part of a picture; return False when all of it is on disk."""
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

    def _forget(self) -> None:
        if self._journal is not None:
            self._drop_strips()
            self._journal.close()
            self._store.remove(self._name)
            self._journal = None

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
