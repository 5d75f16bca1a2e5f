"""Files and pictures from other programs, dropped anywhere on the window or pasted."""

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QMainWindow

from app.document.contents import SUFFIX
from app.exchange import Exchange
from app.file_actions import FileActions
from app.incoming import Keeper, understood
from app.session import Session
from app.widgets import clipboard
from app.widgets.drop_frame import DropFrame
from app.widgets.message_bar import MessageBar
from app.words import tr


class Drops(QObject):
    """Takes what is dropped or pasted, or says why not; the hand is shown where it can let go."""

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        exchange: Exchange,
        files: FileActions,
        messages: MessageBar,
    ) -> None:
        super().__init__(window)
        self._session, self._exchange, self._files = session, exchange, files
        self._messages = messages
        self._keeper = Keeper()
        self.frame = DropFrame(window)
        window.setAcceptDrops(True)
        window.installEventFilter(self)
        exchange.pasted.connect(self._on_pasted)

    def stop(self) -> None:
        """The window closes."""
        self._keeper.clear()

    # -- drag and drop ----------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Files and pictures may be dropped anywhere on the window."""
        kind = event.type()
        if kind == QEvent.Type.DragLeave:
            self.frame.hide()
        elif isinstance(event, QDropEvent) and kind in (
            QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop,
        ):  # fmt: skip
            self._on_drag(event)
            return True
        return super().eventFilter(watched, event)

    def _on_drag(self, event: QDropEvent) -> None:
        kind, mime = event.type(), event.mimeData()
        refusal = understood(mime).refusal
        self.frame.setVisible(not refusal and kind != QEvent.Type.Drop)
        if refusal:
            event.ignore()
            if kind == QEvent.Type.DragEnter:
                self._session.said.emit(refusal)
            return
        if kind == QEvent.Type.Drop:
            self._take(mime)
        elif kind == QEvent.Type.DragEnter:
            self._prepare(mime)
        # Never a move: a file manager would delete what it believes to have moved here.
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()

    def _prepare(self, mime: QMimeData) -> None:
        """Have the network for photos read while the hand is still above the window."""
        paths = understood(mime).paths
        if not paths or paths[0].suffix.lower() not in self._exchange.openers:
            self._session.preview.engine.await_photo()

    # -- taking -----------------------------------------------------------------------------

    def _on_pasted(self) -> None:
        mime = QGuiApplication.clipboard().mimeData()
        incoming = understood(mime)
        if incoming.refusal and not mime.hasUrls():
            self._session.said.emit(tr("There is nothing on the clipboard that could be pasted."))
        elif incoming.refusal:
            self._session.said.emit(incoming.refusal)
        else:
            self._take(mime)

    def _take(self, mime: QMimeData) -> None:
        incoming = understood(mime)
        if incoming.clip is not None:
            self._exchange.lay_clip(incoming.clip)
        elif incoming.paths:
            self._open(incoming.paths[0])
        else:
            self._take_image(incoming.name, mime)

    def _take_image(self, name: str, mime: QMimeData) -> None:
        image = clipboard.image_in(mime)
        if image is not None:
            self._exchange.take_image(name, image)
        else:
            self._messages.warn(tr("{name} cannot be read as a picture.", name=name))

    def _open(self, path: Path) -> None:
        """Open a file; what another program has only lent is nowhere to save to."""
        kept = self._keeper.kept(path)
        if not self._keeper.holds(kept):
            self._exchange.open_file(kept)
        elif kept.suffix.lower() == SUFFIX:
            self._files.open_copy(kept)
        else:
            self._exchange.read(kept)
