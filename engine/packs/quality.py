"""A pack's figures, measured without its painting: the table ``[quality]`` of ``style.toml``.

The pack's own targets judge what its generator paints, under the descriptor that ships. Doodles
and seeds are fixed and everything happens on the CPU in float32, so a pack has the same figures
every time, up to rounding; under a minute on one core.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from engine.descriptors.descriptor import Descriptor, mean_of_nine
from engine.doodle.generator import Generator, paint
from engine.flow.base import COARSEST, PERIOD
from engine.losses.statistics import RegionStatistics, StyleTargets
from engine.losses.style import insides, log_balance, style_distances
from engine.packs.pack_writer import update_toml
from engine.packs.random_doodles import HELD_OUT, doodle_bank
from engine.packs.style_pack import read_generator, read_pack, read_targets
from engine.packs.targets import SCALES
from engine.tiles import Window, plan

CANVAS = 512
"""Sides of the doodles that distances are measured on, in pixels."""

SMALL = 0.01
"""Share of the canvas that a small region covers."""

THIN = 8
"""Width of a thin region, in pixels."""

WHOLE = 0.999
"""Of small and thin regions only positions count whose whole view lies inside."""

SAMPLES = 4
"""So many positions per channel make a (layer, region) count."""

VISIBLE = 1.0
"""Deviation of luminance (0-255) below which a fill is flat: there is nothing to repeat."""

TOLERANCE = 0.03
"""How far a figure may be from what ``style.toml`` says, absolutely or as a share of it."""

_REGION_NUMBERS = np.arange(256, dtype=np.uint8)


@dataclass(frozen=True)
class Figure:
    """What a figure says, in words, and what is wanted of it: (least, most)."""

    text: str
    least: float = -math.inf
    most: float = math.inf

    @property
    def wanted(self) -> str:
        """The bound in words; "" where there is none."""
        if math.isfinite(self.most):
            return f"at most {self.most:g}"
        return f"at least {self.least:g}" if math.isfinite(self.least) else ""

    def met(self, value: float) -> bool:
        return self.least <= value <= self.most


FIGURES = {
    "distance": Figure("mean log distance of held-out doodles from the painting, borders apart"),
    "small": Figure(
        "how many times as far 1 % of the canvas is as the same place in a fill", most=1.5
    ),
    "thin": Figure("the same of bars 8 pixels wide", most=1.5),
    "repeat": Figure("highest autocorrelation peak in fills of 2048 x 2048 pixels", most=0.3),
    "diversity": Figure("1 less the correlation of two seeds' structure", least=0.5),
}
"""The figures, in the order in which they are shown."""


@dataclass(frozen=True)
class Quality:
    """One value per entry of ``FIGURES``."""

    distance: float
    small: float
    thin: float
    repeat: float
    diversity: float


def measure(folder: Path, descriptor: Descriptor) -> Quality:
    """The figures of the pack ``folder``.

    Raises EngineError when it has no generator, or no targets under ``descriptor``.
    """
    pack = read_pack(folder)
    model = read_generator(folder, pack).to(memory_format=torch.channels_last)
    judge = Judge(model, descriptor, read_targets(folder, pack, descriptor), len(pack.region))
    return Quality(
        distance=judge.distance(),
        small=judge.worse_by(_discs),
        thin=judge.worse_by(_bars),
        repeat=judge.repeat(),
        diversity=judge.diversity(),
    )


def write(folder: Path, quality: Quality) -> None:
    """Put the figures into the pack's ``style.toml``. Raises EngineError when that fails."""
    update_toml(folder, {"quality": {k: round(v, 3) for k, v in asdict(quality).items()}})


Distances = Mapping[tuple[int, str, int], Tensor]
"""Distances by (scale, layer, region)."""

Levels = Callable[[Tensor, Sequence[str]], Mapping[str, Tensor]]
"""(N, R, H, W) masks and layers -> the masks at those layers."""

Draw = Callable[[np.ndarray, int], None]
"""Puts a shape of a region into a CANVAS x CANVAS doodle."""


