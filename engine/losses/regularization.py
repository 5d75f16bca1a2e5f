"""Regularisers on the picture itself."""

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional

from engine.losses.loss import Scale


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


def box(scales: Sequence[Scale]) -> Tensor:
    """``box_penalty`` of the pictures at full size."""
    return box_penalty(scales[0].pictures)


def colour_variation(scales: Sequence[Scale]) -> Tensor:
    """``total_variation`` of the colour differences at full size."""
    return total_variation(colour_differences(scales[0].pictures))


def patchiness(scales: Sequence[Scale]) -> Tensor:
    """Mean gradient of the pictures, half as large as the coarsest scale, where photos have none.

    Instance normalisation tempts a network to put bright spots where a photo is smooth: they carry
    strength past the next normalisation (Karras et al. 2020 found the same in StyleGAN).
    """
    photos = scales[-1].reference
    assert photos is not None
    painted, photos = (functional.avg_pool2d(part, 2) for part in (scales[-1].pictures, photos))
    calm = (-30 * _steepness(photos)).exp()
    return (calm * _steepness(painted)).mean()


def _steepness(rgb: Tensor) -> Tensor:
    """(B, 3, h, w) -> (B, 1, h - 1, w - 1): the mean over colours of the steps right and down."""
    across = (rgb[..., :-1, 1:] - rgb[..., :-1, :-1]).abs()
    down = (rgb[..., 1:, :-1] - rgb[..., :-1, :-1]).abs()
    return (across + down).mean(1, keepdim=True)
