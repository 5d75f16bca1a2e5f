"""The folder with the journals of all running Daubs, and of those that did not end well."""

import logging
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from PySide6.QtCore import QLockFile

from app.document.document_state import UnsavedWork
from app.document.journal import Box, JournalError, Replay
from app.document.journal_file import (
    NAME,
    JournalFile,
    read_journal,
    read_kept_photo,
    read_refined,
)
from app.document.journal_photo import with_photo
from app.document.label_map import LabelSnapshot
from app.document.photo import Photo
from app.document.underlay import Underlay
from app.services.recoverable_work import RecoverableWork
from resources.materials import PHOTO, in_colours

log = logging.getLogger("daub.autosave")

THUMBNAIL = (288, 216)


class JournalStore:
    """Every journal has a folder here and, beside it, the lock of the Daub that uses it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._locks: dict[str, QLockFile] = {}
        self._offered: set[str] = set()

    def begin(self) -> tuple[str, JournalFile]:
        """A new journal, locked, and its name. Raises OSError when there can be none."""
        self.root.mkdir(parents=True, exist_ok=True)
        name = f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:8]}"
        if not self._lock(name):
            raise PermissionError(13, "Permission denied", str(self.root))
        return name, JournalFile(self.root / name)

    def leftovers(self) -> list[RecoverableWork]:
        """Unsaved work of journals that nobody uses, newest first; they are locked from now on.

        What was offered before is offered again; what holds no work is cleared away.
        """
        for name in self._offered:
            self.release(name)
        found = [self._leftover(name) for name in self._free_names()]
        work = [one for one in found if one is not None]
        self._offered = {one.name for one in work}
        return sorted(work, key=lambda one: one.time, reverse=True)

    def open(self, leftover: RecoverableWork) -> UnsavedWork | None:
        """All of the work; None when it is gone. Raises JournalError."""
        told = read_journal(self.root / leftover.name)
        if told is None:
            return None
        folder = self.root / leftover.name
        refined = read_refined(folder, told.picture) if told.picture else None
        photo = read_kept_photo(folder, told.photo) if told.photo else None
        underlay = _underlay(folder, *told.underlay) if told.underlay is not None else None
        state = replace(told.work.state, refined=refined, underlay=underlay)
        return with_photo(replace(told.work, state=state), photo)

    def remove(self, name: str) -> None:
        """Forget a journal for good."""
        # First what would be offered again if we were ended in the middle of this.
        with suppress(OSError):
            (self.root / name / NAME).unlink()
        shutil.rmtree(self.root / name, ignore_errors=True)
        self.release(name)

    def release(self, name: str) -> None:
        """Leave a journal to whoever comes next."""
        lock = self._locks.pop(name, None)
        if lock is not None:
            lock.unlock()

    def release_all(self) -> None:
        """Leave every journal that is locked here."""
        for name in list(self._locks):
            self.release(name)

    def _free_names(self) -> Iterator[str]:
        """Names that are locked now and were not before."""
        folders = {path.name for path in self.root.glob("*") if path.is_dir()}
        for name in sorted(folders | {path.stem for path in self.root.glob("*.lock")}):
            if self._lock(name):
                yield name

    def _lock(self, name: str) -> bool:
        path = self.root / f"{name}.lock"
        lock = QLockFile(str(path))
        # A Daub may run for weeks; only one that has ended leaves its lock behind.
        lock.setStaleLockTime(0)
        locked = lock.tryLock(0)
        if not locked and path.is_file() and not path.stat().st_size:
            # As a power cut may leave it. One that is in use cannot be removed.
            locked = lock.removeStaleLockFile() and lock.tryLock(0)
        if locked:
            self._locks[name] = lock
        return locked

    def _leftover(self, name: str) -> RecoverableWork | None:
        photo = None
        try:
            told = read_journal(self.root / name)
            if told is not None and told.photo:
                photo = read_kept_photo(self.root / name, told.photo)
        except (JournalError, OSError) as error:
            # A newer Daub may want it.
            log.warning("%s cannot be read: %s", self.root / name, error)
            self.release(name)
            return None
        if told is None or not told.work.unsaved:
            self.remove(name)
            return None
        return _described(name, told, photo)


def _underlay(folder: Path, name: str, box: Box) -> Underlay | None:
    kept = read_kept_photo(folder, name)
    return Underlay(kept.pixels, *box) if kept is not None else None


def _described(name: str, told: Replay, photo: Photo | None) -> RecoverableWork:
    work = with_photo(told.work, photo)
    state = work.state
    return RecoverableWork(
        name=name,
        thumbnail=thumbnail(state.labels, state.photo),
        width=state.labels.width,
        height=state.labels.height,
        style_id=state.style_id,
        path=work.path,
        steps=work.steps,
        time=work.time,
        refined=bool(told.picture),
        damaged=told.damaged,
    )


def thumbnail(labels: LabelSnapshot, photo: Photo | None = None) -> np.ndarray:
    """The doodle in the palette's colours, small: h x w x 3 uint8 RGB, at most THUMBNAIL.

    A photo shows where it is not painted over.
    """
    scale = min(THUMBNAIL[0] / labels.width, THUMBNAIL[1] / labels.height)
    size = max(1, round(labels.width * scale)), max(1, round(labels.height * scale))
    # Every n-th pixel first, for the colours of a large doodle are many bytes.
    skip = max(1, int(1 / scale / 4))
    some = labels.array()[::skip, ::skip]
    picture = in_colours(some)
    if photo is not None:
        bare = some >= PHOTO
        picture[bare] = photo.pixels[::skip, ::skip][bare]
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
