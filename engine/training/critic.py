"""A patch critic: tells what strokes painted from what the network painted, patch by patch.

It sees features of the frozen descriptor, and the regions and the flow field that both pictures
were painted from (Markovian GAN, Li & Wand 2016; conditional as in Isola et al. 2017; on frozen
features as in Sauer et al. 2021).
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

HIDDEN = 48
"""Channels inside a head."""


class Head(nn.Module):
    """Judges the features of one layer.

    ``channels``: of the features; ``conditions``: channels of what they were painted from;
    ``stride``: of the first convolution.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, channels: int, conditions: int, stride: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels + conditions, HIDDEN, 3, stride=stride),
            nn.LeakyReLU(0.2),
            nn.Conv2d(HIDDEN, HIDDEN, 3),
            nn.LeakyReLU(0.2),
            nn.Conv2d(HIDDEN, 1, 1),
        )
        self.register_buffer("mean", torch.zeros(channels, 1, 1))
        self.register_buffer("scale", torch.zeros(channels, 1, 1))

    def measure(self, features: Tensor) -> None:
        """Take mean and deviation of features, (B, C, h, w), as the units of all."""
        rows = features.float().transpose(0, 1).flatten(1)
        self.mean.copy_(rows.mean(1)[:, None, None])
        self.scale.copy_(rows.std(1)[:, None, None].clamp_min(1e-3))

    def forward(self, features: Tensor, conditions: Tensor) -> Tensor:
        """Map (B, C, h, w) and (B, N, h, w) to (B, 1, h', w'), high for strokes."""
        normal = (features.float() - self.mean) / self.scale
        return self.layers(torch.cat([normal, conditions], 1))


class PatchCritic(nn.Module):
    """One head per layer of the descriptor.

    ``channels``: number of channels by layer, the finest first; ``conditions``: channels of what
    pictures were painted from. The first step's strokes give the units of the features.
    """

    def __init__(self, channels: Mapping[str, int], conditions: int) -> None:
        super().__init__()
        self.heads = nn.ModuleDict(
            {
                layer: Head(count, conditions, 1 if number else 2)
                for number, (layer, count) in enumerate(channels.items())
            }
        )

    def measure(self, features: Mapping[str, Tensor]) -> None:
        """Take the units of the features, by layer, from those of strokes; only once."""
        for layer, head in self.heads.items():
            if not head.scale.any():
                head.measure(features[layer])

    def forward(self, features: Mapping[str, Tensor], conditions: Sequence[Tensor]) -> list[Tensor]:
        """Return what each head says of every patch, (B, 1, h, w) each; high for strokes.

        ``conditions``: (B, N, h, w) at the size of the picture, at half of it, and so on.
        """
        sizes = {condition.shape[-1]: condition for condition in conditions}
        return [
            head(features[layer], sizes[features[layer].shape[-1]])
            for layer, head in self.heads.items()
        ]


def critic_loss(strokes: Sequence[Tensor], made: Sequence[Tensor]) -> Tensor:
    """Hinge loss of the critic, the mean over its heads; 2 if it cannot tell, 0 if it can."""
    losses = [
        functional.relu(1 - real).mean() + functional.relu(1 + other).mean()
        for real, other in zip(strokes, made, strict=True)
    ]
    return torch.stack(losses).mean()


def deception(made: Sequence[Tensor]) -> Tensor:
    """Loss of who wants to be taken for strokes: the negated mean over the heads."""
    return -torch.stack([judged.mean() for judged in made]).mean()
