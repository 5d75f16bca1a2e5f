"""New, Save, and the question whether to save before unsaved work is lost."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow

from app.document.document_state import SUFFIX
from app.editing.session import Session
from app.files.document_file import UNTITLED, DocumentFile
from app.platform.settings import Settings
from app.platform.translation import tr
from app.widgets.actions import Actions
from app.widgets.dialogs import Answer, ask_changed, ask_overwrite, ask_save_path
from app.widgets.message_bar import MessageBar
from app.widgets.new_canvas_dialog import NewCanvasDialog, templates


class FileController(QObject):
    """Handles New and Save, and asks before unsaved work is discarded."""

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        settings: Settings,
        actions: Actions,
        messages: MessageBar,
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._settings = window, session, settings
        self._messages = messages
        self.file = DocumentFile(session, self)
        # The command that led to the question whether to save; repeated after saving.
        self._retry: Callable[[], object] | None = None
        self._asking = False
        # The newest command that replaces the document; only one waits, so one question is asked.
        self._waiting: Callable[[], object] | None = None
        self._connect(actions)
        self._show_name()

    # -- commands ---------------------------------------------------------------------------

    def new(self) -> None:
        """Ask for a size and a template, and start a new document."""
        self.when_safe(self._ask_new)

    def save(self) -> None:
        """Save to the document's file, or ask for a file if it has none."""
        if self.file.path is None:
            self.save_as()
        else:
            self.file.save(self.file.path)

    def save_as(self) -> None:
        """Ask for a file and save to it."""
        path = ask_save_path(self._window, self._suggestion())
        if path is None:
            self._retry = None
            return
        self.remember_folder(path)
        # The dialog asked about replacing exactly this name, not one with a suffix appended.
        complete = path.suffix.lower() == SUFFIX
        self.file.save(path if complete else path.with_name(path.name + SUFFIX), complete)

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
        if self.file.saving and self._retry is None:
            self._retry = close
            self._messages.say(tr("Daub closes as soon as {name} is saved.", name=self.file.name))
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
            answer = ask_changed(self._window, self.file.name)
        finally:
            self._asking = False
        if answer is Answer.SAVE:
            self._retry = retry
            self._session.close_off()
            self.save()
        return answer is Answer.DISCARD

    # -- events -----------------------------------------------------------------------------

    def _go_on(self) -> None:
        then, self._waiting = self._waiting, None
        if then is not None:
            then()

    def _leave(self, then: Callable[[], None]) -> None:
        # The user may continue to paint while the file is saved, so ask again after that.
        if self._may_go(partial(self.when_safe, then)):
            then()

    def _connect(self, actions: Actions) -> None:
        for name in ("new", "save", "save_as"):
            actions[name.replace("_", ".")].triggered.connect(getattr(self, name))
        file = self.file
        file.renamed.connect(self._show_name)
        file.said.connect(self._messages.say)
        file.saved.connect(self._on_saved)
        file.failed.connect(self._on_failed)
        file.conflicted.connect(self._on_conflict)

    def _ask_new(self) -> None:
        document, session = self._session.document, self._session
        choice = templates(list(session.styles.values()), session.style_id)
        dialog = NewCanvasDialog(document.width, document.height, choice, self._window)
        if dialog.exec():
            chosen = dialog.answer()
            self.file.take_new(chosen.width, chosen.height, chosen.starter, chosen.style_id)

    def _on_saved(self, _path: Path) -> None:
        retry, self._retry = self._retry, None
        if retry is not None:
            retry()

    def _on_failed(self, why: str) -> None:
        self._retry = None
        self._messages.warn(why)

    def _on_conflict(self, path: Path) -> None:
        answer = ask_overwrite(self._window, path)
        if answer is Answer.OVERWRITE:
            self.file.save(path, overwrite=True)
        elif answer is Answer.SAVE_AS:
            self.save_as()
        else:
            self._retry = None

    # -- names and folders ------------------------------------------------------------------

    def _show_name(self) -> None:
        self._window.setWindowTitle(f"{self.file.name}[*] - Daub")

    def _suggestion(self) -> Path:
        path = self.file.path
        return path if path is not None else self.folder() / f"{tr(UNTITLED)}{SUFFIX}"

    def folder(self) -> Path:
        """Return the initial folder of file dialogs."""
        path = self.file.path
        return path.parent if path is not None else Path(self._settings.folder or Path.home())

    def remember_folder(self, path: Path) -> None:
        """Use this file's folder as the initial folder of the next file dialog."""
        self._settings.folder = str(path.absolute().parent)
