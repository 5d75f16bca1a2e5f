"""A refined picture, and how much of it still belongs to the doodle."""

from dataclasses import dataclass

import cv2
import numpy as np

from app.document.label_map import LabelMap, LabelSnapshot
from app.document.patch import box_of
from app.document.rect import Rect

QUALITIES = ("quick", "good", "best")
STROKES = {"normal": 1.0, "fine": 0.5}

# Pixels over which the refined picture passes into the live preview, so that no seam is seen.
FEATHER = 12

WHOLLY = 255

# Most of a large canvas is wholly the one or the other, and merely copied.
BLOCK = 256


@dataclass(frozen=True)
class RefineOptions:
    """What the painter can set for Refine; strength and detail go from 0 to 1.

    `quality` is one of QUALITIES, `strokes` a key of STROKES, `device` auto, cpu or cuda;
    `selected_only` leaves alone what is not selected, where anything is.
    """

    quality: str = "good"
    strength: float = 1.0
    detail: float = 0.5
    strokes: str = "normal"
    selected_only: bool = True
    device: str = "auto"


@dataclass(frozen=True, eq=False)
class Refined:
    """A finished picture and what it was made from.

    `pixels`: H x W x 3 uint8 RGB, read-only; `labels`: the doodle, H x W, as it was then.
    """

    pixels: np.ndarray
    labels: LabelSnapshot
    style_id: str
    seed: int

    def fits(self, style_id: str, seed: int) -> bool:
        """It is of this style and seed, so that it can be laid over their preview."""
        return (self.style_id, self.seed) == (style_id, seed)

    @property
    def nbytes(self) -> int:
        """Memory held, at most: tiles may be shared with the doodle."""
        return self.pixels.nbytes + self.labels.nbytes


def preview_share(old: LabelSnapshot, new: LabelMap, rect: Rect, reach: int) -> np.ndarray:
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
    return share[rect.moved(-around.left, -around.top).slices]


class RefinedLayer:
    """A refined picture over the live preview, both of one size.

    `shown`: what is to be seen, H x W x 3 uint8. `share`: H x W uint8, see `preview_share`.
    """

    def __init__(self, refined: Refined, labels: LabelMap, preview: np.ndarray, reach: int) -> None:
        self.refined = refined
        self.share = preview_share(refined.labels, labels, labels.bounds, reach)
        self.shown = np.empty_like(preview)
        self._preview = preview
        self._reach = reach
        self.blend(labels.bounds)

    def replace(self, refined: Refined) -> None:
        """Show a later picture of the same run."""
        self.refined = refined
        height, width = self.share.shape
        self.blend(Rect.of_size(width, height))

    def follow(self, labels: LabelMap, changed: Rect) -> Rect:
        """The doodle changed in `changed`; the box of what is shown differently now."""
        rect = changed.grown(self._reach + FEATHER).clipped(labels.bounds)
        self.share[rect.slices] = preview_share(self.refined.labels, labels, rect, self._reach)
        self.blend(rect)
        return rect

    def blend(self, rect: Rect) -> None:
        """Bring `shown` up to date in `rect`."""
        for top in range(rect.top, rect.bottom, BLOCK):
            for left in range(rect.left, rect.right, BLOCK):
                self._blend(Rect(left, top, left + BLOCK, top + BLOCK).clipped(rect))

    def _blend(self, block: Rect) -> None:
        share, preview = self.share[block.slices], self._preview[block.slices]
        refined, shown = self.refined.pixels[block.slices], self.shown[block.slices]
        if not share.any():
            shown[:] = refined
        elif share.min() == WHOLLY:
            shown[:] = preview
        else:
            part = share.astype(np.float32) / WHOLLY
            shown[:] = cv2.blendLinear(preview, refined, part, 1 - part)
