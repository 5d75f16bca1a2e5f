"""The painter's session: turns what the hand does into changes of the document."""

import random
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.commands import (
    CanvasCommand,
    DocumentCommand,
    History,
    PaintCommand,
    RefineCommand,
    SetCommand,
)
from app.document.clip import Clip
from app.document.document import Document
from app.document.export_wish import ExportWish
from app.document.label_map import LabelMap, LabelSnapshot
from app.document.patch import Patch
from app.document.rect import NOWHERE, Rect
from app.document.refined import QUALITIES, STROKES, Refined, RefineOptions
from app.document.resample import covering_labels
from app.document.selection import Selection
from app.document.stroke import PointerSample
from app.services.engine_worker import StudioFactory
from app.services.export import ExportService
from app.services.preview import PreviewService, StyleInfo, label_reach
from app.services.refine import RefineService
from app.services.sketch import SketchService
from app.settings import Settings
from app.tools import TOOLS, Gesture, Tool, ToolOptions
from resources.materials import materials

HIGHEST_SEED = 2**31 - 1
LARGEST_BRUSH = 512


class Session(QObject):
    """Owns the document, its history and the services; the window only shows them.

    Pointer samples come in through `press`, `drag` and `release`, in canvas pixels.
    """

    options_changed = Signal(object)
    styles_changed = Signal(list)
    said = Signal(str)
    problem = Signal(str)

    def __init__(
        self, factory: StudioFactory, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.settings = settings
        blank = LabelMap(settings.canvas_width, settings.canvas_height)
        self.document = Document(blank, seed=settings.seed, reach=label_reach())
        self.history = History(settings.undo_megabytes * 2**20, self)
        self.preview = PreviewService(self.document, factory, parent=self)
        self.refine = RefineService(self.document, self.preview, self)
        self.sketch = SketchService(self.document, self.preview.engine, self)
        self.exports = ExportService(self.document, self.preview.engine, self)
        self.styles: dict[str, StyleInfo] = {}
        self.options = _stored_options(settings)
        self.refine_options = _stored_refine_options(settings)
        self._failed: set[str] = set()
        self._gesture: Gesture | None = None
        self._gesture_text = ""
        self._before: LabelSnapshot | None = None
        self._touched = NOWHERE
        self._connect()

    def _connect(self) -> None:
        self.preview.ready.connect(self._on_ready)
        self.preview.style_failed.connect(self._on_style_failed)
        self.preview.problem.connect(self.problem)
        self.exports.written.connect(lambda path: self.said.emit(f"Saved {path.name}."))
        self.exports.stopped.connect(
            lambda path: self.said.emit(f"The export of {path.name} was stopped.")
        )
        self.exports.problem.connect(self.problem)
        self.refine.said.connect(self.said)
        self.refine.problem.connect(self.problem)
        self.refine.finished.connect(self._on_refined)

    # -- the hand ---------------------------------------------------------------------------

    @property
    def painting(self) -> bool:
        """A drag is under way."""
        return self._gesture is not None

    def press(self, sample: PointerSample) -> None:
        """The pointer went down: the tool's first touch."""
        self._end_gesture()
        options = self.options
        tool = TOOLS["eraser"] if sample.eraser else TOOLS[options.tool]
        self._gesture_text = _step_text(tool, options)
        self._before, self._touched = self.document.labels.snapshot(), NOWHERE
        self._gesture = tool.begin(self.document, options, sample)
        self._publish(sample.time)

    def drag(self, sample: PointerSample) -> None:
        """The pointer moved while down."""
        if self._gesture is not None:
            self._gesture.move(sample)
            self._publish(sample.time)

    def release(self, sample: PointerSample) -> None:
        """The pointer was lifted: the drag becomes one undo step."""
        self.drag(sample)
        self._end_gesture()

    def pick(self, sample: PointerSample) -> None:
        """Choose the material under the pointer."""
        x, y = int(sample.x), int(sample.y)
        spot = Rect(x, y, x + 1, y + 1).clipped(self.document.bounds)
        if not spot.empty:
            self.set_options(material=self.document.labels.at(x, y))

    def _publish(self, since: float | None = None) -> None:
        labels, selection = self.document.labels, self.document.selection
        if selection is not None and self._before is not None:
            selection.confine(labels, self._before, labels.dirty)
        with self.preview.dab(since):
            self._touched = self._touched.union(self.document.publish_labels())

    # -- what the tools are set to ----------------------------------------------------------

    def set_options(self, **changes: object) -> None:
        """Choose a tool, material, size, smoothing or pressure."""
        options = replace(self.options, **changes)  # type: ignore[arg-type]
        options = replace(options, size=max(1, min(LARGEST_BRUSH, options.size)))
        if options != self.options:
            self.options = options
            self.options_changed.emit(options)

    def choose_material(self, material: int) -> None:
        """Take a material; the eraser gives way to the brush, or nothing would come of it."""
        tool = self.options.tool
        self.set_options(material=material, tool=tool if TOOLS[tool].paints_material else "brush")

    def resize_brush(self, steps: int) -> None:
        """Make the brush larger (+1) or smaller (-1) by about an eighth."""
        size = self.options.size
        step = max(1, round(size / 8))
        self.set_options(size=size + steps * step)

    # -- undoable steps ---------------------------------------------------------------------

    def undo(self) -> None:
        """Take the last step back, be it the stroke under the hand."""
        self._end_gesture()
        self.history.undo()

    def redo(self) -> None:
        """Make the last undone step again."""
        self._end_gesture()
        self.history.redo()

    def clear(self) -> None:
        """Paint everything that is selected back to plain sky."""
        self._end_gesture()
        document, now = self.document, self.document.labels.snapshot()
        plain = LabelMap(document.width, document.height)
        if document.selection is not None:
            document.selection.confine(plain, now, document.bounds)
        self._lay(Patch.between(now, plain, document.bounds), "Clear")

    def paste(self, clip: Clip) -> None:
        """Lay a piece of doodle on the canvas, inside of the selection if there is one."""
        self._end_gesture()
        self._lay(clip.patch_on(self.document), "Paste")

    def _lay(self, patch: Patch | None, text: str) -> None:
        if patch is not None:
            self.document.redo_patch(patch)
            self.history.push(PaintCommand(self.document, patch, text))

    def import_doodle(self, name: str, labels: LabelMap) -> None:
        """Another doodle, of its own size, in place of this one."""
        self._push(CanvasCommand(self.document, labels, f"Import {name}"))

    def new_canvas(self, width: int, height: int, starter: Path | None = None) -> None:
        """Another canvas: a starter doodle at that size, or plain sky."""
        self._close_off()
        labels = self._starter(starter, width, height) or LabelMap(width, height)
        self._push(CanvasCommand(self.document, labels, "New canvas"))
        self.settings.canvas_width, self.settings.canvas_height = width, height

    def reroll(self) -> None:
        """Paint the same doodle with another seed."""
        self.set_seed(random.randint(1, 999_999))

    def set_seed(self, seed: int) -> None:
        """Paint with this seed, as an undoable step."""
        old, seed = self.document.seed, max(0, min(HIGHEST_SEED, seed))
        if seed != old:
            text = f"Seed {seed}"
            self._push(SetCommand(self.document, text, self.document.set_seed, old, seed))

    def choose_style(self, style_id: str) -> None:
        """Paint with another style pack, as an undoable step; the doodle stays."""
        old, style = self.document.style_id, self.styles.get(style_id)
        if style is not None and style.problem is None and style_id != old:
            text = f"Style: {style.title}"
            self._push(SetCommand(self.document, text, self.document.set_style, old, style_id))

    def surprise(self) -> None:
        """Paint with a style left to chance, as an undoable step."""
        others = [style_id for style_id in self._usable if style_id != self.document.style_id]
        if others:
            self.choose_style(random.choice(others))

    def _push(self, command: DocumentCommand) -> None:
        self._close_off()
        self.history.push(command)

    def _close_off(self) -> None:
        """Make steps of what is under way, for the canvas may be another one afterwards."""
        # What the hand does until it is lifted then counts no more.
        self._end_gesture()
        self.refine.keep()

    def _end_gesture(self) -> None:
        gesture, before = self._gesture, self._before
        if gesture is None or before is None:
            return
        gesture.finish()
        self._publish()
        self._gesture = self._before = None
        patch = Patch.between(before, self.document.labels, self._touched)
        if patch is not None:
            self.history.push(PaintCommand(self.document, patch, self._gesture_text))

    # -- refining and selecting -------------------------------------------------------------

    def begin_refine(self) -> None:
        """Refine the painting, or the selected part of it."""
        self._end_gesture()
        self.refine.begin(self.refine_options)

    def set_refine_options(self, **changes: object) -> None:
        """Choose quality, strength, detail, strokes, device, or the selection only."""
        self.refine_options = replace(self.refine_options, **changes)  # type: ignore[arg-type]

    def _on_refined(self, refined: Refined) -> None:
        # Not _push: a drag that is under way may go on.
        self.history.push(RefineCommand(self.document, refined))

    def select_all(self) -> None:
        """Select the whole canvas."""
        self.document.set_selection(Selection.of_everything(self.document.bounds))

    def select_none(self) -> None:
        """Work everywhere again."""
        self.document.set_selection(None)

    def invert_selection(self) -> None:
        """Select what is not selected."""
        if self.document.selection is not None:
            self.document.set_selection(self.document.selection.inverted())

    # -- starting and saving ----------------------------------------------------------------

    def start(self) -> None:
        """Start the engine; the starter doodle and its painting follow."""
        self.preview.start()

    def stop(self) -> None:
        """Join the engine's thread and remember what the tools were set to."""
        self.preview.stop()
        self._store_options()

    def export(self, wish: ExportWish) -> None:
        """Write the painting or the doodle as it is now, while painting goes on."""
        self._end_gesture()
        if self.style is None:
            self.problem.emit("There is no painting to export yet.")
            return
        self.settings.export_folder = str(wish.path.parent)
        self.exports.begin(wish, self.style)

    @property
    def style(self) -> StyleInfo | None:
        """The style in use; None until the engine has listed the packs."""
        return self.styles.get(self.document.style_id)

    def served_as(self, material: str) -> str:
        """The region of the style that really paints a material; empty until that is known."""
        return self.style.served.get(material, "") if self.style is not None else ""

    def _on_ready(self, device: str, styles: list[StyleInfo]) -> None:
        self.styles = {style.id: style for style in styles}
        self.styles_changed.emit(styles)
        usable = self._usable
        if not usable:
            self.problem.emit("No style pack can be used, so nothing can be painted.")
            return
        wished = self.settings.style
        style_id = wished if wished in usable else usable[0]
        # Who has begun to paint while the engine was starting keeps the doodle. The canvas comes
        # before the style, for without a style nothing is asked of the engine yet.
        starter = None if self._begun else self.styles[style_id].starter
        size = self.settings.canvas_width, self.settings.canvas_height
        labels = self._starter(starter, *size)
        if labels is not None:
            self.document.replace_canvas(labels)
        self.document.set_style(style_id)
        self.document.set_modified(self._begun)

    @property
    def _usable(self) -> list[str]:
        return [style.id for style in self.styles.values() if style.problem is None]

    @property
    def _begun(self) -> bool:
        return self.history.can_undo or self._gesture is not None

    def _starter(self, path: Path | None, width: int, height: int) -> LabelMap | None:
        labels = self.preview.starter(path) if path is not None else None
        if labels is None:
            return None
        return LabelMap.from_array(covering_labels(labels, width, height))

    def _on_style_failed(self, style_id: str, sentence: str) -> None:
        self.problem.emit(sentence)
        self._failed.add(style_id)
        newest = self.history.newest
        if isinstance(newest, SetCommand) and newest.value == style_id:
            self.history.reject()
        elif self.document.style_id == style_id:
            self._fall_back()

    def _fall_back(self) -> None:
        """The first style that is neither broken nor has failed; without one nothing is asked."""
        left = (style_id for style_id in self._usable if style_id not in self._failed)
        self.document.set_style(next(left, ""))

    def _store_options(self) -> None:
        settings, options = self.settings, self.options
        settings.tool, settings.material, settings.brush_size = (
            options.tool, options.material, options.size,
        )  # fmt: skip
        settings.smoothing, settings.pressure = options.smoothing, options.pressure
        refine = self.refine_options
        settings.refine_quality, settings.refine_strokes = refine.quality, refine.strokes
        settings.refine_strength, settings.refine_detail = refine.strength, refine.detail
        settings.refine_selected_only = refine.selected_only
        settings.refine_device = refine.device
        settings.seed = self.document.seed
        if self.document.style_id:
            settings.style = self.document.style_id


def _stored_options(settings: Settings) -> ToolOptions:
    return ToolOptions(
        settings.tool if settings.tool in TOOLS else "brush",
        min(settings.material, len(materials()) - 1),
        settings.brush_size,
        settings.smoothing,
        settings.pressure,
    )


def _stored_refine_options(settings: Settings) -> RefineOptions:
    return RefineOptions(
        settings.refine_quality if settings.refine_quality in QUALITIES else "good",
        settings.refine_strength,
        settings.refine_detail,
        settings.refine_strokes if settings.refine_strokes in STROKES else "normal",
        settings.refine_selected_only,
        settings.refine_device,
    )


def _step_text(tool: Tool, options: ToolOptions) -> str:
    return (
        f"{tool.name}: {materials()[options.material].name}" if tool.paints_material else tool.name
    )
