"""The material vocabulary, read once from ``materials.toml``; shared by app and engine."""

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

import resources


@dataclass(frozen=True)
class Material:
    """The meaning of one colour of the doodle.

    ``id``: the value in label maps (0-254); ``letter``: unique to this material; ``fallback``: keys
    to try, in order, when a style has no region for this material; ``kin``: those whose strokes
    look like it.
    """

    id: int
    key: str
    name: str
    letter: str
    colour: str
    fallback: tuple[str, ...]
    kin: tuple[str, ...] = ()

    @property
    def rgb(self) -> tuple[int, int, int]:
        """Palette colour, 0-255 per channel."""
        return rgb_of(self.colour)


def rgb_of(colour: str) -> tuple[int, int, int]:
    """Return the channels of a colour in the form #rrggbb, 0-255."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


PHOTO, KEEP = 253, 254
"""Ids of the photo materials: restyle the photo there, or keep it unchanged."""


UNMARKED, AVOID = 251, 252
"""Ids of the marks of the style studio: nothing is said there, or nothing is copied from there."""


@cache
def materials() -> tuple[Material, ...]:
    """Return every material of doodles, ordered so that ``materials()[i].id == i``."""
    return _entries("material")


@cache
def photo_materials() -> tuple[Material, ...]:
    """Return PHOTO and KEEP, which exist only in documents with a photo."""
    return _entries("photo_material")


@cache
def marks() -> tuple[Material, ...]:
    """Return UNMARKED and AVOID, which exist only in the style studio."""
    return _entries("mark")


@cache
def named() -> dict[int, Material]:
    """Return everything that a tool may paint with, also in the style studio, by id."""
    return materials_by_id() | {mark.id: mark for mark in marks()}


@cache
def materials_by_id() -> dict[int, Material]:
    """Return all materials that a label map may contain, by id."""
    return {material.id: material for material in (*materials(), *photo_materials())}


EDGES = ("hard", "ragged", "grassy", "rough", "cloudy", "calm", "wavy")
"""Kinds of borders; of the kinds of two materials, the first is that of the border between them."""


@cache
def edges() -> dict[str, str]:
    """Return the kind of border, one of EDGES, of every material that is not hard, by key."""
    table = _table()["edges"]
    if tuple(table) != EDGES:
        raise ValueError(f"materials.toml has the edges {', '.join(table)}, not {', '.join(EDGES)}")
    return {key: kind for kind, keys in table.items() for key in keys}


def _entries(kind: str) -> tuple[Material, ...]:
    return tuple(
        Material(**{key: _frozen(value) for key, value in entry.items()})
        for entry in _table()[kind]
    )


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@cache
def _table() -> dict[str, Any]:
    with resources.path("materials.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def palette() -> np.ndarray:
    """Return the materials' RGB colours, (count, 3) uint8, read-only; row i is that of id i."""
    colours = np.array([material.rgb for material in materials()], np.uint8)
    colours.flags.writeable = False
    return colours


def in_colours(labels: np.ndarray) -> np.ndarray:
    """Return a uint8 map of ids as RGB, shape + (3,); values that are no material are white."""
    return _every_byte()[labels]


@cache
def _every_byte() -> np.ndarray:
    table = np.full((256, 3), 255, np.uint8)
    for material in materials_by_id().values():
        table[material.id] = material.rgb
    return table
