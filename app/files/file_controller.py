"""New and Save."""

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow

from app.document.document_state import SUFFIX
from app.editing.session import Session
from app.files.document_file import UNTITLED, DocumentFile
from app.files.unsaved_guard import UnsavedGuard
from app.platform.settings import Settings
from app.platform.translation import tr
from app.widgets.actions import Actions
from app.widgets.dialogs import Answer, ask_overwrite, ask_save_path
from app.widgets.message_bar import MessageBar
from app.widgets.new_canvas_dialog import NewCanvasDialog, templates


class FileController(QObject):
    """Handles New, Save and Save as; `guard` asks before unsaved work is discarded."""

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
        self.guard = UnsavedGuard(window, session, self.file, self.save, messages)
        self._connect(actions)
        self._show_name()

    # -- commands ---------------------------------------------------------------------------

    def new(self) -> None:
        """Ask for a size and a template, and start a new document."""
        self.guard.when_safe(self._ask_new)

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
            self.guard.cancel()
            return
        self.remember_folder(path)
        # The dialog asked about replacing exactly this name, not one with a suffix appended.
        complete = path.suffix.lower() == SUFFIX
        self.file.save(path if complete else path.with_name(path.name + SUFFIX), complete)

    # -- events -----------------------------------------------------------------------------

    def _connect(self, actions: Actions) -> None:
        for name in ("new", "save", "save_as"):
            actions[name.replace("_", ".")].triggered.connect(getattr(self, name))
        file = self.file
        file.renamed.connect(self._show_name)
        file.said.connect(self._messages.say)
        file.failed.connect(self._on_failed)
        file.conflicted.connect(self._on_conflict)

    def _ask_new(self) -> None:
        document, session = self._session.document, self._session
        choice = templates(list(session.styles.values()), session.style_id)
        dialog = NewCanvasDialog(document.width, document.height, choice, self._window)
        if dialog.exec():
            chosen = dialog.answer()
            self.file.take_new(chosen.width, chosen.height, chosen.starter, chosen.style_id)

    def _on_failed(self, why: str) -> None:
        self.guard.cancel()
        self._messages.warn(why)

    def _on_conflict(self, path: Path) -> None:
        answer = ask_overwrite(self._window, path)
        if answer is Answer.OVERWRITE:
            self.file.save(path, overwrite=True)
        elif answer is Answer.SAVE_AS:
            self.save_as()
        else:
            self.guard.cancel()

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
