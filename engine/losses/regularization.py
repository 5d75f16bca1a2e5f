"""Regularisers on the picture itself."""

from torch import Tensor


def total_variation(picture: Tensor) -> Tensor:
    """Mean absolute difference of neighbours (anisotropic), (B, C, H, W) -> scalar."""
    down = (picture[..., 1:, :] - picture[..., :-1, :]).abs().mean()
    across = (picture[..., 1:] - picture[..., :-1]).abs().mean()
    return down + across


def box_penalty(picture: Tensor) -> Tensor:
    """Mean squared excess outside [0, 1], (B, 3, H, W) -> scalar; keeps the range softly."""
    return (picture - picture.clamp(0, 1)).square().mean()
