"""Open files and pictures that are dropped on the window or pasted; on the gallery, add styles."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, QProcess, Qt, QTimer, Signal
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QMainWindow, QWidget

import resources
from app.document.clip_options import is_clip
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
from resources.style_files import SUFFIX as STYLE_SUFFIX

MOST_WINDOWS = 8
"""Limit of paintings opened at once: each gets its own process, which needs much memory."""

MOST_STYLES = 12
"""Most pictures that become styles without a question."""


class DropController(QObject):
    """Opens dropped or pasted contents or reports why not, and shows a frame during a drag.

    `style_dropped`: one picture was dropped on the gallery; carries its file, or h x w x 3 uint8
    RGB, and its name.
    """

    style_dropped = Signal(object, str)

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        opening: OpenController,
        file: DocumentFile,
        batch: BatchController,
        messages: MessageBar,
        gallery: QWidget,
    ) -> None:
        super().__init__(window)
        self._window, self._gallery = window, gallery
        self._session, self._opening = session, opening
        self._batch, self._messages = batch, messages
        self._keeper = LentFiles()
        # The other files dropped with the one being opened, and those in the current question.
        self._others = self._asked = FoundFiles()
        self._asked_styles: Sequence[Path] = ()
        self._looking: BackgroundTask | None = None
        self._leaving = False
        self.frame = DropFrame(window, tr("Drop to open"))
        self.style_frame = DropFrame(gallery, tr("Drop to add styles"))
        window.setAcceptDrops(True)
        window.installEventFilter(self)
        arrivals = opening.imports
        for settled in (
            arrivals.arrived, arrivals.photo_arrived, arrivals.problem, file.opened, file.foreign,
            file.failed, file.begun,
        ):  # fmt: skip
            settled.connect(self._on_settled)

    def stop(self) -> None:
        """Cancel the search for files and delete temporary copies, before the window closes."""
        self._leaving = True
        if self._looking is not None:
            self._looking.wait()
        self._keeper.clear()

    # -- drag and drop ----------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle drag and drop events of the whole window."""
        kind = event.type()
        if kind == QEvent.Type.DragLeave:
            self.frame.hide()
            self.style_frame.hide()
        elif isinstance(event, QDropEvent) and kind in (
            QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop,
        ):  # fmt: skip
            self._on_drag(event)
            return True
        return super().eventFilter(watched, event)

    def _on_drag(self, event: QDropEvent) -> None:
        kind, mime = event.type(), event.mimeData()
        incoming = understood(mime)
        refusal, hangs = incoming.refusal, not incoming.refusal and kind != QEvent.Type.Drop
        as_style = incoming.clip is None and self._is_over_gallery(event)
        self.frame.setVisible(hangs and not as_style)
        self.style_frame.setVisible(hangs and as_style)
        if refusal:
            event.ignore()
            if kind == QEvent.Type.DragEnter:
                self._session.said.emit(refusal)
            return
        if kind == QEvent.Type.Drop and as_style:
            self._take_styles(mime)
        elif kind == QEvent.Type.Drop:
            self._take(mime)
        elif kind == QEvent.Type.DragEnter:
            self._prepare(mime)
        # Never a move, after which a file manager would delete the file.
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()

    def _prepare(self, mime: QMimeData) -> None:
        """Load the photo network during the drag if the files may be photos."""
        paths = understood(mime).paths
        if not paths or paths[0].suffix.lower() not in (SUFFIX, STYLE_SUFFIX):
            self._session.preview.engine.await_photo()

    def _is_over_gallery(self, event: QDropEvent) -> bool:
        place = self._gallery.mapFrom(self._window, event.position().toPoint())
        return self._gallery.isVisible() and self._gallery.rect().contains(place)

    # -- styles -----------------------------------------------------------------------------

    def _take_styles(self, mime: QMimeData) -> None:
        """Make a style of one picture in the studio, and of several at once, for photos.

        A thread searches folders. Style files are opened.
        """
        incoming = understood(mime)
        if incoming.image:
            self._take_image(incoming.name, mime, self._add_image)
            return
        paths = self._without_styles([self._keeper.kept(path) for path in incoming.paths])
        if any(path.is_dir() for path in paths):
            self._search(paths, self._on_styles_found)
        elif len(paths) == 1:
            self.style_dropped.emit(paths[0], paths[0].name)
        elif paths:
            self._add_styles(paths)

    def _on_styles_found(self, found: tuple[Path | None, FoundFiles]) -> None:
        self._drop_task()
        if self._leaving:
            return
        photos, complaint = found[1].photos, found[1].complaint
        if photos:
            self._add_styles(photos)
        else:
            self._messages.warn(complaint or tr("These files contain no picture."))

    def _add_image(self, name: str, image: QImage) -> None:
        self.style_dropped.emit(clipboard.rgb_of(image), name)

    def _add_styles(self, paths: Sequence[Path]) -> None:
        """Add the pictures to the styles; ask first if there are many, as of a whole folder."""
        if len(paths) <= MOST_STYLES:
            self._session.add_styles([(path, path.name) for path in paths])
            return
        self._asked_styles = paths
        question = tr("Add {count} pictures to the styles?", count=len(paths))
        self._messages.ask_then(question, (tr("Add"), tr("No")), self._on_styles_answer)

    def _on_styles_answer(self, answer: str) -> None:
        if answer != tr("No"):
            self._session.add_styles([(path, path.name) for path in self._asked_styles])

    # -- opening ----------------------------------------------------------------------------

    def take_pasted(self) -> None:
        """Open the clipboard's contents, or report why not."""
        mime = QGuiApplication.clipboard().mimeData()
        incoming = understood(mime)
        if incoming.refusal and not mime.hasUrls():
            self._session.said.emit(tr("There is nothing on the clipboard to paste."))
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
            self._take_image(incoming.name, mime, self._opening.take_image)

    def _take_image(
        self, name: str, mime: QMimeData, take: Callable[[str, QImage], object]
    ) -> None:
        image = clipboard.image_in(mime)
        if image is not None:
            take(name, image)
        else:
            self._messages.warn(tr("{name} cannot be read as a picture.", name=name))

    def _take_files(self, paths: list[Path]) -> None:
        """Open the first file; a thread searches the rest. Style files are all opened."""
        paths = self._without_clips(self._without_styles(paths))
        if len(paths) == 1 and not paths[0].is_dir():
            self._open(paths[0])
        elif paths:
            self._search(paths, self._on_found)

    def _without_styles(self, paths: list[Path]) -> list[Path]:
        """Open the style files; return the other paths."""
        styles = [path for path in paths if path.suffix.lower() == STYLE_SUFFIX]
        for style in styles:
            self._open(style)
        return [path for path in paths if path not in styles]

    def _without_clips(self, paths: list[Path]) -> list[Path]:
        """Open the first clip; return what is no clip."""
        clips = [path for path in paths if is_clip(path)]
        for clip in clips[:1]:
            self._open(clip)
        if len(clips) > 1:
            self._session.said.emit(tr("Only {name} is opened.", name=clips[0].name))
        return [path for path in paths if path not in clips]

    def _search(
        self, paths: list[Path], then: Callable[[tuple[Path | None, FoundFiles]], object]
    ) -> None:
        if self._looking is not None:
            self._messages.warn(tr("The files dropped before are still being searched."))
            return
        self._looking = BackgroundTask(lambda: sort_out(paths, lambda: self._leaving), self)
        self._looking.done.connect(then)
        self._looking.failed.connect(self._on_not_found)
        self._looking.start()

    def _open(self, path: Path) -> None:
        """Open a file; a copy of another program's temporary file is never saved to."""
        self._opening.open(path, lent=self._keeper.holds(path))

    def _on_not_found(self, why: str) -> None:
        self._drop_task()
        self._messages.warn(why)

    def _drop_task(self) -> None:
        if self._looking is not None:
            self._looking.wait()
            self._looking.deleteLater()
            self._looking = None

    def _on_found(self, found: tuple[Path | None, FoundFiles]) -> None:
        self._drop_task()
        if self._leaving:
            return
        first, self._others = found
        if first is None:
            nothing = tr("These files contain no picture and no painting.")
            self._messages.warn(self._others.complaint or nothing)
            self._others = FoundFiles()
        else:
            self._others = self._others.without(first)
            self._open(first)

    # -- the other files --------------------------------------------------------------------

    def _on_settled(self) -> None:
        """Offer the other files after the first was opened or has failed, and its messages."""
        if self._others != FoundFiles():
            QTimer.singleShot(0, self, self._offer)

    def _offer(self) -> None:
        others, self._others = self._others, FoundFiles()
        if others.photos or others.paintings:
            self._asked = others
        elif others.problems:
            self._messages.warn(others.complaint)
        elif others.others:
            self._session.said.emit(
                tr("Neither a picture nor a painting: {tally}.", tally=others.tally)
            )
        if others.photos:
            answers = (tr("Choose a folder..."), tr("No"))
            self._messages.ask_last(others.photo_question, answers, self._on_photos)
        if others.paintings:
            self._offer_paintings(others)

    def _offer_paintings(self, others: FoundFiles) -> None:
        """Offer to open each painting in its own window, except temporary files."""
        lent = [path for path in others.paintings if self._keeper.holds(path)]
        if lent:
            self._messages.warn(
                tr(
                    "{count} paintings are temporary files. Save them in a folder and open them "
                    "from there.",
                    count=len(lent),
                )
            )
        own = [path for path in others.paintings if path not in lent]
        self._asked = replace(self._asked, paintings=(*own[:MOST_WINDOWS],))
        if len(own) > MOST_WINDOWS:
            question = tr(
                "Open {most} of the other {count} paintings, each in its own window?",
                most=MOST_WINDOWS, count=len(own),
            )  # fmt: skip
        elif len(own) == 1:
            question = tr("Open {name} in another window?", name=own[0].name)
        else:
            question = tr(
                "Open the other {count} paintings, each in its own window?", count=len(own)
            )
        if own:
            complaint = "" if others.photos else others.complaint
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
    """Start another process that opens a file in its own window."""
    module = [] if getattr(sys, "frozen", False) else ["-m", "app"]
    arguments = [*module, NEW_WINDOW, str(path.absolute())]
    QProcess.startDetached(sys.executable, arguments, str(resources.ROOT.parent))
