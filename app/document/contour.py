"""The borders of masks as loops of points."""

import cv2
import numpy as np

# Masks larger than this are thinned out first: nobody sees single pixels of an outline there.
LONGEST_SIDE = 1024


def contours(mask: np.ndarray) -> list[np.ndarray]:
    """The borders of an H x W mask and of its holes: n x 2 float64 points (x, y), in its pixels.

    A mask is bool, or uint8 and set from 128 on.
    """
    step = -(-max(mask.shape) // LONGEST_SIDE)
    inside = mask[::step, ::step]
    marks = inside.view(np.uint8) if inside.dtype == np.bool_ else (inside >= 128).view(np.uint8)
    loops, _ = cv2.findContours(np.ascontiguousarray(marks), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    return [(loop[:, 0] + 0.5) * step for loop in loops]
