"""Commands that train: ``daub train|train-stylizer|targets|evaluate``. Knows no Qt.

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

if TYPE_CHECKING:
    from engine.training.evaluate import Distance
    from engine.training.judge_stylizer import StyleVerdict
    from engine.training.run import TrainingProgress

commands = typer.Typer()

_Folders = Annotated[list[Path], typer.Argument(help="Folders of style packs, e.g. styles/*.")]
_Paintings = Annotated[
    Path | None, typer.Option(help="Folder of the paintings that the packs name.")
]
_Painting = Annotated[Path | None, typer.Option(help="Of one pack, if not by its name.")]
_Mask = Annotated[Path | None, typer.Option(help="Its region map, if not the pack's own.")]
_Weights = Annotated[Path | None, typer.Option(help="Weights to use instead of those that ship.")]


@commands.command()
def train(
    folders: _Folders,
    paintings: _Paintings = None,
    painting: _Painting = None,
    mask: _Mask = None,
    descriptor: _Weights = None,
    warm: Annotated[
        Path | None, typer.Option("--from", help="Begin with the generator of this pack.")
    ] = None,
    width: Annotated[
        int | None, typer.Option(min=128, help="Painting's width in training: size of the strokes.")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Stop after so many steps.")] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0.1, help="Or after so many minutes, for each pack.")
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Checkpoints, losses, sheets; a folder for each pack.")
    ] = Path("runs"),
    resume: Annotated[bool, typer.Option(help="Go on from the checkpoints in --out.")] = True,
    finish: Annotated[
        bool,
        typer.Option("--finish", help="Leave regions as they are; teach thin shapes to look so."),
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Train style packs, each from its painting and region map, one after the other."""
    from engine.training import earlier, jobs
    from engine.training import pack as train_pack

    found = jobs.sources(folders, paintings, painting, mask)
    ending = "-finish" if finish else ""
    runs = {folder: out / (folder.resolve().name + ending) for folder in found}
    for folder, source in found.items():
        read = [source.painting, source.mask, descriptor]
        _check_pack(folder, read, overwrite, trained=True)
        ours = partial(earlier.is_run, train_pack.TrainConfig)
        check_folder(runs[folder], [*read, folder], overwrite, ours)
    wishes: dict[str, Any] = {"width": width, "steps": steps, "minutes": minutes}
    wishes |= {"descriptor": descriptor and str(descriptor)}
    given = {key: value for key, value in wishes.items() if value is not None}
    for folder, source in found.items():
        said = jobs.beginning(folder, warm, finish) | {"width": source.width} | given
        config = train_pack.TrainConfig(str(source.painting), str(source.mask), **said)
        steps_done = jobs.train_into(folder, config, runs[folder], resume)
        new = show_progress((done.share, _progress_text(folder, done)) for done in steps_done)
        how = "trained" if new else "trained before (--no-resume begins anew)"
        print(f"{folder}: {how}; checkpoint, losses and contact sheets are in {runs[folder]}")


def _check_pack(folder: Path, read: Sequence[Path | None], overwrite: bool, trained: bool) -> None:
    """Refuse to replace what lies in a pack but is not its own, or is read."""
    from engine.packs.pack_writer import pack_files

    own = pack_files(folder, trained)
    for path in own:
        check_file(path, read, overwrite, own.__getitem__)


def _progress_text(folder: Path, done: "TrainingProgress") -> str:
    left = timedelta(seconds=round(done.seconds_left))
    return (
        f"{folder.name}: step {done.step} of {done.steps}, loss {done.loss or 0:+.3f}, {left} left"
    )


@commands.command("train-stylizer")
def train_stylizer(
    folders: _Folders,
    paintings: Annotated[Path, typer.Option(help="Folder of the paintings that the packs name.")],
    photos: Annotated[
        list[Path], typer.Option(help="A photo or a folder of them; give the option for each.")
    ],
    learned: Annotated[
        Path | None,
        typer.Option("--from", help="Teach this network the packs' styles, and change no other."),
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Stop after so many steps.")] = None,
    minutes: Annotated[float | None, typer.Option(min=0.1, help="Or after so many.")] = None,
    run_folder: Annotated[
        Path, typer.Option("--run", help="Checkpoint and losses; where it goes on from.")
    ] = Path("runs/stylizer"),
    out: Annotated[
        Path | None, typer.Option(help="Where the network goes, else into your data folder.")
    ] = None,
    judge: Annotated[
        bool, typer.Option("--judge", help="Only judge --out, on these photos.")
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Train the network that paints photos, for the styles of all the packs named."""
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
    read = [*(source.painting for source in found.values()), *photos]  # --from may be taught on
    check_file(target, read, overwrite, earlier.is_weights, makes=True)
    ours = partial(earlier.is_run, train_stylizer.StylizerConfig)
    check_folder(run_folder, read, overwrite, ours)
    steps_done = jobs.train_photo_network(config, photos, run_folder, target)
    new = show_progress((done.share, _stylizer_text(done)) for done in steps_done)
    ending = "trained" if new else "trained before (another --run begins anew)"
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
    """Measure paintings' regions for Refine and put the result into their style packs."""
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
    """Print how far packs' pictures are from their paintings, per region and layer."""
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
