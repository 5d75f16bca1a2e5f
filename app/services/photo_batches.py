"""Paint many photos in a separate process, in the background."""

import os
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.platform.time_left import time_left
from app.platform.translation import tr
from app.services.engine_worker import sentence
from app.services.export import MAKER
from app.services.thread_priority import give_way
from engine.requests import PhotoLook

if TYPE_CHECKING:  # imports typer, which the window does not need
    from app.batch.photo_tasks import BatchOptions, Task


@dataclass(frozen=True)
class BatchJob:
    """A request to paint photos into a folder.

    `given`: the photos and folders that the user chose; the names of the paintings depend on them.
    `photos`: the photos to paint, each in `given` or below one of its folders. `folder`: the output
    folder. `quality`: of JPEG and WebP, 1-100.
    """

    given: Sequence[Path]
    photos: Sequence[Path]
    folder: Path
    look: PhotoLook
    quality: int


@dataclass(frozen=True)
class BatchEnd:
    """The result of a job.

    `done`: number of paintings that exist; `problems`: an error sentence for each photo without
    one; `stopped`: the user stopped the job; `refusal`: why nothing could be painted, or "".
    """

    job: BatchJob
    done: int = 0
    problems: tuple[str, ...] = ()
    stopped: bool = False
    refusal: str = ""


class PhotoBatchService(QObject):
    """Runs one job at a time.

    `progressed` carries the share done (0-1) and the count and remaining time in words; `ended` a
    BatchEnd.
    """

    progressed = Signal(float, str)
    ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._unwanted = threading.Event()
        self._thread: threading.Thread | None = None
        self.ended.connect(self._join)

    @property
    def busy(self) -> bool:
        """Whether a job is running; it may still run for a moment after `stop`."""
        return self._thread is not None

    @property
    def wanted(self) -> bool:
        """Whether a job is running and was not stopped."""
        return self.busy and not self._unwanted.is_set()

    def begin(self, job: BatchJob) -> None:
        """Start a job, when none is running; emits `ended` at the end."""
        self._unwanted.clear()
        self._thread = threading.Thread(target=self._run, args=(job,), name="photos")
        self._thread.start()

    def stop(self) -> None:
        """Stop the job; no incomplete file remains."""
        self._unwanted.set()

    def wait(self) -> None:
        """Stop the job and block until it has ended."""
        self.stop()
        self._join()

    def _join(self) -> None:
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self, job: BatchJob) -> None:
        give_way()  # the child process inherits the priority
        try:
            end = self._paint(job)
        except Exception as error:
            end = BatchEnd(job, refusal=sentence(error))
        self.ended.emit(end)

    def _paint(self, job: BatchJob) -> BatchEnd:
        from app.batch import photo_batch
        from app.batch.photo_tasks import BatchOptions

        options = BatchOptions(job.look, MAKER, job.quality, threads=photo_batch.cores())
        free, done, problems = self._plan(job, options)
        began = time.monotonic()
        self._tell(0, len(free), began)
        painting = photo_batch.paint_all(free, options, 1, self._unwanted.is_set)
        with closing(painting) as outcomes:
            for count, outcome in enumerate(outcomes, 1):
                problems += [outcome.problem] if outcome.problem else []
                done += not outcome.problem
                self._tell(count, len(free), began)
        return BatchEnd(job, done, (*problems,), self._unwanted.is_set())

    def _plan(self, job: BatchJob, options: "BatchOptions") -> tuple[list["Task"], int, list[str]]:
        """Return the tasks to do, the number of paintings that already exist, and the problems.

        Existing files are never replaced, not even an older painting of the same photo.
        """
        from app.batch.photo_tasks import find_tasks
        from app.batch.resume import Standing, standing

        problems = [
            tr("{path} does not exist.", path=path) for path in job.photos if not path.exists()
        ]
        given = [path for path in job.given if path.exists()]
        photos, free, done = set(job.photos), list["Task"](), 0
        for task in find_tasks(given, job.folder, ""):
            if task.source not in photos or self._unwanted.is_set():
                continue
            if not os.path.lexists(task.target):
                free.append(task)
            elif standing(task, options) is Standing.DONE:
                done += 1
            else:
                problems.append(
                    tr(
                        "{name} was not painted because {target} already exists.",
                        target=task.target,
                        name=task.source.name,
                    )
                )
        return free, done, problems

    def _tell(self, count: int, of: int, began: float) -> None:
        share = count / max(1, of)
        left = time_left(time.monotonic() - began, share)
        words = tr("{count} of {all}, {left}", count=count, all=of, left=left)
        self.progressed.emit(share, words)
