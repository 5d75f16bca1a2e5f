"""Many photos painted by processes: one that dies takes no other with it. Knows no Qt.

The processes load torch; whoever starts them need not.
"""

import hashlib
import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError
from engine.requests import PhotoLook
from resources.reading import Reading

if TYPE_CHECKING:
    from engine.studio import Provenance, Studio

LOOK_EVERY = 0.2
"""Seconds between two looks whether all is still wanted."""

SPAWN = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork


@dataclass(frozen=True)
class Task:
    """A photo and the file to paint it into; ``mask``: the file of a doodle that lies over it."""

    source: Path
    target: Path
    mask: Path | None = None


@dataclass(frozen=True)
class Wish:
    """How all of them are painted. ``notes``: the camera's are kept, ``place``: and where it was.

    ``threads``: of each process; ``weights``: of the photo network, None for those that ship.
    """

    look: PhotoLook
    maker: str
    quality: int = 92
    notes: bool = False
    place: bool = False
    threads: int = 1
    weights: Path | None = None
    labels: Reading | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a task: ``problem`` is a sentence, empty when it was painted."""

    task: Task
    problem: str = ""
    seconds: float = 0.0


def fingerprint(path: Path) -> str:
    """Twelve letters by which a painting's file knows what it was made with. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def settings_of(task: Task, wish: Wish) -> str:
    """The fingerprint of all but the photo that decides about a painting. Raises OSError."""
    files = [fingerprint(path) for path in (task.mask, wish.weights) if path is not None]
    facts = wish.look, wish.quality, wish.notes, wish.place, wish.labels, task.mask is None, files
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]


def cores() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def paint_all(
    tasks: Sequence[Task], wish: Wish, workers: int, unwanted: Callable[[], bool] = lambda: False
) -> Generator[Outcome, None, None]:
    """Paint them in as many processes; in the order in which they are done.

    ``close()``, or from another thread what ``unwanted`` asks for, stops at once and leaves no half
    files. Raises EngineError when none can begin, for
    a style that is not known for example.
    """
    waiting = deque(tasks)
    hands = [Hand(wish) for _ in range(min(workers, len(tasks)))]
    try:
        while not unwanted():
            busy = [hand for hand in hands if hand.task is not None or waiting or hand.starting]
            if not busy:
                return
            for hand in busy:
                hand.give(waiting)
            for hand in Hand.heard(busy):
                outcome = hand.hear()
                if outcome is not None:
                    yield outcome
    finally:
        for hand in hands:
            hand.stop()


class Hand:
    """One process and what it is painting. A process that died is replaced by another."""

    def __init__(self, wish: Wish) -> None:
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
    def heard(hands: "Sequence[Hand]") -> "list[Hand]":
        """Wait a moment for those that say something, or have died."""
        by_voice: dict[Any, Hand] = {hand._connection: hand for hand in hands}
        return [by_voice[voice] for voice in wait(list(by_voice), LOOK_EVERY)]

    def give(self, waiting: deque[Task]) -> None:
        """Something to paint, if this one is ready and there is any."""
        if not self.starting and self.task is None and waiting:
            self.task = waiting.popleft()
            try:
                self._connection.send(self.task)
            except OSError:
                return  # it has just died, which is heard next

    def hear(self) -> Outcome | None:
        """What it has to say, if that is about a task. Raises EngineError if it cannot begin."""
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

    def _died(self) -> Outcome:
        self.stop()
        task, self.task = self.task, None
        if task is None:
            raise EngineError("A process that paints photos could not be started.")
        self._start()
        return Outcome(
            task,
            f"{task.source} could not be painted: its process died, perhaps for want of memory.",
        )

    def stop(self) -> None:
        """End the process; what it was writing goes."""
        self._connection.close()
        self._process.terminate()
        self._process.join()
        if self.task is not None:  # where a process is ended before it can clean up
            for part in self.task.target.parent.glob(f".daub-{self._process.pid}-*.part"):
                part.unlink(missing_ok=True)


# -- in the other process ---------------------------------------------------------------------


def work(connection: Connection, wish: Wish) -> None:
    """Say that all is ready, or what is not; then paint what is sent until nobody sends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started this
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        _serve(connection, wish)
    finally:
        os._exit(0)  # at once: what torch tidies up on its way out must not meet the signal


def _serve(connection: Connection, wish: Wish) -> None:
    try:
        studio, made = begin(wish)
    except Exception as error:  # told over there: here nobody listens
        connection.send(str(error) or type(error).__name__)
        return
    connection.send("")
    while True:
        try:
            task: Task = connection.recv()
        except (EOFError, OSError):
            return
        connection.send(paint(studio, task, wish, made))


def begin(wish: Wish) -> "tuple[Studio, Provenance]":
    """A studio, and what the files will say. Raises EngineError for styles that cannot be used."""
    from engine.studio import Provenance, Studio

    studio = Studio(stylizer=wish.weights)
    studio.configure("auto", "auto", wish.threads)
    known, look = studio.photo_styles(), wish.look
    for style in (look.style, look.second):
        if style is not None and style not in known:
            raise EngineError(f"Photos cannot be painted in {style}, only in {', '.join(known)}.")
    info = next((info for info in studio.styles() if info.id == look.style), None)
    title, credit = (info.title, info.credit) if info is not None else ("", "")
    return studio, Provenance(wish.maker, look.style, look.seed, title, credit, look=look)


def paint(studio: "Studio", task: Task, wish: Wish, made: "Provenance") -> Outcome:
    """One photo; whatever goes wrong with it is told."""
    from engine.studio import OverPhoto, PhotoExport, read_mask, read_photo

    began, labels = time.perf_counter(), None
    try:
        photo = read_photo(task.source)
        if task.mask is not None:
            labels = OverPhoto(
                read_mask(task.mask, task.source, photo.pixels.shape[:2], wish.labels)
            )
        camera = photo.camera(wish.place) if wish.notes else b""
        made = replace(made, photo=fingerprint(task.source), settings=settings_of(task, wish))
        task.target.parent.mkdir(parents=True, exist_ok=True)
        request = PhotoExport(
            task.target, photo, wish.look, quality=wish.quality, provenance=made, camera=camera,
            labels=labels,
        )  # fmt: skip
        for _ in studio.export_photo(request):
            pass
    except EngineError as error:
        return Outcome(task, str(error))
    except MemoryError:
        return Outcome(task, f"{task.source} cannot be painted: there is not enough memory.")
    except OSError as error:
        return Outcome(task, f"{task.target} cannot be written: {error.strerror or error}.")
    except Exception as error:  # one photo must not stop thousands
        return Outcome(task, f"{task.source} cannot be painted: {error or type(error).__name__}.")
    return Outcome(task, seconds=time.perf_counter() - began)
