"""UI thread side of the engine thread: one QThread that owns the Studio."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, QThread, Signal

from app.services.engine_worker import EngineSettings, EngineWorker, NamedPicture, StudioFactory
from app.services.export_worker import ExportJob, ExportWorker
from app.services.gc_control import UiCollector
from app.services.mailbox import Mailbox, PreviewJob
from app.services.refine_worker import RefineJob, RefineWorker
from app.services.style_preview_worker import StylePreviewJob, StylePreviewSlot


class EngineThread(QObject):
    """Starts the engine thread, posts jobs to it and joins it at the end."""

    _wake = Signal()
    _export = Signal(object)
    _refine = Signal(object)
    _configure = Signal(object)
    _look_up = Signal()
    _await_photo = Signal()
    _renew_style = Signal(str)
    _add_styles = Signal(object)
    _leave = Signal()

    def __init__(self, factory: StudioFactory, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mailbox, self._sketches = Mailbox(), StylePreviewSlot()
        self.worker = EngineWorker(self._mailbox, self._sketches, factory)
        self.refiner = RefineWorker(self.worker)
        self.exporter = ExportWorker(self.worker)
        self._collector = UiCollector(self)
        self._thread = QThread(self)
        self._thread.setObjectName("engine")
        self.worker.moveToThread(self._thread)
        self.refiner.moveToThread(self._thread)
        self.exporter.moveToThread(self._thread)
        self._thread.started.connect(self.worker.start)
        self.worker.ready.connect(self._collector.spare)
        self._configure.connect(self.worker.configure)
        self._wake.connect(self.worker.serve)
        self._await_photo.connect(self.worker.await_photo)
        self._renew_style.connect(self.worker.renew_style)
        self._add_styles.connect(self.worker.add_styles)
        self._export.connect(self.exporter.begin)
        self._refine.connect(self.refiner.begin)
        self._look_up.connect(self.refiner.look_up)
        self._leave.connect(self.refiner.leave)
        self._leave.connect(self.exporter.leave)
        self._leave.connect(self.worker.leave)

    def start(self) -> None:
        """Start the thread; the worker emits `ready` later."""
        self._collector.start()
        self._thread.start()

    def configure(self, settings: EngineSettings) -> None:
        """Apply the settings now, or at the start if the thread is not running yet."""
        if self._thread.isRunning():
            self._configure.emit(settings)
        else:
            self.worker.wish = settings

    def post(self, job: PreviewJob) -> None:
        """Request pixels; replaces an older job that is still waiting."""
        if self._mailbox.post(job):
            self._wake.emit()

    def sketch(self, job: StylePreviewJob | None) -> None:
        """Request a style preview in place of an earlier one; None cancels it."""
        if self._sketches.post(job):
            self._wake.emit()

    def await_photo(self) -> None:
        """Load the photo network in advance, because a photo is about to be opened."""
        self._await_photo.emit()

    def renew_style(self, style_id: str) -> None:
        """List the styles again, because this one is new or has changed."""
        self._renew_style.emit(style_id)

    def add_styles(self, pictures: Sequence[NamedPicture]) -> None:
        """Add pictures to the user's styles."""
        self._add_styles.emit(pictures)

    def export(self, job: ExportJob) -> None:
        """Start to write a file; the previous export must have ended."""
        self._export.emit(job)

    def stop_export(self, run: int) -> None:
        """End this export before its next tile; `exporter` emits `ended`."""
        self.exporter.unwanted = run

    def refine(self, job: RefineJob) -> None:
        """Start to refine; the previous run must have ended."""
        self.worker.urgent.clear()
        self.refiner.paused.clear()
        self._refine.emit(job)

    def pause_refine(self, pause: bool) -> None:
        """Pause the run after the current tile, or resume it."""
        if pause:
            self.refiner.paused.set()
        else:
            self.refiner.paused.clear()
            self._look_up.emit()

    def stop_refine(self, run: int) -> None:
        """End this run as soon as possible; `refiner` emits `ended`."""
        self.refiner.unwanted = run
        self.worker.urgent.set()
        self._look_up.emit()

    def stop(self) -> None:
        """Finish the current patch, then join the thread."""
        if self._thread.isRunning():
            self.worker.close()
            # Not quit(), which could end the thread before the queued cleanup slots run.
            self._leave.emit()
            self._thread.wait()
            self._collector.stop()
