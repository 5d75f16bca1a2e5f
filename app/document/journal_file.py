"""A journal on disk: the records of one document, and files with its larger pictures.

Writing may raise OSError. The journal then keeps its previous content, and the next `save` writes
everything that is missing.
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

# The journal is rewritten when it is this many times as long as after the last rewrite.
GROWTH = 4
# A journal shorter than this (in bytes) is not rewritten.
SMALL = 2**20

_FLAGS = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class JournalFile:
    """The journal of one document, in a folder of its own. Allows only one writer at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._path = folder, folder / NAME
        self._file: int | None = None
        self._written: UnsavedWork | None = None
        self._length = self._limit = 0
        # Whether the file is known to hold exactly `_length` valid bytes.
        self._valid = False
        self._picture, self._photo, self._underlay = map(_Stored, (PICTURE, PHOTO, UNDERLAY))
        self._stale: list[Path] = []

    def save(self, work: UnsavedWork) -> None:
        """Write `work` to the disk, without a refined picture or underlay not yet written.

        Its photo must already be on disk (see `photo_steps`). Raise OSError if writing fails.
        """
        if self._valid and self._path.exists():
            self._append(step_record(self._written, work, *self._names(work)))
            self._written = work
            if self._length > self._limit:
                self._shrink(work)
        else:
            self._rewrite(work)
        while self._stale:  # the journal no longer refers to these
            self._stale.pop().unlink(missing_ok=True)

    def lacks_picture(self, work: UnsavedWork) -> bool:
        """Return whether `work` has a refined picture that is not on disk."""
        return work.state.refined is not None and work.state.refined is not self._picture.held

    def lacks_photo(self, work: UnsavedWork) -> bool:
        """Return whether `work` has a photo that is not on disk."""
        return work.state.photo is not None and work.state.photo is not self._photo.held

    def lacks_underlay(self, work: UnsavedWork) -> bool:
        """Return whether `work` has a picture to trace that is not on disk."""
        return (
            work.state.underlay is not None
            and work.state.underlay.pixels is not self._underlay.held
        )

    def picture_steps(self, refined: Refined) -> Iterator[None]:
        """Write a refined picture strip by strip; the next `save` refers to it."""
        return self._store(self._picture, refined, picture_records(refined))

    def photo_steps(self, photo: Photo) -> Iterator[None]:
        """Write a photo strip by strip; call this before saving a work that has it."""
        return self._store(self._photo, photo, photo_records(photo))

    def underlay_steps(self, pixels: np.ndarray) -> Iterator[None]:
        """Write the picture to trace (h x w x 3 uint8 RGB); the next `save` refers to it."""
        return self._store(self._underlay, pixels, photo_records(Photo("", pixels)))

    def close(self) -> None:
        """Close the file without deleting it."""
        file, self._file, self._valid = self._file, None, False
        if file is not None:
            os.close(file)

    def _store(
        self, kept: "_Stored", picture: Refined | Photo | np.ndarray, records: Iterator[bytes]
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
        self._valid = False
        try:
            _write(self._file, record)
        except OSError:
            # For example a full disk: remove the partial record before the next one.
            os.ftruncate(self._file, self._length)
            self._valid = True
            raise
        # If this raises, `_valid` stays False: the content of the disk is unknown.
        _sync(self._file)
        self._length += len(record)
        self._valid = True

    def _shrink(self, work: UnsavedWork) -> None:
        # The work is already on disk, so a failure here can be ignored.
        self._limit = 2 * self._length
        with suppress(OSError):
            self._rewrite(work)

    def _rewrite(self, work: UnsavedWork) -> None:
        """Replace the journal by one with a single record."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for kept in (self._picture, self._photo, self._underlay):
            if not (self._folder / kept.name).is_file():
                kept.held, kept.name = None, ""
        record = step_record(None, work, *self._names(work))
        with replacing(self._path) as file:
            _write(file.fileno(), record)
            self.close()  # Windows cannot replace an open file
        self._file = os.open(self._path, _FLAGS)
        self._written, self._valid = work, True
        self._length = len(record)
        self._limit = max(SMALL, GROWTH * len(record))


class _Stored:
    """The newest picture of its kind on disk, and the name of its file."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.held: Refined | Photo | np.ndarray | None = None
        self.name = ""
        self.count = 0

    def name_of(self, picture: Refined | Photo | np.ndarray | None) -> str:
        return self.name if picture is not None and picture is self.held else ""


def read_journal(folder: Path) -> Replay | None:
    """Read the journal in `folder`; None if there is none. Raise JournalError or OSError."""
    try:
        with (folder / NAME).open("rb") as file:
            return replay(file)
    except FileNotFoundError:
        return None


def read_refined(folder: Path, name: str) -> Refined | None:
    """Read the refined picture of a journal; None if it is missing or damaged."""
    try:
        with (folder / name).open("rb") as file:
            return read_picture(file)
    except FileNotFoundError:
        return None


def read_kept_photo(folder: Path, name: str) -> Photo | None:
    """Read the photo of a journal; None if it is missing or damaged."""
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
