"""``daub video``: paint a clip. Without Qt."""

import math
import re
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.options import (
    DEFAULT_STYLE,
    Detail,
    Like,
    Overwrite,
    Seed,
    Shapes,
    StrokeSize,
    Style,
    check_free,
)
from app.cli.strokes import By
from app.cli.terminal import show_progress
from app.platform.output_guard import check_file, check_place, check_sources
from engine.errors import EngineError
from engine.requests import PhotoLook

if TYPE_CHECKING:
    from engine.video.run import VideoRequest, VideoStep

commands = typer.Typer()

_WHEN = re.compile(
    r"(?P<frame>\d+)f|((?P<hours>\d+):)??((?P<minutes>\d+):)?(?P<seconds>\d+(\.\d+)?)", re.ASCII
)
_OF_STYLES = {"style", "like", "boil", "detail", "freedom", "shapes", "stroke", "colours"}


@commands.command()
def video(
    context: typer.Context,
    clip: Annotated[
        Path, typer.Argument(help="Clip, animated picture or numbered pictures, as f/%04d.png.")
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="Film, as .mp4, .mkv, .webm or .gif, or %04d.png."),
    ],
    style: Style = DEFAULT_STYLE,
    like: Like = None,
    keyframe: Annotated[
        list[str] | None,
        typer.Option(
            metavar="N=PICTURE",
            help="Frame N (the first is 0), painted over; the clip follows it. Repeatable.",
        ),
    ] = None,
    by: Annotated[
        By, typer.Option(help="strokes of the painting, or network, which is faster.")
    ] = By.STROKES,
    boil: Annotated[
        int, typer.Option(min=0, help="Strokes: paint anew every so many frames; 0 never.")
    ] = 0,
    detail: Detail = PhotoLook.detail,
    freedom: Annotated[
        float, typer.Option(min=0, max=1, help="Strokes: how far they may leave the clip.")
    ] = PhotoLook.freedom,
    shapes: Shapes = PhotoLook.shapes,
    strength: Annotated[
        float, typer.Option(min=0, max=1, help="0 is the clip itself, 1 the full style.")
    ] = 1.0,
    stroke: StrokeSize = 1.0,
    colours: Annotated[
        str, typer.Option(help="style, or the clip's: luminance or statistics.")
    ] = "style",
    seed: Seed = 0,
    start: Annotated[
        str,
        typer.Option(
            "--from",
            "--start",
            metavar="WHEN",
            help="Begin there: seconds, as 12.5 or 1:05, or a frame, as 120f.",
        ),
    ] = "0",
    end: Annotated[
        str | None,
        typer.Option("--to", "--end", metavar="WHEN", help="End before that time or frame."),
    ] = None,
    longest: Annotated[
        int, typer.Option(min=0, help="Most pixels of the film's longer side; 0 the clip's own.")
    ] = 0,
    rate: Annotated[
        float, typer.Option(min=0.1, max=240, help="Frames per second of numbered pictures.")
    ] = 25.0,
    quality: Annotated[
        int, typer.Option(min=0, max=51, help="Of the film: 0 is best, 51 smallest.")
    ] = 18,
    no_sound: Annotated[bool, typer.Option("--no-sound", help="Leave the sound out.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Begin anew instead of going on with a stopped run.")
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Paint a clip without flicker. After an interruption the same command continues."""
    from engine.studio import Studio
    from engine.video.painter import VideoLook
    from engine.video.run import VideoRequest, files_of

    if keyframe:
        check_free(context, _OF_STYLES, "--keyframe", "which replaces the style")
    try:
        look = PhotoLook(
            style=style,
            strength=strength,
            stroke=stroke,
            colours=colours,
            seed=seed,
            by=by,
            detail=detail,
            freedom=freedom,
            shapes=shapes,
            like=str(like.absolute()) if like is not None else "",
        )
        request = VideoRequest(
            source=clip,
            target=out,
            look=VideoLook(look, boil),
            rate=exact(rate),
            longest=longest,
            quality=quality,
            sound=not no_sound,
            again=again,
            keyframes=tuple(_keyframe(text) for text in keyframe or []),
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    request = _with_part(request, start, end)
    read = [*files_of(clip), like, *(path for _, path in request.keyframes)]
    check_target(out, read, again, overwrite)
    last, seconds = show_steps(Studio().video(request), again)
    _report(request, last, seconds)


def _with_part(request: "VideoRequest", start: str, end: str | None) -> "VideoRequest":
    """Return the request for a part of the clip. Raises EngineError."""
    begin = _moment(request, "--from", start) or None
    last = None if end is None else _moment(request, "--to", end)
    if last is not None and last <= (begin or 0):
        raise typer.BadParameter("--to must be later than --from.")
    return replace(request, start=begin, end=last)


def _moment(request: "VideoRequest", option: str, text: str) -> Fraction:
    """Read a time, as 12.5 or 1:05.5, or the time of a frame, as 120f. Raises EngineError."""
    from engine.video.files import open_clip

    told = _WHEN.fullmatch(text)
    if told is None:
        raise EngineError(
            f"{option} {text} cannot be read; use seconds, as 12.5 or 1:05, or a frame, as 120f."
        )
    if told["frame"] is None:
        hours, minutes = (int(told[part] or 0) for part in ("hours", "minutes"))
        return 3600 * hours + 60 * minutes + Fraction(told["seconds"])
    number, times = int(told["frame"]), open_clip(request.source, request.rate).times()
    if number >= len(times):
        raise EngineError(
            f"{option} {text} is no frame of {request.source}: the last one is {len(times) - 1}f."
        )
    return times[number]


def _keyframe(text: str) -> tuple[int, Path]:
    """Read N=PICTURE. Raises EngineError."""
    number, _, path = text.partition("=")
    if not (number.isascii() and number.isdecimal() and path):
        raise EngineError(
            f"--keyframe {text} cannot be read; use a frame's number and a picture, as 12=a.png."
        )
    return int(number), Path(path)


def exact(told: float) -> Fraction:
    """Return a number exactly. Raises ValueError for one that is not finite."""
    if not math.isfinite(told):
        raise ValueError(f"{told} is not a number of seconds.")
    return Fraction(str(told))


def check_target(target: Path, read: Iterable[Path | None], again: bool, overwrite: bool) -> None:
    """Raise EngineError if a film cannot or may not be written. ``read``: files that stay."""
    from engine.video.animations import is_numbered
    from engine.video.run import files_of, is_begun

    if not is_numbered(target):
        check_file(target, read, overwrite, lambda _: False)
        return
    check_place(target.parent)
    check_sources(files_of(target), read)
    goes_on = is_begun(target) and not again
    if files_of(target) and not (overwrite or goes_on):
        raise EngineError(
            f"{target}: such pictures already exist. Use --overwrite to replace them."
        )


def show_steps(steps: "Iterator[VideoStep]", again: bool) -> "tuple[VideoStep, float]":
    """Paint with a progress bar; return the last step and the seconds it took.

    Ctrl+C ends the command with a line that says how to go on; ``again``: it has begun anew.
    """
    started = time.perf_counter()
    last: list[VideoStep] = []

    def progress() -> Iterator[tuple[float, str]]:
        with closing(steps):  # type: ignore[type-var]
            for step in steps:
                last[:] = [step]
                seconds = time.perf_counter() - started
                yield step.done / max(1, step.total), _told(step, seconds)

    try:
        show_progress(progress())
    except KeyboardInterrupt:
        command = "the same command without --again" if again else "the same command"
        print(f"daub: stopped. Run {command} to continue.", file=sys.stderr)
        raise typer.Exit(130) from None
    return last[0], time.perf_counter() - started


def _told(step: "VideoStep", seconds: float) -> str:
    """Return how far it is and how long it will take."""
    if step.ahead:
        return f"{step.done} of {step.total} frames, first {step.ahead} back from a keyframe"
    left = (step.total - step.done) * seconds / max(1, step.done - step.resumed)
    minutes, rest = divmod(round(left), 60)
    return f"{step.done} of {step.total} frames, {minutes}:{rest:02} left"


def _report(request: "VideoRequest", last: "VideoStep", seconds: float) -> None:
    look, keyframes = request.look.photo, request.keyframes
    how = f"after {keyframes[0][1]}" if keyframes else f"{look.like or look.style} by {look.by}"
    report(request.target, how, last, seconds)


def report(target: Path, how: str, last: "VideoStep", seconds: float) -> None:
    """Print what was painted."""
    painted = last.done - last.resumed
    earlier = f", {last.resumed} were there" if last.resumed else ""
    lost = f", {last.damaged} damaged packets skipped" if last.damaged else ""
    print(f"{target}: {how}, {painted} frames painted in {seconds:.1f} s{earlier}{lost}")
