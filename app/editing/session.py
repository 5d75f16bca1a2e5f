"""The editing session: turns user actions into changes of the document."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.document.brushwork import Meaning
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
from app.document.undo_steps import UndoHistory
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
from app.editing.recovered_steps import command_of
from app.editing.selection_commands import SelectionCommands
from app.editing.selection_reroll import SelectionReroll
from app.editing.stroke_size import StrokeSizeController
from app.editing.style_selection import StyleSelection
from app.editing.tool_controller import ToolController
from app.editing.tool_options_store import store_options, stored_options
from app.editing.undo_guard import UndoGuard
from app.platform.settings import Settings
from app.platform.translation import tr
from app.services.engine_worker import NamedPicture, StudioFactory
from app.services.export import ExportService
from app.services.film import FilmService
from app.services.meanings import PaintedBy, painters_of
from app.services.preview import PreviewService, StyleInfo
from app.services.refine import RefineService
from app.services.region_pictures import RegionPictures
from app.services.strokes import StrokesService
from app.services.style_files import StyleFiles
from app.services.style_preview import StylePreviewService
from app.services.variations import VariationsService
from app.tools import ToolOptions
from resources.materials import PHOTO, materials_by_id

HIGHEST_SEED = 2**31 - 1
RANDOM_SEEDS = range(1, 1_000_000)
"""Seeds that Daub proposes: short enough to note down."""


class Session(QObject):
    """Owns the document, its history, the services and the editing controllers.

    Pointer events go to `tool_controller`, commands for the selection to `selection_commands`.
    `styles_changed` carries the list of StyleInfo from the engine; `styles_added` the ids of styles
    that were made of pictures; `said` and `problem` carry a
    sentence for the user.
    """

    styles_changed = Signal(list)
    styles_added = Signal(list)
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
        self.strokes = StrokesService(
            self.document, self.preview, settings.paint_with == "strokes", self
        )
        self.refine = RefineService(self.document, self.preview, self)
        self.undo_guard = UndoGuard(self.history, self.refine)
        self.sketch = StylePreviewService(self.document, self.preview.engine, self)
        self.variations = VariationsService(self.document, self.preview.engine, factory, self)
        self.region_pictures = RegionPictures(self)
        self.exports = ExportService(self.document, self.preview.engine, self)
        self.style_files = StyleFiles(factory, self)
        self.films = FilmService(self.preview.engine, factory, self)
        self.style_selection = StyleSelection(self.document, self.history, self.preview, self)
        self.tool_controller = ToolController(
            self.document, self.history, self.preview, stored_options(settings), self
        )
        self.canvas_jobs = CanvasJobs(self)
        self.selection_commands = SelectionCommands(
            self.document, self.history, self.tool_controller, self.canvas_jobs
        )
        self.selection_reroll = SelectionReroll(
            self.document, self.history, self.tool_controller, self.strokes, self
        )
        self.photo_look = PhotoLookController(self.document, self.history, self)
        self.stroke_size = StrokeSizeController(self.document, self.history, self)
        self.refine_options = _stored_refine_options(settings)
        self._wanted_style, self._has_document, self._opened = settings.style, False, False
        self._connect()

    def _connect(self) -> None:
        self.preview.styles_listed.connect(self._on_styles)
        self.preview.ready.connect(self._on_ready)
        self.preview.engine.worker.style_renewed.connect(self._on_style_renewed)
        self.preview.engine.worker.styles_added.connect(self._on_styles_added)
        self.style_files.told.connect(self.said)
        self.style_files.problem.connect(self.problem)
        self.style_files.listed.connect(self._on_changed_styles)
        self.style_selection.problem.connect(self.problem)
        self.canvas_jobs.failed.connect(self.problem)
        self.style_selection.fell_back.connect(self._show_modified)
        self.preview.problem.connect(self.problem)
        self.strokes.problem.connect(self.problem)
        self.strokes.busy_changed.connect(self.refine.look_up)
        self.exports.written.connect(
            lambda path: self.said.emit(tr("Saved {name}.", name=path.name))
        )
        self.exports.stopped.connect(
            lambda path: self.said.emit(tr("The export of {name} was stopped.", name=path.name))
        )
        self.exports.problem.connect(self.problem)
        self.films.written.connect(lambda path: self.said.emit(tr("Saved {name}.", name=path.name)))
        self.films.stopped.connect(
            lambda path: self.said.emit(tr("The export of {name} was stopped.", name=path.name))
        )
        self.films.problem.connect(self.problem)
        self.refine.said.connect(self.said)
        self.refine.problem.connect(self.problem)
        self.refine.finished.connect(self._on_refined)
        self.strokes.reachable = lambda: self.history.reachable
        self.history.changed.connect(self._show_modified)
        self.history.changed.connect(self._tell_step)
        self.tool_controller.busy_changed.connect(self._show_modified)
        self.tool_controller.busy_changed.connect(self._tell_step)
        self.tool_controller.busy_changed.connect(
            lambda busy: None if busy else self.strokes.rest()
        )
        self.tool_controller.busy_changed.connect(lambda busy: self.settle() if busy else None)

    # -- tools ------------------------------------------------------------------------------

    @property
    def options(self) -> ToolOptions:
        """The current tool options."""
        return self.tool_controller.options

    def set_options(self, **changes: object) -> None:
        """Set tool, material, size and other fields of ToolOptions."""
        self.tool_controller.set_options(**changes)

    # -- undoable steps ---------------------------------------------------------------------

    def undo(self) -> None:
        """Undo the last click of a gesture, else the current gesture or the last step."""
        self.settle()
        if not self.tool_controller.step_back():
            self.tool_controller.end()
            self.undo_guard.undo()

    def redo(self) -> None:
        """Redo the last undone step."""
        self.tool_controller.end()
        self.settle()
        self.undo_guard.redo()

    def go_to(self, at: int) -> None:
        """Undo or redo until `at` of the history's steps are done."""
        self.tool_controller.end()
        self.settle()
        self.undo_guard.go_to(at)

    def clear(self) -> None:
        """Fill the selection, or the canvas without one, with the background material."""
        self.selection_commands.clear()

    def set_background(self, material: int) -> None:
        """Set the background material, as an undo step."""
        self.tool_controller.end()
        document, old = self.document, self.document.background
        if material != old:
            text = tr("Background: {material}", material=tr(materials_by_id()[material].name))
            setter = document.set_background
            self._push(SetCommand(document, text, setter, old, material, "fill", repaints=False))

    def paste(self, clip: ClipboardDoodle) -> None:
        """Paste a part of a doodle, inside the selection if there is one."""
        self.tool_controller.end()
        patch = clip.patch_on(self.document)
        if patch is not None:
            self.document.redo_patch(patch)
            self.history.push(PaintCommand(self.document, patch, tr("Paste"), icon="paste"))

    def import_doodle(self, name: str, labels: LabelMap) -> None:
        """Replace the canvas by a doodle of any size, as an undo step."""
        self.close_off()  # before the command stores the current state
        state = self._blank(labels)
        self._push(CanvasCommand(self.document, state, tr("Import {name}", name=name)))

    def _blank(self, labels: LabelMap) -> DocumentState:
        """Return the state of a canvas with a doodle and nothing else."""
        return DocumentState(labels.snapshot(), background=self.document.background)

    def set_underlay(self, underlay: Underlay | None) -> None:
        """Set or remove the picture to trace, as an undo step."""
        self.tool_controller.end()
        self.history.push(UnderlayCommand(self.document, underlay))

    def lay_photo(self, photo: Photo, picture: Placeholder) -> None:
        """Replace the canvas by a photo of any size, as an undo step.

        `picture` shows the photo until it is painted.
        """
        self.close_off()
        labels = LabelMap(photo.width, photo.height, PHOTO).snapshot()
        state = DocumentState(labels, background=PHOTO, photo=photo, preview=picture)
        text = tr("Photo {name}", name=photo.name)
        self._push(CanvasCommand(self.document, state, text, "photo"))

    def new_canvas(
        self, width: int, height: int, starter: Path | None = None, style_id: str = ""
    ) -> None:
        """Begin a new document with a starter doodle or a blank canvas.

        An empty `style_id` keeps the current style. The history is cleared.
        """
        labels = self._starter(starter, width, height) or LabelMap(width, height)
        self.become(DocumentState(labels.snapshot(), style_id, self.document.seed))
        self._opened = False
        self.settings.canvas_width, self.settings.canvas_height = width, height

    def become(self, state: DocumentState, history: UndoHistory | None = None) -> None:
        """Replace the document, and the history by a recovered one or none.

        A state without a style keeps the current one.
        """
        self.tool_controller.end()
        self.settle()
        self._opened = True
        self._wanted_style, self._has_document = state.style_id or self.style_id, True
        # Without styles the engine is not ready. An empty style id prevents requests to it.
        over_photo = state.photo is not None
        style_id = ""
        if self.styles:
            style_id = self.style_selection.first_of([self._wanted_style], over_photo)
        self.document.set_background(state.background)
        self.document.become(replace(state, style_id=style_id))
        if history is None:
            self.history.clear()
        else:
            commands = [command_of(self.document, step) for step in history.steps]
            self.history.restore(commands, history)

    def replace_canvas(self, state: DocumentState, text: str, icon: str) -> None:
        """Replace the canvas, for example by a resized one, as an undo step."""
        self.close_off()
        self._push(CanvasCommand(self.document, state, text, icon))
        labels = state.labels
        self.settings.canvas_width, self.settings.canvas_height = labels.width, labels.height

    def reroll(self) -> None:
        """Set a random seed, as an undo step."""
        self.set_seed(random.choice(RANDOM_SEEDS))

    def set_meaning(self, material: int, meaning: Meaning | None) -> None:
        """Set what paints a material in the current style, as an undo step; None: as it says."""
        self.tool_controller.end()
        document, style_id = self.document, self.document.style_id
        old = document.brushwork
        new = old.without(style_id, material) if meaning is None else old.meant(meaning)
        if new != old:
            name = tr(materials_by_id()[material].name)
            text = tr("Paint {material} differently", material=name)
            self._push(SetCommand(document, text, document.set_brushwork, old, new, "strokes"))

    def set_seed(self, seed: int) -> None:
        """Set the seed, as an undo step; it is clipped to 0-HIGHEST_SEED."""
        self.tool_controller.end()  # also completes a jump, which may change the seed
        old, seed = self.document.seed, max(0, min(HIGHEST_SEED, seed))
        if seed != old:
            text = tr("Seed {seed}", seed=seed)
            self._push(SetCommand(self.document, text, self.document.set_seed, old, seed))

    def choose_style(self, style_id: str) -> None:
        """Set the style, as an undo step; the doodle does not change."""
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

    def renew_style(self, style_id: str) -> None:
        """List the styles again, because this one is new or has changed."""
        self.preview.engine.renew_style(style_id)

    def add_styles(self, pictures: Sequence[NamedPicture]) -> None:
        """Add pictures to the styles; a photo then uses the first of them."""
        self.preview.engine.add_styles(pictures)

    def surprise(self) -> None:
        """Set a random other style, as an undo step."""
        here = self.document.style_id
        others = [style_id for style_id in self.style_selection.fitting if style_id != here]
        if others:
            self.choose_style(random.choice(others))

    def settle(self) -> None:
        """Turn what a slider has changed into an undo step."""
        self.photo_look.settle()
        self.stroke_size.settle()

    def _push(self, command: DocumentCommand) -> None:
        self.close_off()
        self.history.push(command)

    def close_off(self) -> None:
        """Turn everything in progress into undo steps, before the canvas is replaced."""
        # The rest of a drag that is in progress is ignored.
        self.tool_controller.end()
        self.settle()
        self.refine.keep()

    def lift(self) -> None:
        """Turn the current gesture and a stopped run of Refine into undo steps."""
        self.tool_controller.end()
        self.settle()
        if not self.refine.active:
            self.refine.keep()

    def _tell_step(self) -> None:
        """Bring back the strokes of this step of the history, unless a gesture is in progress."""
        if not self.tool_controller.busy:
            self.strokes.at_step(self.history.step)

    def _show_modified(self) -> None:
        if not self.tool_controller.busy:  # a gesture marks the document itself
            self.document.set_modified(not self.history.clean)

    # -- refining -----------------------------------------------------------------------

    def begin_refine(self) -> None:
        """Start Refine with the current options."""
        self.tool_controller.end()
        self.refine.begin(self.refine_options)

    def set_refine_options(self, **changes: object) -> None:
        """Set fields of RefineOptions."""
        self.refine_options = replace(self.refine_options, **changes)  # type: ignore[arg-type]

    def _on_refined(self, refined: Refined) -> None:
        # Not _push, which would end a drag in progress.
        self.history.push(RefineCommand(self.document, refined))

    # -- starting and saving ----------------------------------------------------------------

    def start(self) -> None:
        """Start the engine, which then lists the styles; the starter doodle follows."""
        self.preview.start()

    def stop(self) -> None:
        """Stop the engine thread and store tool options, style and seed in the settings."""
        self.style_files.stop()
        self.films.stop()
        self.variations.stop()
        self.region_pictures.stop()
        self.strokes.stop()
        self.preview.stop()
        self._store_options()

    def export_seconds(self, pixels: int, refined: bool = False) -> float | None:
        """Return the estimated seconds to export so many pixels; None if unknown.

        `refined`: of the refined picture.
        """
        return self.exports.export_seconds(pixels, self.strokes.active, refined)

    def export(self, export_options: ExportOptions) -> None:
        """Export the current painting in the background."""
        self.tool_controller.end()
        if self.style is None:
            self.problem.emit(tr("There is no painting to export yet."))
            return
        self.settings.export_folder = str(export_options.path.parent)
        strokes = self.strokes if self.strokes.active else None
        self.exports.begin(export_options, self.style, strokes)

    @property
    def styles(self) -> dict[str, StyleInfo]:
        """All styles by id; empty until the engine has listed the packs."""
        return self.style_selection.styles

    @property
    def style_id(self) -> str:
        """Id of the current style, or of the style to use when the engine is ready."""
        return self.document.style_id or self._wanted_style

    @property
    def style(self) -> StyleInfo | None:
        """The current style; None until the engine has listed the packs."""
        return self.styles.get(self.document.style_id)

    @property
    def painters(self) -> dict[int, PaintedBy]:
        """What paints each material, by id; empty until the engine has listed the packs."""
        style_id = self.document.style_id
        if style_id not in self.styles:
            return {}
        return painters_of(self.styles, style_id, self.document.brushwork)

    def _on_styles(self, styles: list[StyleInfo]) -> None:
        self.style_selection.set_styles(styles)
        self.styles_changed.emit(styles)
        self.style_selection.changed.emit()

    def _on_style_renewed(self, style: StyleInfo) -> None:
        """Paint the document again, if its style has changed."""
        if style.id == self.document.style_id:
            self.preview.repaint()
            self.strokes.repaint()

    def remove_style(self, style_id: str, title: str) -> None:
        """Move one of the user's styles to the trash; the document leaves it first."""
        self.style_selection.leave(style_id)
        self.style_files.remove(style_id, title)

    def _on_changed_styles(self, styles: list[StyleInfo]) -> None:
        """Take the styles after the user has imported, changed or removed one."""
        self.preview.styles_listed.emit(styles)
        self.preview.engine.await_photo()

    def _on_styles_added(self, added: list[StyleInfo], problems: list[str]) -> None:
        refused = problems[0] if problems else ""
        if len(problems) > 1:
            refused = tr(
                "{count} files cannot be styles. {first}", count=len(problems), first=refused
            )
        if not added:
            self.problem.emit(refused)
            return
        told = tr("{title} is a style for photos now.", title=added[0].title)
        if len(added) > 1:
            told = tr("{count} pictures are styles for photos now.", count=len(added))
        if self.document.photo is None:
            use = (
                tr("Open a photo to use it.") if len(added) == 1 else tr("Open a photo to use one.")
            )
            told = f"{told} {use}"
        elif self.document.look.by == "strokes":
            self.choose_style(added[0].id)
        else:
            told = f"{told} {tr('This needs strokes: choose Paint with strokes.')}"
        self.styles_added.emit([style.id for style in added])
        if problems:
            self.problem.emit(f"{told} {refused}")
        else:
            self.said.emit(told)

    def _on_ready(self, _device: str, _styles: list[StyleInfo]) -> None:
        if not self.style_selection.usable:
            self.problem.emit(tr("No style pack can be used, so nothing can be painted."))
            return
        style_id = self.style_selection.first_of(
            [self._wanted_style, self.settings.style], over_photo=self.document.photo is not None
        )
        # Keep a doodle that was begun while the engine was starting. Set the canvas before the
        # style, because without a style no request is sent to the engine.
        starter = None if self._begun else self.styles[style_id].starter
        size = self.settings.canvas_width, self.settings.canvas_height
        labels = self._starter(starter, *size)
        if labels is not None:
            self.document.replace_canvas(self._blank(labels))
            self.history.clear()
        self.document.set_style(style_id)
        self._show_modified()
        self._tell_step()

    @property
    def empty(self) -> bool:
        """Whether opening another picture would replace no work of the user."""
        history = self.history
        changed = self.document.modified or history.can_undo or history.can_redo
        return not (changed or self._opened or self.tool_controller.busy)

    @property
    def _begun(self) -> bool:
        return self._has_document or self.history.can_undo or self.tool_controller.busy

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
