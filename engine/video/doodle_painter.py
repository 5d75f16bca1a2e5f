"""Paint the frames of a film of doodles, by strokes or by the network.

Strokes lie in two layers, as cels on a background: the ground, complete behind all things, and the
things, whose strokes move with them. Where more of a layer comes to light its strokes are continued
from beside it, and painted anew where that is too far or where they do not belong. Nothing else
changes. In a loop the last way fades into the strokes of the first frame, carried back.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

import numpy as np

from engine.doodle.generator import moved_regions
from engine.errors import EngineError
from engine.requests import PaintedBy
from engine.strokes.carry import (
    begin_from,
    field_of,
    paint_lost,
    places_of,
    shown,
    stretched,
    without_specks,
)
from engine.strokes.guides import ZERO, Guides
from engine.strokes.kernels import ANY
from engine.strokes.large import UNIT
from engine.strokes.painter import StrokeStyle
from engine.strokes.source import SourceLevel
from engine.strokes.synthesis import STRIP, StrokePainting, paint
from engine.strokes.target import StrokeTarget
from engine.tiles import Window, box_of
from engine.video.doodles import Doodle, DoodleFrame, Way
from engine.video.flow import Motion
from engine.video.keyframes import KeptArrays, mixed
from engine.video.layers import Layer, Step, moved_from
from engine.video.morph import Moment
from engine.video.painter import Memory, held, plain_picture

TURNED = 0.15
"""Difference of direction that may come up where the pen leads; 1 is across, 0.15 is 23 degrees."""

AROUND = 64
"""Pixels around lost strokes on which new ones depend: 32 at the coarsest level."""

_COS, _SIN = 9, 10  # channels of a packed picture


@dataclass(frozen=True)
class DoodleLook:
    """How a film of doodles is painted.

    ``by``: "strokes" or "network"; ``stroke`` 0.5-4: size of the strokes; ``boil``: strokes by a
    new seed every so many frames, 0 for strokes that stay on things; ``meanings``: pairs of a
    material id and what paints it. Raises ValueError.
    """

    style: str
    seed: int = 0
    by: str = "strokes"
    stroke: float = 1.0
    boil: int = 0
    meanings: tuple[tuple[int, PaintedBy], ...] = field(default=())

    def __post_init__(self) -> None:
        if self.boil < 0:
            raise ValueError(f"boil is 0 frames or more, not {self.boil}.")
        if self.boil and self.by != "strokes":
            raise ValueError("Only strokes can boil.")


class DoodlePainter(Protocol):
    """Paints the frames of a film of doodles one after the other."""

    def paint(self, number: int, frame: DoodleFrame) -> np.ndarray:
        """Paint the next frame, (H, W, 3) uint8."""

    def look_ahead(self, number: int, frame: DoodleFrame) -> Iterator[int]:
        """Do what a frame needs of later ones; yields how many frames are left."""

    @property
    def memory(self) -> Memory:
        """What to keep to go on after the last frame."""

    def resume(self, memory: Memory) -> None:
        """Go on after the last frame."""


class StrokeDoodles:
    """Paints a film of doodles with strokes. For one thread."""

    def __init__(self, style: StrokeStyle, look: DoodleLook, threads: int = 1) -> None:
        self._style, self._look, self._threads = style, look, threads
        self._way = lru_cache(maxsize=2)(self._new_way)
        self._mapped = lru_cache(maxsize=3)(self._new_map)
        self._memory: Memory | None = None
        self._picture: np.ndarray | None = None
        self._back: KeptArrays | None = None

    @property
    def memory(self) -> Memory:
        """What to keep to go on after the last frame."""
        assert self._memory is not None
        return self._memory

    def resume(self, memory: Memory) -> None:
        """Go on after the last frame."""
        self._memory, self._picture = memory, None

    def paint(self, number: int, frame: DoodleFrame) -> np.ndarray:
        """Paint the next frame, (H, W, 3) uint8. Raises EngineError for one that is too large."""
        for _ in self.look_ahead(number, frame):
            pass
        way, memory, boil = self._way(*frame.between), self._memory, self._look.boil
        shape = frame.between[0].labels.shape
        if memory is None or frame.before is None or (boil and number - memory.painted >= boil):
            memory = self._whole(way, frame.share, number)
        elif frame.share != frame.before and not way.still:
            memory = self._carried(memory, way, (frame.before, frame.share), number)
        if memory is not self._memory or self._picture is None:
            self._picture = self._shown(memory.places[..., :2], shape)
        self._memory = memory
        if self._back is None or not frame.closing:
            return self._picture
        left = len(frame.closing) - frame.closing.index(frame.share)
        later = self._shown(self._back.read(left - 1), shape)
        return mixed(self._picture, later, 1 - left / (len(frame.closing) + 1))

    def look_ahead(self, number: int, frame: DoodleFrame) -> Iterator[int]:
        """Carry the strokes of the first frame back along the last way of a loop."""
        if not frame.closing or self._back is not None or self._look.boil:
            return
        way, back = self._way(*frame.between), KeptArrays()
        memory, after = self._whole(way, 1.0, 0), 1.0
        for left, share in reversed(list(enumerate(frame.closing))):
            memory = self._carried(memory, way, (after, share), number + left)
            back.append(memory.places[..., :2])
            after = share
            yield left
        self._back = back

    def _shown(self, places: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        return plain_picture(self._style.painter, places, shape)

    def _new_way(self, one: Doodle, other: Doodle) -> Way:
        return Way(self._mapped(one), self._mapped(other))

    def _new_map(self, doodle: Doodle) -> Doodle:
        """Return the regions that are painted, with moved borders, at the size that is matched.

        Borders are moved in the doodles and not in the frames: they would change their shape while
        they travel.
        """
        style = self._style
        small = style.painter.shrunk(doodle.labels)
        _check_size(doodle, small)
        regions, directions = style.table[small], doodle.directions
        if style.edges is not None:
            regions = moved_regions(small, style.table, style.edges, self._look.seed)
        if directions is not None:
            directions = style.painter.shrunk(directions)
        return Doodle(regions, directions, doodle.name)

    def _whole(self, way: Way, share: float, number: int) -> Memory:
        """Paint a frame as a doodle, first the ground, then the things on it."""
        look = self._look
        seed = look.seed + (number // look.boil if look.boil else 0)
        now, directions = way.at(share), way.directions(share)
        painting = self._painting(now.ground, directions, seed)
        for _ in paint(painting, self._threads):
            pass
        ground = _painted(painting)
        things = now.owner >= 0
        front = self._mended(ground, Doodle(now.labels, directions), (things, things), seed)
        return _remembered(number, front, ground)

    def _painting(
        self, regions: np.ndarray, directions: np.ndarray | None, seed: int
    ) -> StrokePainting:
        painter = self._style.painter
        target = StrokeTarget(regions, seed % 2**31, painter.flows, directions=directions)
        return StrokePainting(painter.source, target, painter.settings)

    def _carried(
        self, memory: Memory, way: Way, shares: tuple[float, float], number: int
    ) -> Memory:
        """Paint a frame with the strokes of the one before."""
        before, share = shares
        then, now, directions = way.at(before), way.at(share), way.directions(share)
        front, ground, *plates = _layers(memory)
        if before in (0, 1):
            ground = self._uncovered(front, ground, then, number)
            plates = self._plates(ground, way, before, number)
        everywhere = np.ones(now.owner.shape, bool)
        step = Step(way.morph.ground_flow(share, before), then.ground, now.ground, everywhere)
        plate = (plates[0], way.to_plate(shares, step)) if plates else None
        ground = self._moved(ground, step, Doodle(now.ground, directions), number, plate)
        things = now.owner >= 0
        step = Step(way.morph.flow(share, before), then.owner, now.owner, things)
        behind = ground, ~things
        front = self._moved(front, step, Doodle(now.labels, directions), number, behind)
        return _remembered(memory.painted, front, ground, *plates)

    def _uncovered(self, front: Layer, ground: Layer, now: Moment, number: int) -> Layer:
        """Return the ground at the beginning of a way, on which other things may lie."""
        things = now.owner >= 0
        ground = ground.over(things, front)
        lost = things & self._misplaced(ground, now.ground)
        return self._mended(ground, Doodle(now.ground), (lost, lost), number)

    def _plates(self, ground: Layer, way: Way, begin: float, number: int) -> list[Layer]:
        """Return the ground as it will be where it comes to light, if any does.

        Painted strip by strip along a border that moves on, it would look like a border all over.
        """
        lost, _ = way.coming(begin)
        if not lost.any():
            return []
        end = 1.0 - begin
        doodle = Doodle(way.at(end).ground, way.directions(end))
        return [self._mended(ground, doodle, (lost, lost), number)]

    def _moved(
        self,
        layer: Layer,
        step: Step,
        doodle: Doodle,
        number: int,
        other: tuple[Layer, np.ndarray] | None,
    ) -> Layer:
        """Return a layer in the next frame, which shows ``doodle``.

        ``other``: another layer, and where it takes the place of this one.
        """
        layer, new = step.moved(layer)
        mask = step.mask
        if other is not None:
            layer, mask = other[0].over(other[1], layer), mask & ~other[1]
        stale = mask & (step.moving | ~step.same)
        place = _around(stale)
        stale[place] &= self._misplaced(layer.part(place), doodle.labels[place]) | stretched(
            layer.places[place]
        )
        lost = mask & (new | without_specks(stale))
        return self._mended(layer, doodle, (lost, mask), number)

    def _mended(
        self, layer: Layer, doodle: Doodle, masks: tuple[np.ndarray, np.ndarray], number: int
    ) -> Layer:
        """Return a layer of which some pixels are painted anew.

        ``masks``: those, and those that are painted anew if they do not follow the pen.
        """
        (lost, mask), directions = masks, doodle.directions
        if directions is None and not lost.any():
            return layer
        painting = self._painting(doodle.labels, directions, self._look.seed)
        field, unusable = field_of(layer.places, painting.source.levels[0])
        lost = lost | (mask & unusable)
        if directions is not None:
            guides = painting.target.guides(painting.target.canvas)
            drift = pen_drift(guides, field, painting.source.levels[0])
            lost = lost | (mask & without_specks(drift > layer.drift + TURNED))
        if not lost.any():
            return layer
        picture, place = np.zeros((*field.shape, 3), np.uint8), _around(lost)
        part = layer.places[place]
        picture[place] = shown(painting.source.rgb, UNIT, part, part.shape[:2])
        begin_from(painting, field, picture)
        for _ in paint_lost(painting, lost, number, self._threads):
            pass
        return _painted(painting).over(lost, layer)

    def _misplaced(self, layer: Layer, regions: np.ndarray) -> np.ndarray:
        """Return where a layer's strokes belong to another region, (h, w) bool."""
        source = self._style.painter.source.levels[0]
        field, unusable = field_of(layer.places, source)
        rule = source.rule(regions)
        return unusable | ((rule != ANY) & (source.places[field >> 16, field & 0xFFFF] != rule))


