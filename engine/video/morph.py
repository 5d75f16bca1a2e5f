"""Turn one label map into another by distance fields, and say how everything moves meanwhile.

Things are the smaller connected areas. Those of one label are matched between the two maps; each
moves in a straight line and changes its shape on the way. What lies behind them is filled in and
changes in place: of the signed distances of every label, interpolated, the largest wins.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product

import cv2
import numpy as np

from engine.strokes.guides import GAP, fill_gaps
from engine.tiles import Window

LARGE = 1 / 8
"""Share of the map from which on an area belongs to the background."""

WIDE = 1 / 2
"""Share of the map's width from which on it does, too."""

SPECK = 1 / 50_000
"""Share of the map below which an area belongs to it, too; at least LEAST pixels."""

LEAST, MOST = 12, 96
"""Pixels of the smallest thing; most things of one map."""

UNLIKE = 2.2
"""Difference below which two areas may be the same thing: 1 for 2.7 times the size, 2 where
everything beside them differs."""

EXACT = 1500
"""Pixels from which on distances are whole numbers."""

TINY = 0.01
"""Share of its size from which on a thing that comes is drawn."""

TOUCHING = 3
"""Pixels between a thing and another one that bears it."""

STAYS = 1 / 2
"""Share of an area with the same label in the other map from which on it does not come or go."""

MARGIN = 8
"""Pixels around a thing, besides half its size, in which its distances are known."""

UNKNOWN = 1e-3
"""Weight of the distances of a thing that is cut off at the edge, beyond that edge."""

BAND = 4.0
"""Width in pixels of the band along a border in which its motion is measured."""

LONGEST = 24.0
"""Pixels that a border moves at most between two frames; beyond, its motion is not known."""

CELL, FADE, FAINT = 8, 4.0, 0.002
"""Side in pixels of the cells in which the motion of borders spreads, the standard deviation of its
weights in cells, and the weight of standing still."""


Maps = tuple[np.ndarray, np.ndarray]
"""Two label maps, (h, w) uint8."""


@dataclass(frozen=True, eq=False)
class Moment:
    """A map between two others: ``labels``, (h, w) uint8; ``ground``: the same behind the things.

    ``owner``: (h, w) int16, the number of the thing that a pixel shows, -1 for the ground.
    """

    labels: np.ndarray
    ground: np.ndarray
    owner: np.ndarray


