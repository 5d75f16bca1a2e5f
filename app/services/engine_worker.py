"""Engine worker: creates, owns and calls the Studio on the engine thread."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

from app.document.photo import FIRST_LOOK
from app.document.rect import Rect
from app.platform import memory
from app.platform.errors import unexpected
from app.platform.translation import tr
from app.services.doodle_painter import DoodlePainter, Step
from app.services.mailbox import Mailbox, PreviewJob
from app.services.photo_painter import PhotoPainter
from app.services.style_preview_worker import StylePreviewJob, StylePreviewSlot, paint_sketch
from app.services.thread_priority import give_way
from engine.errors import EngineError
from engine.requests import PreviewPatch, StyleInfo

if TYPE_CHECKING:
    from engine.studio import Studio

log = logging.getLogger("daub.engine")

StudioFactory = Callable[[], "Studio"]

NamedPicture = tuple[Path | np.ndarray, str]
"""A file, or h x w x 3 uint8 RGB, and its name for messages."""

# Limit of patches that are queued for the UI thread. Without it a fast GPU would flood the event
# loop, which would then have no time to draw.
PATCHES_AHEAD = 3

# Smaller patches are not timed: they take longer per pixel than a large picture.
TELLING_AREA = 128 * 128

REST_MS = 10_000
"""Time without a job after which free memory is returned."""


@dataclass(frozen=True)
class EngineSettings:
    """The user's choice of device, precision and threads; 0 threads is the default number."""

    device: str = "auto"
    precision: str = "auto"
    threads: int = 0


def new_studio(factory: StudioFactory, settings: EngineSettings) -> "Studio":
    """Return a studio for the calling thread; a studio may be used by one thread only."""
    studio = factory()
    if settings != EngineSettings():
        studio.configure(settings.device, settings.precision, settings.threads)
    return studio