def _check_size(doodle: Doodle, labels: np.ndarray) -> None:
    """Raise EngineError if ``labels``, the doodle at the size that is painted, are too many."""
    if labels.size > STRIP:
        height, width = doodle.labels.shape
        raise EngineError(
            f"{doodle.name} is too large for a film, {width} x {height} pixels: use --longest, or "
            "larger strokes."
        )


def _remembered(number: int, *layers: Layer) -> Memory:
    """Return the memory of what is seen, of the ground and perhaps of a plate."""
    places = np.concatenate([layer.places for layer in layers], 2)
    return Memory(0, number, places, np.stack([layer.drift for layer in layers], 2))


def _layers(memory: Memory) -> list[Layer]:
    """Return the layers of a memory."""
    places, drift = memory.places, memory.drift
    count = drift.shape[2]
    return [Layer(places[..., 2 * n : 2 * n + 2], drift[..., n]) for n in range(count)]


def pen_drift(guides: Guides, field: np.ndarray, source: SourceLevel) -> np.ndarray:
    """Return how much strokes differ from the pen's directions, (h, w) float32, 0-1.

    ``field``: matches, (h, w) int32. 0 where directions are the same and where there are none, 1
    where they are across.
    """
    if guides.pen is None:
        return np.zeros(field.shape, np.float32)
    at = field >> 16, field & 0xFFFF
    ours = [part.astype(np.float32) - ZERO for part in (guides.cos, guides.sin)]
    theirs = [source.packed[..., channel][at].astype(np.float32) - ZERO for channel in (_COS, _SIN)]
    lengths = np.maximum(np.hypot(*ours) * np.hypot(*theirs), 1)
    unlike = (1 - (ours[0] * theirs[0] + ours[1] * theirs[1]) / lengths) / 2
    return (unlike * guides.pen / 254).astype(np.float32)