@dataclass(frozen=True, eq=False)
class _Area:
    """A connected area: ``distance``: (h, w) float32 inside ``window``, positive in the area;
    ``box``: around the area; ``centre``: its mean, (x, y); ``beside``: (256,) bool, the labels that
    it touches.
    """

    label: int
    size: int
    box: Window
    centre: np.ndarray
    beside: np.ndarray
    distance: np.ndarray
    window: Window

    @property
    def mask(self) -> np.ndarray:
        """The area inside its box, (h, w) bool."""
        return self.distance[self.box.within(self.window)] > 0

    def around(self, canvas: Window, pixels: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows and columns of the area and of some pixels around it."""
        outer = self.box.grown(pixels)
        side = np.ones((2 * pixels + 1, 2 * pixels + 1), np.uint8)
        near = cv2.dilate(np.pad(self.mask, pixels).astype(np.uint8), side)
        rows, columns = np.nonzero(near[outer.clipped(canvas).within(outer)])
        return rows + max(outer.top, 0), columns + max(outer.left, 0)

    def has(self, at: tuple[np.ndarray, np.ndarray]) -> bool:
        """Return whether one of some pixels, rows and columns, is in the area."""
        box, (rows, columns) = self.box, at
        inside = (rows >= box.top) & (rows < box.bottom)
        inside &= (columns >= box.left) & (columns < box.right)
        return bool(self.mask[rows[inside] - box.top, columns[inside] - box.left].any())


@dataclass(frozen=True, eq=False)
class _Pose:
    """An area in one of the two maps; ``place``: (x, y) in it that moves to that of the other.

    ``extent``: a length that its size is proportional to, 0 for a thing that is not there yet.
    """

    area: _Area | None
    place: np.ndarray
    extent: float


@dataclass(frozen=True, eq=False)
class _Thing:
    """Something that moves. ``over``: (256,) bool, the labels that it hides."""

    label: int
    poses: tuple[_Pose, _Pose]
    over: np.ndarray

    def place(self, share: float) -> tuple[np.ndarray, float]:
        """Return where its place is and its extent at a moment."""
        one, other = self.poses
        place = (1 - share) * one.place + share * other.place
        return place, (1 - share) * one.extent + share * other.extent

    def drawn(self, share: float, canvas: Window) -> tuple[Window, np.ndarray]:
        """Return a window and where the thing is in it, (h, w) bool."""
        place, extent = self.place(share)
        shares = 1 - share, share
        seen = [
            (pose.area, pose, extent / pose.extent, weight)
            for pose, weight in zip(self.poses, shares, strict=True)
            if pose.area is not None and extent > TINY * pose.extent
        ]
        window = Window(0, 0, 0, 0)
        for area, pose, size, _ in seen:
            left, top = (np.array(area.box[:2]) - pose.place) * size + place
            right, bottom = (np.array(area.box[2:]) - pose.place) * size + place
            ends = math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom)
            here = Window(*ends).grown(1)
            window = here if window.empty else window.united(here)
        window = window.clipped(canvas)
        if window.empty:
            return Window(0, 0, 0, 0), np.zeros((0, 0), bool)
        alone = len(seen) == 1
        total = np.zeros((window.height, window.width), np.float32)
        for area, pose, size, weight in seen:
            if alone or weight > 0:
                found, known = _sampled(area, pose.place - place / size, size, window, canvas)
                known *= np.float32(1 if alone else weight)
                total += known * np.float32(size) * found
        return window, total > 0


def _sampled(
    area: _Area, shift: np.ndarray, size: float, window: Window, canvas: Window
) -> tuple[np.ndarray, np.ndarray]:
    """Return an area's distances, moved and enlarged by ``size``, in a window of the map.

    The second value is 1 where they are known and hardly counts beyond the edge of the map.
    """
    x = np.arange(window.left, window.right) / size + shift[0]
    y = np.arange(window.top, window.bottom) / size + shift[1]
    at_x, at_y = np.meshgrid(
        (x - area.window.left).astype(np.float32), (y - area.window.top).astype(np.float32)
    )
    found = cv2.remap(area.distance, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = np.outer((y > -1) & (y < canvas.bottom), (x > -1) & (x < canvas.right))
    return found, np.where(inside, np.float32(1), np.float32(UNKNOWN))


class Morph:
    """The way from one label map to another of the same size, both (h, w) uint8, without GAP.

    ``share``: 0 is the first map, 1 the second one; both are exact.
    """

    def __init__(self, before: np.ndarray, after: np.ndarray) -> None:
        """Find the things and match them."""
        self._maps = before, after
        height, width = before.shape
        self.canvas = Window(0, 0, width, height)
        self.still = bool(np.array_equal(before, after))
        self._things: list[_Thing] = []
        self._grounds = self._maps
        if not self.still:
            large = _large(before) | _large(after)
            self._take_things(lambda label: label not in large)
            # What is left of the large ones is whole again behind the other things.
            back = _back(before, after, large)
            self._take_things(lambda label: label != back)
        self._fields = list(_fields(self._grounds)) if self._changing else []
        self.at = lru_cache(maxsize=2)(self._at)

    @cached_property
    def rows(self) -> np.ndarray:
        """Mean row of every label in the ground of both maps, (256,) float64; 0 for others.

        What lies lower in the maps is in front.
        """
        rows = np.zeros(256)
        for label, _ in self._fields:
            rows[label] = _row(label, *self._grounds)
        return rows

    @property
    def _changing(self) -> bool:
        return not np.array_equal(*self._grounds)

    def _take_things(self, allowed: Callable[[int], bool]) -> None:
        """Move the things with ``allowed`` labels from the background to the beginning."""
        maps = self._grounds
        before, after = (list(_areas(each, allowed)) for each in maps)
        pairs = _matched(before, after, maps, self.canvas)
        self._grounds = _ground(maps[0], pairs, 0), _ground(maps[1], pairs, 1)
        things = [self._thing(pair, maps) for pair in pairs]
        self._things[:0] = sorted(things, key=lambda each: (-_size(each), each.label))

    def _thing(self, poses: tuple[_Pose, _Pose], maps: Maps) -> _Thing:
        over = np.zeros(256, bool)
        for pose, whole, ground in zip(poses, maps, self._grounds, strict=True):
            if pose.area is not None:
                at = pose.area.around(self.canvas)
                over[whole[at]] = over[ground[at]] = True
        label = next(pose.area.label for pose in poses if pose.area is not None)
        over[label] = True
        return _Thing(label, poses, over)

    def _at(self, share: float) -> Moment:
        """Return the map at a moment."""
        ground = self._grounds[0]
        if self._fields:
            ground = _largest((label, field(share)) for label, field in self._fields)
        labels = ground.copy()
        owner = np.full(labels.shape, -1, np.int16)
        for number, thing in enumerate(self._things):
            window, inside = thing.drawn(share, self.canvas)
            place = window.within(self.canvas)
            shown = inside & thing.over[labels[place]]
            labels[place][shown] = thing.label
            owner[place][shown] = number
        return Moment(labels, ground, owner)

    def flow(self, share: float, other: float) -> np.ndarray:
        """Return the way of the things at a moment to another one, (h, w, 2) float32, x and y.

        It leads from every pixel to where it is then; 0 on the ground.
        """
        found = np.zeros((*self.at(share).owner.shape, 2), np.float32)
        if share == other:
            return found
        moment = self.at(share)
        for number, thing in enumerate(self._things):
            window, _ = thing.drawn(share, self.canvas)
            place = window.within(self.canvas)
            mine = moment.owner[place] == number
            if not mine.any():
                continue
            (here, size), (there, other_size) = thing.place(share), thing.place(other)
            x, y = np.meshgrid(
                np.arange(window.left, window.right), np.arange(window.top, window.bottom)
            )
            way = np.stack([x, y], 2)[mine] - here
            found[place][mine] = way * (other_size / size) + there - here - way
        return found

    def ground_flow(self, share: float, other: float) -> np.ndarray:
        """Return the way of the ground to a moment nearby, as ``flow`` does that of the things.

        What is in front moves with its borders; what is behind is hidden or comes to light.
        """
        ground = self.at(share).ground
        found = np.zeros((*ground.shape, 2), np.float32)
        if share == other:
            return found
        now = {label: field(share) for label, field in self._fields}
        then = {label: field(other) for label, field in self._fields}
        labels = sorted(now, key=lambda label: (self.rows[label], label))
        behind = [fields[label].copy() for fields in (now, then) for label in labels[:1]]
        for label in labels[1:]:
            ahead, before = now[label] - behind[0], then[label] - behind[1]
            mine = ground == label
            spread = _spread(ahead, before - ahead, mine)
            if spread is not None:
                found[mine] = spread[mine]
            np.maximum(behind[0], now[label], out=behind[0])
            np.maximum(behind[1], then[label], out=behind[1])
        return found


def _size(thing: _Thing) -> int:
    return max(pose.area.size for pose in thing.poses if pose.area is not None)


class _Field:
    """The signed distance of a label to its border, interpolated between two maps."""

    def __init__(self, ends: Maps) -> None:
        self._ends = ends

    def __call__(self, share: float) -> np.ndarray:
        one, other = self._ends
        return np.float32(1 - share) * one + np.float32(share) * other


def _fields(maps: Maps) -> Iterator[tuple[int, _Field]]:
    labels = np.union1d(*maps).tolist()
    found = [{label: signed_distance(each == label) for label in labels} for each in maps]
    best = [np.maximum.reduce(list(each.values())) for each in found]
    for label in labels:
        masks = [each == label for each in maps]
        ends = found[0][label], found[1][label]
        begun = _with_new(ends, masks, best[0], 0), _with_new(ends, masks, best[1], 1)
        yield label, _Field(begun)


def _with_new(ends: Maps, masks: Sequence[np.ndarray], best: np.ndarray, side: int) -> np.ndarray:
    """Return the distances of a label in one map, with what only the other one has about to begin.

    Areas that come, or go, grow evenly from their middle; by distances alone they would hardly be
    seen before the end. ``best``: the largest distance of all labels in the map.
    """
    here, there = ends[side], ends[1 - side]
    _, numbers = cv2.connectedComponents(masks[1 - side].astype(np.uint8), connectivity=8)
    old = np.unique(numbers[masks[side]])
    new = np.asarray((numbers > 0) & ~np.isin(numbers, old))
    if not new.any():
        return here
    most = np.zeros(numbers.max() + 1, np.float32)
    np.maximum.at(most, numbers[new].astype(np.int64), there[new])
    ahead = best + 2 * (there - most[numbers]) - np.float32(0.5)
    return np.where(new, np.maximum(here, ahead), here)


def _largest(fields: Iterator[tuple[int, np.ndarray]]) -> np.ndarray:
    label, best = next(fields)
    labels = np.full(best.shape, label, np.uint8)
    for label, field in fields:
        wins = field > best
        labels[wins] = label
        np.maximum(best, field, out=best)
    return labels


def signed_distance(mask: np.ndarray) -> np.ndarray:
    """Return the distance to the border of a (h, w) bool mask, float32, positive inside it.

    At most the length of the map, and half a pixel for the pixels beside the border.
    """
    most = float(sum(mask.shape))
    inside, outside = (_distance(part).clip(0, most) for part in (mask, ~mask))
    return np.where(mask, inside - 0.5, 0.5 - outside).astype(np.float32)


def _distance(mask: np.ndarray) -> np.ndarray:
    """Return the distance to the nearest pixel outside a mask, (h, w) float64, always the same.

    The last bits of ``cv2.distanceTransform`` depend on where its memory lies. Squares of distances
    are integers, which are found for sure up to EXACT.
    """
    found = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    exact = np.sqrt(np.rint(found.astype(np.float64) ** 2))
    return np.where(found < EXACT, exact, np.rint(found))


def _large(labels: np.ndarray) -> set[int]:
    """Return the labels that have an area too large for a thing."""
    found = set()
    for label in np.unique(labels).tolist():
        mask = (labels == label).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        sizes, widths = stats[1:, cv2.CC_STAT_AREA], stats[1:, cv2.CC_STAT_WIDTH]
        if sizes.max() > LARGE * labels.size or widths.max() > WIDE * labels.shape[1]:
            found.add(label)
    return found


def _back(before: np.ndarray, after: np.ndarray, large: set[int]) -> int:
    """Return the label behind all others: the large one that is highest up."""
    rows = {label: _row(label, before, after) for label in large}
    if not rows:
        return int(np.bincount(np.concatenate([before, after], None)).argmax())
    return min(rows, key=lambda label: (rows[label], label))


def _row(label: int, *maps: np.ndarray) -> float:
    """Return the mean row of a label in some maps."""
    rows = [np.flatnonzero(labels == label) // labels.shape[1] for labels in maps]
    return float(np.concatenate(rows).mean())


def _areas(labels: np.ndarray, allowed: Callable[[int], bool]) -> Iterator[_Area]:
    """Yield the connected areas of ``allowed`` labels that may be things, the largest first."""
    height, width = labels.shape
    least, most = max(LEAST, SPECK * labels.size), LARGE * labels.size
    found = []
    for label in filter(allowed, np.unique(labels).tolist()):
        mask = (labels == label).astype(np.uint8)
        _, numbers, stats, centres = cv2.connectedComponentsWithStats(mask, connectivity=8)
        for number, (left, top, wide, high, size) in enumerate(stats.tolist()):
            if number and least <= size <= most and wide <= WIDE * width:
                box = Window(left, top, left + wide, top + high)
                found.append((size, label, box, centres[number], numbers, number))
    found.sort(key=lambda each: (-each[0], each[1], each[2]))
    canvas = Window(0, 0, width, height)
    for size, label, box, centre, numbers, number in found[:MOST]:
        window = box.grown(MARGIN + max(box.width, box.height) // 2).clipped(canvas)
        distance = signed_distance(numbers[window.within(canvas)] == number)
        area = _Area(label, size, box, centre, np.zeros(256, bool), distance, window)
        area.beside[labels[area.around(canvas)]] = True
        area.beside[label] = False
        yield area


def _matched(
    before: Sequence[_Area], after: Sequence[_Area], maps: Maps, canvas: Window
) -> list[tuple[_Pose, _Pose]]:
    """Match the things of two maps, the most alike and nearest first; others come or go.

    What neither moves nor is missing in the other map is no thing.
    """
    same = {(area.label, area.box): area for area in before}
    still = {
        id(each)
        for area in after
        if (twin := same.get((area.label, area.box))) and np.array_equal(twin.mask, area.mask)
        for each in (area, twin)
    }
    before, after = ([a for a in areas if id(a) not in still] for areas in (before, after))
    unlike = {
        (i, j): _unlike(one, other)
        for (i, one), (j, other) in product(enumerate(before), enumerate(after))
        if one.label == other.label
    }
    prices = sorted(
        (price + _way(before[i], after[j]), i + j, i, j)
        for (i, j), price in unlike.items()
        if price < UNLIKE
    )
    left, right = dict(enumerate(before)), dict(enumerate(after))
    found = []
    for _, _, i, j in prices:
        if i in left and j in right:
            found.append(_moved(left.pop(i), right.pop(j), canvas))
    matched = list(found)
    for areas, other, side in ((left, maps[1], 0), (right, maps[0], 1)):
        for area in areas.values():
            there = other[area.box.within(canvas)][area.mask] == area.label
            if there.mean() < STAYS:
                pair = _Pose(area, area.centre, 1.0), _absent(area, matched, side, canvas)
                found.append(pair if side == 0 else pair[::-1])
    return found


def _unlike(one: _Area, other: _Area) -> float:
    """Return how much two areas differ in size and in what is beside them."""
    both = np.count_nonzero(one.beside & other.beside)
    either = np.count_nonzero(one.beside | other.beside)
    return abs(math.log(one.size / other.size)) + 2 * (1 - both / max(1, either))


def _way(one: _Area, other: _Area) -> float:
    """Return the distance of two areas in units of their size."""
    return float(np.hypot(*(one.centre - other.centre))) / math.sqrt(one.size + other.size)


def _absent(
    area: _Area, matched: Sequence[tuple[_Pose, _Pose]], side: int, canvas: Window
) -> _Pose:
    """Return the pose of a thing in the map that lacks it: beyond the edge, or of no size.

    What is fixed to another thing goes with it, as a sail that is taken down.
    """
    at = area.around(canvas, TOUCHING)
    for pair in matched:
        here, there = pair[side], pair[1 - side]
        assert here.area is not None
        if here.area.has(at):
            moved = (area.centre - here.place) * (there.extent / here.extent) + there.place
            return _Pose(None, moved, 0.0)
    cut = _cut(area, canvas)
    if not cut:
        return _Pose(None, area.centre, 0.0)
    box, way = area.box, np.zeros(2)
    far = {0: box.right, 1: box.bottom, 2: canvas.right - box.left, 3: canvas.bottom - box.top}
    side = min(cut, key=lambda side: (far[side], -side))
    way[side % 2] = (far[side] + 1) * (1 if side >= 2 else -1)
    return _Pose(None, area.centre + way, 1.0)


def _moved(one: _Area, other: _Area, canvas: Window) -> tuple[_Pose, _Pose]:
    """Return the poses of a thing in both maps; it may be cut off at the edge."""
    cut = _cut(one, canvas) | _cut(other, canvas)
    if not cut:
        sizes = math.sqrt(one.size), math.sqrt(other.size)
        return _Pose(one, one.centre, sizes[0]), _Pose(other, other.centre, sizes[1])
    if len(cut) == 1:  # the opposite side and the length of the cut one are known
        (side,) = cut
        first, second = (_seen_pose(area, side) for area in (one, other))
        return first, second
    ways = product(*(
        (other.box[axis] - one.box[axis], other.box[axis + 2] - one.box[axis + 2],
         other.centre[axis] - one.centre[axis], 0)
        for axis in (0, 1)
    ))  # fmt: skip
    best = max(ways, key=lambda way: (_common(one, other, way, canvas), -abs(way[0]) - abs(way[1])))
    return _Pose(one, one.centre, 1.0), _Pose(other, one.centre + np.array(best), 1.0)


def _cut(area: _Area, canvas: Window) -> set[int]:
    """Return the sides of an area's box that are at the edge of the map."""
    return {side for side in range(4) if area.box[side] == canvas[side]}


def _seen_pose(area: _Area, cut: int) -> _Pose:
    """Return the pose of an area that is, there or in the other map, cut off at a side."""
    ends = area.box
    place = np.array([ends.left + ends.right, ends.top + ends.bottom]) / 2
    place[cut % 2] = ends[(cut + 2) % 4]
    return _Pose(area, place, float(ends.height if cut % 2 == 0 else ends.width))


def _common(one: _Area, other: _Area, way: tuple[float, float], canvas: Window) -> float:
    """Return the share of two areas that is in both when the first is moved, 0-1."""
    x, y = (round(float(part)) for part in way)
    box = Window(one.box.left + x, one.box.top + y, one.box.right + x, one.box.bottom + y)
    shared, seen = box.clipped(other.box), box.clipped(canvas)
    if shared.empty or seen.empty:
        return 0.0
    mask = one.mask
    both = int((mask[shared.within(box)] & other.mask[shared.within(other.box)]).sum())
    return both / (int(mask[seen.within(box)].sum()) + other.size - both)


def _ground(labels: np.ndarray, poses: Sequence[tuple[_Pose, _Pose]], side: int) -> np.ndarray:
    """Return a map without its things, filled from around them."""
    found = labels.copy()
    canvas = Window(0, 0, labels.shape[1], labels.shape[0])
    for pair in poses:
        area = pair[side].area
        if area is not None:
            found[area.box.within(canvas)][area.mask] = GAP
    return labels if (found == GAP).all() else fill_gaps(found)


def _spread(ahead: np.ndarray, change: np.ndarray, mine: np.ndarray) -> np.ndarray | None:
    """Return the motion of a border spread over what moves with it, (h, w, 2) float32, or None.

    ``ahead``: by how much a label is ahead of those behind it; ``change``: by how much more it was;
    ``mine``: where it is shown.
    """
    band = mine & (ahead < BAND)
    if not change[band].any():
        return None
    smooth = cv2.GaussianBlur(ahead, (0, 0), 1.5)
    slope = np.stack(
        [cv2.Sobel(smooth, cv2.CV_32F, *way, scale=1 / 8) for way in ((1, 0), (0, 1))], 2
    )
    square = slope[..., 0] ** 2 + slope[..., 1] ** 2
    way = -change[..., None] * slope / np.maximum(square, 0.25)[..., None]
    sure = band & (square > 0.25) & (way[..., 0] ** 2 + way[..., 1] ** 2 < LONGEST**2)
    weight = sure.astype(np.float32)
    height, width = mine.shape
    small = max(1, width // CELL), max(1, height // CELL)
    sums = cv2.resize(
        np.dstack([way * weight[..., None], weight]), small, interpolation=cv2.INTER_AREA
    )
    sums = cv2.resize(cv2.GaussianBlur(sums, (0, 0), FADE), (width, height))
    return sums[..., :2] / (sums[..., 2:] + np.float32(FAINT))
