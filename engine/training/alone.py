"""A region beside others against the same region alone on the canvas, in the same noise.

Statistics pooled over a region do not ask where in it something dark or pale lies. A network puts
it where it is cheapest: around other regions, as halos, and into thin shapes, which take the colour
of what surrounds them. Its picture of the region alone says, pixel by pixel, what belongs there.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from engine.descriptor import mean_of_nine
from engine.generator import MAX_REGIONS, Generator
from engine.losses.style import PURE
from engine.tiles import Window


def some_region(rng: np.random.Generator, doodle: np.ndarray, thin: np.ndarray) -> int:
    """A region of a doodle (H, W), one with thin shapes, (H, W) bool, if there is any."""
    return int(rng.choice(doodle[thin] if thin.any() else doodle.ravel()))


def painted_alone(
    model: Generator, conditions: Sequence[Tensor], regions: Sequence[int], window: Window
) -> Tensor:
    """What the noise of each picture becomes where ``regions[i]`` is all there is.

    ``conditions``: (B, MAX_REGIONS + noise, h_k, w_k) per level. Returns (B, 3, H, W) without
    gradients: the picture beside others is to become like this one, not the other way round.
    """
    fills = [condition.clone() for condition in conditions]
    for fill in fills:
        fill[:, :MAX_REGIONS] = 0
        fill[range(len(regions)), list(regions)] = 1
    with torch.no_grad():
        return model(fills, window)


def halos(picture: Tensor, alone: Tensor, region: Tensor) -> Tensor:
    """Mean difference of two pictures (B, 3, H, W) within a region's mask (B, H, W) of 0 or 1.

    Pixels with another region for a neighbour may be anything. 0 where nothing is left.
    """
    inside = (mean_of_nine(region) > PURE)[:, None]
    return ((picture - alone).abs() * inside).sum() / (3 * inside.sum()).clamp_min(1)
