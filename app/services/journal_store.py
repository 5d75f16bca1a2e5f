"""The folder with the journals of all running instances and of instances that crashed."""

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
from app.document.journal import JournalError, Replay
from app.document.journal_file import NAME, JournalFile, read_journal
from app.document.journal_photo import with_photo
from app.document.journal_pictures import RecoveredPictures, fits
from app.document.label_map import LabelSnapshot
from app.document.photo import Photo
from app.services.recoverable_work import RecoverableWork
from resources.materials import PHOTO, in_colours

log = logging.getLogger("daub.autosave")

THUMBNAIL = (288, 216)


class JournalStore:
    """Manages the journals in `root`: a subfolder for each, with a lock file beside it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._locks: dict[str, QLockFile] = {}
        self._offered: set[str] = set()
        # The journal that was opened last, to continue it.
        self._opened: tuple[str, JournalFile] | None = None

    def begin(self) -> tuple[str, JournalFile]:
        """Create and lock a journal; return its name and file. Raises OSError."""
        self.root.mkdir(parents=True, exist_ok=True)
        name = f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:8]}"
        if not self._lock(name):
            raise PermissionError(13, "Permission denied", str(self.root))
        return name, JournalFile(self.root / name)

    def leftovers(self) -> list[RecoverableWork]:
        """Lock all journals that no instance uses and return their unsaved work, newest first.

        Work that was returned before is returned again. Journals without unsaved work are deleted.
        """
        for name in self._offered:
            self.release(name)
        found = [self._leftover(name) for name in self._free_names()]
        work = [one for one in found if one is not None]
        self._offered = {one.name for one in work}
        return sorted(work, key=lambda one: one.time, reverse=True)

    def open(self, leftover: RecoverableWork) -> UnsavedWork | None:
        """Read the complete work with its undo steps; None if it no longer exists.

        Raises JournalError.
        """
        folder = self.root / leftover.name
        replay = read_journal(folder, history=True)
        if replay is None:
            return None
        pictures = RecoveredPictures(folder)
        photo, refined = pictures.photo(replay.photo), pictures.refined(replay.picture)
        canvas = replay.work.state.labels.bounds
        state = replace(
            replay.work.state, refined=refined if fits(refined, canvas) else None,
            underlay=pictures.underlay(replay.underlay),
        )  # fmt: skip
        work = with_photo(replace(replay.work, state=state), photo)
        # Without its photo the doodle is not the one that the steps lead to.
        at, whole = replay.history.at, (work.state.photo is None) == (not replay.photo)
        steps = replay.history if whole else replay.history.between(at, at)
        work = replace(work, history=pictures.history(steps, canvas))
        self._opened = leftover.name, JournalFile(folder)
        pictures.lend(self._opened[1].pictures)
        return work

    def resume(self, name: str) -> JournalFile:
        """Return the file of a journal that was opened, to continue it. Raises OSError."""
        if self._opened is None or self._opened[0] != name:
            self._opened = name, JournalFile(self.root / name)
        _, file = self._opened
        file.resume()
        self._opened = None
        self._offered.discard(name)
        return file

    def remove(self, name: str) -> None:
        """Delete a journal."""
        # This file first: without it a partly deleted journal is not offered for recovery.
        with suppress(OSError):
            (self.root / name / NAME).unlink()
        shutil.rmtree(self.root / name, ignore_errors=True)
        self.release(name)

    def release(self, name: str) -> None:
        """Unlock a journal, so that another instance can use it."""
        lock = self._locks.pop(name, None)
        if lock is not None:
            lock.unlock()

    def release_all(self) -> None:
        """Unlock all journals that are locked here."""
        for name in list(self._locks):
            self.release(name)

    def _free_names(self) -> Iterator[str]:
        """Lock all journals that are not in use and yield their names."""
        folders = {path.name for path in self.root.glob("*") if path.is_dir()}
        for name in sorted(folders | {path.stem for path in self.root.glob("*.lock")}):
            if self._lock(name):
                yield name

    def _lock(self, name: str) -> bool:
        path = self.root / f"{name}.lock"
        lock = QLockFile(str(path))
        # A program may run for weeks, so an old lock is not stale while its process runs.
        lock.setStaleLockTime(0)
        locked = lock.tryLock(0)
        if not locked and path.is_file() and not path.stat().st_size:
            # A power cut may leave an empty lock file. A lock in use cannot be removed.
            locked = lock.removeStaleLockFile() and lock.tryLock(0)
        if locked:
            self._locks[name] = lock
        return locked

    def _leftover(self, name: str) -> RecoverableWork | None:
        photo = None
        try:
            replay = read_journal(self.root / name)
            if replay is not None and replay.photo:
                photo = RecoveredPictures(self.root / name).photo(replay.photo)
        except (JournalError, OSError) as error:
            # A newer version of Daub may be able to read it.
            log.warning("%s cannot be read: %s", self.root / name, error)
            self.release(name)
            return None
        if replay is None or not replay.work.unsaved:
            self.remove(name)
            return None
        refined = bool(replay.picture) and (self.root / name / replay.picture).is_file()
        return _described(name, replay, photo, refined)


def _described(name: str, replay: Replay, photo: Photo | None, refined: bool) -> RecoverableWork:
    work = with_photo(replay.work, photo)
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
        refined=refined,
        damaged=replay.damaged,
    )


def thumbnail(labels: LabelSnapshot, photo: Photo | None = None) -> np.ndarray:
    """Return a thumbnail of the doodle in palette colours: h x w x 3 uint8 RGB, at most THUMBNAIL.

    A photo shows where it is not painted over.
    """
    scale = min(THUMBNAIL[0] / labels.width, THUMBNAIL[1] / labels.height)
    size = max(1, round(labels.width * scale)), max(1, round(labels.height * scale))
    # Take every n-th pixel first, because a full-size colour picture needs much memory.
    skip = max(1, int(1 / scale / 4))
    some = labels.array()[::skip, ::skip]
    picture = in_colours(some)
    if photo is not None:
        bare = some >= PHOTO
        picture[bare] = photo.pixels[::skip, ::skip][bare]
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
