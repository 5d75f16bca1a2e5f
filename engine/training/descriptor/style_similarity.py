"""How far pictures are from each other in style, from the moments of their features alone.

The distance is ``engine.losses.style.statistics_distance`` with the whole picture as one region,
computed from means and covariances, so that many pairs share the cost of their features.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from engine.losses.statistics import DEVIATION_FLOOR
from engine.losses.style import BALANCE_FLOOR


class Moments(NamedTuple):
    """Means (N, C) and covariances (N, C, C) of the features of N pictures."""

    mean: Tensor
    covariance: Tensor

    def take(self, index: Tensor) -> "Moments":
        """The moments of the pictures ``index`` (M,)."""
        return Moments(self.mean[index], self.covariance[index])


def moments(features: Tensor) -> Moments:
    """(N, C, h, w) features -> their moments, in float32."""
    rows = features.flatten(2).float()
    mean = rows.mean(2)
    centred = rows - mean[..., None]
    return Moments(mean, centred @ centred.mT / rows.shape[2])


def distances(styles: Moments, pictures: Moments) -> Tensor:
    """Distance of every picture from its style, (N,) each -> (N,)."""
    variance = styles.covariance.diagonal(dim1=1, dim2=2)
    deviation = variance.clamp_min(1e-10).sqrt()
    scale = deviation + DEVIATION_FLOOR * deviation.mean(1, keepdim=True) + 1e-8
    mean = (pictures.mean - styles.mean) / scale
    off = (pictures.covariance - styles.covariance).square()
    weight = scale.pow(-2)[..., None]
    correlation = (weight.mT @ off @ weight)[:, 0, 0]
    return (mean.square().sum(1) + correlation) / mean.shape[1]


def log_distances(styles: Moments, pictures: Moments) -> Tensor:
    """What training pulls at: log(distance + floor), (N,)."""
    return torch.log(distances(styles, pictures) + BALANCE_FLOOR)


def quad_relations(features: Tensor, grid: int | None = None) -> Tensor:
    """Log distances of all ordered pairs in every four pictures, (4 N, C, h, w) -> (N, 12).

    With ``grid`` from at most grid x grid positions of a picture.
    """
    if grid is not None and (every := features.shape[-1] // grid) > 1:
        features = features[..., ::every, ::every]
    styles, pictures = _quad_pairs(len(features) // 4, features.device)
    found = moments(features)
    return log_distances(found.take(styles), found.take(pictures)).reshape(-1, 12)


def _quad_pairs(quads: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Indices (12 quads,) of the two sides of every pair."""
    first, second = (~torch.eye(4, dtype=torch.bool, device=device)).nonzero().unbind(1)
    start = 4 * torch.arange(quads, device=device)[:, None]
    return (start + first).flatten(), (start + second).flatten()
