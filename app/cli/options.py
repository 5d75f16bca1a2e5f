"""Options and helpers that several painting commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from app import __version__
from app.cli.strokes import By
from engine.errors import EngineError
from resources.reading import Reading

if TYPE_CHECKING:
    from engine.studio import Provenance, StyleInfo

DEFAULT_STYLE = "starry-night"
LAST_SEED = 2**31 - 1

Out = Annotated[
    Path, typer.Option("--out", "-o", help="Output picture; its suffix sets the format.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")]
Style = Annotated[str, typer.Option(help="Style pack, see daub styles.")]
Seed = Annotated[int, typer.Option(min=0, max=LAST_SEED, help="Seed for the random choices.")]
Stroke = Annotated[
    float | None,
    typer.Option("--strokes", min=0.5, max=4, help="Size of the strokes (default: 1)."),
]
Labels = Annotated[
    Reading | None,
    typer.Option("--labels", help="Pixels of a doodle: ids or colours (default: detected)."),
]
Like = Annotated[
    Path | None,
    typer.Option(help="Any picture to copy brush strokes from, instead of a style."),
]
Detail = Annotated[
    float, typer.Option(min=0, max=1, help="Strokes: how much of the detail is kept.")
]
Shapes = Annotated[
    float, typer.Option(min=0, max=1, help="Strokes: how closely they follow shapes.")
]
StrokeSize = Annotated[float, typer.Option(min=0.5, max=4, help="Size of the strokes.")]
ByOption = Annotated[
    By | None, typer.Option(help="Method (default: strokes if the style has a painting).")
]


def told_doodle(path: Path, labels: Reading | None, over_photo: bool = False) -> np.ndarray:
    """Read a doodle as (H, W) uint8 material ids; print a remark if it is ambiguous."""
    from engine.studio import read_doodle_file

    found = read_doodle_file(path, over_photo, labels)
    if found.remark:
        typer.echo(f"daub: {found.remark}", err=True)
    return found.labels


def check_free(context: typer.Context, names: set[str], mode: str, why: str) -> None:
    """Raise EngineError if one of the parameters ``names`` was given but ``mode`` has none.

    ``why``: a relative clause about ``mode`` for the error sentence.
    """
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name in names and source is not None and source.name == "COMMANDLINE":
            raise EngineError(f"{parameter.opts[0]} cannot be used with {mode}, {why}.")


def provenance(
    info: "StyleInfo",
    seed: int,
    scale: int = 1,
    refined: bool = False,
    by: str = "",
    stroke: float = 1.0,
) -> "Provenance":
    """Return the metadata for a painting's file."""
    from engine.studio import Provenance

    maker = f"Daub {__version__}"
    return Provenance(
        maker=maker,
        style=info.id,
        seed=seed,
        title=info.title,
        source=info.credit,
        scale=scale,
        refined=refined,
        by=by,
        stroke=stroke,
    )
