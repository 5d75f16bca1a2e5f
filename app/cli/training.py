"""Training commands: ``daub train|train-stylizer|targets|evaluate``. Without Qt.

The engine is imported inside the commands, as in ``app.cli.main``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from app.cli.options import Overwrite
from app.cli.terminal import show_progress
from app.platform.output_guard import check_file, check_folder
from engine.errors import EngineError

if TYPE_CHECKING:
    from engine.training.evaluate import Distance
    from engine.training.judge_stylizer import StyleVerdict
    from engine.training.run import TrainingProgress

commands = typer.Typer()

_Folders = Annotated[list[Path], typer.Argument(help="Folders of style packs, e.g. styles/*.")]
_Paintings = Annotated[
    Path | None, typer.Option(help="Folder of the paintings named in the packs.")
]
_Painting = Annotated[Path | None, typer.Option(help="Painting of a single pack.")]
_Mask = Annotated[Path | None, typer.Option(help="Region map, instead of the pack's own.")]
_Weights = Annotated[
    Path | None, typer.Option(help="Descriptor weights, instead of those included.")
]


@commands.command()
def train(
    folders: _Folders,
    paintings: _Paintings = None,
    painting: _Painting = None,
    mask: _Mask = None,
    descriptor: _Weights = None,
    warm: Annotated[
        Path | None, typer.Option("--from", help="Start with the generator of this pack.")
    ] = None,
    width: Annotated[
        int | None, typer.Option(min=128, help="Width of the painting; sets the size of strokes.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Stop after this number of steps.")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0.1, help="Stop after this number of minutes per pack.")
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Folder for checkpoints, losses and sheets, a subfolder per pack.")
    ] = Path("runs"),
    resume: Annotated[bool, typer.Option(help="Continue from the checkpoints in --out.")] = True,
    finish: Annotated[
        bool,
        typer.Option("--finish", help="Only train thin shapes and keep the look of regions."),
    ] = False,
    from_strokes: Annotated[
        bool,
        typer.Option("--from-strokes", help="Teach the network to paint as the pack's strokes do."),
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Train style packs one after the other, each from its painting and region map."""
    from engine.training import earlier, jobs, teaching
    from engine.training import pack as train_pack

    found = jobs.sources(folders, paintings, painting, mask, own=from_strokes)
    if from_strokes and (finish or warm is not None):
        raise EngineError("--from-strokes begins with the pack: leave --from and --finish out.")
    ending = "-strokes" if from_strokes else "-finish" if finish else ""
    runs = {folder: out / (folder.resolve().name + ending) for folder in found}
    for folder, source in found.items():
        read = [source.painting, source.mask, descriptor]
        # A network that is learned from strokes gets a file of its own.
        _check_pack(folder, read, overwrite, trained=not from_strokes)
        ours = partial(earlier.is_run, train_pack.TrainConfig)
        check_folder(runs[folder], [*read, folder], overwrite, ours)
    options: dict[str, Any] = {"width": width, "steps": steps, "minutes": minutes}
    options |= {"descriptor": descriptor and str(descriptor)}
    given = {key: value for key, value in options.items() if value is not None}
    for folder, source in found.items():
        if from_strokes:
            strokes_config = teaching.strokes_config(folder, source, **given)
            steps_done = teaching.teach_from_strokes(folder, strokes_config, runs[folder], resume)
        else:
            said = jobs.beginning(folder, warm, finish) | {"width": source.width} | given
            config = train_pack.TrainConfig(str(source.painting), str(source.mask), **said)
            steps_done = jobs.train_into(folder, config, runs[folder], resume)
        new = show_progress((done.share, _progress_text(folder, done)) for done in steps_done)
        how = "trained" if new else "already trained (use --no-resume to start again)"
        print(f"{folder}: {how}; checkpoint, losses and contact sheets are in {runs[folder]}")
        if from_strokes:
            print(f"{folder}: {teaching.evaluation_text(runs[folder])}")


def _check_pack(folder: Path, read: Sequence[Path | None], overwrite: bool, trained: bool) -> None:
    """Raise EngineError if a file in a pack that is not its own, or an input, would be replaced."""
    from engine.packs.pack_writer import pack_files

    own = pack_files(folder, trained)
    for path in own:
        check_file(path, read, overwrite, own.__getitem__)


def _progress_text(folder: Path, done: "TrainingProgress") -> str:
    left = timedelta(seconds=round(done.seconds_left))
    loss = f", loss {done.loss:+.3f}" if done.loss is not None else ""
    return f"{folder.name}: {done.stage} {done.step} of {done.steps}{loss}, {left} left"


