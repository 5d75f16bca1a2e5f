"""Commands that make descriptor networks: ``daub distill|vgg19``. Without Qt.

The engine is imported inside the commands, as in ``app.cli.main``.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.cli.options import Overwrite
from app.cli.terminal import show_progress
from app.platform.output_guard import check_file, check_folder, check_png

if TYPE_CHECKING:
    from engine.descriptors.vgg19 import DownloadProgress
    from engine.training.descriptor.compare_refine import Refined
    from engine.training.descriptor.judge import Verdict
    from engine.training.run import TrainingProgress

commands = typer.Typer()

_STYLE = Path("styles/starry-night")
_VGG19_BYTES = 575_000_000  # for the progress bar, if the server does not report a size


@commands.command()
def distill(
    vgg: Annotated[Path, typer.Option(help="Exact VGG-19, at least to conv3_4 (safetensors).")],
    pruned: Annotated[Path, typer.Option(help="Pruned VGG-19 with its 1x1 maps (safetensors).")],
    pictures: Annotated[list[Path], typer.Option(help="Folder of pictures; can be repeated.")],
    minutes: Annotated[float | None, typer.Option(min=0.1, help="Stop after this time.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Stop after this number.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Output file (default: resources/descriptor.safetensors).")
    ] = None,
    run_folder: Annotated[
        Path, typer.Option("--run", help="Folder for checkpoint, losses, teacher outputs (2-3 GB).")
    ] = Path("runs/descriptor"),
    resume: Annotated[bool, typer.Option(help="Continue from the checkpoint in --run.")] = True,
    evaluate_to: Annotated[
        Path | None,
        typer.Option("--evaluate", help="Only evaluate --out; write reconstructions to this PNG."),
    ] = None,
    photo: Annotated[Path | None, typer.Option(help="Photo for --evaluate.")] = None,
    refine_to: Annotated[
        Path | None,
        typer.Option("--refine", help="Only evaluate --out; write refined pictures to this PNG."),
    ] = None,
    painting: Annotated[Path | None, typer.Option(help="Painting for --refine.")] = None,
    style: Annotated[Path, typer.Option(help="The painting's style pack.")] = _STYLE,
    doodle: Annotated[
        Path | None, typer.Option(help="Doodle for --refine (default: the starter).")
    ] = None,
    quality: Annotated[str, typer.Option(help="For --refine: quick, good or best.")] = "good",
    overwrite: Overwrite = False,
) -> None:
    """Distil the compact descriptor network from VGG-19, or evaluate it."""
    from engine.training import earlier
    from engine.training.descriptor import distill
    from engine.training.descriptor import judge as judge_descriptor

    target, folders = (
        out if out is not None else distill.SHIPPED,
        tuple(str(path) for path in pictures),
    )
    if refine_to is not None and painting is None:
        raise typer.BadParameter("--refine needs --painting")
    taught = [vgg, pruned, *pictures]
    pack = [style / name for name in ("starter.png", "regions.png")]
    for sheet in (evaluate_to, refine_to):
        if sheet is not None:
            check_png(sheet, [*taught, target, photo, painting, doodle, *pack], overwrite)
    if evaluate_to is not None:
        judged = judge_descriptor.JudgeConfig(folders)
        _show_verdicts(
            judge_descriptor.judge_files(target, vgg, pruned, judged, evaluate_to, photo)
        )
    if refine_to is not None and painting is not None:
        _compare(refine_to, (target, vgg, pruned), painting, style, doodle, quality)
    if evaluate_to is not None or refine_to is not None:
        return
    check_file(target, taught, overwrite, earlier.is_weights, makes=True)
    check_folder(run_folder, taught, overwrite, partial(earlier.is_run, distill.DistillConfig))
    config = distill.DistillConfig(str(vgg), str(pruned), folders)
    if steps is not None:
        config = replace(config, steps=steps)
    if minutes is not None:
        config = replace(config, minutes=minutes)
    steps_done = distill.distill(config, run_folder, target, resume)
    show_progress((done.share, _distill_text(done)) for done in steps_done)
    print(f"{target}: distilled; checkpoint and losses are in {run_folder}")


def _distill_text(done: "TrainingProgress") -> str:
    left = timedelta(seconds=round(done.seconds_left))
    loss = "" if done.loss is None else f", loss {done.loss:.3f}"
    return f"{done.stage} {done.step} of {done.steps}{loss}, {left} left"


def _show_verdicts(verdicts: "list[Verdict]") -> None:
    """Print the rank correlations in one table, then the channels' activity per descriptor."""
    from engine.training.descriptor.judge import SHARES

    ranks = Table("descriptor", title="rank correlation of style distances with the teacher's")
    for layer in verdicts[0].ranks:
        ranks.add_column(layer.removeprefix("relu"), justify="right", no_wrap=True)
    for verdict in verdicts:
        ranks.add_row(verdict.name, *(f"{value:.3f}" for value in verdict.ranks.values()))
    Console().print(ranks)
    for verdict in verdicts:
        title = f"{verdict.name}: channels by share of active positions; {verdict.dead} dead"
        table = Table("layer", *(f"< {share:.1%}" for share in SHARES), "more", title=title)
        for layer, counts in verdict.activity.items():
            table.add_row(layer, *(str(count or "") for count in counts))
        Console().print(table)


