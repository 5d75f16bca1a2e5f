"""Is a descriptor good for its purpose? Three answers beside its teachers.

- Do style distances between pictures rank as the teacher's do, layer by layer?
- Is every channel alive?
- Can a photo be made again from what relu4_1 says of it?
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from engine.descriptors.descriptor import Descriptor, load_descriptor
from engine.doodle.export import save_picture
from engine.formats import to_look_at
from engine.image import open_image
from engine.losses.content import content_loss
from engine.losses.regularization import box_penalty, total_variation
from engine.sheet import contact_sheet
from engine.training.descriptor.crops import is_held_out, load_pictures, picture_files, random_crop
from engine.training.descriptor.style_similarity import Moments, distances, moments
from engine.training.descriptor.teacher import TAUGHT, Teacher, as_rgb

SHARES = (0.001, 0.01, 0.05, 0.25, 0.75, 0.95, 0.999)
"""Bounds of the histogram of activity: below the first a channel is dead."""

_SEED = 4711


@dataclass(frozen=True)
class Verdict:
    """What is known of one descriptor, by layer.

    ``ranks``: Spearman correlation of style distances with the teacher's. ``activity``: how many
    channels are active at a share of positions between SHARES.
    """

    name: str
    ranks: Mapping[str, float]
    activity: Mapping[str, tuple[int, ...]]

    @property
    def dead(self) -> int:
        """Channels of all layers that are never active."""
        return sum(counts[0] for counts in self.activity.values())


@dataclass(frozen=True)
class JudgeConfig:
    """``pairs`` of ``crops`` random crops of ``side`` pixels; a photo ``width`` pixels wide.

    Of the folders ``pictures`` those files are used that training did not see.
    """

    pictures: tuple[str, ...]
    crops: int = 80
    pairs: int = 200
    side: int = 256
    width: int = 320
    steps: int = 300

    def files(self) -> list[Path]:
        """The held-out pictures; all of them where none is held out. Raises EngineError."""
        files = [path for folder in self.pictures for path in picture_files(Path(folder))]
        return [path for path in files if is_held_out(path)] or files


def judged_crops(config: JudgeConfig) -> Tensor:
    """Crops (N, 3, side, side) 0-1 of the held-out pictures, as they are but for their scale."""
    pictures = load_pictures(config.files())
    rng = np.random.default_rng(_SEED)
    numbers = [i % len(pictures) for i in range(config.crops)]
    crops = [random_crop(rng, pictures[i], config.side, enlarge=1.0) for i in numbers]
    return as_rgb(torch.from_numpy(np.stack(crops)))


def judge(
    teacher: Teacher, descriptors: Mapping[str, Descriptor], config: JudgeConfig
) -> list[Verdict]:
    """Rank correlations and activity of every descriptor, on the same pairs of crops."""
    crops = judged_crops(config)
    styles, pictures = random_pairs(len(crops), config.pairs)
    true = all_moments(teacher.features, crops)
    pairs = {layer: (found.take(styles), found.take(pictures)) for layer, found in true.items()}
    right = {layer: distances(*pair) for layer, pair in pairs.items()}
    verdicts = []
    for name, descriptor in descriptors.items():
        mine = all_moments(partial(descriptor, layers=TAUGHT), crops)
        ranks = {
            layer: rank_correlation(
                distances(mine[layer].take(styles), mine[layer].take(pictures)), right[layer]
            )
            for layer in TAUGHT
        }
        verdicts.append(Verdict(name, ranks, activity(descriptor, crops)))
    return verdicts


def random_pairs(count: int, pairs: int) -> tuple[Tensor, Tensor]:
    """Indices (pairs,) of style and picture, never the same crop twice."""
    rng = np.random.default_rng(_SEED)
    styles = rng.integers(count, size=pairs)
    others = (styles + rng.integers(1, count, size=pairs)) % count
    return torch.from_numpy(styles), torch.from_numpy(others)


@torch.no_grad()
def all_moments(
    features: Callable[[Tensor], dict[str, Tensor]], crops: Tensor
) -> dict[str, Moments]:
    """Moments of all crops (N, 3, H, W) at every layer that ``features`` gives."""
    parts = [
        {layer: moments(values) for layer, values in features(part).items()}
        for part in crops.split(4)
    ]
    return {
        layer: Moments(
            torch.cat([part[layer].mean for part in parts]),
            torch.cat([part[layer].covariance for part in parts]),
        )
        for layer in parts[0]
    }


def rank_correlation(first: Tensor, second: Tensor) -> float:
    """Spearman's rank correlation of (N,) and (N,)."""
    ranks = [values.argsort().argsort().double() for values in (first, second)]
    return float(torch.corrcoef(torch.stack(ranks))[0, 1])


