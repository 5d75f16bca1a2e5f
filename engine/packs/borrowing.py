"""Decide what paints each material with strokes: a region of the painting, or of another one.

A style is never poorer than the vocabulary of materials. What the painting itself does not have is
borrowed from another style's painting.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine.errors import EngineError
from engine.packs.style_pack import BUILT_IN, Loan, StylePack, pack_folders, read_pack, served_by
from engine.requests import PaintedBy
from resources.materials import materials

FindPack = Callable[[str], Path]
"""Maps a style's id to its folder. Raises EngineError for an unknown id."""


def beside(folder: Path) -> FindPack:
    """Return a function that finds packs in the same place as ``folder``, or built in."""

    def find(style_id: str) -> Path:
        for place in (folder.parent, BUILT_IN):
            if (place / style_id / "style.toml").exists():
                return place / style_id
        raise EngineError(f"There is no style {style_id}.")

    return find


def among(folders: Mapping[str, Path]) -> FindPack:
    """Return a function that finds packs in ``folders``, by their ids."""

    def find(style_id: str) -> Path:
        if style_id not in folders:
            raise EngineError(f"There is no style {style_id}.")
        return folders[style_id]

    return find


def strokes_by(pack: StylePack, find: FindPack) -> dict[str, PaintedBy]:
    """Return what paints each material with strokes, by material key; empty without a painting.

    Raises EngineError when a style that ``style.toml`` names without a region cannot be read.
    """
    if pack.painting is None:
        return {}
    loans = default_loans(pack) | pack.borrow
    served = served_by(pack)
    kin = {material.key: _by_kin(pack, material.kin) for material in materials()}
    return {
        key: _painted_by(pack, key, loans[key], find)
        if key in loans
        else PaintedBy(pack.id, served[key] if key in _own(pack) else kin[key] or served[key])
        for key in served
    }


def _painted_by(pack: StylePack, key: str, loan: Loan, find: FindPack) -> PaintedBy:
    region = loan.region or served_by(read_pack(find(loan.style)))[key]
    return PaintedBy(loan.style or pack.id, region, loan.tint)


def _own(pack: StylePack) -> dict[str, str]:
    """Return the names of the regions that name a material, by material key."""
    return {key: region.name for region in pack.region for key in region.materials}


def _by_kin(pack: StylePack, kin: tuple[str, ...]) -> str:
    """Return the first region that names one of these materials; empty if there is none."""
    own = _own(pack)
    return next((own[key] for key in kin if key in own), "")


@dataclass(frozen=True)
class Painter:
    """What paints a material: its number in the source, and where its strokes come from."""

    number: int
    by: PaintedBy
    folder: Path
    pack: StylePack
    region: int


def painters_of(
    folder: Path, pack: StylePack, find: FindPack, meanings: Mapping[int, PaintedBy]
) -> tuple[dict[int, Painter], tuple[str, ...]]:
    """Return what paints each material, by id, and sentences about meanings that are left out.

    The regions of the pack's own painting have their numbers, pieces those after them. Raises
    EngineError when the pack borrows from one that cannot be read.
    """
    wanted, read = strokes_by(pack, find), _reader(folder, pack, find)
    numbers = {region.name: number for number, region in enumerate(pack.region)}
    found: dict[int, Painter] = {}
    notes = []
    for material in materials():
        by = meanings.get(material.id, wanted[material.key])
        try:
            place, lender, region = read(by)
        except EngineError as error:
            if material.id not in meanings:
                raise
            notes.append(f"{material.name} is painted as the style does: {error}")
            by = wanted[material.key]
            place, lender, region = read(by)
        name = by.region if by.style == pack.id and not by.tint else repr(by)
        number = numbers.setdefault(name, len(numbers))
        found[material.id] = Painter(number, by, place, lender, region)
    return found, tuple(notes)


def _reader(
    folder: Path, pack: StylePack, find: FindPack
) -> Callable[[PaintedBy], tuple[Path, StylePack, int]]:
    """Return a function that finds folder, pack and number of a region, each pack read once.

    It raises EngineError, in one sentence, for a style or region that cannot be copied from.
    """
    known = {pack.id: (folder, pack)}

    def read(by: PaintedBy) -> tuple[Path, StylePack, int]:
        if by.style not in known:
            place = find(by.style)
            known[by.style] = place, read_pack(place)
        place, lender = known[by.style]
        names = [region.name for region in lender.region]
        if by.region not in names:
            raise EngineError(f"{lender.title} has no region {by.region}.")
        if by.tint and not re.fullmatch("#[0-9a-fA-F]{6}", by.tint):
            raise EngineError(f"{by.tint} is not a colour as #rrggbb.")
        if lender.painting is None:
            raise EngineError(f"{lender.title} has no painting to copy strokes from.")
        return place, lender, names.index(by.region)

    return read


def pieces_of(pack: StylePack, painters: Iterable[Painter]) -> list[Painter]:
    """Return those painters that are not regions of the painting as it is, each once."""
    pieces = {each.number: each for each in painters if each.number >= len(pack.region)}
    return list(pieces.values())


def piece_facts(pack: StylePack, piece: Painter, sixteenths: int) -> str:
    """Return a hash of everything that a piece depends on, at a stroke size in sixteenths."""
    own = piece.number, piece.region, repr(piece.by), sixteenths
    return _hash(*own, _cut_by(pack), _cut_by(piece.pack))


def painting_facts(pack: StylePack, sixteenths: int) -> str:
    """Return a hash of everything that a pack's own painting depends on, like ``piece_facts``."""
    return _hash(sixteenths, _cut_by(pack))


def _cut_by(pack: StylePack) -> object:
    return pack.model_dump(mode="json", include={"painting", "strokes", "region"})


def _hash(*facts: object) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:24]


def default_loans(pack: StylePack) -> dict[str, Loan]:
    """Return what a pack borrows without saying so, by material key.

    That is each material that neither a region nor ``[borrow]`` names, and for whose kin there is
    no region. It comes from a painting of the same artist if one has it, else from the nearest in
    time. Only styles that come with Daub lend in this way, so that a style looks the same wherever
    it is used.
    """
    if pack.painting is None:
        return {}
    named, loans = _own(pack), {}
    for material in materials():
        if material.key not in pack.borrow and not {material.key, *material.kin} & set(named):
            lenders = [each for each in _lenders() if material.key in each.regions]
            lenders = [each for each in lenders if each.style != pack.id]
            if lenders:
                near = min(lenders, key=lambda each: each.distance(pack))
                loans[material.key] = Loan(style=near.style, region=near.regions[material.key])
    return loans


@dataclass(frozen=True)
class _Lender:
    """A style that lends; ``regions``: names of the regions made for a material, by its key."""

    style: str
    artist: str
    year: int
    regions: Mapping[str, str]

    def distance(self, pack: StylePack) -> tuple[bool, int, str]:
        return self.artist != pack.artist, abs(self.year - year_of(pack)), self.style


@cache
def _lenders() -> tuple[_Lender, ...]:
    """Return the styles that come with Daub and have paintings."""
    found = []
    for folder in pack_folders([BUILT_IN]):
        pack = read_pack(folder)
        if pack.painting is not None:
            regions = {
                region.materials[0]: region.name
                for region in pack.region
                if region.materials and region.materials[0] not in pack.borrow
            }
            found.append(_Lender(pack.id, pack.artist, year_of(pack), regions))
    return tuple(found)


def year_of(pack: StylePack) -> int:
    """Return the first year that a pack's ``year`` names; 0 if it names none."""
    years = re.findall(r"[0-9]{4}", pack.year)
    return int(years[0]) if years else 0
