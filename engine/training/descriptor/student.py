"""The student's first weights: VGG's own filters, chosen and fitted layer by layer.

Gradient descent from random weights would spend most of a run on finding what VGG's file already
says. So for each layer those of the teacher's channels are chosen from which all others are best
predicted (greedily, by explained variance), and their inputs to ReLU are fitted by least squares on
the features that the student has so far, which makes up for the channels it lacks.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.descriptors.descriptor import Descriptor, layer_key, layer_names
from engine.training.checkpoint import save_checkpoint
from engine.training.descriptor.teacher import Teacher, grid_rows

SILENT, LIVELY = 0.1, 0.8
"""A channel that is active at a smaller share of positions than SILENT is moved to LIVELY.

High, because a channel that whole pictures lack has no deviation there to divide by: distances of
normalised statistics explode.
"""

_ROWS = 24576
_RIDGE = 1e-3


def blank_student(channels: Sequence[int]) -> Descriptor:
    """A descriptor of VGG-19's shape up to relu5_1; ``channels`` per block, weights at random."""
    steps: list[tuple[str, nn.Conv2d | None]] = []
    inputs = 3
    for layer in layer_names():
        if layer.startswith("pool"):
            steps.append((layer, None))
            continue
        outputs = channels[int(layer[4]) - 1]
        steps.append((layer, nn.Conv2d(inputs, outputs, 3)))
        inputs = outputs
    return Descriptor("compact", steps, caffe=False)


@torch.no_grad()
def fitted_student(teacher: Teacher, rgb: Tensor, channels: Sequence[int]) -> Descriptor:
    """The student after the layer-wise fit to calibration crops (N, 3, H, W) 0-1."""
    student = blank_student(channels).to(rgb.device)
    x = rgb
    for layer, before in teacher.preactivations(rgb):
        if layer.startswith("pool"):
            x = functional.avg_pool2d(x, 2)
            continue
        conv = student.convs[layer]
        assert isinstance(conv, nn.Conv2d)
        x = functional.pad(x, (1, 1, 1, 1), mode="reflect")
        fit(conv, x, before)
        x = functional.relu(conv(x))
    return student


def fit(conv: nn.Conv2d, padded: Tensor, target: Tensor) -> None:
    """Give a convolution the weights with which it best foretells its share of ``target``.

    padded (N, K, h + 2, w + 2), target (N, C, h, w): what goes into the teacher's ReLU. Outputs
    are scaled to unit deviation: what follows is fitted to them as they are.
    """
    places = _places(target)
    wanted = target.permute(0, 2, 3, 1)[places]
    wanted = wanted[:, choose_channels(functional.relu(_lively(wanted)), conv.out_channels)]
    patches = _patches(padded, places)
    wanted = _lively(wanted / wanted.std(0).clamp_min(1e-6))
    weight, bias = _stretched(patches, wanted, *least_squares(patches, wanted))
    conv.weight.data = weight.mT.reshape(conv.weight.shape).contiguous()
    conv.bias.data = bias


