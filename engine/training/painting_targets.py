"""Measure a painting's statistics region by region: the targets of training and of Refine."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor
from torch.nn import functional

from engine.descriptors.descriptor import Descriptor
from engine.doodle.generator import MAX_REGIONS
from engine.errors import EngineError
from engine.files import replace_file
from engine.image import open_image
from engine.losses.statistics import StyleTargets
from engine.losses.style import style_targets
from engine.packs.pack_writer import TARGETS, update_toml
from engine.packs.region_map import load_region_map
from engine.packs.style_pack import read_pack
from engine.packs.targets import SCALES, fingerprint, packed


def painting_targets(
    painting: Path, mask: Path, descriptor: Descriptor, width: int, scales: Sequence[Sequence[str]]
) -> tuple[int, list[StyleTargets]]:
    """Number of regions, and the painting's statistics at every scale.

    ``width``: of the painting in pixels, as the network sees it; ``scales``: layers of each scale.
    Raises EngineError when painting and region map do not fit each other.
    """
    rgb = open_image(painting)
    regions = load_region_map(mask)
    if abs(rgb.shape[0] * regions.shape[1] / rgb.shape[1] - regions.shape[0]) > 1:
        raise EngineError(
            f"{mask} is {regions.shape[1]} x {regions.shape[0]} pixels, "
            f"{painting} is {rgb.shape[1]} x {rgb.shape[0]}."
        )
    count = int(regions[regions != 255].max()) + 1
    if count > MAX_REGIONS:
        raise EngineError(f"{mask} has {count} regions, a generator takes {MAX_REGIONS}.")
    device = next(descriptor.parameters()).device
    picture, masks = (t.to(device) for t in _scaled(rgb, regions, count, width))
    targets = []
    for layers, (seen, inside) in zip(scales, halved(picture, masks), strict=False):
        with torch.no_grad():
            features = descriptor(seen, layers)
            targets.append(style_targets(features, descriptor.mask_levels(inside, layers), count))
    return count, targets


def _scaled(
    painting: np.ndarray, regions: np.ndarray, count: int, width: int
) -> tuple[Tensor, Tensor]:
    """Painting (1, 3, h, w) 0-1 and masks (1, R, h, w) 0-1 at the training width."""
    size = (width, round(painting.shape[0] * width / painting.shape[1]))
    small = cv2.resize(painting, size, interpolation=cv2.INTER_AREA)
    masks = [
        cv2.resize((regions == r).astype(np.float32), size, interpolation=cv2.INTER_AREA)
        for r in range(count)
    ]
    picture = torch.from_numpy(small).permute(2, 0, 1)[None].float() / 255
    return picture, torch.from_numpy(np.stack(masks))[None]


def halved(*parts: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """What is seen at scale after scale: (..., H, W) as they are, then each half as large."""
    while True:
        yield parts
        parts = tuple(functional.avg_pool2d(part, 2) for part in parts)


def export_targets(
    folder: Path, painting: Path, mask: Path, descriptor: Descriptor, width: int
) -> int:
    """Write the painting's region statistics under ``descriptor`` into the pack ``folder``.

    ``width``: the painting's width in pixels as Refine sees it, best that of the training: it sets
    the size of the strokes. Returns the size of the file in bytes. Raises EngineError when
    painting, region map and ``style.toml`` do not fit each other.
    """
    content, facts = measured_targets(
        painting, mask, descriptor, width, len(read_pack(folder).region)
    )
    replace_file(folder / TARGETS, content)
    update_toml(folder, {"targets": {"file": TARGETS} | facts})
    return len(content)


def measured_targets(
    painting: Path, mask: Path, descriptor: Descriptor, width: int, regions: int
) -> tuple[bytes, dict[str, str | int]]:
    """Return the file of a painting's region statistics, and its table without the file's name.

    ``regions``: number of the pack's regions; else as for ``export_targets``.
    """
    count, targets = painting_targets(painting, mask, descriptor, width, SCALES)
    if count != regions:
        raise EngineError(f"{mask} has {count} regions, style.toml has {regions}.")
    content = save(packed(targets, regions))
    facts: dict[str, str | int] = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "descriptor": descriptor.name,
        "descriptor_sha256": fingerprint(descriptor),
        "width": width,
    }
    return content, facts
