"""New, Save, and what is asked before work could be lost."""

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
    """New, Save, and the question before unsaved work is left. Nothing is lost without it."""

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
        # What the painter wanted when Daub asked whether to save first; tried again after that.
        self._retry: Callable[[], object] | None = None
        self._asking = False
        # What this document shall be left for; the newest wish counts, so that it is asked once.
        self._wish: Callable[[], object] | None = None
        self._connect(actions)
        self._show_name()

    # -- what the painter asks for ----------------------------------------------------------

    def new(self) -> None:
        """Ask for a size and a template, and begin another document."""
        self.when_safe(self._ask_new)

    def save(self) -> None:
        """Save to the document's file; ask for one when there is none yet."""
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
        # The dialog has asked whether to replace the very name that was given.
        whole = path.suffix.lower() == SUFFIX
        self.file.save(path if whole else path.with_name(path.name + SUFFIX), whole)

    def when_safe(self, then: Callable[[], None]) -> None:
        """Do this, but first let the painter save or give up what is not saved."""
        self.when_still(partial(self._leave, then))

    def when_still(self, then: Callable[[], object]) -> None:
        """Do this once the canvas is not being changed, unless something else is wished for then.

        It is what the document is left for: another one, or closing the window.
        """
        self._wish = then
        self._session.canvas_jobs.after(self._go_on)

    def may_close(self, close: Callable[[], object]) -> bool:
        """The window may close now; else `close` is called when it may, unless that is unwanted."""
        if self.file.saving and self._retry is None:
            self._retry = close
            self._messages.say(tr("Daub closes as soon as {name} is saved.", name=self.file.name))
            return False
        return self._may_go(close)

    def _may_go(self, retry: Callable[[], object]) -> bool:
        """Nothing would be lost; `retry` is called once what would be is saved.

        A wish that comes while Daub is asking already is not heard.
        """
        if self._asking:
            return False
        self._retry = None
        # A picture of Refine that is not decided about has taken long; it is work like any other.
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

    # -- what happens -----------------------------------------------------------------------

    def _go_on(self) -> None:
        wish, self._wish = self._wish, None
        if wish is not None:
            wish()

    def _leave(self, then: Callable[[], None]) -> None:
        # More may be painted until it is saved, so that is the question again.
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
            wish = dialog.answer()
            self.file.take_new(wish.width, wish.height, wish.starter, wish.style_id)

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
        """The folder that dialogs begin in."""
        path = self.file.path
        return path.parent if path is not None else Path(self._settings.folder or Path.home())

    def remember_folder(self, path: Path) -> None:
        """Begin in this file's folder the next time."""
        self._settings.folder = str(path.absolute().parent)