@torch.no_grad()
def activity(descriptor: Descriptor, crops: Tensor) -> dict[str, tuple[int, ...]]:
    """Per convolution, how many channels are active at a share of positions between SHARES."""
    shares: dict[str, list[Tensor]] = {}
    for part in crops.split(8):
        for layer, before, _ in descriptor.trace(part):
            if not layer.startswith("pool"):
                active = (before > 0).float().mean((2, 3)).mean(0)
                shares.setdefault(layer, []).append(active)
    bounds = torch.tensor(SHARES)
    return {
        layer: tuple(
            torch.bucketize(torch.stack(parts).mean(0), bounds)
            .bincount(minlength=len(SHARES) + 1)
            .tolist()
        )
        for layer, parts in shares.items()
    }


def reconstruct(
    descriptor: Descriptor, photo: Tensor, steps: int, layer: str = "relu4_1"
) -> Tensor:
    """A picture (1, 3, H, W) from noise whose features at ``layer`` are those of ``photo``."""
    with torch.no_grad():
        target = descriptor(photo, [layer])[layer]
    torch.manual_seed(_SEED)
    picture = (0.5 + 0.1 * torch.randn_like(photo)).requires_grad_(True)
    optimiser = torch.optim.Adam([picture], lr=0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        found = content_loss(descriptor(picture, [layer])[layer], target) / target.var()
        loss = found + 0.02 * total_variation(picture) + box_penalty(picture)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return picture.detach().clamp(0, 1)


def reconstruction_sheet(
    photo: np.ndarray, descriptors: Sequence[Descriptor], config: JudgeConfig
) -> np.ndarray:
    """The photo (H, W, 3) uint8 and its reconstructions from relu4_1, beside each other."""
    small = _sized(photo, config.width)
    rgb = as_rgb(torch.from_numpy(small)[None])
    made = [reconstruct(descriptor, rgb, config.steps) for descriptor in descriptors]
    pixels = [(255 * picture[0].permute(1, 2, 0)).round().byte().numpy() for picture in made]
    return contact_sheet([small, *pixels], columns=1 + len(made), width=config.width)


def _sized(photo: np.ndarray, width: int) -> np.ndarray:
    """A photo shrunk to a width and to sides that 16 divides."""
    width -= width % 16
    height = max(16, round(photo.shape[0] * width / photo.shape[1] / 16) * 16)
    return cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA)


def judge_files(
    descriptor: Path, vgg: Path, pruned: Path, config: JudgeConfig, sheet: Path, photo: Path | None
) -> list[Verdict]:
    """Judge a descriptor file beside the pruned network; the reconstructions go to ``sheet``.

    Without a ``photo`` the first held-out picture is made again.
    """
    networks = {path.stem: load_descriptor(path) for path in (descriptor, pruned)}
    picture = open_image(config.files()[0] if photo is None else photo)
    verdicts = judge(Teacher(vgg, pruned, torch.device("cpu")), networks, config)
    made = reconstruction_sheet(picture, list(networks.values()), config)
    save_picture(sheet, made, to_look_at("a photo from features"))
    return verdicts
