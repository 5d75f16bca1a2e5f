"""A journal on disk: the records of one document, and files with its larger pictures.

Writing may raise OSError. The journal then keeps its previous content, and the next `save` writes
everything that is missing.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from itertools import accumulate, pairwise
from pathlib import Path
from typing import NamedTuple

from app.document.journal import (
    DamageError,
    JournalError,
    Reader,
    Replay,
    UnsavedWork,
    payloads,
    record_length,
    replay,
    step_record,
)
from app.document.journal_pictures import PictureFiles, StoredPicture, records_of
from app.document.undo_steps import Place, Track
from resources.files import replacing

NAME = "journal"

# The journal is rewritten when it is this many times as long as all of the state.
GROWTH = 4
# A journal shorter than this (in bytes) is not rewritten.
SMALL = 2**20

_FLAGS = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class _Span(NamedTuple):
    """Where a record lies in the journal, in bytes."""

    start: int
    end: int


class JournalFile:
    """The journal of one document, in a folder of its own. Allows only one writer at a time.

    `pictures`: its pictures and their names.
    """

    def __init__(self, folder: Path) -> None:
        self.pictures = PictureFiles(folder)
        self._folder, self._path = folder, folder / NAME
        self._file: int | None = None
        self._written: UnsavedWork | None = None
        self._length = self._limit = 0
        # Whether the file is known to hold exactly `_length` valid bytes.
        self._valid = False
        # The records of the steps that can be undone or redone, and the end of their first state.
        self._track, self._base_end = Track[_Span](), 0

    def save(self, *works: UnsavedWork) -> None:
        """Write `works`, states that followed each other, to the disk; pictures are only named.

        The photo of the last one must already be on disk. Raise OSError if writing fails.
        """
        if self._valid and self._path.exists():
            self._append(works)
            if self._length > self._limit:
                self._shrink(works[-1])
        else:
            self._begin(works)

    def resume(self) -> None:
        """Continue a journal that was recovered: rewrite it without damage. Raises OSError."""
        reader, self._length = Reader(), 0
        with suppress(DamageError, FileNotFoundError), self._path.open("rb") as file:
            for payload in payloads(file):
                reader.take(payload)
                self._follow(reader.place, record_length(payload))
        found = reader.result(damaged=False)
        if found is not None:
            self._rewrite(found.work, reader.record())

    def picture_steps(self, picture: StoredPicture) -> Iterator[None]:
        """Write a picture strip by strip."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with replacing(self.pictures.path_of(picture)) as file:
            for record in records_of(picture):
                _write(file.fileno(), record)
                yield
        self.pictures.complete(picture)

    def close(self) -> None:
        """Close the file without deleting it."""
        file, self._file, self._valid = self._file, None, False
        if file is not None:
            os.close(file)

    # -- appending --------------------------------------------------------------------------

    def _append(self, works: tuple[UnsavedWork, ...]) -> None:
        assert self._file is not None
        records, old = list[bytes](), self._written
        for work in works:
            before = old if self._precedes(old, work) else None
            records.append(step_record(before, work, self.pictures.name_of))
            old = work
        self._valid = False
        try:
            _write(self._file, b"".join(records))
        except OSError:
            # For example a full disk: remove the partial record before the next one.
            os.ftruncate(self._file, self._length)
            self._valid = True
            raise
        # If this raises, `_valid` stays False: the content of the disk is unknown.
        _sync(self._file)
        self._valid = True
        for work, record in zip(works, records, strict=True):
            self._follow(work.place, len(record))
        self._written = works[-1]

    def _precedes(self, old: UnsavedWork | None, new: UnsavedWork) -> bool:
        """Return whether a record may hold the difference of two states.

        The record of a step can only be copied when it holds the difference to the step before it.
        """
        step = new.place is not None and new.place.step is not None
        if not step or old is None or old.place is None or new.place is None:
            return True
        return (old.place.history, old.place.at + 1) == (new.place.history, new.place.at)

    def _follow(self, place: Place | None, length: int) -> None:
        """Take account of a record after the last one."""
        start, self._length = self._length, self._length + length
        track, place = self._track, place if place is not None else Place()
        step = place.step is not None
        if not track.reaches(place.history, place.at - step):
            track.begin(place)
            self._base_end = self._length
        elif step:
            track.push(place.at, _Span(start, self._length))
        else:
            track.at = place.at

    # -- rewriting --------------------------------------------------------------------------

    def _begin(self, works: tuple[UnsavedWork, ...]) -> None:
        """Replace the journal by one that begins with the first of `works`."""
        self._track.begin(works[0].place or Place())
        self._rewrite(works[0])
        if works[1:]:
            self._append(works[1:])

    def _shrink(self, work: UnsavedWork) -> None:
        # The work is already on disk, so a failure here can be ignored.
        self._limit = 2 * self._length
        with suppress(OSError):
            self._rewrite(work)

    def _rewrite(self, work: UnsavedWork, record: bytes = b"") -> None:
        """Replace the journal by one with the newest undo steps and `work`.

        `record`: contains all of the work, if that exists already.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self.pictures.look_up()
        here = replace(work, place=replace(work.place, step=None) if work.place else None)
        last = record or step_record(None, here, self.pictures.name_of)
        limit = max(SMALL, GROWTH * len(last))
        kept = self._kept(limit // 2 - len(last))
        with replacing(self._path) as file:
            # The last record contains all of the work, so that it does not depend on the steps.
            _write(file.fileno(), b"".join([*kept.records, last]))
            self.close()  # Windows cannot replace an open file
        self._file = os.open(self._path, _FLAGS)
        self._written, self._valid, self._limit = here, True, limit
        self._renew(kept, here.place or Place(), len(last))

    def _kept(self, room: int) -> "_Kept":
        """Return the newest undo steps, whose records have at most `room` bytes."""
        track = self._track
        first, last, at = 0, len(track.items), track.at - track.base
        size = sum(end - start for start, end in track.items)
        while size > room and first < last:
            span = track.items[first] if first < at else track.items[last - 1]
            size -= span.end - span.start
            first, last = (first + 1, last) if first < at else (first, last - 1)
        if first == last:
            return _Kept(track.base, [])
        end = track.items[first - 1].end if first else self._base_end
        try:
            content = self._path.read_bytes()
            reader = Reader()
            for payload in payloads(BytesIO(content[:end])):
                reader.take(payload)
            records = [
                reader.record(),
                *(content[slice(*span)] for span in track.items[first:last]),
            ]
            readable = sum(1 for _ in payloads(BytesIO(b"".join(records))))
        except (OSError, JournalError):
            return _Kept(track.base, [])
        return _Kept(track.base + first, records if readable == len(records) else [])

    def _renew(self, kept: "_Kept", place: Place, length: int) -> None:
        """Take account of the rewritten journal, whose last record has this place and length."""
        track, ends = self._track, [0, *accumulate(map(len, kept.records))]
        track.begin(place)
        self._length = ends[-1] + length
        self._base_end = ends[1] if kept.records else self._length
        if kept.records:
            track.base = kept.base
            track.items = [_Span(*ends) for ends in pairwise(ends[1:])]


class _Kept(NamedTuple):
    """Records of a rewritten journal: the state after `base` steps, and the steps from there on."""

    base: int
    records: list[bytes]


def read_journal(folder: Path, history: bool = False) -> Replay | None:
    """Read the journal in `folder`; None if there is none. Raise JournalError or OSError.

    `history`: collect its undo steps too.
    """
    try:
        with (folder / NAME).open("rb") as file:
            return replay(file, history)
    except FileNotFoundError:
        return None


def _write(file: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(file, left) :]


def _sync(file: int) -> None:
    getattr(os, "fdatasync", os.fsync)(file)
