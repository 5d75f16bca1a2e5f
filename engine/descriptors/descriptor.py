"""Descriptor networks: frozen convnets whose features define style (Gatys et al. 2015).

A descriptor is a chain of 3x3 convolutions, ReLU and 2x2 average pooling in the manner of VGG-19.
Semantic masks follow the same chain: a 3x3 mean, not counting padding, at each convolution and a
2x2 mean at each pooling, so that a mask says how much of a feature's view lies in its region.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.grad import conv2d_input

import resources
from engine.errors import EngineError
from engine.files import unreadable

COMPACT = resources.path("descriptor.safetensors")
"""The descriptor that ships with Daub; made by ``daub distill``."""

RGB = "rgb"
"""Name of layer 0: the picture itself, which carries colour and contrast, and its detail.

Detail is the horizontal, vertical and diagonal Haar wavelet of luminance. VGG's first layer hardly
sees the finest checkerboard, and a generator that is not told otherwise fills its strokes with it.
"""

Between = Callable[[], None]
"""Called between pieces of work of a few milliseconds, so that others get their turn."""

# Convolutions per block of VGG-19, and Caffe's mean colour (BGR, 0-255).
_BLOCKS = ((1, 2), (2, 2), (3, 4), (4, 4), (5, 1))
_MEAN = (103.939, 116.779, 123.68)


def nothing() -> None:
    """The ``Between`` of those who do not share their thread."""


class _FrozenConvolution(torch.autograd.Function):
    """3x3 convolution of a picture reflected at its borders, then ReLU; weights get no gradient.

    autograd's own chain of padding, convolution and ReLU keeps three tensors for the way back and
    writes two that nobody needs; on a CPU that costs as much as the convolutions.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, conv: nn.Conv2d, between: Between) -> Tensor:
        padded = functional.pad(x, (1, 1, 1, 1), mode="reflect")
        weight, bias = conv.weight.to(x), conv.bias.to(x)
        y = functional.conv2d(padded, weight, bias).relu_()
        ctx.save_for_backward(y)
        ctx.weight, ctx.between, ctx.size = weight, between, padded.shape
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (y,), (gradient,) = ctx.saved_tensors, gradients
        if not gradient.is_cuda:  # there another thread is going back
            ctx.between()
        gradient = torch.ops.aten.threshold_backward(gradient, y, 0)
        weight = ctx.weight.to(gradient.dtype)
        return _unreflected(conv2d_input(ctx.size, weight, gradient)), None, None


def _unreflected(padded: Tensor) -> Tensor:
    """The adjoint of reflecting one row and column; a view into ``padded``, which it changes."""
    padded[..., 2, :] += padded[..., 0, :]
    padded[..., -3, :] += padded[..., -1, :]
    padded[..., 2] += padded[..., 0]
    padded[..., -3] += padded[..., -1]
    return padded[..., 1:-1, 1:-1]


