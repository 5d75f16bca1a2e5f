"""Paint many photos with the document's style and look: ask for the folder, show what happens."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMainWindow

from app.editing.session import Session
from app.platform.translation import tr
from app.services.photo_batches import BatchEnd, BatchJob, BatchPhoto, PhotoBatchService
from app.services.photo_painter import engine_look
from app.widgets.batch_dialog import BatchDialog
from app.widgets.job_progress import JobProgress, set_button
from app.widgets.message_bar import MessageBar


class BatchController(QObject):
    """Connects the photo batch service with its dialogs, its progress bar and messages."""

    def __init__(self, window: QMainWindow, session: Session, messages: MessageBar) -> None:
        super().__init__(window)
        self._window, self._session, self._messages = window, session, messages
        self.service = PhotoBatchService(self)
        self.progress = JobProgress(
            tr("Photos"), tr("Stop painting photos"),
            tr("Stop painting photos; finished paintings are kept"),
        )  # fmt: skip
        self.dialog: QFileDialog | None = None
        self.photos: BatchDialog | None = None
        self.show_button = self.progress.add_button("gallery", tr("Show the photos"))
        self.pause_button = self.progress.add_button("pause", tr("Pause"))
        self.show_button.clicked.connect(self._show_photos)
        self.pause_button.clicked.connect(lambda: self._pause(not self.service.paused))
        self._end: BatchEnd | None = None
        self.progress.stopped.connect(self.service.stop)
        self.service.progressed.connect(self._on_progressed)
        self.service.seen.connect(self._on_seen)
        self.service.ended.connect(self._on_ended)

    def ask(self, given: Sequence[Path], photos: Sequence[Path]) -> None:
        """Ask for a folder and paint `photos` into it; `given`: as in BatchJob."""
        if self.service.busy:
            self._messages.warn(tr("Photos are already being painted. Cancel that or wait."))
            return
        start = self._session.settings.export_folder or str(Path.home())
        dialog = QFileDialog(self._window, tr("Folder for the paintings"), start)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.accepted.connect(lambda: self.begin(given, photos, Path(dialog.selectedFiles()[0])))
        dialog.finished.connect(self._forget)
        self.dialog = dialog
        dialog.open()

    def begin(self, given: Sequence[Path], photos: Sequence[Path], folder: Path) -> None:
        """Start to paint photos with the document's current style and look."""
        document, settings = self._session.document, self._session.settings
        settings.export_folder = str(folder)
        look = engine_look(document.look, self._session.style_id, document.seed)
        self.progress.begin(tr("Painting photos"))
        self._open_photos(photos, folder)
        self.service.begin(BatchJob(given, photos, folder, look, settings.export_quality))

    def stop(self) -> None:
        """Stop the batch and wait for its end, before the window closes."""
        if self.dialog is not None:
            self.dialog.reject()
        if self.photos is not None:
            self.photos.close()
        self.service.wait()

    def _open_photos(self, photos: Sequence[Path], folder: Path) -> None:
        """Show the photos of a batch, instead of those of the one before."""
        if self.photos is not None:
            self.photos.close()
            self.photos.deleteLater()
        self.photos = dialog = BatchDialog(photos, folder, self._window)
        dialog.paused.connect(self._pause)
        dialog.stopped.connect(self.service.stop)
        dialog.asked_folder.connect(lambda: _open_folder(folder))
        self._show_pause()
        dialog.show_beside()

    def _show_photos(self) -> None:
        if self.photos is not None:
            self.photos.show_beside()
            self.photos.raise_()

    def _pause(self, wanted: bool) -> None:
        self.service.pause(wanted)
        self._show_pause()

    def _show_pause(self) -> None:
        paused = self.service.paused
        name = tr("Continue") if paused else tr("Pause")
        set_button(self.pause_button, "resume" if paused else "pause", name)
        if self.photos is not None:
            self.photos.set_paused(paused)

    def _on_progressed(self, share: float, words: str) -> None:
        self.progress.set_progress(share, words)
        if self.photos is not None:
            self.photos.set_progress(share, words)

    def _on_seen(self, run: int, photo: BatchPhoto) -> None:
        if self.photos is None or run != self.service.run:
            return
        if photo.problem:
            self.photos.show_problem(photo.source, photo.problem)
        else:
            self.photos.show_photo(photo.source, photo.picture, photo.painted)

    def _forget(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None

    def _on_ended(self, end: BatchEnd) -> None:
        self._end = end
        self.progress.hide()
        if end.refusal:
            if self.photos is not None:
                self.photos.close()
            self._messages.warn(end.refusal)
            return
        told = tr(
            "Painted {count} of {all} photos into {folder}.",
            count=end.done, all=len(end.job.photos), folder=end.job.folder,
        )  # fmt: skip
        if end.stopped:
            told = tr("Stopped.") + " " + told
        if self.photos is not None:
            self.photos.finish(told)
        answers = [tr("Open the folder")]
        if len(end.problems) == 1:
            told += " " + end.problems[0]
        elif end.problems:
            answers.append(tr("Show problems"))
        self._messages.ask_last(told, answers, self._on_answer)

    def _on_answer(self, answer: str) -> None:
        end = self._end
        if end is None:
            return
        if answer == tr("Open the folder"):
            _open_folder(end.job.folder)
        else:
            self._show_photos()


def _open_folder(folder: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
