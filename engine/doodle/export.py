"""Paint a doodle into a file, band by band, with only one band in memory."""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np

from engine.doodle.enlarge import EnlargedLabels
from engine.errors import EngineError
from engine.formats import Format, Provenance, Sheet, find_format
from engine.requests import PaintedBy
from engine.tiles import Window, plan
from resources.files import replacing
from resources.materials import in_colours

BAND = 256
"""Rows that are painted before they are written: one row of tiles."""

# Bytes of a picture compressed at once: about 30 ms, so that other jobs do not wait long.
SLICE = 1 << 20

WHOLLY = 255

PaintTile = Callable[[EnlargedLabels, Window], np.ndarray]
"""Paints a window, (h, w, 3) uint8 or uint16."""

Shares = Generator[float, None, None]
"""Yields the progress, 0-1, about every 30 ms; ``close()`` cancels and leaves no file."""


@dataclass(frozen=True, eq=False)
class ExportRequest:
    """A request to export a painting. ``labels``: (H, W) uint8 material ids, read-only.

    ``scale``: the doodle is enlarged and painted again; the painting is not resized. ``format``: an
    id of FORMATS; empty means by file extension. ``refined``, (H, W, 3) uint8, covers the painting
    where ``share``, (H, W) uint8, is 0, and is hidden where it is 255; at scale 1 only.
    ``meanings``, ``directions``: as in a ``PreviewRequest``.
    """

    path: Path
    labels: np.ndarray
    style_id: str
    seed: int
    scale: int = 1
    format: str = ""
    bits: int = 8
    quality: int = 92
    provenance: Provenance | None = None
    refined: np.ndarray | None = None
    share: np.ndarray | None = None
    meanings: Mapping[int, PaintedBy] = field(default_factory=dict)
    directions: np.ndarray | None = None

    def check(self) -> tuple[Format, EnlargedLabels]:
        """Return the format and the doodle at its final size. Raises EngineError if invalid."""
        large = EnlargedLabels(self.labels, self.scale, self.directions)
        kind = find_format(self.path, self.format)
        height, width = large.shape
        kind.check(self.path, width, height, self.bits)
        if self.refined is not None and self.scale != 1:
            raise EngineError("A refined picture cannot be enlarged; export it at scale 1.")
        return kind, large


def export_steps(request: ExportRequest, paint_tile: PaintTile) -> Shares:
    """Write the file. Raises EngineError, for a bad request before any work."""
    kind, large = request.check()
    with writing(request.path) as file:
        yield from _written(request, kind, large, paint_tile, file)


def save_picture(
    path: Path, pixels: np.ndarray, provenance: Provenance | None = None, quality: int = 92
) -> None:
    """Write (H, W, 3) uint8 RGB in the format of the file extension. Raises EngineError.

    ``quality``: of JPEG and WebP, 1-100.
    """
    kind, (height, width) = find_format(path), pixels.shape[:2]
    kind.check(path, width, height, 8)
    with writing(path) as file:
        writer = kind.open(file, Sheet(width, height, quality=quality, provenance=provenance))
        for piece in slices(pixels):
            writer.write(piece)
        writer.close()


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that replaces ``path`` if the block ends without an error. Raises EngineError."""
    try:
        with replacing(path) as file:
            yield file
    except OSError as error:
        raise EngineError(f"{path} cannot be written: {error.strerror or error}.") from error


def _written(
    request: ExportRequest, kind: Format, large: EnlargedLabels, paint: PaintTile, file: BinaryIO
) -> Iterator[float]:
    height, width = large.shape
    sheet = Sheet(width, height, request.bits, request.quality, request.provenance)
    writer, paint = kind.open(file, sheet), _source(request, kind, paint)
    for top in range(0, height, BAND):
        band = Window(0, top, width, min(top + BAND, height))
        tiles: list[np.ndarray] = []
        for tile in sorted(plan(band, BAND)):
            tiles.append(paint(large, tile))
            yield (top + band.height * tile.right / width) / height
        for piece in slices(np.concatenate(tiles, 1)):
            writer.write(piece)
            yield band.bottom / height
    writer.close()


def slices(band: np.ndarray) -> Iterator[np.ndarray]:
    """Yield a band in pieces of about SLICE bytes."""
    rows = max(1, SLICE * len(band) // band.nbytes)
    for top in range(0, len(band), rows):
        yield band[top : top + rows]


def _source(request: ExportRequest, kind: Format, paint_tile: PaintTile) -> PaintTile:
    """Return the source of tiles: the doodle, the generator, or the refined picture over it."""
    if kind.holds == "ids":
        return EnlargedLabels.window
    if kind.holds == "colours":
        return lambda large, tile: in_colours(large.window(tile))
    refined, share = request.refined, request.share
    if refined is None or share is None:
        return paint_tile
    return lambda large, tile: _covered(
        refined[_slices_of(tile)], share[_slices_of(tile)], lambda: paint_tile(large, tile)
    )


def _slices_of(tile: Window) -> tuple[slice, slice]:
    return slice(tile.top, tile.bottom), slice(tile.left, tile.right)


def _covered(refined: np.ndarray, share: np.ndarray, paint: Callable[[], np.ndarray]) -> np.ndarray:
    """Blend the refined pixels with ``share`` of the painted ones, as the app's window does."""
    if not share.any():
        return refined
    painted = paint()
    if share.min() == WHOLLY:
        return painted
    part = share.astype(np.float32) / WHOLLY
    return cv2.blendLinear(painted, refined, part, 1 - part)
