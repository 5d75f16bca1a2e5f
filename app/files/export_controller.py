"""Ask for export options, start the export and show its progress."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow

from app.document.export_options import ExportOptions
from app.editing.session import Session
from app.files.document_file import DocumentFile
from app.platform.settings import Settings
from app.platform.translation import tr
from app.services.export import formats
from app.widgets.export_dialog import ExportDialog, unused
from app.widgets.job_progress import JobProgress
from app.widgets.message_bar import MessageBar


class ExportController(QObject):
    """Connects the export service with the export dialog and its progress in the status bar."""

    def __init__(
        self, window: QMainWindow, session: Session, file: DocumentFile, messages: MessageBar
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._messages = window, session, messages
        self._file = file
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
        """Return the action handlers by action id."""
        return {"export": self.ask_export}

    def ask_export(self) -> None:
        """Show the export dialog and, if accepted, start the export."""
        session, document = self._session, self._session.document
        if session.exports.busy:
            self._messages.warn(tr("An export is already running. Cancel it or wait."))
            return
        self.close()
        dialog = self.dialog = ExportDialog(
            formats(), (document.width, document.height), self._defaults(),
            session.export_seconds, document.shows_refined, self._window, photo=document.photo,
            strokes=session.strokes.active,
        )  # fmt: skip
        dialog.accepted.connect(lambda: self._export(dialog.answer()))
        dialog.finished.connect(self._forget)
        dialog.open()

    def close(self) -> None:
        """Close the dialog, because another document or dialog replaces it."""
        if self.dialog is not None:
            self.dialog.reject()

    def _forget(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None

    def _defaults(self) -> ExportOptions:
        settings = self._session.settings
        photo, style = self._session.document.photo, self._session.document.style_id or "painting"
        name = style if photo is None else f"{Path(photo.name).stem} {style}"
        if self._file.path is not None:
            name = self._file.path.stem
        path = unused(export_folder(settings) / f"{name}.png")
        bits = settings.export_bits
        if photo is not None:
            bits = 8 if photo.deep is None else 16
        return ExportOptions(
            path, settings.export_format, bits,
            settings.export_quality, camera=settings.export_camera,
        )  # fmt: skip

    def _export(self, options: ExportOptions) -> None:
        settings = self._session.settings
        settings.export_format, settings.export_quality = options.format, options.quality
        if self._session.document.photo is None:
            settings.export_bits = options.bits
        elif self._session.document.photo.camera:
            settings.export_camera = options.camera
        self._session.export(options)


def export_folder(settings: Settings) -> Path:
    """Return the folder of the newest export if it still exists, else the user's own."""
    folder = Path(settings.export_folder or Path.home())
    return folder if folder.is_dir() else Path.home()
