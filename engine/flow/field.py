"""Compute the flow field of a doodle: directed streaks that follow its borders.

The field is a fixed function of the seed, the canvas position, the region numbers and the pen's
directions within REACH pixels, and the regions' flow character. It guides the generator network
and the patch synthesis.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from engine.flow import bend, pen, streaks
from engine.flow.base import DEVIATION, STATIC, base, cut, halved, seed_offset
from engine.flow.bend import CELL, Direction
from engine.flow.character import UNIT, RegionFlow
from engine.tiles import FIELD_REACH, Window

CHANNELS = 8
"""White noise, three streak sizes, potential, cosine and sine of twice the flow's angle, cloud."""

REACH = FIELD_REACH
"""Distance in canvas pixels within which a label or a direction changes the field."""

LARGEST = 30000
"""Largest side of a window in pixels: positions are stored in 16 bits."""

STREAK_LEVELS = (0, 1, 2)
"""Level at which each of the three grains is smeared: 2.5, 5 and 10 pixels wide."""

# Cells of level CELL around the field in which the direction is needed.
_AROUND = streaks.REACH + 1

# Shares of the three streaks in ``FlowField.streaks``.
_SHARES = (0.35, 0.75, 0.75)


@dataclass(frozen=True, eq=False)
class Streaks:
    """The smeared grains of one level over a window of its cells, (h, w) int16."""

    level: int
    cells: Window
    sums: np.ndarray


@dataclass(frozen=True, eq=False)
class FlowField:
    """The flow field over a window of the canvas.

    ``streaks``: (h, w) int8, the three streak sizes combined, deviation about 32, within +-127.
    ``cos``, ``sin``: (h, w) int8, of twice the flow's angle (rows count downwards), 127 = 1.0;
    their length is confidence times strength, so it is 0 in a region of strength 0.
    """

    window: Window
    _offset: tuple[int, int] = field(repr=False)
    _direction: Direction = field(repr=False)
    _cells: Window = field(repr=False)
    _streaks: tuple[Streaks, ...] = field(repr=False)

    @cached_property
    def streaks(self) -> np.ndarray:
        """The three streak sizes combined, (h, w) int8."""
        total = np.zeros((self.window.height, self.window.width), np.float32)
        for part, scale in zip(self._streaks, _SCALES, strict=True):
            total += self._at_pixels(part.sums, part.cells, part.level) * np.float32(scale)
        return _bytes(total)

    @cached_property
    def cos(self) -> np.ndarray:
        """Cosine of twice the flow's angle times confidence and strength, (h, w) int8."""
        return self._component(self._direction.cos)

    @cached_property
    def sin(self) -> np.ndarray:
        """Sine of twice the flow's angle times confidence and strength, (h, w) int8."""
        return self._component(self._direction.sin)

    @cached_property
    def pen(self) -> np.ndarray | None:
        """How much of the direction is the pen's, (h, w) uint8, 254 for all; None for nothing."""
        if self._direction.pen is None:
            return None
        share = self._at_pixels(_whole(self._direction.pen), self._cells, CELL)
        return (2 * np.rint(share)).astype(np.uint8)

    def levels(self, needed: Sequence[Window]) -> list[Tensor]:
        """Return the generator's input, (CHANNELS, h_k, w_k) float16 within +-3 per level.

        ``needed[k]``: a window of cells of level k inside the field's window and the last one's, as
        ``level_windows`` returns them. The values are averages over cells, divided by the fixed
        deviation of each channel on each level. Raises ValueError for a window outside these.
        """
        outer = needed[-1].finer(len(needed) - 1).clipped(self.window)
        for level, cells in reversed(list(enumerate(needed))):
            if cells.finer(level).clipped(outer) != cells.finer(level):
                raise ValueError(f"level {level} needs {cells} of a field over {outer}")
        static = [self._static_levels(name, own, needed) for name, own in STATIC]
        angle = [
            _levels_of(_whole(part), self._cells, CELL, needed)
            for part in (self._direction.cos, self._direction.sin)
        ]
        smeared = [_levels_of(part.sums, part.cells, part.level, needed) for part in self._streaks]
        order = [static[0], *smeared, static[1], *angle, static[2]]
        return [_normalised([channel[k] for channel in order], k) for k in range(len(needed))]

    def _component(self, part: np.ndarray) -> np.ndarray:
        directed = part * self._direction.confidence * self._direction.strength
        return _bytes(self._at_pixels(_whole(directed), self._cells, CELL))

    def _at_pixels(self, numbers: np.ndarray, cells: Window, level: int) -> np.ndarray:
        """Enlarge integers over cells of a level to the field's window, float32."""
        return _part_at(numbers, cells, level, self.window)

    def _static_levels(self, name: str, own: int, needed: Sequence[Window]) -> list[np.ndarray]:
        pooled, found = base().pooled[name], []
        for level, cells in enumerate(needed):
            read = cells if level >= own else cells.coarser(own - level).grown(1)
            numbers = cut(pooled[max(own, level)], _shifted(read, self._offset, max(own, level)))
            found.append(_part_at(numbers, read, max(0, own - level), cells))
        return found


