"""Doodles as keyframes of a film: which two a frame lies between, and how it lies between them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import cv2
import numpy as np

from engine.errors import EngineError
from engine.flow.pen import CELL, ZERO
from engine.image import nearest_materials
from engine.strokes.guides import GAP, border_distance, fill_gaps
from engine.video.clip import Clip
from engine.video.layers import Step
from engine.video.morph import Moment, Morph
from engine.video.reduced import reduced_size
from resources.materials import in_colours, materials

BLURRED, EXACT = 24, 4
"""Differences of a channel up to which a clip's pixel has a material's colour: anywhere, and beside
another material."""

LEFT = 127
"""Steps of the guide of borders, 255 for 48 pixels, by which a border must have moved away before
strokes beside it are replaced."""

SLOW = 0.25
"""Pixels per frame up to which what lies farther back stands still."""


@dataclass(frozen=True, eq=False)
class Doodle:
    """A doodle: ``labels``, (H, W) uint8 material ids; ``directions`` of the pen, one entry per
    cell, see ``engine.flow.pen``, or None; ``name``: of its file, for messages."""

    labels: np.ndarray
    directions: np.ndarray | None = None
    name: str = "the doodle"

    def reduced(self, longest: int) -> "Doodle":
        """Return the doodle with a longer side of at most ``longest`` pixels; 0 leaves it as it is.

        Both sides become even.
        """
        rows, columns = self.labels.shape
        if not 0 < longest < max(rows, columns):
            return self
        width, height = reduced_size((columns, rows), longest)
        labels, directions = _sampled(self.labels, height, width), self.directions
        if directions is not None:
            directions = _sampled(directions, -(-height // CELL), -(-width // CELL))
        return Doodle(labels, directions, self.name)


def _sampled(array: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Return an array of another size, with the values at the middle of its new pixels."""
    y, x = (
        (2 * np.arange(new) + 1) * old // (2 * new)
        for new, old in zip((rows, columns), array.shape[:2], strict=True)
    )
    return np.ascontiguousarray(array[y[:, None], x])


@dataclass(frozen=True)
class Timing:
    """When a film shows which doodle.

    ``seconds``: from one doodle to the next, 0 for the next frame; ``hold``: how long each is
    shown; ``rate``: frames per second; ``loop``: whether the last one becomes the first one again;
    ``smooth``: whether things start and stop softly. Raises ValueError for negative times.
    """

    seconds: Fraction = Fraction(2)
    hold: Fraction = Fraction(1, 2)
    rate: Fraction = Fraction(25)
    loop: bool = False
    smooth: bool = True

    def __post_init__(self) -> None:
        if self.seconds < 0 or self.hold < 0 or self.rate <= 0:
            raise ValueError("Times are 0 seconds or more, and a rate is more than 0.")

    @property
    def shares(self) -> tuple[float, ...]:
        """How far each frame of a way is, the last one 1."""
        steps = max(1, round(self.seconds * self.rate))
        return tuple(self._eased(number / steps) for number in range(1, steps + 1))

    @property
    def held(self) -> int:
        """Number of frames that show a doodle."""
        return max(1, round(self.hold * self.rate))

    def count(self, doodles: int) -> int:
        """Return the number of frames of a film."""
        between = len(self.shares) - 1
        ways = doodles if self.loop and doodles > 1 else doodles - 1
        return doodles * self.held + ways * between

    def _eased(self, share: float) -> float:
        return share * share * (3 - 2 * share) if self.smooth else share


@dataclass(frozen=True, eq=False)
class DoodleFrame:
    """A frame: ``share`` of the way between two doodles, 0-1.

    ``before``: that of the frame before, on the same way; None for the first frame. ``closing``:
    the shares of all frames on the way back to the beginning, if it is one of them.
    """

    between: tuple[Doodle, Doodle]
    share: float
    before: float | None
    closing: tuple[float, ...] = ()


def film_frames(doodles: Iterable[Doodle], timing: Timing) -> Iterator[DoodleFrame]:
    """Return the frames of a film one by one; reads a doodle when the one before is shown."""
    waiting = iter(doodles)
    first = last = one = next(waiting, None)
    if first is None or last is None or one is None:
        return
    shown = 0
    for other in waiting:
        yield from _held((one, other), 0.0, range(shown, timing.held))
        yield from _way(one, other, timing.shares)
        shown, last, one = 1, one, other
    if timing.loop and one is not first:
        yield from _held((one, first), 0.0, range(shown, timing.held))
        yield from _way(one, first, timing.shares[:-1], closing=True)
    else:
        yield from _held((last, one), 1.0, range(shown, timing.held))


def _held(between: tuple[Doodle, Doodle], share: float, numbers: range) -> Iterator[DoodleFrame]:
    for number in numbers:
        yield DoodleFrame(between, share, share if number else None)


def _way(
    one: Doodle, other: Doodle, shares: tuple[float, ...], closing: bool = False
) -> Iterator[DoodleFrame]:
    before = 0.0
    for share in shares:
        yield DoodleFrame((one, other), share, before, shares if closing else ())
        before = share


