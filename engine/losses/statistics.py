"""Statistics of a style painting's regions, which style losses compare pictures with."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

DEVIATION_FLOOR = 0.05
"""Share of a layer's mean deviation that any channel is divided by at least (dead channels)."""


@dataclass(frozen=True)
class RegionStatistics:
    """Style of one region on one layer: mean (C,), deviation (C,), correlation (C, C)."""

    mean: Tensor
    deviation: Tensor
    correlation: Tensor

    @property
    def scale(self) -> Tensor:
        """What features are divided by: the deviation, kept off zero for dead channels."""
        return self.deviation + DEVIATION_FLOOR * self.deviation.mean() + 1e-8

    @property
    def gram(self) -> Tensor:
        """Gram matrix (C, C), a mean over positions, as ``gram_matrix`` gives it."""
        return self.correlation * self.scale.outer(self.scale) + self.mean.outer(self.mean)


StyleTargets = Mapping[tuple[str, int], RegionStatistics]
"""Statistics of a painting by (layer, region)."""
