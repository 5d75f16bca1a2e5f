"""Cut small pictures of its regions out of a pack's painting, to choose from."""

from pathlib import Path

import cv2
import numpy as np

from engine.packs.painting import fullest_part, read_painting
from engine.packs.style_pack import read_pack

WIDTH = 240
"""Pixels of the painting that a picture is wide, at stroke size 1."""


def region_pictures(folder: Path, size: tuple[int, int]) -> dict[str, np.ndarray]:
    """Return a picture of each region of the pack ``folder`` by name, (h, w, 3) uint8.

    ``size``: columns and rows. Raises EngineError when the painting is missing or damaged.
    """
    pack = read_pack(folder)
    painting = read_painting(folder, pack)
    rows, columns = painting.regions.shape
    wide = min(columns, WIDTH * columns / pack.strokes.width)
    most = min(rows, wide * size[1] / size[0]), wide
    pictures = {}
    for number, region in enumerate(pack.region):
        inside = (painting.regions == number) & ~painting.avoid
        if inside.any():
            left, top, right, bottom = fullest_part(inside, most)
            # Small regions are shown with what is around them.
            left = max(0, min((left + right - round(most[1])) // 2, columns - round(most[1])))
            top = max(0, min((top + bottom - round(most[0])) // 2, rows - round(most[0])))
            part = painting.rgb[top : top + round(most[0]), left : left + round(most[1])]
            pictures[region.name] = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    return pictures
