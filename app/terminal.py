"""Show progress on the terminal."""

import os
import time
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, Progress, TimeRemainingColumn


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
