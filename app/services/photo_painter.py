"""A painted photo on the engine's thread: what is known of it, and what is still to be painted."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from app.document.photo import Photo, PhotoLook
from app.document.rect import Rect
from app.document.resample import resized_picture
from app.services.mailbox import PreviewJob
from engine import requests
from engine.requests import PreviewPatch
from engine.tiles import Window, plan

if TYPE_CHECKING:
    from engine.studio import OverPhoto, Studio

# Pixels a side that are asked for in one go; about what the engine restyles at once.
TILE = 384

Step = tuple[PreviewPatch, bool]
"""Fresh pixels, and whether the job may be left after them."""

Recipe = tuple[str, int, tuple[np.ndarray, ...]]
"""Style, seed and the doodle's tiles that materials over a photo were painted from."""


def engine_look(look: PhotoLook, style_id: str, seed: int) -> requests.PhotoLook:
    """The same for the engine, with the document's style and seed."""
    return requests.PhotoLook(style_id, **asdict(look), seed=seed)


class PhotoPainter:
    """Keeps the restyled photo of the last look, so that a dab only mixes its part anew.

    It is small and enlarged at first, and sharp tile by tile. `_doodle` is what the materials over
    it are painted as; `_recipes` tells for which tiles that is still true.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew: there is no photo any more, or the engine paints differently now."""
        self._photo: Photo | None = None
        self._look: requests.PhotoLook | None = None
        self._styled = self._doodle = np.zeros((0, 0, 3), np.uint8)
        self._sharp: set[Window] = set()
        self._focus: Window | None = None
        self._recipes: dict[Window, Recipe] = {}

    def steps(self, studio: "Studio", job: PreviewJob) -> Iterator[Step]:
        """All that the job's dirty part can change.

        The first view of a look is never left in the middle: while a slider is dragged, that is all
        that there is time for.
        """
        from engine.studio import OverPhoto  # on this thread torch is there

        assert job.state.photo is not None
        look = engine_look(job.state.look, job.state.style_id, job.state.seed)
        labels = OverPhoto(job.state.labels.array())
        self._focus = Window(*job.focus) if job.focus is not None else self._focus
        tiles = list(plan(labels.bounds, TILE, self._focus))
        fresh = job.state.photo is not self._photo or look != self._look
        if fresh:
            self._begin(job.state.photo, look, studio.photo_small(job.state.photo.pixels, look))
            for tile in tiles if job.rough else ():
                yield self._patch(studio, job, labels, tile, first=True), False
        if job.dirty is None:
            if job.focus is None:  # it goes on where a dab came in between
                tiles.sort(key=self._sharp.__contains__)
            yield from self._sharpen(studio, job, labels, tiles)
        elif not fresh:  # else the whole is still owed
            changed = labels.changed(Window(*job.dirty).clipped(labels.bounds))
            for tile in plan(changed, TILE, self._focus):
                yield self._patch(studio, job, labels, tile), True

    def _begin(self, photo: Photo, look: requests.PhotoLook, small: np.ndarray) -> None:
        if self._photo is not photo:
            self._doodle, self._recipes = np.zeros((0, 0, 3), np.uint8), {}
        self._styled = resized_picture(small, photo.width, photo.height)
        self._photo, self._look, self._sharp = photo, look, set()

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
            yield self._patch(studio, job, labels, tile), True

    def _patch(
        self, studio: "Studio", job: PreviewJob, labels: "OverPhoto", rect: Window,
        first: bool = False,
    ) -> PreviewPatch:  # fmt: skip
        """What is seen in `rect`. At `first` materials look as they did before."""
        from engine.studio import mixed

        assert self._photo is not None
        place = Rect(*rect).slices
        covered = labels.covered(rect)
        pixels = self._styled[place]
        if covered.any():
            if not first or not self._doodle.size:
                self._paint_over(studio, job, labels, rect, covered)
            pixels = mixed(pixels, self._doodle[place], covered)
        pixels = mixed(pixels, self._photo.pixels[place], labels.kept(rect)).copy()
        pixels.flags.writeable = False
        return PreviewPatch(job.serial, (*rect,), pixels)

    def _paint_over(
        self, studio: "Studio", job: PreviewJob, labels: "OverPhoto", rect: Window,
        covered: np.ndarray,
    ) -> None:  # fmt: skip
        """Paint the materials in `rect`, unless they have been painted from the same labels."""
        if not self._doodle.size:
            self._doodle = self._styled.copy()
        around = Rect(*labels.decided_by(rect)).clipped(job.state.labels.bounds)
        recipe = job.state.style_id, job.state.seed, job.state.labels.tiles_at(around)
        if not _same(recipe, self._recipes.get(rect)):
            rows, columns = np.flatnonzero(covered.any(1)), np.flatnonzero(covered.any(0))
            box = Window(
                rect.left + int(columns[0]), rect.top + int(rows[0]),
                rect.left + int(columns[-1]) + 1, rect.top + int(rows[-1]) + 1,
            )  # fmt: skip
            pixels = studio.over_photo(labels, job.state.style_id, job.state.seed, box)
            self._doodle[Rect(*box).slices] = pixels
            if rect in self._sharp:
                self._recipes[rect] = recipe


def _same(one: Recipe, other: Recipe | None) -> bool:
    """Tiles never change once they are made: the same ones hold the same labels."""
    if other is None or one[:2] != other[:2] or len(one[2]) != len(other[2]):
        return False
    return all(mine is theirs for mine, theirs in zip(one[2], other[2], strict=True))