def directions_window(window: Window) -> Window:
    """Return the cells of the pen's directions that the field over a window depends on."""
    return _cells_around(window).grown(pen.REACH)


def _cells_around(window: Window) -> Window:
    return window.coarser(CELL).grown(_AROUND)


def flow_field(
    regions: np.ndarray,
    window: Window,
    seed: int,
    character: Sequence[RegionFlow] = (),
    directions: np.ndarray | None = None,
) -> FlowField:
    """Compute the field over a window of the canvas.

    ``regions``: (h, w) uint8 region numbers over ``window.grown(REACH)``; ``character``: the flow
    of each region by number, NEUTRAL for missing ones; ``directions``: of the pen, (h, w, 2) uint8
    over ``directions_window(window)``, see ``engine.flow.pen``, or None. Any window equals that
    part of a larger one exactly. Raises ValueError for an empty window, a side of more than LARGEST
    pixels, and regions or directions of another shape.
    """
    return field_at(regions, window, seed_offset(seed), tuple(character), directions)


def field_at(
    regions: np.ndarray,
    window: Window,
    offset: tuple[int, int],
    character: tuple[RegionFlow, ...] = (),
    directions: np.ndarray | None = None,
) -> FlowField:
    """Compute ``flow_field`` with the canvas origin at ``offset`` of the base.

    ``offset``: (row, column) in pixels, both multiples of COARSEST.
    """
    covers = window.grown(REACH)
    if max(window.width, window.height) > LARGEST:
        raise ValueError(f"{window} is larger than {LARGEST} pixels a side")
    if window.empty or regions.shape != (covers.height, covers.width):
        raise ValueError(f"{window} takes regions of {covers.height} x {covers.width} pixels")
    cells, layer = _cells_around(window), directions_window(window)
    if directions is not None and directions.shape != (layer.height, layer.width, 2):
        raise ValueError(f"{window} takes directions of {layer.height} x {layer.width} cells")
    found = bend.direction(regions, covers, cells, offset, character, directions)
    smeared = tuple(_smeared(level, found, cells, window, offset) for level in STREAK_LEVELS)
    return FlowField(window, offset, found, cells, smeared)


def _smeared(
    level: int, found: Direction, cells: Window, window: Window, offset: tuple[int, int]
) -> Streaks:
    """Smear the grain of a level over the cells that ``window`` reads."""
    kept = window.coarser(level).grown(1 if level else 0)
    around = kept.grown(streaks.REACH)
    cos, sin = (
        _part_at(_whole(part), cells, CELL - level, around).astype(np.int16)
        for part in (found.cos, found.sin)
    )
    grain = cut(base().grains[level], _shifted(around, offset, level)).astype(np.int16)
    sums = streaks.smear_inside(grain, cos, sin, streaks.REACH)
    if (found.strength < 1).any():
        strength = _part_at(_whole(found.strength), cells, CELL - level, kept).astype(np.int16)
        inside = slice(streaks.REACH, -streaks.REACH)
        sums = _weakened(sums, grain[inside, inside], strength)
    return Streaks(level, kept, sums)


