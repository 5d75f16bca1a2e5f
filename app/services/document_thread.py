"""Read and write document files on a separate thread, so that slow disks do not block the UI."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread, Signal, Slot

from app.document.document import PaintingSnapshot
from app.document.document_state import SavedDocument, Stamp
from app.document.errors import DocumentError
from app.document.picture import PictureSnapshot
from app.document.refined import RefinedLayer
from app.services.engine_worker import sentence

if TYPE_CHECKING:  # it imports PIL, which the window does not need
    from app.document.foreign_openraster import Foreign


@dataclass(frozen=True, eq=False)
class SaveJob:
    """A frozen request to save a snapshot of a document.

    `step`: undo step of the snapshot, None during a step. `saved`: the contents; their preview is
    complete or None. `reach`: as in `Document`. `overwrite`: also replace a file that another
    program has changed.
    """

    path: Path
    overwrite: bool
    serial: int
    step: int | None
    saved: SavedDocument
    reach: int

    def painted(self) -> SavedDocument:
        """Return the contents with the refined picture in the preview; slow."""
        state = self.saved.state
        refined, preview = state.refined, state.preview
        if preview is None or refined is None:
            return self.saved
        if not refined.fits(state.style_id, state.seed, state.photo_look, state.brushwork):
            return self.saved
        layer = RefinedLayer(refined, state.doodle, self.reach)
        painting = PictureSnapshot.from_array(PaintingSnapshot(preview, layer).array())
        return replace(self.saved, state=replace(state, preview=painting))


@dataclass(frozen=True, eq=False)
class Opened:
    """A document that was read.

    `contents`: a SavedDocument, or the picture in a file of another program; `stamp`: the file's
    stamp when it was read, None if unknown.
    """

    path: Path
    contents: "SavedDocument | Foreign"
    stamp: Stamp | None


class DocumentWorker(QObject):
    """Lives on the document thread and handles one file at a time.

    Signals: `saved` carries the SaveJob and the file's Stamp; `save_failed` the SaveJob and an
    error sentence; `conflicted` the SaveJob, when another program has changed the file; `opened` an
    Opened; `open_failed` an error sentence.
    """

    saved = Signal(object, object)
    save_failed = Signal(object, str)
    conflicted = Signal(object)
    opened = Signal(object)
    open_failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        # Stamps of files as this program last read or wrote them.
        self._known: dict[Path, Stamp | None] = {}

    @Slot(object)
    def save(self, job: SaveJob) -> None:
        """Write a document, unless another program has changed the file."""
        stamp = _stamp(job.path)
        if not job.overwrite and stamp is not None and stamp != self._known.get(job.path):
            self.conflicted.emit(job)
            return
        from app.document import openraster  # imported here because it slows the start

        try:
            openraster.save(job.path, job.painted())
        except Exception as error:
            self.save_failed.emit(job, _words(error))
        else:
            stamp = self._known[job.path] = _stamp(job.path)
            self.saved.emit(job, stamp)

    @Slot(object)
    def open(self, path: Path) -> None:
        """Read a document."""
        from app.document import openraster

        try:
            stamp = _stamp(path)
            contents = openraster.load(path)
        except Exception as error:
            self.open_failed.emit(_words(error))
        else:
            self.opened.emit(Opened(path, contents, stamp))

    @Slot(object, object)
    def accept(self, path: Path, stamp: Stamp | None) -> None:
        """Remember the stamp of the file that is the document now."""
        self._known[path] = stamp

    @Slot()
    def leave(self) -> None:
        """End the thread after all earlier requests."""
        QThread.currentThread().quit()


class DocumentThread(QObject):
    """UI thread side of the document thread, which starts on first use."""

    _save = Signal(object)
    _open = Signal(object)
    _accept = Signal(object, object)
    _leave = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.worker = DocumentWorker()
        self._thread = QThread(self)
        self._thread.setObjectName("documents")
        self.worker.moveToThread(self._thread)
        self._save.connect(self.worker.save)
        self._open.connect(self.worker.open)
        self._accept.connect(self.worker.accept)
        self._leave.connect(self.worker.leave)

    def save(self, job: SaveJob) -> None:
        """Write a document; the worker emits `saved`, `save_failed` or `conflicted`."""
        self._thread.start()
        self._save.emit(job)

    def open(self, path: Path) -> None:
        """Read a document; the worker emits `opened` or `open_failed`."""
        self._thread.start()
        self._open.emit(path)

    def accept(self, path: Path, stamp: Stamp | None) -> None:
        """Accept a file as the document's: it may be overwritten while it has this stamp."""
        self._accept.emit(path, stamp)

    def stop(self) -> None:
        """Finish all requests, then join the thread."""
        if self._thread.isRunning():
            self._leave.emit()
            self._thread.wait()


def _stamp(path: Path) -> Stamp | None:
    """Return the file's stamp, or None if there is no such file or it cannot be accessed."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, DocumentError) else sentence(error)
