"""The command line: ``daub render|styles|train|evaluate|distill``. Knows no Qt.

Whatever a person can set right - a wrong path, an unknown style - ends here, in one sentence on
stderr and exit code 2. The engine is imported inside the commands: torch takes a second to load
and ``daub --help`` should not.
"""

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress
from rich.table import Table
from typer.exceptions import TyperException

from engine.errors import EngineError

if TYPE_CHECKING:
    from engine.studio import StyleInfo
    from engine.training.distill import DistillProgress
    from engine.training.judge_descriptor import Verdict
    from engine.training.train_pack import TrainProgress

DEFAULT_STYLE = "starry-night"
LAST_SEED = 2**31 - 1

commands = typer.Typer(
    name="daub",
    help="Paint a doodle of materials and watch a painting grow beside the brush.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code, with failures reported in one sentence."""
    try:
        return int(commands(arguments, standalone_mode=False) or 0)
    except EngineError as error:
        return _fail(str(error))
    except TyperException as error:
        return _fail(f"{_sentence(error.format_message())} See daub --help.")
    except MemoryError:
        return _fail("There is not enough memory for a picture of this size.")
    except OSError as error:
        return _fail(f"{error.filename or 'The system'}: {error.strerror or error}.")
    except typer.Abort:
        print("daub: stopped.", file=sys.stderr)
        return 130


def _fail(sentence: str) -> int:
    print(f"daub: {_sentence(sentence)}", file=sys.stderr)
    return 2


def _sentence(text: str) -> str:
    """One line that ends in a full stop."""
    return " ".join(text.split()).rstrip(".") + "."


@commands.command()
def render(
    doodle: Annotated[Path, typer.Argument(help="PNG of material ids, or in palette colours.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The PNG to write.")],
    style: Annotated[str, typer.Option(help="Style pack, see daub styles.")] = DEFAULT_STYLE,
    seed: Annotated[
        int, typer.Option(min=0, max=LAST_SEED, help="Another seed, other strokes.")
    ] = 0,
    scale: Annotated[int, typer.Option(min=1, max=16, help="Enlarge the doodle first.")] = 1,
) -> None:
    """Paint a doodle and write the painting as PNG."""
    check_output(out)
    from engine import studio

    labels = studio.read_doodle(doodle)
    painter = studio.Studio()
    info = painter.load_style(style)
    started = time.perf_counter()
    picture = painter.render(labels, style, seed, scale)
    seconds = time.perf_counter() - started
    studio.save_png(out, picture, png_text(info, seed))
    height, width = picture.shape[:2]
    print(f"{out}: {width} x {height}, {info.title}, seed {seed}, painted in {seconds:.1f} s")


@commands.command()
def sheet(
    doodles: Annotated[list[Path], typer.Argument(help="PNGs as for daub render.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The PNG to write.")],
    style: Annotated[str, typer.Option(help="Style pack, see daub styles.")] = DEFAULT_STYLE,
    columns: Annotated[int, typer.Option(min=1, max=12)] = 4,
    width: Annotated[int, typer.Option(min=32, max=2048, help="Of each painting.")] = 480,
) -> None:
    """Paint many doodles and write them, each with its doodle in the corner, on one sheet."""
    check_output(out)
    from engine import studio

    painter = studio.Studio()
    painter.load_style(style)
    paintings = []
    for seed, doodle in enumerate(doodles):
        labels = studio.read_doodle(doodle)
        paintings.append(studio.with_doodle(painter.render(labels, style, seed), labels))
    studio.save_png(out, studio.contact_sheet(paintings, columns, width))
    print(f"{out}: {len(paintings)} doodles in {style}")


def check_output(path: Path) -> None:
    """Refuse what cannot be written before time is spent on painting it."""
    if path.suffix.lower() != ".png":
        raise EngineError(f"{path} cannot be written: paintings are PNG files, so end it in .png.")
    if path.is_dir():
        raise EngineError(f"{path} cannot be written: it is a folder.")
    if not path.absolute().parent.is_dir():
        raise EngineError(f"{path} cannot be written: there is no folder {path.parent}.")


def png_text(info: "StyleInfo", seed: int) -> dict[str, str]:
    """What a painting's PNG says about its making."""
    return {"Software": "Daub", "Comment": f"style {info.id}, seed {seed}", "Source": info.credit}


@commands.command()
def styles() -> None:
    """List the style packs, broken ones with the reason."""
    from engine import studio

    table = Table("id", "painting", "licence")
    table.add_column("folder", overflow="fold")
    for info in studio.Studio().styles():
        table.add_row(info.id, _painting(info), info.licence, str(info.folder))
    Console().print(table)


def _painting(info: "StyleInfo") -> str:
    if info.problem is not None:
        return f"[red]broken: {info.problem}[/red]"
    return ", ".join(part for part in (info.title, info.artist, info.year) if part)


@commands.command()
def train(
    folder: Annotated[Path, typer.Argument(help="Folder of the style pack, e.g. styles/my-style.")],
    painting: Annotated[Path, typer.Option(help="Picture of the painting.")],
    mask: Annotated[Path, typer.Option(help="Its region map, the same size.")],
    descriptor: Annotated[Path, typer.Option(help="Descriptor weights (safetensors).")],
    width: Annotated[
        int | None, typer.Option(min=128, help="Painting's width in training: size of the strokes.")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Stop after so many steps.")] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0.1, help="Or after so many minutes.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Checkpoint, losses, sheets. [runs/ID]")] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the checkpoint in --out.")] = True,
) -> None:
    """Train a style pack's generator from one painting and its region map."""
    from engine.training import jobs, train_pack

    config = train_pack.TrainConfig(str(painting), str(mask), str(descriptor))
    if steps is not None:
        config = replace(config, steps=steps)
    if width is not None:
        config = replace(config, width=width)
    if minutes is not None:
        config = replace(config, minutes=minutes)
    run_folder = out if out is not None else Path("runs") / folder.resolve().name
    steps_done = jobs.train_into(folder, config, run_folder, resume)
    _show_progress((done.share, _progress_text(done)) for done in steps_done)
    print(f"{folder}: trained; checkpoint, losses and contact sheets are in {run_folder}")


