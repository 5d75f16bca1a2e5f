"""``daub styles``: list, check, measure, upgrade, show, export, import packs. Without Qt.

The engine is imported inside the command, as in ``app.cli.main``.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from typer.core import TyperGroup

from app.cli import new_style
from app.cli.options import Overwrite
from app.platform.output_guard import check_file, check_folder, check_sources
from engine.errors import EngineError
from resources.style_files import SUFFIX

if TYPE_CHECKING:
    from engine.descriptors.descriptor import Descriptor
    from engine.packs.quality import Quality
    from engine.studio import StyleInfo

commands = typer.Typer()


class _Styles(TyperGroup):
    """``daub styles`` without a further command lists the packs, or checks those that it names."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Insert the command ``list`` if there is no other."""
        named = args[:1] and args[0] in (*self.commands, "-h", "--help")
        return super().parse_args(ctx, args if named else ["list", *args])


styles = typer.Typer(cls=_Styles, help="List, make, check, measure, export and import style packs.")
styles.add_typer(new_style.commands)
commands.add_typer(styles, name="styles")

_Archive = Annotated[Path, typer.Argument(help="Style file (.daubstyle).")]


@styles.command("export")
def export_style(
    style: Annotated[str, typer.Argument(help="Id of the style, see daub styles.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Style file to write (.daubstyle).")],
    overwrite: Overwrite = False,
) -> None:
    """Write a style as one file, to pass it on."""
    from engine.studio import Studio

    if out.suffix.lower() != SUFFIX:
        raise EngineError(f"{out} cannot be written: use the suffix {SUFFIX}.")
    studio = Studio()
    check_file(out, studio.describe(style).files, overwrite, _is_style_file)
    studio.export_style(style, out)
    print(f"{out}: {style}, {out.stat().st_size / 1e6:.1f} MB")


@styles.command("import")
def import_style(
    archive: _Archive,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace your own style of the same id.")
    ] = False,
) -> None:
    """Add a style of a file to your styles; if its id is taken, under a new one."""
    from engine.studio import Studio

    studio = Studio()
    found = studio.read_archive(archive)
    if replace and studio.clash(found.id) == "other":
        raise EngineError(f"{archive}: the style {found.id} is not your own; omit --replace.")
    info = studio.import_style(found, replace)
    told = [info.title, info.artist, info.year, info.credit, f"licence: {info.licence}"]
    print(f"{info.id}: {', '.join(filter(None, told))}; in {info.folder}")


def _is_style_file(path: Path) -> bool:
    """Return whether a file is a style file, which may be replaced by one."""
    from engine.packs.style_archive import read_archive

    try:
        read_archive(path)
    except EngineError:
        return False
    return True


