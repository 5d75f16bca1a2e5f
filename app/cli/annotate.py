"""``daub annotate``: make a pack's region map from hand-drawn polygons. Without Qt.

The engine is imported inside the command, as in ``app.cli.main``.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.cli.options import Overwrite
from app.platform.output_guard import check_file, check_output, check_sources

if TYPE_CHECKING:
    from engine.training.annotate import Annotation

commands = typer.Typer()


@commands.command()
def annotate(
    folder: Annotated[Path, typer.Argument(help="Folder of the style pack with polygons.json.")],
    painting: Annotated[Path, typer.Option(help="Picture of the painting.")],
    band: Annotated[
        int | None, typer.Option(min=1, max=64, help="Pixels that borders may move (default: 7).")
    ] = None,
    review: Annotated[
        Path | None, typer.Option(help="Also write a picture of the map over the painting.")
    ] = None,
    grid: Annotated[
        Path | None, typer.Option(help="Only write a picture of the painting with a grid.")
    ] = None,
    crop: Annotated[
        str, typer.Option(help="LEFT,TOP,RIGHT,BOTTOM: show only this part, enlarged.")
    ] = "",
    overwrite: Overwrite = False,
) -> None:
    """Make a pack's regions.png from its polygons.json, with borders snapped to stroke edges."""
    from engine.training import annotate as annotating
    from engine.training import overlay
    from engine.training import upgrade as upgrading

    box = _box(crop)
    for view in (grid, review):
        if view is not None:
            check_output(view, [painting, *_of_pack(folder)], overwrite)
    if grid is not None:
        picture = annotating.working_painting(folder, painting)
        overlay.save_picture(grid, overlay.grid_picture(picture, box))
        print(f"{grid}: coordinates up to {picture.shape[1]} x {picture.shape[0]}")
        return
    _check_pack(folder, painting, overwrite)
    made = annotating.annotate(folder, painting, band)
    print(f"{made.path}: {made.regions.shape[1]} x {made.regions.shape[0]} pixels")
    _show_shares(made)
    if (renewed := upgrading.renew(folder, painting)) is not None:
        print(f"{folder}: {renewed}")
    if review is not None:
        overlay.save_picture(review, overlay.review_picture(made, box))
        print(f"{review}: the map over the painting")


def _of_pack(folder: Path) -> list[Path]:
    """Return the pack's files that the map depends on, the map, and the files made from it."""
    from engine.training.annotate import POLYGONS, REGIONS
    from engine.training.upgrade import WRITTEN

    return [folder / name for name in ("style.toml", POLYGONS, REGIONS, *WRITTEN)]


def _check_pack(folder: Path, painting: Path, overwrite: bool) -> None:
    """Raise EngineError if another map or the painting would be replaced."""
    from engine.packs.region_map import REGIONS, is_drawn
    from engine.packs.style_pack import read_pack
    from engine.training.upgrade import WRITTEN

    renewed = read_pack(folder).painting is not None
    check_file(folder / REGIONS, [painting], overwrite, is_drawn)
    if renewed:
        check_sources([folder / name for name in WRITTEN], [painting])


def _box(crop: str) -> tuple[int, int, int, int] | None:
    """Parse the four numbers of --crop; None for an empty text."""
    if not crop:
        return None
    try:
        left, top, right, bottom = (int(number) for number in crop.split(","))
    except ValueError as error:
        raise typer.BadParameter(f"--crop needs four whole numbers, not {crop}.") from error
    return left, top, right, bottom


def _show_shares(made: "Annotation") -> None:
    """Print the regions' shares of the picture, with a warning for regions that are too small."""
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
            print(f"Warning: {name} covers {share:.2%} of the picture, too little for training.")
