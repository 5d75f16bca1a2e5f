"""The file of the session's document: its name, saving it, opening another."""

from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.document.document_state import SavedDocument, Stamp, UnsavedWork
from app.document.picture import PictureSnapshot
from app.editing.session import Session
from app.platform.translation import tr
from app.services.document_thread import DocumentThread, Opened, SaveJob
from app.services.preview_copy import PreviewCopy

UNTITLED = "Untitled"


@dataclass(frozen=True)
class _Wish:
    path: Path
    overwrite: bool


class DocumentFile(QObject):
    """Where the document is kept; None until it was saved first. `stamp`: of the file as Daub knows
    it.

    `saved` carries the path, `failed` one sentence, `conflicted` the path of a file that somebody
    else has changed. `opened` carries the path and the SavedDocument, for `take`; `foreign` the
    path and the picture of a file that is not of Daub's making. `begun`: another document takes the
    place of the one before. `renamed`: it has another path.
    """

    begun = Signal()
    renamed = Signal()
    saved = Signal(Path)
    failed = Signal(str)
    conflicted = Signal(Path)
    opened = Signal(object, object)
    foreign = Signal(object, object)
    said = Signal(str)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path: Path | None = None
        self.stamp: Stamp | None = None
        # Files as they were when they were read; perhaps they are not gone on with.
        self._read: dict[Path, Stamp | None] = {}
        self._session = session
        self._wish: _Wish | None = None
        self._writing = self._serial = 0
        self._stopped = False
        self._worn: tuple[str, str] | None = None
        self._copy = PreviewCopy(session.document, session.preview, self)
        self._thread = DocumentThread(self)
        self._connect()

    @property
    def name(self) -> str:
        """What the window is called after."""
        return self.path.name if self.path is not None else tr(UNTITLED)

    @property
    def saving(self) -> bool:
        """A file was asked for and is not written yet."""
        return self._wish is not None or self._writing > 0

    def save(self, path: Path, overwrite: bool = False) -> None:
        """Save the document as soon as its painting is finished."""
        self._session.lift()
        self._wish = _Wish(path, overwrite)
        self._copy.ask()
        if self._copy.waiting:
            self.said.emit(
                tr("{name} is saved as soon as the painting is finished.", name=path.name)
            )

    def open(self, path: Path) -> None:
        """Read a document; nothing changes before `take`."""
        self._thread.open(path)

    def take(self, path: Path, contents: SavedDocument) -> None:
        """Go on with a document that was opened."""
        self._begin_anew(path, self._read.pop(path, None))
        self._become(contents)

    def take_recovered(self, work: UnsavedWork) -> None:
        """Go on with what was not saved when Daub ended."""
        self._begin_anew(work.path, work.stamp)
        self._session.become(work.state)
        self._session.history.set_clean(None)
        self._worn = work.state.style_id, ""
        self._compare_styles()

    def take_unnamed(self, contents: SavedDocument) -> None:
        """Go on with a document that no file holds."""
        self._begin_anew(None)
        self._become(contents)
        self._session.history.set_clean(None)

    def take_new(self, width: int, height: int, starter: Path | None, style_id: str) -> None:
        """Go on with a new document."""
        self._begin_anew(None)
        self._session.new_canvas(width, height, starter, style_id)

    def stop(self) -> None:
        """Finish what is to be saved and join the thread; nothing comes of what was read."""
        self._stopped = True
        self._thread.stop()

    def _connect(self) -> None:
        worker, preview = self._thread.worker, self._session.preview
        self._copy.ready.connect(self._on_copied)
        worker.saved.connect(self._on_saved)
        worker.save_failed.connect(self._on_failed)
        worker.conflicted.connect(self._on_conflict)
        worker.opened.connect(self._on_opened)
        worker.open_failed.connect(self.failed)
        preview.ready.connect(self._compare_styles)

    def _begin_anew(self, path: Path | None, stamp: Stamp | None = None) -> None:
        self._serial += 1
        self._wish = self._worn = None
        if path is not None:
            self._thread.accept(path, stamp)
        self.begun.emit()
        self._set_path(path, stamp)

    def _become(self, contents: SavedDocument) -> None:
        state = contents.state
        if state.underlay is not None:
            self._session.settings.underlay_opacity = contents.opacity
        self._session.become(state)
        if state.style_id:
            self._worn = state.style_id, contents.style_hash
        self._compare_styles()

    def _set_path(self, path: Path | None, stamp: Stamp | None) -> None:
        self.path, self.stamp = path, stamp
        self.renamed.emit()

    # -- what happens -----------------------------------------------------------------------

    def _on_copied(self, preview: PictureSnapshot | None) -> None:
        session, wish = self._session, self._wish
        if wish is None:
            return
        self._wish = None
        self._writing += 1
        document, style = session.document, session.style
        # Half a gesture is no state that the history leads back to.
        step = None if session.tool_controller.busy else session.history.step
        state = replace(document.state(), style_id=session.style_id, preview=preview)
        edition = style.edition if style is not None else ""
        saved = SavedDocument(state, edition, session.settings.underlay_opacity)
        job = SaveJob(wish.path, wish.overwrite, self._serial, step, saved, document.reach)
        self._thread.save(job)

    def _on_saved(self, job: SaveJob, stamp: Stamp | None) -> None:
        self._writing -= 1
        if job.serial == self._serial:
            self._set_path(job.path, stamp)
            self._session.history.set_clean(job.step)
        self.said.emit(tr("Saved {name}.", name=job.path.name))
        self.saved.emit(job.path)

    def _on_failed(self, _job: SaveJob, why: str) -> None:
        self._writing -= 1
        self.failed.emit(why)

    def _on_conflict(self, job: SaveJob) -> None:
        self._writing -= 1
        self.conflicted.emit(job.path)

    def _on_opened(self, opened: Opened) -> None:
        if self._stopped:
            return  # heard only after the window has closed
        self._read[opened.path] = opened.stamp
        found = opened.contents
        if isinstance(found, SavedDocument):
            self.opened.emit(opened.path, found)
            return
        self.foreign.emit(opened.path, found.pixels)
        if found.left_out:
            self.said.emit(
                tr(
                    "Parts of {name} cannot be read and were left out: {parts}.",
                    name=opened.path.name,
                    parts=", ".join(found.left_out),
                )
            )

    def _compare_styles(self) -> None:
        """Say so when the document is not painted as it was; the engine must have listed styles."""
        session = self._session
        if self._worn is None or not session.styles:
            return
        (wanted, edition), style = self._worn, session.style
        self._worn = None
        if style is None or style.id != wanted:
            title = style.title if style is not None else tr("no style")
            session.history.set_clean(None)
            self.said.emit(
                tr(
                    "There is no usable style {wanted} here, so this is {title} now.",
                    wanted=wanted,
                    title=title,
                )
            )
        elif edition not in ("", style.edition):
            self.said.emit(
                tr(
                    "{name} was made with another edition of {title}.",
                    name=self.name,
                    title=style.title,
                )
            )
