"""Paint the frames of a clip without flicker, by strokes or by the photo network.

Strokes: the places of the painting that the previous frame was copied from are carried along the
motion. What was not seen before is painted anew, coarse to fine, and so is what has changed under
its strokes and what is stretched. Everything else stays as it is, so that strokes stay on things.
Colour tables and the flow field of plain areas are those of a shot's first frame. The network has
its noise fixed to the position and the statistics of that frame, and its frames are blended with
the one before, carried along the motion.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

import cv2
import numpy as np

from engine.photo.painter import PaintedPhoto, PhotoPainter
from engine.photo.pixels import Colours, resized
from engine.photo.strokes import (
    LARGEST,
    MOST,
    SharedGuides,
    StrokePhotos,
    finished,
    finishing_colours,
    photo_target,
    shared_guides,
    stroke_painter,
)
from engine.requests import PhotoLook
from engine.strokes.carry import (
    begin_from,
    carried,
    field_of,
    joined,
    paint_lost,
    places_of,
    shown,
    stretched,
    without_specks,
)
from engine.strokes.large import UNIT
from engine.strokes.painter import StrokePainter, stroke_sixteenths
from engine.strokes.synthesis import StrokePainting, paint
from engine.video.flow import Motion, is_cut, motion, moved

LOST = 0.5
"""Trust in the motion below which a pixel is painted anew."""

DRIFT = 18.0
"""Difference of colours between frame and strokes, in steps of the guides, that may come up."""

HELD = 0.75
"""Share of the carried frame in one that the network paints."""

COARSE = 320
"""Longer side in pixels at which motion is measured for the network, which is fast."""

_AROUND = 7  # side of the neighbourhood in which that is averaged
_COLOURS = slice(3, 8)  # the colour guides in a packed picture


@dataclass(frozen=True)
class VideoLook:
    """How a clip is painted.

    ``photo``: the look of its frames; ``boil``: strokes by a new seed every so many frames, as
    animators redraw; 0 for strokes that stay on things. Raises ValueError.
    """

    photo: PhotoLook
    boil: int = 0

    def __post_init__(self) -> None:
        if self.boil < 0:
            raise ValueError(f"boil is 0 frames or more, not {self.boil}.")
        if self.boil and self.photo.by != "strokes":
            raise ValueError("Only strokes can boil.")


def _nothing() -> np.ndarray:
    return np.empty((0, 0), np.float32)


@dataclass(frozen=True, eq=False)
class Memory:
    """What the next frame needs of the frames before, besides the frames themselves.

    ``first``: number of the shot's first frame; ``painted``: number of the last one that was
    painted as a whole; ``places``: (h, w, 2) float32; ``drift``: (h, w) float32, difference of the
    colours when they were copied; ``colours``: (3, 4) float32, matrix and offset of the look's
    colours, or empty. All three are empty for the network, which needs ``picture``, the last
    painted frame, (H, W, 3) uint8. A film of doodles has places and drift of several layers, in the
    last axis.
    """

    first: int
    painted: int
    places: np.ndarray = field(default_factory=_nothing)
    drift: np.ndarray = field(default_factory=_nothing)
    colours: np.ndarray = field(default_factory=_nothing)
    picture: np.ndarray = field(default_factory=_nothing)


class ClipPainter(Protocol):
    """Paints the frames of a clip one after the other."""

    def paint(self, number: int, frame: np.ndarray) -> np.ndarray:
        """Paint the next frame, (H, W, 3) uint8."""

    def look_ahead(self, first: int) -> Iterator[int]:
        """Do what frame ``first`` needs of later ones; yields how many frames are left."""

    def still(self, frame: np.ndarray) -> Iterator[float | np.ndarray]:
        """Paint a frame, (H, W, 3) uint8, on its own; yields the share done, 0-1, then it."""

    @property
    def memory(self) -> Memory:
        """What to keep to go on after the last frame."""

    def resume(self, memory: Memory, first: np.ndarray, last: np.ndarray) -> None:
        """Go on after the frame ``last``; ``first``: the first one of its shot."""


class StrokeClip:
    """Paints a clip with strokes. For one thread."""

    def __init__(self, photos: StrokePhotos, look: VideoLook, threads: int = 1) -> None:
        self._photos, self._look, self._threads = photos, look, threads
        self._shot: _Shot | None = None
        self._last: np.ndarray | None = None
        self._memory: Memory | None = None

    def look_ahead(self, first: int) -> Iterator[int]:  # noqa: ARG002
        """Do nothing: frames depend on earlier ones only."""
        yield from ()

    @property
    def memory(self) -> Memory:
        """What to keep to go on after the last frame."""
        assert self._memory is not None
        return self._memory

    def resume(self, memory: Memory, first: np.ndarray, last: np.ndarray) -> None:
        """Go on after the frame ``last``; ``first``: the first one of its shot."""
        self._shot, self._last = self._begin(first), last
        self._memory = memory

    def paint(self, number: int, frame: np.ndarray) -> np.ndarray:
        """Paint the next frame, (H, W, 3) uint8."""
        before, memory, boil = self._last, self._memory, self._look.boil
        if before is None or memory is None or self._shot is None or is_cut(before, frame):
            self._shot = self._begin(frame)
            painting = self._whole(number, number, frame)
            memory = self._shot.first_memory(painting, number, frame)
        elif boil and number - memory.painted >= boil:
            again = self._whole(memory.first, number, frame)
            memory = _memory_of(again, memory.first, number, memory.colours)
        else:
            memory = self._carried(memory, before, number, frame)
        self._memory, self._last = memory, frame
        return self._shot.picture(memory, frame)

    def still(self, frame: np.ndarray) -> Iterator[float | np.ndarray]:
        """Paint a frame, (H, W, 3) uint8, on its own; yields the share done, 0-1, then it."""
        shot = self._begin(frame)
        painting = shot.painting(frame, self._look.photo.seed)
        for step in paint(painting, self._threads):
            yield step.share
        yield shot.picture(shot.first_memory(painting, 0, frame), frame)

    def _begin(self, frame: np.ndarray) -> "_Shot":
        return _Shot(self._photos, self._look.photo, frame)

    def _whole(self, first: int, number: int, frame: np.ndarray) -> StrokePainting:
        """Paint a frame as a photo."""
        shot = self._shot
        assert shot is not None
        boil = self._look.boil
        seed = self._look.photo.seed + ((number - first) // boil if boil else 0)
        painting = shot.painting(frame, seed)
        for _ in paint(painting, self._threads):
            pass
        return painting

    def _carried(
        self, memory: Memory, before: np.ndarray, number: int, frame: np.ndarray
    ) -> Memory:
        """Paint a frame with the strokes of the one before."""
        shot = self._shot
        assert shot is not None
        height, width = memory.places.shape[:2]
        moving = motion(before, frame, (width, height))
        seed = self._look.photo.seed

        def begin(places: np.ndarray, unseen: np.ndarray) -> StrokePainting:  # noqa: ARG001
            return shot.painting(frame, seed)

        return carry_on(memory, moving, begin, number, self._threads)


Begin = Callable[[np.ndarray, np.ndarray], StrokePainting]
"""Returns a frame to be painted, from the places carried to it and where they are not known."""


def carry_on(memory: Memory, moving: Motion, begin: Begin, number: int, threads: int) -> Memory:
    """Paint frame ``number`` with the strokes of the one before; only what is lost anew."""
    places, outside = carried(memory.places, moving.flow)
    places = joined(places)
    known, _ = carried(memory.drift[..., None], moving.flow)
    drift, unseen = known[..., 0], outside | (moving.trust < LOST)
    painting = begin(places, unseen)
    field, unusable = field_of(places, painting.source.levels[0])
    begin_from(painting, field, shown(painting.source.rgb, UNIT, places, field.shape))
    stale = (colour_drift(painting) > drift + DRIFT) | stretched(places)
    lost = unusable | without_specks(unseen | stale)
    if lost.any():
        for _ in paint_lost(painting, lost, number, threads):
            pass
        places = np.where(lost[..., None], places_of(painting.field), places)
        drift = np.where(lost, colour_drift(painting), drift)
    return replace(memory, places=places, drift=drift)


def working_size(shape: tuple[int, ...], sixteenths: int = UNIT) -> tuple[int, tuple[int, int]]:
    """Return how much larger than what is matched a frame is, in sixteenths, and (width, height).

    ``shape``: rows and columns of the frame; ``sixteenths``: stroke size; (width, height) is the
    size that is matched.
    """
    area = shape[0] * shape[1]
    enlarged = math.ceil(max(sixteenths, UNIT) * max(1.0, math.sqrt(area / MOST)))
    width, height = (max(1, -(-side * UNIT // enlarged)) for side in shape[1::-1])
    return enlarged, (width, height)


def plain_picture(painter: StrokePainter, places: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return the painting at ``places`` as large as a frame of ``shape``, in its own colours."""
    rows, columns = shape[:2]
    size = painter.enlarged
    most = places.shape[0] * size // UNIT, places.shape[1] * size // UNIT
    part = min(rows, most[0]), min(columns, most[1])
    return resized(shown(painter.large, size, places, part), (columns, rows))


