"""The photo network: one small feed-forward network that paints a photo in any of its styles.

A transfer network after Johnson et al. 2016 - strided convolutions, residual blocks, upsampling and
convolution, reflection padding - with conditional instance normalisation (Dumoulin et al. 2017):
all styles share the convolutions, and a style is a row of scales and shifts. Differences:

* The doodle generator's noise field is added at every decoder level (Texture Networks): other
  seeds give other strokes.
* The row "photo" stands for the photo itself. The strength of a style is a mixture of rows, and
  strength 0 gives exactly the photo.
* The statistics of every normalisation are computed once, from the whole photo at the size it is
  painted at (see ``engine.photo.painter``), and folded into the convolutions. From then on a pixel
  depends on REACH pixels around it at most: tiles agree, and memory does not grow with the photo.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

import resources
from engine.errors import EngineError
from engine.files import unreadable
from engine.photo.noise import NoiseSource

WEIGHTS = resources.path("stylizer.safetensors")
"""The network that ships with Daub; made by ``daub train-stylizer``."""


def own_weights() -> Path:
    """Return the file of a network that was also trained on the user's own styles."""
    folder = platformdirs.user_data_dir("daub", appauthor=False)
    return Path(folder) / "weights" / "stylizer.safetensors"


GRID = 8
"""Pictures are padded to, and tiles start at, multiples of this many pixels: the coarsest cell."""

NOISE_LEVELS = (3, 2, 1)
"""Levels of the noise field that the network reads, in this order."""

NOISE = 4
"""Channels of the noise field that are used: white noise and streaks. The others have large
structures, which would show as patches over the photo.
"""

WIDTHS = (16, 32, 96)
"""Channels at a half, a quarter and an eighth of the picture's resolution."""

BLOCKS = 4
"""Residual blocks at the coarsest resolution."""

REACH = 8 * (2 * BLOCKS + 4)
"""Distance in pixels within which a pixel depends on others, once the statistics are frozen."""

BOUND = 4.0
"""Largest difference of a normalised feature from its mean, in deviations. In smooth areas of a
photo residual blocks add up to more than seven, which would show as a bright spot.
"""

_EPSILON = 1e-5


