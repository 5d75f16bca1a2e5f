"""Descriptor networks: frozen convnets whose features define style (Gatys et al. 2015).

A descriptor is a chain of 3x3 convolutions, ReLU and 2x2 average pooling, as in VGG-19. Semantic
masks go through the same chain: a 3x3 mean, without padding, at each convolution and a 2x2 mean at
each pooling. So a mask says which share of a feature's receptive field is in its region.
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
"""Name of layer 0: the picture itself, which has colour and contrast, and its detail.

Detail is the horizontal, vertical and diagonal Haar wavelet of luminance. VGG's first layer hardly
responds to the finest checkerboard, and without this layer generators fill strokes with it.
"""

Between = Callable[[], None]
"""Called between units of work of a few milliseconds, so that the thread can do other work."""

# Convolutions per block of VGG-19, and Caffe's mean colour (BGR, 0-255).
_BLOCKS = ((1, 2), (2, 2), (3, 4), (4, 4), (5, 1))
_MEAN = (103.939, 116.779, 123.68)


def nothing() -> None:
    """Do nothing: the ``Between`` of a thread without other work."""


class _FrozenConvolution(torch.autograd.Function):
    """3x3 convolution with reflection padding, then ReLU; the weights get no gradient.

    The same chain of torch functions stores three tensors for the backward pass and computes two
    unused ones; on a CPU that costs as much as the convolutions.
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
        if not gradient.is_cuda:  # on a GPU, autograd runs this on another thread
            ctx.between()
        gradient = torch.ops.aten.threshold_backward(gradient, y, 0)
        weight = ctx.weight.to(gradient.dtype)
        return _unreflected(conv2d_input(ctx.size, weight, gradient)), None, None


def _unreflected(padded: Tensor) -> Tensor:
    """Apply the adjoint of reflecting one row and column; returns a view, changes ``padded``."""
    padded[..., 2, :] += padded[..., 0, :]
    padded[..., -3, :] += padded[..., -1, :]
    padded[..., 2] += padded[..., 0]
    padded[..., -3] += padded[..., -1]
    return padded[..., 1:-1, 1:-1]


class Descriptor(nn.Module):
    """A frozen network that maps RGB pictures to features of named layers.

    ``steps``: (name, convolution) per layer in order, with None for poolings; ``caffe``: whether
    the input gets Caffe's preprocessing.
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

    def channels(self, layer: str) -> int:
        """Return the number of channels of a convolution's layer."""
        return len(self.convs[layer].get_parameter("weight"))

    def forward(
        self, rgb: Tensor, layers: Sequence[str], between: Between = nothing, half: bool = False
    ) -> dict[str, Tensor]:
        """Map (B, 3, H, W) RGB 0-1 to {layer: (B, C, h, w)}; the layer ``RGB`` has six channels.

        Features are channels last in memory. ``half``: all but layer 0 in bfloat16.
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
        """Yield every layer in order with its values before and after ReLU, (B, C, h, w).

        ``rgb``: (B, 3, H, W). For poolings both values are the same.
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
        """Return (B, R, H, W) masks 0-1 at ``layers``, blurred and pooled like features."""
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
    """Return the mean over each 3x3 neighbourhood of (..., H, W), without padding at the edges.

    Equals torch's ``avg_pool2d`` without counting padding, but is five times as fast on a CPU.
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
    """Return the layer RGB of every descriptor: colours and their finest detail, (B, 6, H, W)."""
    return torch.cat([rgb, haar_detail(rgb)], 1)


def haar_detail(rgb: Tensor) -> Tensor:
    """Return undecimated Haar wavelets of luminance (across, down, both), (B, 3, H, W)."""
    weights = rgb.new_tensor((0.299, 0.587, 0.114))[:, None, None]
    light = functional.pad((rgb * weights).sum(1, keepdim=True), (0, 1, 0, 1), mode="replicate")
    a, b, c, d = light[..., :-1, :-1], light[..., :-1, 1:], light[..., 1:, :-1], light[..., 1:, 1:]
    return torch.cat([a - b + c - d, a + b - c - d, a - b - c + d], 1) / 2


def _caffe_input(rgb: Tensor) -> Tensor:
    mean = rgb.new_tensor(_MEAN)[:, None, None]
    return rgb.flip(1) * 255 - mean


def layer_names() -> list[str]:
    """Return VGG-19's layer names up to relu5_1: relu1_1, relu1_2, pool1, ..."""
    names: list[str] = []
    for block, convs in _BLOCKS:
        names += [f"relu{block}_{i + 1}" for i in range(convs)]
        names.append(f"pool{block}")
    return names[:-1]


def layer_key(layer: str) -> str:
    """Return the name of a layer's weights in a file: relu1_2 -> conv12."""
    return "conv" + layer.removeprefix("relu").replace("_", "")


@cache
def compact(device: torch.device | str = "cpu") -> Descriptor:
    """Return the built-in compact descriptor; a shared object, so do not move it.

    Raises EngineError when its file is missing.
    """
    # The first caller may be in inference mode, but others train or refine with it.
    with torch.inference_mode(False):
        return load_descriptor(COMPACT).to(device)


def load_descriptor(path: Path) -> Descriptor:
    """Read a descriptor from a safetensors file.

    Supports three layouts: torchvision's VGG-19 (``features.N.weight``, with Caffe preprocessing),
    the pruned VGG of Collaborative Distillation (``convNM.weight`` with the preprocessing in
    ``conv0``), and Daub's own, the same without ``conv0``: its input is RGB 0-1. Raises EngineError
    for others.
    """
    try:
        weights = {key: value.float() for key, value in load_file(path).items()}
    except (OSError, SafetensorError) as error:
        raise unreadable(path, error, " as descriptor weights") from error
    if "conv11.weight" in weights:
        return _pruned(path.stem, weights)
    if "features.0.weight" in weights:
        return _vgg(path.stem, weights)
    raise EngineError(f"{path} contains neither VGG-19 nor pruned nor compact VGG weights.")


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
    """Fold a 1x1 preprocessing convolution into the following 3x3 one.

    This is exact, because reflection padding commutes with the 1x1 convolution.
    """
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
