"""Open files and pictures from any source: command line, menu, drop, paste, another instance.

`open` -> a thread reads and classifies the file -> a question if there is a choice -> a question
about unsaved work -> the session takes over a new `DocumentState`, or the picture is placed on the
canvas as an undo step.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import QDialog, QFileDialog, QMainWindow, QMenu

from app.document.clip_options import is_clip
from app.document.clipboard_doodle import ClipboardDoodle
from app.document.document import Change, Changed
from app.document.document_state import SUFFIX, DocumentState, SavedDocument, UnsavedWork
from app.document.label_map import LabelMap, LabelSnapshot
from app.document.picture import PictureSnapshot
from app.document.underlay import Underlay
from app.editing.commands import CanvasCommand
from app.editing.session import Session
from app.files.file_controller import FileController
from app.files.recent_files import RecentFiles
from app.files.style_import import StyleImport
from app.platform.translation import tr
from app.services.import_service import DrawingRead, ImportService, PhotoRead
from app.widgets import clipboard
from app.widgets.dialogs import PICTURE_FILTER, ask_open_path
from app.widgets.import_dialog import ImportDialog
from app.widgets.workspace import Workspace
from resources.materials import PHOTO
from resources.style_files import SUFFIX as STYLE_SUFFIX

ANSWERS = NEW_PAINTING, INTO_THIS, SOMETHING_ELSE, AS_STYLE = (
    "New painting", "Replace", "Doodle or trace...", "Use as style",
)  # fmt: skip


class OpenController(QObject):
    """Opens documents and imports pictures; asks before unsaved work is lost.

    `style_wanted`: the user wants a style made of a picture, H x W x 3 uint8 RGB; with its name.
    `clip_wanted` carries the file of a film or an animation.
    """

    style_wanted = Signal(object, str)
    clip_wanted = Signal(Path)

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        workspace: Workspace,
        files: FileController,
        recent: QAction,
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._workspace = window, session, workspace
        self._files = files
        self.imports = ImportService(self)
        self.styles = StyleImport(window, session, workspace.messages)
        self.dialog: QDialog | None = None
        self.recent = RecentFiles(session.settings, self)
        self._menu = QMenu(window)
        recent.setMenu(self._menu)
        self._document = 0
        self._asked: PhotoRead | None = None
        self._copies = set[Path]()
        self._connect()
        self._fill_recent()

    def _connect(self) -> None:
        arrivals, file, messages = self.imports, self._files.file, self._workspace.messages
        file.opened.connect(self._on_document_read)
        file.foreign.connect(self._on_foreign)
        file.begun.connect(self.forget)
        file.saved.connect(self.recent.add)
        arrivals.arrived.connect(self._on_arrival)
        arrivals.photo_arrived.connect(lambda photo: self._later(partial(self._on_photo, photo)))
        arrivals.doodle_ready.connect(lambda *drawn: self._later(partial(self._lay_doodle, *drawn)))
        arrivals.animated.connect(self.clip_wanted)
        arrivals.problem.connect(messages.warn)
        self.recent.changed.connect(self._fill_recent)
        bar = self._workspace.underlay_bar
        bar.changed.connect(self._on_underlay)
        bar.removed.connect(lambda: self._session.set_underlay(None))
        self._session.document.subscribe(self._on_change)
        self._show_opacity()

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return the action handlers by action id."""
        return {"open": self.ask_open, "import": self.ask_import}

    def stop(self) -> None:
        """Stop the import thread, before the window closes."""
        self.imports.stop()

    # -- sources ----------------------------------------------------------------------------

    def ask_open(self) -> None:
        """Ask for a document or picture file and open it."""
        path = ask_open_path(self._window, self._files.folder())
        if path is not None:
            self.open(path)

    def ask_import(self) -> None:
        """Ask for a picture file and import it."""
        dialog = QFileDialog(
            self._window, tr("Import a picture"), self._session.settings.import_folder
        )
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(f"{tr('Pictures')} ({PICTURE_FILTER})")
        self._ask(dialog, lambda: self.open(Path(dialog.selectedFiles()[0]), still=True))

    def open(self, path: Path, lent: bool = False, still: bool = False) -> None:
        """Open a document or a clip, or import a picture or style, depending on the file's suffix.

        `lent`: a temporary file of another program. Its folder is not remembered, and a document
        from it stays untitled. `still`: of an animation, import the first picture.
        """
        path = path.absolute()
        if path.suffix.lower() == SUFFIX:
            if lent:
                self._copies.add(path)
            self._files.file.open(path)
            return
        if path.suffix.lower() == STYLE_SUFFIX:
            self.styles.open(path)
            return
        if is_clip(path):
            self.clip_wanted.emit(path)
            return
        if not lent:
            self._session.settings.import_folder = str(path.parent)
        self._session.preview.engine.await_photo()
        self.imports.read(path, still)

    def take_image(self, name: str, image: QImage) -> None:
        """Import a picture without a file."""
        self.imports.take(name, partial(clipboard.rgb_of, image))

    def take_clip(self, clip: ClipboardDoodle) -> None:
        """Paste a piece of doodle on the canvas."""
        self._later(partial(self._session.paste, clip))

    def recover(self, work: UnsavedWork, then: Callable[[], object]) -> None:
        """Replace the document by recovered work after asking; call `then` when it is done."""

        def take() -> None:
            self._files.file.take_recovered(work)
            then()

        self._files.guard.when_safe(take)

    def forget(self) -> None:
        """Cancel dialogs, questions and imports that belong to the previous document."""
        asking = isinstance(self.dialog, ImportDialog) or self._asked is not None
        self._asked = None
        self._document += 1
        self._workspace.messages.drop_question(self._on_photo_answer)
        if self.dialog is not None:
            self.dialog.reject()
        if self.imports.forget() or asking:
            self._tell_skipped()

    def _later(self, then: Callable[[], object]) -> None:
        """Call `then` when no canvas job is running, if the document is still the same."""
        document = self._document

        def now() -> None:
            if document == self._document:
                then()
            else:
                self._tell_skipped()

        self._session.canvas_jobs.after(now)

    def _tell_skipped(self) -> None:
        self._session.said.emit(
            tr("A picture was not imported because another painting was opened.")
        )

    # -- documents --------------------------------------------------------------------------

    def _on_document_read(self, path: Path, saved: SavedDocument) -> None:
        if path in self._copies:
            self._begin(path.name, saved)
        else:
            self._files.remember_folder(path)
            self._files.guard.when_safe(partial(self._go_on_with, path, saved))

    def _go_on_with(self, path: Path, saved: SavedDocument) -> None:
        self._files.file.take(path, saved)
        self.recent.add(path)

    def _on_foreign(self, path: Path, pixels: np.ndarray) -> None:
        """Import another program's document, H x W x 3 uint8 RGB, as a new, untitled one."""
        if path not in self._copies:
            self._files.remember_folder(path)
        self.imports.take(path.name, lambda: pixels, fresh=True)

    def _begin(self, name: str, saved: SavedDocument) -> None:
        """Replace the document by one without a file, after asking."""
        self._files.guard.when_safe(partial(self._go_on_unnamed, name, saved))

    def _go_on_unnamed(self, name: str, saved: SavedDocument) -> None:
        self._files.file.take_unnamed(saved)
        self._workspace.messages.say(
            tr("Opened {name} as a new painting. The original file is not changed.", name=name)
        )

    # -- pictures ---------------------------------------------------------------------------

    def _on_arrival(self, arrival: DrawingRead) -> None:
        colours = arrival.colours
        if colours.exact:
            self.imports.to_doodle(arrival, colours.suggested())
            return
        dialog = ImportDialog(arrival.name, arrival.small, colours, arrival.fresh, self._window)
        self._ask(dialog, lambda: self._on_answer(arrival, dialog))

    def _on_answer(self, arrival: DrawingRead, dialog: ImportDialog) -> None:
        if dialog.traces and arrival.fresh:
            height, width = arrival.colours.index.shape
            labels = LabelMap(width, height).snapshot()
            under = Underlay.fitted(arrival.small, labels.bounds)
            self._begin_doodle(arrival.name, labels, under)
        elif dialog.traces:
            under = Underlay.fitted(arrival.small, self._session.document.bounds)
            self._session.set_underlay(under)
            self._session.said.emit(
                tr("{name} is shown below the doodle for tracing.", name=arrival.name)
            )
        else:
            self.imports.to_doodle(arrival, dialog.chosen())

    def _on_photo(self, arrival: PhotoRead) -> None:
        if arrival.fresh:
            self._begin_photo(arrival)
        elif self._session.empty:
            self._lay_photo(arrival)
        else:
            self._asked = arrival
            sentence = tr(
                "Open {name} as a new painting or replace this one?", name=arrival.photo.name
            )
            answers = [tr(answer) for answer in ANSWERS]
            self._workspace.messages.ask_then(sentence, answers, self._on_photo_answer)

    def _on_photo_answer(self, answer: str) -> None:
        arrival, self._asked = self._asked, None
        ways = {
            tr(NEW_PAINTING): self._begin_photo, tr(INTO_THIS): self._lay_photo,
            tr(SOMETHING_ELSE): self._reconsider, tr(AS_STYLE): self._use_as_style,
        }  # fmt: skip
        if arrival is not None:
            self._later(partial(ways[answer], arrival))

    def _begin_photo(self, arrival: PhotoRead) -> None:
        """Open the photo as a new document."""
        photo, seed = arrival.photo, self._session.document.seed
        labels = LabelMap(photo.width, photo.height, PHOTO).snapshot()
        seen = PictureSnapshot.from_array(photo.pixels)
        state = DocumentState(labels, "", seed, background=PHOTO, photo=photo, preview=seen)
        self._begin(photo.name, SavedDocument(state))

    def _lay_photo(self, arrival: PhotoRead) -> None:
        """Replace the painting by the photo, as an undo step."""
        photo = arrival.photo
        ways = {tr(SOMETHING_ELSE): self._reconsider, tr(AS_STYLE): self._use_as_style}
        self._session.lay_photo(photo, arrival.picture)
        told = tr("Imported {name} as a photo.", name=photo.name)
        if arrival.shrunk:
            size = f"{photo.width} × {photo.height}"
            told = tr(
                "Imported {name} at {size}, the largest canvas size. Use daub stylize for the "
                "full size.", name=photo.name, size=size,
            )  # fmt: skip
        self._workspace.messages.offer(
            told, (tr(SOMETHING_ELSE), tr(AS_STYLE)),
            lambda answer: self._later(partial(ways[answer], arrival)),
        )  # fmt: skip

    def _reconsider(self, arrival: PhotoRead) -> None:
        """Import the photo as a drawing instead; undo its placement if nothing was done since."""
        self._take_back(arrival)
        self.imports.consider(arrival.photo)

    def _use_as_style(self, arrival: PhotoRead) -> None:
        """Make a style of the photo; undo its placement if nothing was done since."""
        self._take_back(arrival)
        self.style_wanted.emit(arrival.photo.pixels, arrival.photo.name)

    def _take_back(self, arrival: PhotoRead) -> None:
        session = self._session
        session.lift()
        untouched = isinstance(session.history.newest, CanvasCommand)
        if untouched and session.document.photo is arrival.photo:
            session.undo()

    def _lay_doodle(self, arrival: DrawingRead, labels: LabelMap) -> None:
        size = f"{labels.width} × {labels.height}"
        if arrival.fresh:
            self._begin_doodle(arrival.name, labels.snapshot())
        else:
            self._session.import_doodle(arrival.name, labels)
            told = tr("Imported {name}, {size} pixels.", name=arrival.name, size=size)
            if arrival.remark:
                told += " " + tr("Its grey values were read as material numbers.")
            self._session.said.emit(told)

    def _begin_doodle(
        self, name: str, labels: LabelSnapshot, underlay: Underlay | None = None
    ) -> None:
        session, opacity = self._session, self._session.settings.underlay_opacity
        seed = session.document.seed
        state = DocumentState(labels, "", seed, underlay=underlay)
        self._begin(name, SavedDocument(state, opacity=opacity))

    def _on_underlay(self) -> None:
        bar = self._workspace.underlay_bar
        self._session.settings.underlay_opacity = bar.slider.value() / 100

    def _on_change(self, change: Change) -> None:
        if change.what is Changed.CANVAS:
            self._show_opacity()

    def _show_opacity(self) -> None:
        opacity = self._session.settings.underlay_opacity
        self._workspace.underlay_bar.slider.setValue(round(opacity * 100))

    def _ask(self, dialog: QDialog, then: Callable[[], object]) -> None:
        """Show a non-blocking dialog in place of an earlier one."""
        if self.dialog is not None:
            self.dialog.reject()
        self.dialog = dialog
        dialog.accepted.connect(then)
        dialog.finished.connect(self._forget)
        dialog.open()

    def _forget(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None

    # -- recent files -----------------------------------------------------------------------

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
            self.open(path)
        else:
            self.recent.drop(path)
            self._workspace.messages.warn(
                tr("{path} no longer exists and was removed from the list.", path=path)
            )
