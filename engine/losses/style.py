"""Style losses per region: masked Gram matrices and normalised region statistics.

Notation of ``docs/how-it-works.md``: features F (C, P), a region's mask weights m (P,).
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from engine.losses.loss import Scale
from engine.losses.statistics import RegionStatistics, StyleTargets

BALANCE_FLOOR = 1e-2
"""Added inside the logarithm: below it a (layer, region) counts as done and stops pulling."""

MAX_POSITIONS = 8192
"""Positions sampled per region and layer: enough for a 128 x 128 correlation, and fast."""

INSIDE = 0.3
"""A position belongs to a region from this share of its mask on; fainter ones weigh too little."""

THIN_WEIGHT = 3
"""Times that a thin shape's distance counts: these are few layers, and masts were grey."""

PURE = 0.97
"""Share of its mask above which a position of a style painting hardly sees other regions."""


def gram_matrix(features: Tensor, mask: Tensor) -> Tensor:
    """Masked Gram matrix of fast-neural-doodle, (B, C, H, W) x (B, 1, H, W) -> (B, C, C).

    (F m)(F m)^T / sum m^2. The published normaliser C * H * W * mean(m) makes thin regions weak;
    dividing by the mask's own weight makes a region's size not matter.
    """
    weighted = (features * mask).flatten(2)
    return weighted @ weighted.mT / mask.square().sum((1, 2, 3)).clamp_min(1e-8)[:, None, None]


