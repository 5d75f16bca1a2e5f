"""Decide whether the window may close while jobs are running or changes are unsaved."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.editing.canvas_jobs import CanvasJobs
from app.files.film_controller import FilmController
from app.files.unsaved_guard import UnsavedGuard
from app.platform.translation import tr
from app.services.clip_renders import ClipRenderService
from app.services.export import ExportService
from app.services.photo_batches import PhotoBatchService
from app.widgets.message_bar import MessageBar


class CloseGuard(QObject):
    """Decides whether the window may close now; otherwise closes it later, without blocking."""

    def __init__(
        self,
        window: QWidget,
        unsaved: UnsavedGuard,
        canvas: CanvasJobs,
        exports: ExportService,
        messages: MessageBar,
        photos: PhotoBatchService,
        films: FilmController,
        clips: ClipRenderService,
    ) -> None:
        super().__init__(window)
        self._window, self._unsaved = window, unsaved
        self._canvas, self._exports, self._messages = canvas, exports, messages
        self._photos, self._films, self._clips = photos, films, clips
        photos.ended.connect(self._on_painted)
        clips.ended.connect(self._on_painted)
        self._closes_after_export = self._closes_after_canvas = False
        canvas.dropped.connect(self._forget_canvas)
        for service in (exports, films.service):
            service.written.connect(self._on_written)
            service.stopped.connect(self._forget_export)
            service.problem.connect(self._forget_export)

    def may_close(self) -> bool:
        """Return whether the window may close now; otherwise tell the user what it waits for."""
        painted = tr("Photos are still being painted.") if self._photos.wanted else ""
        if self._clips.wanted:
            painted = tr("A clip is being rendered; the next start offers to go on.")
        if painted:
            answers = (tr("Stop and close"), tr("Continue painting"))
            self._messages.ask_then(painted, answers, self._on_answer)
            return False
        if (self._exports.busy or self._films.busy) and not self._closes_after_export:
            self._closes_after_export = True
            self._messages.say(tr("Daub will close when the export is finished."))
            return False
        if self._canvas.busy:
            self._closes_after_canvas = True
            self._messages.say(tr("Daub will close when the canvas operation is finished."))
            self._unsaved.when_still(self._close)
            return False
        self._closes_after_export = False
        return self._unsaved.may_close(self._window.close)

    def _on_painted(self) -> None:
        self._messages.drop_question(self._on_answer)

    def _on_answer(self, answer: str) -> None:
        if answer == tr("Stop and close"):
            self._photos.stop()
            self._clips.stop()
            self._window.close()

    def _on_written(self) -> None:
        closes, self._closes_after_export = self._closes_after_export, False
        if closes:
            self._window.close()

    def _forget_export(self) -> None:
        """Cancel the pending close, because an export or a film was stopped or has failed."""
        self._closes_after_export = False

    def _close(self) -> None:
        if self._closes_after_canvas:
            self._window.close()

    def _forget_canvas(self) -> None:
        self._closes_after_canvas = False
