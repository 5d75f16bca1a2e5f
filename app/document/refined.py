"""A refined picture, and how much of it still belongs to the doodle."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from app.document.label_map import LabelSnapshot
from app.document.patch import box_of
from app.document.photo import PhotoLook
from app.document.rect import Rect
from app.document.tile_grid import TileGrid

QUALITIES = ("quick", "good", "best")
STROKES = {"normal": 1.0, "fine": 0.5}

# Pixels over which the refined picture passes into the live preview, so that no seam is seen.
FEATHER = 12

# Pixels around a changed label that no longer show the refined picture. A refined pixel depends on
# the doodle by its own region alone, so this is only what hides the old border.
REACH = 16

WHOLLY = 255

# Most of a large canvas is wholly the one or the other, and merely copied.
BLOCK = 256

# Where a refined picture still shows is remembered in at most so many cells a side.
LONGEST_SIDE = 512


@dataclass(frozen=True)
class RefineOptions:
    """What the painter can set for Refine; strength, detail and content go from 0 to 1.

    `quality` is one of QUALITIES, `strokes` a key of STROKES, `device` auto, cpu or cuda;
    `selected_only` leaves alone what is not selected, where anything is; `content`: how much of a
    photo's things stays.
    """

    quality: str = "good"
    strength: float = 1.0
    detail: float = 0.5
    strokes: str = "normal"
    selected_only: bool = True
    device: str = "auto"
    content: float = 0.5


@dataclass(frozen=True, eq=False)
class Refined:
    """A finished picture and what it was made from.

    `pixels`: H x W x 3 uint8 RGB, read-only; `labels`: the doodle, H x W, as it was then; `look`:
    how the photo was painted, None without one.
    """

    pixels: np.ndarray
    labels: LabelSnapshot
    style_id: str
    seed: int
    look: PhotoLook | None = None

    def fits(self, style_id: str, seed: int, look: PhotoLook | None = None) -> bool:
        """It is of this style, seed and look, so that it can be laid over their preview."""
        return (self.style_id, self.seed, self.look) == (style_id, seed, look)

    @property
    def nbytes(self) -> int:
        """Memory held, at most: tiles may be shared with the doodle."""
        return self.pixels.nbytes + self.labels.nbytes


def preview_share(old: TileGrid, new: TileGrid, rect: Rect, reach: int) -> np.ndarray:
    """How much of the live preview shows in `rect`: h x w uint8, 0 none to WHOLLY all.

    All of it where a pixel of the doodle that differs from `old` is at most `reach` pixels away,
    none FEATHER pixels further out.
    """
    around = rect.grown(reach + FEATHER).clipped(new.bounds)
    changed = new.differing(old, around)
    share = np.zeros(changed.shape, np.uint8)
    near = box_of(changed).grown(reach + FEATHER).clipped(around.moved(-around.left, -around.top))
    if changed.any():
        same = (~changed[near.slices]).view(np.uint8)
        distance = cv2.distanceTransform(same, cv2.DIST_L2, cv2.DIST_MASK_5)
        wanted = (reach + FEATHER - distance) * (WHOLLY / FEATHER)
        share[near.slices] = np.clip(wanted, 0, WHOLLY)
    return share[rect.slices_in(around)]


class RefinedLayer:
    """A refined picture over the live preview, both of one size.

    Nothing is mixed before it is read, and how much of the preview shows is worked out block by
    block, when a block is first read after a change near it: so a new picture costs nothing by
    itself, however large the canvas is.
    """

    def __init__(self, refined: Refined, labels: TileGrid, reach: int) -> None:
        self.refined = refined
        self._labels = labels
        self._reach = reach
        self._shares: dict[tuple[int, int], np.ndarray | None] = {}
        self.step = 1
        while max(labels.width, labels.height) > LONGEST_SIDE * self.step:
            self.step *= 2
        size = -(-labels.height // self.step), -(-labels.width // self.step)
        self._cells = np.zeros(size, np.uint8)
        labels.mark_differing(refined.labels, labels.bounds, self._cells, self.step)

    @property
    def whole(self) -> bool:
        """The doodle is the one that the picture was made from: all of it shows."""
        return not self._cells.any()

    @property
    def stale(self) -> np.ndarray:
        """h x w bool, thinned `step` times: where the preview shows rather than the picture."""
        mask = np.zeros(self._cells.shape, bool)
        reach = (self._reach + FEATHER / 2) / self.step
        bounds = Rect(0, 0, mask.shape[1], mask.shape[0])
        near = box_of(self._cells > 0)
        if not near.empty:
            near = near.grown(math.ceil(reach)).clipped(bounds)
            same = (self._cells[near.slices] == 0).view(np.uint8)
            distance = cv2.distanceTransform(same, cv2.DIST_L2, cv2.DIST_MASK_5)
            mask[near.slices] = distance <= reach
        return mask

    def replace(self, refined: Refined) -> None:
        """Show a later picture of the same run."""
        self.refined = refined

    def follow(self, changed: Rect) -> Rect:
        """The doodle changed in `changed`; the box of what is shown differently now."""
        self._labels.mark_differing(self.refined.labels, changed, self._cells, self.step)
        rect = changed.grown(self._reach + FEATHER).clipped(self._labels.bounds)
        known = [key for key in self._blocks(rect) if key in self._shares]
        if known:
            share = self.share(rect)
            for key in known:
                self._update_share(key, rect, share)
        return rect

    def read(self, preview: TileGrid, rect: Rect) -> np.ndarray:
        """h x w x 3 uint8 RGB: what is to be seen in `rect`."""
        pixels = self.refined.pixels[rect.slices].copy()
        for key in self._blocks(rect):
            share = self._share(key)
            if share is not None:
                self._mix(pixels, rect, preview, share, self._block(key))
        return pixels

    def share(self, rect: Rect) -> np.ndarray:
        """h x w uint8: how much of the preview shows in `rect`, see `preview_share`."""
        return preview_share(self.refined.labels, self._labels, rect, self._reach)

    def _mix(
        self, pixels: np.ndarray, rect: Rect, preview: TileGrid, share: np.ndarray, block: Rect
    ) -> None:
        """Lay the preview over the part of `pixels` (which are those of `rect`) in a block."""
        part = rect.clipped(block)
        place = part.slices_in(rect)
        share = share[part.slices_in(block)]
        if share.min() == WHOLLY:
            pixels[place] = preview.read(part)
        elif share.any():
            of_preview = share.astype(np.float32) / WHOLLY
            refined = np.ascontiguousarray(pixels[place])
            pixels[place] = cv2.blendLinear(preview.read(part), refined, of_preview, 1 - of_preview)

    def _share(self, key: tuple[int, int]) -> np.ndarray | None:
        """How much of the preview shows in a block; None when the picture hides all of it."""
        if key not in self._shares:
            block = self._block(key)
            around = block.grown(self._reach + FEATHER).clipped(self._labels.bounds)
            cells = around.cells(self.step)
            self._shares[key] = self.share(block) if self._cells[cells.slices].any() else None
        return self._shares[key]

    def _update_share(self, key: tuple[int, int], rect: Rect, share: np.ndarray) -> None:
        block, known = self._block(key), self._shares[key]
        part = rect.clipped(block)
        if known is None:
            known = self._shares[key] = np.zeros((block.height, block.width), np.uint8)
        place = part.slices_in(block)
        known[place] = share[part.slices_in(rect)]

    def _blocks(self, rect: Rect) -> list[tuple[int, int]]:
        left, top, right, bottom = rect.cells(BLOCK)
        return [(row, column) for row in range(top, bottom) for column in range(left, right)]

    def _block(self, key: tuple[int, int]) -> Rect:
        row, column = key
        block = Rect.of_size(BLOCK, BLOCK).moved(column * BLOCK, row * BLOCK)
        return block.clipped(self._labels.bounds)
