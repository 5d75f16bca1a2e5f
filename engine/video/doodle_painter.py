"""Paint the frames of a film of doodles, by strokes or by the network.

Strokes lie in two layers, as cels on a background: the ground, complete behind all things, and the
things, whose strokes move with them. Where more of a layer comes to light its strokes are continued
from beside it, and painted anew where that is too far or where they do not belong. Nothing else
changes. In a loop the last way fades into the strokes of the first frame, carried back.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from typing import Protocol

import cv2
import numpy as np

from engine.doodle.generator import moved_regions
from engine.errors import EngineError
from engine.requests import PaintedBy
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
from engine.strokes.guides import ZERO
from engine.strokes.kernels import ANY
from engine.strokes.large import UNIT
from engine.strokes.painter import StrokeStyle
from engine.strokes.synthesis import STRIP, StrokePainting, paint
from engine.strokes.target import StrokeTarget
from engine.video.doodles import Doodle, DoodleFrame, Way
from engine.video.flow import Motion
from engine.video.keyframes import KeptArrays, mixed
from engine.video.painter import Memory, held, plain_picture

NEAR = 4
"""Pixels over which strokes are continued into what comes to light."""

TURNED = 0.15
"""Difference of direction that may come up where the pen leads; 1 is across, 0.15 is 23 degrees."""

EVEN = 1e-4
"""Difference of the motion of neighbours, in pixels, up to which strokes are not joined again."""

_COS, _SIN = 9, 10  # channels of a packed picture

_BESIDE = sorted(
    (way for way in product(range(-NEAR, NEAR + 1), repeat=2) if 0 < np.hypot(*way) <= NEAR),
    key=lambda way: (way[0] ** 2 + way[1] ** 2, way),
)


@dataclass(frozen=True)
class DoodleLook:
    """How a film of doodles is painted.

    ``by``: "strokes" or "network"; ``stroke`` 0.5-4: size of the strokes; ``boil``: strokes by a
    new seed every so many frames, 0 for strokes that stay on things; ``meanings``: pairs of a
    material id and what paints it with strokes. Raises ValueError.
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
        if small.size > STRIP:
            raise EngineError(
                f"{doodle.name} is too large for a film by strokes, {doodle.labels.shape[1]} x "
                f"{doodle.labels.shape[0]} pixels: use --width or larger strokes."
            )
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
        ground = _Layer(places_of(painting.field), pen_drift(painting))
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
        front, ground = _layers(memory)
        if before in (0, 1):  # the things may be others than those on the way before
            ground = front.over(then.owner < 0, ground)
            lost = (then.owner >= 0) & self._misplaced(ground, then.ground)
            ground = self._mended(ground, Doodle(then.ground), (lost, lost), number)
        everywhere = np.ones(now.owner.shape, bool)
        step = _Step(way.morph.ground_flow(share, before), then.ground, now.ground, everywhere)
        ground = self._moved(ground, step, Doodle(now.ground, directions), ground, number)
        things = now.owner >= 0
        step = _Step(way.morph.flow(share, before), then.owner, now.owner, things)
        front = self._moved(front, step, Doodle(now.labels, directions), ground, number)
        return _remembered(memory.painted, front, ground)

    def _moved(
        self, layer: "_Layer", step: "_Step", doodle: Doodle, behind: "_Layer", number: int
    ) -> "_Layer":
        """Return a layer in the next frame, which shows ``doodle`` and has ``behind`` behind it."""
        if not step.mask.any():
            return behind
        layer, changed, new = step.moved(layer)
        layer = layer.over(step.mask, behind)
        stale = self._misplaced(layer, doodle.labels) | stretched(layer.places)
        lost = step.mask & (new | without_specks(changed & stale))
        return self._mended(layer, doodle, (lost, step.mask), number)

    def _mended(
        self, layer: "_Layer", doodle: Doodle, masks: tuple[np.ndarray, np.ndarray], number: int
    ) -> "_Layer":
        """Return a layer of which some pixels are painted anew.

        ``masks``: those, and those that are painted anew if they do not follow the pen.
        """
        (lost, mask), directions = masks, doodle.directions
        if directions is None and not lost.any():
            return layer
        painting = self._painting(doodle.labels, directions, self._look.seed)
        field, unusable = field_of(layer.places, painting.source.levels[0])
        begin_from(painting, field, shown(painting.source.rgb, UNIT, layer.places, field.shape))
        lost = lost | (mask & unusable)
        if directions is not None:
            lost = lost | mask & without_specks(pen_drift(painting) > layer.drift + TURNED)
        if not lost.any():
            return layer
        for _ in paint_lost(painting, lost, number, self._threads):
            pass
        return _Layer(places_of(painting.field), pen_drift(painting)).over(lost, layer)

    def _misplaced(self, layer: "_Layer", regions: np.ndarray) -> np.ndarray:
        """Return where a layer's strokes belong to another region, (h, w) bool."""
        source = self._style.painter.source.levels[0]
        field, unusable = field_of(layer.places, source)
        rule = source.rule(regions)
        return unusable | ((rule != ANY) & (source.places[field >> 16, field & 0xFFFF] != rule))


