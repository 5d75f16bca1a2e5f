"""The refined picture, and how it is blended with the live preview."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from app.document.brushwork import FIRST_BRUSHWORK, Brushwork
from app.document.directions import DirectionSnapshot
from app.document.doodle import Doodle
from app.document.label_map import LabelSnapshot
from app.document.patch import box_of
from app.document.photo import PhotoLook
from app.document.rect import Rect
from app.document.tile_grid import TileGrid

QUALITIES = ("quick", "good", "best")
STROKES = {"normal": 1.0, "fine": 0.5}

# Width in pixels of the blend between the refined picture and the preview, which hides the seam.
FEATHER = 12

# Distance in pixels around changed labels in which the refined picture is hidden. A refined pixel
# depends only on its own region, so this only needs to cover the old border.
REACH = 16

WHOLLY = 255

# Side of the blocks in which the blend is cached. Most blocks need no blending, only a copy.
BLOCK = 256

# Longest side, in cells, of the map of where the doodle has changed.
LONGEST_SIDE = 512


@dataclass(frozen=True)
class RefineOptions:
    """The user's options for Refine; strength, detail and content are 0-1.

    `quality` is one of QUALITIES, `strokes` a key of STROKES, and `device` auto, cpu or cuda.
    `selected_only`: with a selection, refine only inside it. `content`: how strongly the content of
    a photo is preserved.
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
    """A refined picture and what it was made from.

    `pixels`: H x W x 3 uint8 RGB, read-only; `labels`: the doodle it was made from, H x W; `look`:
    settings for painting the photo, None without one; `brushwork`: of the strokes that it was made
    from; `directions`: of the pen, None for none.
    """

    pixels: np.ndarray
    labels: LabelSnapshot
    style_id: str
    seed: int
    look: PhotoLook | None = None
    brushwork: Brushwork = FIRST_BRUSHWORK
    directions: DirectionSnapshot | None = None

    @property
    def doodle(self) -> Doodle:
        """The labels and directions that it was made from."""
        return Doodle(self.labels, self.directions)

    def fits(
        self,
        style_id: str,
        seed: int,
        look: PhotoLook | None = None,
        brushwork: Brushwork = FIRST_BRUSHWORK,
    ) -> bool:
        """Return whether it was made with this style, seed, look and brushwork."""
        made_with = self.style_id, self.seed, self.look, self.brushwork.used_in(self.style_id)
        return made_with == (style_id, seed, look, brushwork.used_in(style_id))

    @property
    def nbytes(self) -> int:
        """Upper limit of the memory used, in bytes; tiles may be shared with the doodle."""
        return self.pixels.nbytes + self.labels.nbytes


def preview_share(old: Doodle, new: Doodle, rect: Rect, reach: int) -> np.ndarray:
    """Return the opacity of the live preview in `rect`: h x w uint8, 0 to WHOLLY.

    It is WHOLLY up to `reach` pixels from any label or direction that differs between `old` and
    `new`, and falls to 0 over the next FEATHER pixels.
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
    """A refined picture over the live preview; both have the same size.

    Pixels are blended only when they are read. The opacity of the preview is computed and cached
    per block when the block is first read, so a new picture is cheap even on a large canvas.
    """

    def __init__(self, refined: Refined, doodle: Doodle, reach: int) -> None:
        self.refined = refined
        self._doodle = doodle
        labels = doodle.labels
        self._reach = reach
        self._shares: dict[tuple[int, int], np.ndarray | None] = {}
        self.step = 1
        while max(labels.width, labels.height) > LONGEST_SIDE * self.step:
            self.step *= 2
        size = -(-labels.height // self.step), -(-labels.width // self.step)
        self._cells = np.zeros(size, np.uint8)
        doodle.mark_differing(refined.doodle, doodle.bounds, self._cells, self.step)

    @property
    def whole(self) -> bool:
        """Whether the whole picture is visible, because the doodle is the one it was made from."""
        return not self._cells.any()

    @property
    def stale(self) -> np.ndarray:
        """Where the preview covers the picture: h x w bool, at 1 / `step` of the canvas size."""
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
        """Show a later picture of the same run of Refine."""
        self.refined = refined

    def follow(self, changed: Rect) -> Rect:
        """Update after a change of the doodle in `changed`; return the box that looks different."""
        self._doodle.mark_differing(self.refined.doodle, changed, self._cells, self.step)
        rect = changed.grown(self._reach + FEATHER).clipped(self._doodle.bounds)
        known = [key for key in self._blocks(rect) if key in self._shares]
        if known:
            share = self.share(rect)
            for key in known:
                self._update_share(key, rect, share)
        return rect

    def read(self, preview: TileGrid, rect: Rect) -> np.ndarray:
        """Return the blended pixels of `rect`: h x w x 3 uint8 RGB."""
        pixels = self.refined.pixels[rect.slices].copy()
        for key in self._blocks(rect):
            share = self._share(key)
            if share is not None:
                self._mix(pixels, rect, preview, share, self._block(key))
        return pixels

    def share(self, rect: Rect) -> np.ndarray:
        """Return the opacity of the preview in `rect` (h x w uint8), see `preview_share`."""
        return preview_share(self.refined.doodle, self._doodle, rect, self._reach)

    def _mix(
        self, pixels: np.ndarray, rect: Rect, preview: TileGrid, share: np.ndarray, block: Rect
    ) -> None:
        """Blend the preview into the part of `pixels` (which cover `rect`) inside `block`."""
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
        """Return the opacity of the preview in a block; None if it is hidden everywhere."""
        if key not in self._shares:
            block = self._block(key)
            around = block.grown(self._reach + FEATHER).clipped(self._doodle.bounds)
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
        return block.clipped(self._doodle.bounds)