class Layer(nn.Module):
    """3x3 convolution with reflection padding and conditional instance normalisation.

    ``scale``, ``shift`` (styles + 1, C): a row per style, the photo's first; ``gate``: likewise,
    the factor of a skip connection that is added before the normalisation, or None.
    """

    def __init__(
        self, inputs: int, outputs: int, rows: int, stride: int = 1, joined: bool = False
    ) -> None:
        super().__init__()
        self.stride = stride
        self.conv = nn.Conv2d(inputs, outputs, 3, stride, bias=False)
        self.scale = nn.Parameter(torch.ones(rows, outputs))
        self.shift = nn.Parameter(torch.zeros(rows, outputs))
        self.gate = nn.Parameter(torch.full((rows, outputs), 0.5)) if joined else None

    def convolved(self, x: Tensor, condition: Tensor, skip: Tensor | None) -> Tensor:
        """Map (B, inputs, H, W) to (B, C, H / stride, W / stride), not yet normalised."""
        x = _convolve(x, self.conv.weight, None, self.stride)
        gate = self.gated(condition)
        return x if skip is None or gate is None else x + gate * skip

    def gated(self, condition: Tensor) -> Tensor | None:
        """Return the gate of a mixture of styles, (B, C, 1, 1); None without a skip connection."""
        return None if self.gate is None else _row(condition, self.gate)

    def affine(self, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Return scale and shift of a mixture of styles, (B, C, 1, 1) each."""
        return _row(condition, self.scale), _row(condition, self.shift)


@dataclass(frozen=True)
class Folded:
    """A layer with condition and statistics folded into its weights.

    ``gate`` of its skip connection and the limits ``low`` and ``high`` are (1, C, 1, 1).
    """

    weight: Tensor
    bias: Tensor
    gate: Tensor | None = None
    low: Tensor | None = None
    high: Tensor | None = None


@dataclass(frozen=True)
class Frozen:
    """The network for one photo and look, with folded layers.

    ``photo``: share of the original photo in the output, 0-1.
    """

    layers: tuple[Folded, ...]
    photo: float

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the convolutions."""
        return self.layers[0].weight.dtype

    def to(self, device: torch.device | str, dtype: torch.dtype) -> "Frozen":
        """Return a copy on another device, with its convolutions in another precision."""
        folded = (
            Folded(
                layer.weight.to(device, dtype).contiguous(memory_format=torch.channels_last),
                layer.bias.to(device, dtype),
                _moved(layer.gate, device, dtype),
                _moved(layer.low, device, dtype),
                _moved(layer.high, device, dtype),
            )
            for layer in self.layers
        )
        return Frozen(tuple(folded), self.photo)


def _moved(part: Tensor | None, device: torch.device | str, dtype: torch.dtype) -> Tensor | None:
    return None if part is None else part.to(device, dtype)


Step = Callable[[int, Tensor, Tensor | None], Tensor]
"""(index of the layer, features, features of a skip connection) -> normalised features."""


class _InstanceNorm(torch.autograd.Function):
    """(x - mean) / deviation * scale + shift over a picture's positions, channels last in memory.

    torch's own version changes the memory format twice and is four times as slow on a CPU.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        mean, inverse = _moments(x)
        ctx.save_for_backward(x, mean, inverse, scale)
        factor = scale * inverse
        return torch.addcmul(shift - mean * factor, x, factor)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        (x, mean, inverse, scale), (gradient,) = ctx.saved_tensors, gradients
        for_shift = gradient.sum((2, 3), keepdim=True)
        for_scale = ((gradient * x).sum((2, 3), keepdim=True) - mean * for_shift) * inverse
        factor, share = scale * inverse, 1 / (x.shape[2] * x.shape[3])
        constant = factor * share * (mean * inverse * for_scale - for_shift)
        slope = -factor * inverse * for_scale * share
        through = torch.addcmul(constant, gradient, factor).addcmul_(x, slope)
        return through, for_scale, for_shift


def _moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean and the inverse deviation of every channel, (B, C, 1, 1) each."""
    rows = x.permute(0, 2, 3, 1).flatten(1, 2)
    mean = rows.mean(1)
    square = torch.linalg.vector_norm(rows, dim=1).square() / rows.shape[1]
    variance = (square - mean.square()).clamp_min(0)
    return mean[:, :, None, None], (variance + _EPSILON).rsqrt()[:, :, None, None]


class Stylizer(nn.Module):
    """The photo network; ``styles``: the ids of its styles."""

    def __init__(self, styles: Sequence[str]) -> None:
        super().__init__()
        self.styles = tuple(styles)
        half, quarter, eighth = WIDTHS
        rows = 1 + len(self.styles)
        residual = (Layer(eighth, eighth, rows) for _ in range(2 * BLOCKS))
        self.layers = nn.ModuleList(
            (
                Layer(3, half, rows, stride=2),
                Layer(half, quarter, rows, stride=2),
                Layer(quarter, eighth, rows, stride=2),
                Layer(eighth + NOISE, eighth, rows),
                *residual,
                Layer(eighth + NOISE, quarter, rows, joined=True),
                Layer(quarter + NOISE, half, rows),
                Layer(half, half, rows),
            )
        )
        self.to_rgb = nn.Conv2d(half, 3, 3)

    def condition(
        self, style: str, strength: float = 1.0, second: str | None = None, blend: float = 0.0
    ) -> Tensor:
        """Return a mixture of rows, (1, styles + 1), that sums to one.

        ``strength`` 0-1, from the photo to the style; ``blend`` 0-1: the share of ``second``.
        Raises EngineError for a style that the network was not trained on.
        """
        mixture = torch.zeros(1, 1 + len(self.styles))
        mixture[0, 0] = 1 - strength
        mixture[0, self._row(style)] += strength * (1 - blend)
        if second is not None:
            mixture[0, self._row(second)] += strength * blend
        return mixture

    def _row(self, style: str) -> int:
        if style not in self.styles:
            raise EngineError(f"The photo network has not learnt the style {style}.")
        return 1 + self.styles.index(style)

    def forward(self, rgb: Tensor, condition: Tensor, noise: Sequence[Tensor]) -> Tensor:
        """Map (B, 3, H, W) RGB 0-1 and (B, styles + 1) to (B, 3, H, W), about 0-1.

        Every picture is normalised by its own statistics, as in training. H and W are multiples of
        GRID; ``noise``: from ``stylizer_noise``.
        """

        def step(index: int, x: Tensor, skip: Tensor | None) -> Tensor:
            layer = self._layer(index)
            x = layer.convolved(x, condition, skip)
            scale, shift = layer.affine(condition)
            return torch.clamp(_InstanceNorm.apply(x, scale, shift), *_bounds(scale, shift))

        photo = condition[:, :1, None, None]
        painted = _convolve(_run(rgb, noise, step), self.to_rgb.weight, self.to_rgb.bias)
        return photo * rgb + (1 - photo) * painted

    def _layer(self, index: int) -> Layer:
        layer = self.layers[index]
        assert isinstance(layer, Layer)
        return layer

    @torch.no_grad()
    def freeze(self, rgb: Tensor, condition: Tensor, noise: Sequence[Tensor]) -> Frozen:
        """Return the network with one picture's statistics, (1, 3, H, W), folded in, float32."""
        folded: list[Folded] = []

        def step(index: int, x: Tensor, skip: Tensor | None) -> Tensor:
            layer = self._layer(index)
            x = layer.convolved(x, condition, skip)
            (mean, inverse), (scale, shift) = _moments(x), layer.affine(condition)
            factor = scale * inverse
            bias, gate = shift - mean * factor, layer.gated(condition)
            weight = layer.conv.weight * factor.view(-1, 1, 1, 1)
            low, high = _bounds(scale, shift)
            gate = None if gate is None else gate * factor
            folded.append(Folded(weight, bias.flatten(), gate, low, high))
            return x.mul_(factor).add_(bias).clamp_(low, high)  # in place: memory peaks here

        _run(rgb, noise, step)
        ending = Folded(self.to_rgb.weight.detach(), self.to_rgb.bias.detach())
        return Frozen((*folded, ending), float(condition[0, 0]))


@torch.no_grad()
def stylize(rgb: Tensor, noise: Sequence[Tensor], frozen: Frozen) -> Tensor:
    """Paint a window of a photo, (1, 3, H, W) float32 RGB 0-1; returns the same shape, 0-1.

    The result is exact except within REACH pixels of an edge that is not the photo's. Window and
    noise are aligned to the GRID.
    """

    def step(index: int, x: Tensor, skip: Tensor | None) -> Tensor:
        layer = frozen.layers[index]
        x = _convolve(x, layer.weight, layer.bias, 2 if index < len(WIDTHS) else 1)
        x = x if skip is None else x.add_(layer.gate * skip)
        return x.clamp_(layer.low, layer.high)

    x = rgb.to(frozen.dtype).contiguous(memory_format=torch.channels_last)
    x = _run(x, [part.to(x) for part in noise], step)
    ending = frozen.layers[-1]
    painted = _convolve(x, ending.weight, ending.bias).float()
    return (frozen.photo * rgb + (1 - frozen.photo) * painted).clamp_(0, 1)


def _run(rgb: Tensor, noise: Sequence[Tensor], step: Step) -> Tensor:
    """Apply all layers with ``step``: (B, 3, H, W) -> (B, C, H, W)."""
    quarter = step(1, step(0, rgb, None).relu_(), None).relu_()
    x = step(2, quarter, None).relu_()
    x = step(3, torch.cat([x, noise[0]], 1), None).relu_()
    last = 4 + 2 * BLOCKS
    for index in range(4, last, 2):
        x = x + step(index + 1, step(index, x, None).relu_(), None)
    x = step(last, torch.cat([_enlarged(x), noise[1]], 1), quarter).relu_()
    x = step(last + 1, torch.cat([_enlarged(x), noise[2]], 1), None).relu_()
    return step(last + 2, _enlarged(x), None).relu_()


def _enlarged(x: Tensor) -> Tensor:
    """Upsample bilinearly: nearest-neighbour upsampling causes a visible 2-pixel grid."""
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def _convolve(x: Tensor, weight: Tensor, bias: Tensor | None, stride: int = 1) -> Tensor:
    return functional.conv2d(functional.pad(x, (1, 1, 1, 1), mode="reflect"), weight, bias, stride)


def _row(condition: Tensor, table: Tensor) -> Tensor:
    """Return the mixture of a table's rows, (B, C, 1, 1)."""
    return (condition @ table)[:, :, None, None]


def _bounds(scale: Tensor, shift: Tensor) -> tuple[Tensor, Tensor]:
    reach = BOUND * scale.abs()
    return shift - reach, shift + reach


def stylizer_noise(seed: int, left: int, top: int, width: int, height: int) -> list[Tensor]:
    """Return the noise of a window of pixels: float16, one tensor per level of NOISE_LEVELS.

    Level k is (1, NOISE, height / 2^k, width / 2^k). A fixed function of seed and position; all
    four numbers of the window are multiples of GRID.
    """
    source = NoiseSource(seed)
    return [
        source.window(k, left >> k, top >> k, (left + width) >> k, (top + height) >> k)[
            None, :NOISE
        ]
        for k in NOISE_LEVELS
    ]


def save_stylizer(model: Stylizer, path: Path) -> None:
    """Write the weights in fp16, with the styles' ids as metadata."""
    path.parent.mkdir(parents=True, exist_ok=True)
    weights = {key: value.half().contiguous() for key, value in model.state_dict().items()}
    save_file(weights, path, metadata={"styles": "\n".join(model.styles)})


def load_stylizer(path: Path | None = None) -> Stylizer:
    """Read the network from ``path``, by default the user's own if it exists, else Daub's.

    Raises EngineError naming the file when it cannot be read as weights.
    """
    if path is None:
        path = own_weights() if own_weights().is_file() else WEIGHTS
    try:
        with safe_open(path, "pt") as file:
            styles = (file.metadata() or {})["styles"].split("\n")
            weights = {key: file.get_tensor(key).float() for key in file.keys()}  # noqa: SIM118
        model = Stylizer(styles)
        model.load_state_dict(weights)
    except (OSError, SafetensorError, KeyError, RuntimeError) as error:
        raise unreadable(path, error, " as photo network weights") from error
    return model.eval().requires_grad_(False)
