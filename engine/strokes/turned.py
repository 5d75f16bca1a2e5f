"""Turned copies of a painting, so that strokes follow the forms of a target.

The copies lie below the painting, each as large as it and turned about its centre. Directions are
measured in the copies, so that they are turned, too, and the search finds the copy whose strokes
run as the target wants. All lie in tiles of equal height, in whole cells of every level.
"""

import math

import cv2
import numpy as np
from PIL import Image

from engine.strokes.guides import Guides, joined_guides, painting_guides

TURNS = (-1, 1)
"""Sense in which each copy is turned: 1 is clockwise on screen."""

COS, SIN = math.sqrt(3) / 2, 0.5
"""Of the angle, 30 degrees."""

TILES = 1 + len(TURNS)
"""Painting and copies."""

OWN = 2
"""Similar places of each pixel that lie in its own tile; the next ones are the same place in the
other tiles."""


def turned(
    picture: np.ndarray, turn: int, how: Image.Resampling, outside: int | None = None
) -> np.ndarray:
    """Turn a (H, W, ...) uint8 picture about its centre, to the same size.

    ``outside``: the value of what lies outside of the picture; None mirrors the picture there.
    """
    rows, columns = picture.shape[:2]
    x, y = columns / 2, rows / 2
    sine = turn * SIN
    # Where a pixel comes from: across = a x + b y + c, down = d x + e y + f.
    a, b, d, e = COS, sine, -sine, COS
    around = 0 if outside is not None else math.ceil(SIN * max(rows, columns) / 2) + 4
    if around:
        # The corners of the copy come from outside of the picture.
        picture = cv2.copyMakeBorder(picture, *[around] * 4, cv2.BORDER_REFLECT)
    place = (a, b, x - a * x - b * y + around, d, e, y - d * x - e * y + around)
    size, method = (columns, rows), Image.Transform.AFFINE
    image = Image.fromarray(picture).transform(size, method, place, how, fillcolor=outside)
    return np.asarray(image)


def tiles_of(array: np.ndarray) -> list[np.ndarray]:
    """Cut the rows of a painting with turned copies into painting and copies."""
    return np.split(array, TILES)


def turned_guides(rgb: np.ndarray, regions: np.ndarray) -> Guides:
    """Return the guides of a painting, (H, W, 3) uint8, with turned copies, each by itself."""
    tiles = zip(tiles_of(rgb), tiles_of(regions), strict=True)
    return joined_guides([painting_guides(*tile) for tile in tiles])


def similar_in_tiles(similar: np.ndarray, rows: float, columns: float) -> np.ndarray:
    """Return similar places of a painting with turned copies, (TILES h, w, SIMILAR) int32 matches.

    ``similar``: (h, w, SIMILAR) of the painting alone; ``rows``, ``columns``: its size without what
    makes its tile whole, in pixels of this level. Places outside of a copy are replaced by the
    pixel itself.
    """
    height, width = similar.shape[:2]
    own = (np.arange(height, dtype=np.int32)[:, None] << 16) + np.arange(width, dtype=np.int32)
    to_tile = [own, *(_places(-turn, height, width, rows, columns) for turn in TURNS)]
    from_tile = [own, *(_places(turn, height, width, rows, columns) for turn in TURNS)]
    found = np.empty((TILES * height, width, similar.shape[2]), np.int32)
    for tile, back in enumerate(from_tile):
        others = [number for number in range(TILES) if number != tile]
        here = own + (tile * height << 16)
        for slot in range(similar.shape[2]):
            if slot < OWN:
                target, place = tile, _looked_up(similar[..., slot], back)
            else:
                target, place = others[(slot - OWN) % len(others)], back
            place = _looked_up(to_tile[target], place)
            lower = place + (target * height << 16)
            found[tile * height : (tile + 1) * height, :, slot] = np.where(place < 0, here, lower)
    return found


def _places(turn: int, height: int, width: int, rows: float, columns: float) -> np.ndarray:
    """Return where each pixel of a copy comes from, (h, w) int32 matches, -1 for outside."""
    x = np.arange(width) + 0.5 - columns / 2
    y = np.arange(height)[:, None] + 0.5 - rows / 2
    across = np.floor(COS * x + turn * SIN * y + columns / 2).astype(np.int32)
    down = np.floor(COS * y - turn * SIN * x + rows / 2).astype(np.int32)
    inside = (across >= 0) & (across < width) & (down >= 0) & (down < height)
    return np.where(inside, (down << 16) + across, -1).astype(np.int32)


def _looked_up(table: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the values of a (h, w) table at matches; -1 for -1."""
    known = np.maximum(places, 0)
    return np.where(places < 0, -1, table[known >> 16, known & 0xFFFF])
