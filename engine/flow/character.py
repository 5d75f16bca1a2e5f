"""The flow character of a painting's region: strength, main direction and turn."""

from collections.abc import Sequence
from functools import lru_cache
from math import cos, floor, log, pi, sin
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

BAND_TURNS = (102.0, 256.0, 640.0)
"""The ``turn`` of each base flow of ``engine.flow.base`` in pixels; the second is neutral."""

UNIT = 127
"""Integer that stands for 1.0 in the tables and in the field's cosines and sines."""


class RegionFlow(BaseModel):
    """The character of one region's flow, as in ``style.toml``.

    ``strength``: 0 (grains without direction, no streaks) to 1 (streaks of full length).
    ``direction``: main direction of the streaks in degrees, -90 to 90; 0 is horizontal, positive
    angles turn clockwise on screen: 45 runs from upper left to lower right. ``bias``: 0 (any
    direction) to 1 (``direction`` everywhere). ``turn``: distance in canvas pixels over which the
    direction changes, 16 to 2048. Raises pydantic's ValidationError, a ValueError, for other values
    and unknown names.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    strength: Annotated[float, Field(ge=0, le=1)] = 1.0
    direction: Annotated[float, Field(ge=-90, le=90)] = 0.0
    bias: Annotated[float, Field(ge=0, le=1)] = 0.0
    turn: Annotated[float, Field(ge=16, le=2048)] = BAND_TURNS[1]


NEUTRAL = RegionFlow()
"""The flow that generators are trained with: full streaks, no main direction."""

STRENGTH, MAIN_COS, MAIN_SIN = 0, 1, 2
BANDS = slice(3, 6)
COLUMNS = 6


@lru_cache(maxsize=64)
def character_table(character: tuple[RegionFlow, ...]) -> np.ndarray:
    """Return the numbers of every region, (256, COLUMNS) float32 integers within +-UNIT.

    Columns: strength; ``bias`` times cosine and sine of twice the direction; the weight of each
    base flow, which add up to about UNIT times (1 - ``bias``). Regions without an entry are
    NEUTRAL. The array is read-only.
    """
    table = np.tile(np.array(_numbers(NEUTRAL), np.float32), (256, 1))
    for number, flow in enumerate(character[:256]):
        table[number] = _numbers(flow)
    table.flags.writeable = False
    return table


def same_character(table: np.ndarray, present: Sequence[int]) -> bool:
    """Return whether the regions numbered ``present`` have equal rows in a table."""
    return bool((table[list(present)] == table[present[0]]).all())


def _numbers(flow: RegionFlow) -> list[int]:
    doubled = 2 * pi * flow.direction / 180
    main = flow.bias * cos(doubled), flow.bias * sin(doubled)
    bands = ((1 - flow.bias) * share for share in _band_shares(flow.turn))
    return [_rounded(number) for number in (flow.strength, *main, *bands)]


def _band_shares(turn: float) -> tuple[float, float, float]:
    """Return the shares of the base flows nearest to ``turn``, linear in its logarithm."""
    short, middle, long = BAND_TURNS
    if turn <= middle:
        share = min(1.0, log(middle / turn) / log(middle / short))
        return share, 1 - share, 0.0
    share = min(1.0, log(turn / middle) / log(long / middle))
    return 0.0, 1 - share, share


def _rounded(number: float) -> int:
    """Scale a number by UNIT and round; the addend makes halves independent of rounding errors."""
    return floor(number * UNIT + 0.5 + 1e-7)
