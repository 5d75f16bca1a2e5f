"""Describe a style pack for the application."""

from collections.abc import Iterator
from pathlib import Path

from engine.errors import EngineError
from engine.packs.borrowing import beside, strokes_by
from engine.packs.edition import edition
from engine.packs.region_map import REGIONS
from engine.packs.style_pack import StylePack, file_names, read_pack, served_by
from engine.requests import PaintedBy, StyleInfo


def style_info(folder: Path) -> StyleInfo:
    """Describe the pack in a folder, with the problem if it cannot be read. Loads no weights."""
    try:
        pack = read_pack(folder)
    except EngineError as error:
        return StyleInfo(
            folder.name, folder.name, "", "", "", "", folder, None, (), str(error), {}, {}
        )
    return _described(folder, pack)


def _described(folder: Path, pack: StylePack) -> StyleInfo:
    ways, problem = tuple(_ways(folder, pack)), None
    if pack.generator is not None and "network" not in ways:
        problem = f"{folder / pack.generator.file} does not exist."
    elif not ways:
        problem = f"{folder} is not trained yet."
    return StyleInfo(
        id=pack.id,
        title=pack.title,
        artist=pack.artist,
        year=pack.year,
        credit=pack.credit,
        licence=pack.licence,
        folder=folder,
        thumbnail=_existing(folder / "thumbnail.png"),
        starters=tuple(sorted(folder.glob("starter*.png"), key=lambda path: path.stem)),
        problem=problem,
        served=served_by(pack),
        regions={region.name: region.materials for region in pack.region},
        edition=edition(pack),
        paints_by=ways,
        files=tuple(_files(folder, pack)),
        strokes_by=_strokes_by(folder, pack),
    )


def _strokes_by(folder: Path, pack: StylePack) -> dict[str, PaintedBy]:
    """Return what paints each material; empty if a style to borrow from cannot be read."""
    try:
        return strokes_by(pack, beside(folder))
    except EngineError:
        return {}


def _files(folder: Path, pack: StylePack) -> Iterator[Path]:
    """Yield the files that the style is painted from, without other files in its folder."""
    yield from (folder / name for name in ("style.toml", REGIONS, *file_names(pack)))


def _ways(folder: Path, pack: StylePack) -> Iterator[str]:
    """Yield how the pack can paint: "network" and "strokes", where declared and present."""
    if pack.generator is not None and (folder / pack.generator.file).exists():
        yield "network"
    if pack.painting is not None and (folder / pack.painting.file).exists():
        yield "strokes"


def _existing(path: Path) -> Path | None:
    return path if path.exists() else None
