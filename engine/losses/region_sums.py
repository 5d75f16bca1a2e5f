"""Normalised region statistics as sums over positions, so that tiles add up to the whole picture.

Of a layer's features f and weights w of a region, the distance of ``engine.losses.style`` needs

    S = sum w f f^T,   s = sum w f,   n = sum w

They are gathered tile by tile without gradient. Then the loss is a function of S and s alone (n is
the masks' own), and what it pulls a position with is linear in their gradients G and g:

    dL/df = w ((G + G^T) f + g)

so each tile can be back-propagated by itself, exactly, in the memory of one tile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from engine.losses.statistics import StyleTargets
from engine.losses.style import BALANCE_FLOOR, INSIDE, enough


class Part(NamedTuple):
    """The cells of one region among all that lie inside regions: ``first`` up to ``last``.

    From ``border`` on w is less than one.
    """

    region: int
    first: int
    border: int
    last: int


@dataclass(frozen=True)
class Cells:
    """The cells of a layer that lie inside regions, region after region, borders last.

    ``index`` (n,) counts into the layer's P cells, None where it would be all of them in order;
    ``root`` (n,) is the square root of w. The way back: ``home`` (P,) says where among the n each
    cell comes first, n for those that do not; ``again`` counts the n that are there once more.
    """

    index: Tensor | None
    root: Tensor
    parts: tuple[Part, ...]
    home: Tensor
    again: Tensor

    def weighted(self, features: Tensor) -> Tensor:
        """sqrt(w) f, (n, C), of features (P, C)."""
        if self.index is None:
            return features
        return self._times_root(features.index_select(0, self.index))

    def spread(self, force: Tensor) -> Tensor:
        """The adjoint: forces (n + 1, C) times sqrt(w), added up where they belong, (P, C).

        The last force is nought: that of cells in no region.
        """
        if self.index is None:
            return force[:-1]
        into = self._times_root(force).index_select(0, self.home)
        return into.index_add_(0, self.index[self.again], force[self.again])

    def _times_root(self, rows: Tensor) -> Tensor:
        """In place, and only where it makes a difference: most cells are no border."""
        for part in self.parts:
            rows[part.border : part.last] *= self.root[part.border : part.last, None]
        return rows


def inside_regions(masks: Tensor, numbers: Sequence[int]) -> Cells:
    """(R, h, w) masks 0-1 of the regions ``numbers`` -> the cells inside them.

    w = ((m - INSIDE) / (1 - INSIDE))^2 where training has m^2. Here every pixel is free, and where
    a weight ends with a jump they draw the outline of the blurred mask around small regions.
    """
    roots = ((masks.flatten(1) - INSIDE) / (1 - INSIDE)).clamp_min(0)
    indices, weights, parts, first = [], [], [], 0
    for number, root in zip(numbers, roots, strict=True):
        solid, border = (root >= 1).nonzero()[:, 0], ((root > 0) & (root < 1)).nonzero()[:, 0]
        last = first + len(solid) + len(border)
        if last > first:
            parts.append(Part(number, first, first + len(solid), last))
            indices += [solid, border]
            weights += [root[solid], root[border]]
        first = last
    if not parts:
        return Cells(None, roots.new_zeros(0), (), *_way_back(roots.new_zeros(0).long(), 0))
    index = torch.cat(indices)
    whole = len(parts) == 1 and parts[0].border == roots.shape[1]
    back = _way_back(index, roots.shape[1])
    return Cells(None if whole else index.int(), torch.cat(weights), tuple(parts), *back)


def _way_back(index: Tensor, cells: int) -> tuple[Tensor, Tensor]:
    """``home`` and ``again`` of Cells."""
    order = torch.arange(len(index), device=index.device)
    home = torch.full((cells,), len(index), device=index.device)
    home.scatter_reduce_(0, index, order, "amin")
    return home.int(), (home[index] != order).nonzero()[:, 0].int()


class LayerSums:
    """S, s and n of every region on one layer, and what the loss makes of them.

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
        self.weight = self.mean.new_zeros(rows)
        self.first = self.mean.new_zeros(rows, channels)
        self.second = self.mean.new_zeros(rows, channels, channels)

    def add(self, rows: Tensor, cells: Cells) -> None:
        """Gather the sums of a tile from its weighted rows (n, C)."""
        for region, first, _, last in cells.parts:
            if region in self.row:
                row, root = self.row[region], cells.root[first:last]
                part = rows[first:last].to(self.second)  # sums of half precision overflow it
                self.second[row].addmm_(part.mT, part)
                self.first[row].addmv_(part.mT, root)
                self.weight[row] += root.square().sum()
                self.counts[row] += last - first

    def log_distances(self) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """log(distance + floor) of the regions with enough positions, (R',), and leaves S and s.

        As in ``statistics_distance``: |mean f'|^2 / C + |cov f' - cov f'_style|^2 / C.
        """
        leaves, channels = (
            (self.second.requires_grad_(), self.first.requires_grad_()),
            self.mean.shape[1],
        )
        kept = [row for row, count in enumerate(self.counts) if enough(count, channels)]
        weight, scale = self.weight[kept].clamp_min(1e-8)[:, None], self.scale[kept]
        mean = self.first[kept] / weight
        covariance = self.second[kept] / weight[:, None] - mean[:, :, None] * mean[:, None]
        off = covariance / (scale[:, :, None] * scale[:, None]) - self.correlation[kept]
        normal = (mean - self.mean[kept]) / scale
        distance = (normal.square().sum(1) + off.square().sum((1, 2))) / channels
        return torch.log(distance + BALANCE_FLOOR), leaves

    def pull(self, rows: Tensor, cells: Cells, pull: tuple[Tensor, Tensor]) -> Tensor:
        """sqrt(w) ((G + G^T) f + g) for weighted rows (n, C), G (R, C, C), g (R, C).

        (n + 1, C), the last row nought.
        """
        force = rows.new_empty(len(rows) + 1, rows.shape[1])
        force[-1] = 0
        for region, first, border, last in cells.parts:
            if region in self.row:
                turn, shift = (gradient[self.row[region]] for gradient in pull)
                turn, edge = (turn + turn.mT).to(rows), cells.root[border:last, None] * shift
                torch.addmm(shift.to(rows), rows[first:border], turn, out=force[first:border])
                torch.addmm(edge.to(rows), rows[border:last], turn, out=force[border:last])
            else:
                force[first:last] = 0
        return force