def _places(target: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Indices (picture, row, column) of at most _ROWS positions, the same ones every time."""
    count, _, height, width = target.shape
    generator = torch.Generator().manual_seed(0)
    chosen = torch.randperm(count * height * width, generator=generator)[:_ROWS].to(target.device)
    inside = chosen % (height * width)
    return chosen // (height * width), inside // width, inside % width


def _patches(padded: Tensor, places: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """(P, 9 K): the 3x3 neighbourhoods of places, laid out like a convolution's weights."""
    picture, row, column = (index[:, None, None] for index in places)
    step = torch.arange(3, device=padded.device)
    rows = padded.permute(0, 2, 3, 1)[picture, row + step[:, None], column + step]
    return rows.permute(0, 3, 1, 2).flatten(1)


def _lively(before: Tensor) -> Tensor:
    """Raise channels (P, C) that are hardly ever active; dead ones of the teacher come to life."""
    active = (before > 0).float().mean(0)
    threshold = torch.quantile(before[:8192], 1 - LIVELY, dim=0)
    return torch.where(active < SILENT, before - threshold, before)


def choose_channels(features: Tensor, count: int) -> Tensor:
    """Indices (count,) of the channels of features (P, C) that explain the others best.

    Greedy: the next one is that whose removal by regression leaves the least variance.
    """
    normal = (features - features.mean(0)) / features.std(0).clamp_min(1e-6)
    left = normal.mT @ normal / len(normal)
    chosen: list[int] = []
    for _ in range(count):
        gains = left.square().sum(0) / left.diagonal().clamp_min(1e-3)
        gains[chosen] = -1
        best = int(gains.argmax())
        chosen.append(best)
        left = left - torch.outer(left[best], left[best]) / left[best, best].clamp_min(1e-3)
    return torch.tensor(chosen, device=features.device)


def least_squares(inputs: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Weights (K, C) and bias (C,) of the ridge regression from inputs (P, K) to wanted (P, C)."""
    middle, mean = inputs.mean(0), wanted.mean(0)
    centred = (inputs - middle).double()
    square = centred.mT @ centred
    square.diagonal().add_(_RIDGE * square.diagonal().mean())
    weight = torch.linalg.solve(square, centred.mT @ (wanted - mean).double()).float()
    return weight, mean - middle @ weight


def _stretched(
    inputs: Tensor, wanted: Tensor, weight: Tensor, bias: Tensor
) -> tuple[Tensor, Tensor]:
    """A regression whose outputs vary as much as what it was fitted to.

    They vary less as it stands, so that thresholds would lie too far out: channels fall silent.
    """
    mean = wanted.mean(0)
    gain = wanted.std(0) / (inputs @ weight).std(0).clamp_min(1e-6)
    return weight * gain, mean + (bias - mean) * gain


class CentredStudent(nn.Module):
    """A student in training: every convolution sees its inputs less their mean at the start.

    Features after ReLU are all positive, so that the least common change of a thousand weights
    moves a channel's threshold far: without centring ten steps of Adam spoil the fit. Batch norm
    would help as well, but this network and the one that ships are the same function.
    """

    def __init__(self, student: Descriptor, rgb: Tensor) -> None:
        """Centre ``student`` at the means over calibration crops (N, 3, H, W) 0-1."""
        super().__init__()
        self.order = student.order
        self.weights, self.biases = nn.ParameterDict(), nn.ParameterDict()
        mean = rgb.mean((0, 2, 3))
        for layer, means in _mean_features(student, rgb).items():
            conv = student.convs[layer]
            weight = conv.weight.detach().clone(memory_format=torch.channels_last)
            self.weights[layer] = nn.Parameter(weight)
            self.biases[layer] = nn.Parameter(conv.bias + _offset(weight, mean))
            self.register_buffer(f"before_{layer}", mean.clone())
            self.register_buffer(f"after_{layer}", means)
            mean = means

    def trace(self, rgb: Tensor) -> Iterator[tuple[str, Tensor, Tensor]]:
        """As ``Descriptor.trace``, with gradients for the weights."""
        x = rgb
        for layer in self.order:
            if layer.startswith("pool"):
                before = x = functional.avg_pool2d(x, 2)
            else:
                padded = functional.pad(x, (1, 1, 1, 1), mode="reflect")
                before = functional.conv2d(padded, self.weights[layer], self._bias(layer))
                x = functional.relu(before)
            yield layer, before, x

    def _bias(self, layer: str) -> Tensor:
        """What to add to a convolution of inputs that are not centred."""
        mean = self.get_buffer(f"before_{layer}")
        return self.biases[layer] - _offset(self.weights[layer], mean)

    def centred_rows(self, layer: str, features: Tensor) -> Tensor:
        """(B, C, h, w) features of a layer -> (B, P, C), centred, on the teachers' grid."""
        return grid_rows(features) - self.get_buffer(f"after_{layer}")

    @torch.no_grad()
    def descriptor(self) -> Descriptor:
        """The same network as it ships."""
        steps: list[tuple[str, nn.Conv2d | None]] = []
        for layer in self.order:
            conv = None
            if layer in self.weights:
                weight = self.weights[layer]
                conv = nn.Conv2d(weight.shape[1], weight.shape[0], 3, device=weight.device)
                conv.weight.data, conv.bias.data = weight.clone(), self._bias(layer)
            steps.append((layer, conv))
        return Descriptor("compact", steps, caffe=False)


def _offset(weight: Tensor, mean: Tensor) -> Tensor:
    """(O, I, 3, 3) weights' answer (O,) to constant inputs (I,)."""
    return torch.einsum("oikl,i->o", weight, mean)


@torch.no_grad()
def _mean_features(student: Descriptor, rgb: Tensor) -> dict[str, Tensor]:
    """{layer: (C,)}: the mean of each convolution's features over pictures (N, 3, H, W)."""
    parts = [
        {layer: x.mean((0, 2, 3)) for layer, _, x in student.trace(part) if layer in student.convs}
        for part in rgb.split(16)
    ]
    return {layer: torch.stack([part[layer] for part in parts]).mean(0) for layer in parts[0]}


def student_tensors(student: Descriptor) -> dict[str, Tensor]:
    """Weights under the names that ``engine.descriptors.descriptor.load_descriptor`` knows."""
    return {
        f"{layer_key(layer)}.{part}": getattr(conv, part).detach()
        for layer, conv in student.convs.items()
        for part in ("weight", "bias")
    }


def export_student(path: Path, student: Descriptor, facts: Mapping[str, object]) -> None:
    """Write the descriptor that ships: fp16 weights, ``facts`` about their making beside them."""
    tensors = {key: value.half() for key, value in student_tensors(student).items()}
    save_checkpoint(path, tensors, facts)