def positions(features: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """The positions inside a region, pooled over the batch.

    (B, C, H, W) features and (B, H, W) mask 0-1 -> (P, C) features and (P,) weights m^2 that sum
    to one; at most MAX_POSITIONS, drawn at random. P is 0 where the mask is empty.
    """
    flat = weights.flatten()
    inside = (flat > INSIDE).nonzero()[:, 0]
    if len(inside) > MAX_POSITIONS:
        inside = inside[torch.randint(len(inside), (MAX_POSITIONS,), device=inside.device)]
    squared = flat[inside].square()
    rows = features.permute(0, 2, 3, 1).reshape(-1, features.shape[1])
    return _full(rows[inside]), squared / squared.sum().clamp_min(1e-8)


def _full(features: Tensor) -> Tensor:
    """Half precision to float32: second moments of descriptor features overflow it."""
    return features.float() if features.element_size() < 4 else features


def region_statistics(features: Tensor, weights: Tensor) -> RegionStatistics:
    """Statistics of a style painting's region, from all its positions.

    (B, C, H, W) features and (B, H, W) mask 0-1, weighted by m^2.
    """
    squared = weights.flatten().square()
    squared = squared / squared.sum().clamp_min(1e-8)
    rows = _full(features.permute(0, 2, 3, 1).reshape(-1, features.shape[1]))
    mean = squared @ rows
    deviation = (squared @ (rows - mean).square()).sqrt()
    blank = RegionStatistics(mean, deviation, mean.new_zeros(len(mean), len(mean)))
    return RegionStatistics(mean, deviation, _moments(rows, squared, blank)[1])


def mixed(styles: Sequence[RegionStatistics], shares: Sequence[float]) -> RegionStatistics:
    """Statistics of all positions of several regions together, ``shares`` of them from each.

    Exact: means and second moments mix like the positions do.
    """
    parts = [(share / sum(shares), style) for share, style in zip(shares, styles, strict=True)]
    mean = torch.stack([share * style.mean for share, style in parts]).sum(0)
    moments = [
        share * (style.correlation * style.scale.outer(style.scale) + off.outer(off))
        for share, style in parts
        for off in [style.mean - mean]
    ]
    covariance = torch.stack(moments).sum(0)
    deviation = covariance.diagonal().clamp_min(0).sqrt()
    scale = RegionStatistics(mean, deviation, covariance).scale
    return RegionStatistics(mean, deviation, covariance / scale.outer(scale))


def _moments(rows: Tensor, weights: Tensor, style: RegionStatistics) -> tuple[Tensor, Tensor]:
    """Mean (C,) and covariance (C, C) of features normalised by the style's own mean and scale."""
    normal = (rows - style.mean) / style.scale
    mean = weights @ normal
    centred = normal - mean
    return mean, (centred * weights[:, None]).mT @ centred


def statistics_distance(rows: Tensor, weights: Tensor, style: RegionStatistics) -> Tensor:
    """Distance of normalised region statistics, scalar >= 0.

    With f' = (f - mu) / sigma of the style region: |mean f'|^2 / C + |cov f' - cov f'_style|^2 / C.
    Gram matrices alone are ruled by the mean colour and hardly see brush strokes.
    """
    mean, covariance = _moments(rows, weights, style)
    off = (covariance - style.correlation).square().sum()
    return (mean.square().sum() + off) / len(mean)


def style_targets(
    features: Mapping[str, Tensor], masks: Mapping[str, Tensor], regions: int
) -> StyleTargets:
    """Statistics of every region on every layer where the region covers enough positions."""
    targets = {}
    for layer, values in features.items():
        for region in range(regions):
            weights = masks[layer][:, region]
            if enough(int((weights > INSIDE).sum()), values.shape[1]):
                targets[layer, region] = region_statistics(values, pure(weights, values.shape[1]))
    return targets


def pure(weights: Tensor, channels: int) -> Tensor:
    """Only a region's inside, where that is large enough: features at its border see the others.

    (..., H, W) mask 0-1 of one region at a layer with so many channels. With borders the sky's
    statistics ask for the edges of the cypress in front of it; a doodle's ask for a sky that fades
    towards the cypress until it has no edges.
    """
    inside = weights * (weights > PURE)
    return inside if int(inside.count_nonzero()) >= 4 * channels else weights


def enough(count: int, channels: int) -> bool:
    """With fewer positions than a quarter of the channels there are no statistics to speak of."""
    return count >= max(8, channels // 4)


def style_distances(
    features: Mapping[str, Tensor], masks: Mapping[str, Tensor], targets: StyleTargets
) -> dict[tuple[str, int], Tensor]:
    """Distance from the style for every (layer, region) that the pictures hold enough of.

    Statistics are pooled over the whole batch: a small crop cannot hold a region's whole
    distribution, and forcing it to breeds repetition.
    """
    distances = {}
    for (layer, region), style in targets.items():
        rows, weights = positions(features[layer], masks[layer][:, region])
        if enough(len(rows), rows.shape[1]):
            distances[layer, region] = statistics_distance(rows, weights, style)
    return distances


def pure_masks(features: Mapping[str, Tensor], masks: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Masks (B, R, H, W) by layer, each region's as ``pure`` leaves it, pooled over the batch."""
    return {
        layer: torch.stack([pure(m, features[layer].shape[1]) for m in level.unbind(1)], 1)
        for layer, level in masks.items()
    }


def insides(masks: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Masks by layer without what sees other regions too, even where nothing is left."""
    return {layer: mask * (mask > PURE) for layer, mask in masks.items()}


def log_balance(distances: Sequence[Tensor]) -> Tensor:
    """Mean of log(distance + floor): every layer and region pulls equally at every moment."""
    return torch.log(torch.stack(list(distances)) + BALANCE_FLOOR).mean()


def style_loss(scales: Sequence[Scale]) -> Tensor:
    """Mean log distance of every scale, layer and region from the painting's statistics.

    Thin shapes are a small part of any region: pooled with it they would hardly count, so their
    distances are taken by themselves, THIN_WEIGHT times.
    """
    distances: list[Tensor] = []
    for scale in scales:
        distances += style_distances(scale.features, scale.masks, scale.targets).values()
        near = {key: style for key, style in scale.targets.items() if key[0] in scale.thin}
        distances += THIN_WEIGHT * [*style_distances(scale.features, scale.thin, near).values()]
    return log_balance(distances)


def gram_loss(scales: Sequence[Scale]) -> Tensor:
    """Mean log distance of masked Gram matrices, over scales, layers and regions.

    Gatys et al. 2016, per region as in fast-neural-doodle: |G - G_style|^2 / |G_style|^2, G pooled
    over the batch. ``style_loss`` is what ships; ``docs/tries.md`` compares the two.
    """
    distances = []
    for scale in scales:
        for (layer, region), style in scale.targets.items():
            mask, wanted = scale.masks[layer][:, region, None], style.gram
            if enough(int((mask > INSIDE).sum()), len(style.mean)):
                share = mask.square().sum((1, 2, 3))
                grams = gram_matrix(_full(scale.features[layer]), mask)
                found = (grams * share[:, None, None]).sum(0) / share.sum()
                distances.append((found - wanted).square().sum() / wanted.square().sum())
    return log_balance(distances)
