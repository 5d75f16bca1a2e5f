"""The one training loop: step, log the losses, keep a checkpoint, until the run is done."""

import csv
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from engine.training.earlier import write_config
from engine.training.processes import rank

CHECKPOINT = "checkpoint.safetensors"
"""Name of a run's checkpoint in its folder."""

LOSSES = "losses.csv"
"""Name of the table of losses: a header, then one row a step."""


@dataclass(frozen=True)
class TrainingProgress:
    """One finished step. ``losses`` by name, what is minimised first; lower is better.

    ``stage``: what is counted, e.g. "step". ``share``: of the whole run, 0-1. ``name``: what the
    step was about where that changes from step to step, such as a style.
    """

    step: int
    steps: int
    losses: Mapping[str, float]
    share: float
    seconds_left: float
    stage: str = "step"
    name: str = ""

    @property
    def loss(self) -> float | None:
        """What is minimised; None in a stage without training."""
        return next(iter(self.losses.values()), None)


class Trainer(Protocol):
    """State of one run, as ``run_training`` drives it.

    ``config``: a dataclass with everything that decides the run. ``seconds``: of training so far.
    """

    config: Any
    step: int

    @property
    def share(self) -> float:
        """How much of the run is done, 0-1."""

    @property
    def trained_seconds(self) -> float:
        """Seconds that steps have taken so far."""

    @property
    def name(self) -> str:
        """What the last step was about, e.g. a style; empty where all are alike."""

    def train_step(self) -> Mapping[str, float]:
        """Take one step of the optimiser; return the losses by name, what is minimised first."""

    def save(self, path: Path) -> None:
        """Write a checkpoint from which ``resume`` goes on exactly."""

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint. Raises EngineError when it is of another run."""

    def report(self, run: Path) -> None:
        """Write into the run's folder what shows how far it is: pictures, weights to try."""


def run_training(
    trainer: Trainer, run: Path, resume: bool = True, save_minutes: float = 2.0
) -> Iterator[TrainingProgress]:
    """Train in the folder ``run``, keeping configuration, checkpoint and losses there.

    Yields after every step; stop with ``close()``, which keeps a checkpoint of this step, and go on
    later with the same arguments.
    Under ``torchrun`` only the first process writes.
    """
    checkpoint = run / CHECKPOINT
    if resume and checkpoint.exists():
        trainer.resume(checkpoint)
    run.mkdir(parents=True, exist_ok=True)
    write_config(run, trainer.config)
    saved = time.monotonic()
    while trainer.share < 1:
        losses = trainer.train_step()
        share = trainer.share
        if rank() == 0:
            _log(run / LOSSES, trainer, losses)
            if time.monotonic() - saved > 60 * save_minutes or share >= 1:
                saved = time.monotonic()
                trainer.save(checkpoint)
                trainer.report(run)
        left = trainer.trained_seconds / max(share, 1e-9) * max(0.0, 1 - share)
        steps = trainer.config.steps
        try:
            yield TrainingProgress(trainer.step, steps, losses, share, left, name=trainer.name)
        except GeneratorExit:
            if rank() == 0 and share < 1:
                trainer.save(checkpoint)
            raise


def _log(path: Path, trainer: Trainer, losses: Mapping[str, float]) -> None:
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(["step", *losses, "seconds", "name"])
        values = (f"{value:.5g}" for value in losses.values())
        writer.writerow([trainer.step, *values, f"{trainer.trained_seconds:.1f}", trainer.name])
