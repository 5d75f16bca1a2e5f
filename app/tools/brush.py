"""The round brush."""

from app.document.document import Document
from app.document.label_map import LabelMap
from app.document.stroke import PointerSample, Stamp, StrokePath
from app.tools.base import Gesture, ToolOptions
from app.tools.sweep import sweep


class Brush:
    """Paints the chosen material with a round, hard brush."""

    id = "brush"
    name = "Brush"
    shortcut = "B"
    icon = "brush"
    tip = "Paint the chosen material"
    has_size = True
    paints_material = True

    def begin(self, document: Document, options: ToolOptions, sample: PointerSample) -> Gesture:
        """Touch down and follow the drag."""
        return BrushGesture(document.labels, options, options.material, sample)


class BrushGesture:
    """One stroke of a round brush with any material."""

    def __init__(
        self, labels: LabelMap, options: ToolOptions, material: int, sample: PointerSample
    ) -> None:
        self._labels = labels
        self._material = material
        self._path = StrokePath(options.size, options.smoothing, options.pressure)
        self._last: Stamp | None = None
        self.move(sample)

    def move(self, sample: PointerSample) -> None:
        """Paint up to (nearly) this sample."""
        self._paint(self._path.add(sample))

    def finish(self) -> None:
        """Paint the rest of the way."""
        self._paint(self._path.finish())

    def _paint(self, stamps: list[Stamp]) -> None:
        if stamps:
            sweep(self._labels, self._last, stamps, self._material)
            self._last = stamps[-1]
