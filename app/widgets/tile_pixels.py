"""What a surface shows, made from labels and RGB: blue, green, red, alpha in h x w x 4 uint8."""

import cv2
import numpy as np

from resources.materials import KEEP, PHOTO

# Premultiplied: a light line beside a dark one is seen on every colour.
LIGHT, DARK = (190, 190, 190, 190), (0, 0, 0, 130)

# Of 256: how much of its colour hides the photo, of a material and of the two stripes of KEEP.
PAINTED, KEPT = 176, (60, 140)
STRIPE = 8


def lookup_table(colours: np.ndarray) -> np.ndarray:
    """256 table from material id to a surface pixel; `colours`: count x 3 uint8 RGB."""
    table = np.full((256, 4), 255, np.uint8)
    table[: len(colours), :3] = colours[:, ::-1]
    return table.view(np.uint32).reshape(256)


def doodle_pixels(labels: np.ndarray, table: np.ndarray) -> np.ndarray:
    """H x W material ids -> H x W x 4 surface pixels."""
    return np.take(table, labels).view(np.uint8).reshape(*labels.shape, 4)


def over_photo_pixels(
    labels: np.ndarray, rgb: np.ndarray, table: np.ndarray, corner: tuple[int, int]
) -> np.ndarray:
    """H x W material ids over the photo's H x W x 3 RGB -> H x W x 4 surface pixels.

    The photo shines through what is painted over it, and is striped where it is kept. `corner`:
    where on the canvas, (x, y), they begin.
    """
    pixels = painting_pixels(rgb)
    if (labels == PHOTO).all():
        return pixels
    share = np.full(labels.shape, PAINTED, np.uint16)
    share[labels == PHOTO] = 0
    kept = labels == KEEP
    if kept.any():
        height, width = labels.shape
        rows, columns = np.arange(height) + corner[1], np.arange(width) + corner[0]
        across = np.add.outer(rows, columns) // STRIPE % 2
        share[kept] = np.array(KEPT, np.uint16)[across[kept]]
    colours = doodle_pixels(labels, table).astype(np.uint16)
    veil = share[..., None]
    return ((colours * veil + pixels * (256 - veil)) // 256).astype(np.uint8)


def painting_pixels(rgb: np.ndarray) -> np.ndarray:
    """H x W x 3 RGB -> H x W x 4 surface pixels."""
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2BGRA)


def border_pixels(labels: np.ndarray) -> np.ndarray:
    """H x W material ids -> H x W x 4 surface pixels: clear but where two materials meet."""
    across, down = labels[:, 1:] != labels[:, :-1], labels[1:] != labels[:-1]
    light, dark = np.zeros(labels.shape, bool), np.zeros(labels.shape, bool)
    light[:, :-1], dark[:, 1:] = across, across
    light[:-1] |= down
    dark[1:] |= down
    pixels = np.zeros((*labels.shape, 4), np.uint8)
    pixels[dark] = DARK
    pixels[light] = LIGHT
    return pixels


def shrunk(pixels: np.ndarray, step: int) -> np.ndarray:
    """h x w x 4 uint8 thinned to the means of step x step pixels; what is cut off counts, too."""
    height, width = pixels.shape[:2]
    if step == 1:
        return pixels
    down, across = -height % step, -width % step
    if down or across:
        pixels = cv2.copyMakeBorder(pixels, 0, down, 0, across, cv2.BORDER_REPLICATE)
    size = (pixels.shape[1] // step, pixels.shape[0] // step)
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
