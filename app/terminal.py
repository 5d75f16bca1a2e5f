"""What commands share: paths to write to, and progress on the terminal."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TimeRemainingColumn

from engine.errors import EngineError


def check_output(path: Path) -> None:
    """Refuse what cannot be written before time is spent on painting it."""
    from engine.formats import find_format  # numpy and Pillow, which --help can do without

    find_format(path)
    if path.is_dir():
        raise EngineError(f"{path} cannot be written: it is a folder.")
    if not path.absolute().parent.is_dir():
        raise EngineError(f"{path} cannot be written: there is no folder {path.parent}.")


def check_png(path: Path) -> None:
    """``check_output`` for what is always a PNG."""
    if path.suffix.lower() != ".png":
        raise EngineError(f"{path} cannot be written: it is a PNG file, so end it in .png.")
    check_output(path)


def progress_bar() -> Progress:
    """A bar with a text and the time left, on stderr; hidden where that is no terminal."""
    console = Console(stderr=True)
    columns = "{task.description}", BarColumn(), TimeRemainingColumn()
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def show_progress(progress: Iterator[tuple[float, str]]) -> bool:
    """Shares 0-1 and texts as a bar on a terminal, else as a line a minute; whether any came.

    Under torchrun only the first process talks.
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
