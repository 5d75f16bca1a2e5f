"""The teachers of the compact descriptor, and what they say about a fixed set of crops.

Exact VGG-19 teaches the layers that its file holds; the pruned network, mapped to VGG's channels by
its ``convNM_aux`` layers, teaches the deeper ones. VGG costs several times what the student does,
forward and backward together, so the teachers look at every crop once; what they say is kept on
disk in half precision, mapped by the system's page cache, and a stopped run finds it again.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from engine.descriptors.descriptor import layer_key, load_descriptor
from engine.errors import EngineError
from engine.losses.statistics import DEVIATION_FLOOR
from engine.training.checkpoint import load_checkpoint, save_checkpoint
from engine.training.descriptor.crops import QUAD, random_quad
from engine.training.descriptor.style_similarity import quad_relations

TAUGHT = (
    "relu1_1",
    "relu1_2",
    "relu2_1",
    "relu2_2",
    "relu3_1",
    "relu3_4",
    "relu4_1",
    "relu5_1",
)
"""Layers that the student must match."""

GRID = 16
"""Features are compared at no more than GRID x GRID positions of a crop; neighbours are alike."""

_CHUNK = 4  # quads that the teachers look at together


class Teacher:
    """VGG-19 as far as its file goes, then the pruned network."""

    def __init__(self, vgg: Path, pruned: Path, device: torch.device) -> None:
        self.vgg = load_descriptor(vgg).to(device)
        self.pruned = load_descriptor(pruned).to(device)
        self.maps = {
            layer: [part.to(device) for part in parts]
            for layer, parts in _maps(pruned).items()
            if layer not in self.vgg.convs
        }
        missing = [layer for layer in TAUGHT if layer not in {*self.vgg.convs, *self.maps}]
        if missing:
            raise EngineError(f"{vgg} and {pruned} hold no teacher of {', '.join(missing)}.")

    @torch.no_grad()
    def features(self, rgb: Tensor) -> dict[str, Tensor]:
        """(B, 3, H, W) RGB 0-1 -> {layer: (B, C, h, w)} for all TAUGHT layers."""
        found = self.vgg(rgb, [layer for layer in TAUGHT if layer not in self.maps])
        for layer, raw in self.pruned(rgb, list(self.maps)).items():
            found[layer] = functional.conv2d(raw, *self.maps[layer])
        return found

    @torch.no_grad()
    def preactivations(self, rgb: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Layers in order with what goes into their ReLU, (B, C, h, w).

        Where the pruned network is mapped to VGG's channels these stand in: half of its own
        channels are dead.
        """
        for layer, before, _ in self.vgg.trace(rgb):
            yield layer, before
        for layer, before, after in self.pruned.trace(rgb):
            if layer in self.maps:
                yield layer, functional.conv2d(after, *self.maps[layer])
            elif layer not in self.vgg.order:
                yield layer, before


def _maps(pruned: Path) -> dict[str, list[Tensor]]:
    """Weight and bias of the 1x1 layers that lead to VGG's channels, where the file has them."""
    weights = load_file(pruned)
    keys = {layer: f"{layer_key(layer)}_aux" for layer in TAUGHT}
    return {
        layer: [weights[f"{key}.{part}"].float() for part in ("weight", "bias")]
        for layer, key in keys.items()
        if f"{key}.weight" in weights
    }


@dataclass(frozen=True)
class Projection:
    """The leading directions of a layer's features, normalised per channel.

    mean (C,), scale (C,), basis (C, M). A student with K channels can explain K directions at
    most, so that M = 2 K of VGG's hold all that it can learn.
    """

    mean: Tensor
    scale: Tensor
    basis: Tensor

    def rows(self, features: Tensor) -> Tensor:
        """(B, C, h, w) -> (B, P, M) at the positions of the grid."""
        return (grid_rows(features) - self.mean) / self.scale @ self.basis


