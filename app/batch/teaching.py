"""Teach a style its network in a worker process of low priority. Without Qt.

The process ends by itself, and keeps what it has learned, when the one that started it has ended.
"""

import os
import signal
import sys
from collections.abc import Generator
from contextlib import closing, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from app.batch.photo_batch import SPAWN

if TYPE_CHECKING:
    from engine.training.run import TrainingProgress

PROCESS = "teaching"
"""Name of the process."""

STOP_SECONDS = 5.0
"""A process that does not end itself in this time is terminated; its last checkpoint is whole."""

SHARES = {"doodle by strokes": (0.0, 0.2), "step": (0.2, 0.97)}
"""Part of the whole work that each stage is, from and to; the rest is to judge the network."""

JUDGING_SECONDS = 15.0
"""Estimate of that rest."""


@dataclass(frozen=True)
class Lesson:
    """A style to teach: its folder, and the folder of the run, which is continued if it exists."""

    folder: Path
    run: Path
    threads: int = 1


@dataclass(frozen=True)
class Told:
    """How far a lesson is. `share`: of the whole, 0-1; `seconds_left`: None if unknown.

    `done`: the run is finished; `problem`: an error sentence, after which nothing follows.
    """

    share: float = 0.0
    seconds_left: float | None = None
    done: bool = False
    problem: str = ""


class TeachingProcess:
    """A worker process with one lesson."""

    def __init__(self, lesson: Lesson) -> None:
        self._connection, theirs = SPAWN.Pipe()
        self._process = SPAWN.Process(target=work, args=(theirs, lesson), name=PROCESS, daemon=True)
        self._process.start()
        theirs.close()

    def hear(self, seconds: float) -> Told | None:
        """Wait so long for a message and return it; None if there is none.

        A process that has died tells a problem.
        """
        try:
            return self._connection.recv() if self._connection.poll(seconds) else None
        except (EOFError, OSError):
            return Told(problem="The process that teaches has ended, perhaps out of memory.")

    def stop(self, keep: bool = True) -> None:
        """End the process. `keep`: let it write a checkpoint first."""
        with suppress(OSError):
            if keep:
                self._connection.send("stop")
                self._process.join(STOP_SECONDS)
        self._connection.close()
        self._process.terminate()
        self._process.join()


# -- in the worker process --------------------------------------------------------------------


def work(connection: Connection, lesson: Lesson) -> None:
    """Do a lesson and tell how far it is; stop when something is received."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is handled by the parent process
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    _give_way()
    try:
        with closing(_lesson(lesson, connection)) as lines:
            for told in lines:
                connection.send(told)
    except OSError:
        pass  # the parent process has ended; what was learned is kept
    finally:
        os._exit(0)  # without torch's cleanup, which a signal could interrupt


def _lesson(lesson: Lesson, connection: Connection) -> Generator[Told, None, None]:
    try:
        from engine.training import jobs, processes, teaching

        processes.use_threads(lesson.threads)
        config = teaching.strokes_config(lesson.folder, jobs.own_source(lesson.folder))
        steps = teaching.learn_from_strokes(lesson.folder, config, lesson.run, watched=True)
        with closing(steps):  # which keeps a checkpoint
            for done in steps:
                yield Told(*overall(done, config.doodles))
                if connection.poll():
                    return
    except Exception as error:  # reported by the parent process
        yield Told(problem=str(error) or type(error).__name__)
        return
    yield Told(1.0, 0.0, done=True)


def overall(done: "TrainingProgress", doodles: int) -> tuple[float, float | None]:
    """Return the share of the whole lesson, 0-1, and the seconds left if they can be estimated.

    `doodles`: number of all doodles that strokes paint.
    """
    first, last = SHARES[done.stage]
    share = first + (last - first) * done.share
    if done.stage == "step":
        return share, done.seconds_left + JUDGING_SECONDS
    left = done.steps - done.step
    if left < 1 or done.step < 3:
        return share, None
    whole = done.seconds_left / left * doodles / (last - first)
    return share, done.seconds_left + whole * (1 - last)


def _give_way() -> None:
    """Give this process the lowest priority, so that painting goes on as if it were alone."""
    if sys.platform == "win32":
        import ctypes

        kernel, idle = ctypes.windll.kernel32, 0x40
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), idle)
    else:
        os.nice(19)
