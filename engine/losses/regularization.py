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


def colour_differences(rgb: Tensor) -> Tensor:
    """RGB less its luminance, (B, 3, H, W) -> (B, 3, H, W).

    The variation of these is held down, not that of RGB: the finest detail of luminance is judged
    by layer 0's wavelets, that of colour by nothing else, and it would fill with coloured grain.
    """
    weights = rgb.new_tensor((0.299, 0.587, 0.114))[:, None, None]
    return rgb - (rgb * weights).sum(1, keepdim=True)
