"""What a round brush covers on its way from stamp to stamp."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from app.document.label_map import LabelMap
from app.document.rect import NOWHERE, Rect
from app.document.stroke import Stamp

# A brush of one pixel always marks the pixel it points at: half the diagonal of a pixel.
LEAST_REACH = 0.71


def sweep(labels: LabelMap, last: Stamp | None, stamps: Sequence[Stamp], material: int) -> None:
    """Paint every stamp and the way to it; `last` is where the brush was before."""
    way = [*([last] if last is not None else []), *stamps]
    box = NOWHERE
    for stamp in way:
        box = box.union(box_of(stamp))
    box = box.clipped(labels.bounds)
    if box.empty:
        return
    block = labels.read(box)
    for stamp in stamps:
        _paint_disc(block, box, stamp, material)
    for start, end in pairwise(way):
        _paint_way(block, box, start, end, material)
    labels.write(box, block)


def box_of(stamp: Stamp) -> Rect:
    """The pixels a stamp can touch."""
    reach = max(stamp.radius, LEAST_REACH)
    return Rect(
        math.floor(stamp.x - reach),
        math.floor(stamp.y - reach),
        math.ceil(stamp.x + reach) + 1,
        math.ceil(stamp.y + reach) + 1,
    )


def _paint_disc(block: np.ndarray, box: Rect, stamp: Stamp, material: int) -> None:
    """Every pixel whose middle is inside the disc."""
    part = box_of(stamp).clipped(box)
    across, down = _middles(part, stamp)
    reach = max(stamp.radius, LEAST_REACH)
    disc = across**2 <= reach**2 - down**2
    block[part.moved(-box.left, -box.top).slices][disc] = material


def _paint_way(block: np.ndarray, box: Rect, start: Stamp, end: Stamp, material: int) -> None:
    """Every pixel whose middle is between two discs: without it discs in a row leave notches."""
    length = math.hypot(end.x - start.x, end.y - start.y)
    if length < 1e-6:
        return
    part = box_of(start).union(box_of(end)).clipped(box)
    across, down = _middles(part, start)
    ahead_x, ahead_y = (end.x - start.x) / length, (end.y - start.y) / length
    along = across * ahead_x + down * ahead_y
    aside = np.abs(across * ahead_y - down * ahead_x)
    reach = max(start.radius, LEAST_REACH) + along * ((end.radius - start.radius) / length)
    between = (along >= 0) & (along <= length) & (aside <= reach)
    block[part.moved(-box.left, -box.top).slices][between] = material


def _middles(part: Rect, stamp: Stamp) -> tuple[np.ndarray, np.ndarray]:
    """Pixel middles relative to a stamp: a row of x and a column of y."""
    across = np.arange(part.left, part.right, dtype=np.float32) + np.float32(0.5 - stamp.x)
    down = np.arange(part.top, part.bottom, dtype=np.float32) + np.float32(0.5 - stamp.y)
    return across[None, :], down[:, None]