@dataclass(frozen=True)
class Judge:
    """A generator beside the statistics of its painting."""

    model: Generator
    descriptor: Descriptor
    targets: Sequence[StyleTargets]
    regions: int

    def distance(self) -> float:
        """Mean log distance of the doodles that no training sees, pooled over all of them.

        Where a layer sees one region only: at borders it sees two, and regions that fade towards
        each other would be nearer to a painting's inside than those that keep their strokes.
        """
        doodles = doodle_bank(HELD_OUT, 8, CANVAS, self.regions)
        masks = torch.from_numpy(np.stack([doodles == r for r in range(self.regions)], 1)).float()
        levels = self.descriptor.mask_levels
        return _mean_log(self.distances(doodles, masks, lambda *seen: insides(levels(*seen))))

    def worse_by(self, draw: Draw) -> float:
        """How many times as far from the style a shape is as the same pixels of a full canvas.

        ``draw`` puts the shape on a ground of all other regions, region by region. Both have the
        same noise and are compared at the same positions, so that only the labels around the shape
        differ. Layers that see beyond it everywhere are left out: 8 pixels have room for layer 0
        and block 1 only, and what deeper layers see is the ground.
        """
        numbers = np.arange(self.regions)
        shapes = np.stack([_drawn(draw, region, self.regions) for region in range(self.regions)])
        fills = np.broadcast_to(numbers.astype(np.uint8)[:, None, None], shapes.shape)
        masks = torch.zeros(self.regions, *shapes.shape)
        masks[numbers, numbers] = torch.from_numpy(shapes == fills).float()
        small, large = (self.distances(d, masks, self._whole) for d in (shapes, fills))
        return math.exp(_mean_log(small) - _mean_log(large))

    def repeat(self) -> float:
        """``highest_repeat`` of the worst region; 1 for a generator that paints only flat ones."""
        fills = (self._fill(region, PERIOD, 0) for region in range(self.regions))
        return max((highest_repeat(fill) for fill in fills if _visible(fill)), default=1.0)

    def diversity(self) -> float:
        """1 less the structure that two seeds share in the worst region, 0-1."""
        pairs = (
            [self._fill(region, CANVAS, seed) for seed in (0, 1)] for region in range(self.regions)
        )
        shared = (structure_correlation(*pair) for pair in pairs if all(map(_visible, pair)))
        return 1 - max(shared, default=1.0)

    def distances(self, doodles: np.ndarray, masks: Tensor, levels: Levels) -> Distances:
        """Distances of painted doodles, statistics pooled over all of them.

        (N, H, W) region numbers; (N, R, H, W) masks of what is looked at; ``levels`` takes masks
        to layers.
        """
        pictures = torch.stack([self._picture(doodle, i) for i, doodle in enumerate(doodles)])
        found: dict[tuple[int, str, int], Tensor] = {}
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(0)  # positions are drawn at random
            for scale, (layers, targets) in enumerate(zip(SCALES, self.targets, strict=True)):
                seen = levels(masks, layers)
                # In order: safetensors gives a file's tensors in another one every time.
                enough = [key for key in sorted(targets) if _enough(seen, key, targets[key])]
                features = self.descriptor(pictures, layers)
                distances = style_distances(features, seen, {key: targets[key] for key in enough})
                found |= {(scale, *key): value for key, value in distances.items()}
                pictures, masks = (functional.avg_pool2d(x, 2) for x in (pictures, masks))
        return found

    def _whole(self, masks: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """The masks at ``layers``, zero wherever a part of the view is another region.

        A pixel's margin more than the layers ask for: layer 0 has wavelets, and they see it.
        """
        levels = self.descriptor.mask_levels(mean_of_nine(masks), layers)
        return {layer: mask * (mask >= WHOLE) for layer, mask in levels.items()}

    def _picture(self, doodle: np.ndarray, seed: int) -> Tensor:
        """(H, W) region numbers -> (3, H, W) RGB 0-1."""
        window = Window(0, 0, *doodle.shape[::-1])
        pixels = paint(self.model, doodle, _REGION_NUMBERS, seed, window)
        return torch.from_numpy(pixels).permute(2, 0, 1).float() / 255

    def _fill(self, region: int, size: int, seed: int) -> np.ndarray:
        """Luminance, size x size float32 0-255; in tiles: the whole would take gigabytes."""
        pixels, canvas = np.empty((size, size, 3), np.uint8), Window(0, 0, size, size)
        labels = np.full((1, 1), region, np.uint8)
        for tile in plan(canvas, CANVAS):
            painted = paint(self.model, labels, _REGION_NUMBERS, seed, tile)
            pixels[tile.within(canvas)] = painted
        return cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)


