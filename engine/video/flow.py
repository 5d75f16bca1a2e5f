"""How things move from one frame to the next, and where shots begin."""

from dataclasses import dataclass

import cv2
import numpy as np

from engine.photo.pixels import resized

LONGEST = 640
"""Longer side in pixels at which motion is measured."""

LEAST_ERROR, ERROR = 0.6, 0.02
"""Pixels, and share of the motion, by which there and back may differ."""

OTHER_COLOUR = 30
"""Difference of light from the carried frame, 0-255, from which on the motion is wrong."""

CUT = 0.4
"""Share of pixels whose colours are new from which on a frame begins a shot."""

_BINS = 8
_HISTOGRAM = 160, 90


@dataclass(frozen=True, eq=False)
class Motion:
    """The motion between two frames at a size.

    ``flow``: (h, w, 2) float32, from every pixel of the later frame to where it was in the earlier
    one; ``trust``: (h, w) float32, 0-1, 0 where the pixel was not seen.
    """

    flow: np.ndarray
    trust: np.ndarray


def motion(
    before: np.ndarray, after: np.ndarray, size: tuple[int, int], longest: int = LONGEST
) -> Motion:
    """Measure the motion between two frames, (H, W, 3) uint8, for pictures of (width, height).

    ``longest``: longer side in pixels at which it is measured.

    DIS flow (Kroeger et al. 2016) both ways; where there and back differ, the pixel was hidden
    (Sundaram et al. 2010).
    """
    share = min(1.0, longest / max(size))
    small = max(16, round(size[0] * share)), max(16, round(size[1] * share))
    old, new = (cv2.cvtColor(resized(each, small), cv2.COLOR_RGB2GRAY) for each in (before, after))
    method = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    back, there = method.calc(new, old, None), method.calc(old, new, None)
    trust = _agreement(back, there) * _likeness(old, new, back)
    flow = cv2.resize(back, size, interpolation=cv2.INTER_LINEAR)
    flow *= np.array([size[0] / small[0], size[1] / small[1]], np.float32)
    return Motion(flow, cv2.resize(trust, size, interpolation=cv2.INTER_LINEAR))


def _agreement(back: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Return 1 where going back and there again ends where it began, falling to 0."""
    again = moved(there, back)
    error = ((back + again) ** 2).sum(2)
    most = LEAST_ERROR + ERROR * ((back**2).sum(2) + (again**2).sum(2))
    return (2 - error / most).clip(0, 1)


def _likeness(old: np.ndarray, new: np.ndarray, back: np.ndarray) -> np.ndarray:
    """Return 1 where the carried frame looks like the new one, falling to 0."""
    unlike = np.abs(moved(old, back).astype(np.float32) - new)
    return (2 - cv2.blur(unlike, (5, 5)) / OTHER_COLOUR).clip(0, 1)


def moved(picture: np.ndarray, flow: np.ndarray, how: int = cv2.INTER_LINEAR) -> np.ndarray:
    """Return a picture of the earlier frame carried to the later one."""
    height, width = flow.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return cv2.remap(
        picture, x + flow[..., 0], y + flow[..., 1], how,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip


def is_cut(before: np.ndarray, after: np.ndarray) -> bool:
    """Return whether a frame begins a shot: its colours are others than those of the one before."""
    one, other = _histogram(before), _histogram(after)
    return float(np.maximum(one - other, 0).sum()) > CUT


def _histogram(frame: np.ndarray) -> np.ndarray:
    """Return the shares of the colours, with the neighbouring bins blended."""
    small = cv2.resize(frame, _HISTOGRAM, interpolation=cv2.INTER_AREA)
    counts = cv2.calcHist([small], [0, 1, 2], None, [_BINS] * 3, [0, 256] * 3)
    for axis in range(3):  # noise moves pixels between neighbouring bins
        padded = np.pad(counts, [(1, 1) if axis == each else (0, 0) for each in range(3)], "edge")
        parts = [np.take(padded, range(at, at + _BINS), axis) for at in range(3)]
        counts = (parts[0] + 2 * parts[1] + parts[2]) / 4
    return counts / counts.sum()
