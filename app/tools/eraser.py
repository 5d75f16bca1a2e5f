"""The eraser: a brush of background."""

from app.document.document import Document
from app.document.stroke import PointerSample
from app.tools.base import Gesture, ToolOptions
from app.tools.brush import BrushGesture

BACKGROUND = 0


class Eraser:
    """Paints the background material (sky), whatever material is chosen."""

    id = "eraser"
    name = "Eraser"
    shortcut = "E"
    icon = "eraser"
    tip = "Paint back to plain sky"
    has_size = True
    paints_material = False

    def begin(self, document: Document, options: ToolOptions, sample: PointerSample) -> Gesture:
        """Touch down and follow the drag."""
        return BrushGesture(document.labels, options, BACKGROUND, sample)
