"""Decide whether a file may be written: nothing of the user's is replaced unasked. Knows no Qt."""

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import typer

from engine.errors import EngineError

Ours = Callable[[Path], bool]
"""Whether Daub itself wrote what lies at a path."""


def check_output(path: Path, sources: Iterable[Path | None] = (), overwrite: bool = False) -> None:
    """``check_file`` for a picture in one of the formats that Daub writes."""
    from engine.formats import find_format

    find_format(path)
    check_file(path, sources, overwrite, is_ours)


def check_png(path: Path, sources: Iterable[Path | None] = (), overwrite: bool = False) -> None:
    """``check_output`` for what is always a PNG."""
    if path.suffix.lower() != ".png":
        raise EngineError(f"{path} cannot be written: it is a PNG file, so end it in .png.")
    check_output(path, sources, overwrite)


def is_ours(path: Path) -> bool:
    """Whether a picture says that Daub made it."""
    from engine.formats import told_by  # numpy and Pillow, which --help can do without

    return bool(told_by(path))


def check_file(
    path: Path, sources: Iterable[Path | None], overwrite: bool, ours: Ours, makes: bool = False
) -> None:
    """Refuse what cannot or may not be written, before time is spent on its content.

    ``sources``: the files that the run reads, which are never replaced. What is ``ours`` is
    replaced; any other file with ``overwrite``, or when somebody at a terminal says so.
    ``makes``: its folder is made where there is none. Raises EngineError.
    """
    if path.is_dir():
        raise EngineError(f"{path} cannot be written: it is a folder.")
    if makes:
        check_place(path.parent)
    elif not path.absolute().parent.is_dir():
        raise EngineError(f"{path} cannot be written: there is no folder {path.parent}.")
    check_sources([path], sources)
    if not os.path.lexists(path) or overwrite or ours(path):
        return
    if not _confirmed(f"{path} is there already. Replace it?"):
        raise EngineError(f"{path} is there already; --overwrite replaces it.")


def check_folder(folder: Path, sources: Iterable[Path | None], overwrite: bool, ours: Ours) -> None:
    """Refuse to fill a folder with files where others lie or a source does.

    One that is ``ours`` is gone on with; others with ``overwrite``, or when somebody at a terminal
    says so. Raises EngineError, also where no folder can be made.
    """
    read = [source for source in sources if source is not None]
    check_place(folder)
    there = list(folder.iterdir()) if folder.is_dir() else []
    own = set(_keys(folder))
    for source in read:
        real = Path(os.path.realpath(source))
        if any(key in own for place in (real, real.parent) for key in _keys(place)):
            raise EngineError(f"{source} is read, so {folder} cannot be written to; name another.")
    check_sources(there, read)
    if not there or overwrite or ours(folder):
        return
    if not _confirmed(f"{folder} holds other files. Write among them?"):
        raise EngineError(f"{folder} holds other files; --overwrite writes among them.")


def check_place(folder: Path) -> None:
    """Raise EngineError where ``folder`` is none and cannot become one: a file is in the way."""
    place = next(place for place in (folder, *folder.absolute().parents) if os.path.lexists(place))
    if not place.is_dir():
        raise EngineError(f"{folder} cannot be written to: {place} is no folder.")


def check_sources(targets: Iterable[Path], sources: Iterable[Path | None]) -> None:
    """Raise EngineError for a target that is a source or in one, by whatever name or link."""
    files = [file for source in sources if source is not None for file in _files(source)]
    read = {key: file for file in files for key in _keys(file)}
    for target in targets:
        source = next((read[key] for key in _keys(target) if key in read), None)
        if source is not None:
            raise EngineError(f"{target} would replace {source}, which is read; name another.")


def _files(source: Path) -> list[Path]:
    """A source, and what lies in it if it is a folder."""
    return [source, *(source.iterdir() if source.is_dir() else ())]


def _keys(path: Path) -> list[object]:
    """What tells a file from others: its resolved name, and its number if it exists."""
    name = os.path.normcase(os.path.realpath(path))
    try:
        found = path.stat()
    except OSError:
        return [name]
    return [name, (found.st_dev, found.st_ino)]


def _confirmed(question: str) -> bool:
    """Ask where somebody can answer."""
    return sys.stdin.isatty() and sys.stderr.isatty() and typer.confirm(question, err=True)