def _weakened(sums: np.ndarray, grain: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Mix streaks with the grains they were made of, without changing the deviation."""
    smear_share, grain_share = (table[strength] for table in _MIXTURE)
    return ((sums.astype(np.int32) * smear_share + grain * grain_share + 128) >> 8).astype(np.int16)


def _mixture() -> tuple[np.ndarray, np.ndarray]:
    """Return the shares of streaks and of grains, int32 in 1/256, for strengths 0 to UNIT."""
    strength = np.arange(UNIT + 1) / UNIT
    smear, grain = strength, (1 - strength) * SMEARED / DEVIATION
    # SHARED is the low correlation of streaks and grains.
    deviation = np.sqrt(strength**2 + (1 - strength) ** 2 + 2 * SHARED * strength * (1 - strength))
    return tuple(  # type: ignore[return-value]
        np.floor(256 * part / deviation + 0.5 + 1e-7).astype(np.int32) for part in (smear, grain)
    )


def _whole(numbers: np.ndarray) -> np.ndarray:
    """Round numbers to integers with UNIT = 1, float32."""
    return np.rint(numbers * np.float32(UNIT))


def _bytes(numbers: np.ndarray) -> np.ndarray:
    found = np.clip(np.rint(numbers), -127, 127).astype(np.int8)
    found.flags.writeable = False
    return found


def _shifted(cells: Window, offset: tuple[int, int], level: int) -> Window:
    row, column = offset[0] >> level, offset[1] >> level
    return Window(cells.left + column, cells.top + row, cells.right + column, cells.bottom + row)


def _part_at(numbers: np.ndarray, cells: Window, levels: int, wanted: Window) -> np.ndarray:
    """Enlarge integers over ``cells`` 2**levels times and cut out ``wanted``, float32.

    ``wanted``: finer cells; ``cells`` must contain those that it overlaps and one more on every
    side.
    """
    if levels == 0:
        return numbers[wanted.within(cells)].astype(np.float32)
    read = wanted.coarser(levels).grown(1)
    large = streaks.enlarged(numbers[read.within(cells)], levels)
    return np.ascontiguousarray(large[wanted.within(streaks.enlarged_window(read, levels))])


def _levels_of(
    numbers: np.ndarray, cells: Window, own: int, needed: Sequence[Window]
) -> list[np.ndarray]:
    """Return a channel of level ``own`` at every level: enlarged below it, averaged above it."""
    found = [
        _part_at(numbers, cells, own - level, needed[level])
        for level in range(min(own, len(needed)))
    ]
    # Start from the coarsest needed cells, so that all windows average over the same cells.
    steps = max(0, len(needed) - 1 - own)
    outer = needed[-1].finer(steps) if len(needed) > own else cells
    pooled = numbers[outer.within(cells)].astype(np.float32)
    for level in range(own, len(needed)):
        if level > own:
            outer, pooled = outer.coarser(), halved(pooled)
        found.append(pooled[needed[level].within(outer)])
    return found


def _normalised(channels: Sequence[np.ndarray], level: int) -> Tensor:
    joined = np.empty((len(channels), *channels[0].shape), np.float16)
    for number, channel in enumerate(channels):
        scaled = channel * np.float32(1 / SPREADS[level][number])
        joined[number] = np.clip(scaled, -3, 3, out=scaled)
    return torch.from_numpy(joined)


# Measured on one period of the neutral field without borders, tests/engine/flow/test_field.py.
SMEARED = 145.0
"""Standard deviation of the sums of ``streaks.smeared``."""

SHARED = 0.18
"""Correlation of the sums with the grains they are made of."""

SPREADS = (
    (32.0, 146.7, 110.4, 113.1, 31.99, 87.52, 88.24, 31.59),
    (16.0, 98.65, 145.5, 110.2, 31.99, 87.44, 88.16, 32.0),
    (8.001, 41.62, 98.46, 144.6, 32.0, 88.43, 89.15, 31.46),
    (3.995, 13.97, 45.17, 98.97, 31.98, 87.14, 87.81, 29.75),
    (1.988, 6.072, 16.53, 51.33, 31.91, 83.91, 84.64, 26.59),
)
"""Standard deviation of every channel on every level, finest level first."""

_MIXTURE = _mixture()
_SCALES = tuple(
    DEVIATION * share / spread / sum(share**2 for share in _SHARES) ** 0.5
    for share, spread in zip(_SHARES, SPREADS[0][1:4], strict=True)
)