def _painted(painting: StrokePainting) -> Layer:
    """Return the strokes of a painting."""
    guides, source = painting.levels[0].guides, painting.source.levels[0]
    assert guides is not None
    drift = pen_drift(guides, painting.field, source)
    return Layer(places_of(painting.field), drift)


def _around(mask: np.ndarray) -> tuple[slice, slice]:
    """Return the rows and columns of a mask and of what painting it depends on."""
    canvas = Window(0, 0, mask.shape[1], mask.shape[0])
    return box_of(mask).grown(AROUND).clipped(canvas).within(canvas)


Render = Callable[[np.ndarray, np.ndarray | None], np.ndarray]
"""Paints labels and directions, (H, W, 3) uint8."""


class NetworkDoodles:
    """Paints a film of doodles with a style's network. For one thread."""

    def __init__(self, render: Render) -> None:
        self._render = render
        self._way = lru_cache(maxsize=2)(Way)
        self._picture: np.ndarray | None = None

    def look_ahead(self, number: int, frame: DoodleFrame) -> Iterator[int]:  # noqa: ARG002
        """Do nothing: frames depend on earlier ones only."""
        yield from ()

    @property
    def memory(self) -> Memory:
        """What to keep to go on after the last frame."""
        assert self._picture is not None
        return Memory(0, 0, picture=self._picture)

    def resume(self, memory: Memory) -> None:
        """Go on after the last frame."""
        self._picture = memory.picture

    def paint(self, number: int, frame: DoodleFrame) -> np.ndarray:  # noqa: ARG002
        """Paint the next frame, (H, W, 3) uint8, and blend it with the one before, carried."""
        _check_size(frame.between[1], frame.between[1].labels)
        way, last, before = self._way(*frame.between), self._picture, frame.before
        if last is not None and before is not None and (way.still or before == frame.share):
            return last
        now = way.at(frame.share)
        picture = self._render(now.labels, way.directions(frame.share))
        if last is not None and before is not None:
            flow = way.morph.flow(frame.share, before)
            known = moved_from(flow, way.at(before).owner, now.owner)
            known &= moved_from(flow, way.at(before).labels, now.labels)
            picture = held(last, picture, Motion(flow, known.astype(np.float32)))
        self._picture = picture
        return picture
