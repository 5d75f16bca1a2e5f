"""A flat drawing as another program saves it."""

import cv2
import numpy as np

from resources.materials import materials

PALETTE = np.array([material.rgb for material in materials()], np.uint8)


def scene(colours: list[tuple[int, int, int]]) -> np.ndarray:
    """Sky, hill, sun and a thin mast in four colours, with soft borders."""
    picture = np.full((150, 200, 3), colours[0], np.uint8)
    hill = np.array([[0, 150], [0, 90], [80, 60], [200, 110], [200, 150]])
    cv2.fillPoly(picture, [hill], colours[1], cv2.LINE_AA)
    cv2.circle(picture, (150, 40), 20, colours[2], -1, cv2.LINE_AA)
    cv2.line(picture, (60, 130), (75, 30), colours[3], 5, cv2.LINE_AA)
    return picture
