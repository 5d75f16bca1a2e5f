"""Find the finished pack whose network a pack without one begins to learn with."""

import copy
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.descriptors.descriptor import compact
from engine.doodle.generator import MAX_REGIONS, OUT, Generator
from engine.errors import EngineError
from engine.losses.statistics import RegionStatistics, StyleTargets
from engine.losses.style import BALANCE_FLOOR
from engine.packs.style_pack import StylePack, read_pack, read_targets, served_by
from engine.packs.targets import SCALES
from engine.training.painting_targets import painting_targets


@dataclass(frozen=True)
class Nearest:
    """A pack, and for each region of the pack that begins with it the region that is meant.

    ``distance``: mean log distance of these regions' statistics.
    """

    folder: Path
    regions: tuple[int, ...]
    distance: float


def nearest_network(
    pack: StylePack, painting: Path, mask: Path, width: int, folders: Iterable[Path]
) -> Nearest:
    """Return the nearest of the packs in ``folders`` that have a network and targets.

    Regions stand for each other if they paint the same materials. The nearest pack is the one whose
    regions have the most similar statistics: colours and brushwork. ``painting``, ``mask``,
    ``width``: what the pack is trained from. Raises EngineError when there is none.
    """
    _, ours = painting_targets(painting, mask, compact(), width, SCALES)
    found = [one for folder in folders for one in _candidates(folder, pack, ours)]
    if not found:
        raise EngineError(f"There is no network that {pack.title} could begin to learn with.")
    return min(found, key=lambda one: one.distance)


def _candidates(folder: Path, pack: StylePack, ours: Sequence[StyleTargets]) -> Iterator[Nearest]:
    """Yield a pack if it has a network and targets that can be compared."""
    try:
        other = read_pack(folder)
        if other.id == pack.id or other.generator is None:
            return
        theirs = read_targets(folder, other, compact())
    except EngineError:  # it is damaged, or has no targets for this descriptor
        return
    regions = regions_for(pack, other)
    distances = [
        math.log(statistics_apart(scale_theirs[layer, regions[region]], style) + BALANCE_FLOOR)
        for scale_ours, scale_theirs in zip(ours, theirs, strict=True)
        for (layer, region), style in scale_ours.items()
        if (layer, regions[region]) in scale_theirs
    ]
    if distances:
        yield Nearest(folder, regions, float(np.mean(distances)))


def regions_for(pack: StylePack, other: StylePack) -> tuple[int, ...]:
    """Return, for each region of a pack, the region of another one that paints its material."""
    numbers = {region.name: number for number, region in enumerate(other.region)}
    served = served_by(other)
    return tuple(
        numbers[served[region.materials[0]]] if region.materials else 0 for region in pack.region
    )


def statistics_apart(found: RegionStatistics, style: RegionStatistics) -> float:
    """Return ``losses.style.statistics_distance`` of one region's statistics from another's."""
    mean = (found.mean - style.mean) / style.scale
    ratio = found.scale / style.scale
    off = found.correlation * ratio.outer(ratio) - style.correlation
    return float((mean.square().sum() + off.square().sum()) / len(mean))


def for_regions(model: Generator, regions: Sequence[int]) -> Generator:
    """Return a copy whose region n paints as the region ``regions[n]`` of the network does."""
    changed = copy.deepcopy(model)
    above = (*OUT[1:], 0)
    with torch.no_grad():
        for level, first in zip(changed.levels, above, strict=True):
            weight: Tensor = level.get_parameter("first.weight")
            masks = weight[:, first : first + MAX_REGIONS].clone()
            weight[:, first : first + MAX_REGIONS] = 0
            weight[:, first : first + len(regions)] = masks[:, list(regions)]
    return changed
