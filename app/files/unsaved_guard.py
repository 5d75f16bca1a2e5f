"""Ask whether to save before unsaved work is lost, and go on after the answer."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.editing.session import Session
from app.files.document_file import DocumentFile
from app.platform.translation import tr
from app.widgets.dialogs import Answer, ask_changed
from app.widgets.message_bar import MessageBar


class UnsavedGuard(QObject):
    """Stands before everything that replaces the document or closes the window."""

    def __init__(
        self,
        window: QWidget,
        session: Session,
        file: DocumentFile,
        save: Callable[[], object],
        messages: MessageBar,
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._file = window, session, file
        self._save, self._messages = save, messages
        # The command that led to the question whether to save; repeated after saving.
        self._retry: Callable[[], object] | None = None
        self._asking = False
        # The newest command that replaces the document; only one waits, so one question is asked.
        self._waiting: Callable[[], object] | None = None
        file.saved.connect(self._on_saved)

    def when_safe(self, then: Callable[[], None]) -> None:
        """Call `then` after the user has saved or discarded unsaved work."""
        self.when_still(partial(self._leave, then))

    def when_still(self, then: Callable[[], object]) -> None:
        """Call `then` as soon as no canvas job is running, unless a newer call replaces it.

        `then` replaces the document or closes the window.
        """
        self._waiting = then
        self._session.canvas_jobs.after(self._go_on)

    def may_close(self, close: Callable[[], object]) -> bool:
        """Return whether the window may close now; otherwise call `close` after saving.

        `close` is not called if the user cancels or saving fails.
        """
        if self._file.saving and self._retry is None:
            self._retry = close
            self._messages.say(tr("Daub closes as soon as {name} is saved.", name=self._file.name))
            return False
        return self._may_go(close)

    def _may_go(self, retry: Callable[[], object]) -> bool:
        """Return whether the document may be replaced; ask if it holds unsaved work.

        `retry` is called after the user has chosen to save. Return False while a question is open.
        """
        if self._asking:
            return False
        self._retry = None
        # An undecided draft of Refine took long to compute, so it counts as unsaved work.
        if not self._session.document.modified and self._session.refine.draft is None:
            return True
        self._asking = True
        try:
            answer = ask_changed(self._window, self._file.name)
        finally:
            self._asking = False
        if answer is Answer.SAVE:
            self._retry = retry
            self._session.close_off()
            self._save()
        return answer is Answer.DISCARD

    def cancel(self) -> None:
        """Forget the command that waits for saving: the user cancelled, or saving failed."""
        self._retry = None

    def _go_on(self) -> None:
        then, self._waiting = self._waiting, None
        if then is not None:
            then()

    def _leave(self, then: Callable[[], None]) -> None:
        # The user may continue to paint while the file is saved, so ask again after that.
        if self._may_go(partial(self.when_safe, then)):
            then()

    def _on_saved(self) -> None:
        retry, self._retry = self._retry, None
        if retry is not None:
            retry()
