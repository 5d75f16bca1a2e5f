"""Paint the preview of a photo on the engine thread and cache its parts."""

import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from app.document.patch import box_of
from app.document.photo import Photo, PhotoLook
from app.document.rect import Rect
from app.document.resample import resized_picture
from app.services.doodle_painter import Step, same_tiles
from app.services.mailbox import PreviewJob
from app.services.meanings import PaintedBy, meanings_of
from engine import requests
from engine.requests import PreviewPatch
from engine.tiles import Window, plan

if TYPE_CHECKING:
    from engine.studio import OverPhoto, Studio

# Side of a preview tile in pixels; about what the engine restyles at once.
TILE = 384

SHOWN_EVERY = 0.4
"""Least seconds between two pictures of a photo that is being painted with strokes."""

PREPARED = 0.95
"""Share of the work of painting a photo with strokes that is done when all strokes are matched."""

NEAR = 12
"""Pixels around a dab where the network's materials show until strokes are there."""

Recipe = tuple[str, int, dict[int, PaintedBy], tuple[np.ndarray, ...]]
"""Style, seed, meanings, and tiles of labels and directions that materials were painted from."""


def engine_look(look: PhotoLook, style_id: str, seed: int) -> requests.PhotoLook:
    """Return the engine's photo look, with the document's style and seed."""
    return requests.PhotoLook(style_id, **asdict(look), seed=seed)


