"""A journal on disk: the records of one document, and beside them its refined picture and photo.

Everything may raise OSError, and the journal then still holds what it held before: a later `save`
writes all that is missing.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from app.document.journal import (
    Replay,
    UnsavedWork,
    picture_records,
    read_picture,
    replay,
    step_record,
)
from app.document.journal_photo import photo_records, read_photo
from app.document.photo import Photo
from app.document.refined import Refined
from resources.files import replacing

NAME = "journal"
PICTURE, PHOTO, UNDERLAY = "refined-{}", "photo-{}", "underlay-{}"

# The journal is written anew when it is so many times as long as it then was.
GROWTH = 4
# A shorter journal is not worth that.
SMALL = 2**20

_FLAGS = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class JournalFile:
    """The journal of one document, in a folder of its own. One writer at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._path = folder, folder / NAME
        self._file: int | None = None
        self._written: UnsavedWork | None = None
        self._length = self._limit = 0
        # What is in the file up to its length is known, and nothing is behind it.
        self._sound = False
        self._picture, self._photo, self._underlay = map(_Kept, (PICTURE, PHOTO, UNDERLAY))
        self._stale: list[Path] = []

    def save(self, work: UnsavedWork) -> None:
        """Bring `work` to the disk, except for refined picture and underlay not there yet.

        Its photo must be there.
        """
        if self._sound and self._path.exists():
            self._append(step_record(self._written, work, *self._names(work)))
            self._written = work
            if self._length > self._limit:
                self._shrink(work)
        else:
            self._rewrite(work)
        while self._stale:  # nothing names these any more
            self._stale.pop().unlink(missing_ok=True)

    def lacks_picture(self, work: UnsavedWork) -> bool:
        """The refined picture of `work` is not on disk."""
        return work.state.refined is not None and work.state.refined is not self._picture.held

    def lacks_photo(self, work: UnsavedWork) -> bool:
        """The photo of `work` is not on disk."""
        return work.state.photo is not None and work.state.photo is not self._photo.held

    def lacks_underlay(self, work: UnsavedWork) -> bool:
        """The picture to trace of `work` is not on disk."""
        return (
            work.state.underlay is not None
            and work.state.underlay.pixels is not self._underlay.held
        )

    def picture_steps(self, refined: Refined) -> Iterator[None]:
        """Bring a refined picture to the disk, strip by strip; `save` then tells of it."""
        return self._keep(self._picture, refined, picture_records(refined))

    def photo_steps(self, photo: Photo) -> Iterator[None]:
        """The same for a photo, before a work with it is saved."""
        return self._keep(self._photo, photo, photo_records(photo))

    def underlay_steps(self, pixels: np.ndarray) -> Iterator[None]:
        """The same for the picture to trace, h x w x 3 uint8 RGB; `save` then tells of it."""
        return self._keep(self._underlay, pixels, photo_records(Photo("", pixels)))

    def close(self) -> None:
        """Let go of the file; it stays."""
        file, self._file, self._sound = self._file, None, False
        if file is not None:
            os.close(file)

    def _keep(
        self, kept: "_Kept", picture: Refined | Photo | np.ndarray, records: Iterator[bytes]
    ) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        kept.count += 1
        path = self._folder / kept.pattern.format(kept.count)
        with replacing(path) as file:
            for record in records:
                _write(file.fileno(), record)
                yield
        if kept.name:
            self._stale.append(self._folder / kept.name)
        kept.held, kept.name = picture, path.name

    def _names(self, work: UnsavedWork) -> tuple[str, str, str]:
        pixels = work.state.underlay.pixels if work.state.underlay is not None else None
        return (
            self._picture.name_of(work.state.refined), self._photo.name_of(work.state.photo),
            self._underlay.name_of(pixels),
        )  # fmt: skip

    def _append(self, record: bytes) -> None:
        assert self._file is not None
        self._sound = False
        try:
            _write(self._file, record)
        except OSError:
            # A full disk: half a record must not stay in the way of the next.
            os.ftruncate(self._file, self._length)
            self._sound = True
            raise
        # What a failed sync leaves on the disk is not known.
        _sync(self._file)
        self._length += len(record)
        self._sound = True

    def _shrink(self, work: UnsavedWork) -> None:
        # All is on disk already, so a full one is no reason to complain.
        self._limit = 2 * self._length
        with suppress(OSError):
            self._rewrite(work)

    def _rewrite(self, work: UnsavedWork) -> None:
        """The journal with one record, in place of the one there is."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for kept in (self._picture, self._photo, self._underlay):
            if not (self._folder / kept.name).is_file():
                kept.held, kept.name = None, ""
        record = step_record(None, work, *self._names(work))
        with replacing(self._path) as file:
            _write(file.fileno(), record)
            self.close()  # Windows does not replace a file that is open
        self._file = os.open(self._path, _FLAGS)
        self._written, self._sound = work, True
        self._length = len(record)
        self._limit = max(SMALL, GROWTH * len(record))


class _Kept:
    """A picture that is on disk: the newest of its kind, and the file's name."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.held: Refined | Photo | np.ndarray | None = None
        self.name = ""
        self.count = 0

    def name_of(self, picture: Refined | Photo | np.ndarray | None) -> str:
        return self.name if picture is not None and picture is self.held else ""


def read_journal(folder: Path) -> Replay | None:
    """What the journal in `folder` leads to; None when there is none. Raises JournalError."""
    try:
        with (folder / NAME).open("rb") as file:
            return replay(file)
    except FileNotFoundError:
        return None


def read_refined(folder: Path, name: str) -> Refined | None:
    """The refined picture that a journal names; None when it is not all there."""
    try:
        with (folder / name).open("rb") as file:
            return read_picture(file)
    except FileNotFoundError:
        return None


def read_kept_photo(folder: Path, name: str) -> Photo | None:
    """The photo that a journal names; None when it is not all there."""
    try:
        with (folder / name).open("rb") as file:
            return read_photo(file)
    except FileNotFoundError:
        return None


def _write(file: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(file, left) :]


def _sync(file: int) -> None:
    getattr(os, "fdatasync", os.fsync)(file)
