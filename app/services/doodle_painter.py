"""Paint the preview of a doodle on the engine thread; a large canvas first as a coarse picture."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from operator import is_

import cv2
import numpy as np

from app.document.rect import Rect
from app.document.resample import reduced_labels
from app.services.mailbox import PreviewJob
from engine.requests import PreviewPatch, PreviewRequest
from engine.tiles import Window, affected, plan

Paint = Callable[[PreviewRequest], Iterator[PreviewPatch]]
"""Paints a request in patches, see ``Studio.preview_steps``."""

Step = tuple[PreviewPatch | None, bool]
"""New pixels, if there are any, and whether the job may be interrupted after them."""

LARGE = 2048 * 2048
"""Canvases with more pixels than this, more than a second's work, get a coarse picture first."""

COARSE_AREA = 512 * 512
"""Pixels of the small painting that is enlarged: a tenth of a second's work."""

COARSE_TILE = 1024
"""Side of the enlarged patches in canvas pixels."""


class DoodlePainter:
    """Paints the preview of doodles, and remembers which tiles of a large canvas are done.

    So a dab that interrupts the painting of a whole large canvas does not start it over. `share`:
    the share of the whole canvas that is painted, 0-1; None on a canvas that is not large.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Forget what is painted, for example because the engine's settings have changed."""
        self.share: float | None = None
        self._run = 0
        # The tiles of labels and directions that each finished tile was painted from.
        self._done: dict[Window, tuple[np.ndarray, ...]] = {}

    def steps(self, job: PreviewJob, paint: Paint) -> Iterator[Step]:
        """Yield patches for everything that the job's dirty rectangle can change.

        The coarse picture is never interrupted, as there is nothing else to see.
        """
        self.share = None
        if job.state.labels.bounds.area <= LARGE:
            yield from ((patch, True) for patch in paint(job.request()))
        elif job.dirty is None:
            yield from self._whole(job, paint)
        else:
            changed = affected(Window(*job.dirty))
            self._done = {
                tile: labels for tile, labels in self._done.items() if tile.clipped(changed).empty
            }
            yield from ((patch, True) for patch in paint(job.request()))

    def _whole(self, job: PreviewJob, paint: Paint) -> Iterator[Step]:
        request, fresh = job.request(), job.run != self._run
        if fresh:
            self._run, self._done = job.run, {}
            if job.rough:
                yield from ((patch, False) for patch in _coarse_patches(job, request, paint))
        canvas = job.state.labels.bounds
        self._done = {
            tile: made_from
            for tile, made_from in self._done.items()
            if same_tiles(made_from, _doodle_of(job, tile))
        }
        painted = sum(Rect(*tile).area for tile in self._done)
        self.share = painted / canvas.area
        for patch in paint(replace(request, done=frozenset(self._done))):
            tile = Window(*patch.rect)
            self._done[tile] = _doodle_of(job, tile)
            painted += Rect(*tile).area
            self.share = painted / canvas.area
            yield patch, True
        self._done = {}


def _doodle_of(job: PreviewJob, tile: Window) -> tuple[np.ndarray, ...]:
    """Return the immutable tiles of labels and directions that a painted tile depends on."""
    # Imports torch, so not on the UI thread.
    from engine.doodle.generator import directions_read, labels_window

    labels, directions = job.state.labels, job.state.directions
    tiles = labels.tiles_at(Rect(*labels_window(tile)).clipped(labels.bounds))
    if directions is None:
        return tiles
    cells = Rect(*directions_read(tile)).clipped(directions.bounds)
    return *tiles, *directions.tiles_at(cells)


def same_tiles(one: tuple[np.ndarray, ...], other: tuple[np.ndarray, ...]) -> bool:
    """Return whether tiles are the same ones. They are immutable, so identity is compared."""
    return len(one) == len(other) and all(map(is_, one, other))


def _coarse_patches(
    job: PreviewJob, request: PreviewRequest, paint: Paint
) -> Iterator[PreviewPatch]:
    """Paint the doodle reduced to COARSE_AREA, and yield parts of it enlarged to the canvas."""
    height, width = request.labels.shape
    labels = reduced_labels(request.labels, math.sqrt(COARSE_AREA / (width * height)))
    small = replace(request, labels=labels, directions=job.state.directions_at(labels.shape))
    pixels = np.empty((*small.labels.shape, 3), np.uint8)
    for patch in paint(small):
        pixels[Rect(*patch.rect).slices] = patch.pixels
    focus = Window(*request.focus) if request.focus is not None else None
    for tile in plan(Window(0, 0, width, height), COARSE_TILE, focus):
        yield PreviewPatch(request.serial, (*tile,), _enlarged(pixels, width, height, tile))


def _enlarged(pixels: np.ndarray, width: int, height: int, tile: Window) -> np.ndarray:
    """Return `tile` of a picture enlarged to `width` x `height`, read-only."""
    across, down = pixels.shape[1] / width, pixels.shape[0] / height
    # Pixel centres of the tile in the small picture.
    matrix = np.array(
        [
            [across, 0, (tile.left + 0.5) * across - 0.5],
            [0, down, (tile.top + 0.5) * down - 0.5],
        ]
    )
    large = cv2.warpAffine(
        pixels, matrix, (tile.width, tile.height),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    large.flags.writeable = False
    return large
