"""Measure a pack's quality: the table ``[quality]`` of ``style.toml``.

The pictures that the generator paints are compared with the pack's own targets, under the built-in
descriptor, and with its strokes. Doodles and seeds are fixed and all is computed on the CPU in
float32, so a pack always has the same figures, up to rounding. It takes about a minute on one core.
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
from engine.packs.region_strokes import difference_from_strokes
from engine.packs.style_pack import read_generator, read_pack, read_targets
from engine.packs.targets import SCALES
from engine.tiles import Window, plan

CANVAS = 512
"""Side in pixels of the doodles on which distances are measured."""

SMALL = 0.01
"""Share of the canvas that a small region covers."""

THIN = 8
"""Width of a thin region in pixels."""

WHOLE = 0.999
"""Of small and thin regions, only positions whose whole receptive field is inside count."""

SAMPLES = 4
"""Least number of positions per channel for a (layer, region) to count."""

VISIBLE = 1.0
"""Deviation of luminance (0-255) below which a fill is flat and has no structure to repeat."""

TOLERANCE = 0.03
"""Allowed difference of a figure from ``style.toml``, absolute or relative."""

_REGION_NUMBERS = np.arange(256, dtype=np.uint8)


@dataclass(frozen=True)
class Figure:
    """The description of a figure and its wanted range, ``least`` to ``most``."""

    text: str
    least: float = -math.inf
    most: float = math.inf

    @property
    def wanted(self) -> str:
        """The wanted range as text, or "" if there is none."""
        if math.isfinite(self.most):
            return f"at most {self.most:g}"
        return f"at least {self.least:g}" if math.isfinite(self.least) else ""

    def met(self, value: float) -> bool:
        """Return whether a value is in the wanted range."""
        return self.least <= value <= self.most


FIGURES = {
    "distance": Figure("mean log distance of held-out doodles from the painting, without borders"),
    "small": Figure(
        "distance of discs of 1 % of the canvas, divided by that of the same pixels in a fill",
        most=1.5,
    ),
    "thin": Figure("the same for bars 8 pixels wide", most=1.5),
    "repeat": Figure("highest autocorrelation peak in fills of 2048 x 2048 pixels", most=0.3),
    "diversity": Figure("1 minus the correlation of two seeds' structure", least=0.5),
    "strokes": Figure(
        "mean difference of the network's pictures from those by strokes, of 255, all blurred by "
        "6 pixels; only the painting's own regions, nothing borrowed",
        most=12,
    ),
}
"""The figures, in the order of display."""


@dataclass(frozen=True)
class Quality:
    """One value per entry of ``FIGURES``; ``strokes`` is None for a pack without a painting."""

    distance: float
    small: float
    thin: float
    repeat: float
    diversity: float
    strokes: float | None = None


def measure(folder: Path, descriptor: Descriptor) -> Quality:
    """Measure the figures of the pack ``folder``.

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
        strokes=difference_from_strokes(folder) if pack.painting is not None else None,
    )


def write(folder: Path, quality: Quality) -> None:
    """Write the figures into the pack's ``style.toml``. Raises EngineError when that fails."""
    figures = asdict(quality).items()
    update_toml(folder, {"quality": {k: round(v, 3) for k, v in figures if v is not None}})


Distances = Mapping[tuple[int, str, int], Tensor]
"""Distances by (scale, layer, region)."""

Levels = Callable[[Tensor, Sequence[str]], Mapping[str, Tensor]]
"""Maps (N, R, H, W) masks and layer names to the masks at those layers."""

Draw = Callable[[np.ndarray, int], None]
"""Draws a shape of a region into a CANVAS x CANVAS doodle."""


