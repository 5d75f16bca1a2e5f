"""Write a page that shows every style on the same doodles: Markdown and JPEGs."""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from engine.doodle.files import read_doodle
from engine.doodle.generator import paint
from engine.errors import EngineError
from engine.files import replace_file
from engine.packs.borrowing import beside
from engine.packs.network_loans import network_table
from engine.packs.quality import FIGURES
from engine.packs.stroke_source import stroke_style
from engine.packs.style_pack import (
    StylePack,
    edge_kinds,
    read_generator,
    read_pack,
    served_by,
)
from engine.sheet import contact_sheet
from engine.tiles import Window
from resources.materials import in_colours, materials

MAX_BYTES = 4_500_000
"""Largest total size of the page's pictures; the JPEG quality is lowered until they fit."""

STRIP_WIDTH = 360
"""Width of each painting in a style's row, in pixels."""

SHEET, DOODLES = "all.jpg", "doodles.jpg"

LAST_WORDS = "writes this page."
"""The end of every page that Daub wrote; such a page and its pictures may be replaced."""

ABOUT_FIGURES = """\
Each style is measured with its own targets under the built-in descriptor. So *distance* compares
versions of one style, not different styles. Figures outside the wanted range are bold. How close
two of the paintings themselves come to it in *thin* bars is in docs/tries.md."""


@dataclass(frozen=True)
class _Style:
    """A pack with the doodles painted by its network and by strokes; either list may be empty."""

    pack: StylePack
    network: list[np.ndarray]
    strokes: list[np.ndarray]

    @property
    def best(self) -> np.ndarray:
        """The first doodle, painted by strokes if the pack has a painting, else by the network."""
        return (self.strokes or self.network)[0]


def page_files(page: Path, styles: Iterable[str]) -> dict[Path, bool]:
    """Return the files that ``write_page`` writes, each with whether Daub wrote it before.

    ``styles``: the styles' ids. Raises EngineError for a page whose name does not end in .md.
    """
    if page.suffix.lower() != ".md":
        raise EngineError(f"{page} cannot be written: the name of the page must end in .md.")
    own, folder = _written_before(page), page.with_suffix("")
    names = DOODLES, SHEET, *(f"{style}.jpg" for style in styles)
    return {path: path in own for path in (page, *(folder / name for name in names))}


def _written_before(page: Path) -> set[Path]:
    """Return a page written by ``write_page`` and its pictures; empty for any other file."""
    try:
        text = page.read_text("utf-8")
    except (OSError, ValueError):
        return set()
    if not text.rstrip().endswith(LAST_WORDS):
        return set()
    return {page, *(page.parent / link for link in re.findall(r"\]\((.+?\.jpg)\)", text))}


def write_page(page: Path, folders: Sequence[Path], doodles: Sequence[Path]) -> int:
    """Write the Markdown file ``page`` and its pictures into the folder of the same name.

    ``folders``: trained packs, in the order of the page; ``doodles``: what each of them paints.
    Returns the size of all files in bytes. Raises EngineError when there is no pack or no doodle,
    when one cannot be read, or when a file cannot be written.
    """
    if not folders or not doodles:
        raise EngineError(f"{page} needs at least one style and one doodle to show.")
    labels = [read_doodle(path) for path in doodles]
    styles = [_painted(folder, labels) for folder in folders]
    pictures = {
        f"{style.pack.id}.jpg": contact_sheet(
            [*style.network, *style.strokes], len(labels), STRIP_WIDTH
        )
        for style in styles
    }
    coloured = [in_colours(doodle) for doodle in labels]
    pictures[DOODLES] = contact_sheet(coloured, len(labels), STRIP_WIDTH)
    pictures[SHEET] = contact_sheet([style.best for style in styles], 3, STRIP_WIDTH)
    files = {page.with_suffix("") / name: data for name, data in _encoded(pictures).items()}
    files[page] = _text(page.stem, [style.pack for style in styles], doodles).encode()
    page.with_suffix("").mkdir(exist_ok=True)
    for path, content in files.items():
        replace_file(path, content)
    return sum(map(len, files.values()))


def _painted(folder: Path, doodles: Sequence[np.ndarray]) -> _Style:
    pack = read_pack(folder)
    by_network = _by_network(folder, pack, doodles) if pack.generator is not None else []
    by_strokes = _by_strokes(folder, doodles) if pack.painting is not None else []
    return _Style(pack, by_network, by_strokes)


