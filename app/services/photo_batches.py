"""Many photos painted by another process, while the window goes on."""

import os
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.platform.translation import tr
from app.services.engine_worker import sentence
from app.services.export import MAKER
from app.services.refine import time_left
from app.services.thread_priority import give_way
from engine.requests import PhotoLook

if TYPE_CHECKING:  # with typer, which the window does not need
    from app.batch.photo_batch import Task, Wish


@dataclass(frozen=True)
class BatchJob:
    """Photos to paint into a folder.

    `given`: what they were given as, themselves or folders, which decides what the paintings are
    called; `photos`: those of them that are wanted.
    """

    given: Sequence[Path]
    photos: Sequence[Path]
    folder: Path
    look: PhotoLook
    quality: int


@dataclass(frozen=True)
class BatchEnd:
    """What became of a job: how many paintings are there, and a sentence for every photo without.

    `refusal`: why nothing was painted at all.
    """

    job: BatchJob
    done: int = 0
    problems: tuple[str, ...] = ()
    stopped: bool = False
    refusal: str = ""


class PhotoBatchService(QObject):
    """One job at a time. `progressed`: share done and, in words, how many and the time left;
    `ended` carries a BatchEnd.
    """

    progressed = Signal(float, str)
    ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._unwanted = threading.Event()
        self._thread: threading.Thread | None = None
        self.ended.connect(self._let_go)

    @property
    def busy(self) -> bool:
        """Photos are being painted; after `stop` that ends in a moment."""
        return self._thread is not None

    @property
    def wanted(self) -> bool:
        """Photos are being painted and nobody has stopped it."""
        return self.busy and not self._unwanted.is_set()

    def begin(self, job: BatchJob) -> None:
        """Start, when nothing is under way; `ended` follows."""
        self._unwanted.clear()
        self._thread = threading.Thread(target=self._run, args=(job,), name="photos")
        self._thread.start()

    def stop(self) -> None:
        """Leave what is not painted yet; no half file remains."""
        self._unwanted.set()

    def wait(self) -> None:
        """Stop, and return when nothing is under way."""
        self.stop()
        self._let_go()

    def _let_go(self) -> None:
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self, job: BatchJob) -> None:
        give_way()  # the process inherits it
        try:
            end = self._paint(job)
        except Exception as error:
            end = BatchEnd(job, refusal=sentence(error))
        self.ended.emit(end)

    def _paint(self, job: BatchJob) -> BatchEnd:
        from app.batch import photo_batch

        wish = photo_batch.Wish(job.look, MAKER, job.quality, threads=photo_batch.cores())
        free, done, problems = self._plan(job, wish)
        began = time.monotonic()
        self._tell(0, len(free), began)
        painting = photo_batch.paint_all(free, wish, 1, self._unwanted.is_set)
        with closing(painting) as outcomes:
            for count, outcome in enumerate(outcomes, 1):
                problems += [outcome.problem] if outcome.problem else []
                done += not outcome.problem
                self._tell(count, len(free), began)
        return BatchEnd(job, done, (*problems,), self._unwanted.is_set())

    def _plan(self, job: BatchJob, wish: "Wish") -> tuple[list["Task"], int, list[str]]:
        """What is to be painted, how many paintings are there, and what cannot be.

        Nothing is replaced, not even an older painting of the same photo.
        """
        from app.batch.photo_tasks import Standing, find_tasks, standing

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
            elif standing(task, wish) is Standing.DONE:
                done += 1
            else:
                problems.append(
                    tr(
                        "{target} is there already, so {name} was not painted.",
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
