"""Train a style pack: one painting and its region map become a doodle generator.

The recipe is that of Texture Networks with random doodles in place of one mask, and the losses of
``engine.losses.style``: normalised region statistics, pooled over the batch, balanced by logarithm
over (scale, layer, region). The first part trains with batch norm; then the norms are folded into
the convolutions and the very network that ships is trained on, with its weights averaged.
"""

import copy
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.descriptors.descriptor import COMPACT, RGB, load_descriptor
from engine.device import choose
from engine.doodle.generator import MAX_REGIONS, Generator, canvas_window, fold, mask_pyramid
from engine.flow.base import COARSEST, PERIOD
from engine.flow.neutral import fields_at
from engine.losses import LOSSES, Scale, weighted_sum
from engine.losses.style import (
    insides,
    pure_masks,
)
from engine.packs.random_doodles import doodle_bank, random_crops, thin_shapes
from engine.packs.style_pack import read_generator, read_pack
from engine.refine.run import trial
from engine.tiles import Window, level_windows
from engine.training.checkpoint import (
    adam_tensors,
    load_checkpoint,
    restore_adam,
    save_checkpoint,
    under,
)
from engine.training.painting_targets import halved, painting_targets
from engine.training.processes import agreed, average, pick_device, rank
from engine.training.run import TrainingProgress, run_training
from engine.training.run_report import held_out_sheet, plot_losses

THIN_LAYERS = ("rgb", "relu1_1", "relu1_2")
"""Layers whose view fits into thin shapes; what deeper ones see is mostly their surroundings."""

THIN_SCALES = 2
"""The scales, finest first, at which thin shapes have room for any layer."""

BLURRED = 2
"""The first scale at which pictures shall be what strokes paint, not only look like it."""

BOX_WEIGHT = 10
"""Of what lies outside the range of colours."""

FINISH = 24
"""How many times as much consistency counts once what regions look like alone is settled."""

