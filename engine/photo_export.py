"""Painted photos into files, band by band: beside the photo itself, in little memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from engine.export import Shares, slices, writing
from engine.formats import Format, Provenance, Sheet, find_format
from engine.photo import LARGE_TILE, PaintedPhoto, PhotoPainter
from engine.photo_files import Photo
from engine.photo_pixels import laid_over
from engine.tiles import Window
from engine.values import PhotoLook

BAND = 1 << 20
"""Pixels of the photo that are made and written at once."""

WHITE = 255


@dataclass(frozen=True, eq=False)
class PhotoExport:
    """A frozen wish for a file. ``keep`` as in ``Studio.photo_windows``; ``camera``: EXIF to keep.

    ``format``: an id of FORMATS; empty goes by the path's ending. What is transparent stays so,
    or lies on white where the format knows no transparency.
    """

    path: Path
    photo: Photo
    look: PhotoLook
    keep: np.ndarray | None = None
    format: str = ""
    quality: int = 92
    provenance: Provenance | None = None
    camera: bytes = b""

    def check(self) -> tuple[Format, Sheet]:
        """What is to be written. Raises EngineError for a bad wish."""
        kind = find_format(self.path, self.format)
        height, width = self.photo.pixels.shape[:2]
        kind.check(self.path, width, height, 8)
        alpha = self.photo.alpha is not None and kind.has_alpha
        return kind, Sheet(width, height, 8, self.quality, self.provenance, alpha, self.camera)


def photo_export_steps(request: PhotoExport, painter: PhotoPainter) -> Shares:
    """Write the file. Raises EngineError; for what cannot be, before any work."""
    kind, sheet = request.check()
    painted = painter.begin(request.photo.pixels, request.look, LARGE_TILE)
    with writing(request.path) as file:
        yield from _written(request, kind, sheet, painted, file)


def _written(
    request: PhotoExport, kind: Format, sheet: Sheet, painted: PaintedPhoto, file: BinaryIO
) -> Iterator[float]:
    writer, rows = kind.open(file, sheet), max(1, BAND // sheet.width)
    for top in range(0, sheet.height, rows):
        band = Window(0, top, sheet.width, min(top + rows, sheet.height))
        for _ in painted.steps(band):
            yield top / sheet.height
        pixels = _with_alpha(painted.window(band, request.keep), band, request.photo, sheet.alpha)
        for piece in slices(pixels):
            writer.write(piece)
            yield band.bottom / sheet.height
    writer.close()


def _with_alpha(pixels: np.ndarray, band: Window, photo: Photo, wanted: bool) -> np.ndarray:
    """(h, w, 3) uint8 -> (h, w, 4) with the photo's transparency, or laid on white."""
    if photo.alpha is None:
        return pixels
    alpha = photo.alpha[band.top : band.bottom]
    if wanted:
        return np.dstack([pixels, alpha])
    return laid_over(np.full_like(pixels, WHITE), pixels, alpha)
