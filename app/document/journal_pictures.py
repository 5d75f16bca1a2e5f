"""The larger pictures of a journal, each in a file of its own: refined pictures, photos, underlays.

A picture is named when the journal first refers to it, and written when there is time. So a file
that the journal names may be missing.
"""

import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from app.document.journal import picture_records, read_picture
from app.document.journal_history import Box
from app.document.journal_photo import photo_records, read_photo
from app.document.photo import Photo
from app.document.rect import Rect
from app.document.refined import Refined
from app.document.underlay import Underlay
from app.document.undo_steps import UndoHistory, UndoStep

# Pictures of each kind that are kept: the one in use and those that undo steps lead to.
KEPT = 4
# Pictures that are read for one document.
MOST_READ = 3 * KEPT

StoredPicture = Refined | Photo | np.ndarray
"""A refined picture, a photo, or the pixels of an underlay (h x w x 3 uint8 RGB)."""


@dataclass(eq=False)
class _Stored:
    picture: "weakref.ref[StoredPicture]"
    kind: str
    name: str
    whole: bool = False


class PictureFiles:
    """The names of the pictures of a journal, and which of them are on disk.

    It does not keep the pictures in memory.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Least recently used first.
        self._stored: list[_Stored] = []
        self._count = 0

    def name_of(self, picture: object) -> str:
        """Return the name of a picture's file, which is used now; empty for None."""
        if not isinstance(picture, StoredPicture):
            return ""
        stored = self._named(picture)
        self._stored.remove(stored)
        self._stored.append(stored)
        return stored.name

    def path_of(self, picture: StoredPicture) -> Path:
        """Return the path of a picture's file, to write it."""
        return self._folder / self._named(picture).name

    def adopt(self, name: str, picture: StoredPicture) -> None:
        """Take over a picture that was read from the file `name`."""
        self._stored.append(_Stored(weakref.ref(picture), _kind(picture), name, whole=True))

    def lacks(self, picture: StoredPicture | None) -> bool:
        """Return whether a picture is not on disk."""
        stored = self._find(picture) if picture is not None else None
        return picture is not None and (stored is None or not stored.whole)

    def lacking(self) -> StoredPicture | None:
        """Return the most recently used picture that is named but not on disk; None if none."""
        seen: dict[str, int] = {}
        for stored in reversed(self._stored):
            seen[stored.kind] = seen.get(stored.kind, 0) + 1
            picture = stored.picture()
            if not stored.whole and picture is not None and seen[stored.kind] <= KEPT:
                return picture
        return None

    def complete(self, picture: StoredPicture) -> None:
        """Note that a picture is on disk now, and delete files of its kind that are too many."""
        kind = _kind(picture)
        for stored in self._stored:
            stored.whole = stored.whole or stored.picture() is picture
        for stored in [one for one in self._stored if one.kind == kind][:-KEPT]:
            self._stored.remove(stored)
            (self._folder / stored.name).unlink(missing_ok=True)

    def look_up(self) -> None:
        """Find out which files are still there."""
        for stored in self._stored:
            stored.whole = stored.whole and (self._folder / stored.name).is_file()

    def _find(self, picture: StoredPicture) -> _Stored | None:
        return next((one for one in self._stored if one.picture() is picture), None)

    def _named(self, picture: StoredPicture) -> _Stored:
        stored = self._find(picture)
        if stored is None:
            stored = _Stored(weakref.ref(picture), _kind(picture), self._new_name(picture))
            self._stored.append(stored)
        return stored

    def _new_name(self, picture: StoredPicture) -> str:
        while True:
            self._count += 1
            name = f"{_kind(picture)}-{self._count}"
            if not (self._folder / name).exists():
                return name


