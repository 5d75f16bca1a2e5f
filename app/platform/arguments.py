"""Interpret file names on the command line, before it is parsed."""

from collections.abc import Sequence
from pathlib import Path

from resources.style_files import SUFFIX as STYLE_SUFFIX

NEW_WINDOW = "--new-window"


def is_file_to_open(word: str) -> bool:
    """Return whether `word` names a painting, a style or any file; commands contain no dot."""
    file = Path(word)
    if word.startswith("-") or not file.suffix:
        return False
    return file.suffix.lower() in (".ora", STYLE_SUFFIX) or file.is_file()


def opening(given: Sequence[str]) -> list[str]:
    """Return the arguments with `--open` before a bare file name, as desktops pass it."""
    place = 1 if given[:1] == [NEW_WINDOW] else 0
    if place < len(given) and is_file_to_open(given[place]):
        return [*given[:place], "--open", *given[place:]]
    return list(given)
