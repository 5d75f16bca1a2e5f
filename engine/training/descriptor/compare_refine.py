"""Is a descriptor good for Refine? One doodle, refined from noise under each, before one judge."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from engine.descriptors.descriptor import RGB, Between, Descriptor, load_descriptor, nothing
from engine.doodle.export import save_picture
from engine.doodle.files import read_doodle
from engine.formats import to_look_at
from engine.image import open_image
from engine.losses.loss_tiles import pyramid
from engine.losses.statistics import StyleTargets
from engine.losses.style import style_distances
from engine.packs.style_pack import read_pack, region_table
from engine.packs.targets import SCALES
from engine.refine.request import RefineRequest
from engine.refine.run import refine
from engine.sheet import captioned, contact_sheet, with_doodle
from engine.training.descriptor.teacher import as_rgb
from engine.training.painting_targets import painting_targets

JUDGED = ("relu2_2", "relu3_2", "relu3_4")
"""Layers of exact VGG-19 that Refine does not optimise under any descriptor (1_2 it does)."""

_JUDGED_SCALES = 2


@dataclass(frozen=True)
class Trial:
    """A doodle to refine in the style of the pack ``style``; the pack's starter if none is given.

    The doodle is shrunk to ``width`` pixels, the painting to ``painting_width``.
    """

    style: Path
    painting: Path
    doodle: Path | None = None
    width: int = 384
    painting_width: int = 512
    quality: str = "good"
    seed: int = 1

    def labels(self) -> np.ndarray:
        """The doodle as it is refined, (h, width) uint8 material ids. Raises EngineError."""
        labels = read_doodle(self.doodle or self.style / "starter.png")
        size = self.width, round(labels.shape[0] * self.width / labels.shape[1])
        return cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST)

    def targets(
        self, descriptor: Descriptor, scales: Sequence[Sequence[str]] = SCALES
    ) -> list[StyleTargets]:
        """The painting's statistics under a descriptor. Raises EngineError."""
        mask = self.style / "regions.png"
        return painting_targets(self.painting, mask, descriptor, self.painting_width, scales)[1]


@dataclass(frozen=True)
class Refined:
    """What Refine made under one descriptor: ``picture`` (H, W, 3) uint8.

    ``seconds``: of the run, ``step_seconds``: of a step at full size. ``distances``: natural
    logarithm of the distance from the painting, by JUDGED layer, mean over regions and scales.
    """

    name: str
    picture: np.ndarray
    seconds: float
    step_seconds: float
    distances: Mapping[str, float]

    @property
    def mean(self) -> float:
        """The one figure of the table: lower is closer to the painting."""
        return float(np.mean(list(self.distances.values())))


class Joined(Descriptor):
    """The layers of one descriptor and those it lacks from another: two chains, one picture."""

    def __init__(self, near: Descriptor, far: Descriptor) -> None:
        super().__init__(f"{near.name} + {far.name}", [], caffe=False)
        self.order, self.near, self.far = far.order, near, far

    def forward(
        self, rgb: Tensor, layers: Sequence[str], between: Between = nothing, half: bool = False
    ) -> dict[str, Tensor]:
        """As ``Descriptor.forward``."""
        found: dict[str, Tensor] = {}
        near = [layer for layer in layers if layer == RGB or layer in self.near.convs]
        far = [layer for layer in layers if layer not in near]
        for network, wanted in ((self.near, near), (self.far, far)):
            if wanted:
                found |= network(rgb, wanted, between, half)
        return found


def compare(
    descriptors: Mapping[str, Descriptor], judge: Descriptor, trial: Trial
) -> Iterator[Refined]:
    """Run the same trial under every descriptor, with the same noise and number of steps.

    ``judge``: exact VGG-19, at least to relu3_4. Raises EngineError for files that do not fit.
    """
    labels, table = trial.labels(), region_table(read_pack(trial.style))
    right = trial.targets(judge, [JUDGED] * _JUDGED_SCALES)
    request = RefineRequest(labels, trial.style.name, trial.seed, quality=trial.quality)
    for name, descriptor in descriptors.items():
        picture, seconds, step = _refined(request, descriptor, trial.targets(descriptor), table)
        found = judged(picture, table[labels], judge, right)
        yield Refined(name, picture, seconds, step, found)


def _refined(
    request: RefineRequest,
    descriptor: Descriptor,
    targets: Sequence[StyleTargets],
    table: np.ndarray,
) -> tuple[np.ndarray, float, float]:
    """The last picture, the seconds it took, and those of a step at full size."""
    picture, seconds = None, 0.0
    ends: dict[int, float] = {}
    for step in refine(request, descriptor, targets, table):
        picture, seconds = step.image if step.image is not None else picture, step.seconds
        if step.scale == 1:
            ends.setdefault(step.i, step.seconds)
    assert picture is not None
    # The first may be counted from the middle of a step; the machine may have others to serve.
    steps = np.diff(list(ends.values()))[1:]
    return picture, seconds, float(np.median(steps))


@torch.no_grad()
def judged(
    picture: np.ndarray, regions: np.ndarray, judge: Descriptor, targets: Sequence[StyleTargets]
) -> dict[str, float]:
    """Mean log distance from the painting at every JUDGED layer.

    (H, W, 3) uint8 and (H, W) uint8 region numbers; ``targets``: the painting's, scale by scale.
    """
    torch.manual_seed(0)  # large regions are sampled
    numbers = sorted({region for styles in targets for _, region in styles})
    masks = np.stack([regions == number for number in range(max(numbers) + 1)])
    levels = zip(
        pyramid(as_rgb(torch.from_numpy(picture.copy())[None]), len(targets)),
        pyramid(torch.from_numpy(masks)[None].float(), len(targets)),
        targets,
        strict=True,
    )
    logs: dict[str, list[float]] = {layer: [] for layer in JUDGED}
    for rgb, mask, styles in levels:
        pooled = judge.mask_levels(mask, JUDGED)
        for (layer, _), value in style_distances(judge(rgb, JUDGED), pooled, styles).items():
            logs[layer].append(float(value.log()))
    return {layer: float(np.mean(values)) for layer, values in logs.items()}


def compare_files(
    descriptor: Path, vgg: Path, pruned: Path, trial: Trial, sheet: Path
) -> list[Refined]:
    """Compare a descriptor file with VGG-19, completed by the pruned network, and with the latter.

    Painting, doodle and pictures go to the PNG ``sheet``.
    """
    compact, exact, far = (load_descriptor(path) for path in (descriptor, vgg, pruned))
    networks = {compact.name: compact, "VGG-19 + pruned": Joined(exact, far), "pruned": far}
    results = list(compare(networks, exact, trial))
    save_picture(sheet, _sheet(trial, results), to_look_at("Refine under several descriptors"))
    return results


def _sheet(trial: Trial, results: Sequence[Refined]) -> np.ndarray:
    painting = open_image(trial.painting)
    size = trial.width, round(painting.shape[0] * trial.width / painting.shape[1])
    small = cv2.resize(painting, size, interpolation=cv2.INTER_AREA)
    pictures = [captioned(with_doodle(small, trial.labels()), "painting and doodle")]
    for result in results:
        figures = f"{result.seconds:.0f} s, distance {result.mean:+.2f}"
        pictures.append(captioned(result.picture, f"{result.name}: {figures}"))
    return contact_sheet(pictures, columns=2, width=trial.width)
