"""Paint many photos in a separate process, in the background."""

import os
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.platform.time_left import time_left
from app.platform.translation import tr
from app.services.engine_worker import sentence
from app.services.export import MAKER
from app.services.pausable_jobs import PausableJobs
from app.services.thread_priority import give_way
from engine.requests import PhotoLook

if TYPE_CHECKING:  # imports typer, which the window does not need
    from app.batch.photo_tasks import BatchOptions, Task


THUMBNAIL = 224
"""Longer side of thumbnails in pixels: sharp on screens with two pixels per point."""


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


@dataclass(frozen=True, eq=False)
class BatchPhoto:
    """What happened to a photo: `picture` is a thumbnail, h x w x 3 uint8, None if unknown.

    `painted`: whether the thumbnail shows the painting and not the photo; `problem`: why the photo
    was not painted, or "".
    """

    source: Path
    picture: np.ndarray | None = None
    painted: bool = False
    problem: str = ""


class PhotoBatchService(PausableJobs):
    """Runs one job at a time.

    `progressed` carries the share done (0-1) and the count and remaining time in words; `seen` a
    BatchPhoto; `ended` a BatchEnd. Each job has a number, `run`, from 1; `seen` carries it, too.
    """

    progressed = Signal(float, str)
    seen = Signal(int, object)
    _advanced = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.run = 0
        self._over = threading.Event()
        self._count = self._all = 0
        self._advanced.connect(self.tell)

    def begin(self, job: BatchJob) -> None:
        """Start a job, when none is running; emits `ended` at the end."""
        self._over = threading.Event()  # the thumbnails of the job before may keep theirs
        self.run += 1
        self._count, self._all = 0, len(job.photos)
        look = job, self.run, self._over
        self._looking = threading.Thread(target=self._look, args=look, name="thumbnails")
        self._start(partial(self._run, job), "photos")
        self._looking.start()

    def stop(self) -> None:
        """Stop the job; no incomplete file remains."""
        super().stop()
        self._over.set()

    def _run(self, job: BatchJob) -> None:
        give_way()  # the child process inherits the priority
        try:
            end = self._paint(job)
        except Exception as error:
            end = BatchEnd(job, refusal=sentence(error))
        self._over.set()
        self.ended.emit(end)

    def _paint(self, job: BatchJob) -> BatchEnd:
        from app.batch import photo_batch
        from app.batch.photo_tasks import BatchOptions

        options = BatchOptions(job.look, MAKER, job.quality, threads=photo_batch.cores())
        free, done, problems = self._plan(job, options)
        for path, problem in problems.items():
            self.seen.emit(self.run, BatchPhoto(path, problem=problem))
        for task in done:
            self._show_painted(task)
        self._all, painted = len(free), len(done)
        self._advanced.emit()
        painting = photo_batch.paint_all(
            free, options, 1, self._unwanted.is_set, self._paused.is_set
        )
        with closing(painting) as outcomes:
            for outcome in outcomes:
                source = outcome.task.source
                if outcome.problem:
                    problems[source] = outcome.problem
                    self.seen.emit(self.run, BatchPhoto(source, problem=outcome.problem))
                else:
                    painted += 1
                    self._show_painted(outcome.task)
                self._count += 1
                self._advanced.emit()
        return BatchEnd(job, painted, (*problems.values(),), self._unwanted.is_set())

    def _show_painted(self, task: "Task") -> None:
        picture = _thumbnail(task.target)
        self.seen.emit(self.run, BatchPhoto(task.source, picture, painted=True))

    def _look(self, job: BatchJob, run: int, over: threading.Event) -> None:
        """Send thumbnails of the photos, until the job is over."""
        give_way()
        for path in job.photos:
            if over.is_set():
                return
            picture = _thumbnail(path)
            if picture is not None:
                self.seen.emit(run, BatchPhoto(path, picture))

    def _plan(
        self, job: BatchJob, options: "BatchOptions"
    ) -> tuple[list["Task"], list["Task"], dict[Path, str]]:
        """Return the tasks to do, those whose paintings already exist, and problems by photo.

        Existing files are never replaced, not even an older painting of the same photo.
        """
        from app.batch.photo_tasks import find_tasks
        from app.batch.resume import Standing, standing

        problems = {
            path: tr("{path} does not exist.", path=path)
            for path in job.photos
            if not path.exists()
        }
        given = [path for path in job.given if path.exists()]
        photos, free, done = set(job.photos), list["Task"](), list["Task"]()
        for task in find_tasks(given, job.folder, ""):
            if task.source not in photos or self._unwanted.is_set():
                continue
            if not os.path.lexists(task.target):
                free.append(task)
            elif standing(task, options) is Standing.DONE:
                done.append(task)
            else:
                problems[task.source] = tr(
                    "{name} was not painted because {target} already exists.",
                    target=task.target, name=task.source.name,
                )  # fmt: skip
        return free, done, problems

    def tell(self) -> None:
        """Emit the progress; on the UI thread, so that it never says less than `pause` did."""
        count, of = self._count, self._all
        share = count / max(1, of)
        left = tr("paused") if self.paused else time_left(self._clock.seconds, share)
        words = tr("{count} of {all}, {left}", count=count, all=of, left=left)
        self.progressed.emit(share, words)


def _thumbnail(path: Path) -> np.ndarray | None:
    """Return a picture with THUMBNAIL pixels on its longer side, h x w x 3 uint8, if readable."""
    from engine.picture_files import open_foreign  # imports Pillow, not needed by the window

    try:
        return open_foreign(path, THUMBNAIL)
    except Exception:  # a photo that cannot be read is reported when it is painted
        return None