class Descriptor(nn.Module):
    """RGB pictures in, features of named layers out; frozen.

    ``steps`` lists ("conv", name, module) and ("pool", "", None) in order.
    """

    def __init__(
        self, name: str, steps: Sequence[tuple[str, nn.Conv2d | None]], caffe: bool
    ) -> None:
        super().__init__()
        self.name = name
        self.caffe = caffe
        self.order = [layer for layer, _ in steps]
        self.convs = nn.ModuleDict({layer: conv for layer, conv in steps if conv is not None})
        self.requires_grad_(False)
        self.to(memory_format=torch.channels_last)
        self.eval()

    def forward(
        self, rgb: Tensor, layers: Sequence[str], between: Between = nothing, half: bool = False
    ) -> dict[str, Tensor]:
        """(B, 3, H, W) RGB 0-1 -> {layer: (B, C, h, w)}; the layer ``RGB`` has six channels.

        Features have their channels last in memory. ``half``: all but layer 0 in bfloat16.
        """
        rgb = rgb.contiguous(memory_format=torch.channels_last)
        features = {RGB: rgb_features(rgb)} if RGB in layers else {}
        x = _caffe_input(rgb) if self.caffe else rgb
        x = x.bfloat16() if half else x
        for layer in self.order:
            between()
            if layer.startswith("pool"):
                x = functional.avg_pool2d(x, 2)
            else:
                x = _FrozenConvolution.apply(x, self.convs[layer], between)
            if layer in layers:
                features[layer] = x
            if len(features) == len(layers):
                break
        return features

    def trace(self, rgb: Tensor) -> Iterator[tuple[str, Tensor, Tensor]]:
        """(B, 3, H, W) -> every layer in order, its values before and after ReLU, (B, C, h, w).

        A pooling's two values are one and the same.
        """
        x = _caffe_input(rgb) if self.caffe else rgb
        for layer in self.order:
            if layer.startswith("pool"):
                before = x = functional.avg_pool2d(x, 2)
            else:
                before = self.convs[layer](functional.pad(x, (1, 1, 1, 1), mode="reflect"))
                x = functional.relu(before)
            yield layer, before, x

    def mask_levels(self, mask: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """(B, R, H, W) masks 0-1 -> the masks at ``layers``, blurred and pooled like features."""
        masks = {RGB: mask} if RGB in layers else {}
        for layer in self.order:
            if layer.startswith("pool"):
                mask = functional.avg_pool2d(mask, 2)
            else:
                mask = mean_of_nine(mask)
            if layer in layers:
                masks[layer] = mask
            if len(masks) == len(layers):
                break
        return masks


def mean_of_nine(mask: Tensor) -> Tensor:
    """(..., H, W) -> the mean over each 3x3 neighbourhood as far as there is one.

    As torch's ``avg_pool2d`` without counting padding, but five times as fast on a CPU.
    """
    rows = mask.clone()
    rows[..., 1:, :] += mask[..., :-1, :]
    rows[..., :-1, :] += mask[..., 1:, :]
    total = rows.clone()
    total[..., 1:] += rows[..., :-1]
    total[..., :-1] += rows[..., 1:]
    down, across = (_neighbours(side, mask) for side in mask.shape[-2:])
    return total.div_(down[:, None] * across)


def _neighbours(side: int, like: Tensor) -> Tensor:
    count = like.new_full((side,), 3)
    count[0] -= 1
    count[-1] -= 1
    return count


def rgb_features(rgb: Tensor) -> Tensor:
    """The layer RGB of every descriptor: colours and their finest detail, (B, 6, H, W)."""
    return torch.cat([rgb, haar_detail(rgb)], 1)


def haar_detail(rgb: Tensor) -> Tensor:
    """(B, 3, H, W) -> (B, 3, H, W): undecimated Haar wavelets of luminance (across, down, both)."""
    weights = rgb.new_tensor((0.299, 0.587, 0.114))[:, None, None]
    light = functional.pad((rgb * weights).sum(1, keepdim=True), (0, 1, 0, 1), mode="replicate")
    a, b, c, d = light[..., :-1, :-1], light[..., :-1, 1:], light[..., 1:, :-1], light[..., 1:, 1:]
    return torch.cat([a - b + c - d, a + b - c - d, a - b - c + d], 1) / 2


def _caffe_input(rgb: Tensor) -> Tensor:
    mean = rgb.new_tensor(_MEAN)[:, None, None]
    return rgb.flip(1) * 255 - mean


def layer_names() -> list[str]:
    """relu1_1, relu1_2, pool1, ... as VGG-19 has them, up to relu5_1."""
    names: list[str] = []
    for block, convs in _BLOCKS:
        names += [f"relu{block}_{i + 1}" for i in range(convs)]
        names.append(f"pool{block}")
    return names[:-1]


def layer_key(layer: str) -> str:
    """The name of a layer's weights in a file: relu1_2 -> conv12."""
    return "conv" + layer.removeprefix("relu").replace("_", "")


@cache
def compact(device: torch.device | str = "cpu") -> Descriptor:
    """The compact descriptor that ships; the same object every time, so leave it where it is.

    Raises EngineError when it is missing.
    """
    return load_descriptor(COMPACT).to(device)


def load_descriptor(path: Path) -> Descriptor:
    """Read a descriptor from a safetensors file.

    Knows three layouts: torchvision's VGG-19 (``features.N.weight``; Caffe preprocessing unless the
    file's first layer says otherwise), the pruned VGG of Collaborative Distillation
    (``convNM.weight`` with the preprocessing in ``conv0``), and our own, the same without
    ``conv0``: it takes RGB 0-1. Raises EngineError otherwise.
    """
    try:
        weights = {key: value.float() for key, value in load_file(path).items()}
    except (OSError, SafetensorError) as error:
        raise unreadable(path, error, " as descriptor weights") from error
    if "conv11.weight" in weights:
        return _pruned(path.stem, weights)
    if "features.0.weight" in weights:
        return _vgg(path.stem, weights)
    raise EngineError(f"{path} holds neither VGG-19 nor pruned nor compact VGG weights.")


def _pruned(name: str, weights: dict[str, Tensor]) -> Descriptor:
    steps: list[tuple[str, nn.Conv2d | None]] = []
    for layer in layer_names():
        pool = layer.startswith("pool")
        steps.append((layer, None if pool else _conv(weights, layer_key(layer))))
    first = steps[0][1]
    assert first is not None
    if "conv0.weight" in weights:
        _absorb(first, weights["conv0.weight"], weights["conv0.bias"])
    return Descriptor(name, steps, caffe=False)


def _absorb(conv: nn.Conv2d, weight: Tensor, bias: Tensor) -> None:
    """Put a 1x1 preprocessing convolution into the 3x3 one after it; reflection pads both alike."""
    mixed = torch.einsum("oikl,ij->ojkl", conv.weight, weight[:, :, 0, 0])
    shifted = conv.bias + torch.einsum("oikl,i->o", conv.weight, bias)
    conv.weight.data, conv.bias.data = mixed, shifted


def _vgg(name: str, weights: dict[str, Tensor]) -> Descriptor:
    steps: list[tuple[str, nn.Conv2d | None]] = []
    index = 0
    for layer in layer_names():
        pool = layer.startswith("pool")
        if not pool and f"features.{index}.weight" not in weights:
            break
        steps.append((layer, None if pool else _conv(weights, f"features.{index}")))
        index += 1 if pool else 2
    return Descriptor(name, steps, caffe=True)


def _conv(weights: dict[str, Tensor], key: str) -> nn.Conv2d:
    weight = weights[f"{key}.weight"]
    conv = nn.Conv2d(weight.shape[1], weight.shape[0], 3)
    conv.weight.data, conv.bias.data = weight, weights[f"{key}.bias"]
    conv.requires_grad_(False)
    return conv
