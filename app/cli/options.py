"""What the commands that paint share: options, and what a file says about its making."""

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
    Path, typer.Option("--out", "-o", help="The picture to write; its ending says how.")
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace a file that is there already.")
]
Style = Annotated[str, typer.Option(help="Style pack, see daub styles.")]
Seed = Annotated[int, typer.Option(min=0, max=LAST_SEED, help="Another seed, other strokes.")]
Stroke = Annotated[
    float | None,
    typer.Option("--strokes", min=0.5, max=4, help="Size of the strokes; 1 without."),
]
Labels = Annotated[
    Reading | None,
    typer.Option("--labels", help="What a doodle's pixels are: ids or colours; found out without."),
]
ByOption = Annotated[
    By | None, typer.Option(help="What paints; without, strokes where the style has a painting.")
]


def told_doodle(path: Path, labels: Reading | None, over_photo: bool = False) -> np.ndarray:
    """Read a doodle as (H, W) uint8 material ids; say how where it could be read otherwise."""
    from engine.studio import read_doodle_file

    found = read_doodle_file(path, over_photo, labels)
    if found.remark:
        typer.echo(f"daub: {found.remark}", err=True)
    return found.labels


def check_free(context: typer.Context, names: set[str], mode: str, why: str) -> None:
    """Raise EngineError where one of ``names`` was given, which ``mode`` does not have."""
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name in names and source is not None and source.name == "COMMANDLINE":
            raise EngineError(f"{parameter.opts[0]} is not for {mode}, {why}.")


def provenance(
    info: "StyleInfo",
    seed: int,
    scale: int = 1,
    refined: bool = False,
    by: str = "",
    stroke: float = 1.0,
) -> "Provenance":
    """What a painting's file says about its making."""
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
