"""A region beside others against the same region alone on the canvas, in the same noise.

Statistics pooled over a region do not ask where in it something dark or pale lies. A network puts
it where it is cheapest: around other regions, as halos, and into thin shapes, which take the colour
of what surrounds them. Its picture of the region alone says, pixel by pixel, what belongs there.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.descriptors.descriptor import RGB, mean_of_nine
from engine.doodle.generator import MAX_REGIONS, Generator
from engine.losses.style import PURE, StyleTargets
from engine.tiles import Window

VISIBLE = 0.01
"""The least deviation (of 0-1) that differences are measured in: flat regions have none."""


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


def deviations(targets: StyleTargets, regions: int) -> Tensor:
    """What differences of layer 0 are measured in: each region's own deviation, (regions, C).

    Infinite where the painting has too little of a region: nothing is far from it then.
    """
    found = {
        region: style.scale.clamp_min(VISIBLE)
        for (layer, region), style in targets.items()
        if layer == RGB
    }
    none = torch.full_like(next(iter(found.values())), torch.inf)
    return torch.stack([found.get(region, none) for region in range(regions)])


def halos(features: Tensor, alone: Tensor, masks: Tensor, scales: Tensor) -> Tensor:
    """log(1 + mean difference) of each region, wherever it is, from what it is alone.

    ``features``: (B, C, H, W) of layer 0, ``alone``: (R, C, H, W), ``masks``: (B, R, H, W) 0-1;
    ``scales``: (R, C), what the difference is divided by: five levels
    are much in a dark coat and nothing in a sky. The logarithm is for what is far off, as in
    ``log_balance``. Pixels with another region for a neighbour may be anything. 0 where nothing is
    left.
    """
    inside = masks * (mean_of_nine(masks) > PURE)
    ours = features * torch.einsum("brhw,rc->bchw", inside, 1 / scales)
    wanted = torch.einsum("brhw,rchw->bchw", inside, alone.to(inside) / scales[:, :, None, None])
    return ((ours - wanted).abs().sum() / (scales.shape[1] * inside.sum()).clamp_min(1)).log1p()