@dataclass(frozen=True, eq=False)
class _Layer:
    """Strokes: ``places``, (h, w, 2) float32; ``drift``, (h, w) float32, see ``pen_drift``."""

    places: np.ndarray
    drift: np.ndarray

    def over(self, mask: np.ndarray, other: "_Layer") -> "_Layer":
        """Return this layer inside a mask and another one elsewhere."""
        places = np.where(mask[..., None], self.places, other.places)
        return _Layer(places, np.where(mask, self.drift, other.drift))


def _remembered(number: int, front: _Layer, ground: _Layer) -> Memory:
    places = np.concatenate([front.places, ground.places], 2)
    return Memory(0, number, places, np.stack([front.drift, ground.drift], 2))


def _layers(memory: Memory) -> tuple[_Layer, _Layer]:
    """Return what is seen, and the ground."""
    places, drift = memory.places, memory.drift
    return _Layer(places[..., :2], drift[..., 0]), _Layer(places[..., 2:], drift[..., 1])


@dataclass(frozen=True, eq=False)
class _Step:
    """The motion of a layer between two frames.

    ``flow``: (h, w, 2) float32, from every pixel to where it was; ``then``, ``now``: (h, w), what
    is where, equal numbers for the same thing; ``mask``: (h, w) bool, where the layer is.
    """

    flow: np.ndarray
    then: np.ndarray
    now: np.ndarray
    mask: np.ndarray

    def moved(self, layer: _Layer) -> tuple[_Layer, np.ndarray, np.ndarray]:
        """Return the layer in the later frame, where it has changed, and what it lacks."""
        places, _ = carried(layer.places, self.flow)
        drift, _ = carried(layer.drift[..., None], self.flow)
        bending = cv2.morphologyEx(self.flow, cv2.MORPH_GRADIENT, np.ones((3, 3))).max(2) > EVEN
        places = np.where(bending[..., None], joined(places), places)
        same = moved_from(self.flow, self.then, self.now) | ~self.mask
        places, new = continued(places, same, self.now)
        changed = (self.flow != 0).any(2) | ~same
        return _Layer(places, drift[..., 0]), changed, new


def moved_from(flow: np.ndarray, then: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Return which pixels show what was at the end of a flow in the frame before, (h, w) bool."""
    height, width = now.shape
    y, x = np.indices((height, width), np.float32)
    x, y = (np.rint(at).astype(np.int32) for at in (x + flow[..., 0], y + flow[..., 1]))
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    return inside & (then[y.clip(0, height - 1), x.clip(0, width - 1)] == now)


def continued(
    places: np.ndarray, known: np.ndarray, things: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return places that continue the nearest known strokes of the same thing, and what is left.

    ``places``: (h, w, 2) float32; ``known``: (h, w) bool; ``things``: (h, w), equal numbers for the
    same thing. Left are pixels, (h, w) bool, that have none within NEAR pixels.
    """
    height, width = known.shape
    rows, columns = np.nonzero(~known)
    found, left = places.copy(), ~known
    for down, right in _BESIDE:
        if len(rows) == 0:
            break
        y, x = rows + down, columns + right
        inside = (y >= 0) & (x >= 0) & (y < height) & (x < width)
        y, x = y.clip(0, height - 1), x.clip(0, width - 1)
        takes = inside & known[y, x] & (things[y, x] == things[rows, columns])
        at = rows[takes], columns[takes]
        found[at] = places[y[takes], x[takes]] - np.array([right, down], np.float32)
        left[at] = False
        rows, columns = rows[~takes], columns[~takes]
    return found, left


def pen_drift(painting: StrokePainting) -> np.ndarray:
    """Return how much strokes differ from the pen's directions, (h, w) float32, 0-1.

    0 where they are the same and where there are none, 1 where they are across.
    """
    level = painting.levels[0]
    guides = level.guides
    assert guides is not None
    if guides.pen is None:
        return np.zeros(level.field.shape, np.float32)
    at = level.field >> 16, level.field & 0xFFFF
    packed = painting.source.levels[0].packed
    copied = np.stack([packed[..., channel][at] for channel in (_COS, _SIN)], 2)
    wanted = np.stack([guides.cos, guides.sin], 2)
    ours, theirs = (part.astype(np.float32) - ZERO for part in (wanted, copied))
    lengths = np.maximum(
        np.hypot(*np.moveaxis(ours, 2, 0)) * np.hypot(*np.moveaxis(theirs, 2, 0)), 1
    )
    unlike = (1 - (ours * theirs).sum(2) / lengths) / 2
    return (unlike * guides.pen / 254).astype(np.float32)


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
