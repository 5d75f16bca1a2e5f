"""A doodle over a photo: where the photo is restyled, where it stays, and where it is painted over.

All of it is local: whatever is asked for a window equals that part of the whole.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from engine.doodle.enlarge import EnlargedLabels
from engine.doodle.generator import labels_window
from engine.tiles import Window, affected, plan
from resources.materials import KEEP, PHOTO

SOFT = 8
"""Pixels over which one passes into the other, so that no edge of a mask is seen."""

FILL = 24
"""Pixels that a material goes on beyond where it is painted: its strokes end outside of what shows.

Without that the generator would paint the border between it and another material there.
"""

WHOLLY = 255

TILE = 256
"""Side of what the generator paints at once."""


@dataclass(frozen=True, eq=False)
class OverPhoto(EnlargedLabels):
    """An H x W uint8 label map with the ids PHOTO and KEEP, ``scale`` times as large.

    To the generator (``window``) these are whatever material lies next, within FILL pixels.
    """

    def window(self, window: Window) -> np.ndarray:
        """(h, w) uint8 labels in a window; beyond the canvas its edge goes on."""
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
        """(h, w) uint8: how much of the photo shows as it is; WHOLLY where KEEP is painted."""
        away = self._around(window) != KEEP
        if away.all():
            return np.zeros((window.height, window.width), np.uint8)
        distance = cv2.distanceTransform(away.view(np.uint8), cv2.DIST_L2, 5)
        share = np.clip((SOFT - distance) * (WHOLLY / SOFT), 0, WHOLLY)
        return share.astype(np.uint8)[window.within(window.grown(SOFT))]

    def covered(self, window: Window) -> np.ndarray:
        """(h, w) uint8: how much of what is not kept the doodle's materials hide."""
        labels = self._around(window)
        mask = np.where((labels == PHOTO) | (labels == KEEP), 0, WHOLLY).astype(np.uint8)
        side = 2 * SOFT + 1
        return cv2.GaussianBlur(mask, (side, side), SOFT / 2.5)[window.within(window.grown(SOFT))]

    def decided_by(self, window: Window) -> Window:
        """The canvas pixels whose labels decide how materials are painted in a window."""
        return labels_window(window).grown(FILL)

    def changed(self, dirty: Window) -> Window:
        """The pixels that look different after the labels in ``dirty`` have changed."""
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
    """What is seen in ``rect``, (h, w, 3) uint8: restyled, painted over, kept.

    ``photo`` and ``styled``: (h, w, 3) uint8, of ``rect`` alone.
    """
    covered = labels.covered(rect)
    if covered.any():
        doodle = styled.copy()
        for tile in plan(rect, TILE):
            if covered[tile.within(rect)].any():
                doodle[tile.within(rect)] = paint(labels, tile)
        styled = mixed(styled, doodle, covered)
    return mixed(styled, photo, labels.kept(rect))


def mixed(one: np.ndarray, other: np.ndarray, share: np.ndarray) -> np.ndarray:
    """(h, w, 3) of either's type: ``share`` (h, w) uint8 of ``other``, the rest of ``one``."""
    if not share.any():
        return one
    part = share.astype(np.float32)[..., None] / WHOLLY
    return np.rint(one * (1 - part) + other * part).astype(one.dtype)
