"""Paint many photos in worker processes, so that a crash affects only one photo. Without Qt.

The worker processes load torch; the process that starts them does not need to.
"""

import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.batch.photo_tasks import BatchOptions, Outcome, Task
from app.batch.resume import fingerprint, settings_of
from engine.errors import EngineError
from resources.files import remove_parts

if TYPE_CHECKING:
    from engine.studio import Provenance, Studio

LOOK_EVERY = 0.2
"""Seconds between two checks whether to stop."""

SPAWN = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork


def cores() -> int:
    """Return the number of CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def paint_all(
    tasks: Sequence[Task],
    wish: BatchOptions,
    workers: int,
    unwanted: Callable[[], bool] = lambda: False,
    paused: Callable[[], bool] = lambda: False,
) -> Generator[Outcome, None, None]:
    """Paint the tasks in ``workers`` processes and yield outcomes in the order of completion.

    ``close()``, or a true result of ``unwanted``, stops at once and leaves no incomplete files.
    While ``paused`` is true no photo is begun; those that are being painted are completed.
    Raises EngineError when a process cannot begin, for example because of an unknown style.
    """
    waiting = deque(tasks)
    processes = [WorkerProcess(wish) for _ in range(min(workers, len(tasks)))]
    try:
        while not unwanted():
            busy = [one for one in processes if one.task is not None or waiting or one.starting]
            if not busy:
                return
            for process in () if paused() else busy:
                process.give(waiting)
            for process in WorkerProcess.heard(busy):
                outcome = process.hear()
                if outcome is not None:
                    yield outcome
    finally:
        for process in processes:
            process.stop()


class WorkerProcess:
    """A worker process and its current task. A process that died is replaced by a new one."""

    def __init__(self, wish: BatchOptions) -> None:
        self._wish = wish
        self.task: Task | None = None
        self._start()

    def _start(self) -> None:
        self._connection, theirs = SPAWN.Pipe()
        self._process = SPAWN.Process(target=work, args=(theirs, self._wish), daemon=True)
        self._process.start()
        theirs.close()
        self.starting = True

    @staticmethod
    def heard(processes: "Sequence[WorkerProcess]") -> "list[WorkerProcess]":
        """Wait up to LOOK_EVERY seconds; return the processes with a message or that died."""
        by_connection: dict[Any, WorkerProcess] = {
            process._connection: process for process in processes
        }
        return [by_connection[ready] for ready in wait(list(by_connection), LOOK_EVERY)]

    def give(self, waiting: deque[Task]) -> None:
        """Send the next waiting task, if the process is idle."""
        if not self.starting and self.task is None and waiting:
            self.task = waiting.popleft()
            try:
                self._connection.send(self.task)
            except OSError:
                return  # the process has died, which `hear` handles

    def hear(self) -> Outcome | None:
        """Receive a message; return the outcome of a task, or None when the process is ready.

        Raises EngineError if the process cannot begin.
        """
        try:
            said = self._connection.recv()
        except (EOFError, OSError):
            return self._died()
        if isinstance(said, Outcome):
            self.task = None
            return said
        if said:
            raise EngineError(said)
        self.starting = False
        return None

    def _died(self) -> Outcome | None:
        self.stop()
        task, self.task = self.task, None
        if task is None and self.starting:
            raise EngineError("A worker process for photos could not be started.")
        self._start()
        if task is None:  # it was killed while it waited, as during a pause
            return None
        return Outcome(
            task,
            f"{task.source} could not be painted: its process ended, perhaps out of memory.",
        )

    def stop(self) -> None:
        """End the process and delete its incomplete file."""
        self._connection.close()
        self._process.terminate()
        self._process.join()
        if self.task is not None:  # the process may have ended before it could clean up
            remove_parts(self.task.target.parent, self._process.pid or 0)


# -- in the worker process --------------------------------------------------------------------


def work(connection: Connection, wish: BatchOptions) -> None:
    """Send "" when ready or else an error sentence; then do tasks until the connection closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is handled by the parent process
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        _serve(connection, wish)
    finally:
        os._exit(0)  # without torch's cleanup, which the signal could interrupt


def _serve(connection: Connection, wish: BatchOptions) -> None:
    import cv2

    try:
        cv2.setNumThreads(wish.threads)  # by default it uses all cores, in every process
        studio, made = begin(wish)
    except Exception as error:  # reported by the parent process
        connection.send(str(error) or type(error).__name__)
        return
    connection.send("")
    while True:
        try:
            task: Task = connection.recv()
        except (EOFError, OSError):
            return
        connection.send(paint(studio, task, wish, made))


def begin(wish: BatchOptions) -> "tuple[Studio, Provenance]":
    """Return a studio and the files' metadata. Raises EngineError for unusable styles."""
    from engine.studio import Provenance, Studio

    studio = Studio(stylizer=wish.weights)
    studio.configure("auto", "auto", wish.threads)
    look = wish.look
    known = studio.photo_styles(look.by)
    used = (look.style if not look.like else None, look.second)
    for style in used:
        if style is not None and style not in known:
            raise EngineError(f"Photos cannot be painted in {style}, only in {', '.join(known)}.")
    if look.like:
        made = Provenance(wish.maker, "", look.seed, Path(look.like).name, look=look)
        return studio, made
    info = next((info for info in studio.styles() if info.id == look.style), None)
    title, credit = (info.title, info.credit) if info is not None else ("", "")
    return studio, Provenance(wish.maker, look.style, look.seed, title, credit, look=look)


def paint(studio: "Studio", task: Task, wish: BatchOptions, made: "Provenance") -> Outcome:
    """Paint one photo; every error becomes the outcome's problem."""
    from engine.studio import OverPhoto, PhotoExport, read_mask, read_photo

    began, labels = time.perf_counter(), None
    try:
        photo = read_photo(task.source, deep=_may_be_deep(task.target, wish))
        if task.mask is not None:
            labels = OverPhoto(
                read_mask(task.mask, task.source, photo.pixels.shape[:2], wish.labels)
            )
        camera = photo.camera(wish.place) if wish.notes else b""
        made = replace(made, photo=fingerprint(task.source), settings=settings_of(task, wish))
        task.target.parent.mkdir(parents=True, exist_ok=True)
        request = PhotoExport(
            task.target, photo, wish.look, quality=wish.quality, provenance=made, camera=camera,
            labels=labels, bits=wish.bits or (8 if photo.deep is None else 16),
        )  # fmt: skip
        for _ in studio.export_photo(request):
            pass
    except EngineError as error:
        return Outcome(task, str(error))
    except MemoryError:
        return Outcome(task, f"{task.source} cannot be painted: there is not enough memory.")
    except OSError as error:
        return Outcome(task, f"{task.target} cannot be written: {error.strerror or error}.")
    except Exception as error:  # one photo must not stop the others
        return Outcome(task, f"{task.source} cannot be painted: {error or type(error).__name__}.")
    return Outcome(task, seconds=time.perf_counter() - began)


def _may_be_deep(target: Path, wish: BatchOptions) -> bool:
    """Return whether a painting may have 16 bits per channel."""
    from engine.formats import find_format

    return wish.bits != 8 and 16 in find_format(target).depths
