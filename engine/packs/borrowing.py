"""Decide what paints each material with strokes: a region of the painting, or of another one.

A style is never poorer than the vocabulary of materials. What the painting itself does not have is
borrowed from another style's painting.
"""

import re
from collections.abc import Callable, Mapping
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
