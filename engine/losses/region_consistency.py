"""A region beside others against the same region alone on the canvas, in the same noise.

Statistics pooled over a region do not ask where in it something dark or pale lies. A network puts
it where it is cheapest: around other regions, as halos, and into thin shapes, which take the colour
of what surrounds them. Its picture of the region alone says, pixel by pixel, what belongs there.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.descriptors.descriptor import RGB, mean_of_nine, rgb_features
from engine.losses.loss import Scale
from engine.losses.statistics import StyleTargets
from engine.losses.style import PURE

VISIBLE = 0.01
"""The least deviation (of 0-1) that differences are measured in: flat regions have none."""

HALO_WEIGHT = 0.15
"""Of the difference from the region alone, in its deviations, against the mean log distance."""

THIN_HALO_WEIGHT = 0.25
"""Of that difference once more in thin shapes only: they are a small part of any region."""


def consistency(scales: Sequence[Scale]) -> Tensor:
    """How far regions are from what they are alone, at the scales that have a reference."""
    total = scales[0].pictures.new_zeros(())
    for scale in scales:
        if scale.reference is None or scale.regions is None or scale.thin_regions is None:
            continue
        ours, theirs = (rgb_features(part) for part in (scale.pictures, scale.reference))
        deviation = deviations(scale.targets, scale.regions.shape[1])
        for weight, part in (
            (HALO_WEIGHT, scale.regions), (THIN_HALO_WEIGHT, scale.thin_regions),
        ):  # fmt: skip
            total = total + weight * halos(ours, theirs, part, deviation)
    return total


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
