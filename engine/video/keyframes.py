"""Let a clip follow frames of it that were painted over, as EbSynth does.

Strokes are copied from the painted frame; the guides are the clip's own frame at that moment, in
colours, edges, fine contrast and position. From a keyframe on, forwards and backwards, strokes are
carried as in ``painter``. Between two keyframes both carried paintings fade into each other. The
one that is carried backwards is painted first and kept in a temporary file.
"""

import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from engine.errors import EngineError
from engine.photo.pixels import resized
from engine.photo.strokes import (
    LARGEST,
    UNIFORMITY,
    PhotoTarget,
    blurred_lab,
    colour_guides,
    finished,
)
from engine.picture_files import open_foreign
from engine.requests import PhotoLook
from engine.strokes.carry import places_of
from engine.strokes.guides import Guides, GuideWeights, luminance, painting_streaks
from engine.strokes.large import UNIT, Original, enlarged_source
from engine.strokes.painter import StrokePainter
from engine.strokes.source import SourcePart, part_windows, prepare_source
from engine.strokes.source_store import stored_guides
from engine.strokes.synthesis import StrokePainting, StrokeSettings, paint
from engine.video.clip import Clip
from engine.video.flow import is_cut, motion
from engine.video.painter import Memory, carry_on, colour_drift, plain_picture, working_size

WEIGHTS = GuideWeights(region=0, distance=60, direction=90, streaks=80)
"""Of the guides: ``distance`` is that of edges and ``direction`` that of the position."""

BLUR = 1.2
"""Standard deviation in pixels of the blur of the colour guides."""

EDGES = 4.0
"""Steps of the guide of edges for one L* per pixel."""

COHERENCE = 60
"""Price of a neighbour from another place, see ``StrokeSettings``."""

CELL, AROUND = 8, 3.0
"""Side in pixels of the cells in which unknown positions are filled in from those around, and the
standard deviation of their weights in cells."""

FINE, MOST_GAIN = 6.0, 1.5
"""Standard deviation in pixels of the blur from which strokes differ, and the most by which their
contrast grows in the mean of two paintings."""

_STEPS = 32  # of a pixel in kept places, which are at most 2047
_UNSEEN = 1e-3  # weight of places that are not known


@dataclass(frozen=True, eq=False)
class Keyframe:
    """A frame that was painted over: ``frame`` and ``painting``, both (H, W, 3) uint8.

    ``number``: of the frame, from 0 at the first one that is painted.
    """

    number: int
    frame: np.ndarray
    painting: np.ndarray


Read = Callable[[int, int], Iterable[np.ndarray]]
"""Returns the frames of a clip from a number to another one, inclusive."""


def read_keyframes(clip: Clip, told: Sequence[tuple[int, Path]], first: int) -> list[Keyframe]:
    """Read painted frames and the clip's own ones, sorted. ``first``: number of the first painted.

    A painting is scaled to the size of the clip. Raises EngineError in one sentence that names the
    file: it is no picture, the clip has no such frame, or another painting has the same number.
    """
    paths: dict[int, Path] = {}
    for number, path in told:
        if number in paths:
            raise EngineError(f"{paths[number]} and {path} are both for frame {number}.")
        if number < first:
            raise EngineError(
                f"{path} is for frame {number}, but the part begins with frame {first}."
            )
        paths[number] = path
    paintings = {number: open_foreign(path, 0) for number, path in paths.items()}
    times, found = clip.times(), list[Keyframe]()
    for number in sorted(paths):
        if number >= len(times):
            raise EngineError(
                f"{paths[number]} is for frame {number}, but the last one of {clip.path} is "
                f"{len(times) - 1}."
            )
        frame = next(clip.frames(times[number]), None)
        if frame is None or frame.time != times[number]:
            raise EngineError(f"Frame {number} of {clip.path} cannot be read.")
        painting = resized(paintings[number], clip.info.size)
        found.append(Keyframe(number - first, frame.pixels, painting))
    return found