def _show_progress(progress: "Iterator[tuple[float, str]]") -> None:
    """Shares 0-1 and texts as a bar on a terminal, else as a line a minute.

    Under torchrun only the first process talks.
    """
    console = Console(stderr=True, quiet=os.environ.get("RANK", "0") != "0")
    if not console.is_terminal:
        _log_progress(progress, console)
        return
    with Progress("{task.description}", BarColumn(), console=console, transient=True) as bar:
        task = bar.add_task("starting", total=1.0)
        for share, text in progress:
            bar.update(task, completed=share, description=text)


def _log_progress(progress: "Iterator[tuple[float, str]]", console: Console) -> None:
    due = 0.0
    for _, text in progress:
        if time.monotonic() >= due:
            console.print(text)
            due = time.monotonic() + 60


def _progress_text(done: "TrainProgress") -> str:
    left = timedelta(seconds=round(done.seconds_left))
    return f"step {done.step} of {done.steps}, loss {done.loss:+.3f}, {left} left"


@commands.command()
def evaluate(
    folder: Annotated[Path, typer.Argument(help="Folder of the style pack.")],
    painting: Annotated[Path, typer.Option(help="Picture of the painting.")],
    mask: Annotated[Path, typer.Option(help="Its region map, the same size.")],
    judge: Annotated[Path, typer.Option(help="A descriptor that training did not use.")],
) -> None:
    """Print how far a pack's pictures are from the painting, per region and layer."""
    from engine.training import jobs
    from engine.training.evaluate import mean_log_distance

    regions = jobs.evaluate_pack(folder, painting, mask, judge)
    layers = dict.fromkeys(d.layer for distances in regions.values() for d in distances)
    table = Table("region", title=f"{folder.name}: log distance, lower is closer")
    for layer in layers:
        table.add_column(layer, justify="right")
    for name, distances in regions.items():
        values = {distance.layer: f"{distance.value:+.2f}" for distance in distances}
        table.add_row(name, *(values.get(layer, "") for layer in layers))
    mean = mean_log_distance([d for distances in regions.values() for d in distances])
    table.caption = f"mean {mean:+.2f}"
    Console().print(table)


@commands.command()
def distill(
    vgg: Annotated[Path, typer.Option(help="Exact VGG-19, at least to conv3_4 (safetensors).")],
    pruned: Annotated[Path, typer.Option(help="Pruned VGG-19 with its 1x1 maps (safetensors).")],
    pictures: Annotated[
        list[Path], typer.Option(help="Folder of pictures; give the option once per folder.")
    ],
    minutes: Annotated[float | None, typer.Option(min=0.1, help="Stop after so many.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Or after so many steps.")] = None,
    out: Annotated[Path | None, typer.Option(help="[resources/descriptor.safetensors]")] = None,
    run_folder: Annotated[
        Path, typer.Option("--run", help="Checkpoint, losses, what the teachers said (2-3 GB).")
    ] = Path("runs/descriptor"),
    resume: Annotated[bool, typer.Option(help="Go on from the checkpoint in --run.")] = True,
    evaluate_to: Annotated[
        Path | None,
        typer.Option("--evaluate", help="Only judge --out; reconstructions go to this PNG."),
    ] = None,
    photo: Annotated[Path | None, typer.Option(help="What --evaluate reconstructs.")] = None,
) -> None:
    """Distil the compact descriptor from VGG-19, or judge it."""
    from engine.descriptor import COMPACT
    from engine.training import distill, judge_descriptor

    target, folders = out if out is not None else COMPACT, tuple(str(path) for path in pictures)
    if evaluate_to is not None:
        check_output(evaluate_to)
        judged = judge_descriptor.JudgeConfig(folders)
        _show_verdicts(
            judge_descriptor.judge_files(target, vgg, pruned, judged, evaluate_to, photo)
        )
        return
    config = distill.DistillConfig(str(vgg), str(pruned), folders)
    if steps is not None:
        config = replace(config, steps=steps)
    if minutes is not None:
        config = replace(config, minutes=minutes)
    steps_done = distill.distill(config, run_folder, target, resume)
    _show_progress((done.share, _distill_text(done)) for done in steps_done)
    print(f"{target}: distilled; checkpoint and losses are in {run_folder}")


def _distill_text(done: "DistillProgress") -> str:
    left = timedelta(seconds=round(done.seconds_left))
    loss = "" if done.loss is None else f", loss {done.loss:.3f}"
    return f"{done.stage} {done.step} of {done.steps}{loss}, {left} left"


def _show_verdicts(verdicts: "list[Verdict]") -> None:
    """Rank correlations beside each other, then how active the channels are."""
    from engine.training.judge_descriptor import SHARES

    ranks = Table("descriptor", title="rank correlation of style distances with the teacher's")
    for layer in verdicts[0].ranks:
        ranks.add_column(layer, justify="right")
    for verdict in verdicts:
        ranks.add_row(verdict.name, *(f"{value:.3f}" for value in verdict.ranks.values()))
    Console().print(ranks)
    for verdict in verdicts:
        title = f"{verdict.name}: channels by share of active positions; {verdict.dead} dead"
        table = Table("layer", *(f"< {share:.1%}" for share in SHARES), "more", title=title)
        for layer, counts in verdict.activity.items():
            table.add_row(layer, *(str(count or "") for count in counts))
        Console().print(table)