class PhotoPainter:
    """Caches the restyled photo of the last look, so that a dab only blends its own part again.

    The cache holds an enlarged small version at first and is replaced by sharp tiles one by one.
    `_doodle` holds the painted materials over the photo; `_recipes` says from what the network
    painted each of its tiles. Where strokes paint the photo, they then replace that: `_unshown`
    has the tiles in which they are not shown yet, and `_stroked` says in which look they last were
    shown. `share`: the share of the work that is done, 0-1; `_prepared`:
    of that, the share that was spent on strokes before any tile is sharp.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Clear the cache, because there is no photo or the engine's settings have changed."""
        self._photo: Photo | None = None
        self._source: object = None
        self._look: requests.PhotoLook | None = None
        self._styled = self._doodle = np.zeros((0, 0, 3), np.uint8)
        self._sharp: set[Window] = set()
        self.share = self._prepared = 0.0
        self._focus: Window | None = None
        self._recipes: dict[Window, Recipe] = {}
        self._unshown: dict[Window, None] = {}
        self._stroked: object = None

    def steps(self, studio: "Studio", job: PreviewJob) -> Iterator[Step]:
        """Yield patches for everything that the job's dirty rectangle can change.

        The first, rough view of a look is never interrupted, because while a slider is dragged
        there is no time for more.
        """
        from engine.studio import OverPhoto  # imports torch, so not on the UI thread

        assert job.state.photo is not None
        look = engine_look(job.state.look, job.state.style_id, job.state.seed)
        labels = OverPhoto(job.state.labels.array(), 1, job.state.direction_cells)
        source = studio.photo_source(look)
        if look == self._look and source != self._source:  # a pack was replaced
            self.forget()
        self._source = source
        self._focus = Window(*job.focus) if job.focus is not None else self._focus
        tiles = list(plan(labels.bounds, TILE, self._focus))
        fresh = job.state.photo is not self._photo or look != self._look
        if fresh:
            self._begin(job.state.photo, look, studio.photo_small(job.state.photo.pixels, look))
            for tile in tiles if job.rough else ():
                yield self._patch(studio, job, labels, tile, first=True), False
        if job.dirty is None:
            yield from self._prepare(studio, job, labels, tiles)
            if job.focus is None:  # continue after an interruption by a dab
                tiles.sort(key=self._sharp.__contains__)
            yield from self._sharpen(studio, job, labels, tiles)
        elif not fresh:  # otherwise the mailbox hands out a job for everything later
            dab = Window(*job.dirty).clipped(labels.bounds)
            near = dab.grown(NEAR).clipped(labels.bounds) if self._stroked else labels.changed(dab)
            for tile in plan(near, TILE, self._focus) if not dab.empty else ():
                yield self._patch(studio, job, labels, tile), True
        if not fresh or job.dirty is None:
            yield from self._follow_up(studio, job, labels, look)

    def _follow_up(
        self, studio: "Studio", job: PreviewJob, labels: "OverPhoto", look: requests.PhotoLook
    ) -> Iterator[Step]:
        """Replace the network's materials by strokes, if strokes paint the photo.

        After an interruption this continues.
        """
        from engine.studio import used_materials

        if look.by != "strokes" or not used_materials(labels.labels):
            self._stroked, self._unshown = None, {}
            return
        for step in studio.material_steps(labels, look, meanings_of(job.state)):
            if step is not None:
                self._unshown.update(dict.fromkeys(plan(step, TILE)))
            yield None, True
        layer = self._layer()
        for tile in list(self._unshown):
            del self._unshown[tile]
            layer[Rect(*tile).slices] = studio.materials_shown(tile)
            if labels.covered(tile).any():
                yield self._patch(studio, job, labels, tile, first=True), True
        self._recipes.clear()
        self._stroked = _stroked_in(job, look)

    def _layer(self) -> np.ndarray:
        """Return the picture of the materials, as large as the photo."""
        if not self._doodle.size:
            self._doodle = self._styled.copy()
        return self._doodle

    def _prepare(
        self, studio: "Studio", job: PreviewJob, labels: "OverPhoto", tiles: list[Window]
    ) -> Iterator[Step]:
        """Paint strokes coarse to fine, and show them from time to time; nothing for the network.

        After an interruption this continues.
        """
        assert self._photo is not None
        assert self._look is not None
        shown = time.monotonic()
        for step in studio.photo_steps(self._photo.pixels, self._look):
            self.share = self._prepared = PREPARED * step.share
            if time.monotonic() - shown < SHOWN_EVERY:
                yield None, True
                continue
            self._styled = resized_picture(step.picture, self._photo.width, self._photo.height)
            for tile in tiles:
                yield self._patch(studio, job, labels, tile, first=True), True
            shown = time.monotonic()

    def _begin(self, photo: Photo, look: requests.PhotoLook, small: np.ndarray) -> None:
        if self._photo is not photo:
            self._doodle, self._recipes = np.zeros((0, 0, 3), np.uint8), {}
            self._stroked, self._unshown = None, {}
        self._styled = resized_picture(small, photo.width, photo.height)
        self._photo, self._look, self._sharp = photo, look, set()
        self.share = self._prepared = 0.0

    def _sharpen(
        self, studio: "Studio", job: PreviewJob, labels: "OverPhoto", tiles: list[Window]
    ) -> Iterator[Step]:
        assert self._photo is not None
        assert self._look is not None
        blurred = [tile for tile in tiles if tile not in self._sharp]
        windows = studio.photo_windows(self._photo.pixels, self._look, blurred)
        for tile in tiles:
            if tile not in self._sharp:
                _, pixels = next(windows)
                self._styled[Rect(*tile).slices] = pixels
                self._sharp.add(tile)
                sharp = len(self._sharp) / len(tiles)
                self.share = self._prepared + (1 - self._prepared) * sharp
            yield self._patch(studio, job, labels, tile), True

    def _patch(
        self, studio: "Studio", job: PreviewJob, labels: "OverPhoto", rect: Window,
        first: bool = False,
    ) -> PreviewPatch:  # fmt: skip
        """Return the visible pixels of `rect`; with `first`, reuse the painted materials."""
        from engine.studio import mixed

        assert self._photo is not None
        place = Rect(*rect).slices
        covered = labels.covered(rect)
        pixels = self._styled[place]
        if covered.any():
            if not (first and self._doodle.size) and not self._has_strokes(job):
                self._paint_over(studio, job, labels, rect, covered)
            pixels = mixed(pixels, self._doodle[place], covered)
        pixels = mixed(pixels, self._photo.pixels[place], labels.kept(rect)).copy()
        pixels.flags.writeable = False
        return PreviewPatch(job.serial, (*rect,), pixels)

    def _paint_over(
        self, studio: "Studio", job: PreviewJob, labels: "OverPhoto", rect: Window,
        covered: np.ndarray,
    ) -> None:  # fmt: skip
        """Paint the materials in `rect`, unless they were painted from the same labels before."""
        layer, meanings = self._layer(), meanings_of(job.state)
        around = Rect(*labels.decided_by(rect)).clipped(job.state.labels.bounds)
        tiles = job.state.doodle.tiles_at(around)
        recipe = job.state.style_id, job.state.seed, meanings, tiles
        if not _same(recipe, self._recipes.get(rect)):
            box = Window(*box_of(covered).moved(rect.left, rect.top))
            pixels = studio.over_photo(labels, *recipe[:2], box, meanings)
            layer[Rect(*box).slices] = pixels
            self._unshown[box] = None
            if rect in self._sharp and self._stroked is None:
                self._recipes[rect] = recipe

    def _has_strokes(self, job: PreviewJob) -> bool:
        """Return whether a job for the whole canvas finds all its materials painted by strokes."""
        assert self._look is not None
        return job.dirty is None and self._stroked == _stroked_in(job, self._look)


def _stroked_in(job: PreviewJob, look: requests.PhotoLook) -> object:
    """Return what the strokes of materials depend on, except the doodle."""
    return look.by, look.style, look.seed, look.stroke, meanings_of(job.state)


def _same(one: Recipe, other: Recipe | None) -> bool:
    """Return whether two recipes are equal."""
    return other is not None and one[:3] == other[:3] and same_tiles(one[3], other[3])
