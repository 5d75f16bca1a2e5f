"""Difference from what strokes paint of the same doodle, at the scales that compare it."""

from collections.abc import Sequence

from torch import Tensor

from engine.losses.loss import Scale


def stroke_difference(scales: Sequence[Scale]) -> Tensor:
    """Mean difference of colour (0-1), averaged over the scales that have strokes.

    Thin shapes are a small part of any picture, so the mean difference in them counts once more.
    """
    compared = [scale for scale in scales if scale.strokes is not None]
    total = scales[0].pictures.new_zeros(())
    for scale in compared:
        assert scale.strokes is not None
        away = (scale.pictures - scale.strokes).abs().mean(1, keepdim=True)
        total = total + away.mean()
        if scale.thin_regions is not None:
            thin = scale.thin_regions.sum(1, keepdim=True)
            total = total + (away * thin).sum() / thin.sum().clamp_min(1)
    return total / max(1, len(compared))
