"""The eraser tool: a brush that paints the background material."""

from app.document.stroke import PointerSample
from app.tools.base import Gesture, ToolOptions
from app.tools.brush import STROKE_OPTIONS, BrushGesture
from app.tools.ink import Ink


class Eraser:
    """Paints the document's background material instead of the current one."""

    id = "eraser"
    name = "Eraser"
    shortcut = "E"
    icon = "eraser"
    tip = "Erase to the background material (right-click a material to set it)"
    uses = STROKE_OPTIONS | {"background"}

    def begin(self, ink: Ink, options: ToolOptions, sample: PointerSample) -> Gesture:
        """Begin a stroke at the pointer."""
        return BrushGesture(ink, options, ink.document.background, sample)
