"""Freehand selection."""

from app.document.document import Document
from app.document.selection import Selection
from app.document.stroke import PointerSample
from app.tools.base import Gesture, ToolOptions

# A loop of fewer canvas pixels than this across is a click: nothing is selected.
SMALLEST = 3.0


class Lasso:
    """Selects what a freehand loop surrounds; a click selects nothing."""

    id = "lasso"
    name = "Select"
    shortcut = "S"
    icon = "lasso"
    tip = "Draw a loop: brush, fill and Refine then work inside it; a click ends that"
    has_size = False
    paints_material = False

    def begin(self, document: Document, options: ToolOptions, sample: PointerSample) -> Gesture:
        """Begin a loop in place of the selection so far."""
        return LassoGesture(document, sample)


class LassoGesture:
    """One loop; what it surrounds so far is the selection."""

    def __init__(self, document: Document, sample: PointerSample) -> None:
        self._document = document
        self._loop: list[tuple[float, float]] = []
        self.move(sample)

    def move(self, sample: PointerSample) -> None:
        """Lead the loop on to this sample."""
        self._loop.append((sample.x, sample.y))
        self._document.set_selection(self._selection())

    def finish(self) -> None:
        """The loop is closed already."""

    def _selection(self) -> Selection | None:
        extents = (max(side) - min(side) for side in zip(*self._loop, strict=True))
        if max(extents) < SMALLEST:
            return None
        return Selection.of_loop(self._loop, self._document.bounds)