class KeyframeClip:
    """Paints a clip that follows its keyframes. For one thread.

    What it remembers: ``Memory.first``, the frame from which on strokes are carried, and their
    places; none before the first keyframe.
    """

    def __init__(
        self, keyframes: Sequence[Keyframe], look: PhotoLook, read: Read, threads: int = 1
    ) -> None:
        """Take ``keyframes``, sorted, the seed and strength of a look, and a way to read ahead."""
        self._keyframes = {each.number: each for each in keyframes}
        self._look, self._read, self._threads = look, read, threads
        self._sources: dict[int, _Source] = {}
        self._last: np.ndarray | None = None
        self._memory: Memory | None = None
        self._ahead: _Ahead | None = None

    @property
    def memory(self) -> Memory:
        """What to keep to go on after the last frame."""
        assert self._memory is not None
        return self._memory

    def resume(self, memory: Memory, first: np.ndarray, last: np.ndarray) -> None:  # noqa: ARG002
        """Go on after the frame ``last``."""
        self._memory, self._last = memory, _work(last)

    def still(self, frame: np.ndarray) -> Iterator[float | np.ndarray]:
        """Paint a frame, (H, W, 3) uint8, on its own, with the strokes of the first keyframe."""
        number, keyframe = next(iter(self._keyframes.items()))
        if np.array_equal(frame, keyframe.frame):
            yield keyframe.painting
            return
        source = self._source(number)
        painting = source.painting(_work(frame))
        for step in paint(painting, self._threads):
            yield step.share
        picture = plain_picture(source.painter, places_of(painting.field), frame.shape)
        yield finished(picture, frame, self._look, working_size(frame.shape)[0] / UNIT)

    def paint(self, number: int, frame: np.ndarray) -> np.ndarray:
        """Paint the next frame, (H, W, 3) uint8."""
        work = _work(frame)
        for _ in self.look_ahead(number):
            pass
        later = None if self._ahead is None else self._ahead.places(number)
        self._memory = self._next(number, work, later is not None)
        self._last = work
        if self._look.strength == 0:
            return frame
        enlarged, _ = working_size(frame.shape)
        picture = self._picture(number, frame.shape, later)
        return finished(picture, frame, self._look, enlarged / UNIT)

    def _next(self, number: int, work: np.ndarray, has_later: bool) -> Memory:
        """Carry the strokes of the frame before, or begin at a keyframe or after a cut."""
        if number in self._keyframes:
            return self._source(number).memory(number)
        memory, before = self._memory, self._last
        begun = memory is not None and memory.places.size > 0
        if memory is not None and before is not None and begun and not is_cut(before, work):
            source = self._source(self._nearest(memory.first))
            return source.carried(memory, before, work, number, self._threads)
        if has_later:
            return Memory(number, number)
        return self._source(self._nearest(number)).whole(work, number, self._threads)

    def _picture(self, number: int, shape: tuple[int, ...], later: np.ndarray | None) -> np.ndarray:
        """Paint from the places before, those after, or both, by their distance in time."""
        if number in self._keyframes:
            return self._keyframes[number].painting
        memory, pictures = self.memory, []
        if memory.places.size:
            source = self._source(self._nearest(memory.first))
            pictures.append(plain_picture(source.painter, memory.places, shape))
        if later is not None:
            assert self._ahead is not None
            source = self._source(self._ahead.last)
            pictures.append(plain_picture(source.painter, later, shape))
        if len(pictures) == 1:
            return pictures[0]
        assert self._ahead is not None
        share = (number - memory.first) / (self._ahead.last - memory.first)
        return mixed(pictures[0], pictures[1], share)

    def look_ahead(self, first: int) -> Iterator[int]:
        """Carry the strokes of the next keyframe back to frame ``first``, or to a cut.

        Yields how many frames are left. Does nothing where it is done or there is no need.
        """
        later = [number for number in self._keyframes if number > first]
        known = self._ahead is not None and later and self._ahead.last == min(later)
        if known or not later or first in self._keyframes:
            return
        last, self._ahead = min(later), None  # closes its file first
        frames = KeptArrays(_work(frame) for frame in self._read(first, last))
        source = self._source(last)
        memory, ahead = source.memory(last), _Ahead(last)
        for number in range(last - 1, first - 1, -1):
            after, frame = frames.read(number + 1 - first), frames.read(number - first)
            if is_cut(after, frame):
                break
            memory = source.carried(memory, after, frame, number, self._threads)
            ahead.keep(memory.places)
            yield number - first
        self._ahead = ahead

    def _nearest(self, number: int) -> int:
        """Return the number of the nearest keyframe, of two the earlier one."""
        return min(self._keyframes, key=lambda each: (abs(each - number), each))

    def _source(self, number: int) -> "_Source":
        """Return what is copied from at a keyframe; those of the last two are kept."""
        if number not in self._sources:
            for old in list(self._sources)[:-1]:
                del self._sources[old]
            self._sources[number] = _Source(self._keyframes[number], self._look.seed)
        return self._sources[number]


