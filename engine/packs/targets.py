"""Pack targets: the painting's statistics for Refine, as small tensors that ship with a pack.

One tensor per (scale, layer), (R, 2 C + C (C + 1) / 2) in fp16: mean, deviation and the upper
triangle of the correlation, one row per region. A region that covers too few positions of a layer
has a row of zeros.
"""

import hashlib
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from engine.descriptors.descriptor import Descriptor
from engine.losses.statistics import RegionStatistics, StyleTargets
from engine.losses.style import mixed

SCALES = (
    ("rgb", "relu1_1", "relu1_2", "relu2_1", "relu3_1", "relu4_1"),
    ("rgb", "relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"),
    ("rgb", "relu1_1", "relu2_1", "relu3_1", "relu4_1"),
    ("rgb", "relu1_1", "relu2_1"),
)
"""Layers per scale; each scale is half the size of the one before.

The 128-channel layers make up nearly all of the file. relu5_1 of the full picture sees the same as
relu4_1 of the half picture, so one of the two is enough; relu5_1 also needs the widest halo.
"""


def packed(targets: Sequence[StyleTargets], regions: int) -> dict[str, Tensor]:
    """Pack statistics per scale into {"scale.layer": (R, 2 C + C (C + 1) / 2) fp16}."""
    tensors = {}
    for scale, styles in enumerate(targets):
        for layer in dict.fromkeys(layer for layer, _ in styles):
            rows = {r: _row(style) for (name, r), style in styles.items() if name == layer}
            blank = torch.zeros_like(next(iter(rows.values())))
            stacked = torch.stack([rows.get(region, blank) for region in range(regions)])
            tensors[f"{scale}.{layer}"] = stacked.half().contiguous()
    return tensors


def _row(style: RegionStatistics) -> Tensor:
    channels = len(style.mean)
    rows, columns = torch.triu_indices(channels, channels)
    return torch.cat([style.mean, style.deviation, style.correlation[rows, columns]])


def unpacked(tensors: Mapping[str, Tensor], regions: int) -> list[StyleTargets]:
    """Reverse ``packed``, in float32. Raises ValueError with a clause for invalid tensors."""
    targets: list[dict[tuple[str, int], RegionStatistics]] = [{} for _ in SCALES]
    for key, rows in tensors.items():
        scale, _, layer = key.partition(".")
        if not scale.isdigit() or int(scale) >= len(SCALES) or layer not in SCALES[int(scale)]:
            raise ValueError(f"{key} is not a layer that Refine uses")
        if rows.ndim != 2 or len(rows) != regions:
            raise ValueError(f"{key} has the shape {tuple(rows.shape)} for {regions} regions")
        for region, row in enumerate(rows.float()):
            if row.any():
                targets[int(scale)][layer, region] = _statistics(key, row)
    if not targets[0]:
        raise ValueError("the finest scale is missing")
    return list(targets)


WholeTargets = Mapping[str, RegionStatistics]
"""Statistics of a whole painting by layer."""


def whole_painting(targets: Sequence[StyleTargets], shares: Sequence[float]) -> list[WholeTargets]:
    """Combine the statistics of a painting's regions, scale by scale.

    ``shares``: each region's share of the painting; regions without statistics of a layer are left
    out there.
    """
    return [_whole(styles, shares) for styles in targets]


def _whole(styles: StyleTargets, shares: Sequence[float]) -> WholeTargets:
    by_layer: dict[str, list[int]] = {}
    for layer, region in styles:
        by_layer.setdefault(layer, []).append(region)
    return {
        layer: mixed([styles[layer, r] for r in regions], [shares[r] for r in regions])
        for layer, regions in by_layer.items()
    }


def blended(
    first: Sequence[WholeTargets], second: Sequence[WholeTargets], share: float
) -> list[WholeTargets]:
    """Blend the statistics of two paintings, ``share`` 0-1 of the second, on common layers."""
    return [
        {
            layer: mixed([one[layer], two[layer]], [1 - share, share])
            for layer in one
            if layer in two
        }
        for one, two in zip(first, second, strict=True)
    ]


def with_region(
    targets: Sequence[StyleTargets], number: int, whole: Sequence[WholeTargets]
) -> list[StyleTargets]:
    """Return the targets with one more region, ``number``: the whole painting."""
    return [
        dict(styles) | {(layer, number): style for layer, style in added.items()}
        for styles, added in zip(targets, whole, strict=True)
    ]


def _statistics(key: str, row: Tensor) -> RegionStatistics:
    channels = _channels(len(row))
    if channels is None or not row.isfinite().all():
        raise ValueError(f"{key} does not contain region statistics")
    mean, deviation, upper = row.split([channels, channels, len(row) - 2 * channels])
    if (deviation < 0).any():
        raise ValueError(f"{key} has a negative deviation")
    rows, columns = torch.triu_indices(channels, channels)
    correlation = row.new_zeros(channels, channels)
    correlation[rows, columns] = correlation[columns, rows] = upper
    return RegionStatistics(mean, deviation, correlation)


def _channels(length: int) -> int | None:
    """Return C for a row of 2 C + C (C + 1) / 2 values; None if there is no such C."""
    channels = int(((25 + 8 * length) ** 0.5 - 5) / 2 + 0.5)
    return channels if 2 * channels + channels * (channels + 1) // 2 == length else None


def fingerprint(descriptor: Descriptor) -> str:
    """Return the SHA-256 of a descriptor's weights; targets are valid for one descriptor only."""
    digest = hashlib.sha256()
    for name, values in sorted(descriptor.state_dict().items()):
        digest.update(name.encode())
        digest.update(values.float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