class EngineWorker(QObject):
    """Lives on the engine thread, does one job at a time and reports through signals.

    An exception of the engine becomes one error sentence (`failed`, with the job's serial), and the
    worker continues. `studio` is set once `ready` was emitted. `wish`: the requested settings.
    `urgent`: while set, a large job is interrupted after its current patch. `closing`: set when the
    thread shall end. `unwanted`: number of the run that shall stop, a run being the painting of
    the whole canvas; `advanced` carries this number and the share done, 0-1, if that takes long.
    `seconds_per_pixel`: speed of the last large patch, 0 before the first.
    `photo_styles_known` carries the ids of the styles that photos can be painted in.
    After `renew_style`, `styles_listed` carries all styles and `style_renewed` the new one.
    After `add_styles`, `styles_listed` carries all styles, and `styles_added` the new ones and an
    error sentence for each picture that cannot be one.
    """

    ready = Signal(str, list)
    devices_listed = Signal(list)
    device_changed = Signal(str)
    style_loaded = Signal(object)
    style_failed = Signal(str, str)
    patch_ready = Signal(object)
    finished = Signal(int)
    advanced = Signal(int, float)
    failed = Signal(int, str)
    sketched = Signal(object, object)
    sketch_failed = Signal(str, str)
    photo_styles_known = Signal(object)
    styles_listed = Signal(list)
    style_renewed = Signal(object)
    styles_added = Signal(list, list)
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
        self.unwanted = -1
        self.seconds_per_pixel = 0.0
        self._applied, self._style_id = self.wish, ""
        self._photos, self._doodles = PhotoPainter(), DoodlePainter()
        self._by, self._learnt = FIRST_LOOK.by, tuple[str, ...]()
        self._paints_doodles, self._fits = True, ("", "")
        self._patch_slots = threading.Semaphore(PATCHES_AHEAD)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(memory.return_small_blocks)
        # Queued, so that other events of the thread are handled in between.
        self._go_on.connect(self.serve, Qt.ConnectionType.QueuedConnection)

    @Slot()
    def start(self) -> None:
        """Create the studio on this thread; emits `ready` or `failed`."""
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
    def configure(self, settings: EngineSettings) -> None:
        """Apply new settings; emits `device_changed`."""
        self.wish = settings
        if self.studio is not None:
            self._configure(self.studio)
            self.device_changed.emit(self.studio.device_text)

    def _configure(self, studio: "Studio") -> None:
        """Apply `wish`; settings that fail, say for a missing GPU, change nothing."""
        if self.wish == self._applied:
            return
        try:
            studio.configure(self.wish.device, self.wish.precision, self.wish.threads)
        except Exception as error:
            self.failed.emit(0, sentence(error))
        else:
            self._applied, self._style_id = self.wish, ""
            self._photos.forget()
            self._doodles.forget()

    @Slot(str)
    def renew_style(self, style_id: str) -> None:
        """List the styles again, because this one is new or has changed."""
        if self.studio is None or self.closing.is_set():
            return
        self.studio.forget_styles()
        self._style_id = self._style_id if self._style_id != style_id else ""
        self._photos.forget()
        styles = self.studio.styles()
        with suppress(EngineError):  # reported when a photo needs the network
            self._photo_styles(self.studio, self._by)
        self.styles_listed.emit(styles)
        for style in styles:
            if style.id == style_id:
                self.style_renewed.emit(style)

    @Slot(object)
    def add_styles(self, pictures: Sequence[NamedPicture]) -> None:
        """Add pictures to the user's styles."""
        added, problems = list[StyleInfo](), list[str]()
        for picture, name in pictures:
            self.serve_waiting()  # each picture takes a while
            if self.studio is None or self.closing.is_set():
                return
            try:
                added.append(self.studio.add_picture(picture, name))
            except Exception as error:
                told = sentence(error)
                if isinstance(picture, Path):  # of other programs' files it says nothing
                    told = told.replace(str(picture), name)
                problems.append(told)
        if self.studio is not None and added:
            with suppress(EngineError):  # reported when a photo needs the network
                self._photo_styles(self.studio, self._by)
            self.styles_listed.emit(self.studio.styles())
        self.styles_added.emit(added, problems)

    @Slot()
    def await_photo(self) -> None:
        """Load the photo network in advance; errors are reported when a photo needs it."""
        if self.studio is not None and not self.closing.is_set():
            with suppress(EngineError):
                self._photo_styles(self.studio, self._by)

    @Slot()
    def serve(self) -> None:
        """Do the next job: a new preview, else a style preview, else unfinished work."""
        if self.studio is None or self.closing.is_set():
            return
        self._rest.start()
        sketch = self._sketches.newest
        if sketch is not None and not self._mailbox.waiting:
            self._sketch(self.studio, sketch)
            return
        job = self._mailbox.take()
        if job is not None:
            self._preview(self.studio, job)

    def serve_waiting(self) -> None:
        """Do the next job if one is waiting; called during other work on this thread."""
        if self._mailbox.pending or self._sketches.newest is not None:
            self.serve()

    @Slot()
    def leave(self) -> None:
        """Release the studio on the thread that created it, and end the thread."""
        self._rest.stop()
        self.studio = None
        QThread.currentThread().quit()

    def close(self) -> None:
        """Stop after the current patch; called from the UI thread."""
        self.closing.set()
        self._patch_slots.release()

    def patch_taken(self) -> None:
        """Allow another patch to be sent, as one has arrived; called from the UI thread."""
        self._patch_slots.release()

    def _photo_styles(self, studio: "Studio", by: str) -> tuple[str, ...]:
        """Return the ids of the styles for photos; emits `photo_styles_known` if they changed.

        `by`: "network" or "strokes". Raises EngineError without a photo network.
        """
        self._by = by
        known = studio.photo_styles(by)
        if known != self._learnt:
            self._learnt = known
            self.photo_styles_known.emit(known)
        return known

    def _known_to_fit(self, job: PreviewJob) -> bool:
        """Whether the last photo was painted like this; listing the styles reads all packs."""
        return self._fits == (job.state.style_id, job.state.look.by)

    def _preview(self, studio: "Studio", job: PreviewJob) -> None:
        try:
            known: tuple[str, ...] = (job.state.style_id,)
            if job.state.photo is not None and not self._known_to_fit(job):
                known = self._photo_styles(studio, job.state.look.by)
        except Exception as error:  # another style would not help, so this is not `style_failed`
            self.failed.emit(job.serial, sentence(error))
            return
        try:
            self._load_style(studio, job.state.style_id)
            if job.state.style_id not in known:
                raise EngineError(not_learnt(job.state.style_id, job.state.look.by))
            if job.state.photo is None and not self._paints_doodles:
                raise EngineError(only_photos(job.state.style_id))
            if job.state.photo is not None:
                self._fits = job.state.style_id, job.state.look.by
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
            self._style_id, self._paints_doodles = style_id, info.paints_doodles
            self.style_loaded.emit(info)

    def _paint(self, studio: "Studio", job: PreviewJob) -> None:
        narrow = job.narrow and job.dirty is not None
        missing = [job.dirty] if (job.is_dab or narrow) and job.dirty is not None else []
        for patch, may_leave in self._steps(studio, job):
            if job.dirty is None and job.run == self.unwanted:
                self._mailbox.give_up()
                self.failed.emit(job.serial, "")
                return
            if patch is not None:
                self._patch_slots.acquire()
                self.patch_ready.emit(patch)
                # A dab's own pixels must be painted before an interruption; others can wait.
                missing = [left for part in missing for left in part.minus(Rect(*patch.rect))]
            self._tell_share(job)
            if narrow and not missing:
                break
            if self.closing.is_set() or (may_leave and not missing and self._hurry()):
                # The mailbox knows that this job is unfinished and hands it out again.
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
        return self._doodles.steps(job, lambda request: self._timed(studio.preview_steps(request)))

    def _tell_share(self, job: PreviewJob) -> None:
        painter = self._photos if job.state.photo is not None else self._doodles
        if job.dirty is None and painter.share is not None:
            self.advanced.emit(job.run, painter.share)

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


def not_learnt(style_id: str, by: str) -> str:
    """Return the error sentence for a style that cannot paint photos by network or strokes."""
    if by == "strokes":
        return tr("The style {style} has no painting to copy brush strokes from.", style=style_id)
    return tr(
        "Photos cannot be painted in the style {style} yet. Train the photo network with "
        "daub train-stylizer.", style=style_id,
    )  # fmt: skip


def only_photos(style_id: str) -> str:
    """Return the error sentence for a picture without a map of materials."""
    return tr(
        "The style {style} has no map of its materials, so it paints only photos.", style=style_id
    )


def sentence(error: Exception) -> str:
    """Return an error sentence for the user; errors other than EngineError are logged in full."""
    if isinstance(error, EngineError):
        return str(error)
    log.error("the engine failed", exc_info=error)
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return tr("There is not enough memory. Try a smaller canvas.")
    return unexpected(error)