def mixed(one: np.ndarray, other: np.ndarray, share: float) -> np.ndarray:
    """Fade one painting, (H, W, 3) uint8, into another by a ``share`` of 0-1.

    Strokes that differ would lose contrast in the mean, so it is given back where it is lost.
    """
    first, second = one.astype(np.float32), other.astype(np.float32)
    mean = first + share * (second - first)
    middle = cv2.GaussianBlur(mean, (0, 0), FINE)
    fine = mean - middle
    wanted = (1 - share) * _contrast(first) + share * _contrast(second)
    gain = np.sqrt((wanted / np.maximum(_contrast(mean), 1)).clip(1, MOST_GAIN**2))
    return np.rint(middle + gain[..., None] * fine).clip(0, 255).astype(np.uint8)


def _contrast(picture: np.ndarray) -> np.ndarray:
    """Return the variance of the light around every pixel, (H, W) float32."""
    light = picture @ np.array([0.3, 0.6, 0.1], np.float32)
    fine = light - cv2.GaussianBlur(light, (0, 0), FINE)
    return cv2.GaussianBlur(fine * fine, (0, 0), FINE)


class _Source:
    """A keyframe, prepared to be copied from."""

    def __init__(self, keyframe: Keyframe, seed: int) -> None:
        self._seed = seed
        enlarged, size = working_size(keyframe.frame.shape)
        enlarged = min(enlarged, LARGEST)
        rgb = resized(keyframe.painting, size)
        plain = np.zeros(rgb.shape[:2], np.uint8)
        part = SourcePart(rgb, plain, plain > 0)
        self._grid = places_of(_identity(rgb.shape))
        guides = _guides(resized(keyframe.frame, size), self._grid)
        _, similar = stored_guides(part, WEIGHTS)
        source = prepare_source(part, WEIGHTS, guides, similar)
        originals = [Original(lambda: keyframe.painting, *part_windows([part]))]
        large = enlarged_source(source.rgb, originals, enlarged)
        settings = StrokeSettings(UNIFORMITY, COHERENCE)
        self.painter = StrokePainter(source, large, enlarged, settings, originals=originals)

    def memory(self, number: int) -> Memory:
        """Return the keyframe itself: every pixel is copied from its own place."""
        return Memory(number, number, self._grid, np.zeros(self._grid.shape[:2], np.float32))

    def painting(self, work: np.ndarray) -> StrokePainting:
        """Return a frame to be painted that has nothing before it."""
        return self._painting(work, self._grid)

    def whole(self, work: np.ndarray, number: int, threads: int) -> Memory:
        """Paint a frame that has nothing before it."""
        painting = self.painting(work)
        for _ in paint(painting, threads):
            pass
        return Memory(number, number, places_of(painting.field), colour_drift(painting))

    def carried(
        self, memory: Memory, before: np.ndarray, work: np.ndarray, number: int, threads: int
    ) -> Memory:
        """Paint a frame with the strokes of its neighbour ``before``."""
        height, width = work.shape[:2]

        def begin(places: np.ndarray, unseen: np.ndarray) -> StrokePainting:
            return self._painting(work, self._grid + _filled(places - self._grid, unseen))

        moving = motion(before, work, (width, height))
        return carry_on(memory, moving, begin, number, threads)

    def _painting(self, work: np.ndarray, positions: np.ndarray) -> StrokePainting:
        """Return a frame to be painted; ``positions``: (h, w, 2) of its pixels in the keyframe."""
        regions = np.zeros(work.shape[:2], np.uint8)
        target = PhotoTarget(regions, self._seed, whole=_guides(work, positions))
        return StrokePainting(self.painter.source, target, self.painter.settings)


