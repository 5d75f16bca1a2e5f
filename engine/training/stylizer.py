"""Train the photo network: photos and paintings become one transfer network for many styles.

The perceptual losses of Johnson et al. 2016 with the statistics of ``engine.losses.style``: each
step paints a batch of photo crops in one style and pools their statistics before they are compared
with the whole painting's, balanced by logarithm over (scale, layer). Content is compared after
instance normalisation, so that a style may change light and colour but not what is where.
"""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from engine.descriptors.descriptor import COMPACT, Descriptor, load_descriptor
from engine.errors import EngineError
from engine.image import open_image
from engine.losses import LOSSES, Scale, weighted_sum
from engine.losses.statistics import StyleTargets
from engine.losses.style import style_targets
from engine.photo.noise import COARSEST, PERIOD, fields_at
from engine.photo.stylizer import NOISE, NOISE_LEVELS, Stylizer, load_stylizer, save_stylizer
from engine.tiles import Window
from engine.training.checkpoint import (
    adam_tensors,
    load_checkpoint,
    restore_adam,
    save_checkpoint,
    under,
)
from engine.training.descriptor.crops import random_crop
from engine.training.painting_targets import halved
from engine.training.run import TrainingProgress, run_training

WEIGHTS = "stylizer.safetensors"
"""Name of a run's weights in its folder."""

BOX_WEIGHT = 10
"""Of what lies outside the range of colours."""

ROWS_FASTER = 5
"""Times the rate of the convolutions: a style's row gets a gradient in one of many steps only."""

ENLARGE = 3.0
"""Photos of training are enlarged at most by this: what is painted later has ten times the pixels
of these, and smooth parts that are larger than a crop."""


@dataclass(frozen=True)
class StylizerConfig:
    """Everything that decides a run; rides along in every checkpoint.

    ``paintings``: (id of the style, file of the painting, width in pixels as the network sees it).
    The run ends after ``steps`` or ``minutes``. ``stages``: (share of the run from which on, crops
    in a batch, their side in pixels), the first from 0 on. ``learned``: weights of a network whose
    convolutions stay as they are, only the rows of styles it does not know yet are trained; "" to
    train everything. ``content``, ``variation`` of colour and ``patches`` (see ``patchiness``) are
    weights against the mean log distance of style.
    """

    paintings: tuple[tuple[str, str, int], ...]
    descriptor: str = str(COMPACT)
    learned: str = ""
    steps: int = 20000
    minutes: float = math.inf
    stages: tuple[tuple[float, int, int], ...] = ((0, 4, 192), (0.45, 2, 320), (0.8, 1, 512))
    rate: float = 2e-3
    average: float = 0.998
    content: float = 0.65
    variation: float = 0.5
    patches: float = 12.0
    seed: int = 1
    scales: tuple[tuple[str, ...], ...] = field(
        default=(
            ("rgb", "relu1_1", "relu1_2", "relu2_1", "relu3_1", "relu4_1"),
            ("rgb", "relu1_1", "relu2_1", "relu3_1", "relu4_1"),
            ("rgb", "relu2_1", "relu3_1"),
        )
    )
    content_scales: tuple[tuple[str, ...], ...] = ((), ("relu3_1", "relu4_1"), ("relu2_1",))
    """Content's layers per scale. None at the finest, where brush strokes show; the coarsest sees
    patches of colour that a style would lay where the photo is smooth."""


