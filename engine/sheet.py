"""Contact sheets: many pictures side by side in one, to inspect what a generator paints."""

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from resources.materials import in_colours

PAPER = 255
GAP = 8
CAPTION = 22


def contact_sheet(pictures: Sequence[np.ndarray], columns: int, width: int) -> np.ndarray:
    """Arrange pictures, (h, w, 3) uint8, in rows of ``columns``, each scaled to ``width`` pixels.

    Returns (H, W, 3) uint8.
    """
    cells = [_scaled(picture, width) for picture in pictures]
    rows = [_side_by_side(cells[i : i + columns], columns) for i in range(0, len(cells), columns)]
    return np.vstack(rows)


def with_doodle(painting: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return a painting, (h, w, 3) uint8, with its (H, W) doodle inset at the lower left.

    The inset is a quarter as wide as the painting.
    """
    small = _scaled(in_colours(labels), painting.shape[1] // 4)
    framed = np.pad(small, ((4, 0), (0, 4), (0, 0)), constant_values=PAPER)
    joined = painting.copy()
    joined[-framed.shape[0] :, : framed.shape[1]] = framed
    return joined


def captioned(picture: np.ndarray, text: str) -> np.ndarray:
    """Return a picture, (H, W, 3) uint8, with a line of text below it."""
    strip = Image.new("RGB", (picture.shape[1], CAPTION), "white")
    ImageDraw.Draw(strip).text((2, 2), text, "black", ImageFont.load_default(13))
    return np.vstack([picture, np.asarray(strip)])


def _scaled(picture: np.ndarray, width: int) -> np.ndarray:
    height = max(1, round(picture.shape[0] * width / picture.shape[1]))
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)


def _side_by_side(cells: Sequence[np.ndarray], columns: int) -> np.ndarray:
    """Join pictures to one row; fill the space of lower and missing pictures with white."""
    height, width = max(cell.shape[0] for cell in cells), cells[0].shape[1]
    row = np.full((height + GAP, columns * (width + GAP), 3), PAPER, np.uint8)
    for i, cell in enumerate(cells):
        row[: cell.shape[0], i * (width + GAP) : i * (width + GAP) + width] = cell
    return row
