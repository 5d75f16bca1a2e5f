"""What a loss is: one protocol for every term that training sums up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from torch import Tensor

from engine.losses.statistics import StyleTargets


@dataclass(frozen=True, eq=False)
class Scale:
    """What losses see of a batch at one scale; each scale has half the size of the one before.

    ``pictures``: (B, 3, h, w) RGB 0-1. ``features`` and ``masks``: of a descriptor network by
    layer, (B, C, h', w') and (B, R, h', w') 0-1. ``targets``: the painting's statistics by (layer,
    region). ``thin``: masks by layer of thin shapes, which count more. ``content``: features by
    layer of the photos that are painted. ``reference``: (B, 3, h, w) photos, or (R, 3, h, w) each
    region alone on the canvas. ``regions``, ``thin_regions``: (B, R, h, w) masks of the pixels.
    ``strokes``: (B, 3, h, w), what strokes paint of the same doodles.
    """

    pictures: Tensor
    features: Mapping[str, Tensor]
    masks: Mapping[str, Tensor]
    targets: StyleTargets
    thin: Mapping[str, Tensor] = field(default_factory=dict)
    content: Mapping[str, Tensor] = field(default_factory=dict)
    reference: Tensor | None = None
    regions: Tensor | None = None
    thin_regions: Tensor | None = None
    strokes: Tensor | None = None


class Loss(Protocol):
    """A term of a loss: what it says of a batch at its scales, the finest first; a scalar."""

    def __call__(self, scales: Sequence[Scale]) -> Tensor: ...


def weighted_sum(
    losses: Mapping[str, Loss], weights: Mapping[str, float | Tensor], scales: Sequence[Scale]
) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the sum of the losses named in ``weights``, each times its weight, and each loss."""
    terms = {name: losses[name](scales) for name in weights}
    first, *others = (weight * terms[name] for name, weight in weights.items())
    return sum(others, first), terms
