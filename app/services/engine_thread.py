"""The engine's thread seen from the window: one QThread on which the Studio lives."""

from PySide6.QtCore import QObject, QThread, Signal

from app.services.engine_worker import EngineSettings, EngineWorker, StudioFactory
from app.services.export_worker import ExportJob, ExportWorker
from app.services.gc_control import UiCollector
from app.services.mailbox import Mailbox, PreviewJob
from app.services.refine_worker import RefineJob, RefineWorker
from app.services.style_preview_worker import StylePreviewJob, StylePreviewSlot


class EngineThread(QObject):
    """The window's end: starts the thread, drops jobs into the mailbox, joins at the end."""

    _wake = Signal()
    _export = Signal(object)
    _refine = Signal(object)
    _configure = Signal(object)
    _look_up = Signal()
    _await_photo = Signal()
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
        self._export.connect(self.exporter.begin)
        self._refine.connect(self.refiner.begin)
        self._look_up.connect(self.refiner.look_up)
        self._leave.connect(self.refiner.leave)
        self._leave.connect(self.exporter.leave)
        self._leave.connect(self.worker.leave)

    def start(self) -> None:
        """Start the thread; `worker.ready` follows."""
        self._collector.start()
        self._thread.start()

    def configure(self, wish: EngineSettings) -> None:
        """Run on this: at once, or from the start when the thread is not running yet."""
        if self._thread.isRunning():
            self._configure.emit(wish)
        else:
            self.worker.wish = wish

    def post(self, job: PreviewJob) -> None:
        """Ask for pixels; an older wish that still waits is replaced."""
        if self._mailbox.post(job):
            self._wake.emit()

    def sketch(self, job: StylePreviewJob | None) -> None:
        """Ask for a sketch in place of the one asked for before; None for no sketch."""
        if self._sketches.post(job):
            self._wake.emit()

    def await_photo(self) -> None:
        """A photo is on its way: read what paints it, that nothing is left to wait for then."""
        self._await_photo.emit()

    def export(self, job: ExportJob) -> None:
        """Begin to write a file; the export before must have ended."""
        self._export.emit(job)

    def stop_export(self, run: int) -> None:
        """End this export before its next tile; `exporter.ended` follows."""
        self.exporter.unwanted = run

    def refine(self, job: RefineJob) -> None:
        """Begin to refine; the run before must have ended."""
        self.worker.urgent.clear()
        self.refiner.paused.clear()
        self._refine.emit(job)

    def pause_refine(self, pause: bool) -> None:
        """Hold the run after the tile in hand, or let it go on."""
        if pause:
            self.refiner.paused.set()
        else:
            self.refiner.paused.clear()
            self._look_up.emit()

    def stop_refine(self, run: int) -> None:
        """End this run at once, whatever it is at; `refiner.ended` follows."""
        self.refiner.unwanted = run
        self.worker.urgent.set()
        self._look_up.emit()

    def stop(self) -> None:
        """Finish the patch in hand, then join the thread."""
        if self._thread.isRunning():
            self.worker.close()
            # Not quit(): that would overtake what still waits to be let go of.
            self._leave.emit()
            self._thread.wait()
            self._collector.stop()
