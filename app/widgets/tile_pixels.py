"""Convert labels and RGB to the pixels of a tile cache: h x w x 4 uint8, BGRA."""

import cv2
import numpy as np

from resources.materials import KEEP, PHOTO, UNMARKED

# Premultiplied BGRA: a light line beside a dark one is visible on every colour.
LIGHT, DARK = (190, 190, 190, 190), (0, 0, 0, 130)

# Opacity over a photo, 0-256: of a material's colour, and of the two stripes of KEEP.
PAINTED, KEPT = 176, (60, 140)
STRIPE = 8

# Opacity of a scribble over a picture, 0-256.
SCRIBBLED = 140
OUTLINE = (24, 22, 20, 255)


def lookup_table(colours: np.ndarray) -> np.ndarray:
    """Return 256 uint32 BGRA pixels by material id; `colours`: count x 3 uint8 RGB."""
    table = np.full((256, 4), 255, np.uint8)
    table[: len(colours), :3] = colours[:, ::-1]
    return table.view(np.uint32).reshape(256)


def doodle_pixels(labels: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Convert H x W material ids to H x W x 4 BGRA pixels with a `lookup_table`."""
    return np.take(table, labels).view(np.uint8).reshape(*labels.shape, 4)


def over_photo_pixels(
    labels: np.ndarray, rgb: np.ndarray, table: np.ndarray, corner: tuple[int, int]
) -> np.ndarray:
    """Blend H x W material ids over the photo's H x W x 3 RGB into H x W x 4 BGRA pixels.

    Painted materials are translucent, and areas of KEEP are striped. `corner`: position (x, y) of
    the pixels on the canvas, which aligns the stripes.
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


def scribble_pixels(labels: np.ndarray, rgb: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Draw scribbles, H x W ids, over a picture's H x W x 3 RGB; H x W x 4 BGRA pixels.

    Each has a dark outline, so that it stands out from a map in its own colour.
    """
    pixels = painting_pixels(rgb)
    marked = labels != UNMARKED
    if not marked.any():
        return pixels
    share = np.where(marked, np.uint16(SCRIBBLED), np.uint16(0))
    colours = doodle_pixels(labels, table).astype(np.uint16)
    veil = share[..., None]
    pixels = ((colours * veil + pixels * (256 - veil)) // 256).astype(np.uint8)
    side = np.ones((3, 3), np.uint8)
    edge = cv2.dilate(labels, side) != cv2.erode(labels, side)
    pixels[edge & marked] = OUTLINE
    return pixels


def painting_pixels(rgb: np.ndarray) -> np.ndarray:
    """Convert H x W x 3 RGB to H x W x 4 BGRA pixels."""
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2BGRA)


def border_pixels(labels: np.ndarray) -> np.ndarray:
    """Return H x W x 4 BGRA pixels that are transparent except where two materials meet."""
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
    """Downsample h x w x 4 uint8 to means of step x step pixels; sizes are rounded up."""
    height, width = pixels.shape[:2]
    if step == 1:
        return pixels
    down, across = -height % step, -width % step
    if down or across:
        pixels = cv2.copyMakeBorder(pixels, 0, down, 0, across, cv2.BORDER_REPLICATE)
    size = (pixels.shape[1] // step, pixels.shape[0] // step)
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
