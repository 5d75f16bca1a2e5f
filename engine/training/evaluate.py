"""How far a pack's pictures are from its painting, in features that training did not use."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from engine.descriptors.descriptor import load_descriptor
from engine.doodle.generator import Generator, paint
from engine.errors import EngineError
from engine.losses.style import style_distances
from engine.packs.random_doodles import HELD_OUT, doodle_bank
from engine.tiles import Window
from engine.training.pack import TrainConfig
from engine.training.painting_targets import painting_targets

JUDGE_LAYERS = ("rgb", "relu1_2", "relu2_2", "relu3_4")


@dataclass(frozen=True)
class Distance:
    """Natural logarithm of ``losses.style.statistics_distance`` for one layer and region."""

    layer: str
    region: int
    value: float


def evaluate(
    model: Generator,
    config: TrainConfig,
    judge: Path,
    count: int = 8,
    size: int = 512,
) -> list[Distance]:
    """Paint held-out doodles and compare every region with the painting, per layer.

    ``config`` names painting, region map and width; ``judge`` is a descriptor that the training
    did not use. Statistics are pooled over all ``count`` doodles. Raises EngineError when the
    judge is the training's own descriptor.
    """
    if judge.stem == Path(config.descriptor).stem:
        raise EngineError(f"{judge} is what the pack was trained with; it cannot be its judge.")
    descriptor = load_descriptor(judge)
    files = Path(config.painting), Path(config.mask)
    regions, targets = painting_targets(*files, descriptor, config.width, (JUDGE_LAYERS,))
    doodles = doodle_bank(HELD_OUT, count, size, regions)
    masks = np.stack([doodles == region for region in range(regions)], 1).astype(np.float32)
    with torch.no_grad():
        features = descriptor(_paintings(model, doodles), JUDGE_LAYERS)
        pooled = descriptor.mask_levels(torch.from_numpy(masks), JUDGE_LAYERS)
        distances = style_distances(features, pooled, targets[0])
    return [
        Distance(layer, region, float(value.log())) for (layer, region), value in distances.items()
    ]


def _paintings(model: Generator, doodles: np.ndarray) -> torch.Tensor:
    """(N, H, W) regions -> (N, 3, H, W) float32 RGB 0-1, every doodle with its own seed."""
    table, window = np.arange(256, dtype=np.uint8), Window(0, 0, *doodles.shape[:0:-1])
    painted = [paint(model, doodle, table, i, window) for i, doodle in enumerate(doodles)]
    return torch.from_numpy(np.stack(painted)).permute(0, 3, 1, 2).float() / 255


def mean_log_distance(distances: list[Distance]) -> float:
    """The one figure of the table: lower is closer to the painting."""
    return float(np.mean([distance.value for distance in distances]))
