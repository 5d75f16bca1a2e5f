"""How far the photo network's pictures are from the paintings, on photos it was not trained on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from engine.photo.stylizer import load_stylizer
from engine.training.stylizer import StylizerConfig, StylizerTrainer

BATCHES = 6
"""Batches of crops per style, the same ones for every network and style."""

CROPS = ((0, 2, 320),)
"""What a batch is, as ``StylizerConfig.stages`` has it."""


@dataclass(frozen=True)
class StyleVerdict:
    """Mean log distance from the painting, and of content 0 (the photo's) to 2 (unrelated)."""

    style: str
    style_loss: float
    content_loss: float


@torch.no_grad()
def judge_stylizer(
    config: StylizerConfig, network: Path, photos: Sequence[np.ndarray]
) -> Iterator[StyleVerdict]:
    """The styles of ``config.paintings``, painted by the network in a file, one after the other.

    Raises EngineError when the file is no network or does not know one of them.
    """
    config = replace(config, learned="", stages=CROPS)
    trainer = StylizerTrainer(config, photos, torch.device("cpu"))
    trainer.model = load_stylizer(network)
    for which, (style, *_) in enumerate(config.paintings):
        condition = trainer.model.condition(style)
        found = []
        for batch in range(BATCHES):
            torch.manual_seed(batch)
            _, terms = trainer.losses(np.random.default_rng(batch), which, condition)
            found.append([float(terms["style"]), float(terms["content"])])
        yield StyleVerdict(style, *np.mean(found, axis=0).tolist())