class StylizerTrainer:
    """State of one run: network, averages, optimiser, the paintings' statistics and the photos."""

    def __init__(
        self, config: StylizerConfig, photos: Sequence[np.ndarray], device: torch.device
    ) -> None:
        if not photos:
            raise EngineError("There are no photos to train on.")
        self.config, self.photos, self.device = config, photos, device
        self.descriptor = load_descriptor(Path(config.descriptor)).to(device)
        self.targets = [
            painting_statistics(config, *entry[1:], self.descriptor) for entry in config.paintings
        ]
        torch.manual_seed(config.seed)
        self.model = _begun(config).to(device).to(memory_format=torch.channels_last)
        self.trained = _trained(self.model, config)
        shared = [value for value in self.trained if value.ndim != 2]
        rows = [value for value in self.trained if value.ndim == 2]
        self.optimiser = torch.optim.Adam(
            [{"params": shared, "faster": 1}, {"params": rows, "faster": ROWS_FASTER}],
            betas=(0.9, 0.99),
        )
        self.mean = {k: v.clone() for k, v in self.model.state_dict().items()}
        self.step, self.seconds, self.name = 0, 0.0, ""

    @property
    def share(self) -> float:
        """How much of the run is done, 0-1."""
        return max(self.step / self.config.steps, self.seconds / (60 * self.config.minutes))

    @property
    def crops(self) -> tuple[int, int]:
        """Of a batch now: how many, and their side in pixels.

        Many small ones teach strokes and colours. In large ones there are smooth places from where
        a pixel sees no edge at all, and without having met those a network lays bright spots there.
        """
        return max(stage for stage in self.config.stages if stage[0] <= self.share)[1:]

    def rate(self) -> float:
        """Learning rate: a short rise, then a cosine to a hundredth."""
        rise = min(1.0, (self.step + 1) / 100)
        fall = 0.5 + 0.5 * math.cos(math.pi * min(1.0, self.share))
        return self.config.rate * rise * (0.01 + 0.99 * fall)

    @property
    def trained_seconds(self) -> float:
        """Seconds that steps have taken so far."""
        return self.seconds

    def train_step(self) -> dict[str, float]:
        """Take one step of the optimiser, on one style; return the loss and its terms."""
        start = time.monotonic()
        rng = np.random.default_rng([self.config.seed, self.step])
        which = int(rng.integers(len(self.targets)))
        self.name = self.config.paintings[which][0]
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate() * group["faster"]
        self.optimiser.zero_grad()
        strength = 1.0 if rng.random() < 0.75 else rng.uniform(0.2, 1)
        condition = self.model.condition(self.name, strength)
        loss, terms = self.losses(rng, which, condition)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        self.optimiser.step()
        self._average()
        self.step += 1
        # A run that was suspended must not take the pause for training time.
        self.seconds += min(time.monotonic() - start, 10)
        return {"loss": float(loss.detach())} | {k: float(v.detach()) for k, v in terms.items()}

    def losses(
        self, rng: np.random.Generator, which: int, condition: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Paint a batch in the style ``which``; return its loss, and the terms (``LOSSES``)."""
        config, photos = self.config, self._photos(rng)
        condition = condition.to(self.device)
        painted = self.model(photos, condition.expand(len(photos), -1), self._noise(rng))
        weights: dict[str, float | Tensor] = {
            "style": 1 - condition[0, 0], "content": config.content,
            "variation": config.variation, "box": BOX_WEIGHT, "patchiness": config.patches,
        }  # fmt: skip
        return weighted_sum(LOSSES, weights, [*self._scales(painted, photos, which)])

    def _scales(self, painted: Tensor, photos: Tensor, which: int) -> Iterator[Scale]:
        """What losses see of a batch of photos and their paintings."""
        parts = zip(self.targets[which], halved(painted, photos), strict=False)
        for number, (targets, (seen, photo)) in enumerate(parts):
            layers = self.config.content_scales[number]
            features = self.descriptor(
                seen, tuple(dict.fromkeys((*self.config.scales[number], *layers)))
            )
            with torch.no_grad():
                content = self.descriptor(photo, layers) if layers else {}
            yield Scale(seen, features, _whole(features), targets, content=content, reference=photo)

    def _photos(self, rng: np.random.Generator) -> Tensor:
        """A batch of crops, (B, 3, side, side) 0-1, mirrored at random."""
        (count, side), crops = self.crops, []
        for _ in range(count):
            crop = random_crop(rng, self.photos[rng.integers(len(self.photos))], side, ENLARGE)
            crops.append(crop[:, ::-1] if rng.random() < 0.5 else crop)
        batch = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2)
        return batch.to(self.device).float() / 255

    def _noise(self, rng: np.random.Generator) -> list[Tensor]:
        count, side = self.crops
        places = rng.integers(0, PERIOD // COARSEST, (count, 2)) * COARSEST
        canvas = Window(0, 0, side, side)
        fields = [fields_at(level, places, canvas.coarser(level)) for level in NOISE_LEVELS]
        return [field[:, :NOISE].float().to(self.device) for field in fields]

    def _average(self) -> None:
        keep = min(self.config.average, (self.step + 1) / (self.step + 10))
        for key, value in self.model.state_dict().items():
            self.mean[key].lerp_(value, 1 - keep)

    def averaged(self) -> Stylizer:
        """The network with averaged weights, as it ships."""
        model = Stylizer(self.model.styles)
        model.load_state_dict(self.mean)
        return model.eval().requires_grad_(False)

    def save(self, path: Path) -> None:
        """Write a checkpoint."""
        tensors = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        tensors |= {f"mean.{k}": v for k, v in self.mean.items()} | adam_tensors(self.optimiser)
        facts = {"step": self.step, "seconds": self.seconds, "config": asdict(self.config)}
        save_checkpoint(path, tensors, facts)

    def report(self, run: Path) -> None:
        """Write the averaged weights."""
        save_stylizer(self.averaged(), run / WEIGHTS)

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint of the same styles. Raises EngineError for anything else."""
        tensors, facts = load_checkpoint(path)
        try:
            self.model.load_state_dict(under("model.", tensors))
        except RuntimeError as error:
            raise EngineError(f"{path} is of other styles than these.") from error
        self.mean = {k: v.to(self.device) for k, v in under("mean.", tensors).items()}
        self.step, self.seconds = facts["step"], facts["seconds"]
        restore_adam(self.optimiser, tensors)


def _begun(config: StylizerConfig) -> Stylizer:
    """A new network, or one that has learnt other styles with rows for those it has not."""
    styles = [entry[0] for entry in config.paintings]
    if not config.learned:
        return Stylizer(styles)
    old = load_stylizer(Path(config.learned))
    known = [style for style in styles if style in old.styles]
    if known:
        raise EngineError(f"{config.learned} has learnt {', '.join(known)} before.")
    return with_styles(old, styles)


def with_styles(old: Stylizer, styles: Sequence[str]) -> Stylizer:
    """The network with more rows, each the mean of those it has: a new style begins there."""
    new = Stylizer((*old.styles, *styles))
    weights = {}
    for key, value in old.state_dict().items():
        if value.ndim == 2:
            middle = value[1:].mean(0, keepdim=True)  # the first row is the photo's
            value = torch.cat([value, middle.expand(len(styles), -1)])
        weights[key] = value
    new.load_state_dict(weights)
    return new


def _trained(model: Stylizer, config: StylizerConfig) -> list[Tensor]:
    """The parameters a run changes: all of them, or the rows of the new styles only."""
    if not config.learned:
        return list(model.parameters())
    rows: list[Tensor] = []
    new = len(config.paintings)
    for value in model.parameters():
        value.requires_grad_(value.ndim == 2)
        if value.ndim == 2:
            value.register_hook(lambda g: torch.cat([torch.zeros_like(g[:-new]), g[-new:]]))
            rows.append(value)
    return rows


def _whole(features: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Masks of one region that is everywhere."""
    return {k: v.new_ones(len(v), 1, *v.shape[2:]) for k, v in features.items()}


def painting_statistics(
    config: StylizerConfig, painting: str, width: int, descriptor: Descriptor
) -> list[StyleTargets]:
    """Statistics of a whole painting, ``width`` pixels wide, at every scale."""
    picture = open_image(painting)
    size = width, round(picture.shape[0] * width / picture.shape[1])
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    rgb = torch.from_numpy(small).permute(2, 0, 1)[None].float() / 255
    rgb = rgb.to(next(descriptor.parameters()).device)
    found = []
    for layers in config.scales:
        with torch.no_grad():
            features = descriptor(rgb, layers)
        found.append(style_targets(features, _whole(features), 1))
        rgb = functional.avg_pool2d(rgb, 2)
    return found


def train_stylizer(
    config: StylizerConfig, photos: Sequence[np.ndarray], run: Path, save_minutes: float = 4.0
) -> Iterator[TrainingProgress]:
    """Train in the folder ``run``, where the averaged weights lie as well; see ``run_training``."""
    trainer = StylizerTrainer(config, photos, _device())
    return run_training(trainer, run, save_minutes=save_minutes)


def _device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
