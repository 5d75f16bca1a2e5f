"""Closing the window: what is under way is waited for, and what is not saved is asked about."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.file_actions import FileActions
from app.services.export import ExportService
from app.widgets.message_bar import MessageBar
from app.words import tr


class Leaving(QObject):
    """Says whether the window may close now; if not, closes it when it may, without a wait."""

    def __init__(
        self, window: QWidget, files: FileActions, exports: ExportService, messages: MessageBar
    ) -> None:
        super().__init__(window)
        self._window, self._files, self._exports = window, files, exports
        self._messages = messages
        self._wished = False
        exports.written.connect(self._on_written)
        exports.ended.connect(self._stay)

    def may_close(self) -> bool:
        """Nothing is under way or would be lost."""
        if self._exports.busy and not self._wished:
            self._wished = True
            self._messages.say(tr("Daub closes as soon as the picture is written."))
            return False
        self._wished = False
        return self._files.may_close(self._window.close)

    def _on_written(self) -> None:
        if self._wished:
            self._window.close()

    def _stay(self) -> None:
        """An export that was stopped or failed is no reason to close any more."""
        self._wished = False
