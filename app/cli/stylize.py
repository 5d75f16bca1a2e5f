"""``daub stylize``: paint any number of photos. Without Qt."""

import sys
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app import __version__
from app.batch.photo_batch import cores, paint_all
from app.batch.photo_tasks import BatchOptions, Outcome, Shard, Task, find_tasks, skipped
from app.batch.resume import Standing, standing
from app.cli.options import (
    Detail,
    Labels,
    Like,
    Overwrite,
    Shapes,
    StrokeSize,
    told_doodle,
)
from app.cli.strokes import By
from app.platform.output_guard import check_place, check_sources
from app.platform.time_left import time_left
from engine.requests import PhotoLook

commands = typer.Typer()


@commands.command()
def stylize(
    photos: Annotated[list[Path], typer.Argument(help="Files, folders or patterns, as *.jpg.")],
    out_dir: Annotated[
        Path,
        typer.Option("--out-dir", "-o", help="Output folder, or for one photo an output file."),
    ],
    style: Annotated[str, typer.Option(help="Style pack, see daub styles.")] = "starry-night",
    like: Like = None,
    by: Annotated[
        By | None,
        typer.Option(help="strokes of the painting (default), or network."),
    ] = None,
    detail: Detail = PhotoLook.detail,
    freedom: Annotated[
        float, typer.Option(min=0, max=1, help="Strokes: how far they may leave the photo.")
    ] = PhotoLook.freedom,
    shapes: Shapes = PhotoLook.shapes,
    strength: Annotated[
        float, typer.Option(min=0, max=1, help="0 is the photo itself, 1 the full style.")
    ] = 1.0,
    second: Annotated[str | None, typer.Option(help="Second style to blend with.")] = None,
    blend: Annotated[float, typer.Option(min=0, max=1, help="Share of the second style.")] = 0.5,
    stroke: StrokeSize = 1.0,
    colours: Annotated[
        str, typer.Option(help="style, or the photo's: luminance or statistics.")
    ] = "style",
    mask: Annotated[
        Path | None,
        typer.Option(help="Doodle over the photos, or a folder of doodles named like the photos."),
    ] = None,
    labels_are: Labels = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed for the random choices.")] = 0,
    format_id: Annotated[
        str, typer.Option("--format", help="png, jpeg, webp or tiff (default: as the photo).")
    ] = "",
    bits: Annotated[
        int | None,
        typer.Option(help="8 or 16 per channel (default: as the photo, in PNG and TIFF)."),
    ] = None,
    quality: Annotated[int, typer.Option(min=1, max=100, help="JPEG and WebP quality.")] = 92,
    metadata: Annotated[
        bool, typer.Option("--metadata", help="Keep the camera's metadata without the location.")
    ] = False,
    place: Annotated[
        bool, typer.Option("--place", help="Keep the camera's metadata with the location.")
    ] = False,
    workers: Annotated[
        int, typer.Option(min=1, help="Number of processes, which share the CPU cores.")
    ] = 1,
    shard: Annotated[
        str | None,
        typer.Option(help="Paint only a part, as 2/8: for job arrays and several machines."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Also paint photos that are already painted.")
    ] = False,
    weights: Annotated[
        Path | None, typer.Option(help="Photo network weights, instead of those included.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Paint photos. After an interruption the same command continues; errors skip a photo."""
    by = by or (By.NETWORK if weights is not None else By.STROKES)
    try:
        look = PhotoLook(
            style=style,
            strength=strength,
            second=second,
            blend=blend if second is not None else 0.0,
            stroke=stroke,
            colours=colours,
            seed=seed,
            by=by,
            detail=detail,
            freedom=freedom,
            shapes=shapes,
            like=str(like.absolute()) if like is not None else "",
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    part = _shard(shard) if shard is not None else None
    if mask is not None and mask.is_file():
        told_doodle(mask, labels_are, over_photo=True)  # print a remark once, not for every photo
    tasks = find_tasks(photos, out_dir, format_id, mask)
    if bits is not None:
        _check_bits(tasks, bits)
    one = any(task.target == out_dir for task in tasks)
    check_place(out_dir.parent if one else out_dir)
    check_sources([task.target for task in tasks], [weights, like])
    if part is not None:
        tasks = part.of(tasks)
    threads = max(1, cores() // workers)
    options = BatchOptions(
        look,
        maker=f"Daub {__version__}",
        quality=quality,
        notes=metadata or place,
        place=place,
        threads=threads,
        weights=weights,
        labels=labels_are,
        bits=bits,
    )
    standings = {task: standing(task, options) for task in tasks}
    done = 0 if again else list(standings.values()).count(Standing.DONE)
    taken = [task for task in tasks if standings[task] is Standing.TAKEN and not overwrite]
    left = [
        task for task in tasks
        if task not in taken and (again or standings[task] is not Standing.DONE)
    ]  # fmt: skip
    try:
        failed = _show(paint_all(left, options, workers), len(left))
    except KeyboardInterrupt:
        print("daub: stopped. Run the same command to continue.", file=sys.stderr)
        raise typer.Exit(130) from None
    painted, there = len(left) - len(failed), f", {done} already existed" if done else ""
    problems = [outcome.problem for outcome in failed]
    problems += [
        f"{task.target} is not a painting of {task.source}. Use --overwrite to replace it."
        for task in taken
    ]
    others = skipped(photos, out_dir)
    passed = f", {others} other files skipped" if others else ""
    whole = f", part {part}" if part is not None else ""
    print(f"{out_dir}{whole}: {painted} painted{there}, {len(problems)} failed{passed}")
    for problem in problems:
        print(f"daub: {problem}", file=sys.stderr)
    if problems:
        raise typer.Exit(1)


def _check_bits(tasks: Sequence[Task], bits: int) -> None:
    """Raise EngineError if the format of a painting does not have these bits per channel."""
    from engine.formats import find_format  # imports numpy and Pillow, not needed by --help

    for task in tasks:
        find_format(task.target).check(task.target, 1, 1, bits)


def _shard(text: str) -> Shard:
    try:
        return Shard.parsed(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--shard'") from error


def _show(outcomes: Generator[Outcome, None, None], count: int) -> list[Outcome]:
    """Show a progress bar, or without a terminal a line per photo; return the failures."""
    console, failed, began = Console(stderr=True), list[Outcome](), time.monotonic()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with (
        closing(outcomes),
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar,
    ):
        task = bar.add_task("starting", total=count)
        for done, outcome in enumerate(outcomes, 1):
            failed += [outcome] if outcome.problem else []
            bar.update(task, completed=done, description=outcome.task.source.name)
            if not console.is_terminal:
                said = outcome.problem or f"{outcome.task.target}: {outcome.seconds:.1f} s"
                left = time_left(time.monotonic() - began, done / count) if done < count else ""
                print(f"{done}/{count} {said}{left and ', '}{left}", flush=True)
    return failed
