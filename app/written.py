"""Decide whether a file may be written: nothing of the user's is replaced unasked. Knows no Qt."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import typer

from engine.errors import EngineError


def check_output(path: Path, sources: Iterable[Path | None] = (), overwrite: bool = False) -> None:
    """Refuse what cannot or may not be written, before time is spent on painting it.

    ``sources``: the files that the run reads, which are never replaced. What Daub painted before
    is replaced; any other file with ``overwrite``, or when somebody at a terminal says so.
    Raises EngineError.
    """
    from engine.formats import find_format  # numpy and Pillow, which --help can do without

    find_format(path)
    if path.is_dir():
        raise EngineError(f"{path} cannot be written: it is a folder.")
    if not path.absolute().parent.is_dir():
        raise EngineError(f"{path} cannot be written: there is no folder {path.parent}.")
    check_sources([path], sources)
    if not (overwrite or _replaceable(path) or _confirmed(path)):
        raise EngineError(f"{path} is there already; --overwrite replaces it.")


def check_png(path: Path, sources: Iterable[Path | None] = (), overwrite: bool = False) -> None:
    """``check_output`` for what is always a PNG."""
    if path.suffix.lower() != ".png":
        raise EngineError(f"{path} cannot be written: it is a PNG file, so end it in .png.")
    check_output(path, sources, overwrite)


def check_sources(targets: Iterable[Path], sources: Iterable[Path | None]) -> None:
    """Raise EngineError for a target that is a source, by whatever name or link."""
    read = {key: source for source in sources if source is not None for key in _keys(source)}
    for target in targets:
        source = next((read[key] for key in _keys(target) if key in read), None)
        if source is not None:
            raise EngineError(f"{target} would replace {source}, which is read; name another.")


def _keys(path: Path) -> list[object]:
    """What tells a file from others: its resolved name, and its number if it exists."""
    name = os.path.normcase(os.path.realpath(path))
    try:
        found = path.stat()
    except OSError:
        return [name]
    return [name, (found.st_dev, found.st_ino)]


def _replaceable(path: Path) -> bool:
    from engine.formats import told_by

    return not os.path.lexists(path) or bool(told_by(path))


def _confirmed(path: Path) -> bool:
    """Ask whether to replace a file, where somebody can answer."""
    return (
        sys.stdin.isatty()
        and sys.stderr.isatty()
        and typer.confirm(f"{path} is there already. Replace it?", err=True)
    )
