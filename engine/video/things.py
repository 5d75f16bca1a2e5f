"""Find the things in a label map, the smaller connected areas, and match those of two maps."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import product

import cv2
import numpy as np

from engine.tiles import Window
from engine.video.distance import signed_distance

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

LEAST_HIDDEN, SURE = 0.1, 0.9
"""Shares of a thing that must be hidden, and of what must fit, for it to be behind something."""

TOUCHING = 3
"""Pixels between a thing and another one that bears it."""

STAYS = 1 / 2
"""Share of an area with the same label in the other map from which on it does not come or go."""

MARGIN = 8
"""Pixels around a thing, besides half its size, in which its distances are known."""

Maps = tuple[np.ndarray, np.ndarray]
"""Two label maps, (h, w) uint8."""


@dataclass(frozen=True, eq=False)
class Area:
    """A connected area: ``distance``: (h, w) float32 inside ``window``, positive in the area;
    ``box``: around the area; ``centre``: its mean, (x, y); ``beside``: (256,) bool, the labels that
    it touches; ``front``: labels that hide a part of it; ``hidden``: (h, w) bool inside ``window``,
    where they are, or None.
    """

    label: int
    size: int
    box: Window
    centre: np.ndarray
    beside: np.ndarray
    distance: np.ndarray
    window: Window
    front: tuple[int, ...] = ()
    hidden: np.ndarray | None = None

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
class Pose:
    """An area in one of the two maps; ``place``: (x, y) in it that moves to that of the other.

    ``extent``: a length that its size is proportional to, 0 for a thing that is not there yet.
    """

    area: Area | None
    place: np.ndarray
    extent: float


def large_labels(labels: np.ndarray) -> set[int]:
    """Return the labels that have an area too large for a thing."""
    found = set()
    for label in np.unique(labels).tolist():
        mask = (labels == label).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        sizes, widths = stats[1:, cv2.CC_STAT_AREA], stats[1:, cv2.CC_STAT_WIDTH]
        if sizes.max() > LARGE * labels.size or widths.max() > WIDE * labels.shape[1]:
            found.add(label)
    return found


def areas(labels: np.ndarray, allowed: Callable[[int], bool]) -> Iterator[Area]:
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
        area = Area(label, size, box, centre, np.zeros(256, bool), distance, window)
        area.beside[labels[area.around(canvas)]] = True
        area.beside[label] = False
        yield area


def matched_things(
    before: Sequence[Area], after: Sequence[Area], maps: Maps, canvas: Window
) -> list[tuple[Pose, Pose]]:
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
            found.append(_pair(left.pop(i), right.pop(j), maps, canvas))
    matched = list(found)
    for alone, side in ((left, 0), (right, 1)):
        gone = [area for area in alone.values() if not _stays(area, maps[1 - side], canvas)]
        for group in _groups(gone, canvas):
            places, extent = _absent(group, matched, side, maps[side])
            for area, place in zip(group, places, strict=True):
                pair = Pose(area, area.centre, 1.0), Pose(None, place, extent)
                found.append(pair if side == 0 else pair[::-1])
    return found


def _stays(area: Area, labels: np.ndarray, canvas: Window) -> bool:
    """Return whether much of an area has the same label in the other map."""
    there = labels[area.box.within(canvas)][area.mask] == area.label
    return bool(there.mean() >= STAYS)


def _groups(alone: Sequence[Area], canvas: Window) -> list[list[Area]]:
    """Return the areas in groups of those that touch, as the walls and the roof of a house."""
    groups: list[list[Area]] = []
    for area in alone:
        at = area.around(canvas, TOUCHING)
        touching = [group for group in groups if any(other.has(at) for other in group)]
        groups = [group for group in groups if group not in touching]
        groups.append([*(other for group in touching for other in group), area])
    return groups


def _pair(one: Area, other: Area, maps: Maps, canvas: Window) -> tuple[Pose, Pose]:
    """Return the poses of a thing in both maps."""
    setting = _partly_hidden(one, other, maps[1], canvas)
    rising = _partly_hidden(other, one, maps[0], canvas)
    if rising is not None:
        return rising[::-1]
    return setting or _moved(one, other, canvas)


def _unlike(one: Area, other: Area) -> float:
    """Return how much two areas differ in size and in what is beside them."""
    both = np.count_nonzero(one.beside & other.beside)
    either = np.count_nonzero(one.beside | other.beside)
    return abs(math.log(one.size / other.size)) + 2 * (1 - both / max(1, either))


def _way(one: Area, other: Area) -> float:
    """Return the distance of two areas in units of their size."""
    return float(np.hypot(*(one.centre - other.centre))) / math.sqrt(one.size + other.size)


def _absent(
    group: Sequence[Area], matched: Sequence[tuple[Pose, Pose]], side: int, labels: np.ndarray
) -> tuple[list[np.ndarray], float]:
    """Return the places and the extent of things in the map that lacks them.

    They are beyond the edge, or of no size: what is fixed to another thing goes with it, as a sail
    that is taken down. ``labels``: the map that has them.
    """
    canvas = Window(0, 0, labels.shape[1], labels.shape[0])
    cut = set[int]().union(*(_cut(area, canvas) for area in group))
    root = _root(group, labels)
    for pair in matched:
        here, there = pair[side], pair[1 - side]
        assert here.area is not None
        if any(here.area.has(area.around(canvas, TOUCHING)) for area in group):
            moved = (root - here.place) * (there.extent / here.extent) + there.place
            return [moved] * len(group), 0.0
    if not cut:
        return [root] * len(group), 0.0
    box, way = _box(group), np.zeros(2)
    far = {0: box.right, 1: box.bottom, 2: canvas.right - box.left, 3: canvas.bottom - box.top}
    edge = min(cut, key=lambda edge: (far[edge], -edge))
    way[edge % 2] = (far[edge] + 1) * (1 if edge >= 2 else -1)
    return [area.centre + way for area in group], 1.0


def _box(group: Sequence[Area]) -> Window:
    return reduce(Window.united, (area.box for area in group))


def _root(group: Sequence[Area], labels: np.ndarray) -> np.ndarray:
    """Return the point, (x, y), that things grow from: the foot of what stands on something."""
    box = _box(group)
    columns = slice(box.left, box.right)
    above, below = labels[max(box.top - 1, 0)], labels[min(box.bottom, len(labels) - 1)]
    if np.bincount(above[columns]).argmax() != np.bincount(below[columns]).argmax():
        return np.array([(box.left + box.right - 1) / 2, box.bottom - 0.5])
    sizes = np.array([area.size for area in group])
    return np.average([area.centre for area in group], 0, sizes)


def _moved(one: Area, other: Area, canvas: Window) -> tuple[Pose, Pose]:
    """Return the poses of a thing in both maps; it may be cut off at the edge."""
    cut = _cut(one, canvas) | _cut(other, canvas)
    if not cut:
        sizes = math.sqrt(one.size), math.sqrt(other.size)
        return Pose(one, one.centre, sizes[0]), Pose(other, other.centre, sizes[1])
    if len(cut) == 1:  # the opposite side and the length of the cut one are known
        (side,) = cut
        first, second = (_seen_pose(area, side) for area in (one, other))
        return first, second
    way = _best_way(one, other, canvas)
    return Pose(one, one.centre, 1.0), Pose(other, one.centre + way, 1.0)


def _best_way(one: Area, other: Area, canvas: Window) -> np.ndarray:
    """Return the way, (x, y) in whole pixels, on which an area covers the most of another one.

    It brings a side or the middle of one to that of the other, or is 0.
    """
    steps = (
        (other.box[axis] - one.box[axis], other.box[axis + 2] - one.box[axis + 2],
         round(float(other.centre[axis] - one.centre[axis])), 0)
        for axis in (0, 1)
    )  # fmt: skip
    ways = [np.array(way) for way in product(*steps)]

    def worth(way: np.ndarray) -> tuple[float, int]:
        common = _common(one, other, way, canvas) + _common(other, one, -way, canvas)
        return round(common, 6), -int(np.abs(way).sum())

    return max(ways, key=worth)


def _partly_hidden(
    whole: Area, part: Area, labels: np.ndarray, canvas: Window
) -> tuple[Pose, Pose] | None:
    """Return the poses of a thing of which something hides a part in the other map; else None.

    ``part``: what is seen of it there; ``labels``: that map.
    """
    new = np.flatnonzero(part.beside & ~whole.beside)
    smaller = part.size < (1 - LEAST_HIDDEN) * whole.size
    if not smaller or not new.size or _cut(whole, canvas) or _cut(part, canvas):
        return None
    box = _fitted(whole, part, labels, new)
    seen = part.box.clipped(box)
    if seen.empty:
        return None
    rest, inside = whole.mask.copy(), box.clipped(canvas)
    rest[seen.within(box)] &= ~part.mask[seen.within(part.box)]
    there = labels[inside.within(canvas)]
    hidden = rest[inside.within(box)] & np.isin(there, new)
    shown = whole.size - int(rest.sum())
    if hidden.sum() < max(LEAST_HIDDEN * whole.size, SURE * rest.sum()):
        return None
    if shown < SURE * part.size:
        return None
    around = labels[part.window.within(canvas)]
    area = replace(part, front=tuple(new.tolist()), hidden=np.isin(around, new))
    way = np.array(box[:2]) - np.array(whole.box[:2])
    return Pose(whole, whole.centre, 1.0), Pose(area, whole.centre + way, 1.0)


def _fitted(whole: Area, part: Area, labels: np.ndarray, front: np.ndarray) -> Window:
    """Return the box of a thing where what is seen of it fits best, the rest behind ``front``."""
    height, width = whole.box.height, whole.box.width
    canvas = Window(0, 0, labels.shape[1], labels.shape[0])
    outer = part.box.grown(max(height, width))
    inner = outer.clipped(canvas)
    there = labels[inner.within(canvas)]
    worth = np.zeros((outer.height, outer.width), np.float32)
    worth[inner.within(outer)] = np.where(np.isin(there, front), 0, -1)
    worth[part.box.within(outer)][part.mask] = 1
    found = np.rint(cv2.matchTemplate(worth, whole.mask.astype(np.float32), cv2.TM_CCORR))
    row, column = np.unravel_index(int(found.argmax()), found.shape)
    left, top = outer.left + int(column), outer.top + int(row)
    return Window(left, top, left + width, top + height)


def _cut(area: Area, canvas: Window) -> set[int]:
    """Return the sides of an area's box that are at the edge of the map."""
    return {side for side in range(4) if area.box[side] == canvas[side]}


def _seen_pose(area: Area, cut: int) -> Pose:
    """Return the pose of an area that is, there or in the other map, cut off at a side."""
    ends = area.box
    place = np.array([ends.left + ends.right, ends.top + ends.bottom]) / 2
    place[cut % 2] = ends[(cut + 2) % 4]
    return Pose(area, place, float(ends.height if cut % 2 == 0 else ends.width))


def _shifted(box: Window, x: int, y: int) -> Window:
    return Window(box.left + x, box.top + y, box.right + x, box.bottom + y)


def _common(one: Area, other: Area, way: np.ndarray, canvas: Window) -> float:
    """Return the share of two areas that is in both when the first is moved, 0-1."""
    box = _shifted(one.box, *way.tolist())
    shared, seen = box.clipped(other.box), box.clipped(canvas)
    if shared.empty or seen.empty:
        return 0.0
    mask = one.mask
    both = int((mask[shared.within(box)] & other.mask[shared.within(other.box)]).sum())
    return both / (int(mask[seen.within(box)].sum()) + other.size - both)