def _compare(
    sheet: Path,
    networks: tuple[Path, Path, Path],
    painting: Path,
    style: Path,
    doodle: Path | None,
    quality: str,
) -> None:
    """Refine with the compact descriptor, with VGG-19 plus the pruned network, and with the pruned.

    ``networks``: the files of the compact, the exact and the pruned network.
    """
    from engine.training.descriptor import compare_refine

    trial = compare_refine.Trial(style, painting, doodle, quality=quality)
    _show_refined(compare_refine.compare_files(*networks, trial, sheet))
    print(f"{sheet}: {quality} quality, from noise, the same under every descriptor")


def _show_refined(results: "list[Refined]") -> None:
    """Print the time and the distance of every descriptor's picture."""
    title = "Refine under each descriptor: log distance from the painting, lower is closer"
    table = Table("descriptor", "seconds", "ms a step", *results[0].distances, "mean", title=title)
    for result in results:
        figures = [f"{result.seconds:.0f}", f"{1000 * result.step_seconds:.0f}"]
        figures += [f"{value:+.2f}" for value in (*result.distances.values(), result.mean)]
        table.add_row(result.name, *figures)
    Console().print(table)


@commands.command()
def vgg19(
    file: Annotated[
        Path | None, typer.Option(help="Local file of torchvision's VGG-19: .pth or .safetensors.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="Download address (default: torchvision's).")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Output file (default: in your data folder).")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Make a descriptor from VGG-19 for Refine and training; downloads 550 MB once."""
    from engine.descriptors import vgg19 as exact
    from engine.descriptors.descriptor import load_descriptor
    from engine.training.earlier import is_weights

    target = out if out is not None else exact.default_path()
    if file is not None or not target.is_file():
        check_file(target, [file], overwrite, is_weights, makes=True)
    if file is not None:
        exact.convert(file, target)
    elif not target.exists():
        _fetch(exact.fetch(target, url if url is not None else exact.weights_url()))
    load_descriptor(target)  # an existing file may not be a descriptor
    print(
        f"{target}: VGG-19\n"
        "Use it with --descriptor. A pack's targets belong to one descriptor: measure them first,\n"
        f"  daub targets FOLDER --painting P --mask M --descriptor {target}"
    )


def _fetch(progress: "Iterator[DownloadProgress]") -> None:
    try:
        show_progress((_share(done), _fetch_text(done)) for done in progress)
    except KeyboardInterrupt:
        print(
            "daub: the partial download is kept. Run the same command to continue.", file=sys.stderr
        )
        raise


def _share(done: "DownloadProgress") -> float:
    return min(1.0, done.done / (done.total or _VGG19_BYTES))


def _fetch_text(done: "DownloadProgress") -> str:
    total = "" if done.total is None else f" of {done.total / 1e6:.0f}"
    return f"VGG-19, {done.done / 1e6:.0f}{total} MB"
