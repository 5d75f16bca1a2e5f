"""Pictures in and out of the window: export, import, clipboard, what is traced."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QDialog, QFileDialog, QMainWindow

from app.document.clipboard_doodle import Clip, working_box
from app.document.document import Change, Changed
from app.document.document_state import DocumentState, SavedDocument
from app.document.export_options import ExportWish
from app.document.label_map import LabelMap, LabelSnapshot
from app.document.picture import PictureSnapshot
from app.document.underlay import Underlay
from app.editing.commands import CanvasCommand
from app.editing.session import Session
from app.platform.translation import tr
from app.services.background_task import Chore
from app.services.export import formats
from app.services.import_service import Arrival, ArrivalService, PhotoArrival
from app.widgets import clipboard
from app.widgets.dialogs import PICTURE_FILTER
from app.widgets.export_dialog import ExportDialog, unused
from app.widgets.import_dialog import ImportDialog
from app.widgets.job_progress import JobProgress
from app.widgets.workspace import Workspace
from resources.materials import PHOTO, in_colours

ANSWERS = NEW_PAINTING, INTO_THIS, SOMETHING_ELSE = (
    "New painting", "In its place", "Doodle or trace...",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Copied:
    """What goes on the clipboard: a picture, and what it holds of the doodle, packed."""

    image: QImage
    told: str
    doodle: bytes | None = None


class Exchange(QObject):
    """Asks, and hands on what was answered. `openers`: who takes a file with a certain ending; any
    other is taken for a picture. `begins` carries the name and the SavedDocument of a
    picture that is to be a document of its own. `pasted`: what the clipboard holds now is wanted.
    """

    begins = Signal(str, object)
    pasted = Signal()

    def __init__(self, window: QMainWindow, session: Session, workspace: Workspace) -> None:
        super().__init__(window)
        self._window, self._session, self._workspace = window, session, workspace
        self.arrivals = ArrivalService(self)
        self.progress = JobProgress(
            tr("Export"), tr("Stop the export"), tr("Stop the export; no file remains")
        )
        self.dialog: QDialog | None = None
        self._copying: list[Chore] = []
        self._pasting, self._document = False, 0
        self._asked: PhotoArrival | None = None
        self.openers: dict[str, Callable[[Path], object]] = {}
        self._connect()

    def _connect(self) -> None:
        exports, arrivals, messages = self._session.exports, self.arrivals, self._workspace.messages
        exports.started.connect(
            lambda path: self.progress.begin(tr("Exporting {name}", name=path.name))
        )
        exports.progressed.connect(self.progress.set_progress)
        exports.ended.connect(self.progress.hide)
        self.progress.stopped.connect(exports.stop)
        arrivals.arrived.connect(self._on_arrival)
        arrivals.photo_arrived.connect(lambda photo: self._later(partial(self._on_photo, photo)))
        arrivals.doodle_ready.connect(lambda *drawn: self._later(partial(self._lay_doodle, *drawn)))
        arrivals.problem.connect(messages.warn)
        bar = self._workspace.underlay_bar
        bar.changed.connect(self._on_underlay)
        bar.removed.connect(lambda: self._session.set_underlay(None))
        self._session.document.subscribe(self._on_document)
        self._show_opacity()

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What the actions do, by id."""
        return {
            "import": self.ask_import, "export": self.ask_export, "copy": self.copy_painting,
            "copy.doodle": self.copy_doodle, "paste": self.paste,
        }  # fmt: skip

    def stop(self) -> None:
        """Nothing else comes: the window closes."""
        self.arrivals.stop()
        for chore in self._copying:
            chore.wait()

    def forget(self) -> None:
        """Another document has begun: nothing that was meant for the one before reaches it."""
        asking = isinstance(self.dialog, ImportDialog) or self._asked is not None
        self._asked = None
        self._document += 1
        self._workspace.messages.drop_question(self._on_photo_answer)
        if self.dialog is not None:
            self.dialog.reject()
        if self.arrivals.forget() or asking:
            self._say_left_out()

    def _later(self, then: Callable[[], object]) -> None:
        """Do this once the canvas is not being changed, if it still is the same document's."""
        document = self._document

        def now() -> None:
            if document == self._document:
                then()
            else:
                self._say_left_out()

        self._session.canvas_work.after(now)

    def _say_left_out(self) -> None:
        self._session.said.emit(
            tr("A picture was on its way here; it was left out, for this is another painting.")
        )

    # -- out --------------------------------------------------------------------------------

    def ask_export(self) -> None:
        """Ask how, and write the painting or the doodle."""
        session, document = self._session, self._session.document
        if session.exports.busy:
            self._workspace.messages.warn(
                tr("An export is under way; stop it first, or wait for it.")
            )
            return
        dialog = ExportDialog(
            formats(), (document.width, document.height), self._first_wish(),
            session.exports.estimate, document.shows_refined, self._window, document.photo,
        )  # fmt: skip
        self._ask(dialog, lambda: self._export(dialog.answer()))

    def _first_wish(self) -> ExportWish:
        settings = self._session.settings
        folder = Path(settings.export_folder or Path.home())
        folder = folder if folder.is_dir() else Path.home()
        photo, style = self._session.document.photo, self._session.document.style_id or "painting"
        name = style if photo is None else f"{Path(photo.name).stem} {style}"
        return ExportWish(
            unused(folder / f"{name}.png"), settings.export_format, settings.export_bits,
            settings.export_quality, camera=settings.export_camera,
        )  # fmt: skip

    def _export(self, wish: ExportWish) -> None:
        settings = self._session.settings
        settings.export_format, settings.export_quality = wish.format, wish.quality
        if self._session.document.photo is None:
            settings.export_bits = wish.bits
        elif self._session.document.photo.camera:
            settings.export_camera = wish.camera
        self._session.export(wish)

    def copy_painting(self) -> None:
        """Put the painting, or the box of what is selected, on the clipboard."""
        document = self._session.document
        box, painting = working_box(document), document.painting_snapshot()
        told = tr("Copied the painting, {size} pixels.", size=f"{box.width} × {box.height}")
        self._copy(lambda: _Copied(clipboard.image_of(painting.read(box)), told))

    def copy_doodle(self) -> None:
        """Put the doodle, or the selected part, on the clipboard: materials and colours."""
        document = self._session.document
        doodle, selection = document.labels.snapshot(), document.selection

        def make() -> _Copied:
            clip = Clip.of(doodle, selection)
            told = tr("Copied {count} pixels of the doodle.", count=clip.count)
            return _Copied(clipboard.image_of(in_colours(clip.labels)), told, clip.packed())

        self._copy(make)

    def _copy(self, make: Callable[[], "_Copied"]) -> None:
        """Have a thread make what goes on the clipboard then."""
        chore = Chore(make, self)
        chore.done.connect(self._on_copied)
        chore.failed.connect(self._session.problem)
        for end in (chore.done, chore.failed):
            end.connect(lambda _: self._let_go(chore))
        self._copying.append(chore)
        chore.start()

    def _on_copied(self, copied: "_Copied") -> None:
        QGuiApplication.clipboard().setMimeData(clipboard.mime_of(copied.image, copied.doodle))
        self._session.said.emit(copied.told)

    def _let_go(self, chore: Chore) -> None:
        chore.wait()
        self._copying.remove(chore)
        chore.deleteLater()
        if self._pasting and not self._copying:
            self._pasting = False
            self.paste()

    # -- in ---------------------------------------------------------------------------------

    def ask_import(self) -> None:
        """Ask for a picture file."""
        dialog = QFileDialog(
            self._window, tr("Import a picture"), self._session.settings.import_folder
        )
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(f"{tr('Pictures')} ({PICTURE_FILTER})")
        self._ask(dialog, lambda: self.open_file(Path(dialog.selectedFiles()[0])))

    def open_file(self, path: Path) -> None:
        """Take a file in, by its ending."""
        opener = self.openers.get(path.suffix.lower())
        if opener is not None:
            opener(path)
            return
        self._session.settings.import_folder = str(path.parent)
        self.read(path)

    def read(self, path: Path) -> None:
        """Take a picture's file in."""
        self._session.preview.engine.await_photo()
        self.arrivals.read(path)

    def take_foreign(self, path: Path, pixels: np.ndarray) -> None:
        """Another program's document, H x W x 3 uint8 RGB: it becomes one of Daub's, unnamed."""
        self.arrivals.take(path.name, lambda: pixels, fresh=True)

    def paste(self) -> None:
        """Have what the clipboard holds taken in, once it is there."""
        if self._copying:
            self._pasting = True  # what is on its way to the clipboard is meant
        else:
            self.pasted.emit()

    def lay_clip(self, clip: Clip) -> None:
        """A piece of doodle lands on the canvas."""
        self._later(partial(self._session.paste, clip))

    def take_image(self, name: str, image: QImage) -> None:
        """Take in a picture that is no file."""
        self.arrivals.take(name, partial(clipboard.rgb_of, image))

    def _on_arrival(self, arrival: Arrival) -> None:
        colours = arrival.colours
        if colours.exact:
            self.arrivals.to_doodle(arrival, colours.suggested())
            return
        dialog = ImportDialog(arrival.name, arrival.small, colours, arrival.fresh, self._window)
        self._ask(dialog, lambda: self._on_answer(arrival, dialog))

    def _on_answer(self, arrival: Arrival, dialog: ImportDialog) -> None:
        if dialog.traces and arrival.fresh:
            height, width = arrival.colours.index.shape
            labels = LabelMap(width, height).snapshot()
            under = Underlay.fitted(arrival.small, labels.bounds)
            self._begin(arrival.name, labels, under)
        elif dialog.traces:
            under = Underlay.fitted(arrival.small, self._session.document.bounds)
            self._session.set_underlay(under)
            self._session.said.emit(
                tr("{name} shines through the doodle, to be traced.", name=arrival.name)
            )
        else:
            self.arrivals.to_doodle(arrival, dialog.chosen())

    def _on_photo(self, arrival: PhotoArrival) -> None:
        if arrival.fresh:
            self._begin_photo(arrival)
        elif self._session.empty:
            self._lay_photo(arrival)
        else:
            self._asked = arrival
            sentence = tr(
                "Paint {name} as a new painting, or in place of this one?", name=arrival.photo.name
            )
            answers = [tr(answer) for answer in ANSWERS]
            self._workspace.messages.ask_then(sentence, answers, self._on_photo_answer)

    def _on_photo_answer(self, answer: str) -> None:
        arrival, self._asked = self._asked, None
        ways = {
            tr(NEW_PAINTING): self._begin_photo, tr(INTO_THIS): self._lay_photo,
            tr(SOMETHING_ELSE): self._reconsider,
        }  # fmt: skip
        if arrival is not None:
            self._later(partial(ways[answer], arrival))

    def _begin_photo(self, arrival: PhotoArrival) -> None:
        """A painting of its own."""
        photo, seed = arrival.photo, self._session.document.seed
        labels = LabelMap(photo.width, photo.height, PHOTO).snapshot()
        seen = PictureSnapshot.from_array(photo.pixels)
        state = DocumentState(labels, "", seed, background=PHOTO, photo=photo, preview=seen)
        self.begins.emit(photo.name, SavedDocument(state))

    def _lay_photo(self, arrival: PhotoArrival) -> None:
        """In place of what is there, which a step back brings back."""
        photo = arrival.photo
        self._session.lay_photo(photo, arrival.picture)
        told = tr("{name} is painted.", name=photo.name)
        if arrival.shrunk:
            size = f"{photo.width} × {photo.height}"
            told = tr(
                "{name} is painted at {size}, the most that a canvas holds; daub stylize paints "
                "all of it.", name=photo.name, size=size,
            )  # fmt: skip
        self._workspace.messages.offer(
            told, (tr(SOMETHING_ELSE),),
            lambda _: self._later(partial(self._reconsider, arrival)),
        )  # fmt: skip

    def _reconsider(self, arrival: PhotoArrival) -> None:
        """A doodle or an underlay, not a photo to paint: the dialog follows."""
        session = self._session
        session.lift()
        untouched = isinstance(session.history.newest, CanvasCommand)
        if untouched and session.document.photo is arrival.photo:
            session.undo()  # what was done since then stays
        self.arrivals.consider(arrival.photo)

    def _lay_doodle(self, arrival: Arrival, labels: LabelMap) -> None:
        size = f"{labels.width} × {labels.height}"
        if arrival.fresh:
            self._begin(arrival.name, labels.snapshot())
        else:
            self._session.import_doodle(arrival.name, labels)
            told = tr("Imported {name}, {size} pixels.", name=arrival.name, size=size)
            if arrival.remark:
                told += " " + tr("Its grey values were read as numbers of materials.")
            self._session.said.emit(told)

    def _begin(self, name: str, labels: LabelSnapshot, underlay: Underlay | None = None) -> None:
        session, opacity = self._session, self._session.settings.underlay_opacity
        seed = session.document.seed
        state = DocumentState(labels, "", seed, underlay=underlay)
        self.begins.emit(name, SavedDocument(state, opacity=opacity))

    def _on_underlay(self) -> None:
        bar = self._workspace.underlay_bar
        self._session.settings.underlay_opacity = bar.slider.value() / 100

    def _on_document(self, change: Change) -> None:
        if change.what is Changed.CANVAS:
            self._show_opacity()

    def _show_opacity(self) -> None:
        opacity = self._session.settings.underlay_opacity
        self._workspace.underlay_bar.slider.setValue(round(opacity * 100))

    def _ask(self, dialog: QDialog, then: Callable[[], object]) -> None:
        """Show a dialog over the window, which goes on; the one before gives way."""
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
