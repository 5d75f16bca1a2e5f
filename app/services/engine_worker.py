"""The engine's thread seen from inside: who creates, owns and uses the Studio."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

from app.document.rect import Rect
from app.platform.errors import unexpected
from app.platform.translation import tr
from app.services import memory
from app.services.mailbox import Mailbox, PreviewJob
from app.services.photo_painter import PhotoPainter, Step
from app.services.style_preview_worker import StylePreviewJob, StylePreviewSlot, paint_sketch
from app.services.thread_priority import give_way
from engine.errors import EngineError
from engine.requests import PreviewPatch

if TYPE_CHECKING:
    from engine.studio import Studio

log = logging.getLogger("daub.engine")

StudioFactory = Callable[[], "Studio"]

# Patches on their way to the window at any time. A fast GPU would otherwise flood its event loop
# and leave it no time to draw.
PATCHES_AHEAD = 3

# Smaller patches take longer a pixel than a large picture does.
TELLING_AREA = 128 * 128

# Between two times that free memory is given back; what is needed again is fetched again then.
TIDY_MS = 10_000


@dataclass(frozen=True)
class EngineSettings:
    """What the painter wants the engine to run on; 0 threads are as many as usual."""

    device: str = "auto"
    precision: str = "auto"
    threads: int = 0


class EngineWorker(QObject):
    """Lives on the engine's thread. Talks through signals; one job at a time.

    An exception of the engine becomes one sentence (`failed`), and the worker lives on. `studio`
    is there once `ready` was emitted. `wish` is what it starts with. `urgent`, when set,
    makes a large job pause after its patch in hand. `seconds_per_pixel`: what the last large patch
    took, 0 before there was one. `photo_styles_known` carries the ids of the styles that photos
    can be painted in.
    """

    ready = Signal(str, list)
    devices_listed = Signal(list)
    device_changed = Signal(str)
    style_loaded = Signal(object)
    style_failed = Signal(str, str)
    patch_ready = Signal(object)
    finished = Signal(int)
    failed = Signal(int, str)
    sketched = Signal(object, object)
    sketch_failed = Signal(str, str)
    photo_styles_known = Signal(object)
    _go_on = Signal()

    def __init__(
        self, mailbox: Mailbox, sketches: StylePreviewSlot, factory: StudioFactory
    ) -> None:
        super().__init__()
        self._mailbox = mailbox
        self._sketches = sketches
        self._factory = factory
        self.studio: Studio | None = None
        self.wish = EngineSettings()
        self.urgent = threading.Event()
        self.closing = threading.Event()
        self.seconds_per_pixel = 0.0
        self._fulfilled, self._style_id = self.wish, ""
        self._photos = PhotoPainter()
        self._learnt: tuple[str, ...] = ()
        self._room = threading.Semaphore(PATCHES_AHEAD)
        self._tidying = QTimer(self)
        self._tidying.setSingleShot(True)
        self._tidying.setInterval(TIDY_MS)
        self._tidying.timeout.connect(self._tidy)
        # Queued, so that the thread's other work comes in between.
        self._go_on.connect(self.serve, Qt.ConnectionType.QueuedConnection)

    @Slot()
    def start(self) -> None:
        """Create the studio, on this thread."""
        give_way()
        try:
            self.studio = self._factory()
            self._configure(self.studio)
            styles, devices = self.studio.styles(), self.studio.devices()
        except Exception as error:
            self.failed.emit(0, sentence(error))
        else:
            self.devices_listed.emit(devices)
            self.ready.emit(self.studio.device_text, styles)

    @Slot(object)
    def configure(self, wish: EngineSettings) -> None:
        """Run on something else from now on; `device_changed` follows."""
        self.wish = wish
        if self.studio is not None:
            self._configure(self.studio)
            self.device_changed.emit(self.studio.device_text)

    def _configure(self, studio: "Studio") -> None:
        """A wish that cannot be fulfilled, say for a GPU that is gone, leaves all as it was."""
        if self.wish == self._fulfilled:
            return
        try:
            studio.configure(self.wish.device, self.wish.precision, self.wish.threads)
        except Exception as error:
            self.failed.emit(0, sentence(error))
        else:
            self._fulfilled, self._style_id = self.wish, ""
            self._photos.forget()

    @Slot()
    def await_photo(self) -> None:
        """Read the photo network, before there is a photo; what is wrong with it is told then."""
        if self.studio is not None and not self.closing.is_set():
            with suppress(EngineError):
                self._photo_styles(self.studio)

    @Slot()
    def serve(self) -> None:
        """Paint the newest wish: a new preview first, then a sketch, then what is still owed."""
        if self.studio is None or self.closing.is_set():
            return
        self._tidy_later()
        sketch = self._sketches.newest
        if sketch is not None and not self._mailbox.waiting:
            self._sketch(self.studio, sketch)
            return
        job = self._mailbox.take()
        if job is not None:
            self._preview(self.studio, job)

    def serve_waiting(self) -> None:
        """In the middle of other work on this thread: paint what waits, if anything does."""
        self._tidy_later()
        if self._mailbox.pending or self._sketches.newest is not None:
            self.serve()

    @Slot()
    def leave(self) -> None:
        """Let the studio go on the thread that made it, and end that thread."""
        self._tidying.stop()
        self.studio = None
        QThread.currentThread().quit()

    def _tidy_later(self) -> None:
        """There is work: some time after it began what it has freed is given back."""
        if not self._tidying.isActive():
            self._tidying.start()
        elif not self._tidying.remainingTime():
            # Qt lets timers wait for as long as there is other work.
            self._tidy()

    @Slot()
    def _tidy(self) -> None:
        self._tidying.stop()
        memory.give_back()

    def close(self) -> None:
        """From the window's thread: stop after the patch in hand."""
        self.closing.set()
        self._room.release()

    def patch_taken(self) -> None:
        """From the window's thread: a patch has arrived, there is room for another."""
        self._room.release()

    def _photo_styles(self, studio: "Studio") -> tuple[str, ...]:
        """Styles for photos, told when they are new. Raises EngineError without a network."""
        known = studio.photo_styles()
        if known != self._learnt:
            self._learnt = known
            self.photo_styles_known.emit(known)
        return known

    def _preview(self, studio: "Studio", job: PreviewJob) -> None:
        try:
            known = (
                self._photo_styles(studio) if job.state.photo is not None else (job.state.style_id,)
            )
        except Exception as error:  # of which no other style would be free
            self.failed.emit(job.serial, sentence(error))
            return
        try:
            self._load_style(studio, job.state.style_id)
            if job.state.style_id not in known:
                raise EngineError(not_learnt(job.state.style_id))
        except Exception as error:
            self.style_failed.emit(job.state.style_id, sentence(error))
            self.failed.emit(job.serial, "")
            return
        try:
            self._paint(studio, job)
        except Exception as error:
            self.failed.emit(job.serial, sentence(error))

    def _sketch(self, studio: "Studio", job: StylePreviewJob) -> None:
        try:
            pixels = paint_sketch(studio, job, lambda: self._sketch_interrupted(job))
        except Exception as error:
            self.sketch_failed.emit(job.state.style_id, sentence(error))
        else:
            if pixels is None:
                self._go_on.emit()
                return
            self.sketched.emit(job, pixels)
        if self._sketches.settle(job):
            self._go_on.emit()

    def _sketch_interrupted(self, job: StylePreviewJob) -> bool:
        hurry = self._mailbox.waiting or self.urgent.is_set() or self.closing.is_set()
        return hurry or self._sketches.newest is not job

    def _load_style(self, studio: "Studio", style_id: str) -> None:
        if style_id != self._style_id:
            info = studio.load_style(style_id)
            self._style_id = style_id
            self.style_loaded.emit(info)

    def _paint(self, studio: "Studio", job: PreviewJob) -> None:
        narrow = job.narrow and job.dirty is not None
        missing = [job.dirty] if (job.is_dab or narrow) and job.dirty is not None else []
        for patch, may_leave in self._steps(studio, job):
            self._room.acquire()
            self.patch_ready.emit(patch)
            # A dab's own pixels are painted before anything else; what lies around them can wait.
            missing = [left for part in missing for left in part.minus(Rect(*patch.rect))]
            if narrow and not missing:
                break
            if self.closing.is_set() or (may_leave and not missing and self._hurry()):
                # Nothing to remember here: the mailbox knows that this job is not finished.
                self._go_on.emit()
                return
        if self._mailbox.settle():
            self.finished.emit(job.serial)
        else:
            self._go_on.emit()

    def _steps(self, studio: "Studio", job: PreviewJob) -> Iterator[Step]:
        if job.state.photo is not None:
            return self._photos.steps(studio, job)
        self._photos.forget()
        return ((patch, True) for patch in self._timed(studio.preview_steps(job.request())))

    def _timed(self, patches: Iterator[PreviewPatch]) -> Iterator[PreviewPatch]:
        began = time.perf_counter()
        for patch in patches:
            height, width, _ = patch.pixels.shape
            if height * width >= TELLING_AREA:
                self.seconds_per_pixel = (time.perf_counter() - began) / (height * width)
            yield patch
            began = time.perf_counter()

    def _hurry(self) -> bool:
        others = self._mailbox.waiting or self._sketches.newest is not None
        return others or self.urgent.is_set()


def not_learnt(style_id: str) -> str:
    """Why a photo is not painted in a style whose pack is whole."""
    return tr(
        "Photos cannot be painted in the style {style} yet: the photo network has not learnt it; "
        "daub train-stylizer teaches it.", style=style_id,
    )  # fmt: skip


def sentence(error: Exception) -> str:
    """One sentence for a person; everything that is not an EngineError goes to the log in full."""
    if isinstance(error, EngineError):
        return str(error)
    log.error("the engine failed", exc_info=error)
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return tr("There is not enough memory for this; a smaller canvas would help.")
    return unexpected(error)
