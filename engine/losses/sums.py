"""Normalised region statistics as sums over positions, so that tiles add up to the whole picture.

Of a layer's features f, with a one put below them (C + 1 values), and weights w of a region, the
distance of ``engine.losses.style`` needs one matrix only,

    M = sum w f f^T = [[S, s], [s^T, n]],   S = sum w f f^T,   s = sum w f,   n = sum w

It is gathered tile by tile without gradient. Then the loss is a function of M alone, and what it
pulls a position with is linear in M's gradient G:

    dL/df = w (G + G^T) f

so each tile can be back-propagated by itself, exactly, in the memory of one tile.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.losses.style import BALANCE_FLOOR, INSIDE, StyleTargets, enough


@dataclass(frozen=True)
class Cells:
    """The cells of a layer that lie inside regions, region after region.

    ``index`` (n,) counts into the layer's P cells, None where it would be all of them in order;
    ``root`` (n,) is the square root of w; ``parts``: (region, first, last + 1) within the n.
    """

    index: Tensor | None
    root: Tensor
    parts: tuple[tuple[int, int, int], ...]

    def weighted(self, features: Tensor) -> Tensor:
        """sqrt(w) [f; 1], (C + 1, n), of features (C, P)."""
        channels = len(features)
        rows = features.new_empty(channels + 1, len(self.root))
        if self.index is None:
            torch.mul(features, self.root, out=rows[:channels])
        else:
            torch.index_select(features, 1, self.index, out=rows[:channels])
            rows[:channels] *= self.root
        rows[channels] = self.root
        return rows

    def spread(self, force: Tensor, cells: int) -> Tensor:
        """The adjoint: forces (C, n) times sqrt(w), added up where they belong, (C, P)."""
        force *= self.root
        if self.index is None:
            return force
        return force.new_zeros(len(force), cells).index_add_(1, self.index, force)


def inside_regions(masks: Tensor, numbers: Sequence[int]) -> Cells:
    """(R, h, w) masks 0-1 of the regions ``numbers`` -> the cells inside them.

    w = ((m - INSIDE) / (1 - INSIDE))^2 where training has m^2. Here every pixel is free, and where
    a weight ends with a jump they draw the outline of the blurred mask around small regions.
    """
    roots = ((masks.flatten(1) - INSIDE) / (1 - INSIDE)).clamp_min(0)
    found = [root.nonzero()[:, 0] for root in roots]
    ends = torch.tensor([len(index) for index in found]).cumsum(0).tolist()
    starts = [0, *ends[:-1]]
    parts = tuple(part for part in zip(numbers, starts, ends, strict=True) if part[1] < part[2])
    index = torch.cat(found)
    root = torch.cat([root[inside] for root, inside in zip(roots, found, strict=True)])
    alone = len(parts) == 1 and len(index) == roots.shape[1]
    return Cells(None if alone else index, root, parts)


class LayerSums:
    """M of every region on one layer, and what the loss makes of it.

    ``targets``: statistics of the painting; those of ``layer`` are used, stacked over regions.
    """

    def __init__(self, targets: StyleTargets, layer: str, like: Tensor) -> None:
        styles = {region: style for (name, region), style in targets.items() if name == layer}
        self.row = {region: row for row, region in enumerate(styles)}
        self.mean = torch.stack([style.mean for style in styles.values()]).to(like)
        self.scale = torch.stack([style.scale for style in styles.values()]).to(like)
        self.correlation = torch.stack([style.correlation for style in styles.values()]).to(like)
        self.clear()

    def clear(self) -> None:
        """Start again from no positions at all."""
        rows, channels = self.mean.shape
        self.counts = [0] * rows
        self.moments = self.mean.new_zeros(rows, channels + 1, channels + 1)

    def add(self, rows: Tensor, cells: Cells) -> None:
        """Gather the sums of a tile from its weighted rows (C + 1, n)."""
        for region, first, last in cells.parts:
            if region in self.row:
                part = rows[:, first:last]
                self.moments[self.row[region]].addmm_(part, part.mT)
                self.counts[self.row[region]] += last - first

    def log_distances(self) -> tuple[Tensor, Tensor]:
        """log(distance + floor) of the regions with enough positions, (R',), and the leaf M.

        As in ``statistics_distance``: |mean f'|^2 / C + |cov f' - cov f'_style|^2 / C.
        """
        leaf, channels = self.moments.requires_grad_(), self.mean.shape[1]
        kept = [row for row, count in enumerate(self.counts) if enough(count, channels)]
        moments = leaf[kept] / leaf[kept, -1:, -1:].clamp_min(1e-8)
        mean, scale = moments[:, :-1, -1], self.scale[kept]
        covariance = moments[:, :-1, :-1] - mean[:, :, None] * mean[:, None]
        off = covariance / (scale[:, :, None] * scale[:, None]) - self.correlation[kept]
        normal = (mean - self.mean[kept]) / scale
        distance = (normal.square().sum(1) + off.square().sum((1, 2))) / channels
        return torch.log(distance + BALANCE_FLOOR), leaf

    def pull(self, rows: Tensor, cells: Cells, gradient: Tensor) -> Tensor:
        """(G + G^T) f sqrt(w) for weighted rows (C + 1, n), G (R, C + 1, C + 1): forces (C, n)."""
        force = torch.empty_like(rows[:-1])
        for region, first, last in cells.parts:
            if region in self.row:
                pulled = gradient[self.row[region]]
                force[:, first:last] = (pulled + pulled.mT)[:-1] @ rows[:, first:last]
            else:
                force[:, first:last] = 0
        return force
