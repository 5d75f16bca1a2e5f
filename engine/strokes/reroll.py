"""Paint a part of a stroke painting with other strokes."""

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np

from engine.requests import StrokeStep
from engine.strokes.guides import Guides, joined_guides
from engine.strokes.kernels import REACH
from engine.strokes.synthesis import Only, Piece, StrokePainting, paint_pieces, strips
from engine.strokes.target import StrokeTarget
from engine.tiles import Window

BLEND = 24
"""Canvas pixels inside the part over which its directions and streaks join those around it."""


def reroll(
    painting: StrokePainting, part: Window, mask: np.ndarray, seed: int, threads: int = 1
) -> Iterator[StrokeStep]:
    """Paint the pixels of a mask with strokes of another seed; no other pixel changes.

    ``part``: window inside the canvas; ``mask``: (h, w) bool over it. The painting must be complete
    and not tileable. At coarser levels every cell that the mask touches is matched again. Regions
    and guides stay the target's, so a later ``repaint`` uses the target's seed.
    """
    whole = _aligned(painting, part)
    masks = _halved(_placed(mask, part, whole), len(painting.levels))
    guides = _blended(painting, whole.clipped(painting.target.canvas), part, mask, seed)
    pieces: list[Piece] = []
    for number, (level, rect) in enumerate(
        zip(painting.levels, rerolled_rects(painting, part), strict=True)
    ):
        around = whole.coarser(number)
        level_pieces = []
        for strip in strips(rect):
            place = strip.within(rect)
            only = Only(masks[number][strip.within(around)], guides.part(place), seed)
            outer = strip.grown(REACH).clipped(level.canvas)
            level_pieces.append(Piece(number, strip, outer, only))
        pieces = level_pieces + pieces
        guides = guides.halved()
    yield from paint_pieces(painting, pieces, threads)


def rerolled_rects(painting: StrokePainting, part: Window) -> list[Window]:
    """Return what ``reroll`` may change at each level, the finest first."""
    whole = _aligned(painting, part)
    levels = enumerate(painting.levels)
    return [whole.coarser(number).clipped(level.canvas) for number, level in levels]


def _aligned(painting: StrokePainting, part: Window) -> Window:
    """Return the smallest window of whole cells of the coarsest level around ``part``."""
    coarsest = len(painting.levels) - 1
    return part.coarser(coarsest).finer(coarsest)


def _placed(mask: np.ndarray, part: Window, whole: Window) -> np.ndarray:
    placed = np.zeros((whole.height, whole.width), bool)
    placed[part.within(whole)] = mask
    return placed


def _halved(mask: np.ndarray, count: int) -> list[np.ndarray]:
    """Return the mask at each level: whether it touches a cell."""
    masks = [mask]
    while len(masks) < count:
        height, width = masks[-1].shape
        cells = masks[-1].reshape(height // 2, 2, width // 2, 2)
        masks.append(np.asarray(cells.any((1, 3))))
    return masks


def _blended(
    painting: StrokePainting, window: Window, part: Window, mask: np.ndarray, seed: int
) -> Guides:
    """Return the guides of the finest level in a window, of the other seed inside the mask."""
    level, target = painting.levels[0], painting.target
    old = (
        level.guides.part(window.within(level.canvas))
        if level.guides is not None
        else _by_strips(target, window)
    )
    new = _by_strips(replace(target, seed=seed), window)
    # Pixels beyond the window count as outside, those beyond the canvas do not.
    edges = np.pad(_placed(mask, part, window), 1, constant_values=False)
    for side, (ours, canvas) in enumerate(zip(window, target.canvas, strict=True)):
        if ours == canvas:
            _copy_edge(edges, side)
    distance = cv2.distanceTransform(edges.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    share = np.minimum(distance[1:-1, 1:-1], BLEND).astype(np.int32)

    def mixed(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        total = one.astype(np.int32) * (BLEND - share) + other * share
        return (total // BLEND).astype(np.uint8)

    return replace(
        old,
        cos=mixed(old.cos, new.cos),
        sin=mixed(old.sin, new.sin),
        streaks=mixed(old.streaks, new.streaks),
    )


def _copy_edge(edges: np.ndarray, side: int) -> None:
    """Continue a padded mask beyond its left, top, right or bottom side."""
    lines = edges.T if side % 2 == 0 else edges
    if side < 2:
        lines[0] = lines[1]
    else:
        lines[-1] = lines[-2]


def _by_strips(target: StrokeTarget, window: Window) -> Guides:
    return joined_guides([target.guides(strip) for strip in strips(window, overlap=0)])