def grid_rows(features: Tensor) -> Tensor:
    """(B, C, h, w) -> (B, P, C): features at most at GRID x GRID positions."""
    every = max(1, features.shape[-1] // GRID)
    return features[..., every // 2 :: every, every // 2 :: every].flatten(2).mT


def project(features: Tensor, directions: int) -> Projection:
    """Principal directions of normalised features; their variances add up to one."""
    rows = grid_rows(features).flatten(0, 1)
    mean, deviation = rows.mean(0), rows.std(0)
    scale = deviation + DEVIATION_FLOOR * deviation.mean() + 1e-8
    normal = (rows - mean) / scale
    values, vectors = torch.linalg.eigh(normal.mT @ normal / len(rows))
    kept = vectors[:, -directions:].flip(1)
    return Projection(mean, scale * values[-directions:].sum().sqrt(), kept)


def projections(teacher: Teacher, rgb: Tensor, directions: dict[str, int]) -> dict[str, Projection]:
    """Projections of all TAUGHT layers from calibration crops (N, 3, H, W)."""
    grids: dict[str, list[Tensor]] = {layer: [] for layer in TAUGHT}
    for part in rgb.split(16):
        for layer, features in teacher.features(part).items():
            grids[layer].append(grid_rows(features).mT[..., None])
    return {layer: project(torch.cat(grids[layer]), directions[layer]) for layer in TAUGHT}


class Lessons:
    """What the teachers say about a fixed set of crops, in the files of a folder.

    ``crops`` (N, side, side, 3) uint8; ``rows[layer]`` (N, P, M) float16, see Projection;
    ``relations`` (N / 4, layers, 12) float32, see ``relations.quad_relations``.
    """

    def __init__(self, folder: Path, identity: dict[str, object]) -> None:
        self.folder, self.identity, self.done = folder, identity, 0
        self.projections: dict[str, Projection] = {}
        self.arrays: dict[str, np.memmap] = {}

    def find(self) -> bool:
        """Open what an earlier run left, finished or not; False when it is not about these."""
        index = self.folder / "projections.safetensors"
        if not index.exists():
            return False
        tensors, facts = load_checkpoint(index)
        if facts != json.loads(json.dumps(self.identity)):
            return False
        self.projections = {
            layer: Projection(*(tensors[f"{layer}.{part}"] for part in ("mean", "scale", "basis")))
            for layer in TAUGHT
        }
        self.done = int((self.folder / "done").read_text())
        names = ["crops", "relations", *TAUGHT]
        self.arrays = {name: self._map(name, "r+") for name in names}
        return True

    def _map(self, name: str, mode: str, like: Tensor | None = None, count: int = 0) -> np.memmap:
        """A file's array; a new one has ``count`` rows that are ``like``'s."""
        path = self.folder / f"{name}.npy"
        if like is None:
            return np.lib.format.open_memmap(path, mode="r+")
        dtype = np.dtype(str(like.dtype).removeprefix("torch."))
        return np.lib.format.open_memmap(path, mode, dtype, (count, *like.shape[1:]))

    def start(self, found: dict[str, Projection]) -> None:
        """Forget what is in the folder; ``gather`` comes next."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "projections.safetensors").unlink(missing_ok=True)
        (self.folder / "done").write_text("0")
        self.projections, self.arrays, self.done = found, {}, 0

    def gather(
        self, teacher: Teacher, folders: Sequence[Sequence[np.ndarray]], seed: int, quads: int
    ) -> Iterator[int]:
        """Let the teachers look at all crops; yields the number of quads done, now and then."""
        side = int(str(self.identity["side"]))
        while self.done < quads:
            numbers = range(self.done, min(self.done + _CHUNK, quads))
            crops = np.concatenate(
                [random_quad(np.random.default_rng([seed, n]), folders, side) for n in numbers]
            )
            self._keep(self._look(teacher, torch.from_numpy(crops)), quads)
            yield self.done

    def _look(self, teacher: Teacher, crops: Tensor) -> dict[str, Tensor]:
        features = teacher.features(as_rgb(crops))
        kept = {layer: self.projections[layer].rows(features[layer]).half() for layer in TAUGHT}
        relations = torch.stack([quad_relations(features[layer]) for layer in TAUGHT], 1)
        return {"crops": crops, "relations": relations, **kept}

    def _keep(self, parts: dict[str, Tensor], quads: int) -> None:
        if not self.arrays:
            for name, part in parts.items():
                count = quads * (1 if name == "relations" else QUAD)
                self.arrays[name] = self._map(name, "w+", part, count)
            self._save_projections()
        for name, part in parts.items():
            start = self.done * (1 if name == "relations" else QUAD)
            self.arrays[name][start : start + len(part)] = part.cpu().numpy()
        self.done += len(parts["relations"])
        (self.folder / "done").write_text(str(self.done))

    def _save_projections(self) -> None:
        tensors = {
            f"{layer}.{part}": getattr(projection, part)
            for layer, projection in self.projections.items()
            for part in ("mean", "scale", "basis")
        }
        save_checkpoint(self.folder / "projections.safetensors", tensors, self.identity)

    def batch(self, quads: np.ndarray) -> dict[str, Tensor]:
        """What ``_look`` gave for the quads (B,), floating point values in float32."""
        numbers = (quads[:, None] * QUAD + np.arange(QUAD)).ravel()
        return {
            name: _float(torch.from_numpy(array[quads if name == "relations" else numbers]))
            for name, array in self.arrays.items()
        }


def _float(values: Tensor) -> Tensor:
    return values.float() if values.is_floating_point() else values


def as_rgb(crops: Tensor) -> Tensor:
    """(N, side, side, 3) uint8 -> (N, 3, side, side) float32 0-1."""
    return crops.permute(0, 3, 1, 2).float() / 255
