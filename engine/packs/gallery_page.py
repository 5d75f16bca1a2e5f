"""The page that shows every style on the same doodles: Markdown and JPEGs beside it."""

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
from engine.packs.quality import FIGURES
from engine.packs.stroke_source import stroke_style
from engine.packs.style_pack import (
    StylePack,
    read_generator,
    read_pack,
    region_flows,
    region_table,
    served_by,
)
from engine.sheet import contact_sheet
from engine.tiles import Window
from resources.materials import in_colours, materials

MAX_BYTES = 4_500_000
"""All pictures of the page together; JPEG's quality is lowered until they fit."""

STRIP_WIDTH = 360
"""Width of each painting in a style's row, in pixels."""

SHEET, DOODLES = "all.jpg", "doodles.jpg"

LAST_WORDS = "writes this page."
"""By which a page is known as one of Daub's; its pictures are those that it links to."""

ABOUT_FIGURES = """\
Each style is measured by its own targets under the descriptor that ships. So *distance* compares a
style with itself at another time, not with other styles. What is worse than wanted is in bold; how
near to it two of the paintings themselves come in *thin* bars stands in docs/tries.md."""


@dataclass(frozen=True)
class _Style:
    """A pack and the doodles as its network paints them, and as strokes do; either may be empty."""

    pack: StylePack
    network: list[np.ndarray]
    strokes: list[np.ndarray]

    @property
    def best(self) -> np.ndarray:
        """The first doodle, by strokes where the pack has a painting."""
        return (self.strokes or self.network)[0]


def page_files(page: Path, styles: Iterable[str]) -> dict[Path, bool]:
    """What ``write_page`` writes for styles of these ids; to each file whether it is Daub's.

    Raises EngineError for a page whose name does not end in .md.
    """
    if page.suffix.lower() != ".md":
        raise EngineError(f"{page} cannot be written: it is a Markdown file, so end it in .md.")
    own, folder = _written_before(page), page.with_suffix("")
    names = DOODLES, SHEET, *(f"{style}.jpg" for style in styles)
    return {path: path in own for path in (page, *(folder / name for name in names))}


def _written_before(page: Path) -> set[Path]:
    """A page that ``write_page`` wrote and its pictures; nothing where it is another's."""
    try:
        text = page.read_text("utf-8")
    except (OSError, ValueError):
        return set()
    if not text.rstrip().endswith(LAST_WORDS):
        return set()
    return {page, *(page.parent / link for link in re.findall(r"\]\((.+?\.jpg)\)", text))}


def write_page(page: Path, folders: Sequence[Path], doodles: Sequence[Path]) -> int:
    """Write the Markdown file ``page`` and its pictures into the folder of the same name.

    ``folders``: trained packs, in the order of the page; ``doodles``: what all of them paint.
    Returns the bytes of all files. Raises EngineError when there is no pack or no doodle, when one
    cannot be read, or when the place cannot be written.
    """
    if not folders or not doodles:
        raise EngineError(f"{page} needs a style and a doodle to show.")
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
    table, flows, paintings = region_table(pack), region_flows(pack), []
    for seed, labels in enumerate(doodles):
        window = Window(0, 0, *labels.shape[::-1])
        paintings.append(paint(model, labels, table, seed, window, flows))
    return paintings


def _by_strokes(folder: Path, doodles: Sequence[np.ndarray]) -> list[np.ndarray]:
    style = stroke_style(folder, 1.0, lambda style_id: folder.parent / style_id)
    paintings = []
    for seed, labels in enumerate(doodles):
        painting = style.painter.begin(style.table[labels], seed)
        *_, last = style.painter.paint(painting, labels.shape, torch.get_num_threads())
        paintings.append(last.picture)
    return paintings


def _encoded(pictures: Mapping[str, np.ndarray]) -> dict[str, bytes]:
    """JPEGs at the best quality at which all of them together fit."""
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
        f"Every style paints the same doodles: {captions}. Between them they use all materials.",
        "In each style's picture the network's paintings are above, those by strokes below.",
        f"![The doodles]({name}/{DOODLES})",
        f"The first of them in all styles, by strokes, row by row: {titles}.",
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
    """Title, painter, the doodles, and which region paints what."""
    regions = [region.name for region in pack.region]
    lines = [
        f'<a id="{pack.id}"></a>\n\n## {pack.title}',
        f"{pack.artist}, {pack.year}. {pack.credit}.",
        f"![{pack.title}]({name}/{pack.id}.jpg)",
        _table(regions, [[_paints(pack, region) for region in regions]], "---"),
    ]
    return "\n\n".join(lines)


def _paints(pack: StylePack, region: str) -> str:
    """The names of a region's materials; in italics those that it only stands in for."""
    own = {key for entry in pack.region for key in entry.materials}
    served = served_by(pack)
    mine = [material for material in materials() if served[material.key] == region]
    return ", ".join(m.name if m.key in own else f"*{m.name}*" for m in mine)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]], align: str) -> str:
    first, *rest = head
    lines = [[first, *rest], ["---", *(align for _ in rest)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
