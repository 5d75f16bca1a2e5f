"""Add turned copies to a painting, from the user's cache folder or anew."""

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from engine.array_store import cache_file, keep, kept, sha256_of
from engine.strokes.large import Original
from engine.strokes.source import GRID, SourcePart
from engine.strokes.turned import TILES, TURNS, turned
from engine.tiles import Window

EDITION = 1
"""Version of the copies in the cache; increase it when their computation changes."""


def with_turned(
    part: SourcePart, original: np.ndarray, regions: Sequence[int]
) -> tuple[SourcePart, list[np.ndarray]]:
    """Return a part with turned copies of some regions below it, and all pictures at full size.

    ``original``: the part's picture at its full size, (H, W, 3) uint8; ``regions``: numbers of
    those that may be copied from the turned copies. Without any the part stays as it is.
    """
    if not regions:
        return part, [original]
    layers = {"rgb": part.rgb, "regions": part.regions, "unusable": part.unusable}
    facts = sha256_of({**layers, "original": original, "turning": np.array(regions)})
    path = cache_file(f"turned-{EDITION}-{facts[:24]}")
    rows, columns = part.regions.shape
    plane = len(TURNS), rows, columns
    shapes = {"rgb": (*plane, 3), "regions": plane, "unusable": plane}
    shapes["original"] = len(TURNS), *original.shape
    arrays = kept(path, {name: (shape, np.uint8) for name, shape in shapes.items()})
    if arrays is None:
        copies = [_turned(part, original, regions, turn) for turn in TURNS]
        arrays = {name: np.stack([copy[name] for copy in copies]) for name in shapes}
        keep(path, arrays)
    rgb, numbers, unusable = (
        np.concatenate([_padded(tile) for tile in (own, *arrays[name])])
        for name, own in layers.items()
    )
    beyond = np.arange(len(rgb)) % (len(rgb) // TILES) >= rows
    whole = SourcePart(rgb, numbers, unusable.astype(bool) | beyond[:, None], turned=rows)
    return whole, [original, *arrays["original"]]


def originals_of(
    part: SourcePart, pictures: Sequence[np.ndarray], place: Window
) -> Iterator[Original]:
    """Yield the pictures of ``with_turned`` with their places in a source.

    ``place``: where the part lies.
    """
    rows = part.turned or place.height
    for number, picture in enumerate(pictures):
        top = place.top + number * place.height // len(pictures)
        yield Original(picture, Window(place.left, top, place.right, top + rows))


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
