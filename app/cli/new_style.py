"""``daub styles new``: make a style pack of a picture and a few scribbles. Without Qt.

The engine is imported inside the command, as in ``app.cli.main``.
"""

import time
from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import Overwrite
from app.platform.output_guard import check_folder
from resources.style_details import StyleDetails

commands = typer.Typer()


@commands.command("new")
def new_style(
    picture: Annotated[Path, typer.Argument(help="Picture whose brush strokes become a style.")],
    scribbles: Annotated[
        Path,
        typer.Option(
            help="Picture of the same proportions with a few strokes in the materials' colours, "
            "transparent or in other colours elsewhere; #ff00ff is never copied."
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder of the new style; its name is the id.")
    ],
    title: Annotated[str, typer.Option(help="Default: the picture's name.")] = "",
    artist: Annotated[str, typer.Option(help="Who made the picture.")] = "",
    year: Annotated[str, typer.Option(help="When it was made.")] = "",
    credit: Annotated[str, typer.Option(help="Where the picture is from.")] = "",
    licence: Annotated[str, typer.Option(help="Of the picture (default: unknown).")] = "",
    strokes: Annotated[
        float, typer.Option(min=0.5, max=2, help="Size of the strokes, 1 as in other styles.")
    ] = 1.0,
    variety: Annotated[
        float, typer.Option(min=0, max=1, help="How little strokes are repeated.")
    ] = 0.5,
    strictness: Annotated[
        float, typer.Option(min=0, max=1, help="How strictly strokes stay in their materials.")
    ] = 0.5,
    overwrite: Overwrite = False,
) -> None:
    """Make a style pack of a picture, with a few scribbles that say what is where."""
    check_folder(out, [picture, scribbles], overwrite, lambda _: False)
    from engine import studio

    painter, started = studio.Studio(), time.perf_counter()
    details = StyleDetails(
        title or picture.stem, artist, year, credit, licence,
        stroke_size=strokes, variety=variety, strictness=strictness,
    )  # fmt: skip
    studio.check_folder_name(out)
    rgb = studio.open_foreign(picture, studio.LONGEST)
    marked = studio.read_scribbles(scribbles, picture, rgb.shape[:2])
    labels = studio.Marking(rgb).classify(marked).labels
    starter, thumbnail = painter.marked_strokes(rgb).starter(labels, details)
    pack = studio.write_style(out, rgb, labels, details, starter, thumbnail)
    names = ", ".join(region.materials[0] for region in pack.region)
    print(f"{out}: {pack.title}, {names}; made in {time.perf_counter() - started:.1f} s")
