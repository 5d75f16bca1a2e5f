"""``daub annotate``: a pack's region map from hand-drawn shapes. Knows no Qt.

The engine is imported inside the command, as in ``app.cli``.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from engine.training.annotate import Annotation

commands = typer.Typer()


@commands.command()
def annotate(
    folder: Annotated[Path, typer.Argument(help="Folder of the style pack with polygons.json.")],
    painting: Annotated[Path, typer.Option(help="Picture of the painting.")],
    band: Annotated[
        int | None, typer.Option(min=1, max=64, help="How far borders may move, in pixels. [7]")
    ] = None,
    review: Annotated[
        Path | None, typer.Option(help="Also write the map over the painting to this picture.")
    ] = None,
    grid: Annotated[
        Path | None, typer.Option(help="Only write the painting under a grid of coordinates.")
    ] = None,
    crop: Annotated[
        str, typer.Option(help="LEFT,TOP,RIGHT,BOTTOM: show only this part, enlarged.")
    ] = "",
) -> None:
    """Make a pack's regions.png from its polygons.json, led to the edges of the strokes."""
    from engine.training import annotate as annotating
    from engine.training import overlay
    from engine.training import upgrade as upgrading

    box = _box(crop)
    if grid is not None:
        picture = annotating.working_painting(folder, painting)
        overlay.save_picture(grid, overlay.grid_picture(picture, box))
        print(f"{grid}: coordinates up to {picture.shape[1]} x {picture.shape[0]}")
        return
    made = annotating.annotate(folder, painting, band)
    print(f"{made.path}: {made.regions.shape[1]} x {made.regions.shape[0]} pixels")
    _show_shares(made)
    if (renewed := upgrading.renew(folder, painting)) is not None:
        print(f"{folder}: {renewed}")
    if review is not None:
        overlay.save_picture(review, overlay.review_picture(made, box))
        print(f"{review}: the map over the painting")


def _box(crop: str) -> tuple[int, int, int, int] | None:
    """The four numbers of --crop."""
    if not crop:
        return None
    try:
        left, top, right, bottom = (int(number) for number in crop.split(","))
    except ValueError as error:
        raise typer.BadParameter(f"--crop takes four whole numbers, not {crop}.") from error
    return left, top, right, bottom


def _show_shares(made: "Annotation") -> None:
    """The regions' shares of the picture, and which of them are too small to learn from."""
    from engine.training.annotate import SMALLEST_SHARE

    table = Table("region")
    table.add_column("share", justify="right")
    shares = made.shares()
    for name, share in shares.items():
        table.add_row(name, f"{share:.1%}")
    table.caption = f"no region: {1 - sum(shares.values()):.1%}"
    Console().print(table)
    for name, share in shares.items():
        if share < SMALLEST_SHARE:
            print(f"Warning: {name} holds {share:.2%} of the picture, too little to learn from.")
