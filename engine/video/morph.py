"""Turn one label map into another by distance fields, and say how everything moves meanwhile.

Things are the smaller connected areas. Those of one label are matched between the two maps; each
moves in a straight line and changes its shape on the way. What lies behind them is filled in and
changes in place: of the signed distances of every label, interpolated, the largest wins.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import cv2
import numpy as np

from engine.strokes.guides import GAP, fill_gaps
from engine.tiles import Window
from engine.video.distance import signed_distance
from engine.video.things import Area, Maps, Pose, areas, large_labels, matched_things

TIE = 1e-3
"""Difference of distances that does not count: both ways are the same."""

TINY = 0.01
"""Share of its size from which on a thing that comes is drawn."""

UNKNOWN = 1e-3
"""Weight of a thing's distances beyond the edge of its map and behind what hides it."""

BAND = 4.0
"""Width in pixels of the band along a border in which its motion is measured."""

LONGEST = 24.0
"""Pixels that a border moves at most between two frames; beyond, its motion is not known."""

CELL, FADE, FAINT = 8, 4.0, 0.002
"""Side in pixels of the cells in which the motion of borders spreads, the standard deviation of its
weights in cells, and the weight of standing still."""


@dataclass(frozen=True, eq=False)
class Moment:
    """A map between two others: ``labels``, (h, w) uint8; ``ground``: the same behind the things.

    ``owner``: (h, w) int16, the number of the thing that a pixel shows, -1 for the ground.
    """

    labels: np.ndarray
    ground: np.ndarray
    owner: np.ndarray


@dataclass(frozen=True, eq=False)
class _Thing:
    """Something that moves. ``over``: (256,) bool, the labels that it hides."""

    label: int
    poses: tuple[Pose, Pose]
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
    area: Area, shift: np.ndarray, size: float, window: Window, canvas: Window
) -> tuple[np.ndarray, np.ndarray]:
    """Return an area's distances, moved and enlarged by ``size``, in a window of the map.

    The second value is 1 where they are known, and about 0 beyond the edge of the map and behind
    other things.
    """
    x = np.arange(window.left, window.right) / size + shift[0]
    y = np.arange(window.top, window.bottom) / size + shift[1]
    at_x, at_y = np.meshgrid(
        (x - area.window.left).astype(np.float32), (y - area.window.top).astype(np.float32)
    )
    found = cv2.remap(area.distance, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    known = np.outer((y > -1) & (y < canvas.bottom), (x > -1) & (x < canvas.right))
    if area.hidden is not None:
        known &= ~cv2.remap(
            area.hidden.astype(np.uint8), at_x, at_y, cv2.INTER_NEAREST,
            borderMode=cv2.BORDER_REPLICATE,
        ).astype(bool)  # fmt: skip
    return found, np.where(known, np.float32(1), np.float32(UNKNOWN))


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
            large = large_labels(before) | large_labels(after)
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
        before, after = (list(areas(each, allowed)) for each in maps)
        pairs = matched_things(before, after, maps, self.canvas)
        self._grounds = _ground(maps[0], pairs, 0), _ground(maps[1], pairs, 1)
        things = [self._thing(pair, maps) for pair in pairs]
        self._things[:0] = sorted(things, key=lambda each: (-_size(each), each.label))

    def _thing(self, poses: tuple[Pose, Pose], maps: Maps) -> _Thing:
        over = np.zeros(256, bool)
        for pose, whole, ground in zip(poses, maps, self._grounds, strict=True):
            if pose.area is not None:
                at, here = pose.area.around(self.canvas), np.zeros(256, bool)
                here[whole[at]] = here[ground[at]] = True
                here[list(pose.area.front)] = False
                over |= here
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
        wins = field > best + np.float32(TIE)
        labels[wins] = label
        best = np.where(wins, field, best)
    return labels


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


def _ground(labels: np.ndarray, poses: Sequence[tuple[Pose, Pose]], side: int) -> np.ndarray:
    """Return a map without its things, filled from around them."""
    found = labels.copy()
    canvas = Window(0, 0, labels.shape[1], labels.shape[0])
    for pair in poses:
        area = pair[side].area
        if area is not None:
            found[area.box.within(canvas)][area.mask] = GAP
    if (found == GAP).all():
        return labels
    filled = fill_gaps(found)
    for pair in poses:
        area = pair[side].area
        if area is not None and area.front:
            covered = np.isin(found, area.front)
            behind = fill_gaps(np.where(covered, np.uint8(GAP), found))
            place = area.box.within(canvas)
            taken = area.mask & (behind[place] != GAP)
            filled[place][taken] = behind[place][taken]
    return filled


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
