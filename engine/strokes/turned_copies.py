"""Add turned copies to a painting."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
from PIL import Image

from engine.strokes.large import Original
from engine.strokes.source import GRID, SourcePart
from engine.strokes.turned import TILES, TURNS, turned
from engine.tiles import Window


def with_turned(
    part: SourcePart, original: np.ndarray, regions: Sequence[int]
) -> tuple[SourcePart, np.ndarray]:
    """Return a part with turned copies of some regions below it, and all pictures at full size.

    ``original``: the part's picture at its full size, (H, W, 3) uint8; the pictures: (n, H, W, 3).
    ``regions``: numbers of those that may be copied from the turned copies. Without any the part
    stays as it is.
    """
    if not regions:
        return part, original[None]
    rows = len(part.regions)
    copies = [_turned(part, original, regions, turn) for turn in TURNS]
    layers = {"rgb": part.rgb, "regions": part.regions, "unusable": part.unusable}
    rgb, numbers, unusable = (
        np.concatenate([_padded(tile) for tile in (own, *(copy[name] for copy in copies))])
        for name, own in layers.items()
    )
    beyond = np.arange(len(rgb)) % (len(rgb) // TILES) >= rows
    whole = SourcePart(rgb, numbers, unusable.astype(bool) | beyond[:, None], turned=rows)
    return whole, np.stack([original, *(copy["original"] for copy in copies)])


def originals_of(
    part: SourcePart, pictures: Callable[[], np.ndarray], place: Window
) -> Iterator[Original]:
    """Yield the pictures of ``with_turned`` with their places in a source.

    ``pictures``: returns them; ``place``: where the part lies.
    """
    rows, count = part.turned or place.height, TILES if part.turned else 1
    for number in range(count):
        top = place.top + number * place.height // count
        window = Window(place.left, top, place.right, top + rows)
        yield Original(partial(_picture, pictures, number), window)


def _picture(pictures: Callable[[], np.ndarray], number: int) -> np.ndarray:
    return pictures()[number]


def _turned(
    part: SourcePart, original: np.ndarray, regions: Sequence[int], turn: int
) -> dict[str, np.ndarray]:
    """Return one turned copy: the layers of the part, and the picture at full size."""
    rows, columns = part.regions.shape
    picture = turned(original, turn, Image.Resampling.BICUBIC)
    small = Image.fromarray(picture).resize((columns, rows), Image.Resampling.LANCZOS)
    avoided = (part.unusable | ~np.isin(part.regions, regions)).astype(np.uint8) * 255
    return {
        "rgb": np.asarray(small),
        "regions": turned(part.regions, turn, Image.Resampling.NEAREST),
        "unusable": (turned(avoided, turn, Image.Resampling.BILINEAR, 255) > 0).astype(np.uint8),
        "original": picture,
    }


def _padded(layer: np.ndarray) -> np.ndarray:
    """Repeat the last row of a (H, W, ...) array until it has whole cells of every level."""
    return np.concatenate([layer, layer[-1:].repeat(-len(layer) % GRID, 0)])
