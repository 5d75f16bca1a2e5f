"""Trace the outlines of masks."""

import cv2
import numpy as np

# Larger masks are subsampled first: single pixels of their outline are not visible.
LONGEST_SIDE = 1024


def contours(mask: np.ndarray) -> list[np.ndarray]:
    """Return the outlines of an H x W mask and its holes: n x 2 float64 (x, y) in its pixels.

    The mask is bool, or uint8 with values from 128 on counting as set.
    """
    step = -(-max(mask.shape) // LONGEST_SIDE)
    inside = mask[::step, ::step]
    marks = inside.view(np.uint8) if inside.dtype == np.bool_ else (inside >= 128).view(np.uint8)
    loops, _ = cv2.findContours(np.ascontiguousarray(marks), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    return [(loop[:, 0] + 0.5) * step for loop in loops]
