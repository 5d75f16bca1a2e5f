"""Teach a style its network in the background: in a process of its own, across restarts.

A run is a folder below `root`, named like its style. Besides what the engine keeps there it has a
note that says whether the user has paused it.
"""

import json
import logging
import queue
import shutil
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import platformdirs
from PySide6.QtCore import QLockFile, QObject, Signal

from app.services.engine_worker import sentence
from app.services.thread_priority import give_way
from resources.files import replacing

if TYPE_CHECKING:
    from app.batch.teaching import TeachingProcess, Told
    from engine.requests import StyleInfo

log = logging.getLogger("daub.teaching")

_Command = Callable[[], object] | None
"""What the thread does next; None ends it."""

NOTE = "teaching.json"
LOOK_SECONDS = 0.2
"""Seconds between two looks for a command of the user."""

PICTURES = ("by-strokes.png", "by-network.png")
"""Files of the pictures in a run; see `engine.training.teaching`."""


@dataclass(frozen=True)
class TeachingState:
    """How far a style has been taught. `share`: 0-1; `seconds_left`: None if unknown."""

    style_id: str
    share: float = 0.0
    seconds_left: float | None = None
    paused: bool = False


@dataclass(frozen=True, eq=False)
class TeachingPictures:
    """The starter doodle by strokes and by the network so far, h x w x 3 uint8 or None."""

    by_strokes: np.ndarray | None = None
    by_network: np.ndarray | None = None


def runs_folder() -> Path:
    """Return the folder of the runs."""
    return Path(platformdirs.user_data_dir("daub", appauthor=False)) / "teaching"


def can_be_taught(style: "StyleInfo") -> bool:
    """Return whether a style is the user's own and has strokes that paint doodles."""
    usable = style.own and style.problem is None and style.paints_doodles
    return usable and "strokes" in style.paints_by