class RecoveredPictures:
    """Reads the pictures of a journal, each once. Raises OSError if the disk fails."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, StoredPicture | None] = {}

    def refined(self, name: str) -> Refined | None:
        """Return a refined picture; None if it is missing or damaged."""
        found = self._picture(name)
        return found if isinstance(found, Refined) else None

    def photo(self, name: str) -> Photo | None:
        """Return a photo; None if it is missing or damaged."""
        found = self._picture(name)
        return found if isinstance(found, Photo) else None

    def underlay(self, value: tuple[str, Box] | None) -> Underlay | None:
        """Return a picture to trace, given its name and box; None if it is missing or damaged."""
        found = self._picture(value[0]) if value is not None else None
        return Underlay(found, *value[1]) if value and isinstance(found, np.ndarray) else None

    def history(self, history: UndoHistory, canvas: Rect) -> UndoHistory:
        """Return the steps around the current state for which no picture is missing.

        `canvas`: the bounds of the current doodle.
        """
        steps, at = history.steps, history.at
        done = list(self._steps(steps[:at][::-1], canvas, 0))[::-1]
        undone = list(self._steps(steps[at:], canvas, 1))
        return replace(history, steps=(*done, *undone), earlier=history.place.at - len(done))

    def _steps(self, steps: Iterable[UndoStep], canvas: Rect, side: int) -> Iterator[UndoStep]:
        """Yield steps with their pictures until one is missing.

        `canvas`: bounds before the first of them; `side`: 0 if they are undone, 1 if redone.
        """
        for step in steps:
            sheets = step.changes.get("labels", ())
            sizes = [sheet.bounds for sheet in sheets] or [canvas, canvas]
            found = self._with_pictures(step, sizes)
            if found is None:
                return
            yield found
            canvas = sizes[side]

    def lend(self, files: PictureFiles) -> None:
        """Tell `files` of all pictures that were read."""
        for name, picture in self._read.items():
            if picture is not None:
                files.adopt(name, picture)

    def _with_pictures(self, step: UndoStep, sizes: Sequence[Rect]) -> UndoStep | None:
        """Return a step with its pictures instead of their names; None if one is missing.

        `sizes`: bounds of the doodle before and after it.
        """
        changes = dict(step.changes)
        readers: dict[str, Callable[[Any], Any]] = {
            "refined": self.refined, "photo": self.photo, "underlay": self.underlay
        }  # fmt: skip
        for field, read in readers.items():
            if field in changes:
                old, new = step.changes[field]
                changes[field] = read(old), read(new)
                if any(map(_lost, step.changes[field], changes[field])):
                    return None
        sheets = [changes[field] for field in ("refined", "photo") if field in changes]
        if not all(fits(*pair) for sides in sheets for pair in zip(sides, sizes, strict=True)):
            return None
        return replace(step, changes=changes)

    def _picture(self, name: str) -> StoredPicture | None:
        if name and name not in self._read:
            self._read[name] = None
            path = self._folder / name
            if path.is_file() and len(self._read) <= MOST_READ:
                with path.open("rb") as file:
                    self._read[name] = _read(name, file)
        return self._read.get(name)


def fits(picture: Refined | Photo | None, canvas: Rect) -> bool:
    """Return whether a picture has the size of a canvas; None fits any."""
    sheet = picture.labels if isinstance(picture, Refined) else picture
    return sheet is None or (sheet.width, sheet.height) == (canvas.width, canvas.height)


def _lost(name: object, picture: object) -> bool:
    return bool(name) and picture is None


def _read(name: str, file: BinaryIO) -> StoredPicture | None:
    if name.startswith("refined"):
        return read_picture(file)
    photo = read_photo(file)
    return photo.pixels if photo is not None and name.startswith("underlay") else photo


def _kind(picture: StoredPicture) -> str:
    if isinstance(picture, Refined):
        return "refined"
    return "photo" if isinstance(picture, Photo) else "underlay"


def records_of(picture: StoredPicture) -> Iterator[bytes]:
    """Yield the records of a picture's file."""
    if isinstance(picture, Refined):
        return picture_records(picture)
    return photo_records(picture if isinstance(picture, Photo) else Photo("", picture))
