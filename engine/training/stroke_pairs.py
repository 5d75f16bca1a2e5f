"""Random doodles and what strokes paint of them, kept on disk: a network learns from such pairs.

What strokes paint follows from the regions and the flow field, which are the network's input.
"""

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from torch import Tensor

from engine.doodle.generator import canvas_window, labels_beyond, labels_window
from engine.errors import EngineError
from engine.files import replace_file
from engine.flow import flow_field
from engine.flow.borders import REACH as BORDERS_REACH
from engine.flow.borders import moved_borders
from engine.packs.random_doodles import random_doodle
from engine.packs.region_strokes import RegionStrokes, border_kinds
from engine.packs.style_pack import StylePack, region_flows
from engine.tiles import LEVELS, Window, level_windows, plan
from engine.training.run import TrainingProgress

CANVAS = 512
"""Side in pixels of the doodles that are painted."""

SIDE = 256
"""Side in pixels of the windows that such a picture is cut into; each is one example."""

ALONE = 8
"""One of so many doodles is a single region."""

STEP = 3 / 127
"""Unit of the field on disk, whose values are within +-3."""

EDITION = 1
"""Version of how pairs are made; increase it when that changes."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Windows of paintings by strokes, with what the network sees of each.

    ``regions``: (N, H, W) uint8 over ``canvas_window`` of a window at the origin; ``fields``: (N,
    CHANNELS, h_k, w_k) float32 per level; ``pictures``: (N, 3, SIDE, SIDE) RGB 0-1.
    """

    regions: np.ndarray
    fields: list[Tensor]
    pictures: Tensor


class PairStore:
    """The pairs of a pack in a folder, one file per doodle."""

    def __init__(self, folder: Path, pack: StylePack, seed: int, count: int) -> None:
        """``count``: number of doodles. Files of other packs or versions are not used."""
        table = {"painting", "strokes", "region", "edges"}
        facts = [EDITION, seed, CANVAS, SIDE, pack.model_dump(mode="json", include=table)]
        key = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]
        self._folder, self._seed, self._count = folder / f"pairs-{key}", seed, count
        self._windows = list(plan(Window(0, 0, CANVAS, CANVAS), SIDE))

    def __len__(self) -> int:
        """Return the number of examples."""
        return self._count * len(self._windows)

    @property
    def missing(self) -> list[int]:
        """Numbers of the doodles that are not painted yet."""
        return [number for number in range(self._count) if not self._file(number).exists()]

    def make(self, strokes: RegionStrokes, number: int) -> None:
        """Paint a doodle and keep it. Raises EngineError when the file cannot be written."""
        self._folder.mkdir(parents=True, exist_ok=True)
        replace_file(self._file(number), save(self._painted(strokes, number)))

    def read(self, numbers: Sequence[int]) -> Examples:
        """Read examples by number, 0 to ``len(self) - 1``. Raises EngineError for a bad file."""
        parts = [self._example(*divmod(number, len(self._windows))) for number in numbers]
        joined = {name: torch.stack([part[name] for part in parts]) for name in parts[0]}
        fields = [joined[f"field{level}"].float() * STEP for level in range(LEVELS)]
        pictures = joined["pictures"].permute(0, 3, 1, 2).float() / 255
        return Examples(joined["regions"].numpy(), fields, pictures)

    def _file(self, number: int) -> Path:
        return self._folder / f"{number:05}.safetensors"

    def _example(self, doodle: int, window: int) -> dict[str, Tensor]:
        path = self._file(doodle)
        try:
            with safe_open(path, "pt") as file:
                return {name: file.get_slice(name)[window] for name in file.keys()}  # noqa: SIM118
        except (OSError, SafetensorError, IndexError) as error:
            raise EngineError(f"{path} cannot be read: {error}. Delete it.") from error

    def _painted(self, strokes: RegionStrokes, number: int) -> dict[str, np.ndarray]:
        """Paint a doodle and cut it into examples, stacked by name."""
        rng = np.random.default_rng([self._seed, number])
        regions = len(strokes.pack.region)
        doodle = random_doodle(rng, CANVAS, regions)
        if number % ALONE == 0:
            doodle[:] = number // ALONE % regions
        kinds, seed = border_kinds(strokes.pack, rng), int(rng.integers(2**31))
        picture = strokes.paint(doodle, kinds, seed)
        whole = Window(0, 0, CANVAS, CANVAS)
        covers = canvas_window(whole)
        near = labels_beyond(doodle, covers.grown(BORDERS_REACH))
        moved = moved_borders(near, kinds[near], covers, seed)
        around = labels_beyond(doodle, labels_window(whole))
        field = flow_field(around, covers, seed, region_flows(strokes.pack))
        found: list[dict[str, np.ndarray]] = []
        for window in self._windows:
            seen = {
                "regions": moved[canvas_window(window).within(covers)],
                "pictures": picture[window.within(whole)],
            }
            for level, part in enumerate(field.levels(level_windows(window))):
                seen[f"field{level}"] = np.rint(part.float().numpy() / STEP).astype(np.int8)
            found.append(seen)
        return {name: np.stack([part[name] for part in found]) for name in found[0]}


def make_pairs(store: PairStore, strokes: RegionStrokes) -> Iterator[TrainingProgress]:
    """Paint all doodles that are missing in a store; a step is a doodle.

    Stop it at any time: what is painted is kept.
    """
    missing, began = store.missing, time.monotonic()
    for done, number in enumerate(missing, 1):
        store.make(strokes, number)
        left = (time.monotonic() - began) / done * (len(missing) - done)
        share = done / len(missing)
        yield TrainingProgress(done, len(missing), {}, share, left, "doodle by strokes")
