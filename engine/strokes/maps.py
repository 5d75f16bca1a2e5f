"""Read hand-coloured region maps: flat colours with soft or damaged borders."""

from dataclasses import dataclass

import cv2
import numpy as np

from engine.errors import EngineError
from engine.strokes.guides import GAP, fill_gaps

MOST_COLOURS = 12
"""Largest number of regions that a map is read as."""

ALIKE = 48
"""Distance in RGB below which two flat colours are the same region."""

NEAR = 24
"""Distance in RGB from a region's colour within which a pixel clearly belongs to it."""

RARE = 1 / 2000
"""Share of a picture below which a colour is ignored as damage."""

_BIN = 16  # side of the RGB cubes in which colours are counted first


@dataclass(frozen=True, eq=False)
class ColourMap:
    """A map: ``regions`` (H, W) uint8, indices of ``colours``, (N, 3) uint8."""

    regions: np.ndarray
    colours: np.ndarray


def read_colour_map(rgb: np.ndarray, most: int = MOST_COLOURS, name: str = "the map") -> ColourMap:
    """Group the colours of a (H, W, 3) uint8 map into at most ``most`` regions, largest first.

    Pixels of soft borders and JPEG artefacts take the region of the nearest clear pixel. Raises
    EngineError, with the picture's ``name``, if no colour covers enough of it.
    """
    colours = _flat_colours(rgb, most)
    if len(colours) == 0:
        raise EngineError(f"A map needs areas of flat colour, but {name} has none.")
    return ColourMap(_assigned(rgb, colours), colours)


def read_with_colours(
    rgb: np.ndarray, known: np.ndarray, name: str = "the doodle"
) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    """Read a doodle in the colours of a map.

    ``rgb``: (h, w, 3) uint8; ``known``: (N, 3) uint8, the map's colours. Returns (h, w) uint8
    region numbers, and the doodle's colours that are missing from the map, each with the nearest
    one that replaces it.
    """
    own = read_colour_map(rgb, 2 * MOST_COLOURS, name)
    distances = np.linalg.norm(own.colours[:, None].astype(float) - known[None], axis=2)
    nearest = distances.argmin(1)
    lacking = [
        (own.colours[number], known[nearest[number]])
        for number in range(len(own.colours))
        if distances[number].min() > ALIKE
    ]
    return nearest.astype(np.uint8)[own.regions], lacking


def hexadecimal(colour: np.ndarray) -> str:
    """Return a colour as #rrggbb."""
    return "#" + "".join(f"{int(part):02x}" for part in colour)


def _flat_colours(rgb: np.ndarray, most: int) -> np.ndarray:
    """Return the colours of areas without borders, the largest area first, (N, 3) uint8."""
    nine = np.ones((3, 3), np.uint8)
    spread = (cv2.dilate(rgb, nine).astype(np.int16) - cv2.erode(rgb, nine)).max(2)
    flat = rgb[spread <= NEAR]
    if len(flat) == 0:
        flat = rgb.reshape(-1, 3)
    bins = flat.astype(np.int64) // _BIN @ np.array([256 * 256, 256, 1])
    _, place, counts = np.unique(bins, return_inverse=True, return_counts=True)
    sums = np.stack([np.bincount(place, flat[:, channel]) for channel in range(3)], 1)
    means = sums / counts[:, None]
    found: list[np.ndarray] = []
    for number in np.argsort(-counts, kind="stable"):
        new = all(np.linalg.norm(means[number] - colour) > ALIKE for colour in found)
        if new and counts[number] > RARE * len(flat) and len(found) < most:
            found.append(means[number])
    return np.rint(found).astype(np.uint8)


def _assigned(rgb: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Return the nearest colour's index, (H, W) uint8; unclear pixels copy a clear neighbour."""
    best = np.full(rgb.shape[:2], np.iinfo(np.int32).max, np.int32)
    regions = np.full(rgb.shape[:2], GAP, np.uint8)
    for number, colour in enumerate(colours):
        distance = np.square(rgb.astype(np.int32) - colour).sum(-1, dtype=np.int32)
        closer = distance < best
        best[closer], regions[closer] = distance[closer], number
    clear = best <= NEAR * NEAR
    return fill_gaps(np.where(clear, regions, GAP).astype(np.uint8)) if clear.any() else regions
