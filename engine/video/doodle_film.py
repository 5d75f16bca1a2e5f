"""Paint a film of doodles, frame by frame; a run that was stopped goes on."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import EngineError
from engine.video.clip import ClipInfo, Frame
from engine.video.doodle_painter import DoodleLook, DoodlePainter
from engine.video.doodles import DoodleSequence, Timing, film_frames
from engine.video.films import QUALITY, check_film
from engine.video.progress import UnfinishedFilm, claimed, discard
from engine.video.run import VideoStep


@dataclass(frozen=True)
class DoodleFilmRequest:
    """A film of doodles: ``target``: file, or numbered pictures as frames/%04d.png.

    ``sources``: the files of the doodles, for a run that goes on; ``facts``: how they were read;
    ``quality``: of the film, 0-51, lower is better; ``again``: begin anew.
    """

    target: Path
    look: DoodleLook
    timing: Timing
    sources: tuple[Path, ...] = ()
    facts: tuple[object, ...] = ()
    quality: int = QUALITY
    again: bool = False


def paint_doodles(
    request: DoodleFilmRequest, doodles: DoodleSequence, painter: DoodlePainter
) -> Iterator[VideoStep]:
    """Paint a film and yield a step per frame. Raises EngineError, in one sentence.

    When it is closed or killed, the same request goes on after the last step.
    """
    check_film(request.target, doodles.size)
    if doodles.count < 2 and not request.look.boil:
        raise EngineError("A film needs two doodles or more, or strokes that boil.")
    with claimed(request.target):
        yield from _painted(request, doodles, painter)


def _painted(
    request: DoodleFilmRequest, doodles: DoodleSequence, painter: DoodlePainter
) -> Iterator[VideoStep]:
    if request.again:
        discard(request.target)
    timing, size = request.timing, doodles.size
    total = timing.count(doodles.count)
    info = ClipInfo(size, timing.rate, 1 / timing.rate, total)
    film = UnfinishedFilm(request.target, info, _settings(request, size), request.quality)
    resumed = film.done
    if film.memory is not None:
        painter.resume(film.memory)
    for number, frame in enumerate(film_frames(doodles, timing)):
        if number < resumed:
            continue
        for left in painter.look_ahead(number, frame):
            yield VideoStep(film.done, total, 0, resumed, size, left)
        pixels = painter.paint(number, frame)
        film.add(Frame(pixels, number / timing.rate, 1 / timing.rate), painter.memory)
        yield VideoStep(film.done, total, 0, resumed, size)
    film.finish(None)
    yield VideoStep(film.done, film.done, 0, resumed, size)


def _settings(request: DoodleFilmRequest, size: tuple[int, int]) -> str:
    """Return a hash of everything that the film depends on, as far as it is cheap to know."""
    import av

    stats = [(str(path), path.stat()) for path in request.sources]
    known = [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]
    facts = request.look, request.timing, request.facts, request.quality, size, known
    return hashlib.sha256(repr((facts, av.__version__)).encode()).hexdigest()
