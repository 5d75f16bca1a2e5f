"""Combine a photo, its restyled version and a doodle painted over it.

Every result is local: any window equals that part of the whole picture.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from engine.doodle.enlarge import EnlargedLabels
from engine.doodle.files import read_doodle
from engine.doodle.generator import labels_window
from engine.errors import EngineError
from engine.tiles import Window, affected, plan
from resources.colour_depth import sixteen_bits
from resources.materials import KEEP, PHOTO
from resources.reading import Reading

SOFT = 8
"""Width in pixels of the soft transition at the edges of masks."""

FILL = 24
"""Pixels by which a material is extended beyond its mask, so that its strokes end outside it.

Otherwise the generator would paint a border to another material at the edge.
"""

WHOLLY = 255

TILE = 256
"""Side in pixels of the tiles that the generator paints."""

OFF = 0.02
"""Largest relative difference between the proportions of a mask and of its photo."""


@dataclass(frozen=True, eq=False)
class OverPhoto(EnlargedLabels):
    """An (H, W) uint8 label map with the ids PHOTO and KEEP, enlarged ``scale`` times.

    For the generator, ``window`` replaces these ids by the nearest material within FILL pixels.
    """

    def window(self, window: Window) -> np.ndarray:
        """Return the labels in a window, (h, w) uint8; beyond the canvas, edge labels repeat."""
        labels = super().window(window.grown(FILL)).copy()
        inside = window.within(window.grown(FILL))
        bare = (labels == PHOTO) | (labels == KEEP)
        if not bare.any() or bare.all():
            return np.ascontiguousarray(labels[inside])
        distance, nearest = cv2.distanceTransformWithLabels(
            bare.view(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        materials = np.zeros(nearest.max() + 1, np.uint8)
        materials[nearest[~bare]] = labels[~bare]
        near = bare & (distance <= FILL)
        labels[near] = materials[nearest[near]]
        return np.ascontiguousarray(labels[inside])

    def kept(self, window: Window) -> np.ndarray:
        """Return how much of the unchanged photo shows, (h, w) uint8; WHOLLY where KEEP is."""
        away = self._around(window) != KEEP
        if away.all():
            return np.zeros((window.height, window.width), np.uint8)
        distance = cv2.distanceTransform(away.view(np.uint8), cv2.DIST_L2, 5)
        share = np.clip((SOFT - distance) * (WHOLLY / SOFT), 0, WHOLLY)
        return share.astype(np.uint8)[window.within(window.grown(SOFT))]

    def covered(self, window: Window) -> np.ndarray:
        """Return how much of the restyled photo the doodle's materials hide, (h, w) uint8."""
        labels = self._around(window)
        mask = np.where((labels == PHOTO) | (labels == KEEP), 0, WHOLLY).astype(np.uint8)
        side = 2 * SOFT + 1
        return cv2.GaussianBlur(mask, (side, side), SOFT / 2.5)[window.within(window.grown(SOFT))]

    def decided_by(self, window: Window) -> Window:
        """Return the canvas pixels whose labels influence how materials are painted in a window."""
        return labels_window(window).grown(FILL)

    def changed(self, dirty: Window) -> Window:
        """Return the pixels that change when the labels in ``dirty`` change."""
        reached = affected(dirty.grown(FILL)).clipped(self.bounds)
        labels = super().window(reached)
        if ((labels == PHOTO) | (labels == KEEP)).all():
            return dirty.grown(SOFT).clipped(self.bounds)
        return reached

    def _around(self, window: Window) -> np.ndarray:
        return super().window(window.grown(SOFT))


PaintTile = Callable[[OverPhoto, Window], np.ndarray]
"""Paints a window of a doodle, (h, w, 3) uint8."""


def composed(
    labels: OverPhoto, photo: np.ndarray, styled: np.ndarray, rect: Window, paint: PaintTile
) -> np.ndarray:
    """Return the visible pixels of ``rect``, (h, w, 3): restyled, painted over or kept.

    ``photo`` and ``styled``: (h, w, 3), of ``rect`` only. If one of them is uint16 and shows, so is
    the result.
    """
    covered = labels.covered(rect)
    if covered.any():
        doodle = np.zeros(styled.shape, np.uint8)
        for tile in plan(rect, TILE):
            if covered[tile.within(rect)].any():
                doodle[tile.within(rect)] = paint(labels, tile)
        styled = mixed(styled, doodle, covered)
    return mixed(styled, photo, labels.kept(rect))


def mixed(one: np.ndarray, other: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Blend two (h, w, 3) arrays: ``share``, (h, w) uint8, of ``other`` and the rest of ``one``.

    Returns uint16 if both show and one of them is, else uint8.
    """
    if not share.any():
        return one
    if one.dtype != other.dtype:
        one, other = sixteen_bits(one), sixteen_bits(other)
    part = share.astype(np.float32)[..., None] / WHOLLY
    return np.rint(one * (1 - part) + other * part).astype(one.dtype)


def read_mask(
    path: Path, photo: Path, shape: tuple[int, int], reading: Reading | None = None
) -> np.ndarray:
    """Read a mask as (H, W) uint8 material ids with PHOTO and KEEP.

    ``photo``: the photo's file; ``shape``: its height and width. A mask of another size is resized,
    by nearest neighbour. Raises EngineError as ``read_doodle`` does, and for a mask of other
    proportions.
    """
    return fitted_mask(read_doodle(path, True, reading), path, photo, shape)


def fitted_mask(labels: np.ndarray, path: Path, photo: Path, shape: tuple[int, int]) -> np.ndarray:
    """Resize a mask, (h, w) uint8, read from ``path``, to a photo; see ``read_mask``."""
    (height, width), (rows, columns) = labels.shape, shape
    if abs(width * rows / height - columns) > max(1.0, OFF * columns):
        raise EngineError(
            f"{path} is {width} x {height} pixels, and {photo} {columns} x {rows}: "
            "a mask must have the photo's proportions."
        )
    if labels.shape == shape:
        return labels
    return cv2.resize(labels, (columns, rows), interpolation=cv2.INTER_NEAREST_EXACT)
