"""Check whether a file may be written, so that no user file is replaced unasked. Without Qt."""

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import typer

from engine.errors import EngineError

Ours = Callable[[Path], bool]
"""Returns whether Daub itself wrote the file or folder at a path."""


def check_output(path: Path, sources: Iterable[Path | None] = (), overwrite: bool = False) -> None:
    """Call ``check_file`` for a picture in one of the formats that Daub writes."""
    from engine.formats import find_format

    find_format(path)
    check_file(path, sources, overwrite, is_ours)


def check_png(path: Path, sources: Iterable[Path | None] = (), overwrite: bool = False) -> None:
    """Call ``check_output`` for a PNG file. Raises EngineError for another suffix."""
    if path.suffix.lower() != ".png":
        raise EngineError(f"{path} cannot be written: the output is PNG, so use the suffix .png.")
    check_output(path, sources, overwrite)


def is_ours(path: Path) -> bool:
    """Return whether a picture's metadata says that Daub made it."""
    from engine.formats import told_by  # imports numpy and Pillow, which --help does not need

    return bool(told_by(path))


def check_file(
    path: Path, sources: Iterable[Path | None], overwrite: bool, ours: Ours, makes: bool = False
) -> None:
    """Raise EngineError if a file cannot or may not be written, before its content is computed.

    ``sources``: the input files, which are never replaced. An existing file is replaced if it is
    ``ours``, with ``overwrite``, or if the user confirms it at a terminal. ``makes``: the caller
    creates a missing folder.
    """
    if path.is_dir():
        raise EngineError(f"{path} cannot be written: it is a folder.")
    if makes:
        check_place(path.parent)
    elif not path.absolute().parent.is_dir():
        raise EngineError(f"{path} cannot be written: the folder {path.parent} does not exist.")
    check_sources([path], sources)
    if not os.path.lexists(path) or overwrite or ours(path):
        return
    if not _confirmed(f"{path} already exists. Replace it?"):
        raise EngineError(f"{path} already exists. Use --overwrite to replace it.")


def check_folder(folder: Path, sources: Iterable[Path | None], overwrite: bool, ours: Ours) -> None:
    """Raise EngineError if files may not be written into a folder.

    A folder with a source is always refused. A folder with other files is accepted if it is
    ``ours``, with ``overwrite``, or if the user confirms it at a terminal.
    """
    read = [source for source in sources if source is not None]
    check_place(folder)
    there = list(folder.iterdir()) if folder.is_dir() else []
    own = set(_keys(folder))
    for source in read:
        real = Path(os.path.realpath(source))
        if any(key in own for place in (real, real.parent) for key in _keys(place)):
            raise EngineError(
                f"{source} is an input, so {folder} cannot be written to. Choose another folder."
            )
    check_sources(there, read)
    if not there or overwrite or ours(folder):
        return
    if not _confirmed(f"{folder} contains other files. Write into it anyway?"):
        raise EngineError(f"{folder} contains other files. Use --overwrite to write into it.")


def check_place(folder: Path) -> None:
    """Raise EngineError if ``folder`` or one of its parents is a file."""
    place = next(place for place in (folder, *folder.absolute().parents) if os.path.lexists(place))
    if not place.is_dir():
        raise EngineError(f"{folder} cannot be written to: {place} is not a folder.")


def check_sources(targets: Iterable[Path], sources: Iterable[Path | None]) -> None:
    """Raise EngineError for a target that is a source or in one, even by another name or link."""
    files = [file for source in sources if source is not None for file in _files(source)]
    read = {key: file for file in files for key in _keys(file)}
    for target in targets:
        source = next((read[key] for key in _keys(target) if key in read), None)
        if source is not None:
            raise EngineError(
                f"{target} would replace {source}, which is an input. Choose another name."
            )


def _files(source: Path) -> list[Path]:
    """Return a source and, if it is a folder, its entries."""
    return [source, *(source.iterdir() if source.is_dir() else ())]


def _keys(path: Path) -> list[object]:
    """Return keys that identify a file: its resolved name and, if it exists, its inode."""
    name = os.path.normcase(os.path.realpath(path))
    try:
        found = path.stat()
    except OSError:
        return [name]
    return [name, (found.st_dev, found.st_ino)]


def _confirmed(question: str) -> bool:
    """Ask the question at a terminal; return False without one."""
    return sys.stdin.isatty() and sys.stderr.isatty() and typer.confirm(question, err=True)
