"""Paint doodles of a pack's own regions as the window does: with its strokes, and its network.

The pictures show how far the network's picture is from the strokes that replace it a moment later.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from engine.doodle.generator import Generator, paint
from engine.packs.borrowing import beside
from engine.packs.random_doodles import HELD_OUT, random_doodle
from engine.packs.stroke_source import stroke_style
from engine.packs.style_pack import StylePack, edge_kinds, read_generator, read_pack, region_flows
from engine.strokes.painter import StrokeStyle
from engine.tiles import Window
from resources.materials import materials

BLUR = 6.0
"""Deviation in pixels of the blur after which two pictures are compared."""

CANVAS, DOODLES = 512, 8
"""Side in pixels and number of the doodles that ``difference`` paints."""

_REGION_NUMBERS = np.arange(256, dtype=np.uint8)


@dataclass(frozen=True, eq=False)
class RegionStrokes:
    """A pack prepared to paint its own regions; nothing is borrowed."""

    pack: StylePack
    style: StrokeStyle

    def paint(self, doodle: np.ndarray, kinds: np.ndarray, seed: int) -> np.ndarray:
        """Paint (h, w) uint8 region numbers with strokes of size 1, (h, w, 3) uint8.

        ``kinds``: (256,) uint8 from region number to kind of border.
        """
        painting = self.style.painter.begin(doodle, seed, kinds=kinds[doodle])
        for _ in self.style.painter.paint(painting, doodle.shape):
            pass
        return painting.picture


def border_kinds(pack: StylePack, rng: np.random.Generator) -> np.ndarray:
    """Return (256,) uint8 from region to kind of border: that of one of its materials."""
    ids = {material.key: material.id for material in materials()}
    kinds, found = edge_kinds(pack), np.zeros(256, np.uint8)
    for number, region in enumerate(pack.region):
        if region.materials:
            found[number] = kinds[ids[rng.choice(region.materials)]]
    return found


def region_strokes(folder: Path) -> RegionStrokes:
    """Prepare the pack ``folder``. Raises EngineError when it has no painting or is damaged."""
    style = stroke_style(folder, 1.0, beside(folder), used=())
    return RegionStrokes(read_pack(folder), style)


def difference_from_strokes(folder: Path) -> float:
    """Return ``difference`` of a pack. Raises EngineError if it has no network or no painting."""
    strokes = region_strokes(folder)
    return difference(read_generator(folder, strokes.pack), strokes)


def difference(model: Generator, strokes: RegionStrokes) -> float:
    """Return the mean difference of a network's pictures from those by strokes, 0-255.

    Both paint held-out doodles of the pack's regions with the same seeds and borders, and all
    pictures are blurred by BLUR pixels.
    """
    model = model.to(memory_format=torch.channels_last)
    made = network_pictures(model, strokes.pack, DOODLES)
    pairs = zip(made, stroke_pictures(strokes, DOODLES), strict=True)
    return float(np.mean([blurred_difference(*pair) for pair in pairs]))


def network_pictures(model: Generator, pack: StylePack, count: int) -> list[np.ndarray]:
    """Paint the first held-out doodles with the network, (CANVAS, CANVAS, 3) uint8 each."""
    whole, flows = Window(0, 0, CANVAS, CANVAS), region_flows(pack)
    return [
        paint(model, doodle, _REGION_NUMBERS, number, whole, flows, kinds)
        for number, (doodle, kinds) in enumerate(_doodles(pack, count))
    ]


def stroke_pictures(strokes: RegionStrokes, count: int) -> list[np.ndarray]:
    """Paint the same doodles with strokes."""
    doodles = enumerate(_doodles(strokes.pack, count))
    return [strokes.paint(doodle, kinds, number) for number, (doodle, kinds) in doodles]


def _doodles(pack: StylePack, count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield held-out doodles of a pack's regions and the kinds of their borders."""
    for number in range(count):
        rng = np.random.default_rng([HELD_OUT, number])
        yield random_doodle(rng, CANVAS, len(pack.region)), border_kinds(pack, rng)


def blurred_difference(one: np.ndarray, other: np.ndarray) -> float:
    """Return the mean difference of two pictures after a blur of BLUR pixels, 0-255."""
    first, second = (
        cv2.GaussianBlur(picture.astype(np.float32), (0, 0), BLUR) for picture in (one, other)
    )
    return float(np.abs(first - second).mean())
