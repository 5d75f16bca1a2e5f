"""What the words on the command line mean before anybody looks at them closely."""

from collections.abc import Sequence
from pathlib import Path

NEW_WINDOW = "--new-window"


def is_file_to_open(word: str) -> bool:
    """The name of a painting, or of a file that is there; no command has a dot in its name."""
    file = Path(word)
    if word.startswith("-") or not file.suffix:
        return False
    return file.suffix.lower() == ".ora" or file.is_file()


def opening(given: Sequence[str]) -> list[str]:
    """Desktops call a program with a file's name alone: a wish to open it, said in full."""
    place = 1 if given[:1] == [NEW_WINDOW] else 0
    if place < len(given) and is_file_to_open(given[place]):
        return [*given[:place], "--open", *given[place:]]
    return list(given)
