"""Label maps: what one map takes over from another, and samples."""

import numpy as np
import pytest

from app.document.label_map import LabelMap
from app.document.rect import Rect

WIDTH, HEIGHT = 700, 600


@pytest.mark.parametrize(
    "rect",
    [
        Rect(0, 0, WIDTH, HEIGHT),
        Rect(10, 20, 30, 40),
        Rect(200, 100, 600, 590),
        Rect(256, 256, 512, 512),
        Rect(690, 590, WIDTH, HEIGHT),
    ],
)
def test_a_map_takes_over_a_rectangle_of_another(rect: Rect) -> None:
    rng = np.random.default_rng(1)
    mine, theirs = (rng.integers(0, 15, (HEIGHT, WIDTH)).astype(np.uint8) for _ in range(2))
    label_map, other = LabelMap.from_array(mine.copy()), LabelMap.from_array(theirs).snapshot()
    kept = label_map.snapshot()
    label_map.adopt(other, rect)
    expected = mine.copy()
    expected[rect.slices] = theirs[rect.slices]
    assert (label_map.snapshot().array() == expected).all()
    assert (kept.array() == mine).all(), "snapshots do not change"
    assert label_map.take_dirty().empty
    whole = [tile in rect_tiles(rect) for tile in range(9)]
    shared = [a is b for a, b in zip(label_map.tiles, other.tiles, strict=True)]
    assert shared == whole


def rect_tiles(rect: Rect) -> set[int]:
    """Numbers of the tiles, three in a row, that lie in `rect` as far as they are on the canvas."""
    bounds = Rect(0, 0, WIDTH, HEIGHT)
    boxes = [Rect(0, 0, 256, 256).moved(256 * (n % 3), 256 * (n // 3)) for n in range(9)]
    return {n for n, box in enumerate(boxes) if not box.clipped(bounds).minus(rect)}


def test_a_sample_has_every_so_many_pixels() -> None:
    labels = np.random.default_rng(2).integers(0, 15, (HEIGHT, WIDTH)).astype(np.uint8)
    assert (LabelMap.from_array(labels).sampled(16) == labels[::16, ::16]).all()
