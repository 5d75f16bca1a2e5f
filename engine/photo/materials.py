"""Paint the materials over a photo with strokes of the regions that paint them.

The whole canvas is painted, without the photo: around every material its own continues, so that no
border shows where it ends, and what is farther away is never seen. The painting is kept and only
changes are painted again. So a dab is quick, and an export has the strokes that the window shows.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from engine.doodle.enlarge import used_materials
from engine.photo.composite import FILL, OverPhoto
from engine.photo.strokes import reduction
from engine.requests import PaintedBy, PhotoLook
from engine.strokes.edits import joined_boxes, turned_box
from engine.strokes.live import LiveStrokes
from engine.strokes.painter import LARGEST, SMALLEST, StrokePainter, StrokeStyle, eight_bits
from engine.tiles import Window, box_of

STEPS = 8
"""Stroke sizes are multiples of 1 / STEPS, since each has to be prepared."""

Prepare = Callable[[PhotoLook, float, Mapping[int, PaintedBy], tuple[int, ...]], StrokeStyle]
"""Prepares a look's style for a stroke size, what paints materials, and the ids of those used."""


@dataclass(frozen=True)
class _Made:
    """What a painting of materials was made for."""

    style: str
    seed: int
    stroke: float
    meanings: tuple[tuple[int, PaintedBy], ...]
    shape: tuple[int, int]


@dataclass(frozen=True, eq=False)
class PaintedMaterials:
    """The finished materials over a photo, ``scale`` times as large as they were matched for."""

    painter: StrokePainter
    field: np.ndarray
    picture: np.ndarray
    scale: int

    def window(self, rect: Window) -> np.ndarray:
        """Return a window of the picture, (h, w, 3) uint8."""
        if self.scale == 1:
            return self.picture[rect.within(Window(0, 0, *self.picture.shape[1::-1]))]
        return eight_bits(self.painter.enlarge(self.field, rect))


MaterialSteps = Iterator[Window | None]
"""Windows of the canvas that were painted; None after work that does not show."""

PaintingMaterials = Generator[None, None, PaintedMaterials]
"""Paints all materials over a photo and returns them."""


class MaterialStrokes:
    """Paints the materials over one photo. Used by one thread at a time."""

    def __init__(self, prepare: Prepare) -> None:
        self._prepare = prepare
        self._live: LiveStrokes
        self._made: _Made | None = None
        self._done = False
        self._own = self._labels = np.zeros((0, 0), np.uint8)  # as given, and without gaps
        self._directions: np.ndarray | None = None
        self._picture = np.zeros((0, 0, 3), np.uint8)

    def steps(
        self,
        labels: OverPhoto,
        look: PhotoLook,
        meanings: Mapping[int, PaintedBy],
        threads: int = 1,
    ) -> MaterialSteps:
        """Paint what differs from the last call, after a look's style, seed and stroke size.

        May be stopped; the next call paints what is left. Raises EngineError for a style without a
        painting.
        """
        made = _made(labels, look, meanings)
        live, changed = self._begin(labels, made, look, meanings, threads)
        if changed is not None and changed.empty and self._done:
            return
        self._done, bounds = False, Window(0, 0, *self._labels.shape[::-1])
        for step in live.steps(self._labels, changed, directions=labels.directions):
            if step.pixels is not None:
                self._picture[step.window.within(bounds)] = step.pixels
            if step.share >= 1:
                self._done = True
                live.take_edits()  # nothing is undone here, so they would only take memory
            yield None if step.pixels is None else step.window

    def window(self, rect: Window) -> np.ndarray:
        """Return the current pixels in a window of the canvas, (h, w, 3) uint8."""
        return self._picture[rect.within(Window(0, 0, *self._picture.shape[1::-1]))]

    def all(
        self,
        labels: OverPhoto,
        look: PhotoLook,
        meanings: Mapping[int, PaintedBy],
        threads: int = 1,
    ) -> PaintingMaterials:
        """Paint all materials for a file, unless the same ones are here already.

        What is here does not change, since previews may be painted meanwhile. Raises as ``steps``.
        """
        found = self.painted(labels, look, meanings)
        if found is not None:
            return found
        own = MaterialStrokes(self._prepare)
        for _ in own.steps(labels, look, meanings, threads):
            yield
        found = own.painted(labels, look, meanings)
        assert found is not None
        return found

    def painted(
        self, labels: OverPhoto, look: PhotoLook, meanings: Mapping[int, PaintedBy]
    ) -> PaintedMaterials | None:
        """Return a copy of the finished painting of a doodle, enlarged by ``labels.scale``.

        Returns None if it is not of exactly this doodle and look, or is not finished.
        """
        same = self._done and self._made == _made(labels, look, meanings)
        if not same or not np.array_equal(self._own, labels.labels):
            return None
        if not turned_box(self._directions, labels.directions).empty:
            return None
        matches = self._live.matches()
        assert matches is not None
        painter = matches.painter.larger(labels.scale)
        return PaintedMaterials(painter, matches.field, self._picture.copy(), labels.scale)

    def _begin(
        self,
        labels: OverPhoto,
        made: _Made,
        look: PhotoLook,
        meanings: Mapping[int, PaintedBy],
        threads: int,
    ) -> tuple[LiveStrokes, Window | None]:
        """Take over a doodle; return the painting, and where it has changed, None for all."""
        own, single = labels.labels, OverPhoto(labels.labels)
        used, bounds = used_materials(own), single.bounds
        if made == self._made:
            changed = box_of(own != self._own)
            if not changed.empty:
                changed = changed.grown(FILL).clipped(bounds)
                self._labels[changed.within(bounds)] = single.window(changed)
            turned = turned_box(self._directions, labels.directions).clipped(bounds)
            found = joined_boxes(changed, turned)
            if new := set(used) - set(self._live.materials):
                order = (*self._live.materials, *sorted(new))
                self._live.extend(self._prepare(look, made.stroke, meanings, order))
        else:
            style = self._prepare(look, made.stroke, meanings, used)
            self._live, found = LiveStrokes(style, look.seed, threads), None
            self._labels = single.window(bounds)
            self._picture = np.zeros((*own.shape, 3), np.uint8)
            self._made, self._done = made, False
        self._own, self._directions = own, labels.directions
        return self._live, found


def _made(labels: OverPhoto, look: PhotoLook, meanings: Mapping[int, PaintedBy]) -> _Made:
    height, width = labels.labels.shape
    stroke = round(STEPS * look.stroke * reduction((height, width))) / STEPS
    stroke = min(max(stroke, SMALLEST), LARGEST)
    meant = tuple(sorted(meanings.items()))
    return _Made(look.style, look.seed, stroke, meant, (height, width))
