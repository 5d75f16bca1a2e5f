"""Content: what of a photo stays (Gatys et al. 2016; restated as in Huang and Belongie 2017)."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from engine.losses.loss import Scale
from engine.losses.loss_tiles import Piece
from engine.losses.region_sums import Cells
from engine.losses.statistics import RegionStatistics

LOUDEST = 3.0
"""How much a channel of the photo is amplified at most: a clear sky's noise is no swirl."""

Moments = tuple[Tensor, Tensor, Tensor]
"""Of a region: sum w, sum w f (C,) and sum w f^2 (C,)."""


def content_loss(features: Tensor, target: Tensor) -> Tensor:
    """Mean squared feature difference, (B, C, H, W) x (B, C, H, W) -> scalar >= 0."""
    return (features - target).square().mean()


def normalised_content(scales: Sequence[Scale]) -> Tensor:
    """Mean squared difference from the photos' features after instance normalisation.

    0 (the same) to 2 (unrelated), mean over scales and layers. So a style may change light and
    colour, but not what is where.
    """
    return torch.stack(
        [
            content_loss(
                functional.instance_norm(scale.features[layer]), functional.instance_norm(wanted)
            )
            for scale in scales
            for layer, wanted in scale.content.items()
        ]
    ).mean()


class LayerContent:
    """What one layer of the descriptor should see of a photo, and the pull towards that.

    Region by region the photo's mean and deviation of every channel give way to those of
    ``styles``, as AdaIN does it. Against the photo's own, content and style ask for two different
    things on one layer: a flat sky stays flat and turns blotchy, and the style's loss ends higher
    (-0.74 for -1.01 after the same steps). So content says only *where* things are.

    The loss is the mean over cells, weighted by w of ``engine.losses.region_sums``, of the squared
    difference, over the mean variance that the painting has there: 2 for a picture that has nothing
    to do with the photo.
    """

    def __init__(self, styles: Mapping[int, RegionStatistics]) -> None:
        self._styles = styles
        self._seen: dict[Piece, tuple[Tensor, Cells]] = {}
        self._moments: dict[int, Moments] = {}
        self._whole = 0.0

    def see(self, piece: Piece, rows: Tensor, cells: Cells) -> None:
        """Keep the photo's rows sqrt(w) f, (n, C), of a piece, and gather their sums."""
        self._seen[piece] = rows.clone(), cells
        for region, first, _, last in cells.parts:
            root = cells.root[first:last]
            part = rows[first:last].to(root)
            found = root.square().sum(), part.mT @ root, part.square().sum(0)
            known = self._moments.get(region)
            self._moments[region] = found if known is None else _added(found, known)

    def settle(self) -> None:
        """All of the photo was seen: put what is wanted in the place of what was kept."""
        photo = {region: _statistics(moments) for region, moments in self._moments.items()}
        styles = {region: self._styles.get(region, own) for region, own in photo.items()}
        self._whole = sum(
            float(self._moments[region][0] * style.deviation.square().sum())
            for region, style in styles.items()
        )
        for rows, cells in self._seen.values():
            for region, first, _, last in cells.parts:
                root, own, style = cells.root[first:last, None], photo[region], styles[region]
                gain = (style.scale.to(root) / own.scale).clamp_max(LOUDEST)
                centred = rows[first:last].to(root) - root * own.mean
                rows[first:last] = root * style.mean.to(root) + centred * gain

    def pull(self, piece: Piece, rows: Tensor, weight: float, force: Tensor) -> float:
        """Add the gradient by a piece's rows (n, C) to ``force``; returns its share of the loss.

        Both times ``weight``.
        """
        wanted, cells = self._seen[piece]
        share, loss = weight / max(self._whole, 1e-8), 0.0
        for _, first, _, last in cells.parts:
            difference = rows[first:last].to(cells.root) - wanted[first:last].to(cells.root)
            loss += share * float(difference.square().sum())
            force[first:last] += (2 * share * difference).to(force)
        return loss


def _added(a: Moments, b: Moments) -> Moments:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


def _statistics(moments: Moments) -> RegionStatistics:
    weight, first, second = moments
    mean = first / weight
    deviation = (second / weight - mean.square()).clamp_min(0).sqrt()
    return RegionStatistics(mean, deviation, torch.empty(0))
