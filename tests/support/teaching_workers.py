"""Processes that teach in seconds; a file of its own, for they import it."""

import multiprocessing
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from app.batch import teaching as real
from app.batch.teaching import Lesson, Told

COUNT = "count"
"""File in a run that says how often `pretending` has told something."""


def teachers() -> list[BaseProcess]:
    """Return the processes that teach; others compile kernels."""
    return [one for one in multiprocessing.active_children() if one.name == real.PROCESS]


def small(steps: int) -> None:
    """Make lessons of few, small doodles in this process."""
    from engine.packs import region_strokes
    from engine.training import from_strokes, stroke_pairs, teaching

    real._give_way = lambda: None  # other tests would get all of the processor
    stroke_pairs.CANVAS, stroke_pairs.SIDE = 128, 64
    region_strokes.CANVAS, region_strokes.DOODLES = 96, 1
    teaching.DOODLE_SIDE = 96
    from_strokes.SHOW_MINUTES = 0.01
    teaching.strokes_config = partial(
        teaching.strokes_config, doodles=2, steps=steps, crop=64, batch=1
    )


def brief(connection: Connection, lesson: Lesson) -> None:
    """One that is soon done."""
    small(6)
    real.work(connection, lesson)


def endless(connection: Connection, lesson: Lesson) -> None:
    """One that is never done."""
    small(10**6)
    real.work(connection, lesson)


def pretending(connection: Connection, lesson: Lesson) -> None:
    """One without an engine that is never done, and goes on where it was stopped."""
    while not connection.poll(0.02):
        told = counted(lesson.run) + 1
        part = lesson.run / f"{COUNT}.part"
        part.write_text(str(told))
        part.replace(lesson.run / COUNT)  # the test reads it meanwhile
        connection.send(Told(0.5, 60.0))


def counted(run: Path) -> int:
    """Return how often a process has told something in a run."""
    path = run / COUNT
    return int(path.read_text()) if path.exists() else 0