class Way:
    """The way from one doodle to the next as a painter sees it: maps, directions and motion."""

    def __init__(self, one: Doodle, other: Doodle) -> None:
        self.morph = Morph(one.labels, other.labels)
        self._directions = one.directions, other.directions
        self.still = self.morph.still and _equal(*self._directions)
        self.coming = lru_cache(maxsize=1)(self._coming)

    def at(self, share: float) -> Moment:
        """Return the labels at a moment."""
        return self.morph.at(share)

    def _coming(self, begin: float) -> tuple[np.ndarray, np.ndarray]:
        """Return what of the ground comes to light on the way from an end, 0 or 1, (h, w) bool.

        It belongs to what is farther back, or is left alone by a border. The second value is the
        distance from the next border at the beginning, (h, w) int16.
        """
        one, other = (self.at(end).ground for end in (begin, 1.0 - begin))
        near, far = (border_distance(ground).astype(np.int16) for ground in (one, other))
        rows = self.morph.rows
        farther = rows[other] < rows[one]
        return np.where(one == other, far - near > LEFT, farther), near

    def to_plate(self, shares: tuple[float, float], step: Step) -> np.ndarray:
        """Return where what comes to light is shown as it will be in the end, (h, w) bool.

        ``shares``: of the frame before and of this one; ``step``: between them.
        """
        before, share = shares
        begin = 0.0 if before < share else 1.0
        lost, near = self.coming(begin)
        now = self.at(share).ground
        left = border_distance(now) - near > LEFT
        slow = np.abs(step.flow) < SLOW
        fresh = ~step.same & slow[..., 0] & slow[..., 1]
        return lost & (now == self.at(1.0 - begin).ground) & (fresh | (left & ~step.moving))

    def directions(self, share: float) -> np.ndarray | None:
        """Return the directions at a moment, (h, w, 2) uint8; they move with their things."""
        one, other = self._directions
        some = one if one is not None else other
        if some is None:
            return None
        nothing = np.full_like(some, ZERO)
        first, second = (nothing if each is None else each for each in (one, other))
        if share in (0, 1):
            return second if share == 1 else first
        return turned(self._now(first, share, 0.0), self._now(second, share, 1.0), share)

    def _now(self, cells: np.ndarray, share: float, end: float) -> np.ndarray:
        """Return the directions of one doodle where its things are at a moment.

        The ground has none where a thing was.
        """
        rows, columns = cells.shape[:2]
        flow, owner, was = self.morph.flow(share, end), self.at(share).owner, self.at(end).owner
        y, x = np.indices((rows, columns)) * CELL + CELL // 2
        at = y.clip(0, owner.shape[0] - 1), x.clip(0, owner.shape[1] - 1)
        from_x = np.floor((x + flow[at][..., 0]) / CELL).astype(int).clip(0, columns - 1)
        from_y = np.floor((y + flow[at][..., 1]) / CELL).astype(int).clip(0, rows - 1)
        hidden = (owner[at] < 0) & (was[at] >= 0)
        return np.where(hidden[..., None], np.uint8(ZERO), cells[from_y, from_x])


def _equal(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    return one is other or (one is not None and other is not None and np.array_equal(one, other))


def turned(one: np.ndarray, other: np.ndarray, share: float) -> np.ndarray:
    """Return directions between two, (h, w, 2) uint8: they turn the shorter way round.

    Where only one of both has any, they come or go.
    """
    first, second = ((part.astype(np.float32) - ZERO) @ np.array([1, 1j]) for part in (one, other))
    lengths = np.abs(first), np.abs(second)
    begin = np.where(lengths[0] > 0, np.angle(first), np.angle(second))
    end = np.where(lengths[1] > 0, np.angle(second), begin)
    turn = np.angle(np.exp(1j * (end - begin)))
    found = ((1 - share) * lengths[0] + share * lengths[1]) * np.exp(1j * (begin + share * turn))
    parts = np.stack([found.real, found.imag], 2)
    return (np.rint(parts) + ZERO).clip(1, 255).astype(np.uint8)


class DoodleSequence:
    """Doodles of one size, read again whenever they are needed.

    ``size``: width and height; ``count``; ``used``: ids of all materials.
    """

    def __init__(self, read: Callable[[], Iterable[Doodle]]) -> None:
        """Read all once. Raises EngineError for none, for another size and unreadable ones."""
        self._read = read
        used, self.count, self.size = set[int](), 0, (0, 0)
        first = ""
        for doodle in read():
            height, width = doodle.labels.shape
            if self.count == 0:
                self.size, first = (width, height), doodle.name
            elif self.size != (width, height):
                raise EngineError(
                    f"{doodle.name} is {width} x {height} pixels, but {first} is "
                    f"{self.size[0]} x {self.size[1]}."
                )
            used.update(np.unique(doodle.labels).tolist())
            self.count += 1
        if self.count == 0:
            raise EngineError("There is no doodle to be animated.")
        self.used = tuple(sorted(used))

    def __iter__(self) -> Iterator[Doodle]:
        return iter(self._read())


def clip_doodles(clip: Clip) -> Iterator[Doodle]:
    """Read the frames of a clip as doodles: each pixel is the material with the nearest colour.

    Soft borders and damage by compression are filled in from the clear pixels around. Raises
    EngineError.
    """
    palette = in_colours(np.arange(len(materials()), dtype=np.uint8)).astype(np.int16)
    nine = np.ones((3, 3), np.uint8)
    for number, frame in enumerate(clip.frames()):
        labels = nearest_materials(frame.pixels)
        wrong = np.abs(frame.pixels - palette[labels]).max(2)
        border = cv2.dilate(labels, nine) != cv2.erode(labels, nine)
        blurred = (wrong > BLURRED) | (border & (wrong > EXACT))
        if not blurred.all():
            labels = fill_gaps(np.where(blurred, np.uint8(GAP), labels))
        yield Doodle(labels, name=f"frame {number} of {clip.path}")
