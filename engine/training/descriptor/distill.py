"""Distil the compact descriptor from VGG-19: the network that ships in ``resources``.

The student starts from ``student.fitted_student`` and follows three aims on crops that the teachers
have looked at beforehand (``teacher.Lessons``):

- its features, through a learned 1x1 map per layer, equal the teacher's, normalised per channel;
- style distances between crops, from normalised statistics of its own raw features, agree with the
  teacher's up to a factor per layer: this is what a descriptor is for;
- no channel falls silent.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.descriptors.descriptor import COMPACT
from engine.errors import EngineError
from engine.training.checkpoint import adam_tensors, load_checkpoint, restore_adam, save_checkpoint
from engine.training.descriptor.crops import (
    QUAD,
    is_held_out,
    load_pictures,
    picture_files,
    random_quad,
)
from engine.training.descriptor.student import (
    CentredStudent,
    blank_student,
    export_student,
    fitted_student,
    least_squares,
)
from engine.training.descriptor.style_similarity import quad_relations
from engine.training.descriptor.teacher import (
    TAUGHT,
    Lessons,
    Teacher,
    as_rgb,
    grid_rows,
    projections,
)
from engine.training.processes import pick_device
from engine.training.run import CHECKPOINT, TrainingProgress, run_training

SHIPPED = COMPACT
"""Where the result goes unless told otherwise."""

QUIET, SILENCE_WEIGHT = 1.0, 10.0
"""Deviations that the mean of what goes into a ReLU may be below zero, and the weight of more."""

_RELATION_GRID = 64
_CALIBRATION_SEED = 2**31


@dataclass(frozen=True)
class DistillConfig:
    """Everything that decides a run; rides along in checkpoint and export.

    The run ends after ``steps`` or after ``minutes``, the teachers' work counted in, whichever
    comes first. ``channels`` are the student's per block, ``batch`` counts quads of crops.
    """

    vgg: str
    pruned: str
    pictures: tuple[str, ...]
    channels: tuple[int, ...] = (16, 32, 64, 128, 128)
    quads: int = 1536
    side: int = 128
    calibration: int = 32
    steps: int = 12000
    minutes: float = math.inf
    batch: int = 4
    rate: float = 3e-4
    relation_weight: float = 0.1
    seed: int = 1


class Distiller:
    """State of one run: teachers' lessons, student, maps and optimiser."""

    def __init__(self, config: DistillConfig, run: Path, device: torch.device) -> None:
        self.config, self.run, self.device = config, run, device
        self.teacher = Teacher(Path(config.vgg), Path(config.pruned), device)
        self.folders = training_pictures(config)
        self.lessons = Lessons(run / "teacher", _identity(config))
        self.step, self.seconds, self.gathered = 0, 0.0, 0.0

    def prepare(self) -> None:
        """Fit the student and the teacher's projections, or take up what an earlier run left."""
        began = time.monotonic()
        found = self.lessons.find()
        path = self.run / CHECKPOINT
        if found and path.exists():
            self.resume(path)
            return
        crops = self._calibration()
        if not found:
            twice = {layer: 2 * self._width(layer) for layer in TAUGHT}
            self.lessons.start(projections(self.teacher, crops, twice))
        fitted = fitted_student(self.teacher, crops, self.config.channels)
        self._use(CentredStudent(fitted, crops))
        self._fit_maps(crops)
        self.seconds += time.monotonic() - began

    def _width(self, layer: str) -> int:
        return self.config.channels[int(layer[4]) - 1]

    def _calibration(self) -> Tensor:
        """Crops (4 calibration, 3, side, side) 0-1 that training does not see."""
        rng = np.random.default_rng([_CALIBRATION_SEED, self.config.seed])
        count, side = self.config.calibration, self.config.side
        quads = np.concatenate([random_quad(rng, self.folders, side) for _ in range(count)])
        return as_rgb(torch.from_numpy(quads)).to(self.device)

    def _use(self, student: CentredStudent) -> None:
        self.student = student.to(self.device)
        maps = {
            layer: nn.Linear(self._width(layer), self.lessons.projections[layer].basis.shape[1])
            for layer in TAUGHT
        }
        self.maps = nn.ModuleDict(maps).to(self.device)
        parameters = [*self.student.parameters(), *self.maps.parameters()]
        self.optimiser = torch.optim.Adam(parameters, betas=(0.9, 0.99))

    @torch.no_grad()
    def _fit_maps(self, crops: Tensor) -> None:
        """Start the 1x1 maps where least squares puts them."""
        mine: dict[str, list[Tensor]] = {layer: [] for layer in TAUGHT}
        theirs: dict[str, list[Tensor]] = {layer: [] for layer in TAUGHT}
        for part in crops.split(16):
            taught = self.teacher.features(part)
            for layer, _, own in self.student.trace(part):
                if layer in TAUGHT:
                    mine[layer].append(self.student.centred_rows(layer, own))
                    theirs[layer].append(self.lessons.projections[layer].rows(taught[layer]))
        for layer in TAUGHT:
            rows, wanted = (torch.cat(parts[layer]).flatten(0, 1) for parts in (mine, theirs))
            weight, bias = least_squares(rows, wanted)
            self.maps[layer].weight.data = weight.mT.contiguous()
            self.maps[layer].bias.data = bias

    def gather(self) -> Iterator[TrainingProgress]:
        """Let the teachers look at all crops."""
        quads, started = self.config.quads, self.lessons.done
        began = time.monotonic()
        spent = self.seconds
        for done in self.lessons.gather(self.teacher, self.folders, self.config.seed, quads):
            passed = time.monotonic() - began
            left = passed / (done - started) * (quads - done)
            self.seconds = self.gathered = spent + passed
            yield TrainingProgress(done * QUAD, quads * QUAD, {}, done / quads, left, "crop")

    @property
    def share(self) -> float:
        """How much of the training is done, 0-1."""
        whole = 60 * self.config.minutes - self.gathered
        passed = self.seconds - self.gathered
        return min(1.0, max(self.step / self.config.steps, passed / whole if whole > 0 else 1.0))

    @property
    def trained_seconds(self) -> float:
        """Seconds that steps have taken so far, without what the teachers took."""
        return self.seconds - self.gathered

    @property
    def name(self) -> str:
        """Empty: all steps are alike."""
        return ""

    def rate(self) -> float:
        """Learning rate: short warm-up, then a cosine."""
        warm = min(1.0, (self.step + 1) / 100)
        return self.config.rate * warm * max(0.5 * (1 + math.cos(math.pi * self.share)), 0.005)

    def train_step(self) -> dict[str, float]:
        """One step of Adam; returns the terms of the loss by name."""
        began = time.monotonic()
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        rng = np.random.default_rng([self.config.seed, self.step])
        chosen = rng.choice(self.config.quads, min(self.config.batch, self.config.quads), False)
        batch = {k: v.to(self.device) for k, v in self.lessons.batch(np.sort(chosen)).items()}
        terms = self.terms(batch)
        loss = self.weighted(terms)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.step += 1
        # A run that was suspended must not take the pause for training time.
        self.seconds += min(time.monotonic() - began, 10)
        return {"loss": float(loss.detach())} | {k: float(v.detach()) for k, v in terms.items()}

    def terms(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Per layer the unexplained share of features and the error of log distances; silence."""
        rgb = as_rgb(batch["crops"]).contiguous(memory_format=torch.channels_last)
        terms, silences = {}, []
        for layer, before, after in self.student.trace(rgb):
            if layer.startswith("pool"):
                continue
            silences.append(_silence(before))
            if layer in TAUGHT:
                terms[f"features {layer}"] = self._unexplained(layer, after, batch[layer])
                error = (
                    quad_relations(after, _RELATION_GRID)
                    - batch["relations"][:, TAUGHT.index(layer)]
                )
                terms[f"distances {layer}"] = _outlying(error - error.mean())
        return terms | {"silence": torch.stack(silences).mean()}

    def _unexplained(self, layer: str, features: Tensor, wanted: Tensor) -> Tensor:
        """Share of the teacher's variance that the mapped features leave, scalar."""
        rows = self.student.centred_rows(layer, features)
        return (self.maps[layer](rows) - wanted).square().sum(2).mean()

    def weighted(self, terms: dict[str, Tensor]) -> Tensor:
        """The loss: mean root errors, so that layers that are nearly right still count."""
        roots = {name: (value + 1e-4).sqrt() for name, value in terms.items() if " " in name}
        features = [root for name, root in roots.items() if name.startswith("features")]
        distances = [root for name, root in roots.items() if name.startswith("distances")]
        close = torch.stack(distances).mean() * self.config.relation_weight
        return torch.stack(features).mean() + close + SILENCE_WEIGHT * terms["silence"]

    def save(self, path: Path) -> None:
        tensors = {f"student.{k}": v for k, v in self.student.state_dict().items()}
        tensors |= {f"maps.{k}": v for k, v in self.maps.state_dict().items()}
        save_checkpoint(path, tensors | adam_tensors(self.optimiser), self.facts())

    def report(self, run: Path) -> None:
        """Nothing but the checkpoint shows how far the run is."""

    def facts(self) -> dict[str, object]:
        """What checkpoint and export say about the run."""
        times = {"seconds": self.seconds, "gathered": self.gathered}
        return {"step": self.step, **times, "config": asdict(self.config)}

    def resume(self, path: Path) -> None:
        tensors, facts = load_checkpoint(path)
        if tuple(facts["config"]["channels"]) != self.config.channels:
            raise EngineError(f"{path} is of a student with other channels; choose another --run.")
        blank = blank_student(self.config.channels)
        self._use(CentredStudent(blank, torch.zeros(1, 3, self.config.side, self.config.side)))
        for name, module in (("student.", self.student), ("maps.", self.maps)):
            module.load_state_dict(
                {k.removeprefix(name): v for k, v in tensors.items() if k.startswith(name)}
            )
        restore_adam(self.optimiser, tensors)
        self.step, self.seconds, self.gathered = (
            facts[key] for key in ("step", "seconds", "gathered")
        )


def _outlying(errors: Tensor) -> Tensor:
    """Mean square, but only linear beyond one: distances from flat crops are wild, (N, 12)."""
    return 2 * functional.huber_loss(errors, torch.zeros_like(errors))


def _silence(before: Tensor) -> Tensor:
    """Penalty on channels whose ReLU is hardly ever active, (B, C, h, w) -> scalar >= 0."""
    deviation, mean = torch.std_mean(grid_rows(before).flatten(0, 1), 0)
    return functional.relu(-mean / (deviation + 1e-4) - QUIET).square().mean()


def _identity(config: DistillConfig) -> dict[str, object]:
    """What decides the lessons: with any of these changed the teachers must look again."""
    names = ("pictures", "channels", "quads", "side", "calibration", "seed")
    files = {"vgg": Path(config.vgg).name, "pruned": Path(config.pruned).name}
    return {**files, **{name: getattr(config, name) for name in names}}


def training_pictures(config: DistillConfig) -> list[list[np.ndarray]]:
    """The pictures of every folder, without those that are held out. Raises EngineError."""
    folders = []
    for folder in config.pictures:
        files = [path for path in picture_files(Path(folder)) if not is_held_out(path)]
        if not files:
            raise EngineError(f"{folder} holds no pictures but ones that are kept for judging.")
        folders.append(load_pictures(files))
    return folders


def distill(
    config: DistillConfig, run: Path, out: Path, resume: bool = True, save_minutes: float = 2.0
) -> Iterator[TrainingProgress]:
    """Distil in the folder ``run`` and write the finished descriptor to ``out``.

    Yields after every step; stop with ``close()`` and go on later with the same arguments.
    """
    if not resume:
        (run / CHECKPOINT).unlink(missing_ok=True)
        (run / "losses.csv").unlink(missing_ok=True)
    run.mkdir(parents=True, exist_ok=True)
    distiller = Distiller(config, run, pick_device())
    distiller.prepare()
    yield from distiller.gather()
    distiller.save(run / CHECKPOINT)  # what was fitted before the first step is kept, too
    yield from run_training(distiller, run, resume=False, save_minutes=save_minutes)
    export_student(out, distiller.student.descriptor(), distiller.facts())
