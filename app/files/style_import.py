"""Import style files: check them, ask, and add them to the user's styles."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.editing.session import Session
from app.platform.translation import tr
from app.services.preview import StyleInfo
from app.widgets.message_bar import MessageBar
from app.widgets.style_import_dialog import StyleImportDialog

if TYPE_CHECKING:
    from app.services.style_files import StyleArchive


class StyleImport(QObject):
    """Shows what a style file contains and imports it if the user agrees; one after another."""

    def __init__(self, window: QWidget, session: Session, messages: MessageBar) -> None:
        super().__init__(window)
        self._window, self._session, self._messages = window, session, messages
        self._files = session.style_files
        self._early: list[Path] = []
        self._waiting: list[tuple[StyleArchive, str]] = []
        self.dialog: StyleImportDialog | None = None
        self._files.read.connect(self._on_read)
        self._files.imported.connect(self._on_imported)
        session.styles_changed.connect(self._read_early)

    def open(self, path: Path) -> None:
        """Read a style file and ask whether to import it.

        While the engine starts, this waits: reading imports torch, which would delay the window.
        """
        if self._session.styles:
            self._files.read_file(path)
        else:
            self._early.append(path)

    def _read_early(self) -> None:
        early, self._early = self._early, []
        for path in early:
            self._files.read_file(path)

    def _on_read(self, archive: "StyleArchive", clash: str) -> None:
        self._waiting.append((archive, clash))
        if self.dialog is None:
            self._ask()

    def _ask(self) -> None:
        archive, clash = self._waiting.pop(0)
        dialog = self.dialog = StyleImportDialog(archive, clash, self._window)
        dialog.accepted.connect(lambda: self._files.import_style(archive, dialog.replaces))
        dialog.finished.connect(self._on_finished)
        dialog.open()

    def _on_finished(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None
        if self._waiting:
            self._ask()

    def _on_imported(self, style: StyleInfo, replaced: bool) -> None:
        document = self._session.document
        if replaced and style.id in (document.style_id, document.look.second):
            self._session.strokes.repaint()
        told = tr("{title} is one of your styles now.", title=style.title)
        usable = not self._session.style_selection.unsupported(style.id)
        if usable and style.id != document.style_id:
            choose = self._session.choose_style
            self._messages.offer(told, (tr("Use it"),), lambda _: choose(style.id))
        else:
            self._messages.say(told)
