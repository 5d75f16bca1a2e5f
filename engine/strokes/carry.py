"""Carry the match field of one picture to the next one of a film.

Matches move with the things in the picture. They are kept with fractions of a pixel, so that slow
motion adds up; ``shown`` reads the painting between its pixels.
"""

from collections.abc import Iterator

import cv2
import numpy as np

from engine.requests import StrokeStep
from engine.strokes.kernels import REACH, UNUSABLE, count_uses
from engine.strokes.large import UNIT
from engine.strokes.painter import overlaps
from engine.strokes.source import SourceLevel
from engine.strokes.synthesis import Only, Piece, StrokePainting, levels_of, paint_pieces
from engine.tiles import box_of

STRETCH = 0.35
"""Change of size of carried strokes beyond which they are painted anew."""

SPECK, AROUND = 5, 7
"""Side in pixels of places that are too small to be painted anew; how much others grow."""

JOINED = 5
"""Side in pixels of the neighbourhood in which carried strokes are joined again."""

SAME_STROKE = 0.35
"""Difference of shifts in pixels up to which neighbours come from the same stroke: seams have 1."""

_SMOOTH = 9  # pixels over which the stretching is averaged


def places_of(field: np.ndarray) -> np.ndarray:
    """Convert a match field, (h, w) int32, to places: (h, w, 2) float32, x and y."""
    return np.stack([field & 0xFFFF, field >> 16], 2).astype(np.float32)


def field_of(places: np.ndarray, source: SourceLevel) -> tuple[np.ndarray, np.ndarray]:
    """Round places to a match field, (h, w) int32, and return where they may not be copied."""
    rows, columns = source.places.shape
    whole = np.rint(places).astype(np.int32)
    x, y = _patched(whole[..., 0], columns), _patched(whole[..., 1], rows)
    outside = (x != whole[..., 0]) | (y != whole[..., 1])
    return (y << 16) | x, outside | (source.places[y, x] == UNUSABLE)


def _patched(at: np.ndarray, side: int) -> np.ndarray:
    """Move rows or columns to where a whole patch lies inside the source."""
    return at.clip(REACH, side - 1 - REACH)


