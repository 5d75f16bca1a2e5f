"""The brush tool and the gesture of a brush stroke."""

import numpy as np

from app.document.directions import PenDirection, Sway
from app.document.stroke import PointerSample, Stamp, StrokePath
from app.tools.base import Drag, Gesture, ToolOptions, Trace
from app.tools.brush_shape import BRUSH_SHAPES, BrushShape, covered
from app.tools.ink import Ink

STROKE_OPTIONS = frozenset(
    {"size", "brush", "spacing", "jitter", "smoothing", "rope", "pressure", "gamma"}
)
# Largest reduction of a dab's radius at full jitter, as a share of the radius.
SHRINKING = 0.7


class Brush:
    """Paints the current material with a hard brush."""

    id = "brush"
    name = "Brush"
    shortcut = "B"
    icon = "brush"
    tip = "Paint the chosen material"
    uses = STROKE_OPTIONS | {"material", "follow"}

    def begin(self, ink: Ink, options: ToolOptions, sample: PointerSample) -> Gesture:
        """Begin a stroke at the pointer."""
        return BrushGesture(ink, options, options.material, sample, options.follow)


class BrushGesture(Drag):
    """One stroke with a given material; `follow`: with the directions of the pen."""

    def __init__(
        self,
        ink: Ink,
        options: ToolOptions,
        material: int,
        sample: PointerSample,
        follow: bool = False,
    ) -> None:
        self._ink = ink
        self._material = material
        self._path = StrokePath(
            options.size, options.smoothing, options.pressure, options.gamma, options.spacing,
            options.rope,
        )  # fmt: skip
        self._tip = tip_of(options, sample)
        self._joined = options.spacing == 0
        # With the ragged brush, jitter already makes the edge of a stroke without gaps uneven.
        self._jitter = 0.0 if options.brush == "ragged" and self._joined else options.jitter
        self._random = np.random.default_rng(seed_of(sample))
        self._last: list[Stamp] = []
        self._pen = PenDirection(self._joined) if follow else None
        self._begun = False
        self.move(sample)

    @property
    def trace(self) -> Trace:
        """The rope between brush and pointer, if any."""
        rope = self._path.rope
        return [rope] if rope is not None else ()

    def move(self, sample: PointerSample) -> None:
        """Paint up to this sample, minus the lag of the stroke path."""
        self._paint(self._path.add(sample))

    def finish(self) -> None:
        """Paint the rest of the stroke."""
        self._paint(self._path.finish())

    def _paint(self, stamps: list[Stamp]) -> None:
        if not stamps:
            return
        path = [*self._last, *(self._jittered(stamp) for stamp in stamps)]
        # Also what the last dab has painted gets the direction of the movement over it.
        bounds, begun = self._ink.document.bounds, bool(self._last) and self._pen is None
        box, mask = covered(self._tip, path, bounds, self._joined, begun)
        along = self._along(stamps)
        if not box.empty:
            self._ink.lay(box, mask, self._material, along)
        # The first direction counts from the start of the stroke.
        waits = self._pen is not None and not self._pen.begun
        self._last = path[0 if waits else -1 :] if self._joined else []

    def _along(self, stamps: list[Stamp]) -> list[Sway] | None:
        """Return the movements of the pen; None clears what is there, as the first dab does."""
        if self._pen is None:
            return None
        # Jitter moves a dab by up to its radius.
        grown = 1 + self._jitter
        swayed = [self._pen.add(x, y, radius * grown) for x, y, radius in stamps]
        found = [sway for sway in swayed if sway is not None]
        begun, self._begun = self._begun, True
        return found if begun or found else None

    def _jittered(self, stamp: Stamp) -> Stamp:
        """Return the stamp, randomly shifted and reduced by jitter."""
        if not self._jitter:
            return stamp
        across, down, less = self._random.uniform((-1, -1, 0), 1) * self._jitter
        x, y, reach = stamp
        return Stamp(x + across * reach, y + down * reach, reach * (1 - less * SHRINKING))


def tip_of(options: ToolOptions, sample: PointerSample) -> BrushShape:
    """Create the brush shape for a stroke that begins at this sample."""
    return BRUSH_SHAPES[options.brush](options.size, options.jitter, seed_of(sample))


def seed_of(sample: PointerSample) -> tuple[int, int]:
    """Return two integers from the start of a stroke, so that equal strokes look the same."""
    return int(sample.x * 8) & 0xFFFFFFFF, int(sample.y * 8) & 0xFFFFFFFF
