"""The direction tool: combs the directions in which strokes run, without painting materials."""

from collections.abc import Callable

import numpy as np

from app.document.directions import PenDirection, Sway, blended, middles
from app.document.rect import Rect
from app.document.stroke import Keys, PointerSample, Stamp, StrokePath
from app.tools.base import Drag, Gesture, ToolOptions, Trace
from app.tools.ink import Ink

SPIRAL = np.radians(25)
"""How far a whirl winds inwards: a circle itself would be the same in both directions."""

Wanted = Callable[[Sway, Rect], np.ndarray]
"""Returns the wanted directions in a box of cells: h x w x 2, cos and sin of twice the angle."""


def _along(sway: Sway, _cells: Rect) -> np.ndarray:
    return np.array([sway.cos, sway.sin], np.float32)


def _away(sway: Sway, cells: Rect) -> np.ndarray:
    return _around(sway, cells, 0.0)


def _whirl_left(sway: Sway, cells: Rect) -> np.ndarray:
    return _around(sway, cells, np.pi / 2 + SPIRAL)


def _whirl_right(sway: Sway, cells: Rect) -> np.ndarray:
    return _around(sway, cells, np.pi / 2 - SPIRAL)


def _nothing(_sway: Sway, _cells: Rect) -> np.ndarray:
    return np.zeros(2, np.float32)


def _around(sway: Sway, cells: Rect, turn: float) -> np.ndarray:
    """Return the directions away from the pen, turned clockwise on screen.

    A mirrored pen (see `Sway.flipped`) turns the other way.
    """
    x, y = middles(cells)
    away = np.arctan2(y - sway.end_y, x - sway.end_x)
    doubled = 2 * (away + (-turn if sway.flipped else turn))
    return np.stack([np.cos(doubled), np.sin(doubled)], 2)


COMBS: dict[str, Wanted] = {
    "comb": _along,
    "whirl-left": _whirl_left,
    "whirl-right": _whirl_right,
    "fountain": _away,
    "erase": _nothing,
}
"""What the tool can do; "erase" takes the directions away."""


class Direction:
    """Combs the directions under a soft brush."""

    id = "direction"
    name = "Direction"
    shortcut = "W"
    icon = "direction"
    tip = "Comb the strokes: they run where the pen moves; Alt takes the directions away"
    uses = frozenset({"size", "comb", "strength", "pressure", "gamma"})

    def begin(self, ink: Ink, options: ToolOptions, sample: PointerSample) -> Gesture:
        """Begin combing at the pointer."""
        return CombGesture(ink, options, sample)


class CombGesture(Drag):
    """One movement of the comb; Alt at its start takes the directions away."""

    def __init__(self, ink: Ink, options: ToolOptions, sample: PointerSample) -> None:
        self._ink, self._strength = ink, options.strength
        self._kind = "erase" if sample.keys & Keys.ALT else options.comb
        # The direction itself is smoothed, so the path need not be.
        self._path = StrokePath(options.size, 0.0, options.pressure, options.gamma)
        self._pen = PenDirection(start=1 / 8)
        self.move(sample)

    @property
    def trace(self) -> Trace:
        """No lines: the directions themselves are shown."""
        return ()

    def move(self, sample: PointerSample) -> None:
        """Comb up to this sample, minus the lag of the stroke path."""
        self._comb(self._path.add(sample))

    def finish(self) -> None:
        """Comb the rest."""
        self._comb(self._path.finish())

    def _comb(self, stamps: list[Stamp]) -> None:
        for stamp in stamps:
            sway = self._pen.add(stamp.x, stamp.y, stamp.radius)
            if sway is None and self._kind != "comb" and not self._ink.touched.area:
                sway = Sway(stamp.x, stamp.y, stamp.x, stamp.y, stamp.radius, cos=0.0, sin=0.0)
            if sway is not None:
                self._ink.turn(sway, self._combed)

    def _combed(self, sway: Sway, cells: Rect, old: np.ndarray) -> np.ndarray:
        """Move directions towards the wanted ones, less and less away from the pen."""
        near = np.clip(2 * (1 - sway.distance(cells) / max(sway.radius, 1.0)), 0, 1)
        # After half a brush's width the directions under the middle of the brush are the pen's.
        moved = min(1.0, 2 * sway.length / max(sway.radius, 1.0)) if sway.length else 1.0
        share = (near * near * (3 - 2 * near) * moved).astype(np.float32)
        return blended(old, self._strength * COMBS[self._kind](sway, cells), share)