class _Shot:
    """What all frames of a shot share."""

    def __init__(self, photos: StrokePhotos, look: PhotoLook, first: np.ndarray) -> None:
        self._look = look
        sixteenths = stroke_sixteenths(look.stroke)
        self._enlarged, self._size = working_size(first.shape, sixteenths)
        models = photos.models_of(look)
        self.painter: StrokePainter = stroke_painter(
            models, look, min(sixteenths, UNIT), min(self._enlarged, LARGEST)
        )
        self._shared: SharedGuides = shared_guides(self._work(first), models, look)

    def painting(self, frame: np.ndarray, seed: int) -> StrokePainting:
        """Return a frame as a picture to be painted."""
        target = photo_target(self._work(frame), self._shared, replace(self._look, seed=seed))
        return StrokePainting(self.painter.source, target, self.painter.settings)

    def first_memory(self, painting: StrokePainting, number: int, frame: np.ndarray) -> Memory:
        """Return what to keep of the shot's first frame, when it is painted."""
        colours = self.colours(self.plain(places_of(painting.field), frame), frame)
        return _memory_of(painting, number, number, colours)

    def picture(self, memory: Memory, frame: np.ndarray) -> np.ndarray:
        """Return the painted frame in the colours and strength of the look."""
        if self._look.strength == 0:
            return frame
        painted, colours = self.plain(memory.places, frame), memory.colours
        given = Colours(colours[:, :3], colours[:, 3]) if colours.size else None
        return finished(painted, frame, self._look, self._enlarged / UNIT, given)

    def plain(self, places: np.ndarray, frame: np.ndarray) -> np.ndarray:
        """Return the painted frame as large as the frame, in the painting's colours."""
        return plain_picture(self.painter, places, frame.shape)

    def colours(self, painted: np.ndarray, frame: np.ndarray) -> np.ndarray:
        """Return the transform to the colours of the look, see ``Memory``."""
        found = finishing_colours(painted, frame, self._look)
        return _nothing() if found is None else np.column_stack([found.matrix, found.offset])

    def _work(self, frame: np.ndarray) -> np.ndarray:
        return resized(frame, self._size)


