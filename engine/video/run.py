"""Paint a clip into a film, frame by frame; a run that was stopped goes on."""

import hashlib
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np

from engine.errors import EngineError
from engine.video.animations import is_numbered, numbered, numbers_there
from engine.video.clip import Clip, ClipInfo, Frame
from engine.video.files import open_clip
from engine.video.films import ANIMATIONS, QUALITY, Sound, check_film, check_sound, container_of
from engine.video.keyframes import KeyframeClip, read_keyframes
from engine.video.painter import ClipPainter, VideoLook
from engine.video.progress import PROGRESS, UnfinishedFilm, claimed, discard, folder_beside
from engine.video.reduced import reduced

_EDITION = 2  # of what is kept of an unfinished film


@dataclass(frozen=True)
class VideoRequest:
    """A clip to be painted.

    ``source``, ``target``: files, or numbered pictures as frames/%04d.png; ``start``, ``end``: part
    of the clip in seconds; ``rate``: frames per second of numbered pictures; ``quality``: of the
    film, 0-51, lower is better; ``sound``: whether to copy it; ``again``: begin anew;
    ``keyframes``: numbers of frames, from 0 in the whole clip, and pictures in which they were
    painted over, which the others follow; ``longest``: most pixels of the longer side, 0 for the
    clip's own. Raises ValueError.
    """

    source: Path
    target: Path
    look: VideoLook
    start: Fraction | None = None
    end: Fraction | None = None
    rate: Fraction | None = None
    quality: int = QUALITY
    sound: bool = True
    again: bool = False
    keyframes: tuple[tuple[int, Path], ...] = ()
    longest: int = 0

    def __post_init__(self) -> None:
        if self.keyframes and self.look.photo.by != "strokes":
            raise ValueError("Only strokes can follow keyframes.")


@dataclass(frozen=True)
class VideoStep:
    """A frame was painted: ``done`` of about ``total``; ``damaged``: what could not be read.

    ``ahead``: number of frames that must be painted back from a keyframe before the next one.

    ``resumed``: number of frames that an earlier run had painted; ``size``: of the film.
    """

    done: int
    total: int
    damaged: int
    resumed: int
    size: tuple[int, int]
    ahead: int = 0


def is_begun(film: Path) -> bool:
    """Return whether an earlier run has left a part of a film."""
    return (folder_beside(film) / PROGRESS).exists()


def files_of(path: Path) -> list[Path]:
    """Return the files of a clip or film that exist: itself, or its numbered pictures."""
    if is_numbered(path) and not path.exists():
        return [numbered(path, number) for number in numbers_there(path)]
    return [path] if path.exists() else []


def _open(request: VideoRequest) -> Clip:
    return reduced(open_clip(request.source, request.rate), request.longest)


def keyframe_painter(request: VideoRequest, threads: int = 1) -> KeyframeClip:
    """Return a painter of a clip that follows its keyframes. Raises EngineError."""
    clip = _open(request)
    times = clip.times()
    first = min(bisect_left(times, request.start or 0), len(times) - 1)
    keyframes = read_keyframes(clip, request.keyframes, first)

    def read(begin: int, last: int) -> Iterator[np.ndarray]:
        frames = clip.frames(times[first + begin])  # perhaps beyond the end
        return (frame.pixels for frame in islice(frames, last + 1 - begin))

    return KeyframeClip(keyframes, request.look.photo, read, threads)


def paint_clip(request: VideoRequest, painter: ClipPainter) -> Iterator[VideoStep]:
    """Paint a clip and yield a step per frame. Raises EngineError, in one sentence.

    When it is closed or killed, the same request goes on after the last step.
    """
    clip = _open(request)
    check_film(request.target, clip.info.size)
    sound = _sound(request, clip.info)
    with claimed(request.target):
        yield from _painted(request, clip, painter, sound)


def _painted(
    request: VideoRequest, clip: Clip, painter: ClipPainter, sound: Sound | None
) -> Iterator[VideoStep]:
    if request.again:
        discard(request.target)
    film = UnfinishedFilm(request.target, clip.info, _settings(request, clip), request.quality)
    total, resumed = _count(request, clip.info), film.done
    begin = request.start or Fraction(0)
    for number, frame in enumerate(_after_resuming(request, clip, film, painter), film.done):
        for left in painter.look_ahead(number):
            share = film.done, max(film.done, total), clip.damaged
            yield VideoStep(*share, resumed, clip.info.size, left)
        painted = painter.paint(number, frame.pixels)
        film.add(Frame(painted, frame.time - begin, frame.duration), painter.memory)
        done = film.done
        yield VideoStep(done, max(done, total), clip.damaged, resumed, clip.info.size)
    if not film.done:
        raise EngineError(f"{request.source} has no frame in this part.")
    film.finish(sound)
    yield VideoStep(film.done, film.done, clip.damaged, resumed, clip.info.size)


def _after_resuming(
    request: VideoRequest, clip: Clip, film: UnfinishedFilm, painter: ClipPainter
) -> Iterator[Frame]:
    """Read the frames that are not painted yet; show the painter those that it must remember."""
    if film.memory is None:
        yield from clip.frames(request.start, request.end)
        return
    begin = request.start or Fraction(0)
    first, last = (begin + moment for moment in film.moments)
    frames = clip.frames(last, request.end)
    shown = [next(found, None) for found in (clip.frames(first), frames)]
    if shown[0] is None or shown[1] is None:
        raise EngineError(f"{request.source} cannot be read where {request.target} goes on.")
    painter.resume(film.memory, shown[0].pixels, shown[1].pixels)
    yield from frames


def _sound(request: VideoRequest, info: ClipInfo) -> Sound | None:
    """Return the sound to be copied; None if there is none or the film cannot have any."""
    silent = is_numbered(request.target) or container_of(request.target) in ANIMATIONS
    if silent or not request.sound or not info.sound:
        return None
    sound = Sound(request.source, request.start or Fraction(0), request.end)
    check_sound(request.target, sound)
    return sound


def _count(request: VideoRequest, info: ClipInfo) -> int:
    """Return about how many frames will be painted, 0 if unknown."""
    begin, end = request.start or Fraction(0), info.count / info.rate
    if request.end is not None:
        end = min(end, request.end) if info.count else request.end
    return max(0, round((end - begin) * info.rate))


def _settings(request: VideoRequest, clip: Clip) -> str:
    """Return a hash of everything that the film depends on, as far as it is cheap to know."""
    import av

    files = files_of(request.source)
    if request.look.photo.like:
        files.append(Path(request.look.photo.like))
    files += [path for _, path in request.keyframes]
    known = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    numbers = [number for number, _ in request.keyframes]
    part = request.start, request.end, request.quality, numbers
    facts = _EDITION, request.look, part, clip.info, known
    return hashlib.sha256(repr((facts, av.__version__)).encode()).hexdigest()
