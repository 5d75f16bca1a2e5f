"""The brush."""

import numpy as np

from app.document.stroke import PointerSample, Stamp, StrokePath
from app.tools.base import Drag, Gesture, ToolOptions, Trace
from app.tools.brush_shape import BRUSH_SHAPES, BrushShape, covered
from app.tools.ink import Ink

STROKE_OPTIONS = frozenset(
    {"size", "brush", "spacing", "jitter", "smoothing", "rope", "pressure", "gamma"}
)
# How much smaller than the brush full jitter makes its smallest dabs.
SHRINKING = 0.7


class Brush:
    """Paints the chosen material with a hard brush."""

    id = "brush"
    name = "Brush"
    shortcut = "B"
    icon = "brush"
    tip = "Paint the chosen material"
    uses = STROKE_OPTIONS | {"material"}

    def begin(self, ink: Ink, options: ToolOptions, sample: PointerSample) -> Gesture:
        """Touch down and follow the drag."""
        return BrushGesture(ink, options, options.material, sample)


class BrushGesture(Drag):
    """One stroke with any material."""

    def __init__(
        self, ink: Ink, options: ToolOptions, material: int, sample: PointerSample
    ) -> None:
        self._ink = ink
        self._material = material
        self._path = StrokePath(
            options.size, options.smoothing, options.pressure, options.gamma, options.spacing,
            options.rope,
        )  # fmt: skip
        self._tip = tip_of(options, sample)
        self._joined = options.spacing == 0
        # A ragged stroke without gaps is uneven at its edge already.
        self._jitter = 0.0 if options.brush == "ragged" and self._joined else options.jitter
        self._chance = np.random.default_rng(seed_of(sample))
        self._last: list[Stamp] = []
        self.move(sample)

    @property
    def trace(self) -> Trace:
        """The rope between brush and pointer."""
        rope = self._path.rope
        return [rope] if rope is not None else ()

    def move(self, sample: PointerSample) -> None:
        """Paint up to (nearly) this sample."""
        self._paint(self._path.add(sample))

    def finish(self) -> None:
        """Paint the rest of the way."""
        self._paint(self._path.finish())

    def _paint(self, stamps: list[Stamp]) -> None:
        if not stamps:
            return
        way = [*self._last, *(self._scattered(stamp) for stamp in stamps)]
        box, mask = covered(self._tip, way, self._ink.document.bounds, self._joined)
        if not box.empty:
            self._ink.lay(box, mask, self._material)
        self._last = way[-1:] if self._joined else []

    def _scattered(self, stamp: Stamp) -> Stamp:
        """The stamp somewhere near, and a little smaller."""
        if not self._jitter:
            return stamp
        across, down, less = self._chance.uniform((-1, -1, 0), 1) * self._jitter
        x, y, reach = stamp
        return Stamp(x + across * reach, y + down * reach, reach * (1 - less * SHRINKING))


def tip_of(options: ToolOptions, sample: PointerSample) -> BrushShape:
    """The brush's shape for a stroke that begins here."""
    return BRUSH_SHAPES[options.brush](options.size, options.jitter, seed_of(sample))


def seed_of(sample: PointerSample) -> tuple[int, int]:
    """Two numbers made of where a stroke begins: the same stroke again has the same chances."""
    return int(sample.x * 8) & 0xFFFFFFFF, int(sample.y * 8) & 0xFFFFFFFF
