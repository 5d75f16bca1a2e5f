"""New, Open, Save and what is asked before work could be lost."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMainWindow, QMenu

from app.document.document_state import SUFFIX, SavedDocument
from app.editing.session import Session
from app.files.document_file import UNTITLED, DocumentFile
from app.files.recent_files import RecentFiles
from app.platform.settings import Settings
from app.platform.translation import tr
from app.widgets.actions import Actions
from app.widgets.dialogs import Answer, ask_changed, ask_open_path, ask_overwrite, ask_save_path
from app.widgets.message_bar import MessageBar
from app.widgets.new_canvas_dialog import NewCanvasDialog, templates


class FileActions(QObject):
    """The File menu's side of the document. Nothing is lost without a question.

    `picture_chosen` carries a file that is no document.
    """

    picture_chosen = Signal(Path)

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
        self.recent = RecentFiles(settings, self)
        self._menu = QMenu(window)
        # What the painter wanted when Daub asked whether to save first; tried again after that.
        self._retry: Callable[[], object] | None = None
        self._asking = False
        self._copies = set[Path]()
        # What this document shall be left for; the newest wish counts, so that it is asked once.
        self._wish: Callable[[], object] | None = None
        self._connect(actions)
        self._fill_recent()
        self._show_name()

    # -- what the painter asks for ----------------------------------------------------------

    def new(self) -> None:
        """Ask for a size and a template, and begin another document."""
        self.when_safe(self._ask_new)

    def open(self) -> None:
        """Ask for a file and open it."""
        path = ask_open_path(self._window, self._folder())
        if path is not None and path.suffix.lower() != SUFFIX:
            self.picture_chosen.emit(path)
        elif path is not None:
            self.open_path(path)

    def open_path(self, path: Path) -> None:
        """Open this file; once it is read and found good, what is not saved is asked about."""
        self.file.open(path.absolute())

    def open_copy(self, path: Path) -> None:
        """Open a copy of a temporary file, as a document without a name."""
        self._copies.add(path)
        self.open_path(path)

    def begin_with(self, name: str, contents: SavedDocument) -> None:
        """Go on with another program's file called `name` as a document that no file holds."""
        self.when_safe(partial(self._take_unnamed, name, contents))

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
        self._remember_folder(path)
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
        self._session.canvas_work.after(self._go_on)

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
        for name in ("new", "open", "save", "save_as"):
            actions[name.replace("_", ".")].triggered.connect(getattr(self, name))
        actions["recent"].setMenu(self._menu)
        file = self.file
        file.renamed.connect(self._show_name)
        file.said.connect(self._messages.say)
        file.saved.connect(self._on_saved)
        file.failed.connect(self._on_failed)
        file.conflicted.connect(self._on_conflict)
        file.opened.connect(self._on_opened)
        for read in (file.opened, file.foreign):
            read.connect(self._remember_folder)
        self.recent.changed.connect(self._fill_recent)

    def _ask_new(self) -> None:
        document, session = self._session.document, self._session
        choice = templates(list(session.styles.values()), session.style_id)
        dialog = NewCanvasDialog(document.width, document.height, choice, self._window)
        if dialog.exec():
            wish = dialog.answer()
            self.file.take_new(wish.width, wish.height, wish.starter, wish.style_id)

    def _on_opened(self, path: Path, contents: SavedDocument) -> None:
        if path in self._copies:
            self.begin_with(path.name, contents)
            return
        self.when_safe(partial(self._take, path, contents))

    def _take(self, path: Path, contents: SavedDocument) -> None:
        self.file.take(path, contents)
        self.recent.add(path)

    def _take_unnamed(self, name: str, contents: SavedDocument) -> None:
        self.file.take_unnamed(contents)
        self._messages.say(
            tr("{name} is a new painting here, without a name; the file stays as it is.", name=name)
        )

    def _on_saved(self, path: Path) -> None:
        self.recent.add(path)
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

    def _fill_recent(self) -> None:
        self._menu.clear()
        for number, path in enumerate(self.recent.paths, 1):
            name = path.name.replace("&", "&&")
            action = self._menu.addAction(f"&{number % 10}  {name}")
            action.setToolTip(str(path))
            action.triggered.connect(partial(self._open_recent, path))
        self._menu.addSeparator()
        self._menu.addAction(tr("Clear this list"), self.recent.clear)
        self._menu.setToolTipsVisible(True)
        self._menu.menuAction().setEnabled(bool(self.recent.paths))

    def _open_recent(self, path: Path, _checked: bool = False) -> None:
        if path.exists():
            self.open_path(path)
        else:
            self.recent.drop(path)
            self._messages.warn(
                tr("{path} is not there any more, so it was taken off the list.", path=path)
            )

    def _suggestion(self) -> Path:
        path = self.file.path
        return path if path is not None else self._folder() / f"{tr(UNTITLED)}{SUFFIX}"

    def _folder(self) -> Path:
        path = self.file.path
        return path.parent if path is not None else Path(self._settings.folder or Path.home())

    def _remember_folder(self, path: Path, _contents: object = None) -> None:
        if path in self._copies:
            return
        self._settings.folder = str(path.absolute().parent)