def _enough(seen: Mapping[str, Tensor], key: tuple[str, int], style: RegionStatistics) -> bool:
    layer, region = key
    return int(seen[layer][:, region].count_nonzero()) >= SAMPLES * len(style.mean)


def _drawn(draw: Draw, region: int, regions: int) -> np.ndarray:
    """A shape on quarters of the other regions, beside each of them in turn."""
    others = [other for other in range(regions) if other != region] or [region]
    quarters = [others[(region + quarter) % len(others)] for quarter in range(4)]
    doodle = (
        np.array(quarters, np.uint8).reshape(2, 2).repeat(CANVAS // 2, 0).repeat(CANVAS // 2, 1)
    )
    draw(doodle, region)
    return doodle


def _discs(doodle: np.ndarray, region: int) -> None:
    """Sixteen discs of SMALL each."""
    radius = round(CANVAS * math.sqrt(SMALL / math.pi))
    for place in np.ndindex(4, 4):
        centre = [(2 * number + 1) * CANVAS // 8 for number in place]
        cv2.circle(doodle, centre, radius, region, -1)


def _bars(doodle: np.ndarray, region: int) -> None:
    """Bars THIN wide, lying at the left and standing at the right, a seventh of the canvas.

    They are 59 pixels apart, so that they lie everywhere on the generator's grids.
    """
    half = CANVAS // 2
    for at in range(20, CANVAS - THIN, 59):
        doodle[at : at + THIN, :half] = region
    for at in range(half + 14, CANVAS - THIN, 59):
        doodle[:, at : at + THIN] = region


def _mean_log(distances: Distances) -> float:
    return float(log_balance(list(distances.values())))


def _visible(luminance: np.ndarray) -> bool:
    return bool(luminance.std() > VISIBLE)


def highest_repeat(luminance: np.ndarray) -> float:
    """The highest peak of a fill's autocorrelation outside the centre, up to 1.

    ``luminance``: one whole period of the noise field (PERIOD x PERIOD), so the fill itself is
    periodic, every shift compares all pixels and nothing is lost at borders. It is not
    high-passed: broad patches that come again would be seen first.

    Within a stroke's length, up to the 64 pixels of the noise's longest streaks, every painting
    resembles itself, but that falls steadily from the centre on. So only local maxima count, from
    a cell of the coarsest level on: what a network repeats, it repeats by such cells; nearer than
    that strokes lie side by side.
    """
    spectrum = np.abs(np.fft.rfft2(luminance - luminance.mean())) ** 2
    correlation = np.fft.irfft2(spectrum, s=luminance.shape)
    correlation = np.fft.fftshift(correlation / correlation[0, 0]).astype(np.float32)
    cell = np.ones((COARSEST + 1, COARSEST + 1), np.uint8)
    rows, columns = (np.arange(side) - side // 2 for side in correlation.shape)
    outside = np.hypot(rows[:, None], columns) > COARSEST
    peaks = correlation[outside & (correlation >= cv2.dilate(correlation, cell))]
    return float(peaks.max(initial=0.0))


def structure_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """|correlation| of two luminances (h, w) in cells of the coarsest level, 0-1: strokes apart."""
    size = tuple(side // COARSEST for side in one.shape[::-1])
    cells = [cv2.resize(fill, size, interpolation=cv2.INTER_AREA) for fill in (one, other)]
    first, second = (cell - cell.mean() for cell in cells)
    return float(abs((first * second).mean()) / (first.std() * second.std()))