def _by_network(folder: Path, pack: StylePack, doodles: Sequence[np.ndarray]) -> list[np.ndarray]:
    model = read_generator(folder, pack).to(memory_format=torch.channels_last)
    table, edges = network_table(folder, pack, beside(folder)), edge_kinds(pack)
    paintings = []
    for seed, labels in enumerate(doodles):
        window = Window(0, 0, *labels.shape[::-1])
        paintings.append(
            paint(model, labels, table.numbers, seed, window, table.flows, edges, table.recolouring)
        )
    return paintings


def _by_strokes(folder: Path, doodles: Sequence[np.ndarray]) -> list[np.ndarray]:
    style = stroke_style(folder, 1.0, lambda style_id: folder.parent / style_id)
    paintings = []
    for seed, labels in enumerate(doodles):
        painting = style.begin(labels, seed)
        *_, last = style.painter.paint(painting, labels.shape, torch.get_num_threads())
        paintings.append(last.picture)
    return paintings


def _encoded(pictures: Mapping[str, np.ndarray]) -> dict[str, bytes]:
    """Return the pictures as JPEGs, in the best quality at which they fit in MAX_BYTES."""
    for quality in range(92, 20, -4):
        files = {name: _jpeg(pixels, quality) for name, pixels in pictures.items()}
        if sum(map(len, files.values())) <= MAX_BYTES:
            break
    return files


def _jpeg(pixels: np.ndarray, quality: int) -> bytes:
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, "JPEG", quality=quality, optimize=True)
    return encoded.getvalue()


def _text(name: str, packs: Sequence[StylePack], doodles: Sequence[Path]) -> str:
    titles = ", ".join(f"[{pack.title}](#{pack.id})" for pack in packs)
    captions = ", ".join(path.stem.replace("-", " ") for path in doodles)
    parts = [
        "# Styles",
        f"Every style paints the same doodles: {captions}. Together they contain all materials.",
        "In each style's picture the network's paintings are above, those by strokes below.",
        f"![The doodles]({name}/{DOODLES})",
        f"The first doodle in all styles, painted by strokes, row by row: {titles}.",
        f"![The first doodle in all styles]({name}/{SHEET})",
        "## Figures",
        _figures(packs),
        "\n".join(f"- **{key}**: {figure.text}" for key, figure in FIGURES.items()),
        ABOUT_FIGURES,
        *(_section(name, pack) for pack in packs),
        f"`./daub styles --page docs/{name}.md` {LAST_WORDS}",
    ]
    return "\n\n".join(parts) + "\n"


def _figures(packs: Sequence[StylePack]) -> str:
    wanted = [figure.wanted for figure in FIGURES.values()]
    rows = [[pack.title, *(_figure(pack, name) for name in FIGURES)] for pack in packs]
    return _table(["style", *FIGURES], [*rows, ["*wanted*", *wanted]], "---:")


def _figure(pack: StylePack, name: str) -> str:
    value = pack.quality.get(name)
    if not isinstance(value, int | float):
        return "-"
    return f"{value:.2f}" if FIGURES[name].met(value) else f"**{value:.2f}**"


def _section(name: str, pack: StylePack) -> str:
    """Return a style's section: title, artist, paintings, and the materials of each region."""
    regions = [region.name for region in pack.region]
    lines = [
        f'<a id="{pack.id}"></a>\n\n## {pack.title}',
        f"{pack.artist}, {pack.year}. {pack.credit}.",
        f"![{pack.title}]({name}/{pack.id}.jpg)",
        _table(regions, [[_paints(pack, region) for region in regions]], "---"),
    ]
    return "\n\n".join(lines)


def _paints(pack: StylePack, region: str) -> str:
    """Return the names of a region's materials, in italics those that it paints as a fallback."""
    own = {key for entry in pack.region for key in entry.materials}
    served = served_by(pack)
    mine = [material for material in materials() if served[material.key] == region]
    return ", ".join(m.name if m.key in own else f"*{m.name}*" for m in mine)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]], align: str) -> str:
    first, *rest = head
    lines = [[first, *rest], ["---", *(align for _ in rest)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
