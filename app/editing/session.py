"""The painter's session: turns what the hand does into changes of the document."""

import random
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.document.clipboard_doodle import ClipboardDoodle
from app.document.document import Document
from app.document.document_state import DocumentState
from app.document.export_options import ExportOptions
from app.document.label_map import LabelMap
from app.document.photo import Photo
from app.document.picture import Placeholder
from app.document.refined import QUALITIES, REACH, STROKES, Refined, RefineOptions
from app.document.resample import covering_labels
from app.document.underlay import Underlay
from app.editing.canvas_jobs import CanvasJobs
from app.editing.commands import (
    CanvasCommand,
    DocumentCommand,
    PaintCommand,
    RefineCommand,
    SetCommand,
    UnderlayCommand,
)
from app.editing.history import History
from app.editing.photo_look import PhotoLookController
from app.editing.selection_commands import SelectionCommands
from app.editing.style_selection import StyleSelection
from app.editing.tool_controller import ToolController
from app.editing.tool_options_store import store_options, stored_options
from app.editing.undo_guard import UndoGuard
from app.platform.settings import Settings
from app.platform.translation import tr
from app.services.engine_worker import StudioFactory
from app.services.export import ExportService
from app.services.preview import PreviewService, StyleInfo
from app.services.refine import RefineService
from app.services.style_preview import StylePreviewService
from app.tools import ToolOptions
from resources.materials import PHOTO, materials_by_id

HIGHEST_SEED = 2**31 - 1