FINISH_STEPS = 200
"""Steps of a run that finishes a pack, unless others are wished for."""


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides a training run; rides along in every checkpoint.

    The run ends after ``steps`` or after ``minutes`` of training, whichever comes first; learning
    rate and phases follow the share that is done. ``width`` is the painting's width in pixels as
    the network sees it: it sets the size of the brush strokes. ``warm``: folder of a finished pack
    whose generator the run begins with, without batch norms from the first step; "" for none.
    ``earlier``: steps that this generator has behind it where it is of the same style.
    ``finish``: regions alone stay as ``warm`` paints them, and doodles learn to look so.
    """

    painting: str
    mask: str
    descriptor: str = str(COMPACT)
    warm: str = ""
    earlier: int = 0
    finish: bool = False
    width: int = 896
    steps: int = 12000
    minutes: float = math.inf
    batch: int = 4
    crop: int = 256
    rate: float = 3e-3
    folded_from: float = 0.3
    average: float = 0.998
    bank: int = 600
    seed: int = 1
    scales: tuple[tuple[str, ...], ...] = field(
        default=(
            ("rgb", "relu1_1", "relu1_2", "relu2_1", "relu3_1", "relu4_1", "relu5_1"),
            ("rgb", "relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"),
            ("rgb", "relu1_1", "relu2_1", "relu3_1", "relu4_1"),
            ("rgb", "relu1_1", "relu2_1"),
        )
    )
    """Layers per scale, each scale half the size of the one before."""


class PackTrainer:
    """State of one run: networks, optimiser, targets and the bank of doodles."""

    def __init__(self, config: TrainConfig, device: torch.device) -> None:
        self.config, self.device = config, device
        self.descriptor = load_descriptor(Path(config.descriptor)).to(device)
        # On a GPU autocast does it. A CPU's choice is Refine's, whose work is the same.
        self.half = device.type == "cpu" and choose("cpu", "auto", trial, "refine").half
        self.regions, self.targets = painting_targets(
            Path(config.painting), Path(config.mask), self.descriptor, config.width, config.scales
        )
        self.window = Window(0, 0, config.crop, config.crop)
        torch.manual_seed(config.seed)
        self.step, self.seconds = 0, 0.0
        self._use(self._first_network())
        self.teacher: Generator | None = None
        if config.finish:
            self.teacher = copy.deepcopy(self.model).eval().requires_grad_(False)

    def _first_network(self) -> Generator:
        """Return the network that the run begins with."""
        if not self.config.warm:
            return Generator(normalised=True)
        folder = Path(self.config.warm)
        return read_generator(folder, read_pack(folder))

    @cached_property
    def bank(self) -> np.ndarray:
        """Random doodles whose crops are painted, (N, side, side) uint8."""
        side = canvas_window(self.window).width + self.config.crop
        return doodle_bank(self.config.seed, self.config.bank, side, self.regions)

    def _use(self, model: Generator) -> None:
        self.model = model.to(self.device, memory_format=torch.channels_last).train()
        self.optimiser = torch.optim.Adam(self.model.parameters(), betas=(0.9, 0.99))
        self.mean = {key: value.detach().clone() for key, value in self._floats().items()}

    def _floats(self) -> dict[str, Tensor]:
        return {k: v for k, v in self.model.state_dict().items() if v.is_floating_point()}

    @property
    def folded(self) -> bool:
        return isinstance(self.model.levels[0].first_norm, torch.nn.Identity)

    @property
    def share(self) -> float:
        """How much of the run is done, 0-1."""
        return max(self.step / self.config.steps, self.seconds / 60 / self.config.minutes)

    def rate(self) -> float:
        """Learning rate: short warm-up, then a cosine; a third of it once folded.

        A short run warms up for a twentieth of its way: a hundred steps would be most of it.
        """
        warm = min(1.0, max((self.step + 1) / 100, self.share / 0.05))
        cosine = 0.5 * (1 + math.cos(math.pi * min(self.share, 1)))
        return self.config.rate * warm * max(cosine, 0.01) * (0.33 if self.folded else 1.0)

    @property
    def trained_seconds(self) -> float:
        """Seconds that steps have taken so far."""
        return self.seconds

    @property
    def name(self) -> str:
        """Empty: all steps are of one painting."""
        return ""

    def train_step(self) -> dict[str, float]:
        """Take one step of Adam; return the loss and its terms."""
        began = time.monotonic()
        if not self.folded and self.share >= self.config.folded_from:
            average(self.model.buffers())
            self._use(fold(self.model))
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        loss, terms = self.loss()
        self.optimiser.zero_grad()
        loss.backward()
        average(parameter.grad for parameter in self.model.parameters())
        self.optimiser.step()
        self._average_weights()
        self.step += 1
        # A run that was suspended must not take the pause for training time.
        self.seconds = agreed(self.seconds + min(time.monotonic() - began, 10), self.device)
        return {"loss": float(loss.detach())} | {k: float(v.detach()) for k, v in terms.items()}

    def _average_weights(self) -> None:
        # Over the last tenth of what was done so far: in a short run the early weights are far off.
        keep = min(self.config.average, self.step / (self.step + 10))
        for key, value in self._floats().items():
            self.mean[key].lerp_(value, 1 - keep)

    def loss(self) -> tuple[Tensor, dict[str, Tensor]]:
        """Paint a fresh batch; return its loss, and the terms by name (``LOSSES``)."""
        config, window = self.config, self.window
        rng = np.random.default_rng([config.seed, self.step, rank()])
        torch.manual_seed(int(rng.integers(2**31)))
        covers, needed = canvas_window(window), level_windows(window)
        doodles = self._doodles(rng, covers.width)
        masks = mask_pyramid(torch.from_numpy(doodles).to(self.device), covers, needed)
        conditions = self._conditions(rng, masks, needed)
        with self._precision():
            picture = self.model(conditions, window)
        inside = (..., *window.within(needed[0]))
        mask = masks[0][:, : self.regions][inside]
        thin = thin_shapes(doodles)[:, None, *window.within(covers)]
        in_thin = mask * torch.from_numpy(thin).to(mask)
        weights, alone = {"style": 1.0, "box": BOX_WEIGHT}, None
        if self.folded:  # batch norms would take what is alone for a part of the batch
            with self._precision():
                alone = painted_alone(self.teacher or self.model, conditions, self.regions, window)
            weights["consistency"] = FINISH if self.teacher else 1.0
        return weighted_sum(LOSSES, weights, [*self._scales(picture, mask, in_thin, alone)])

    def _doodles(self, rng: np.random.Generator, side: int) -> np.ndarray:
        """(batch, side, side) region numbers; a quarter of the batch are regions alone.

        Those are what others are compared with: never judged, they lost their strokes, and took
        them from all the others.
        """
        doodles = random_crops(rng, self.bank, self.config.batch, side)
        alone = self.config.batch // 4
        doodles[:alone] = rng.integers(self.regions, size=(alone, 1, 1))
        return doodles

    def _precision(self) -> torch.autocast:
        """bf16 on a GPU; a generator on CPUs without AMX is faster in float32, there and back."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda")

    def _conditions(
        self, rng: np.random.Generator, masks: list[Tensor], needed: list[Window]
    ) -> list[Tensor]:
        pictures = len(masks[0])
        # Where regions are painted alone, too, in one noise: each of them only once.
        noises = 1 if self.folded else pictures
        shifts = rng.integers(0, PERIOD // COARSEST, (noises, 2)) * COARSEST
        shifts = shifts.repeat(pictures // noises, 0)
        fields = [fields_at(level, shifts, window) for level, window in enumerate(needed)]
        return [
            torch.cat([mask, field.to(self.device, mask.dtype)], 1).contiguous(
                memory_format=torch.channels_last
            )
            for mask, field in zip(masks, fields, strict=True)
        ]

    def _scales(
        self,
        picture: Tensor,
        mask: Tensor,
        thin: Tensor,
        alone: Tensor | None = None,
        strokes: Tensor | None = None,
    ) -> Iterator[Scale]:
        """What losses see of a batch; thin shapes and references only where those are seen."""
        reference = picture if alone is None else alone
        parts = halved(picture, mask, thin, reference, picture if strokes is None else strokes)
        scales = zip(self.config.scales, self.targets, parts, strict=False)
        for number, (layers, targets, (seen, inside, in_thin, wanted, by)) in enumerate(scales):
            with self._precision():
                features = self.descriptor(seen, layers, half=self.half)
            masks = pure_masks(features, self.descriptor.mask_levels(inside, layers))
            sees_thin = number < THIN_SCALES
            near = [layer for layer in THIN_LAYERS if layer in features] if sees_thin else []
            compared = alone is not None and sees_thin and RGB in layers
            yield Scale(
                pictures=seen,
                features=features,
                masks=masks,
                targets=targets,
                thin=insides(self.descriptor.mask_levels(in_thin, near)) if near else {},
                reference=wanted if compared else None,
                regions=inside,
                thin_regions=in_thin,
                strokes=by if strokes is not None and number >= BLURRED else None,
            )

    def export(self) -> Generator:
        """The averaged network without norms, as it ships."""
        model = Generator(normalised=not self.folded)
        model.load_state_dict({**self.model.state_dict(), **self.mean})
        return fold(model) if not self.folded else model.eval()

    def save(self, path: Path) -> None:
        facts = {"step": self.step, "seconds": self.seconds, "folded": self.folded}
        save_checkpoint(path, self._tensors(), facts | {"config": asdict(self.config)})

    def _tensors(self) -> dict[str, Tensor]:
        """Everything that a checkpoint holds, by name."""
        tensors = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        tensors |= {f"mean.{k}": v for k, v in self.mean.items()}
        if self.teacher:
            tensors |= {f"teacher.{k}": v for k, v in self.teacher.state_dict().items()}
        return tensors | adam_tensors(self.optimiser)

    def report(self, run: Path) -> None:
        """Write a contact sheet of held-out doodles and the curve of the losses."""
        sheet = held_out_sheet(self.export(), self.regions)
        sheet.save(run / f"sheet-{self.step:06}.png")
        plot_losses(run / "losses.csv", run / "losses.png")

    def resume(self, path: Path) -> None:
        tensors, facts = load_checkpoint(path)
        if facts["folded"]:
            self._use(Generator(normalised=False))
        self.step, self.seconds = facts["step"], facts["seconds"]
        self.model.load_state_dict(under("model.", tensors))
        self.mean = {k: v.to(self.device) for k, v in under("mean.", tensors).items()}
        if self.teacher:  # the pack it came from may be another by now
            self.teacher.load_state_dict(under("teacher.", tensors))
        restore_adam(self.optimiser, tensors)


def painted_alone(
    model: Generator, conditions: Sequence[Tensor], regions: int, window: Window
) -> Tensor:
    """What the noise of the first picture becomes where one region is all there is.

    ``conditions``: (B, MAX_REGIONS + noise, h_k, w_k) per level. Returns (regions, 3, H, W) without
    gradients: pictures of many regions are to become like these, not the other way round.
    """
    numbers = range(regions)
    fills = [condition[:1].repeat(regions, 1, 1, 1) for condition in conditions]
    for fill in fills:
        fill[:, :MAX_REGIONS] = 0
        fill[numbers, numbers] = 1
    with torch.no_grad():
        return model([fill.contiguous(memory_format=torch.channels_last) for fill in fills], window)


def train(
    config: TrainConfig, run: Path, resume: bool = True, sheet_minutes: float = 5.0
) -> Iterator[TrainingProgress]:
    """Train in the folder ``run``, with contact sheets and a curve of the losses; ``run_training``.

    Under ``torchrun`` the processes share the work of each step.
    """
    return run_training(PackTrainer(config, pick_device()), run, resume, sheet_minutes)
