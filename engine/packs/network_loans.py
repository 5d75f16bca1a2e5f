"""How the network paints what strokes borrow or tint: by a region of its own, in other colours.

The network has channels for the regions of its own painting only. A borrowed material is painted by
the region that serves what it shows, and its colours are moved to those of the piece that strokes
copy. So strokes sharpen the network's picture, and do not replace it by another one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.array_store import cache_file, keep, kept
from engine.doodle.recolouring import Recolouring
from engine.errors import EngineError
from engine.flow import RegionFlow
from engine.packs.borrowing import FindPack, Painter, painters_of, piece_facts, pieces_of
from engine.packs.region_colours import least_change
from engine.packs.style_pack import StylePack, meant_table, region_flows, served_by
from engine.requests import PaintedBy
from engine.strokes.large import UNIT

EDITION = 1
"""Version of how moves are computed; increase it when that changes."""

CONTRAST = 0.4, 2.5
"""Least and greatest change of contrast in any direction of colour."""

NOISE = (4 / 255) ** 2
"""Variance added to the colours 0-1 of both sides, so that a plain one's is not zero."""


@dataclass(frozen=True, eq=False)
class NetworkTable:
    """What paints the materials of a doodle by the network.

    ``numbers``: (256,) uint8 from material id to the number of what paints it, the same as by
    strokes, so that both move the same borders; ``flows``: by number; ``recolouring``: what becomes
    of the numbers that are no regions of the network, or None if there are none.
    """

    numbers: np.ndarray
    flows: tuple[RegionFlow, ...]
    recolouring: Recolouring | None = None

    def regions(self, numbers: np.ndarray) -> np.ndarray:
        """Return the regions of the network that paint ``numbers``, uint8 of any shape."""
        return numbers if self.recolouring is None else self.recolouring.regions[numbers]


def network_table(
    folder: Path, pack: StylePack, find: FindPack, meanings: Mapping[int, PaintedBy] | None = None
) -> NetworkTable:
    """Return what paints each material by the network of a pack.

    ``meanings``: as in a PreviewRequest; one that does not exist is left out. Nothing is borrowed
    when the pack has no painting, or borrows from one that cannot be read.
    """
    own = NetworkTable(meant_table(pack, meanings or {}), region_flows(pack))
    if pack.painting is None:
        return own
    try:
        painters, _ = painters_of(folder, pack, find, meanings or {})
    except EngineError:
        return own
    numbers = own.numbers.copy()
    for material, painter in painters.items():
        numbers[material] = painter.number
    pieces = pieces_of(pack, painters.values())
    if not pieces:
        return NetworkTable(numbers, own.flows)
    flows = [region_flows(piece.pack)[piece.region] for piece in pieces]
    regions = np.arange(256, dtype=np.uint8)
    for piece in pieces:
        regions[piece.number] = _region(pack, piece)
    recolouring = Recolouring(regions, len(pack.region), _moves(folder, pack, pieces, regions))
    return NetworkTable(numbers, (*own.flows, *flows), recolouring)


def _region(pack: StylePack, piece: Painter) -> int:
    """Return the pack's region by which the network paints a piece: its own, or a similar one."""
    if piece.by.style == pack.id:
        return piece.region
    made_for = piece.pack.region[piece.region].materials
    names = [region.name for region in pack.region]
    return names.index(served_by(pack)[made_for[0]]) if made_for else 0


def _moves(
    folder: Path, pack: StylePack, pieces: list[Painter], regions: np.ndarray
) -> Callable[[int], np.ndarray]:
    """Return a function that gives the move of each piece, computed when it is first needed."""
    by_number, known = {piece.number: piece for piece in pieces}, {}

    def move(number: int) -> np.ndarray:
        if number not in known:
            piece = by_number[number]
            try:
                known[number] = _move(folder, pack, piece, int(regions[number]))
            except EngineError:  # strokes say why
                known[number] = np.eye(3, 4, dtype=np.float32)
        return known[number]

    return move


def _move(folder: Path, pack: StylePack, piece: Painter, region: int) -> np.ndarray:
    """Return the move from the colours of a region to those of a piece, (3, 4) float32.

    It is kept in the user's cache. Raises EngineError when the piece cannot be cut.
    """
    path = cache_file(f"recolouring-{EDITION}-{region}-{piece_facts(pack, piece, UNIT)}")
    arrays = kept(path, {"move": ((3, 4), np.float32)})
    if arrays is not None:
        return arrays["move"]
    from engine.packs.stroke_source import colours_of_piece  # numba takes a quarter of a second

    move = move_between(*colours_of_piece(folder, pack, piece, region))
    keep(path, {"move": move})
    return move


def move_between(own: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the move that gives pixels mean and covariance of others, both (N, 3) uint8.

    The result, (3, 4) float32, is a matrix and an offset for RGB 0-1. Contrast changes within
    CONTRAST.
    """
    (mean, spread), (wanted_mean, wanted_spread) = _moments(own), _moments(wanted)
    values, vectors = np.linalg.eigh(least_change(spread, wanted_spread))
    matrix = vectors * values.clip(*CONTRAST) @ vectors.T
    offset = wanted_mean - matrix @ mean
    return np.column_stack([matrix, offset]).astype(np.float32)


def _moments(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean, (3,), and covariance, (3, 3), of (N, 3) uint8 as RGB 0-1."""
    colours = pixels / 255
    mean = colours.mean(0)
    return mean, (colours - mean).T @ (colours - mean) / len(colours) + NOISE * np.eye(3)
