"""Pictures that show a map of materials over the picture that it was made for."""

import cv2
import numpy as np

from resources.materials import named

VEIL = 0.5
"""Opacity of the map's colours."""

UNSURE = 0.25
"""Less certainty than this is hatched, 0-1."""

STRIPES = 220
"""A stripe of the hatching is this part of the picture's longer side."""

EDGE = np.array((250, 250, 250), np.uint8)


def veiled(picture: np.ndarray, labels: np.ndarray, certainty: np.ndarray) -> np.ndarray:
    """Return the picture under the colours of its materials, H x W x 3 uint8.

    `picture`: H x W x 3 uint8; `labels`: H x W uint8; `certainty`: H x W float32, 0-1. Between the
    stripes where the certainty is low, the picture shows through.
    """
    shown = cv2.addWeighted(picture, 1 - VEIL, mark_colours()[labels], VEIL, 0)
    hatched = (certainty < UNSURE) & _stripes(labels.shape)
    shown[hatched] = picture[hatched]
    return shown


def divided(picture: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """Return the picture with light lines between areas, H x W uint8, and faint tints in them."""
    greys = np.linspace(40, 235, int(areas.max()) + 1).astype(np.uint8)
    tints = cv2.applyColorMap(greys[areas], cv2.COLORMAP_VIRIDIS)[..., ::-1]
    shown = cv2.addWeighted(picture, 0.72, np.ascontiguousarray(tints), 0.28, 0)
    side = np.ones((3, 3), np.uint8)
    shown[cv2.dilate(areas, side) != cv2.erode(areas, side)] = EDGE
    return shown


def unsure_share(certainty: np.ndarray) -> float:
    """Return the share of the picture that is hatched, 0-1; `certainty`: H x W float32."""
    return float((certainty < UNSURE).mean())


def mark_colours() -> np.ndarray:
    """Return the colours of everything that the studio marks by id, 256 x 3 uint8."""
    table = np.full((256, 3), 255, np.uint8)
    for each in named().values():
        table[each.id] = each.rgb
    return table


def _stripes(shape: tuple[int, ...]) -> np.ndarray:
    """Return diagonal stripes, half of the pixels, H x W bool."""
    height, width = shape
    wide = max(2, max(shape) // STRIPES)
    return np.add.outer(np.arange(height), np.arange(width)) // wide % 2 == 0
