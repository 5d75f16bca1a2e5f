"""Losses of neural painting: style (regions), content, regularisation, consistency of regions.

``LOSSES`` lists every term by the name that weights give it. Refine uses the same formulas summed
up tile by tile (``engine.losses.tiled``).
"""

from collections.abc import Mapping

from engine.losses.content import normalised_content
from engine.losses.loss import Loss, Scale, weighted_sum
from engine.losses.region_consistency import consistency
from engine.losses.regularization import box, colour_variation, patchiness
from engine.losses.stroke_difference import stroke_difference
from engine.losses.style import gram_loss, style_loss

__all__ = ["LOSSES", "Loss", "Scale", "weighted_sum"]

LOSSES: Mapping[str, Loss] = {
    "style": style_loss,
    "gram": gram_loss,
    "content": normalised_content,
    "variation": colour_variation,
    "box": box,
    "patchiness": patchiness,
    "consistency": consistency,
    "strokes": stroke_difference,
}
