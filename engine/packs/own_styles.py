"""The user's own styles: import, duplicate, rename and remove packs; nothing is ever lost.

A pack is built in a temporary folder in the folder of the styles, which is no style itself, and
moved into place when it is complete. What is replaced or removed is kept beside that folder.
"""

import os
import shutil
import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.errors import EngineError
from engine.packs.borrowing import FindPack
from engine.packs.pack_check import damage
from engine.packs.pack_writer import update_toml
from engine.packs.style_archive import LONGEST_ID, StyleArchive, copy_pack, unpack
from engine.packs.style_pack import read_pack

LONGEST_TITLE = 120
STALE_SECONDS = 24 * 3600
"""Age of a temporary folder that a crash has left."""


def import_style(
    archive: StyleArchive, styles: Path, style_id: str, find: FindPack, replaced: Path | None = None
) -> Path:
    """Write the pack of an archive into the folder ``styles`` and return its folder.

    ``style_id``: its id, which is the archive's or a free one; ``find``: finds the styles that it
    borrows from; ``replaced``: the folder of this id, which is moved there. Raises EngineError, and
    changes nothing then, when the pack is damaged or cannot be written.
    """
    with _new_pack(styles, style_id, replaced) as folder:
        unpack(archive, folder)
        if style_id != archive.id:
            update_toml(folder, {"id": style_id, "title": _numbered(archive.title, style_id)})
        problems = damage(folder, find)
        if problems:
            told = problems[0].replace(f"{folder}{os.sep}", "").replace(str(folder), "the style")
            raise EngineError(f"{archive.path} cannot be imported: {told}")
    return styles / style_id


def duplicate(folder: Path, styles: Path, style_id: str) -> Path:
    """Copy a pack into the folder ``styles`` under a free id. Raises EngineError."""
    pack = read_pack(folder)
    with _new_pack(styles, style_id) as copy:
        copy_pack(folder, copy)
        update_toml(copy, {"id": style_id, "title": _numbered(pack.title, style_id)})
    return styles / style_id


def rename(folder: Path, title: str) -> None:
    """Change the title of a pack, which is not its id. Raises EngineError."""
    title = " ".join(title.split())
    if not title or len(title) > LONGEST_TITLE or not title.isprintable():
        raise EngineError(f"A title of a style needs 1 to {LONGEST_TITLE} letters.")
    read_pack(folder)
    update_toml(folder, {"title": title})


def set_aside(folder: Path, removed: Path) -> Path:
    """Move a pack into the folder ``removed`` under a free name; return where it is.

    Raises EngineError when it cannot be moved.
    """
    try:
        removed.mkdir(parents=True, exist_ok=True)
        place = removed / free_id(folder.name, [path.name for path in removed.iterdir()])
        folder.rename(place)
    except OSError as error:
        raise EngineError(f"{folder} cannot be moved: {error.strerror}.") from error
    return place


def free_id(wanted: str, taken: Collection[str]) -> str:
    """Return an id that is not taken: the wanted one, or with a number behind it.

    One with a number is at most LONGEST_ID long, so that the style can be exported.
    """
    if wanted not in taken:
        return wanted
    begin = wanted[: LONGEST_ID - 10]
    names = (f"{begin}-{number}" for number in range(2, len(taken) + 3))
    return next(name for name in names if name not in taken)


def _numbered(title: str, style_id: str) -> str:
    """Return a title with the number of a new id, so that two styles do not look the same."""
    number = style_id.rpartition("-")[2]
    return f"{title} ({number})" if number.isdecimal() else title


@contextmanager
def _new_pack(styles: Path, style_id: str, replaced: Path | None = None) -> Iterator[Path]:
    """Give an empty folder that becomes ``styles/style_id`` if the block ends without an error."""
    target = styles / style_id
    part = styles / f".daub-{os.getpid()}-{uuid.uuid4().hex[:8]}.part"
    try:
        _forget_stale(styles)
        folder = part / style_id
        folder.mkdir(parents=True)
        yield folder
        old = set_aside(target, replaced) if replaced is not None and target.exists() else None
        try:
            if os.path.lexists(target):  # a rename would replace an empty folder
                raise EngineError(f"{target} already exists.")
            folder.rename(target)
        except BaseException:
            if old is not None:
                old.rename(target)
            raise
    except OSError as error:
        raise EngineError(f"{target} cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _forget_stale(styles: Path) -> None:
    for part in styles.glob(".daub-*.part"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(part, ignore_errors=True)
