"""Read scribbles over a picture from a file: strokes in the materials' colours."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from engine.errors import EngineError
from engine.image import MAX_PIXELS
from engine.packs.marking import AVOID, NONE
from engine.picture_files import open_photo, photo_from
from resources.materials import materials

AVOID_COLOUR = (255, 0, 255)
"""Colour of what is never copied: a signature, a frame."""

NEAR = 2
"""Largest difference of a channel from a material's colour, of 255."""

THIN = 2
"""Least width of a stroke in pixels: single pixels of a photo may have any colour."""

OPAQUE = 128
"""Alpha below which a pixel counts as transparent, of 255."""

SAME_SHAPE = 0.02
"""Largest relative difference between the proportions of the scribbles and of the picture."""


def read_scribbles(path: Path, picture: Path, shape: tuple[int, int]) -> np.ndarray:
    """Read scribbles as (H, W) uint8: material ids, AVOID, and NONE for any other colour.

    ``shape``: rows and columns of the result; ``picture``: the file that they were drawn over.
    Raises EngineError when the file cannot be read, has other proportions, or none of the colours.
    """
    photo = photo_from(path, open_photo(path, MAX_PIXELS))
    height, width = photo.pixels.shape[:2]
    if abs(width * shape[0] / (height * shape[1]) - 1) > SAME_SHAPE:
        raise EngineError(
            f"{path} is {width} x {height} pixels, which are other proportions than those of "
            f"{picture}."
        )
    marked = np.full((height, width), NONE, np.uint8)
    colours = {material.id: material.rgb for material in materials()} | {AVOID: AVOID_COLOUR}
    pixels = photo.pixels.astype(np.int16)
    for number, colour in colours.items():
        marked[_without_thin((np.abs(pixels - colour) <= NEAR).all(-1))] = number
    if photo.alpha is not None:
        marked[photo.alpha < OPAQUE] = NONE
    if (marked == NONE).all():
        raise EngineError(f"{path} has no stroke in a material's colour, such as #5b9bd5 for sky.")
    return np.asarray(Image.fromarray(marked).resize(shape[::-1], Image.Resampling.NEAREST))


def _without_thin(mask: np.ndarray) -> np.ndarray:
    """Return the squares of THIN pixels inside a mask, (H, W) bool."""
    square, last = np.ones((THIN, THIN), np.uint8), THIN - 1
    inside = cv2.erode(mask.astype(np.uint8), square, anchor=(0, 0), borderValue=0)
    return cv2.dilate(inside, square, anchor=(last, last), borderValue=0) > 0
