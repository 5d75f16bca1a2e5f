"""Look up the neutral field without borders, on which generators are trained.

Training doodles are painted with this field. Bending the field along borders would cost a quarter
of a training step. Also, without bending, a region next to others and the same region alone
(``engine.training.region_consistency``) have the same streaks, so that they differ only by labels.
"""

from functools import cache

import numpy as np
import torch
from torch import Tensor

from engine.flow.base import PERIOD, cut
from engine.flow.field import REACH, field_at
from engine.tiles import LEVELS, Window


@cache
def neutral_levels() -> tuple[Tensor, ...]:
    """Return one period of the field without borders, (CHANNELS, PERIOD >> k, PERIOD >> k) float16.

    Channels have unit deviation and are within +-3. Takes about 0.5 s and 85 MiB, once.
    """
    period = Window(0, 0, PERIOD, PERIOD)
    regions = np.zeros((PERIOD + 2 * REACH, PERIOD + 2 * REACH), np.uint8)
    needed = [period.coarser(level) for level in range(LEVELS)]
    return tuple(field_at(regions, period, (0, 0)).levels(needed))


def fields_at(level: int, places: np.ndarray, window: Window) -> Tensor:
    """Return a window of a level at several positions, (N, CHANNELS, h, w) float16.

    ``places``: (N, 2) integers, row and column in pixels, multiples of COARSEST.
    """
    field = neutral_levels()[level].numpy()
    left, top, right, bottom = window
    cells = [
        cut(field, Window(left + x, top + y, right + x, bottom + y))
        for y, x in (places >> level).tolist()
    ]
    return torch.from_numpy(np.stack(cells))
