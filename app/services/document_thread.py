"""Document files are read and written on a thread of their own: slow disks stop nobody's hand."""

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

if TYPE_CHECKING:  # it imports PIL, which the window does without
    from app.document.foreign_openraster import Foreign


@dataclass(frozen=True, eq=False)
class SaveJob:
    """A frozen request to save a document as it was at one moment.

    `step`: of its history, None in the middle of one. `saved`: its preview is the finished one, or
    None when there is none; `reach` as in `Document`. A file that somebody else has changed is
    written over only with `overwrite`.
    """

    path: Path
    overwrite: bool
    serial: int
    step: int | None
    saved: SavedDocument
    reach: int

    def painted(self) -> SavedDocument:
        """Lay the refined picture over the preview; takes a while, so not on the UI thread."""
        state = self.saved.state
        refined, preview = state.refined, state.preview
        if preview is None or refined is None:
            return self.saved
        if not refined.fits(state.style_id, state.seed, state.photo_look):
            return self.saved
        layer = RefinedLayer(refined, state.labels, self.reach)
        painting = PictureSnapshot.from_array(PaintingSnapshot(preview, layer).array())
        return replace(self.saved, state=replace(state, preview=painting))


@dataclass(frozen=True, eq=False)
class Opened:
    """A document that was read; of another program's file its picture.

    `stamp`: of the file as it was then.
    """

    path: Path
    contents: "SavedDocument | Foreign"
    stamp: Stamp | None


class DocumentWorker(QObject):
    """Lives on the documents' thread; one file at a time.

    `saved` carries the SaveJob and the file's Stamp, `conflicted` the SaveJob, `save_failed` it and
    one sentence, `opened` an Opened, `open_failed` one sentence.
    """

    saved = Signal(object, object)
    save_failed = Signal(object, str)
    conflicted = Signal(object)
    opened = Signal(object)
    open_failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        # Files as we left them.
        self._known: dict[Path, Stamp | None] = {}

    @Slot(object)
    def save(self, job: SaveJob) -> None:
        """Write a document, unless the file is not as we left it."""
        stamp = _stamp(job.path)
        if not job.overwrite and stamp is not None and stamp != self._known.get(job.path):
            self.conflicted.emit(job)
            return
        from app.document import openraster  # not with the window, as it takes its time

        try:
            openraster.save(job.path, job.painted())
        except Exception as error:
            self.save_failed.emit(job, _words(error))
        else:
            left = self._known[job.path] = _stamp(job.path)
            self.saved.emit(job, left)

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
        """This file, as it was then, is the document now."""
        self._known[path] = stamp

    @Slot()
    def leave(self) -> None:
        """End the thread, once all that was asked for before is done."""
        QThread.currentThread().quit()


class DocumentThread(QObject):
    """The window's end of the thread, which starts when it is needed first."""

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
        """Write a document; `worker.saved`, `save_failed` or `conflicted` follows."""
        self._thread.start()
        self._save.emit(job)

    def open(self, path: Path) -> None:
        """Read a document; `worker.opened` or `open_failed` follows."""
        self._thread.start()
        self._open.emit(path)

    def accept(self, path: Path, stamp: Stamp | None) -> None:
        """Go on with a file: as long as it is as it was then, saving over it is no surprise."""
        self._accept.emit(path, stamp)

    def stop(self) -> None:
        """Finish what is to be saved, then join the thread."""
        if self._thread.isRunning():
            self._leave.emit()
            self._thread.wait()


def _stamp(path: Path) -> Stamp | None:
    """None when there is no such file, or it cannot be looked at: writing it will tell why."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, DocumentError) else sentence(error)
