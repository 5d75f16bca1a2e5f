"""The eraser: a brush of background."""

from app.document.stroke import PointerSample
from app.tools.base import Gesture, ToolOptions
from app.tools.brush import STROKE_OPTIONS, BrushGesture
from app.tools.ink import Ink


class Eraser:
    """Paints the document's background material, whatever material is chosen."""

    id = "eraser"
    name = "Eraser"
    shortcut = "E"
    icon = "eraser"
    tip = "Paint back to the background (right-click a material to make it that)"
    uses = STROKE_OPTIONS | {"background"}

    def begin(self, ink: Ink, options: ToolOptions, sample: PointerSample) -> Gesture:
        """Touch down and follow the drag."""
        return BrushGesture(ink, options, ink.document.background, sample)
