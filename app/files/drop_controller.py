"""Files and pictures from other programs, dropped anywhere on the window or pasted."""

import sys
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, QProcess, Qt, QTimer
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QMainWindow

import resources
from app.document.document_state import SUFFIX
from app.editing.session import Session
from app.files.batch_controller import BatchController
from app.files.document_file import DocumentFile
from app.files.dropped_content import FoundFiles, LentFiles, sort_out, understood
from app.files.open_controller import OpenController
from app.platform.arguments import NEW_WINDOW
from app.platform.translation import tr
from app.services.background_task import BackgroundTask
from app.widgets import clipboard
from app.widgets.drop_frame import DropFrame
from app.widgets.message_bar import MessageBar

MOST_WINDOWS = 8
"""Paintings that are opened at once: each is a Daub of its own, which takes its memory."""


class DropController(QObject):
    """Takes what is dropped or pasted, or says why not; the hand is shown where it can let go."""

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        opening: OpenController,
        file: DocumentFile,
        batch: BatchController,
        messages: MessageBar,
    ) -> None:
        super().__init__(window)
        self._session, self._opening = session, opening
        self._batch, self._messages = batch, messages
        self._keeper = LentFiles()
        # What came with the file that is being opened, and what was asked about.
        self._besides = self._asked = FoundFiles()
        self._looking: BackgroundTask | None = None
        self._leaving = False
        self.frame = DropFrame(window)
        window.setAcceptDrops(True)
        window.installEventFilter(self)
        arrivals = opening.imports
        for settled in (
            arrivals.arrived, arrivals.photo_arrived, arrivals.problem, file.opened, file.foreign,
            file.failed, file.begun,
        ):  # fmt: skip
            settled.connect(self._on_settled)

    def stop(self) -> None:
        """The window closes."""
        self._leaving = True
        if self._looking is not None:
            self._looking.wait()
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
        if not paths or paths[0].suffix.lower() != SUFFIX:
            self._session.preview.engine.await_photo()

    # -- taking -----------------------------------------------------------------------------

    def take_pasted(self) -> None:
        """Take in what the clipboard holds."""
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
            self._opening.take_clip(incoming.clip)
        elif incoming.paths:
            self._take_files([self._keeper.kept(path) for path in incoming.paths])
        else:
            self._take_image(incoming.name, mime)

    def _take_image(self, name: str, mime: QMimeData) -> None:
        image = clipboard.image_in(mime)
        if image is not None:
            self._opening.take_image(name, image)
        else:
            self._messages.warn(tr("{name} cannot be read as a picture.", name=name))

    def _take_files(self, paths: list[Path]) -> None:
        """Open the first; a thread finds out what else there is."""
        if len(paths) == 1 and not paths[0].is_dir():
            self._open(paths[0])
        elif self._looking is not None:
            self._messages.warn(tr("Daub is still looking through what was dropped before."))
        else:
            self._looking = BackgroundTask(lambda: sort_out(paths, lambda: self._leaving), self)
            self._looking.done.connect(self._on_found)
            self._looking.failed.connect(self._on_not_found)
            self._looking.start()

    def _open(self, path: Path) -> None:
        """Open a file; what another program has only lent is nowhere to save to."""
        self._opening.open(path, lent=self._keeper.holds(path))

    def _on_not_found(self, why: str) -> None:
        self._let_go()
        self._messages.warn(why)

    def _let_go(self) -> None:
        if self._looking is not None:
            self._looking.wait()
            self._looking.deleteLater()
            self._looking = None

    def _on_found(self, found: tuple[Path | None, FoundFiles]) -> None:
        self._let_go()
        if self._leaving:
            return
        first, self._besides = found
        if first is None:
            nothing = tr("There is no picture and no painting among these files.")
            self._messages.warn(self._besides.complaint or nothing)
            self._besides = FoundFiles()
        else:
            self._besides = self._besides.without(first)
            self._open(first)

    # -- what came besides ------------------------------------------------------------------

    def _on_settled(self) -> None:
        """Ask once the first is there or has failed, and what is told of it has been told."""
        if self._besides != FoundFiles():
            QTimer.singleShot(0, self, self._offer)

    def _offer(self) -> None:
        besides, self._besides = self._besides, FoundFiles()
        if besides.photos or besides.paintings:
            self._asked = besides
        elif besides.problems:
            self._messages.warn(besides.complaint)
        elif besides.others:
            self._session.said.emit(
                tr("Neither a picture nor a painting: {tally}.", tally=besides.tally)
            )
        if besides.photos:
            answers = (tr("Choose a folder..."), tr("No"))
            self._messages.ask_last(besides.photo_question, answers, self._on_photos)
        if besides.paintings:
            self._offer_paintings(besides)

    def _offer_paintings(self, besides: FoundFiles) -> None:
        """Each in a window of its own, but not what could not be saved where it lies."""
        lent = [path for path in besides.paintings if self._keeper.holds(path)]
        if lent:
            self._messages.warn(
                tr(
                    "{count} paintings are temporary files; save them in a folder and open them "
                    "from there.",
                    count=len(lent),
                )
            )
        own = [path for path in besides.paintings if path not in lent]
        self._asked = replace(self._asked, paintings=(*own[:MOST_WINDOWS],))
        if len(own) > MOST_WINDOWS:
            question = tr(
                "Open {most} of the other {count} paintings, each in a window of its own?",
                most=MOST_WINDOWS, count=len(own),
            )  # fmt: skip
        elif len(own) == 1:
            question = tr("Open {name} in another window?", name=own[0].name)
        else:
            question = tr(
                "Open the other {count} paintings, each in a window of its own?", count=len(own)
            )
        if own:
            complaint = "" if besides.photos else besides.complaint
            answers = (tr("Open"), tr("No"))
            self._messages.ask_last(f"{complaint} {question}".lstrip(), answers, self._on_paintings)

    def _on_photos(self, answer: str) -> None:
        if answer != tr("No"):
            self._batch.ask(self._asked.given, self._asked.photos)

    def _on_paintings(self, answer: str) -> None:
        if answer != tr("No"):
            for path in self._asked.paintings:
                open_window(path)


def open_window(path: Path) -> None:
    """Start another Daub that opens a file in a window of its own."""
    module = [] if getattr(sys, "frozen", False) else ["-m", "app"]
    arguments = [*module, NEW_WINDOW, str(path.absolute())]
    QProcess.startDetached(sys.executable, arguments, str(resources.ROOT.parent))
