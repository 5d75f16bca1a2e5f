"""``daub``: start the application, or with a sub-command the command line.

To open only the window, the command line's libraries are not imported: they would take a fifth of
the start time.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from app.platform.arguments import is_file_to_open
from app.window import launch

QUIETLY = "--until-painted"


def main() -> None:
    """Entry point of the ``daub`` script."""
    if getattr(sys, "frozen", False):  # in a bundle, worker processes start here, too
        import multiprocessing

        multiprocessing.freeze_support()
    given = sys.argv[1:]
    until_painted, paintings = QUIETLY in given, [one for one in given if one != QUIETLY]
    if launch.has_display() and _are_paintings(paintings):
        painting = Path(paintings[0]) if paintings else None
        sys.exit(launch.open_window(painting, until_painted))
    from app import start

    sys.exit(start.run())


def _are_paintings(given: Sequence[str]) -> bool:
    """Return whether there are no arguments or one file name, as desktops start a program."""
    return not given or (len(given) == 1 and is_file_to_open(given[0]))


if __name__ == "__main__":
    main()