def carried(places: np.ndarray, flow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of the next frame, and where they come from outside the frame.

    ``flow``: (h, w, 2) float32, from every pixel of the next frame to where it was.
    """
    height, width = places.shape[:2]
    before = flow + _grid(height, width)
    nearest = np.rint(before).astype(np.int32)
    x, y = nearest[..., 0].clip(0, width - 1), nearest[..., 1].clip(0, height - 1)
    outside = (x != nearest[..., 0]) | (y != nearest[..., 1])
    return places[y, x] + (before - nearest.astype(np.float32)), outside


def joined(places: np.ndarray) -> np.ndarray:
    """Return places of which neighbours from the same stroke have the same shift again.

    Errors of the motion add up otherwise and strokes fall apart. Seams stay.
    """
    height, width = places.shape[:2]
    grid = _grid(height, width)
    shift = np.dstack([places - grid, np.zeros((height, width), np.float32)])
    return cv2.bilateralFilter(shift, JOINED, SAME_STROKE, JOINED)[..., :2] + grid


def stretched(places: np.ndarray) -> np.ndarray:
    """Return where strokes have become too large, too small or turned, (h, w) bool."""
    changes = []
    for axis in (0, 1):
        ahead = np.diff(places, axis=axis, append=np.take(places, [-1], axis)) - np.eye(2)[1 - axis]
        size = np.maximum(*np.abs(np.moveaxis(ahead, 2, 0)))
        coherent = (size < 1).astype(np.float32)  # else there is a seam
        kernel = (_SMOOTH, _SMOOTH)
        totals = [cv2.blur(np.ascontiguousarray(part), kernel) for part in cv2.split(
            ahead.astype(np.float32) * coherent[..., None])]  # fmt: skip
        share = np.maximum(cv2.blur(coherent, kernel), 0.05)
        changes.append(np.hypot(*totals) / share)
    return np.maximum(*changes) > STRETCH


def without_specks(mask: np.ndarray) -> np.ndarray:
    """Return a mask without places of fewer than SPECK x SPECK pixels, the others a bit larger."""
    speck, around = (np.ones((side, side), np.uint8) for side in (SPECK, AROUND))
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, speck)
    return cv2.dilate(opened, around) > 0


def begin_from(painting: StrokePainting, field: np.ndarray, picture: np.ndarray) -> None:
    """Let a painting begin with a complete match field and its picture, at all levels."""
    painting.levels = levels_of(painting.target, painting.source)
    for number, level in enumerate(painting.levels):
        if number:
            finer = painting.levels[number - 1]
            height, width = level.field.shape
            part = finer.field[::2, ::2][:height, :width]
            rows, columns = painting.source.levels[number].places.shape
            y, x = _patched(part >> 17, rows), _patched((part & 0xFFFF) >> 1, columns)
            field = (y << 16) | x
            picture = cv2.resize(finer.picture, (width, height), interpolation=cv2.INTER_AREA)
        level.field[:], level.picture[:] = field, picture
        count_uses(level.field, level.used, 1)


def paint_lost(
    painting: StrokePainting, mask: np.ndarray, seed: int, threads: int = 1
) -> Iterator[StrokeStep]:
    """Paint the pixels of a mask, (h, w) bool, from nothing, coarse to fine."""
    masks = [mask]
    for level in painting.levels[1:]:
        finer = masks[-1]
        height, width = level.field.shape
        padded = np.pad(finer, ((0, 2 * height - len(finer)), (0, 2 * width - finer.shape[1])))
        masks.append(np.asarray(padded.reshape(height, 2, width, 2).any((1, 3))))
    pieces = [
        _piece(painting, number, masks[number], seed)
        for number in reversed(range(len(painting.levels)))
    ]
    return paint_pieces(painting, pieces, threads)


def _piece(painting: StrokePainting, number: int, mask: np.ndarray, seed: int) -> Piece:
    """Return the box of a mask at a level, limited to the mask."""
    level = painting.levels[number]
    canvas = level.canvas
    box = box_of(mask)
    assert level.guides is not None
    place = box.within(canvas)
    only = Only(np.ascontiguousarray(mask[place]), level.guides.part(place), seed)
    return Piece(number, box, box.grown(REACH).clipped(canvas), only)


def shown(
    large: np.ndarray, enlarged: int, places: np.ndarray, shape: tuple[int, int]
) -> np.ndarray:
    """Paint a picture of ``shape`` (rows, columns) from places, (h, w, 3) uint8.

    ``large``: (H, W, 3) uint8, the painting ``enlarged`` / 16 times as large, like the picture. As
    ``StrokePainter.picture``, but the painting is read between its pixels.
    """
    (rows, row_weights), (columns, column_weights) = (overlaps(0, side, enlarged) for side in shape)
    height, width = places.shape[:2]
    scale = enlarged / UNIT
    total = np.zeros((*shape, 3), np.float32)
    weights = np.zeros(shape, np.float32)
    across = (np.arange(shape[1]) + 0.5) / scale - 0.5
    down = (np.arange(shape[0]) + 0.5) / scale - 0.5
    for j in range(row_weights.shape[1]):
        y = rows + j
        for i in range(column_weights.shape[1]):
            x = columns + i
            weight = np.outer(
                row_weights[:, j] * ((y >= 0) & (y < height)),
                column_weights[:, i] * ((x >= 0) & (x < width)),
            ).astype(np.float32)
            places_here = places[y.clip(0, height - 1)[:, None], x.clip(0, width - 1)[None]]
            at_x = (places_here[..., 0] + (across - x)[None] + 0.5) * scale - 0.5
            at_y = (places_here[..., 1] + (down - y)[:, None] + 0.5) * scale - 0.5
            colours = cv2.remap(
                large, at_x.astype(np.float32), at_y.astype(np.float32), cv2.INTER_CUBIC,
                borderMode=cv2.BORDER_REPLICATE,
            )  # fmt: skip
            total += colours * weight[..., None]
            weights += weight
    return np.rint(total / weights[..., None]).clip(0, 255).astype(np.uint8)


def _grid(height: int, width: int) -> np.ndarray:
    """Return the position of every pixel, (height, width, 2) float32, x and y."""
    return np.stack(np.meshgrid(np.arange(width), np.arange(height)), 2).astype(np.float32)