def _memory_of(painting: StrokePainting, first: int, number: int, colours: np.ndarray) -> Memory:
    places, drift = places_of(painting.field), colour_drift(painting)
    return Memory(first, number, places, drift, colours)


def colour_drift(painting: StrokePainting) -> np.ndarray:
    """Return how much the colours at the copied places differ from the frame's, (h, w) float32."""
    level, guides = painting.levels[0], painting.levels[0].guides
    assert guides is not None
    rows, columns = level.field >> 16, level.field & 0xFFFF
    copied = painting.source.levels[0].packed[rows, columns, _COLOURS].astype(np.float32)
    wanted = np.stack(guides.more, 2).astype(np.float32)
    unlike = np.abs(cv2.blur(copied - wanted, (_AROUND, _AROUND)))
    return unlike.max(2)


class NetworkClip:
    """Paints a clip with the photo network. For one thread."""

    def __init__(self, painter: PhotoPainter, look: VideoLook) -> None:
        self._painter, self._look = painter, look.photo
        self._shot: PaintedPhoto | None = None
        self._last: np.ndarray | None = None
        self._picture: np.ndarray | None = None
        self._first = 0

    def look_ahead(self, first: int) -> Iterator[int]:  # noqa: ARG002
        """Do nothing: frames depend on earlier ones only."""
        yield from ()

    def still(self, frame: np.ndarray) -> Iterator[float | np.ndarray]:
        """Paint a frame, (H, W, 3) uint8, on its own."""
        painted = self._painter.begin(frame, self._look)
        yield painted.window(painted.bounds)

    @property
    def memory(self) -> Memory:
        """What to keep to go on after the last frame."""
        assert self._picture is not None
        return Memory(self._first, self._first, picture=self._picture)

    def resume(self, memory: Memory, first: np.ndarray, last: np.ndarray) -> None:
        """Go on after the frame ``last``; ``first``: the first one of its shot."""
        self._first, self._last, self._picture = memory.first, last, memory.picture
        self._shot = self._painter.begin(first, self._look)

    def paint(self, number: int, frame: np.ndarray) -> np.ndarray:
        """Paint the next frame, (H, W, 3) uint8."""
        before, shown, self._last = self._last, self._picture, frame
        if self._shot is None or before is None or shown is None or is_cut(before, frame):
            self._shot, self._first = self._painter.begin(frame, self._look), number
            self._picture = self._shot.window(self._shot.bounds)
        else:
            painted = self._painter.alike(self._shot, frame)
            self._picture = painted.window(painted.bounds)
            if self._look.strength > 0:
                size = frame.shape[1], frame.shape[0]
                moving = motion(before, frame, size, COARSE)
                self._picture = held(shown, self._picture, moving)
        return self._picture


def held(before: np.ndarray, new: np.ndarray, moving: Motion) -> np.ndarray:
    """Blend a painted frame with the one before, carried, as far as the motion is sure."""
    came = moved(before, moving.flow, cv2.INTER_CUBIC).astype(np.float32)
    share = HELD * moving.trust[..., None]
    return np.rint(new + share * (came - new)).clip(0, 255).astype(np.uint8)
