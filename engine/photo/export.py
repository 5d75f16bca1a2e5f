"""Paint a photo into a file, band by band, with little memory beside the photo itself."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

import numpy as np

from engine.doodle.export import Shares, slices, writing
from engine.formats import Format, Provenance, Sheet, find_format
from engine.photo.composite import OverPhoto, PaintTile, composed, mixed
from engine.photo.painter import PaintedPhoto
from engine.picture_files import Photo
from engine.requests import PaintedBy, PhotoLook
from engine.tiles import Window
from resources.colour_depth import sixteen_bits

if TYPE_CHECKING:
    from engine.photo.strokes import StrokedPhoto

BAND = 1 << 20
"""Pixels of the photo that are painted and written at once."""

AnyPaintedPhoto: TypeAlias = "PaintedPhoto | StrokedPhoto"


@dataclass(frozen=True, eq=False)
class PhotoExport:
    """A request to export a painted photo. ``camera``: EXIF data to keep; ``bits``: per channel.

    ``labels``: materials over the photo, see ``engine.photo.composite``. ``refined``, (H, W, 3)
    uint8, covers the result where ``share``, (H, W) uint8, is 0, and is hidden where it is 255.

    ``original``: the photo before it was enlarged, (h, w, 3) uint8; strokes are then those of this
    photo, larger. ``meanings``: material id -> what paints it, as in a StrokeRequest.

    ``format``: an id of FORMATS; empty means by file extension. Transparency is kept, or blended
    onto white if the format has no alpha channel. With 16 bits the photo keeps the depth of its
    file wherever it shows, alone or mixed with the painting.
    """

    path: Path
    photo: Photo
    look: PhotoLook
    format: str = ""
    quality: int = 92
    provenance: Provenance | None = None
    camera: bytes = b""
    labels: OverPhoto | None = None
    refined: np.ndarray | None = None
    share: np.ndarray | None = None
    original: np.ndarray | None = None
    bits: int = 8
    meanings: Mapping[int, PaintedBy] = field(default_factory=dict)

    @property
    def shown(self) -> np.ndarray:
        """The photo's colours as finely as they are written, (H, W, 3) uint8 or uint16."""
        if self.bits == 8 or self.photo.deep is None:
            return self.photo.pixels
        return self.photo.deep[..., :3]

    def check(self) -> tuple[Format, Sheet]:
        """Return the format and the file's description. Raises EngineError if invalid."""
        kind = find_format(self.path, self.format)
        height, width = self.photo.pixels.shape[:2]
        kind.check(self.path, width, height, self.bits)
        alpha = self.photo.alpha is not None and kind.has_alpha
        return kind, Sheet(
            width, height, self.bits, self.quality, self.provenance, alpha, self.camera
        )


PREPARED = 0.9
"""Share of the work that preparing takes, for photos that are painted as a whole."""


BeginPhoto = Callable[[PhotoExport], AnyPaintedPhoto]
"""Begins the photo of a request; it is painted when its windows are read."""


def photo_export_steps(
    request: PhotoExport, begin: BeginPhoto, paint: PaintTile, first: Iterable[object] = ()
) -> Shares:
    """Write the file; ``paint`` paints the doodle over the photo. Yields the progress, 0-1.

    ``first``: steps that prepare ``paint``. Raises EngineError, for a bad request before any work.
    """
    kind, sheet = request.check()
    for _ in first:
        yield 0.0
    painted = begin(request)
    with writing(request.path) as file:
        yield from _written(request, kind, sheet, painted, file, paint)


def _written(
    request: PhotoExport, kind: Format, sheet: Sheet, painted: AnyPaintedPhoto, file: BinaryIO,
    paint: PaintTile,
) -> Iterator[float]:  # fmt: skip
    begun = 0.0
    for step in painted.prepare():
        begun = PREPARED * step.share
        yield begun
    writer, rows = kind.open(file, sheet), max(1, BAND // sheet.width)
    for top in range(0, sheet.height, rows):
        band = Window(0, top, sheet.width, min(top + rows, sheet.height))
        for _ in painted.steps(band):
            yield begun + (1 - begun) * top / sheet.height
        pixels = _layered(painted.window(band), band, request, paint)
        if sheet.bits == 16:
            pixels = sixteen_bits(pixels)
        pixels = _with_alpha(pixels, band, request.photo, sheet.alpha)
        for piece in slices(pixels):
            writer.write(piece)
            yield begun + (1 - begun) * band.bottom / sheet.height
    writer.close()


def _layered(
    pixels: np.ndarray, band: Window, request: PhotoExport, paint: PaintTile
) -> np.ndarray:
    """Put the doodle and the refined picture over the restyled photo, (h, w, 3)."""
    rows = slice(band.top, band.bottom)
    if request.labels is not None:
        pixels = composed(request.labels, request.shown[rows], pixels, band, paint)
    if request.refined is not None and request.share is not None:
        pixels = mixed(request.refined[rows], pixels, request.share[rows])
    return pixels


def _with_alpha(pixels: np.ndarray, band: Window, photo: Photo, wanted: bool) -> np.ndarray:
    """Add the photo's alpha channel, (h, w, 4), or blend onto white, (h, w, 3)."""
    if photo.alpha is None:
        return pixels
    rows = slice(band.top, band.bottom)
    if not wanted:
        return mixed(np.full_like(pixels, np.iinfo(pixels.dtype).max), pixels, photo.alpha[rows])
    if pixels.dtype == np.uint8:
        return np.dstack([pixels, photo.alpha[rows]])
    if photo.deep is None:
        return np.dstack([pixels, sixteen_bits(photo.alpha[rows])])
    return np.dstack([pixels, photo.deep[rows, :, 3]])
