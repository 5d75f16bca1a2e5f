"""Layers of strokes, as cels of an animation, and how they move from frame to frame."""

from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np

from engine.strokes.carry import carried, joined

NEAR = 4
"""Pixels over which strokes are continued into what comes to light."""

EVEN = 1e-4
"""Difference of the motion of neighbours, in pixels, up to which strokes are not joined again."""

_BESIDE = sorted(
    (way for way in product(range(-NEAR, NEAR + 1), repeat=2) if 0 < np.hypot(*way) <= NEAR),
    key=lambda way: (way[0] ** 2 + way[1] ** 2, way),
)


@dataclass(frozen=True, eq=False)
class Layer:
    """Strokes: ``places``, (h, w, 2) float32; ``drift``, (h, w) float32, see ``pen_drift``."""

    places: np.ndarray
    drift: np.ndarray

    def part(self, place: tuple[slice, slice]) -> "Layer":
        """Return the strokes inside row and column slices."""
        return Layer(self.places[place], self.drift[place])

    def over(self, mask: np.ndarray, other: "Layer") -> "Layer":
        """Return this layer inside a mask and another one elsewhere."""
        places = np.where(mask[..., None], self.places, other.places)
        return Layer(places, np.where(mask, self.drift, other.drift))


@dataclass(frozen=True, eq=False)
class Step:
    """The motion of a layer between two frames.

    ``flow``: (h, w, 2) float32, from every pixel to where it was; ``then``, ``now``: (h, w), what
    is where, equal numbers for the same thing; ``mask``: (h, w) bool, where the layer is.
    """

    flow: np.ndarray
    then: np.ndarray
    now: np.ndarray
    mask: np.ndarray

    @property
    def moving(self) -> np.ndarray:
        """Where there is motion, (h, w) bool."""
        return (self.flow[..., 0] != 0) | (self.flow[..., 1] != 0)

    @property
    def same(self) -> np.ndarray:
        """Where the flow leads to the same thing, (h, w) bool; everywhere outside the mask."""
        return moved_from(self.flow, self.then, self.now) | ~self.mask

    def moved(self, layer: Layer) -> tuple[Layer, np.ndarray]:
        """Return the layer in the later frame, and what it lacks."""
        places, _ = carried(layer.places, self.flow)
        drift, _ = carried(layer.drift[..., None], self.flow)
        uneven = cv2.morphologyEx(self.flow, cv2.MORPH_GRADIENT, np.ones((3, 3))) > EVEN
        bending = uneven[..., 0] | uneven[..., 1]
        places = np.where(bending[..., None], joined(places), places)
        places, new = continued(places, self.same, self.now)
        return Layer(places, drift[..., 0]), new


def moved_from(flow: np.ndarray, then: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Return which pixels show what was at the end of a flow in the frame before, (h, w) bool."""
    height, width = now.shape
    y, x = np.indices((height, width), np.float32)
    x, y = (np.rint(at).astype(np.int32) for at in (x + flow[..., 0], y + flow[..., 1]))
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    return inside & (then[y.clip(0, height - 1), x.clip(0, width - 1)] == now)


def continued(
    places: np.ndarray, known: np.ndarray, things: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return places that continue the nearest known strokes of the same thing, and what is left.

    ``places``: (h, w, 2) float32; ``known``: (h, w) bool; ``things``: (h, w), equal numbers for the
    same thing. Left are pixels, (h, w) bool, that have none within NEAR pixels.
    """
    height, width = known.shape
    rows, columns = np.nonzero(~known)
    found, left = places.copy(), ~known
    for down, right in _BESIDE:
        if len(rows) == 0:
            break
        y, x = rows + down, columns + right
        inside = (y >= 0) & (x >= 0) & (y < height) & (x < width)
        y, x = y.clip(0, height - 1), x.clip(0, width - 1)
        takes = inside & known[y, x] & (things[y, x] == things[rows, columns])
        at = rows[takes], columns[takes]
        found[at] = places[y[takes], x[takes]] - np.array([right, down], np.float32)
        left[at] = False
        rows, columns = rows[~takes], columns[~takes]
    return found, left