class KeptArrays:
    """Arrays of one shape and type in a temporary file."""

    def __init__(self, arrays: Iterable[np.ndarray] = ()) -> None:
        self._file = tempfile.TemporaryFile(prefix="daub-")  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        self._like = np.empty(0)
        self.count = 0
        for array in arrays:
            self.append(array)

    def append(self, array: np.ndarray) -> None:
        """Write an array at the end. Raises EngineError if there is no room."""
        self._like = np.empty_like(array)
        try:
            self._file.seek(self.count * array.nbytes)
            self._file.write(np.ascontiguousarray(array).data)
            self._file.flush()
        except OSError as error:
            raise EngineError(
                f"The frames up to the next keyframe cannot be kept in {tempfile.gettempdir()}: "
                f"{error.strerror}."
            ) from error
        self.count += 1

    def read(self, number: int) -> np.ndarray:
        """Return one of the arrays."""
        self._file.seek(number * self._like.nbytes)
        content = self._file.read(self._like.nbytes)
        return np.frombuffer(content, self._like.dtype).reshape(self._like.shape).copy()


class _Ahead:
    """Places of the frames before keyframe ``last``, as far back as it is followed."""

    def __init__(self, last: int) -> None:
        self.last = last
        self._places = KeptArrays()

    def keep(self, places: np.ndarray) -> None:
        """Keep the places of the frame before the one that was kept last."""
        self._places.append(np.rint(places.clip(0) * _STEPS).astype(np.uint16))

    def places(self, number: int) -> np.ndarray | None:
        """Return the places of a frame, (h, w, 2) float32, if it is in the keyframe's shot."""
        back = self.last - 1 - number
        if not 0 <= back < self._places.count:
            return None
        return self._places.read(back).astype(np.float32) / _STEPS


def _work(frame: np.ndarray) -> np.ndarray:
    return resized(frame, working_size(frame.shape)[1])


def _identity(shape: tuple[int, ...]) -> np.ndarray:
    """Return the match field that copies every pixel from its own place, (h, w) int32."""
    rows, columns = np.indices(shape[:2], np.int32)
    return (rows << 16) | columns


def _guides(work: np.ndarray, positions: np.ndarray) -> Guides:
    """Return the guides of a clip's frame, (h, w, 3) uint8."""
    height, width = work.shape[:2]
    regions, colours = np.zeros((height, width), np.uint8), blurred_lab(work, BLUR)
    light = np.ascontiguousarray(colours[..., 0])
    slope = cv2.magnitude(cv2.Sobel(light, cv2.CV_32F, 1, 0), cv2.Sobel(light, cv2.CV_32F, 0, 1))
    edges = np.rint((slope * (EDGES / 8)).clip(0, 255)).astype(np.uint8)
    share = positions * (255 / np.array([width, height], np.float32))
    across, down = (np.rint(share[..., axis].clip(0, 255)).astype(np.uint8) for axis in (0, 1))
    streaks = painting_streaks(luminance(work), regions)
    return Guides(regions, edges, across, down, streaks, colour_guides(colours, 1.0))


def _filled(shift: np.ndarray, unknown: np.ndarray) -> np.ndarray:
    """Return shifts, (h, w, 2) float32, where they are unknown as those around."""
    if not unknown.any():
        return shift
    height, width = unknown.shape
    weight = np.where(unknown, np.float32(_UNSEEN), np.float32(1))
    small = max(1, width // CELL), max(1, height // CELL)
    sums = cv2.resize(
        np.dstack([shift * weight[..., None], weight]), small, interpolation=cv2.INTER_AREA
    )
    sums = cv2.resize(cv2.GaussianBlur(sums, (0, 0), AROUND), (width, height))
    return np.where(unknown[..., None], sums[..., :2] / sums[..., 2:], shift)
