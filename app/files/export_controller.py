"""Ask how a picture is to be written, and show how far that is."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow

from app.document.export_options import ExportOptions
from app.editing.session import Session
from app.platform.translation import tr
from app.services.export import formats
from app.widgets.export_dialog import ExportDialog, unused
from app.widgets.job_progress import JobProgress
from app.widgets.message_bar import MessageBar


class ExportController(QObject):
    """Connects exports with their dialog and their progress in the status bar."""

    def __init__(self, window: QMainWindow, session: Session, messages: MessageBar) -> None:
        super().__init__(window)
        self._window, self._session, self._messages = window, session, messages
        self.dialog: ExportDialog | None = None
        self.progress = JobProgress(
            tr("Export"), tr("Stop the export"), tr("Stop the export; no file remains")
        )
        exports = session.exports
        exports.started.connect(
            lambda path: self.progress.begin(tr("Exporting {name}", name=path.name))
        )
        exports.progressed.connect(self.progress.set_progress)
        exports.ended.connect(self.progress.hide)
        self.progress.stopped.connect(exports.stop)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What the actions do, by id."""
        return {"export": self.ask_export}

    def ask_export(self) -> None:
        """Ask how, and write the painting or the doodle."""
        session, document = self._session, self._session.document
        if session.exports.busy:
            self._messages.warn(tr("An export is under way; stop it first, or wait for it."))
            return
        self.close()
        dialog = self.dialog = ExportDialog(
            formats(), (document.width, document.height), self._first_wish(),
            session.exports.estimate, document.shows_refined, self._window, photo=document.photo,
        )  # fmt: skip
        dialog.accepted.connect(lambda: self._export(dialog.answer()))
        dialog.finished.connect(self._forget)
        dialog.open()

    def close(self) -> None:
        """Close the dialog: another document has begun, or another dialog is asked for."""
        if self.dialog is not None:
            self.dialog.reject()

    def _forget(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None

    def _first_wish(self) -> ExportOptions:
        settings = self._session.settings
        folder = Path(settings.export_folder or Path.home())
        folder = folder if folder.is_dir() else Path.home()
        photo, style = self._session.document.photo, self._session.document.style_id or "painting"
        name = style if photo is None else f"{Path(photo.name).stem} {style}"
        return ExportOptions(
            unused(folder / f"{name}.png"), settings.export_format, settings.export_bits,
            settings.export_quality, camera=settings.export_camera,
        )  # fmt: skip

    def _export(self, wish: ExportOptions) -> None:
        settings = self._session.settings
        settings.export_format, settings.export_quality = wish.format, wish.quality
        if self._session.document.photo is None:
            settings.export_bits = wish.bits
        elif self._session.document.photo.camera:
            settings.export_camera = wish.camera
        self._session.export(wish)
