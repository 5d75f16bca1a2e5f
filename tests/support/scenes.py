"""Small doodles with things that move."""

import cv2
import numpy as np

SKY, SUN, GRASS, WATER, BOAT = 0, 2, 6, 9, 13


def scene(
    sun: tuple[int, int] | None = (30, 20), boat: int | None = 40, hill: int = 20, radius: int = 9
) -> np.ndarray:
    """Return a doodle, (96, 160) uint8: a sun in the sky, a hill, a boat on the water.

    ``sun``: its middle, (x, y); ``boat``: the column of its middle; ``hill``: its height.
    """
    labels = np.full((96, 160), SKY, np.uint8)
    if sun is not None:
        cv2.circle(labels, sun, radius, SUN, -1)
    top = 64 - hill * np.exp(-(((np.arange(160) - 110) / 22) ** 2))
    labels[np.arange(96)[:, None] > top] = GRASS
    labels[70:] = WATER
    if boat is not None:
        labels[74:82, max(0, boat - 12) : max(0, boat + 12)] = BOAT
    return labels
