"""The tool controller: turns pointer events into gestures, and each gesture into an undo step."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol, TypeVar

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.document.document import Change, Changed, Document
from app.document.rect import Rect
from app.document.stroke import Keys, PointerSample
from app.document.symmetry import Symmetry
from app.editing.commands import PaintCommand
from app.editing.history import History
from app.platform.translation import tr
from app.tools import LARGEST_BRUSH, TOOLS, Gesture, Ink, Tool, ToolOptions
from resources.materials import UNMARKED, named

Result = TypeVar("Result")


class Painter(Protocol):
    """What paints the doodle while it changes; see `PreviewService`."""

    def dab(self, since: float | None) -> AbstractContextManager[None]:
        """Mark changes in the block as made by a pointer event at this time."""

    def catch_up(self) -> None:
        """Paint what was held back during a drag that has ended."""


class ToolController(QObject):
    """Holds the tool options, the symmetry and the current gesture.

    The canvas calls `press`, `drag`, `release` and `hover`. `options_changed` carries the
    ToolOptions, `symmetry_changed` the Symmetry, `traced` the lines to show over the canvas (in
    canvas coordinates), and `busy_changed` whether a gesture is in progress. `areas` returns other
    areas for Fill than those of the doodle, or None, see `Ink`.
    """

    options_changed = Signal(object)
    symmetry_changed = Signal(object)
    traced = Signal(object)
    busy_changed = Signal(bool)

    def __init__(
        self,
        document: Document,
        history: History,
        preview: Painter,
        options: ToolOptions,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.options = options
        self.symmetry = Symmetry.of_canvas(document.bounds)
        self._document, self._history, self._preview = document, history, preview
        self.areas: Callable[[], np.ndarray | None] = lambda: None
        self._gesture: Gesture | None = None
        self._ink = Ink(document)
        self._text = self._icon = self._begun_with = ""
        self._continues = self._picking = self._tracing = self._down = False
        document.subscribe(self._on_document)

    @property
    def busy(self) -> bool:
        """Whether a gesture is in progress."""
        return self._gesture is not None

    @property
    def dragging(self) -> bool:
        """Whether a gesture is in progress and the button or pen is down."""
        return self._down and self._gesture is not None

    # -- the pointer ------------------------------------------------------------------------

    def press(self, sample: PointerSample) -> None:
        """Handle a press: begin a gesture, pick a material, or continue a gesture of clicks."""
        tool = self._tool_for(sample)
        self._down = True
        if self._continues and self._gesture is not None:
            self._act(self._gesture.press, sample)
        elif sample.keys & Keys.ALT and "material" in tool.uses:
            self._picking = True
            self.pick(sample)
        else:
            self._begin(tool, sample)

    def drag(self, sample: PointerSample) -> None:
        """Handle a movement with the button down."""
        if self._picking:
            self.pick(sample)
        elif self._gesture is not None:
            self._act(self._gesture.move, sample)

    def hover(self, sample: PointerSample) -> None:
        """Handle a movement with the button up."""
        self._down = False
        if self._continues and self._gesture is not None:
            self._act(self._gesture.hover, sample)

    def release(self, sample: PointerSample) -> None:
        """Handle a release, which turns most gestures into an undo step."""
        self._picking = self._down = False
        if self._gesture is not None:
            lasts = not self._act(self._gesture.lift, sample)
            # Another tool may have been chosen while the button was down.
            self._continues = lasts and self.options.tool == self._begun_with
            if not self._continues:
                self.end()

    def pick(self, sample: PointerSample) -> None:
        """Set the material to the one under the pointer, if there is one."""
        x, y = int(sample.x), int(sample.y)
        if not Rect(x, y, x + 1, y + 1).clipped(self._document.bounds).empty:
            areas = self.areas()
            found = self._document.labels.at(x, y) if areas is None else int(areas[y, x])
            if found in named() and found != UNMARKED:
                self.set_options(material=found)

    # -- the gesture ------------------------------------------------------------------------

    def end(self) -> None:
        """Complete the current gesture, if any, as one undo step."""
        self._history.arrive()
        gesture, ink = self._gesture, self._ink
        if gesture is None:
            return
        gesture.finish()
        self._preview.catch_up()
        patch = ink.patch()
        if patch is not None:
            selections = ink.selection, self._document.selection
            text, icon = self._text, self._icon
            self._history.push(PaintCommand(self._document, patch, text, selections, icon))
        # Last, because listeners of `busy_changed` expect the step in the history.
        self._clear_gesture()

    def close(self) -> None:
        """Complete a gesture of clicks. A drag is not affected."""
        if not self.dragging:
            self.end()

    def drop(self) -> None:
        """Cancel the current gesture and restore doodle and selection."""
        if self._gesture is None:
            return
        self._ink.drop()
        self._document.set_selection(self._ink.selection)
        self._clear_gesture()

    def step_back(self) -> bool:
        """Undo the last click of a gesture of clicks. Return False if there is none."""
        if self._gesture is None or not self._continues:
            return False
        if self._gesture.step_back():
            self._show_trace()
        else:
            self.drop()
        return True

    def _tool_for(self, sample: PointerSample) -> Tool:
        if sample.eraser:
            return TOOLS["eraser"]
        selection = self._document.selection
        held = selection is not None and selection.holds(int(sample.x), int(sample.y))
        return TOOLS["move" if held and sample.keys & Keys.CONTROL else self.options.tool]

    def _begin(self, tool: Tool, sample: PointerSample) -> None:
        self.end()
        self._text, self._icon = step_text(tool, self.options), tool.icon
        self._begun_with = self.options.tool
        self._ink = Ink(self._document, self.symmetry, self.areas())
        with self._preview.dab(sample.time):
            self._gesture = tool.begin(self._ink, self.options, sample)
        self.busy_changed.emit(True)
        self._show_trace()

    def _act(self, step: Callable[[PointerSample], Result], sample: PointerSample) -> Result:
        with self._preview.dab(sample.time):
            result = step(sample)
        self._show_trace()
        return result

    def _clear_gesture(self) -> None:
        self._gesture, self._continues = None, False
        self._show_trace()
        self.busy_changed.emit(False)

    def _show_trace(self) -> None:
        trace = self._gesture.trace if self._gesture is not None else ()
        if trace or self._tracing:
            self._tracing = bool(trace)
            self.traced.emit(trace)

    # -- options and symmetry ---------------------------------------------------------------

    def set_options(self, **changes: object) -> None:
        """Set tool, material, size and other fields of ToolOptions.

        A drag in progress keeps the options it began with; a gesture of clicks ends with its tool.
        """
        options = replace(self.options, **changes)  # type: ignore[arg-type]
        options = replace(options, size=max(1, min(LARGEST_BRUSH, options.size)))
        if options.material != self.options.material:
            options = replace(options, other=self.options.material)
        if options != self.options:
            if options.tool != self.options.tool and not self.dragging:
                self.end()
            self.options = options
            self.options_changed.emit(options)

    def choose_material(self, material: int) -> None:
        """Set the material. A tool that paints no material is replaced by the brush."""
        paints = "material" in TOOLS[self.options.tool].uses
        self.set_options(material=material, tool=self.options.tool if paints else "brush")

    def swap_materials(self) -> None:
        """Swap the current and the previous material."""
        self.choose_material(self.options.other)

    def resize_brush(self, steps: int) -> None:
        """Enlarge (+1) or reduce (-1) the brush by about an eighth."""
        size = self.options.size
        self.set_options(size=size + steps * max(1, round(size / 8)))

    def set_symmetry(self, **changes: object) -> None:
        """Switch an axis (`left_right`, `top_bottom`) or move it (`x`, `y`), see Symmetry."""
        self.symmetry = replace(self.symmetry, **changes)  # type: ignore[arg-type]
        self.symmetry_changed.emit(self.symmetry)

    def _on_document(self, change: Change) -> None:
        if change.what is Changed.CANVAS:
            self.symmetry = self.symmetry.centred(self._document.bounds)
            self.symmetry_changed.emit(self.symmetry)


def step_text(tool: Tool, options: ToolOptions) -> str:
    """Return the text of a gesture in the undo list, e.g. "Brush: Sky"."""
    paints = "material" in tool.uses
    return f"{tr(tool.name)}: {tr(named()[options.material].name)}" if paints else tr(tool.name)