class TeachingService(QObject):
    """Teaches one style at a time.

    `changed`: `state` has changed. `pictured` carries TeachingPictures; `learned` the id of a style
    whose run is finished, and the folder of the run; `problem` a sentence, after which teaching is
    paused. `root`: folder of the runs, None for the user's.
    """

    changed = Signal()
    pictured = Signal(object)
    learned = Signal(str, Path)
    problem = Signal(str)
    _told = Signal(int, object)
    _discarded = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.root: Path | None = None
        self.state: TeachingState | None = None
        self._folder = Path()
        self._commands: queue.Queue[_Command] = queue.Queue()
        self._unwanted = threading.Event()
        self._lock: QLockFile | None = None
        self._thread: threading.Thread | None = None
        self._number = 0
        self._left = False
        self._told.connect(self._on_told)
        self._discarded.connect(self._on_discarded)

    @property
    def busy(self) -> bool:
        """Whether a style is being taught, or paused."""
        return self.state is not None

    def teach(self, style: "StyleInfo") -> bool:
        """Teach a style, or go on with it; return False if another Daub teaches one.

        Also if the folder of the runs cannot be written.
        """
        if not self._take_lock():
            return False
        self._folder = style.folder
        self._set(TeachingState(style.id))
        self._begin()
        return True

    def search(self, styles: "Mapping[str, StyleInfo]") -> None:
        """Go on with what an earlier session has begun, paused as it was."""
        if self.state is not None or not self._root.is_dir() or not self._take_lock():
            return
        notes = [note for path in self._root.glob(f"*/{NOTE}") if (note := _read_note(path))]
        for state in notes:
            style = styles.get(state.style_id)
            if style is not None and can_be_taught(style):
                self._folder = style.folder
                self._set(state)
                self._post(partial(self._send_pictures, self._run_of(state)))
                if not state.paused:
                    self._begin()
                return
        self._release_lock()

    def pause(self, wanted: bool) -> None:
        """Stop the process, which keeps what it has learned, or go on."""
        if self.state is None or wanted == self.state.paused:
            return
        self._set(replace(self.state, paused=wanted, seconds_left=None))
        if wanted:
            self._number += 1
            self._note()
        else:
            self._begin()

    def renew(self, style_id: str) -> None:
        """Go on with a style that has changed."""
        if self.state is not None and self.state.style_id == style_id and not self.state.paused:
            self._begin()

    def forget(self) -> None:
        """Stop teaching and delete the run; the style keeps the network that it has."""
        if self.state is None:
            return
        run = self._run_of(self.state)
        self._number += 1
        self._unwanted.set()
        self._post(partial(self._discard, run))
        self._set(None)

    def leave(self) -> None:
        """Stop the process, which keeps what it has learned, and end the thread; `stop` waits."""
        if self.state is not None:
            self._note()
            self._number += 1
        if self._thread is not None:
            self._post(None)
        self._left = True

    def stop(self) -> None:
        """Wait for the end of the thread, after `leave`."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._release_lock()

    # -- on the UI thread ---------------------------------------------------------------------

    @property
    def _root(self) -> Path:
        return self.root or runs_folder()

    def _run_of(self, state: TeachingState) -> Path:
        return self._root / state.style_id

    def _set(self, state: TeachingState | None) -> None:
        self.state = state
        self.changed.emit()

    def _begin(self) -> None:
        """Start the process; one that is running ends first."""
        assert self.state is not None
        self._number += 1
        self._note()
        lesson = self._folder, self._run_of(self.state)
        self._post(partial(self._teach, self._number, *lesson))

    def _note(self) -> None:
        """Write down what the next session has to know."""
        assert self.state is not None
        self._post(partial(_write_note, self._run_of(self.state) / NOTE, self.state))

    def _post(self, command: _Command) -> None:
        if self._left:
            return
        self._commands.put(command)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="teaching")
            self._thread.start()

    def _on_told(self, number: int, told: "Told") -> None:
        if number != self._number or self.state is None:
            return
        if told.problem:
            self._set(replace(self.state, paused=True, seconds_left=None))
            self._note()
            self.problem.emit(told.problem)
            return
        self._set(replace(self.state, share=told.share, seconds_left=told.seconds_left))
        if told.done:
            self.learned.emit(self.state.style_id, self._run_of(self.state))

    def _on_discarded(self) -> None:
        """Let another Daub teach."""
        if self.state is None:
            self._release_lock()

    def _take_lock(self) -> bool:
        """Make sure that no other Daub teaches meanwhile; return whether that is so."""
        if self._lock is not None:
            return True
        with suppress(OSError):
            self._root.mkdir(parents=True, exist_ok=True)
        lock = QLockFile(str(self._root / "teaching.lock"))
        lock.setStaleLockTime(0)  # not stale while its process runs, even for days
        if lock.tryLock(0):
            self._lock = lock
        return self._lock is not None

    def _release_lock(self) -> None:
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    # -- on the thread ------------------------------------------------------------------------

    def _work(self) -> None:
        give_way()  # the process inherits the priority
        while (command := self._commands.get()) is not None:
            try:
                command()
            except OSError as error:
                log.warning("%s", error)

    def _teach(self, number: int, folder: Path, run: Path) -> None:
        """Run a process until it is done or a command comes."""
        from app.batch.teaching import Lesson, TeachingProcess, Told

        try:
            process = TeachingProcess(Lesson(folder, run))
        except Exception as error:
            self._told.emit(number, Told(problem=sentence(error)))
            return
        try:
            self._supervise(process, number, run)
        finally:
            process.stop(keep=not self._unwanted.is_set())

    def _supervise(self, process: "TeachingProcess", number: int, run: Path) -> None:
        """Pass on what a process tells until it is done or a command comes."""
        shown = None
        while self._commands.empty():
            told = process.hear(LOOK_SECONDS)
            if (seen := _seen(run)) != shown:
                shown = seen
                self._send_pictures(run)
            if told is not None:
                self._told.emit(number, told)
                if told.done or told.problem:
                    return

    def _send_pictures(self, run: Path) -> None:
        self.pictured.emit(TeachingPictures(*(_picture(run / name) for name in PICTURES)))

    def _discard(self, run: Path) -> None:
        self._unwanted.clear()
        shutil.rmtree(run, ignore_errors=True)
        self._discarded.emit()


def _seen(run: Path) -> tuple[int, ...]:
    """Return what differs once a picture of a run is painted anew."""
    paths = (run / name for name in PICTURES)
    return tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in paths)


def _picture(path: Path) -> np.ndarray | None:
    from engine.errors import EngineError
    from engine.image import open_image  # imports Pillow, not needed by the window

    try:
        return open_image(path)
    except (EngineError, OSError):
        return None


def _write_note(path: Path, state: TeachingState) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    said = {"share": state.share, "paused": state.paused}
    with replacing(path) as file:
        file.write(json.dumps(said).encode())


def _read_note(path: Path) -> TeachingState | None:
    """Return the state that a note describes; None if it is damaged."""
    try:
        said = json.loads(path.read_text("utf-8"))
        share = min(1.0, max(0.0, float(said["share"])))
        return TeachingState(path.parent.name, share, paused=bool(said["paused"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
