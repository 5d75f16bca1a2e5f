"""Print to the terminal safely and show progress there."""

import io
import os
import sys
import time
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TimeRemainingColumn


def never_fail_at_output() -> None:
    """Make output errors harmless, so that they do not stop the work.

    Characters that the terminal's encoding lacks are escaped. Output to a closed pipe or a full
    disk is dropped, the latter with one line on stderr.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
            setattr(sys, name, _Tolerant(stream))


class _Tolerant(io.TextIOBase):
    """A text stream that drops its output after a write error."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError as error:
            self._give_up(error)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self._give_up(error)

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Encoding of the wrapped stream, which rich reads."""
        return self._stream.encoding

    def _give_up(self, error: OSError) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())  # so that buffered output is dropped, too
        os.close(nowhere)
        if not isinstance(error, BrokenPipeError):
            sys.stderr.write(f"daub: output cannot be written: {error.strerror or error}.\n")


def progress_bar() -> Progress:
    """Return a bar with a text and the remaining time, on stderr; hidden without a terminal."""
    console = Console(stderr=True)
    columns = "{task.description}", BarColumn(), TimeRemainingColumn()
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def show_progress(progress: Iterator[tuple[float, str]]) -> bool:
    """Show shares done (0-1) and texts in a bar, or without a terminal as one line per minute.

    Return whether there was any progress. Under torchrun only the first process prints.
    """
    console = Console(stderr=True, quiet=os.environ.get("RANK", "0") != "0")
    if not console.is_terminal:
        return _log_progress(progress, console)
    with Progress("{task.description}", BarColumn(), console=console, transient=True) as bar:
        task = bar.add_task("starting", total=1.0)
        for share, text in progress:
            bar.update(task, completed=share, description=text)
        return bar.tasks[task].completed > 0


def _log_progress(progress: Iterator[tuple[float, str]], console: Console) -> bool:
    due = 0.0
    for _, text in progress:
        if time.monotonic() >= due:
            console.print(text)
            due = time.monotonic() + 60
    return due > 0