class Session(QObject):
    """Owns the document, its history and the services; the window only shows them.

    What the pointer does goes to `hand`, what is done with the selection to `selecting`.
    """

    styles_changed = Signal(list)
    said = Signal(str)
    problem = Signal(str)

    def __init__(
        self, factory: StudioFactory, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.settings = settings
        blank = LabelMap(settings.canvas_width, settings.canvas_height)
        self.document = Document(blank, seed=settings.seed, reach=REACH)
        self.history = History(settings.undo_megabytes * 2**20, self)
        self.preview = PreviewService(self.document, factory, parent=self)
        self.refine = RefineService(self.document, self.preview, self)
        self.undo_guard = UndoGuard(self.history, self.refine)
        self.sketch = StylePreviewService(self.document, self.preview.engine, self)
        self.exports = ExportService(self.document, self.preview.engine, self)
        self.style_selection = StyleSelection(self.document, self.history, self.preview, self)
        self.tool_controller = ToolController(
            self.document, self.history, self.preview, stored_options(settings), self
        )
        self.canvas_jobs = CanvasJobs(self)
        self.selection_commands = SelectionCommands(
            self.document, self.history, self.tool_controller, self.canvas_jobs
        )
        self.photo_look = PhotoLookController(self.document, self.history, self)
        self.refine_options = _stored_refine_options(settings)
        self._wished, self._laid, self._given = settings.style, False, False
        self._connect()

    def _connect(self) -> None:
        self.preview.ready.connect(self._on_ready)
        self.style_selection.problem.connect(self.problem)
        self.canvas_jobs.failed.connect(self.problem)
        self.style_selection.fell_back.connect(self._show_modified)
        self.preview.problem.connect(self.problem)
        self.exports.written.connect(
            lambda path: self.said.emit(tr("Saved {name}.", name=path.name))
        )
        self.exports.stopped.connect(
            lambda path: self.said.emit(tr("The export of {name} was stopped.", name=path.name))
        )
        self.exports.problem.connect(self.problem)
        self.refine.said.connect(self.said)
        self.refine.problem.connect(self.problem)
        self.refine.finished.connect(self._on_refined)
        self.history.changed.connect(self._show_modified)
        self.tool_controller.busy_changed.connect(self._show_modified)
        self.tool_controller.busy_changed.connect(
            lambda busy: self.photo_look.settle() if busy else None
        )

    # -- the hand ---------------------------------------------------------------------------

    @property
    def options(self) -> ToolOptions:
        """What the tools are set to."""
        return self.tool_controller.options

    def set_options(self, **changes: object) -> None:
        """Choose a tool, material, size and so on; see ToolOptions."""
        self.tool_controller.set_options(**changes)

    # -- undoable steps ---------------------------------------------------------------------

    def undo(self) -> None:
        """Take the last step back, be it the stroke under the hand or one of its clicks."""
        self.photo_look.settle()
        if not self.tool_controller.step_back():
            self.tool_controller.end()
            self.undo_guard.undo()

    def redo(self) -> None:
        """Make the last undone step again."""
        self.tool_controller.end()
        self.photo_look.settle()
        self.undo_guard.redo()

    def go_to(self, at: int) -> None:
        """Undo or redo until `at` of the history's steps are done."""
        self.tool_controller.end()
        self.photo_look.settle()
        self.undo_guard.go_to(at)

    def clear(self) -> None:
        """Paint everything that is selected back to the background."""
        self.selection_commands.clear()

    def set_background(self, material: int) -> None:
        """Erase to this material, as an undoable step."""
        self.tool_controller.end()
        document, old = self.document, self.document.background
        if material != old:
            text = tr("Background: {material}", material=tr(materials_by_id()[material].name))
            setter = document.set_background
            self._push(SetCommand(document, text, setter, old, material, "fill", repaints=False))

    def paste(self, clip: ClipboardDoodle) -> None:
        """Lay a piece of doodle on the canvas, inside of the selection if there is one."""
        self.tool_controller.end()
        patch = clip.patch_on(self.document)
        if patch is not None:
            self.document.redo_patch(patch)
            self.history.push(PaintCommand(self.document, patch, tr("Paste"), icon="paste"))

    def import_doodle(self, name: str, labels: LabelMap) -> None:
        """Another doodle, of its own size, in place of this one."""
        self.close_off()  # first: the command remembers what is there now
        state = self._blank(labels)
        self._push(CanvasCommand(self.document, state, tr("Import {name}", name=name)))

    def _blank(self, labels: LabelMap) -> DocumentState:
        """A canvas with nothing but a doodle."""
        return DocumentState(labels.snapshot(), background=self.document.background)

    def set_underlay(self, underlay: Underlay | None) -> None:
        """A picture to trace under the doodle, or none, as an undoable step."""
        self.tool_controller.end()
        self.history.push(UnderlayCommand(self.document, underlay))

    def lay_photo(self, photo: Photo, picture: Placeholder) -> None:
        """A photo to paint, of its own size, in place of this doodle.

        `picture` is what it looks like, and stands in until it is painted.
        """
        self.close_off()
        labels = LabelMap(photo.width, photo.height, PHOTO).snapshot()
        state = DocumentState(labels, background=PHOTO, photo=photo, preview=picture)
        text = tr("Photo {name}", name=photo.name)
        self._push(CanvasCommand(self.document, state, text, "photo"))

    def new_canvas(
        self, width: int, height: int, starter: Path | None = None, style_id: str = ""
    ) -> None:
        """Another document: a starter doodle at that size, or plain sky; the style may stay."""
        labels = self._starter(starter, width, height) or LabelMap(width, height)
        self.become(DocumentState(labels.snapshot(), style_id, self.document.seed))
        self._given = False
        self.settings.canvas_width, self.settings.canvas_height = width, height

    def become(self, state: DocumentState) -> None:
        """Go on with another document, of whose past there is nothing to undo.

        One without a style is painted in the present one.
        """
        self.tool_controller.end()
        self.photo_look.settle()
        self._given = True
        self._wished, self._laid = state.style_id or self.style_id, True
        # Without styles the engine is not there yet, and nothing may be asked of it.
        style_id = self.style_selection.first_of([self._wished]) if self.styles else ""
        self.document.set_background(state.background)
        self.document.become(replace(state, style_id=style_id))
        self.history.clear()

    def replace_canvas(self, state: DocumentState, text: str, icon: str) -> None:
        """Go on with another shape of the canvas, as an undoable step."""
        self.close_off()
        self._push(CanvasCommand(self.document, state, text, icon))
        labels = state.labels
        self.settings.canvas_width, self.settings.canvas_height = labels.width, labels.height

    def reroll(self) -> None:
        """Paint the same doodle with another seed."""
        self.set_seed(random.randint(1, 999_999))

    def set_seed(self, seed: int) -> None:
        """Paint with this seed, as an undoable step."""
        self.tool_controller.end()  # a jump in the history ends elsewhere than it is now
        old, seed = self.document.seed, max(0, min(HIGHEST_SEED, seed))
        if seed != old:
            text = tr("Seed {seed}", seed=seed)
            self._push(SetCommand(self.document, text, self.document.set_seed, old, seed))

    def choose_style(self, style_id: str) -> None:
        """Paint with another style pack, as an undoable step; the doodle stays."""
        self.tool_controller.end()
        old, style = self.document.style_id, self.styles.get(style_id)
        misfit = self.style_selection.unsupported(style_id)
        if style is None or style.problem is not None or style_id == old:
            return
        if misfit:
            self.problem.emit(misfit)
        else:
            text = tr("Style: {title}", title=style.title)
            setter = self.document.set_style
            self._push(SetCommand(self.document, text, setter, old, style_id, "gallery"))

    def surprise(self) -> None:
        """Paint with a style left to chance, as an undoable step."""
        here = self.document.style_id
        others = [style_id for style_id in self.style_selection.fitting if style_id != here]
        if others:
            self.choose_style(random.choice(others))

    def _push(self, command: DocumentCommand) -> None:
        self.close_off()
        self.history.push(command)

    def close_off(self) -> None:
        """Make steps of what is under way, for the canvas may be another one afterwards."""
        # What the hand does until it is lifted then counts no more.
        self.tool_controller.end()
        self.photo_look.settle()
        self.refine.keep()

    def lift(self) -> None:
        """Make a step of the drag under way, and of a refined picture that was left undecided."""
        self.tool_controller.end()
        self.photo_look.settle()
        if not self.refine.active:
            self.refine.keep()

    def _show_modified(self) -> None:
        if not self.tool_controller.busy:  # then the document marks itself
            self.document.set_modified(not self.history.clean)

    # -- refining -----------------------------------------------------------------------

    def begin_refine(self) -> None:
        """Refine the painting, or the selected part of it."""
        self.tool_controller.end()
        self.refine.begin(self.refine_options)

    def set_refine_options(self, **changes: object) -> None:
        """Choose quality, strength, detail, strokes, device, or the selection only."""
        self.refine_options = replace(self.refine_options, **changes)  # type: ignore[arg-type]

    def _on_refined(self, refined: Refined) -> None:
        # Not _push: a drag that is under way may go on.
        self.history.push(RefineCommand(self.document, refined))

    # -- starting and saving ----------------------------------------------------------------

    def start(self) -> None:
        """Start the engine; the starter doodle and its painting follow."""
        self.preview.start()

    def stop(self) -> None:
        """Join the engine's thread and remember what the tools were set to."""
        self.preview.stop()
        self._store_options()

    def export(self, wish: ExportOptions) -> None:
        """Write the painting or the doodle as it is now, while painting goes on."""
        self.tool_controller.end()
        if self.style is None:
            self.problem.emit(tr("There is no painting to export yet."))
            return
        self.settings.export_folder = str(wish.path.parent)
        self.exports.begin(wish, self.style)

    @property
    def styles(self) -> dict[str, StyleInfo]:
        """All styles by id; empty until the engine has listed them."""
        return self.style_selection.styles

    @property
    def style_id(self) -> str:
        """Id of the style in use, or of the one that will be once the engine is there."""
        return self.document.style_id or self._wished

    @property
    def style(self) -> StyleInfo | None:
        """The style in use; None until the engine has listed the packs."""
        return self.styles.get(self.document.style_id)

    def served_as(self, material: str) -> str:
        """The region of the style that really paints a material; empty until that is known."""
        return self.style.served.get(material, "") if self.style is not None else ""

    def _on_ready(self, device: str, styles: list[StyleInfo]) -> None:
        self.style_selection.styles = {style.id: style for style in styles}
        self.styles_changed.emit(styles)
        if not self.style_selection.usable:
            self.problem.emit(tr("No style pack can be used, so nothing can be painted."))
            return
        style_id = self.style_selection.first_of([self._wished, self.settings.style])
        # Who has begun to paint while the engine was starting keeps the doodle. The canvas comes
        # before the style, for without a style nothing is asked of the engine yet.
        starter = None if self._begun else self.styles[style_id].starter
        size = self.settings.canvas_width, self.settings.canvas_height
        labels = self._starter(starter, *size)
        if labels is not None:
            self.document.replace_canvas(self._blank(labels))
        self.document.set_style(style_id)
        self._show_modified()

    @property
    def empty(self) -> bool:
        """There is nothing of the painter's own that another picture would take the place of."""
        history = self.history
        changed = self.document.modified or history.can_undo or history.can_redo
        return not (changed or self._given or self.tool_controller.busy)

    @property
    def _begun(self) -> bool:
        return self._laid or self.history.can_undo or self.tool_controller.busy

    def _starter(self, path: Path | None, width: int, height: int) -> LabelMap | None:
        labels = self.preview.starter(path) if path is not None else None
        if labels is None:
            return None
        return LabelMap.from_array(covering_labels(labels, width, height))

    def _store_options(self) -> None:
        settings = self.settings
        store_options(settings, self.options)
        refine = self.refine_options
        settings.refine_quality, settings.refine_strokes = refine.quality, refine.strokes
        settings.refine_strength, settings.refine_detail = refine.strength, refine.detail
        settings.refine_selected_only = refine.selected_only
        settings.refine_device, settings.refine_content = refine.device, refine.content
        settings.seed = self.document.seed
        if self.document.style_id:
            settings.style = self.document.style_id


def _stored_refine_options(settings: Settings) -> RefineOptions:
    return RefineOptions(
        quality=settings.refine_quality if settings.refine_quality in QUALITIES else "good",
        strength=settings.refine_strength,
        detail=settings.refine_detail,
        strokes=settings.refine_strokes if settings.refine_strokes in STROKES else "normal",
        selected_only=settings.refine_selected_only,
        device=settings.refine_device,
        content=settings.refine_content,
    )
