"""Paint a clip into a file, in a separate process in the background."""

import hashlib
import json
import logging
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
from PySide6.QtCore import QObject, Signal

from app.document.clip_options import ClipOptions, RenderJob
from app.platform.time_left import WorkClock, time_left
from app.platform.translation import tr
from app.services.clip_preview import video_look
from app.services.engine_worker import EngineSettings, sentence
from app.services.pausable_jobs import PausableJobs
from app.services.thread_priority import give_way
from resources.files import replacing

if TYPE_CHECKING:
    from engine.video.run import VideoRequest, VideoStep

log = logging.getLogger("daub.clips")


def renders_folder() -> Path:
    """Return the folder that says which renderings are not finished."""
    return Path(platformdirs.user_data_dir("daub", appauthor=False)) / "renderings"


class RenderStore:
    """Remembers begun renderings in `root`, one file for each target."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def keep(self, job: RenderJob) -> None:
        """Remember a rendering until `forget`. Raises OSError."""
        self.root.mkdir(parents=True, exist_ok=True)
        with replacing(self._place(job.target)) as file:
            file.write(json.dumps(_packed(replace(job, again=False))).encode())

    def forget(self, target: Path) -> None:
        """Forget a rendering, because it is finished or not wanted any more."""
        with suppress(OSError):
            self._place(target).unlink(missing_ok=True)

    def unfinished(self) -> list[RenderJob]:
        """Return the renderings that can go on and that no process works on, the newest first."""
        from engine.video.progress import is_claimed
        from engine.video.run import is_begun

        found = list[tuple[float, RenderJob]]()
        for place in self.root.glob("*.json"):
            try:
                job, time = _unpacked(json.loads(place.read_bytes())), place.stat().st_mtime
                if is_claimed(job.target):
                    continue
                if not is_begun(job.target):
                    if job.target.parent.is_dir():  # else its disk may be missing now
                        self.forget(job.target)
                elif job.source.exists():
                    found.append((time, job))
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                log.warning("%s cannot be read: %s", place, error)
        return [job for _, job in sorted(found, key=lambda each: each[0], reverse=True)]

    def discard(self, job: RenderJob) -> None:
        """Remove what was painted of a rendering, and forget it."""
        from engine.video.progress import discard, is_claimed

        if not is_claimed(job.target):
            discard(job.target)
            self.forget(job.target)

    def _place(self, target: Path) -> Path:
        return self.root / f"{hashlib.sha256(str(target).encode()).hexdigest()[:16]}.json"


def _packed(job: RenderJob) -> dict[str, Any]:
    packed: dict[str, Any] = json.loads(json.dumps(asdict(job), default=str))
    return packed


def _unpacked(told: dict[str, Any]) -> RenderJob:
    """Return the job that `_packed` has packed. Raises ValueError, KeyError and TypeError."""
    options = dict(told["options"])
    options["keyframes"] = tuple((int(number), Path(path)) for number, path in options["keyframes"])
    start, end = (None if told[key] is None else Fraction(told[key]) for key in ("start", "end"))
    return RenderJob(Path(told["source"]), Path(told["target"]), ClipOptions(**options), start, end)


@dataclass(frozen=True)
class RenderEnd:
    """The result of a job.

    `frames`: number of frames painted so far; `damaged`: what could not be read of the clip;
    `problem`: why there is no film, or ""; `stopped`: the user stopped it; `other`: something else
    was begun with this target, so it can only begin anew.
    """

    job: RenderJob
    frames: int = 0
    damaged: int = 0
    problem: str = ""
    stopped: bool = False
    other: bool = False


class ClipRenderService(PausableJobs):
    """Runs one job at a time; what was painted of a stopped one is kept, so that it can go on.

    `progressed` carries the share done (0-1) and the count and remaining time in words; `ended` a
    RenderEnd; `found` the jobs that an earlier session did not finish.
    """

    progressed = Signal(float, str)
    found = Signal(list)
    _advanced = Signal(object)

    def __init__(self, engine: Callable[[], EngineSettings], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.root: Path | None = None
        self._engine = engine
        self._first: VideoStep | None = None
        self._last: VideoStep | None = None
        self.job: RenderJob | None = None
        self._advanced.connect(self._on_advanced)

    @property
    def store(self) -> RenderStore:
        """What remembers the renderings."""
        return RenderStore(self.root or renders_folder())

    def begin(self, job: RenderJob) -> None:
        """Start a job, or go on with it, when none is running; `ended` follows."""
        self.job, self._first, self._last = job, None, None
        self._start(partial(self._run, job), "render")

    def search(self) -> None:
        """Look for jobs that an earlier session did not finish; `found` follows."""
        store = self.store
        self._looking = threading.Thread(
            target=lambda: self.found.emit(store.unfinished()), name="renderings"
        )
        self._looking.start()

    # -- on the thread ----------------------------------------------------------------------

    def _run(self, job: RenderJob) -> None:
        from engine.video.progress import OtherSettings

        give_way()  # the other process inherits the priority
        last: VideoStep | None = None
        problem, other = "", False
        try:
            last = self._painted(job)
        except OtherSettings:
            other = True
        except Exception as error:
            problem = sentence(error)
        if not self._unwanted.is_set() and not problem and not other:
            self.store.forget(job.target)
        frames, damaged = (0, 0) if last is None else (last.done, last.damaged)
        self.ended.emit(RenderEnd(job, frames, damaged, problem, self._unwanted.is_set(), other))

    def _painted(self, job: RenderJob) -> "VideoStep | None":
        from app.batch.clip_render import render

        settings, last = self._engine(), None
        engine = settings.device, settings.precision, settings.threads
        painting = render(video_request(job), engine, self._unwanted.is_set, self._paused.is_set)
        with closing(painting) as steps:
            for step in steps:
                if last is None:  # another job with this target would have been refused by now
                    self.store.keep(job)
                last = step
                self._advanced.emit(step)
        return last

    # -- on the UI thread -------------------------------------------------------------------

    def _on_advanced(self, step: "VideoStep") -> None:
        if self._first is None:  # loading the engine says nothing about the time left
            self._first, self._clock = step, WorkClock()
            self._clock.rest(self.paused)
        self._last = step
        self.tell()

    def tell(self) -> None:
        """Emit the progress."""
        first, last = self._first, self._last
        if first is None or last is None:
            return
        of = max(1, last.total - first.done)
        share = (last.done - first.done) / of
        left = tr("paused") if self.paused else time_left(self._clock.seconds, share)
        if last.ahead:
            left = tr("first {count} frames back from a keyframe", count=last.ahead)
        words = tr("{count} of {all}, {left}", count=last.done, all=last.total, left=left)
        self.progressed.emit(last.done / max(1, last.total), words)


def video_request(job: RenderJob) -> "VideoRequest":
    """Return the engine's request for a job. Raises ValueError."""
    from engine.video.run import VideoRequest

    options = job.options
    return VideoRequest(
        job.source, job.target, video_look(options), job.start, job.end, sound=options.sound,
        again=job.again, keyframes=options.keyframes, longest=options.longest,
    )  # fmt: skip
