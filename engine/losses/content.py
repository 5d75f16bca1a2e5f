"""Content loss (Gatys et al. 2016)."""

from torch import Tensor


def content_loss(features: Tensor, target: Tensor) -> Tensor:
    """Mean squared feature difference, (B, C, H, W) x (B, C, H, W) -> scalar >= 0."""
    return (features - target).square().mean()
