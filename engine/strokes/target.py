"""The target: a doodle, and the guides that select the strokes for each place."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.doodle.generator import labels_beyond
from engine.flow import REACH as FLOW_REACH
from engine.flow import FlowField, RegionFlow, directions_window, flow_field
from engine.flow.borders import REACH as BORDERS_REACH
from engine.flow.borders import moved_borders
from engine.strokes.guides import FAR, ZERO, Guides, border_distance
from engine.tiles import Window

GUIDES_REACH = max(FAR + 2 + BORDERS_REACH, FLOW_REACH)
"""Distance in canvas pixels within which a label changes the guides."""

BLEND = 64
"""Pixels over which a tileable field is blended with its other end."""


@dataclass(frozen=True, eq=False)
class StrokeTarget:
    """The picture to be painted.

    ``regions``: (h, w) uint8 region numbers of the source; ``seed``: of the flow field, which
    follows the regions' borders; ``flows``: flow character by region; ``repeats``: whether the
    picture is tileable; ``more``: additional guides, (h, w) uint8, scaled; ``kinds``: of the border
    at every pixel, (h, w) uint8, see ``engine.flow.borders``. None keeps the borders,
    and a tileable picture keeps them always; ``directions``: of the pen, for every cell of the
    canvas, see ``engine.flow.pen``, or None. A tileable picture has none.
    """

    regions: np.ndarray
    seed: int = 0
    flows: Sequence[RegionFlow] = ()
    repeats: bool = False
    more: tuple[np.ndarray, ...] = ()
    kinds: np.ndarray | None = None
    directions: np.ndarray | None = None

    @property
    def canvas(self) -> Window:
        """Window of the whole canvas."""
        height, width = self.regions.shape
        return Window(0, 0, width, height)

    def guides(self, window: Window) -> Guides:
        """Return the guides inside a window of the canvas, equal to that part of the whole."""
        if self.repeats:
            return self._repeating().part(window.within(self.canvas))
        around = window.grown(FAR + 2)
        regions, inside = self._regions(around), window.within(around)
        field = self._field(window)
        cos, sin, streaks = (
            (part.astype(np.int16) + ZERO).astype(np.uint8)
            for part in (field.cos, field.sin, field.streaks)
        )
        place = window.within(self.canvas)
        return Guides(
            np.ascontiguousarray(regions[inside]),
            border_distance(regions)[inside],
            cos,
            sin,
            streaks,
            tuple(guide[place] for guide in self.more),
            field.pen,
        )

    def _regions(self, window: Window) -> np.ndarray:
        """Return the regions with moved borders inside a window, (h, w) uint8."""
        if self.kinds is None:
            return labels_beyond(self.regions, window)
        around = window.grown(BORDERS_REACH)
        regions, kinds = (labels_beyond(part, around) for part in (self.regions, self.kinds))
        return moved_borders(regions, kinds, window, self.seed)

    def _field(self, window: Window) -> FlowField:
        around = labels_beyond(self.regions, window.grown(FLOW_REACH))
        directions = self.directions
        if directions is not None:
            directions = labels_beyond(directions, directions_window(window))
        return flow_field(around, window, self.seed, self.flows, directions)

    def _repeating(self) -> Guides:
        """Return tileable guides: opposite edges continue each other."""
        height, width = self.regions.shape
        blend = min(BLEND, height, width)
        window = Window(-blend, -blend, width, height)
        around = np.pad(self.regions, FAR + 2, mode="wrap")
        distance = border_distance(around)[FAR + 2 : -FAR - 2, FAR + 2 : -FAR - 2]
        around = np.pad(self.regions, (blend + FLOW_REACH, FLOW_REACH), mode="wrap")
        field = flow_field(around, window, self.seed, self.flows)
        cos, sin, streaks = (_closed(part, blend) for part in (field.cos, field.sin, field.streaks))
        return Guides(self.regions, distance, cos, sin, streaks, self.more)


def _closed(part: np.ndarray, blend: int) -> np.ndarray:
    """Convert (h + blend, w + blend) int8 to (h, w), a signed guide that is tileable.

    The last ``blend`` rows and columns are blended with what lies before the first ones.
    """
    values = part.astype(np.int32)
    for axis in (0, 1):
        values = np.moveaxis(values, axis, 0)
        before, own = values[:blend], values[blend:].copy()
        share = np.arange(1, blend + 1).reshape(-1, 1)
        own[-blend:] = (own[-blend:] * (blend + 1 - share) + before * share) // (blend + 1)
        values = np.moveaxis(own, 0, axis)
    return (values + ZERO).astype(np.uint8)
