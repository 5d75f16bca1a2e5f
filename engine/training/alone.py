"""A region beside others against the same region alone on the canvas, in the same noise.

Statistics pooled over a region do not ask where in it something dark or pale lies. A network puts
it where it is cheapest: around other regions, as halos, and into thin shapes, which take the colour
of what surrounds them. Its picture of the region alone says, pixel by pixel, what belongs there.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.descriptor import mean_of_nine
from engine.generator import MAX_REGIONS, Generator
from engine.losses.style import PURE
from engine.tiles import Window


def painted_alone(
    model: Generator, conditions: Sequence[Tensor], regions: int, window: Window
) -> Tensor:
    """What the noise of the first picture becomes where one region is all there is.

    ``conditions``: (B, MAX_REGIONS + noise, h_k, w_k) per level. Returns (regions, 3, H, W) without
    gradients: pictures of many regions are to become like these, not the other way round.
    """
    numbers = range(regions)
    fills = [condition[:1].repeat(regions, 1, 1, 1) for condition in conditions]
    for fill in fills:
        fill[:, :MAX_REGIONS] = 0
        fill[numbers, numbers] = 1
    with torch.no_grad():
        return model([fill.contiguous(memory_format=torch.channels_last) for fill in fills], window)


def halos(pictures: Tensor, alone: Tensor, masks: Tensor) -> Tensor:
    """Mean difference of pictures (B, 3, H, W) from ``alone`` (R, 3, H, W), each region in its own.

    ``masks``: (B, R, H, W) of 0 or 1. Pixels with another region for a neighbour may be anything.
    0 where nothing is left.
    """
    inside = masks * (mean_of_nine(masks) > PURE)
    compared = inside.sum(1, keepdim=True)
    wanted = torch.einsum("brhw,rchw->bchw", inside, alone.to(inside))
    return (pictures * compared - wanted).abs().sum() / (3 * compared.sum()).clamp_min(1)
