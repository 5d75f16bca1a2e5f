"""Closing the window: what is under way is waited for, and what is not saved is asked about."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.editing.canvas_jobs import CanvasJobs
from app.files.file_controller import FileController
from app.platform.translation import tr
from app.services.export import ExportService
from app.services.photo_batches import PhotoBatchService
from app.widgets.message_bar import MessageBar


class CloseGuard(QObject):
    """Says whether the window may close now; if not, closes it when it may, without a wait."""

    def __init__(
        self,
        window: QWidget,
        files: FileController,
        canvas: CanvasJobs,
        exports: ExportService,
        messages: MessageBar,
        photos: PhotoBatchService,
    ) -> None:
        super().__init__(window)
        self._window, self._files = window, files
        self._canvas, self._exports, self._messages = canvas, exports, messages
        self._photos = photos
        photos.ended.connect(self._on_painted)
        self._wished = self._patient = False
        canvas.dropped.connect(self._give_up)
        exports.written.connect(self._go_on)
        exports.ended.connect(self._stay)

    def may_close(self) -> bool:
        """Nothing is under way or would be lost."""
        if self._photos.wanted:
            answers = (tr("Stop and close"), tr("Go on painting"))
            self._messages.ask_then(tr("Photos are still being painted."), answers, self._on_answer)
            return False
        if self._exports.busy and not self._wished:
            self._wished = True
            self._messages.say(tr("Daub closes as soon as the picture is written."))
            return False
        if self._canvas.busy:
            self._patient = True
            self._messages.say(tr("Daub closes as soon as the canvas is changed."))
            self._files.when_still(self._close)
            return False
        self._wished = False
        return self._files.may_close(self._window.close)

    def _on_painted(self) -> None:
        self._messages.drop_question(self._on_answer)

    def _on_answer(self, answer: str) -> None:
        if answer == tr("Stop and close"):
            self._photos.stop()
            self._window.close()

    def _go_on(self) -> None:
        wished, self._wished = self._wished, False
        if wished:
            self._window.close()

    def _stay(self) -> None:
        """Work that was stopped or failed is no reason to close any more."""
        self._wished = False

    def _close(self) -> None:
        if self._patient:
            self._window.close()

    def _give_up(self) -> None:
        self._patient = False
