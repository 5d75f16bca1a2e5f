"""``daub render|sheet``: paint doodles with strokes or a network. Without Qt."""

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app import __version__
from app.cli.options import (
    DEFAULT_STYLE,
    ByOption,
    Labels,
    Out,
    Overwrite,
    Seed,
    Stroke,
    Style,
    check_free,
    provenance,
    told_doodle,
)
from app.cli.strokes import (
    By,
    MappedFiles,
    choose,
    from_painting,
    guide_files,
    show_matches,
    show_strokes,
    tell,
)
from app.cli.terminal import progress_bar
from app.platform.output_guard import check_output, check_sources
from engine.errors import EngineError

if TYPE_CHECKING:
    from engine.studio import ExportRequest, Provenance, Studio

commands = typer.Typer()


@commands.command()
def render(
    context: typer.Context,
    doodle: Annotated[
        Path,
        typer.Argument(
            help="Picture in palette colours or of material ids; with --map, in its colours."
        ),
    ],
    out: Out,
    style: Style = DEFAULT_STYLE,
    by: ByOption = None,
    stroke: Stroke = None,
    seed: Seed = 0,
    labels_are: Labels = None,
    scale: Annotated[
        int,
        typer.Option(
            min=1,
            max=16,
            help="Size: strokes make the same picture larger, a network paints at that size.",
        ),
    ] = 1,
    bits: Annotated[int, typer.Option(help="Bits per channel: 8, or 16 in PNG and TIFF.")] = 8,
    quality: Annotated[int, typer.Option(min=1, max=100, help="JPEG and WebP quality.")] = 92,
    doodle_only: Annotated[
        bool, typer.Option("--doodle", help="Write the doodle as a PNG of ids instead.")
    ] = False,
    painting: Annotated[
        Path | None,
        typer.Option("--from-painting", help="Copy strokes from this picture, not from a style."),
    ] = None,
    painting_map: Annotated[
        Path | None,
        typer.Option("--map", help="Label map of that picture, in flat colours."),
    ] = None,
    guide: Annotated[
        list[str] | None,
        typer.Option(help="Another guide: NAME=source.png,target.png[,weight from 0 to 255]."),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Paint a doodle and write the painting as PNG, JPEG, WebP or TIFF."""
    guides = guide_files(guide or [])
    check_output(out, [doodle, painting, painting_map, *guides], overwrite)
    if painting is not None and painting_map is not None:
        only = {"style", "by", "scale", "bits", "doodle_only"}
        check_free(context, only, "--from-painting", "which uses strokes and no style")
        mapped = MappedFiles(doodle, painting, painting_map, guide or [])
        _render_from(mapped, out, seed, stroke or 1.0, quality)
        return
    if painting is not None or painting_map is not None:
        raise EngineError("--from-painting and --map must be used together.")
    if guide:
        raise EngineError("--guide can only be used with --from-painting.")
    from engine import studio

    painter = studio.Studio()
    info = painter.describe(style)
    check_sources([out], info.files)
    labels = told_doodle(doodle, labels_are)
    request = studio.ExportRequest(
        path=out,
        labels=labels,
        style_id=style,
        seed=seed,
        scale=scale,
        format="ids" if doodle_only else "",
        bits=bits,
        quality=quality,
    )
    request.check()
    # Doodles are written by the same exporter as the network's paintings.
    chosen, why = (By.NETWORK, "") if doodle_only else choose(info, by, stroke)
    made = provenance(info, seed, scale, by="" if doodle_only else chosen, stroke=stroke or 1.0)
    if chosen is By.NETWORK and not doodle_only:
        painter.load_style(style)
    started = time.perf_counter()
    if chosen is By.STROKES:
        _render_strokes(painter, request, stroke or 1.0, made)
    else:
        _show_sharing(painter.export(replace(request, provenance=made)))
    tell(why)
    height, width = (side * scale for side in labels.shape)
    _report(out, (width, height), info.title, seed, started, chosen)


def _render_strokes(
    painter: "Studio", request: "ExportRequest", stroke: float, made: "Provenance"
) -> None:
    """Paint a doodle with strokes and write it at the requested scale."""
    from engine import studio
    from engine.strokes.picture_export import PictureExport

    strokes = studio.StrokeRequest(request.labels, request.style_id, request.seed, stroke)
    picture, matches = show_matches(lambda: painter.strokes(strokes))
    _show_sharing(
        painter.export_picture(
            PictureExport(
                request.path,
                picture,
                request.scale,
                bits=request.bits,
                quality=request.quality,
                provenance=made,
                matches=matches,
            )
        )
    )


def _render_from(mapped: MappedFiles, out: Path, seed: int, stroke: float, quality: int) -> None:
    """Paint a doodle in the colours of a painting's map with the painting's strokes; write it."""
    from engine import studio

    started = time.perf_counter()
    picture = from_painting(studio.Studio(), mapped, out, seed, stroke)
    title = mapped.painting.name
    made = studio.Provenance(f"Daub {__version__}", "", seed, title, by=By.STROKES, stroke=stroke)
    studio.save_picture(out, picture, made, quality)
    height, width = picture.shape[:2]
    _report(out, (width, height), f"after {title}", seed, started, By.STROKES)


def _report(
    out: Path, size: tuple[int, int], title: str, seed: int, started: float, by: By
) -> None:
    """Print what was written and the time since ``started``."""
    seconds = time.perf_counter() - started
    how = " by strokes" if by is By.STROKES else ""
    print(f"{out}: {size[0]} x {size[1]}, {title}, seed {seed}, painted in {seconds:.1f} s{how}")


def _show_sharing(shares: Iterator[float]) -> None:
    """Consume the shares done (0-1) and show them in a progress bar."""
    with progress_bar() as bar:
        task = bar.add_task("painting", total=1.0)
        for share in shares:
            bar.update(task, completed=share)


@commands.command()
def sheet(
    doodles: Annotated[list[Path], typer.Argument(help="PNGs as for daub render.")],
    out: Out,
    style: Style = DEFAULT_STYLE,
    by: ByOption = None,
    stroke: Stroke = None,
    labels_are: Labels = None,
    columns: Annotated[int, typer.Option(min=1, max=12)] = 4,
    width: Annotated[int, typer.Option(min=32, max=2048, help="Width of a painting.")] = 480,
    overwrite: Overwrite = False,
) -> None:
    """Paint many doodles and write them on one sheet, each with its doodle in the corner."""
    check_output(out, doodles, overwrite)
    from engine import studio

    painter = studio.Studio()
    info = painter.describe(style)
    check_sources([out], info.files)
    chosen, why = choose(info, by, stroke=stroke)
    paintings = []
    for seed, doodle in enumerate(doodles):
        labels = told_doodle(doodle, labels_are)
        if chosen is By.STROKES:
            request = studio.StrokeRequest(labels, style, seed, stroke or 1.0)
            picture = show_strokes(partial(painter.strokes, request))
        else:
            picture = painter.render(labels, style, seed)
        paintings.append(studio.with_doodle(picture, labels))
    made = studio.to_look_at(f"doodles in {style}")
    studio.save_picture(out, studio.contact_sheet(paintings, columns, width), made)
    tell(why)
    how = " by strokes" if chosen is By.STROKES else ""
    print(f"{out}: {len(paintings)} doodles in {style}{how}")
