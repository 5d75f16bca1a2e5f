"""Opens the style studio: for a picture, a copy of a style, or a project that was not finished."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMainWindow

from app.editing.session import Session
from app.platform.translation import tr
from app.services.newest_task import NewestTask
from app.widgets.dialogs import PICTURE_FILTER
from app.widgets.gallery import Gallery
from app.widgets.message_bar import MessageBar

if TYPE_CHECKING:
    from app.document.style_project import ProjectFacts, StyleProject
    from app.services.engine_worker import StudioFactory
    from app.services.style_projects import ProjectStore
    from app.window.studio_window import StudioWindow, TrialDoodle

ANSWERS = CONTINUE, LATER, DISCARD = "Continue", "Later", "Discard"


class StudioController(QObject):
    """Owns the studio's window, of which there is one at a time.

    `window`: None if closed; `root`: folder of the projects, None for the user's. `saved` carries
    the id of a style that was written, `lesson_wanted` of one whose network shall be taught.
    """

    saved = Signal(str)
    lesson_wanted = Signal(str)

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        factory: "StudioFactory",
        gallery: Gallery,
        messages: MessageBar,
    ) -> None:
        super().__init__(window)
        self._main, self._session, self._factory = window, session, factory
        self._gallery, self._messages = gallery, messages
        self.window: StudioWindow | None = None
        self.root: Path | None = None
        self.dialog: QFileDialog | None = None
        self._known_store: ProjectStore | None = None
        self._offered: tuple[Path, ProjectFacts] | None = None
        self._wanted_style = ""
        self._reader = NewestTask("studio", _results, self)
        self._reader.came.connect(lambda then: then())
        self._reader.failed.connect(messages.warn)
        session.styles_changed.connect(lambda _: self._use_wanted())

    @property
    def busy(self) -> bool:
        """Whether a picture or a project is being read."""
        return self._reader.busy

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return the action handlers by action id."""
        return {"styles.add": self.ask}

    # -- what to open -----------------------------------------------------------------------

    def ask(self) -> None:
        """Ask for a picture file; a project that was not finished is offered first."""
        self._search(self._ask_file)

    def offer(self) -> None:
        """Offer a project that was not finished, if there is one."""
        self._search(lambda: None)

    def begin(self, source: Path | np.ndarray, name: str) -> None:
        """Make a style of a picture, a file or H x W x 3 uint8 RGB; `name`: of the file."""
        from app.services.studio_files import picture_project

        self._read(lambda: picture_project(source, name))

    def edit_copy(self, style_id: str) -> None:
        """Make a new style that begins as a copy of this one."""
        from app.services.studio_files import pack_project

        folder = self._session.styles[style_id].folder
        self._read(lambda: pack_project(folder, copy=True))

    def edit(self, style_id: str) -> None:
        """Change one of the user's styles."""
        from app.services.studio_files import pack_project, stored_project

        folder, store = self._session.styles[style_id].folder, self._store

        def read() -> Callable[[], object]:
            stored = store.of_style(style_id)
            if stored is None:
                return partial(self._open, pack_project(folder, copy=False))
            return partial(self._open, stored_project(stored), stored)

        self._reader.post(read)

    def stop(self) -> None:
        """Close the studio, whose project is kept, and join all threads."""
        if self.window is not None:
            self.window.close()
        self._reader.stop()

    # -- projects ---------------------------------------------------------------------------

    @property
    def _store(self) -> "ProjectStore":
        if self._known_store is None:
            from app.services.style_projects import ProjectStore, projects_folder

            self._known_store = ProjectStore(self.root or projects_folder())
        return self._known_store

    def _search(self, otherwise: Callable[[], object]) -> None:
        store = self._store
        self._reader.post(lambda: partial(self._on_found, store.unfinished(), otherwise))

    def _on_found(
        self, found: "list[tuple[Path, ProjectFacts]]", otherwise: Callable[[], object]
    ) -> None:
        if not found:
            otherwise()
            return
        self._offered = found[0]
        title = found[0][1].details.title or found[0][1].name
        question = tr("The style {title} is not finished.", title=title)
        answers = [tr(answer) for answer in ANSWERS]
        self._messages.ask_then(question, answers, partial(self._on_answer, otherwise))

    def _on_answer(self, otherwise: Callable[[], object], answer: str) -> None:
        offered, self._offered = self._offered, None
        if offered is None:
            return
        folder = offered[0]
        if answer == tr(CONTINUE):
            from app.services.studio_files import stored_project

            self._reader.post(lambda: partial(self._open, stored_project(folder), folder))
        elif answer == tr(DISCARD):
            self._discard(folder)
            self._search(otherwise)
        else:
            otherwise()

    def _discard(self, folder: Path) -> None:
        from app.document.style_project import remove_project

        if self._store.take(folder):
            remove_project(folder)
            self._store.release(folder)

    def _ask_file(self) -> None:
        if self.dialog is not None:
            self.dialog.reject()
        dialog = self.dialog = QFileDialog(
            self._main, tr("New style from a picture"), self._session.settings.import_folder
        )
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(f"{tr('Pictures')} ({PICTURE_FILTER})")
        dialog.accepted.connect(lambda: self._on_file(Path(dialog.selectedFiles()[0])))
        dialog.finished.connect(self._forget_dialog)
        dialog.open()

    def _forget_dialog(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None

    def _on_file(self, path: Path) -> None:
        self._session.settings.import_folder = str(path.parent)
        self.begin(path, path.name)

    # -- the window -------------------------------------------------------------------------

    def _read(self, make: "Callable[[], StyleProject]") -> None:
        """Read a project on the thread and open the studio with it."""
        self._reader.post(lambda: partial(self._open, make()))

    def _open(self, project: "StyleProject", folder: Path | None = None) -> None:
        from app.editing.style_session import StyleSession
        from app.window.studio_window import StudioWindow

        if self.window is not None:
            self.window.close()
        try:
            folder = self._store.begin() if folder is None else folder
        except OSError as error:
            self._messages.warn(
                tr("{folder} cannot be used: {error}", folder=self._store.root, error=error)
            )
            return
        if not self._store.take(folder):
            self._messages.warn(tr("This style is open in another window of Daub."))
            return
        styles = StyleSession(project, folder, self._factory)
        window = self.window = StudioWindow(styles, self._doodles(), self._main)
        styles.saved.connect(self._session.renew_style)
        styles.saved.connect(self.saved)
        window.used.connect(self._use)
        window.lesson_wanted.connect(self.lesson_wanted)
        window.closed.connect(partial(self._on_closed, window))
        self._gallery.hide()
        window.show()

    def _on_closed(self, window: "StudioWindow") -> None:
        session, folder = window.session, window.session.folder
        self.window = None
        if session.blank:
            self._discard(folder)
        self._store.release(folder)
        if session.modified and not session.blank:
            self._messages.say(
                tr("The style is kept. Style > New style from a picture continues it.")
            )

    def _use(self, style_id: str) -> None:
        self._wanted_style = style_id
        self._use_wanted()

    def _use_wanted(self) -> None:
        """Paint with the style that the user wants, as soon as it is listed."""
        if self._wanted_style in self._session.styles:
            self._session.choose_style(self._wanted_style)
            self._wanted_style = ""
            self._main.activateWindow()

    def _doodles(self) -> "list[TrialDoodle]":
        """Return the doodles that can show the style: the document's, and starter doodles."""
        from app.window.studio_window import TrialDoodle

        session = self._session
        of_style = () if session.style is None else session.style.starters
        others = (style.starters for style in session.styles.values() if style.starters)
        starters = of_style or next(others, ())
        names = [tr("Starter doodle"), *(
            tr("Starter doodle {number}", number=number) for number in range(2, len(starters) + 1)
        )]  # fmt: skip
        found = [TrialDoodle(*each) for each in zip(names, starters, strict=False)]
        if session.document.photo is None:
            own = TrialDoodle(tr("Your doodle"), session.document.labels.snapshot().array())
            found.insert(len(found) if session.empty else 0, own)
        return found


def _results(work: Callable[[], Callable[[], object]]) -> Iterator[Callable[[], object]]:
    """Do the work on the thread; what it returns is called on the UI thread."""
    yield work()
