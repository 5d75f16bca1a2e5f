"""The commands that open windows: ``daub`` without a sub-command, and ``daub bench``."""

import os
import sys
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from app import __version__
from app.cli import main as cli
from app.platform.arguments import NEW_WINDOW
from app.platform.output_guard import check_file, is_ours
from app.window import launch
from engine.errors import EngineError


class Bench(StrEnum):
    """Benchmarks of ``daub bench``."""

    PAINTING = "painting"
    REFINE = "refine"
    CANVAS = "canvas"
    APP = "app"
    PHOTO = "photo"
    STROKES = "strokes"


def run(arguments: list[str] | None = None) -> int:
    """Run the command line with all its commands; return the exit code."""
    return cli.run(arguments)


@cli.commands.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    demo: Annotated[
        bool, typer.Option("--demo", help="Replay a recorded doodle in the real window.")
    ] = False,
    demo_out: Annotated[Path, typer.Option(help="Output folder of the demo.")] = Path("out"),
    animation: Annotated[
        Path | None, typer.Option(help="Record the demo as .webp or .gif.")
    ] = None,
    painting: Annotated[
        Path | None, typer.Option("--open", help="Open a file; the option name can be omitted.")
    ] = None,
    new_window: Annotated[
        bool, typer.Option(NEW_WINDOW, help="Open a new window even if Daub is running.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Let the demo replace existing files.")
    ] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    self_test: Annotated[
        bool, typer.Option("--self-test", help="Check that Daub works on this machine.")
    ] = False,
    until_painted: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Paint a doodle of materials and see it as a painting while you draw."""
    if version:
        print(f"daub {__version__}")
    elif self_test:
        raise typer.Exit(_self_test())
    elif context.invoked_subcommand is None:
        demo = demo or animation is not None
        if not demo and painting is not None and not launch.has_display():
            raise EngineError(f"{painting} cannot be shown: there is no display.")
        if not demo and not launch.has_display():
            print("daub: there is no display, so the demo runs instead.", file=sys.stderr)
            demo = True
        if demo:
            _demo(demo_out, animation, overwrite)
        else:
            raise typer.Exit(launch.open_window(painting, until_painted, new_window))


@cli.commands.command()
def bench(
    what: Annotated[Bench, typer.Argument(help="What to measure.")] = Bench.PAINTING,
    style: Annotated[str, typer.Option(help="Style pack to paint with.")] = cli.DEFAULT_STYLE,
    runs: Annotated[int, typer.Option(min=2, help="Number of measurements.")] = 40,
    starts: Annotated[int, typer.Option(min=0, help="Number of application starts.")] = 20,
    large: Annotated[
        bool | None,
        typer.Option(help="Also measure a large canvas (default: for refine, not for strokes)."),
    ] = None,
    race: Annotated[
        bool, typer.Option("--race", help="Photo: also compare Refine with L-BFGS; some minutes.")
    ] = False,
    quality: Annotated[
        Path | None,
        typer.Option(help="Photo: judge how well the photos of this folder are painted instead."),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(help="Photo: folder for the judged pictures; those that exist are reused."),
    ] = None,
    minutes: Annotated[float, typer.Option(min=0, help="App: length of the session.")] = 1.0,
    soak: Annotated[float, typer.Option(min=0, help="App: minutes to measure memory.")] = 0.0,
    visible: Annotated[
        bool, typer.Option("--visible", help="App: in a real window, on the display.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure the speed of painting, refining, photos, strokes or the application."""
    if visible:
        os.environ.setdefault("QT_QPA_PLATFORM", "")  # of the system, not the harness's offscreen
    else:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from app.harness import bench as measuring
    from app.harness import (
        bench_app,
        bench_canvas,
        bench_photo,
        bench_photo_quality,
        bench_refine,
        bench_strokes,
    )

    if what is Bench.CANVAS:
        measurements = partial(bench_canvas.measure, runs)
    elif what is Bench.APP:
        measurements = partial(bench_app.measure, style, starts, minutes, soak)
    elif what is Bench.PHOTO and quality is not None:
        measurements = partial(bench_photo_quality.measure, quality, keep)
    elif what is Bench.PHOTO:
        measurements = partial(bench_photo.measure, style, runs, race)
    elif what is Bench.REFINE:
        measurements = partial(bench_refine.measure, style, runs, large is not False)
    elif what is Bench.STROKES:
        measurements = partial(bench_strokes.measure, style, runs, bool(large))
    else:
        measurements = partial(measuring.measure, style, runs, starts)
    measuring.run(measurements, as_json)


def _self_test() -> int:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from app.harness import self_test

    return self_test.run()


def _demo(folder: Path, animation: Path | None, overwrite: bool) -> None:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from app.harness import demo

    if animation is not None:
        demo.check_film(animation)
        check_file(animation, [], overwrite, is_ours)
    for path in demo.files(folder):
        check_file(path, [], overwrite, is_ours, makes=True)
    print(demo.report(demo.run(folder, animation)))
