"""The material vocabulary, read once from ``materials.toml``; shared by app and engine."""

import tomllib
from dataclasses import dataclass
from functools import cache

import numpy as np

import resources


@dataclass(frozen=True)
class Material:
    """What a painter means by a colour of the doodle.

    ``id`` is what label maps store (0-254); ``letter`` is no other material's; ``fallback`` lists
    the keys to try, in order, when a style has no region for this material.
    """

    id: int
    key: str
    name: str
    letter: str
    colour: str
    fallback: tuple[str, ...]

    @property
    def rgb(self) -> tuple[int, int, int]:
        """Palette colour, 0-255 each."""
        red, green, blue = bytes.fromhex(self.colour.removeprefix("#"))
        return red, green, blue


PHOTO, KEEP = 253, 254
"""Ids of the materials that a photo is painted over with: restyled there, or left as it is."""


@cache
def materials() -> tuple[Material, ...]:
    """Every material of doodles, ordered so that ``materials()[i].id == i``."""
    return _entries("material")


@cache
def photo_materials() -> tuple[Material, ...]:
    """PHOTO and KEEP, which are there only when a document has a photo."""
    return _entries("photo_material")


@cache
def materials_by_id() -> dict[int, Material]:
    """Whatever a label map may hold, by id."""
    return {material.id: material for material in (*materials(), *photo_materials())}


def _entries(kind: str) -> tuple[Material, ...]:
    with resources.path("materials.toml").open("rb") as file:
        entries = tomllib.load(file)[kind]
    return tuple(Material(**{**entry, "fallback": tuple(entry["fallback"])}) for entry in entries)


@cache
def palette() -> np.ndarray:
    """(count, 3) uint8, read-only: each material's RGB in the row of its id."""
    colours = np.array([material.rgb for material in materials()], np.uint8)
    colours.flags.writeable = False
    return colours


def in_colours(labels: np.ndarray) -> np.ndarray:
    """A uint8 map of ids in the materials' colours, its shape + (3,); what is none is white."""
    return _every_byte()[labels]


@cache
def _every_byte() -> np.ndarray:
    table = np.full((256, 3), 255, np.uint8)
    for material in materials_by_id().values():
        table[material.id] = material.rgb
    return table
