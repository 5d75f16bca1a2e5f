"""Teach a pack's network to paint what the pack's strokes paint.

A pack without a network begins with that of another style.

What lies where follows from regions and flow field, so low frequencies are learned by regression.
Brushwork does not follow pixel by pixel, and a network that regresses it is soft. It is learned by
the painting's region statistics and by a critic that sees the same regions and field.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from engine.doodle.generator import CONDITION, Generator, canvas_window, mask_pyramid
from engine.losses import LOSSES, weighted_sum
from engine.packs.random_doodles import thin_shapes
from engine.packs.region_strokes import network_pictures, region_strokes, stroke_pictures
from engine.packs.style_pack import read_generator, read_pack
from engine.sheet import contact_sheet
from engine.tiles import level_windows
from engine.training.checkpoint import adam_tensors, load_checkpoint, restore_adam, under
from engine.training.critic import PatchCritic, critic_loss, deception
from engine.training.nearest_network import for_regions
from engine.training.pack import BOX_WEIGHT, PackTrainer, TrainConfig
from engine.training.processes import pick_device
from engine.training.run import TrainingProgress, run_training
from engine.training.run_report import plot_losses
from engine.training.stroke_pairs import SIDE, Examples, PairStore

DOODLES = 120
"""Doodles that strokes paint; each is four examples."""

STEPS, FIRST_STEPS = 240, 300
"""Steps of a run, unless others are wished for: with the pack's own network and with another's."""

STROKES_WEIGHT = 20
"""Of the difference of colour (0-1) from strokes, against the mean log distance."""

CRITIC_WEIGHT = 0.3
"""Of what the critic says, against the mean log distance."""

CRITIC_LAYERS = ("relu1_2", "relu2_1", "relu3_1", "relu4_1")
"""Layers of the full picture that the critic sees."""

CRITIC_RATE = 1e-3
"""Learning rate of the critic."""

SAVE_MINUTES = 5.0
"""Minutes from a checkpoint and contact sheet to the next."""

SHOW_MINUTES = 0.4
"""The same where somebody watches."""

SHOWN, SHEET_SIDE = 3, 512
"""Held-out doodles on a contact sheet, and the width in pixels of each picture."""


Show = Callable[[Generator], object]
"""Gets a network, to show what it paints."""


@dataclass(frozen=True)
class StrokesConfig(TrainConfig):
    """Everything that decides such a run.

    ``warm``: folder of the pack whose strokes it learns from, and with whose network it begins;
    ``start``: folder of another pack whose network it begins with instead, "" for none;
    ``regions``: for each region of the pack, the region of ``start`` that it is painted as first;
    ``paints``: name of each region, followed by its materials; ``doodles``: number of doodles that
    strokes paint.
    """

    start: str = ""
    regions: tuple[int, ...] = ()
    paints: tuple[tuple[str, ...], ...] = ()
    doodles: int = DOODLES
    steps: int = STEPS
    batch: int = 2
    crop: int = SIDE


class StrokesTrainer(PackTrainer):
    """State of one run: network, critic and optimisers.

    ``store``: the examples, all made; ``show``: gets the network so far instead of a contact sheet.
    """

    config: StrokesConfig

    def __init__(
        self,
        config: StrokesConfig,
        store: PairStore,
        device: torch.device,
        show: Show | None = None,
    ) -> None:
        super().__init__(config, device)
        self.store, self._show = store, show
        self._before = first_network(config)
        channels = {layer: self.descriptor.channels(layer) for layer in CRITIC_LAYERS}
        self.critic = PatchCritic(channels, CONDITION).to(device)
        self.critic_optimiser = torch.optim.Adam(
            self.critic.parameters(), CRITIC_RATE, betas=(0.5, 0.99)
        )

    def _first_network(self) -> Generator:
        return first_network(self.config)

    def loss(self) -> tuple[Tensor, dict[str, Tensor]]:
        """Paint a batch of examples; return its loss, and the terms by name."""
        window = self.window
        torch.manual_seed(self.config.seed * 10**6 + self.step)
        examples = self.store.read(self._numbers())
        conditions, mask = self._seen(examples)
        with self._precision():
            picture = self.model(conditions, window)
        thin = thin_shapes(examples.regions)[:, None, *window.within(canvas_window(window))]
        in_thin = mask * torch.from_numpy(thin).to(mask)
        wanted = examples.pictures.to(self.device)
        scales = [*self._scales(picture, mask, in_thin, strokes=wanted)]
        weights = {"style": 1.0, "box": BOX_WEIGHT, "strokes": STROKES_WEIGHT}
        loss, terms = weighted_sum(LOSSES, weights, scales)
        inside = conditions[0][..., *window.within(level_windows(window)[0])]
        made = {layer: scales[0].features[layer] for layer in CRITIC_LAYERS}
        fooled, sees = self._criticised(made, wanted, inside)
        return loss + CRITIC_WEIGHT * fooled, terms | {"deception": fooled, "critic": sees}

    def _numbers(self) -> list[int]:
        """Return the examples of this step: all in random order, then all in another."""
        first, count = self.step * self.config.batch, len(self.store)
        places = [divmod(n, count) for n in range(first, first + self.config.batch)]
        seed = self.config.seed
        orders = {
            round_: np.random.default_rng([seed, round_]).permutation(count)
            for round_ in {number for number, _ in places}
        }
        return [int(orders[round_][place]) for round_, place in places]

    def _seen(self, examples: Examples) -> tuple[list[Tensor], Tensor]:
        """Return the network's input for every level, and the regions' masks inside the window."""
        needed = level_windows(self.window)
        regions = torch.from_numpy(examples.regions).to(self.device)
        masks = mask_pyramid(regions, canvas_window(self.window), needed)
        conditions = [
            torch.cat([mask, field.to(mask)], 1).contiguous(memory_format=torch.channels_last)
            for mask, field in zip(masks, examples.fields, strict=True)
        ]
        return conditions, masks[0][:, : self.regions][..., *self.window.within(needed[0])]

    def _criticised(
        self, made: Mapping[str, Tensor], strokes: Tensor, inside: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Train the critic by a step; return its loss for the network, and its own.

        ``made``: features of what the network painted; ``strokes``: (B, 3, H, W) 0-1; ``inside``:
        (B, N, H, W), masks and field at the picture's pixels.
        """
        with torch.no_grad(), self._precision():
            real = self.descriptor(strokes, CRITIC_LAYERS, half=self.half)
        conditions = [inside]
        for _ in range(3):
            conditions.append(functional.avg_pool2d(conditions[-1], 2))
        critic = self.critic
        critic.measure(real)
        apart = {layer: values.detach() for layer, values in made.items()}
        sees = critic_loss(critic(real, conditions), critic(apart, conditions))
        self.critic_optimiser.zero_grad()
        sees.backward()
        self.critic_optimiser.step()
        critic.requires_grad_(False)  # the network's loss must not change it
        fooled = deception(critic(made, conditions))
        critic.requires_grad_(True)
        return fooled, sees.detach()

    def report(self, run: Path) -> None:
        """Write a contact sheet and the curve of the losses.

        The sheet shows held-out doodles by the pack as it was, by the network as it is now, and by
        strokes, in this order.
        """
        if self._show is not None:
            self._show(self.export())
            return
        before, strokes = self._shown
        now = network_pictures(self.export(), read_pack(Path(self.config.warm)), SHOWN)
        pictures = [picture for row in zip(before, now, strokes, strict=True) for picture in row]
        sheet = contact_sheet(pictures, columns=3, width=SHEET_SIDE)
        Image.fromarray(sheet).save(run / f"sheet-{self.step:06}.png")
        plot_losses(run / "losses.csv", run / "losses.png")

    @cached_property
    def _shown(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """The sheet's doodles as the pack's network painted them before, and by strokes."""
        strokes = region_strokes(Path(self.config.warm))
        before = network_pictures(self._before, strokes.pack, SHOWN)
        return before, stroke_pictures(strokes, SHOWN)

    def _tensors(self) -> dict[str, Tensor]:
        tensors = super()._tensors()
        tensors |= {f"before.{k}": v for k, v in self._before.state_dict().items()}
        tensors |= {f"critic.{k}": v for k, v in self.critic.state_dict().items()}
        judged = adam_tensors(self.critic_optimiser)
        return tensors | {f"critic-{k}": v for k, v in judged.items()}

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint; the pack may have another network by now."""
        super().resume(path)
        tensors, _ = load_checkpoint(path)
        self._before.load_state_dict(under("before.", tensors))
        self.critic.load_state_dict(under("critic.", tensors))
        restore_adam(self.critic_optimiser, under("critic-", tensors))


def first_network(config: StrokesConfig) -> Generator:
    """Return the network that a run begins with. Raises EngineError when it cannot be read."""
    folder = Path(config.start or config.warm)
    model = read_generator(folder, read_pack(folder))
    return for_regions(model, config.regions) if config.start else model


def train_from_strokes(
    config: StrokesConfig,
    store: PairStore,
    run: Path,
    resume: bool = True,
    show: Show | None = None,
) -> Iterator[TrainingProgress]:
    """Train in the folder ``run``, with contact sheets and a curve of the losses.

    ``show``: gets the network so far, more often, instead of contact sheets and curve.
    """
    trainer = StrokesTrainer(config, store, pick_device(), show)
    return run_training(trainer, run, resume, SAVE_MINUTES if show is None else SHOW_MINUTES)
