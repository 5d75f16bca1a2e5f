"""Recovery: keep an autosave journal of the session and offer the work of crashed sessions."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.document.document_state import UnsavedWork
from app.editing.session import Session
from app.files.document_file import DocumentFile
from app.files.open_controller import OpenController
from app.platform.translation import tr
from app.services.autosave import AutosaveService, Scene
from app.services.recoverable_work import RecoverableWork
from app.widgets.recovery_dialog import RecoveryDialog


class Recovery(QObject):
    """Asks the user what to do with recoverable work and opens it in the session."""

    def __init__(
        self, session: Session, file: DocumentFile, opening: OpenController, window: QWidget
    ) -> None:
        super().__init__(window)
        self._session, self._file, self._opening = session, file, opening
        self._window = window
        self.autosave = AutosaveService(session.document, session.settings, self._scene, self)
        self.dialog: RecoveryDialog | None = None
        self._asked = False
        session.tool_controller.busy_changed.connect(self._on_busy)
        session.history.changed.connect(self.autosave.note_step)
        file.renamed.connect(self.autosave.note)
        self.autosave.said.connect(session.said)
        self.autosave.problem.connect(session.problem)
        self.autosave.found.connect(self._on_found)
        self.autosave.opened.connect(self._on_opened)

    def begin(self, root: Path) -> None:
        """Start autosave in the folder `root`, and offer recoverable work found there."""
        self.autosave.start(root)

    def ask(self) -> None:
        """Search for recoverable work again, and tell the user if there is none."""
        if self.dialog is not None:
            self.dialog.raise_()
            self.dialog.activateWindow()
        else:
            self._asked = True
            self.autosave.scan()

    def stop(self, keep: bool) -> None:
        """Stop autosave; `keep` the journal for the next start, or delete it."""
        if self.dialog is not None:
            self.dialog.close()
        self.autosave.stop(keep)

    def _on_busy(self, busy: bool) -> None:
        if not busy:
            self.autosave.rest()

    def _on_found(self, leftovers: list[RecoverableWork]) -> None:
        asked, self._asked = self._asked, False
        if leftovers:
            self._offer(leftovers)
        elif asked:
            self._session.said.emit(tr("There is no unsaved work to recover."))

    def _offer(self, leftovers: list[RecoverableWork]) -> None:
        dialog = self.dialog = RecoveryDialog(leftovers, self._title_of_style, self._window)
        dialog.recovered.connect(self.autosave.open)
        dialog.discarded.connect(self.autosave.discard)
        dialog.postponed.connect(self.autosave.postpone)
        dialog.finished.connect(self._on_closed)
        dialog.show()

    def _on_closed(self) -> None:
        self.dialog = None

    def _on_opened(self, leftover: RecoverableWork, work: UnsavedWork) -> None:
        self._opening.recover(work, partial(self.autosave.adopt, leftover, work))

    def _scene(self) -> Scene:
        session = self._session
        file = self._file
        busy, place = session.tool_controller.busy, session.history.place
        return Scene(session.style_id, file.path, file.stamp, busy, place)

    def _title_of_style(self, style_id: str) -> str:
        """Return the style's title, or a title made from its id before the styles are known."""
        style = self._session.styles.get(style_id)
        return style.title if style is not None else style_id.replace("-", " ").capitalize()