@styles.command("list")
def list_styles(
    folders: Annotated[
        list[Path] | None, typer.Argument(help="Folders of style packs (default: all).")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Check the packs' files and figures.")
    ] = False,
    measure: Annotated[
        bool, typer.Option("--measure", help="Measure the figures and write them to style.toml.")
    ] = False,
    upgrade: Annotated[
        bool, typer.Option("--upgrade", help="Convert packs to format 2, with their paintings.")
    ] = False,
    paintings: Annotated[
        Path | None, typer.Option(help="Folder of the paintings for --upgrade.")
    ] = None,
    page: Annotated[
        Path | None, typer.Option(help="Write a page that shows the packs, as docs/styles.md.")
    ] = None,
    doodles: Annotated[Path, typer.Option(help="Folder of the doodles on the page.")] = Path(
        "docs/doodles/styles"
    ),
    descriptor: Annotated[
        Path | None, typer.Option(help="Descriptor weights, instead of those included.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """List the style packs, with the reason for unusable ones; or check or show them.

    --upgrade writes painting.webp, avoid.png and style.toml of the named packs.
    """
    from engine import studio

    known = studio.Studio().styles()
    chosen = folders or [info.folder for info in known]
    listed = not (check or measure or page or upgrade)
    if folders and listed:
        raise typer.BadParameter("FOLDERS need --check, --measure, --upgrade or --page")
    if upgrade:
        _upgrade(folders, paintings)
    if measure:
        _measure(_trained(chosen), _network(descriptor))
    if page is not None:
        _write_page(page, _trained(chosen), doodles, overwrite)
    if check:
        _check(chosen, _network(descriptor))
    if listed:
        _list(known)


def _upgrade(folders: Sequence[Path] | None, paintings: Path | None) -> None:
    """Upgrade the packs and print one line per pack."""
    from engine.training.jobs import pack_source
    from engine.training.upgrade import WRITTEN, upgrade

    if not folders or paintings is None:
        raise typer.BadParameter("--upgrade needs FOLDERS and --paintings FOLDER")
    for folder in folders:
        painting = pack_source(folder, paintings).painting
        check_sources([folder / name for name in WRITTEN], [painting])
        made = upgrade(folder, painting)
        print(f"{folder.resolve().name}: {made}", flush=True)


def _network(path: Path | None) -> "Descriptor":
    from engine.descriptors.descriptor import compact, load_descriptor

    return load_descriptor(path) if path is not None else compact()


def _trained(folders: Sequence[Path]) -> list[Path]:
    """Return the folders whose packs have a generator; print the names of the others."""
    from engine.packs.style_pack import read_pack

    trained = []
    for folder in folders:
        if read_pack(folder).generator is not None:
            trained.append(folder)
        else:
            print(f"{folder}: not trained yet, skipped")
    return trained


def _measure(folders: Sequence[Path], network: "Descriptor") -> None:
    from engine.packs import quality

    for folder in folders:
        measured = quality.measure(folder, network)
        quality.write(folder, measured)
        print(f"{folder.resolve().name}: {_figures(measured)}", flush=True)


def _figures(measured: "Quality") -> str:
    """Return all figures in one line, with the required value beside those that miss it."""
    from engine.packs.quality import FIGURES

    texts = []
    for name, figure in FIGURES.items():
        value = getattr(measured, name)
        if value is None:
            continue
        texts.append(f"{name} {value:.2f}" + ("" if figure.met(value) else f" ({figure.wanted})"))
    return ", ".join(texts)


def _check(folders: Sequence[Path], network: "Descriptor") -> None:
    """Print one line per pack; exit with code 1 if there are problems."""
    from engine.packs.pack_check import problems

    wrong = False
    for folder in folders:
        found = problems(folder, network)
        print(f"{folder.resolve().name}: {' '.join(found) or 'all right'}", flush=True)
        wrong = wrong or bool(found)
    if wrong:
        raise typer.Exit(1)


def _write_page(page: Path, folders: Sequence[Path], doodles: Path, overwrite: bool) -> None:
    from engine.packs.gallery_page import page_files, write_page

    if not doodles.is_dir():
        raise EngineError(f"{doodles} is not a folder.")
    shown = sorted(doodles.glob("*.png"))
    own = page_files(page, [folder.resolve().name for folder in folders])
    check_folder(page.with_suffix(""), folders, overwrite, lambda _: own[page])
    for path in own:
        check_file(path, [*folders, *shown], overwrite, own.__getitem__, makes=path != page)
    size = write_page(page, folders, shown)
    names = ", ".join(folder.resolve().name for folder in folders)
    print(f"{page}: {size / 1e6:.1f} MB with its pictures; shows {names}")


def _list(known: "Sequence[StyleInfo]") -> None:
    table = Table("id", "painting", "paints by", "licence")
    table.add_column("folder", overflow="fold")
    for info in known:
        ways = ", ".join(info.paints_by)
        table.add_row(info.id, _title(info), ways, info.licence, str(info.folder))
    Console().print(table)


def _title(info: "StyleInfo") -> str:
    if info.problem is not None and not info.paints_by:
        return f"[red]{info.problem}[/red]"
    return ", ".join(part for part in (info.title, info.artist, info.year) if part)