@dataclass(frozen=True)
class Judge:
    """Compares a generator with the statistics of its painting."""

    model: Generator
    descriptor: Descriptor
    targets: Sequence[StyleTargets]
    regions: int

    def distance(self) -> float:
        """Return the mean log distance of doodles not used in training, pooled over all of them.

        Only positions where a layer sees a single region count. At a border it sees two, and
        regions that blend into each other there would score better than those that keep their
        strokes.
        """
        doodles = doodle_bank(HELD_OUT, 8, CANVAS, self.regions)
        masks = torch.from_numpy(np.stack([doodles == r for r in range(self.regions)], 1)).float()
        levels = self.descriptor.mask_levels
        return _mean_log(self.distances(doodles, masks, lambda *seen: insides(levels(*seen))))

    def worse_by(self, draw: Draw) -> float:
        """Return the distance of shapes, divided by that of the same pixels in a full canvas.

        ``draw`` draws the shape of each region on a background of all other regions. Both pictures
        have the same noise and are compared at the same positions, so that only the labels around
        the shape differ. Layers whose receptive field is larger than the shape are left out: of 8
        pixels only layer 0 and block 1 are inside, and deeper layers see the background.
        """
        numbers = np.arange(self.regions)
        shapes = np.stack([_drawn(draw, region, self.regions) for region in range(self.regions)])
        fills = np.broadcast_to(numbers.astype(np.uint8)[:, None, None], shapes.shape)
        masks = torch.zeros(self.regions, *shapes.shape)
        masks[numbers, numbers] = torch.from_numpy(shapes == fills).float()
        small, large = (self.distances(d, masks, self._whole) for d in (shapes, fills))
        return math.exp(_mean_log(small) - _mean_log(large))

    def repeat(self) -> float:
        """Return ``highest_repeat`` of the worst region; 1 if all fills of the model are flat."""
        fills = (self._fill(region, PERIOD, 0) for region in range(self.regions))
        return max((highest_repeat(fill) for fill in fills if _visible(fill)), default=1.0)

    def diversity(self) -> float:
        """Return 1 minus the structure shared by two seeds in the worst region, 0-1."""
        pairs = (
            [self._fill(region, CANVAS, seed) for seed in (0, 1)] for region in range(self.regions)
        )
        shared = (structure_correlation(*pair) for pair in pairs if all(map(_visible, pair)))
        return 1 - max(shared, default=1.0)

    def distances(self, doodles: np.ndarray, masks: Tensor, levels: Levels) -> Distances:
        """Return the distances of painted doodles, with statistics pooled over all of them.

        ``doodles``: (N, H, W) region numbers; ``masks``: (N, R, H, W), the positions that count;
        ``levels`` maps masks to layers.
        """
        pictures = torch.stack([self._picture(doodle, i) for i, doodle in enumerate(doodles)])
        found: dict[tuple[int, str, int], Tensor] = {}
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(0)  # positions are sampled randomly
            for scale, (layers, targets) in enumerate(zip(SCALES, self.targets, strict=True)):
                seen = levels(masks, layers)
                # Sorted, because safetensors returns a file's tensors in random order.
                enough = [key for key in sorted(targets) if _enough(seen, key, targets[key])]
                features = self.descriptor(pictures, layers)
                distances = style_distances(features, seen, {key: targets[key] for key in enough})
                found |= {(scale, *key): value for key, value in distances.items()}
                pictures, masks = (functional.avg_pool2d(x, 2) for x in (pictures, masks))
        return found

    def _whole(self, masks: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """Return the masks at ``layers``, zero where another region is in the receptive field.

        With an extra margin of one pixel: the wavelets of layer 0 need it.
        """
        levels = self.descriptor.mask_levels(mean_of_nine(masks), layers)
        return {layer: mask * (mask >= WHOLE) for layer, mask in levels.items()}

    def _picture(self, doodle: np.ndarray, seed: int) -> Tensor:
        """Paint (H, W) region numbers; returns (3, H, W) RGB 0-1."""
        window = Window(0, 0, *doodle.shape[::-1])
        pixels = paint(self.model, doodle, _REGION_NUMBERS, seed, window)
        return torch.from_numpy(pixels).permute(2, 0, 1).float() / 255

    def _fill(self, region: int, size: int, seed: int) -> np.ndarray:
        """Paint a fill; returns its luminance, (size, size) float32 0-255.

        It is painted in tiles, because the whole would take gigabytes.
        """
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
    """Draw a shape on quarters of the other regions, so that it is next to each of them."""
    others = [other for other in range(regions) if other != region] or [region]
    quarters = [others[(region + quarter) % len(others)] for quarter in range(4)]
    doodle = (
        np.array(quarters, np.uint8).reshape(2, 2).repeat(CANVAS // 2, 0).repeat(CANVAS // 2, 1)
    )
    draw(doodle, region)
    return doodle


def _discs(doodle: np.ndarray, region: int) -> None:
    """Draw sixteen discs of SMALL each."""
    radius = round(CANVAS * math.sqrt(SMALL / math.pi))
    for place in np.ndindex(4, 4):
        centre = [(2 * number + 1) * CANVAS // 8 for number in place]
        cv2.circle(doodle, centre, radius, region, -1)


def _bars(doodle: np.ndarray, region: int) -> None:
    """Draw bars of width THIN, horizontal at the left and vertical at the right.

    They cover a seventh of the canvas and are 59 pixels apart, so that they have every offset to
    the generator's grids.
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
    """Return the highest peak of a fill's autocorrelation outside the centre, up to 1.

    ``luminance``: a whole period of the noise field, (PERIOD, PERIOD), so the fill is periodic and
    every shift compares all pixels. It is not high-passed, because repeated broad patches are the
    most visible.

    Every painting resembles itself within a stroke's length, up to the 64 pixels of the noise's
    longest streaks, but this correlation falls steadily from the centre. So only local maxima
    count, from the coarsest cell size on: a network repeats structure in such cells, and nearer
    peaks come from neighbouring strokes.
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
    """Return |correlation| of two luminances, (h, w), averaged over coarsest cells, 0-1.

    The averaging removes single strokes.
    """
    size = tuple(side // COARSEST for side in one.shape[::-1])
    cells = [cv2.resize(fill, size, interpolation=cv2.INTER_AREA) for fill in (one, other)]
    first, second = (cell - cell.mean() for cell in cells)
    return float(abs((first * second).mean()) / (first.std() * second.std()))
