"""The file of the session's document: its path, saving it and opening another."""

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
class _SaveRequest:
    path: Path
    overwrite: bool


class DocumentFile(QObject):
    """Saves the session's document to a file and opens others.

    `path`: the document's file, None until it is saved first; `stamp`: the file's stamp when it was
    last read or written. Signals: `saved` carries the path, `failed` an error sentence,
    `conflicted` the path of a file that another program has changed, `opened` the path and the
    SavedDocument, for `take`, `foreign` the path and the picture of another program's file;
    `begun`: a new document replaces the current one; `renamed`: the path has changed; `said`: a
    message.
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
        # Stamps of files that were read but not taken yet.
        self._read: dict[Path, Stamp | None] = {}
        self._session = session
        self._request: _SaveRequest | None = None
        self._writing = self._serial = 0
        self._stopped = False
        # Style id and edition in the opened file, until they are compared with the style packs.
        self._file_style: tuple[str, str] | None = None
        self._copy = PreviewCopy(session.document, session.preview, self)
        self._thread = DocumentThread(self)
        self._connect()

    @property
    def name(self) -> str:
        """File name for the window title; "Untitled" without a file."""
        return self.path.name if self.path is not None else tr(UNTITLED)

    @property
    def saving(self) -> bool:
        """Whether a requested file is not written yet."""
        return self._request is not None or self._writing > 0

    def save(self, path: Path, overwrite: bool = False) -> None:
        """Save the document as soon as its preview is complete.

        `overwrite`: replace the file even if another program has changed it.
        """
        self._session.lift()
        self._request = _SaveRequest(path, overwrite)
        self._copy.ask()
        if self._copy.waiting:
            self.said.emit(
                tr("{name} will be saved as soon as the painting is finished.", name=path.name)
            )

    def open(self, path: Path) -> None:
        """Read a document; emits `opened`, `foreign` or `failed`. Nothing changes until `take`."""
        self._thread.open(path)

    def take(self, path: Path, contents: SavedDocument) -> None:
        """Replace the current document by one that was opened."""
        self._begin_anew(path, self._read.pop(path, None))
        self._become(contents)

    def take_recovered(self, work: UnsavedWork) -> None:
        """Replace the current document by recovered work."""
        self._begin_anew(work.path, work.stamp)
        history = self._session.history
        self._session.become(work.state, work.history)
        if history.clean:
            history.set_clean(None)
        self._file_style = work.state.style_id, ""
        self._compare_styles()

    def take_unnamed(self, contents: SavedDocument) -> None:
        """Replace the current document by one without a file."""
        self._begin_anew(None)
        self._become(contents)
        self._session.history.set_clean(None)

    def take_new(self, width: int, height: int, starter: Path | None, style_id: str) -> None:
        """Replace the current document by a new canvas of `width` x `height` pixels."""
        self._begin_anew(None)
        self._session.new_canvas(width, height, starter, style_id)

    def stop(self) -> None:
        """Finish saving and join the thread; files that were read are ignored."""
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
        self._request = self._file_style = None
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
            self._file_style = state.style_id, contents.style_hash
        self._compare_styles()

    def _set_path(self, path: Path | None, stamp: Stamp | None) -> None:
        self.path, self.stamp = path, stamp
        self.renamed.emit()

    # -- events -----------------------------------------------------------------------------

    def _on_copied(self, preview: PictureSnapshot | None) -> None:
        session, request = self._session, self._request
        if request is None:
            return
        self._request = None
        self._writing += 1
        document, style = session.document, session.style
        # The state during a drag matches no undo step.
        step = None if session.tool_controller.busy else session.history.step
        state = replace(document.state(), style_id=session.style_id, preview=preview)
        edition = style.edition if style is not None else ""
        saved = SavedDocument(state, edition, session.settings.underlay_opacity)
        job = SaveJob(request.path, request.overwrite, self._serial, step, saved, document.reach)
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
            return  # the queued signal arrived after the window was closed
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
        """Tell the user if the file's style is missing or another edition.

        Does nothing until the engine has listed the styles.
        """
        session = self._session
        if self._file_style is None or not session.styles:
            return
        (wanted, edition), style = self._file_style, session.style
        self._file_style = None
        if style is None or style.id != wanted:
            title = style.title if style is not None else tr("no style")
            session.history.set_clean(None)
            self.said.emit(
                tr(
                    "The style {wanted} is not available. Using {title} instead.",
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