@commands.command("train-stylizer")
def train_stylizer(
    folders: _Folders,
    paintings: Annotated[Path, typer.Option(help="Folder of the paintings named in the packs.")],
    photos: Annotated[
        list[Path], typer.Option(help="A photo or a folder of photos; can be repeated.")
    ],
    learned: Annotated[
        Path | None,
        typer.Option("--from", help="Add the packs' styles to this network; keep its others."),
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Stop after this number.")] = None,
    minutes: Annotated[float | None, typer.Option(min=0.1, help="Stop after this time.")] = None,
    run_folder: Annotated[
        Path, typer.Option("--run", help="Folder for checkpoint and losses; continues from there.")
    ] = Path("runs/stylizer"),
    out: Annotated[
        Path | None, typer.Option(help="Output file (default: in your data folder).")
    ] = None,
    judge: Annotated[
        bool, typer.Option("--judge", help="Only evaluate --out on these photos.")
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Train the photo network for the styles of the named packs."""
    from engine.photo import stylizer
    from engine.training import earlier, jobs
    from engine.training import stylizer as train_stylizer

    found = {folder: jobs.pack_source(folder, paintings) for folder in folders}
    config = train_stylizer.StylizerConfig(
        tuple((folder.resolve().name, str(s.painting), s.width) for folder, s in found.items())
    )
    if steps is not None:
        config = replace(config, steps=steps)
    if minutes is not None:
        config = replace(config, minutes=minutes)
    if learned is not None:
        config = replace(config, learned=str(learned))
    target = out if out is not None else stylizer.own_weights()
    if judge:
        _show_verdict(target, jobs.judge_photo_network(config, photos, target))
        return
    read = [*(source.painting for source in found.values()), *photos]  # --from may be replaced
    check_file(target, read, overwrite, earlier.is_weights, makes=True)
    ours = partial(earlier.is_run, train_stylizer.StylizerConfig)
    check_folder(run_folder, read, overwrite, ours)
    steps_done = jobs.train_photo_network(config, photos, run_folder, target)
    new = show_progress((done.share, _stylizer_text(done)) for done in steps_done)
    ending = "trained" if new else "already trained (use another --run to start again)"
    print(f"{target}: {ending}; checkpoint and losses are in {run_folder}")


def _show_verdict(network: Path, verdicts: "Iterator[StyleVerdict]") -> None:
    table = Table("style", "log distance", "content", title=f"{network}: lower is closer")
    for verdict in verdicts:
        table.add_row(verdict.style, f"{verdict.style_loss:+.2f}", f"{verdict.content_loss:.2f}")
    Console().print(table)


def _stylizer_text(done: "TrainingProgress") -> str:
    left = timedelta(seconds=round(done.seconds_left))
    losses = f"style {done.losses['style']:+.2f}, content {done.losses['content']:.2f}"
    return f"step {done.step}, {done.name}: {losses}, {left} left"


@commands.command()
def targets(
    folders: _Folders,
    paintings: _Paintings = None,
    painting: _Painting = None,
    mask: _Mask = None,
    descriptor: _Weights = None,
    overwrite: Overwrite = False,
) -> None:
    """Measure the paintings' regions for Refine and write the targets to the style packs."""
    from engine.training import jobs

    found = jobs.sources(folders, paintings, painting, mask)
    for folder, source in found.items():
        read = [source.painting, source.mask, descriptor]
        _check_pack(folder, read, overwrite, trained=False)
    for folder, source in found.items():
        size = jobs.make_targets(folder, source, descriptor)
        print(f"{folder}: targets written, {size / 1000:.0f} kB")


@commands.command()
def evaluate(
    folders: _Folders,
    judge: Annotated[Path, typer.Option(help="A descriptor that training did not use.")],
    paintings: _Paintings = None,
    painting: _Painting = None,
    mask: _Mask = None,
) -> None:
    """Print the distance of packs' pictures from their paintings, per region and layer."""
    from engine.training import jobs

    for folder, source in jobs.sources(folders, paintings, painting, mask).items():
        _show_distances(folder.name, jobs.evaluate_pack(folder, source, judge))


def _show_distances(name: str, regions: "dict[str, list[Distance]]") -> None:
    from engine.training.evaluate import mean_log_distance

    layers = dict.fromkeys(d.layer for distances in regions.values() for d in distances)
    table = Table("region", title=f"{name}: log distance, lower is closer")
    for layer in layers:
        table.add_column(layer, justify="right")
    for region, distances in regions.items():
        values = {distance.layer: f"{distance.value:+.2f}" for distance in distances}
        table.add_row(region, *(values.get(layer, "") for layer in layers))
    mean = mean_log_distance([d for distances in regions.values() for d in distances])
    table.caption = f"mean {mean:+.2f}"
    Console().print(table)
